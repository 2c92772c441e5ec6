//! What a parameter may say, and what is answered to what it may not.

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, Utc};

use super::MAX_VALUES;
use crate::model::kind::{Accepts, BY_ID, Filter, Kind, Sort};
use crate::model::message::Message;
use crate::model::publication::is_id;
use crate::model::text::MAX_ID;
use crate::model::{division, json, period, search};
use crate::say;

/// Hexadecimal digits of a digest that name a history.
const DIGEST_PREFIX: RangeInclusive<usize> = 4..=64;

pub fn values(value: &str, many: bool) -> Result<Vec<&str>, Message> {
    let list = if many { value.split(',').map(str::trim).collect() } else { vec![value] };
    if list.len() > MAX_VALUES {
        return Err(say!("These are more than {MAX_VALUES} values.", "值超过 {MAX_VALUES} 个。"));
    }
    filled(list)
}

fn filled<T: AsRef<str>>(list: Vec<T>) -> Result<Vec<T>, Message> {
    if list.iter().any(|value| value.as_ref().is_empty()) {
        return Err(say!("The value is empty. Leave the parameter out instead.", "值为空，请去掉此参数。"));
    }
    Ok(list)
}

/// Texts separated by commas, as many as their length allows. A comma in an address after which no other begins is part
/// of it.
fn texts(value: &str) -> Result<Vec<String>, Message> {
    let mut found: Vec<String> = Vec::new();
    for part in value.split(',') {
        match found.last_mut() {
            Some(address) if begins_address(address) && !begins_address(part.trim()) => {
                address.push(',');
                address.push_str(part.trim_end());
            }
            _ => found.push(part.trim().to_owned()),
        }
    }
    filled(found)
}

fn begins_address(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, rest)| {
        !rest.is_empty() && ["http", "https"].iter().any(|known| known.eq_ignore_ascii_case(scheme))
    })
}

pub fn one_of(value: &str, codes: &[&str]) -> Result<String, Message> {
    if codes.contains(&value) {
        return Ok(value.to_owned());
    }
    let allowed = if codes.is_empty() { "–".to_owned() } else { codes.join(", ") };
    let value = excerpt(value);
    Err(say!("“{value}” is not allowed. Allowed are: {allowed}.", "不允许“{value}”。允许的值：{allowed}。"))
}

pub fn excerpt(value: &str) -> String {
    value.chars().take(60).collect()
}

/// An id as the document writes it, of which a part may be longer than that of any record.
pub fn id(value: &str) -> Result<String, Message> {
    let plain =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase());
    let slug = |part: &str| part.split('-').all(plain);
    if value.len() <= 2 * MAX_ID + 1 && value.splitn(2, '~').all(slug) {
        return Ok(value.to_owned());
    }
    let value = excerpt(value);
    Err(say!(
        "“{value}” is not an id: lower-case letters and digits, in parts joined by hyphens.",
        "“{value}”不是 id：应为小写字母和数字，各段以连字符相连。"
    ))
}

pub fn filter_values(filter: &Filter, value: &str) -> Result<Vec<String>, Message> {
    if filter.accepts == Accepts::Exact {
        return texts(value);
    }
    values(value, filter.test.takes_many())?.into_iter().map(|value| filter_value(filter.accepts, value)).collect()
}

pub fn filter_value(accepts: Accepts, value: &str) -> Result<String, Message> {
    let shown = excerpt(value);
    let keep = |valid: bool, detail: Message| if valid { Ok(value.to_owned()) } else { Err(detail) };
    match accepts {
        Accepts::Id(_) => id(value),
        Accepts::Topic => keep(
            is_id(value),
            say!(
                "“{shown}” is not a topic: a slug of lower-case letters and digits.",
                "“{shown}”不是主题：应为小写字母和数字的短名。"
            ),
        ),
        // Those without a status have an empty one in the index.
        Accepts::Code(codes) => one_of(value, codes).map(|code| if code == "none" { String::new() } else { code }),
        Accepts::Division => keep(
            matches!(value.len(), 2 | 4 | 6 | 9 | 12) && value.bytes().all(|byte| byte.is_ascii_digit()),
            say!(
                "“{shown}” is not a division code (GB/T 2260): 2, 4, 6, 9 or 12 digits.",
                "“{shown}”不是区划代码（GB/T 2260）：应为 2、4、6、9 或 12 位数字。"
            ),
        )
        .map(|code| division::prefix(&code).to_owned()),
        Accepts::Exact | Accepts::Words => keep(
            accepts != Accepts::Words || search::query(value).is_some(),
            say!("There is nothing to search for in it. Give a word.", "其中没有可检索的词，请给出词语。"),
        ),
        Accepts::Integer => keep(
            value.parse::<i64>().is_ok_and(|number| number.to_string() == value),
            say!("“{shown}” is not a whole number.", "“{shown}”不是整数。"),
        ),
        Accepts::Decimal => keep(
            json::parse(value.as_bytes()).is_ok_and(|(value, problems)| value.is_number() && problems.is_empty()),
            say!(
                "“{shown}” is not a number with at most 15 digits and 4 decimals.",
                "“{shown}”不是最多 15 位有效数字、4 位小数的数。"
            ),
        ),
        Accepts::Date => keep(
            period::parse_day(value).is_some(),
            say!(
                "“{shown}” is not a day that exists, written YYYY-MM-DD.",
                "“{shown}”不是存在的日期，应写作 YYYY-MM-DD。"
            ),
        ),
    }
}

pub fn sorts(kind: &'static Kind, value: &str) -> Result<Vec<(&'static Sort, bool)>, Message> {
    let mut sorts: Vec<(&'static Sort, bool)> = Vec::new();
    for name in values(value, true)? {
        let (bare, descends) = match name.strip_prefix('-') {
            Some(bare) => (bare, true),
            None => (name, false),
        };
        let Some(sort) = kind.sort(bare) else {
            let allowed = kind.all_sorts().map(|sort| sort.name).collect::<Vec<_>>().join(", ");
            let shown = excerpt(bare);
            return Err(say!(
                "“{shown}” cannot be sorted by. Allowed are: {allowed}, each with - before it to descend.",
                "不能按“{shown}”排序。允许：{allowed}，前面加 - 为降序。"
            ));
        };
        if sorts.iter().any(|(other, _)| other.name == sort.name) {
            return Err(say!("{bare} is given twice.", "{bare} 出现两次。"));
        }
        sorts.push((sort, descends));
    }
    if !sorts.iter().any(|(sort, _)| sort.name == "id") {
        let descends = sorts.first().is_some_and(|(_, descends)| *descends);
        sorts.push((&BY_ID, descends));
    }
    Ok(sorts)
}

/// `N` or `N-digestprefix`. A number beyond any revision is one that is not there, not a malformed one.
pub fn revision(value: &str) -> Result<(i64, Option<String>), Message> {
    let (number, prefix) = match value.split_once('-') {
        Some((number, prefix)) => (number, Some(prefix)),
        None => (value, None),
    };
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let hex = prefix.is_none_or(|prefix| {
        DIGEST_PREFIX.contains(&prefix.len())
            && prefix.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    });
    if !digits || !hex {
        return Err(say!(
            "It is to be the number of a revision, or the number, a hyphen and at least four digits of its digest.",
            "应为修订编号，或编号、连字符加摘要的至少四位。"
        ));
    }
    Ok((number.parse().unwrap_or(i64::MAX), prefix.map(str::to_owned)))
}

/// RFC 3339; a `+` that arrived as a space is forgiven.
pub fn instant(value: &str) -> Option<DateTime<Utc>> {
    let value = value.replace(' ', "+");
    let time = DateTime::parse_from_rfc3339(&value).ok()?.with_timezone(&Utc);
    // Years that PostgreSQL and everybody's libraries can hold.
    (1..=9999).contains(&Datelike::year(&time)).then_some(time)
}
