//! What an announcement says of itself, and ids made of it.

use chrono::NaiveDate;

use crate::ingest::commitments::Reading;
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

/// A period as the end of an id: without the year it is expected in.
pub fn suffix(period: &str, year: i32) -> String {
    let lower = period.to_lowercase().replace("../", "to-").replace('/', "-to-");
    match lower.strip_prefix(&format!("{year}")) {
        Some("") => "year".to_owned(),
        Some(rest) if !rest.contains("to") => rest.trim_start_matches('-').to_owned(),
        _ => lower,
    }
}

/// The period that the title or the opening words name; the year if they name none.
pub fn period_of(text: &Text, reading: &Reading, year: i32) -> String {
    let head: String = reading.outside.iter().take(3).map(|span| text.folded_text(*span)).collect();
    let head: String = head.chars().take(300).collect();
    let first = |month: u32, day: u32| NaiveDate::from_ymd_opt(year, month, day);
    for (words, period) in [
        ("前三季度", first(1, 1).zip(first(9, 30)).map(|(from, to)| times::interval(from, to))),
        ("上半年", Some(format!("{year}-S1"))),
        ("半年", Some(format!("{year}-S1"))),
        ("一季度", Some(format!("{year}-Q1"))),
        ("二季度", Some(format!("{year}-Q2"))),
        ("三季度", Some(format!("{year}-Q3"))),
        ("四季度", Some(format!("{year}-Q4"))),
    ] {
        if let (true, Some(period)) = (head.contains(words), period) {
            return period;
        }
    }
    year.to_string()
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
