//! What an announcement says of itself, and ids made of it.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use chrono::NaiveDate;
use regex::{Captures, Regex};

use crate::ingest::structure::Structure;
use crate::ingest::text::Text;
use crate::ingest::times;
use crate::model::period;
use crate::model::text::MAX_ID;

/// Ids are limited; the end of a long one tells records apart.
pub fn shortened(id: String) -> String {
    if id.len() <= MAX_ID {
        return id;
    }
    let tail = &id[id.len() - 30..];
    format!("{}-{}", id[..MAX_ID - 40].trim_end_matches('-'), tail.trim_start_matches('-'))
}

/// A period as part of an id.
pub fn slug(period: &str) -> String {
    period.to_lowercase().replace("../", "to-").replace('/', "-to-")
}

/// A period as the end of an id that has the year in it already.
pub fn suffix(period: &str, year: i32) -> String {
    let slug = slug(period);
    match slug.strip_prefix(&format!("{year}")) {
        Some("") => "year".to_owned(),
        Some(rest) if !rest.contains("to") => rest.trim_start_matches('-').to_owned(),
        _ => slug,
    }
}

/// The period that the first line names, else the words before the first commitment: 前三季度, 1-10月, 截至10月底.
/// None where they name several.
pub fn period_of(text: &Text, structure: &Structure, year: i32) -> Option<String> {
    let first = structure.items.iter().flat_map(|item| item.fields.iter().map(|(_, span)| *span).chain(item.label));
    let opening = text.folded.get(..first.map(|span| span.start).min()?)?;
    let pattern = Regex::new(concat!(
        r"(?:(\d{4})年度?)?(?:(前三个?季度)|第?([一二三四1-4])季度|([上下]?)半年|(全年|年度完成情况)",
        r"|(\d{1,2})月?份?[-至到](\d{1,2})月|截[至止](?:(\d{4})年)?(\d{1,2})月(?:(\d{1,2})日)?)"
    ))
    .ok()?;
    let named = |words: &[char]| {
        let words: String = words.iter().filter(|c| **c != ' ').collect();
        pattern.captures_iter(&words).filter_map(|found| named(&found, &words, year)).collect::<BTreeSet<String>>()
    };
    let title = opening.iter().position(|c| *c == '\n').unwrap_or(opening.len());
    let periods =
        Some(named(&opening[..title])).filter(|periods| !periods.is_empty()).unwrap_or_else(|| named(opening));
    if periods.len() == 1 { periods.into_iter().next() } else { None }
}

/// A period as it is named; none of what is yet to come: 下半年工作打算.
fn named(found: &Captures, words: &str, listed: i32) -> Option<String> {
    let rest = words.get(found.get(0)?.end()..)?.trim_start_matches("工作");
    if ["打算", "计划", "安排"].iter().any(|plan| rest.starts_with(plan)) {
        return None;
    }
    let part = |index: usize| found.get(index).map(|part| part.as_str()).filter(|part| !part.is_empty());
    let number = |index: usize| part(index)?.parse::<u32>().ok();
    let year = part(1).or(part(8)).map_or(Some(listed), |year| year.parse().ok())?;
    let span = |from: Option<NaiveDate>, to: Option<NaiveDate>| {
        from.zip(to).filter(|(from, to)| from < to).map(|(from, to)| times::interval(from, to))
    };
    if let Some(word) = part(3) {
        let quarter = "一二三四".chars().position(|c| word.starts_with(c)).map(|at| at + 1).or(word.parse().ok())?;
        return Some(format!("{year}-Q{quarter}"));
    }
    if let (Some(from), Some(to)) = (number(6), number(7)) {
        return span(NaiveDate::from_ymd_opt(year, from, 1), times::month_end(year, to));
    }
    if let Some(month) = number(9) {
        let end = number(10).map_or(times::month_end(year, month), |day| NaiveDate::from_ymd_opt(year, month, day));
        return span(NaiveDate::from_ymd_opt(listed, 1, 1), end);
    }
    match (part(2), part(4), part(5)) {
        (Some(_), ..) => span(NaiveDate::from_ymd_opt(year, 1, 1), times::month_end(year, 9)),
        (.., Some(_)) => Some(year.to_string()),
        (_, half, _) => Some(format!("{year}-S{}", if half == Some("下") { 2 } else { 1 })),
    }
}

/// The signature at the end: the name of who signs.
pub fn signature(text: &Text) -> Option<String> {
    let whole: String = text.chars.iter().collect();
    let pattern =
        Regex::new(r"(?:[(（]|\n)([\p{Han}]{3,24}[厅局委办府部院会])[)）]?\s*(?:\n\s*\d{4}年\d{1,2}月\d{1,2}日\s*)?$")
            .ok()?;
    pattern.captures(whole.trim_end()).map(|found| found[1].to_owned())
}

/// How a time limit is brought to plain words of time: 2020.6.30前完成 is 2020年6月30日.
static PLAINER: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let table = [
        (r"[。.;]$", ""),
        (r"(?:全部|全面)?(?:完成|建成|办结|完工)$", ""),
        // 6月前 may be before June.
        (r"([日号底末内\d])(?:之前|以前|前)$", "$1"),
        (r"年(?:[底末内]|全年|度)$", "年"),
        (r"第([一二三四1-4]季度)$", "$1"),
        (r"^(\d{4})[./-](\d{1,2})$", "$1年$2月"),
        (r"^(\d{4})[./-](\d{1,2})[./-](\d{1,2})$", "$1年$2月$3日"),
    ];
    table.into_iter().filter_map(|(pattern, plain)| Some((Regex::new(pattern).ok()?, plain))).collect()
});

/// The day by which something is due, where all the words say nothing else: 2020.6, 6月底前, 明年一季度, 1-12月.
pub fn due_on(words: &[char], year: i32) -> Option<String> {
    const YEARS: [(&str, i32); 7] =
        [("今年", 0), ("本年度", 0), ("本年", 0), ("当年", 0), ("年", 0), ("明年", 1), ("次年", 1)];
    let mut words: String = words.iter().filter(|c| **c != ' ').collect();
    if let Some((rest, later)) = YEARS.iter().find_map(|(word, later)| Some((words.strip_prefix(word)?, later))) {
        words = format!("{}年{rest}", year + later);
    }
    for (pattern, plain) in PLAINER.iter() {
        words = pattern.replace(&words, *plain).into_owned();
    }
    let words: Vec<char> = words.chars().collect();
    let (_, time) = times::time_at(&words, year).filter(|(length, _)| *length == words.len())?;
    Some(times::day_of(&time.period?)).filter(|day| period::parse_day(day).is_some())
}
