//! Query parameters: every one is declared, typed and refused with what is allowed.

use std::collections::BTreeMap;

use chrono::DateTime;

use super::problem::Failure;
use crate::db::read::At;
use crate::model::compare::division_prefix;
use crate::model::kind::{Accepts, Filter, Include, Kind, Sort};
use crate::model::message::Message;
use crate::model::problem::{Place, Problem};
use crate::model::{json, period, search};
use crate::say;

/// Most values of one filter.
const MAX_VALUES: usize = 100;
/// Characters of the longest value.
const MAX_VALUE: usize = 4000;
/// Items on a page unless told, and at most.
pub const LIMIT: i64 = 50;
pub const MAX_LIMIT: i64 = 1000;
/// Hexadecimal digits of a digest that name a history.
const DIGEST_PREFIX: std::ops::RangeInclusive<usize> = 4..=64;

/// The parameters of a request. What is wrong is gathered, and refused all at once by [`Query::finish`].
#[derive(Default)]
pub struct Query {
    values: BTreeMap<String, String>,
    problems: Vec<Problem>,
}

impl Query {
    /// Reads a query string; `allowed` are the parameters of the endpoint.
    pub fn parse<'a>(raw: &str, allowed: impl Iterator<Item = &'a str> + Clone) -> Query {
        let mut query = Query::default();
        for (name, value) in url::form_urlencoded::parse(raw.as_bytes()) {
            let (name, value) = (name.into_owned(), value.into_owned());
            if !allowed.clone().any(|known| known == name) {
                let names = allowed.clone().collect::<Vec<_>>().join(", ");
                let names = if names.is_empty() { "–".to_owned() } else { names };
                query.refuse(
                    &name,
                    "unknown-parameter",
                    say!(
                        "There is no such parameter here. Allowed are: {names}.",
                        "此处没有这个参数。允许的参数：{names}。"
                    ),
                );
            } else if value.contains(['\0', '\u{fffd}']) || value.chars().count() > MAX_VALUE {
                query.refuse(
                    &name,
                    "invalid-text",
                    say!(
                        "The value is not UTF-8, holds U+0000, or has more than {MAX_VALUE} characters.",
                        "参数值不是 UTF-8，或含有 U+0000，或超过 {MAX_VALUE} 个字符。"
                    ),
                );
            } else if query.values.insert(name.clone(), value).is_some() {
                query.refuse(
                    &name,
                    "repeated-parameter",
                    say!(
                        "The parameter is given more than once. Give it once, several values separated by commas.",
                        "参数出现多次。请只写一次，多个值以逗号分隔。"
                    ),
                );
            }
        }
        query
    }

    pub fn refuse(&mut self, name: &str, code: &'static str, detail: Message) {
        self.problems.push(Problem::parameter(name.chars().take(100).collect::<String>(), code, detail));
    }

    /// A parameter read by `parse`, whose error says what is allowed.
    fn take<T>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, Message>) -> Option<T> {
        let value = self.values.remove(name)?;
        match parse(&value) {
            Ok(parsed) => Some(parsed),
            Err(detail) => {
                self.refuse(name, "invalid-value", detail);
                None
            }
        }
    }

    /// Refuses everything that was wrong.
    pub fn finish(self) -> Result<(), Failure> {
        if self.problems.is_empty() { Ok(()) } else { Err(Failure::parameters(self.problems)) }
    }

    /// Sets a parameter that came another way.
    pub fn replace(&mut self, name: &str, value: &str) {
        self.values.insert(name.to_owned(), value.to_owned());
    }

    pub fn text(&mut self, name: &str) -> Option<String> {
        self.take(name, |value| Ok(value.to_owned()))
    }

    /// Whether something was wrong with this parameter.
    pub fn is_refused(&self, name: &str) -> bool {
        self.problems.iter().any(|problem| problem.place == Place::Parameter(name.to_owned()))
    }

    /// A period in its one spelling.
    pub fn period(&mut self, name: &str) -> Option<String> {
        self.take(name, |value| {
            let shown = excerpt(value);
            period::Period::parse(value).map(|_| value.to_owned()).ok_or_else(|| {
                say!(
                    "“{shown}” is not a period: 2020, 2020-S1, 2020-Q2, 2020-06, 2020-06-30, or first/last day.",
                    "“{shown}”不是期间：应为 2020、2020-S1、2020-Q2、2020-06、2020-06-30，或起止日期 first/last。"
                )
            })
        })
    }

    pub fn limit(&mut self) -> i64 {
        self.take("limit", |value| {
            value
                .parse()
                .ok()
                .filter(|limit| (1..=MAX_LIMIT).contains(limit))
                .ok_or_else(|| say!("limit is a number from 1 to {MAX_LIMIT}.", "limit 应为 1 到 {MAX_LIMIT} 的整数。"))
        })
        .unwrap_or(LIMIT)
    }

    pub fn count(&mut self) -> bool {
        self.take("count", |value| match value {
            "exact" => Ok(true),
            _ => Err(say!("count can only be exact.", "count 只能是 exact。")),
        })
        .unwrap_or(false)
    }

    /// A whole number from 0 on.
    pub fn number(&mut self, name: &str) -> Option<i64> {
        self.take(name, |value| {
            value
                .parse()
                .ok()
                .filter(|number| *number >= 0)
                .ok_or_else(|| say!("This is to be a whole number from 0 on.", "此处应为从 0 起的整数。"))
        })
    }

    /// A revision: its number, and digits of its digest where given.
    pub fn revision(&mut self, name: &str) -> Option<(i64, Option<String>)> {
        self.take(name, revision)
    }

    /// A flag: true or false, false unless told.
    pub fn flag(&mut self, name: &str) -> bool {
        match self.text(name).as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => {
                self.refuse(name, "invalid-value", say!("{name} is true or false.", "{name} 应为 true 或 false。"));
                false
            }
        }
    }

    /// Words to search for.
    pub fn words(&mut self, name: &str) -> Option<String> {
        self.take(name, |value| filter_value(Accepts::Words, value))
    }

    /// Values that must be in a list.
    pub fn code(&mut self, name: &str, codes: &[&str]) -> Option<Vec<String>> {
        self.take(name, |value| values(value, true)?.into_iter().map(|value| one_of(value, codes)).collect())
    }

    /// A value that must be in a list.
    pub fn one_code(&mut self, name: &str, codes: &[&str]) -> Option<String> {
        self.take(name, |value| one_of(value, codes))
    }

    pub fn one_id(&mut self, name: &str) -> Option<String> {
        self.take(name, id)
    }

    pub fn ids(&mut self, name: &str) -> Option<Vec<String>> {
        self.take(name, |value| values(value, true)?.into_iter().map(id).collect())
    }

    /// An instant, RFC 3339 with an offset.
    pub fn instant(&mut self, name: &str) -> Option<chrono::DateTime<chrono::Utc>> {
        self.take(name, |value| {
            instant(value).ok_or_else(|| {
                say!(
                    "{name} is an instant with an offset (RFC 3339), such as 2020-07-01T00:00:00%2B08:00.",
                    "{name} 应为带时差的时刻（RFC 3339），例如 2020-07-01T00:00:00%2B08:00。"
                )
            })
        })
    }

    /// `revision` or `as_of`, and the digits of a digest that go with a revision.
    pub fn at(&mut self) -> Option<(At, Option<String>)> {
        let revision = self.revision("revision");
        let as_of = self.take("as_of", |value| {
            let time = instant(value).map(At::Instant).or_else(|| period::parse_day(value).map(At::Day));
            time.ok_or_else(|| say!(
                "as_of is an instant with an offset (RFC 3339), such as 2020-07-01T00:00:00Z, or a day that exists, such as 2020-06-30.",
                "as_of 应为带时差的时刻（RFC 3339，例如 2020-07-01T00:00:00Z）或存在的日期（例如 2020-06-30）。"
            ))
        });
        match (revision, as_of) {
            (Some(_), Some(_)) => {
                self.refuse(
                    "as_of",
                    "conflicting-parameters",
                    say!("Give revision or as_of, not both.", "revision 与 as_of 只能给出一个。"),
                );
                None
            }
            (Some((number, prefix)), None) => Some((At::Revision(number), prefix)),
            (None, as_of) => as_of.map(|at| (at, None)),
        }
    }

    pub fn filters(&mut self, kind: &'static Kind) -> Vec<(&'static Filter, Vec<String>)> {
        kind.all_filters()
            .filter_map(|filter| Some((filter, self.take(filter.name, |value| filter_values(filter, value))?)))
            .collect()
    }

    /// The sorts asked for, or the kind's own; always ended by the id.
    pub fn sorts(&mut self, kind: &'static Kind) -> Vec<(&'static Sort, bool)> {
        let parsed = self.take("sort", |value| sorts(kind, value));
        parsed.or_else(|| sorts(kind, kind.default_sort).ok()).unwrap_or_default()
    }

    pub fn includes(&mut self, kind: &'static Kind) -> Vec<&'static Include> {
        let names: Vec<&str> = kind.includes.iter().map(|include| include.name).collect();
        let parsed = self.take("include", |value| {
            let chosen: Vec<String> =
                values(value, true)?.into_iter().map(|name| one_of(name, &names)).collect::<Result<_, _>>()?;
            Ok(kind.includes.iter().filter(|include| chosen.iter().any(|name| name == include.name)).collect())
        });
        parsed.unwrap_or_default()
    }

    /// Top-level members to keep.
    pub fn fields(&mut self, members: &[String]) -> Option<Vec<String>> {
        let names: Vec<&str> = members.iter().map(String::as_str).collect();
        self.take("fields", |value| values(value, true)?.into_iter().map(|name| one_of(name, &names)).collect())
    }
}

fn values(value: &str, many: bool) -> Result<Vec<&str>, Message> {
    let list: Vec<&str> = if many { value.split(',').map(str::trim).collect() } else { vec![value] };
    if list.iter().any(|value| value.is_empty()) {
        return Err(say!("The value is empty. Leave the parameter out instead.", "值为空，请去掉此参数。"));
    }
    if list.len() > MAX_VALUES {
        return Err(say!("These are more than {MAX_VALUES} values.", "值超过 {MAX_VALUES} 个。"));
    }
    Ok(list)
}

fn one_of(value: &str, codes: &[&str]) -> Result<String, Message> {
    if codes.contains(&value) {
        return Ok(value.to_owned());
    }
    let allowed = if codes.is_empty() { "–".to_owned() } else { codes.join(", ") };
    let value = excerpt(value);
    Err(say!("“{value}” is not allowed. Allowed are: {allowed}.", "不允许“{value}”。允许的值：{allowed}。"))
}

fn excerpt(value: &str) -> String {
    value.chars().take(60).collect()
}

fn id(value: &str) -> Result<String, Message> {
    let slug = |part: &str| crate::model::publication::is_id(part);
    let valid = match value.split_once('~') {
        Some((ratio, numerator)) => slug(ratio) && slug(numerator),
        None => slug(value),
    };
    if valid {
        return Ok(value.to_owned());
    }
    let value = excerpt(value);
    Err(say!(
        "“{value}” is not an id: lower-case letters and digits, in parts joined by hyphens.",
        "“{value}”不是 id：应为小写字母和数字，各段以连字符相连。"
    ))
}

fn filter_values(filter: &Filter, value: &str) -> Result<Vec<String>, Message> {
    let many = filter.test.takes_many();
    values(value, many)?.into_iter().map(|value| filter_value(filter.accepts, value)).collect()
}

fn filter_value(accepts: Accepts, value: &str) -> Result<String, Message> {
    let shown = excerpt(value);
    let keep = |valid: bool, detail: Message| if valid { Ok(value.to_owned()) } else { Err(detail) };
    match accepts {
        Accepts::Id(_) => id(value),
        Accepts::Topic => keep(
            crate::model::publication::is_id(value),
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
        .map(|code| division_prefix(&code).to_owned()),
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

fn sorts(kind: &'static Kind, value: &str) -> Result<Vec<(&'static Sort, bool)>, Message> {
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
        sorts.push((&crate::model::kind::BY_ID, descends));
    }
    Ok(sorts)
}

/// `N` or `N-digestprefix`. A number beyond any revision is one that is not there, not a malformed one.
fn revision(value: &str) -> Result<(i64, Option<String>), Message> {
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
fn instant(value: &str) -> Option<chrono::DateTime<chrono::Utc>> {
    let value = value.replace(' ', "+");
    let time = DateTime::parse_from_rfc3339(&value).ok()?.with_timezone(&chrono::Utc);
    // Years that PostgreSQL and everybody's libraries can hold.
    (1..=9999).contains(&chrono::Datelike::year(&time)).then_some(time)
}
