//! What an announcement says of itself, and ids made of it.

use chrono::NaiveDate;

use crate::ingest::text::Text;
use crate::ingest::times;
use crate::model::period::Period;
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

/// The period that the title or the opening words name: 前三季度, 1-10月, 截至10月底.
pub fn period_of(text: &Text, year: i32) -> Option<String> {
    const OPENING: usize = 300;
    let head: String = text.folded.iter().take(OPENING).collect();
    let until = |month: u32, day: Option<u32>| {
        let first = NaiveDate::from_ymd_opt(year, 1, 1)?;
        let last = match day {
            Some(day) => NaiveDate::from_ymd_opt(year, month, day)?,
            None => times::month_end(year, month)?,
        };
        Some(times::interval(first, last))
    };
    let named = [
        ("前三季度", until(9, None)),
        ("上半年", Some(format!("{year}-S1"))),
        ("半年", Some(format!("{year}-S1"))),
        ("一季度", Some(format!("{year}-Q1"))),
        ("二季度", Some(format!("{year}-Q2"))),
        ("三季度", Some(format!("{year}-Q3"))),
        ("四季度", Some(format!("{year}-Q4"))),
        ("全年", Some(year.to_string())),
        ("年度完成情况", Some(year.to_string())),
    ];
    let named = named.into_iter().find(|(words, _)| head.contains(words)).and_then(|(_, period)| period);
    let pattern = regex::Regex::new(r"(?:1[-至]|截[至止](?:\d{4}年)?)(\d{1,2})月(?:(\d{1,2})日)?").ok()?;
    named.or_else(|| {
        let found = pattern.captures(&head)?;
        let number = |index: usize| found.get(index).and_then(|part| part.as_str().parse().ok());
        until(number(1)?, number(2))
    })
}

/// The signature at the end: the name of who signs.
pub fn signature(text: &Text) -> Option<String> {
    let whole: String = text.chars.iter().collect();
    let pattern = regex::Regex::new(
        r"(?:[(（]|\n)([\p{Han}]{3,24}[厅局委办府部院会])[)）]?\s*(?:\n\s*\d{4}年\d{1,2}月\d{1,2}日\s*)?$",
    )
    .ok()?;
    pattern.captures(whole.trim_end()).map(|found| found[1].to_owned())
}

/// The day by which something is due.
pub fn due_on(words: &[char], year: i32) -> Option<String> {
    let words: String = words.iter().filter(|c| **c != ' ').collect();
    let pattern = regex::Regex::new(r"^(?:(\d{4})[年.\-/])?(?:(\d{1,2})[月.\-/]?)?(?:(\d{1,2})日?)?").ok()?;
    let found = pattern.captures(&words)?;
    let number = |index: usize| found.get(index).and_then(|part| part.as_str().parse::<u32>().ok());
    let year = number(1).and_then(|year| i32::try_from(year).ok()).unwrap_or(year);
    let period = match (number(2), number(3)) {
        (Some(month), Some(day)) => format!("{year}-{month:02}-{day:02}"),
        (Some(month), None) => format!("{year}-{month:02}"),
        (None, _) if words.contains("上半年") || words.contains("二季度") => format!("{year}-S1"),
        (None, _) if words.contains("一季度") => format!("{year}-Q1"),
        (None, _) if words.contains("三季度") => format!("{year}-Q3"),
        (None, _) if words.contains('年') || number(1).is_some() => year.to_string(),
        _ => return None,
    };
    Period::parse(&period).and_then(|period| period.end).map(|day| day.to_string())
}
