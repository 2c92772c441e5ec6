//! Days, periods and codes as people say them, in both languages: the same on pages, in charts and in citations.

use chrono::{Datelike, NaiveDate};

use super::codes::{Qualifier, Status};
use super::division;
use super::message::Language;
use super::period::sdmx_of;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// English name of a day's month.
pub fn month(day: NaiveDate) -> &'static str {
    usize::try_from(day.month0()).ok().and_then(|month| MONTHS.get(month)).copied().unwrap_or_default()
}

/// A day: 30 June 2020, 2020年6月30日.
pub fn day(day: NaiveDate, language: Language) -> String {
    let (year, number, date) = (day.year(), day.month(), day.day());
    match language {
        Language::Chinese => format!("{year}年{number}月{date}日"),
        Language::English => format!("{date} {} {year}", month(day)),
    }
}

/// Months of a period of the calendar: 12, 6, 3 or 1. None for days and other intervals.
pub fn months(start: Option<NaiveDate>, end: Option<NaiveDate>) -> Option<u32> {
    let text = sdmx_of(start?, end?)?;
    match text.as_bytes() {
        [_, _, _, _] => Some(12),
        [_, _, _, _, b'-', b'S', _] => Some(6),
        [_, _, _, _, b'-', b'Q', _] => Some(3),
        [_, _, _, _, b'-', _, _] => Some(1),
        _ => None,
    }
}

/// A period: first half of 2020, 2020年上半年.
pub fn period(start: Option<NaiveDate>, end: Option<NaiveDate>, language: Language) -> String {
    let chinese = language == Language::Chinese;
    let (first, last) = match (start, end) {
        (Some(first), Some(last)) => (first, last),
        (None, Some(last)) if chinese => return format!("截至{}", day(last, language)),
        (None, Some(last)) => return format!("up to {}", day(last, language)),
        (Some(first), None) if chinese => return format!("{}起", day(first, language)),
        (Some(first), None) => return format!("since {}", day(first, language)),
        (None, None) => return String::new(),
    };
    let (year, number) = (first.year(), first.month());
    match (months(start, end), chinese) {
        (Some(12), true) => format!("{year}年"),
        (Some(12), false) => format!("{year}"),
        (Some(6), true) => format!("{year}年{}半年", if number == 1 { "上" } else { "下" }),
        (Some(6), false) => format!("{} half of {year}", if number == 1 { "first" } else { "second" }),
        (Some(3), true) => format!("{year}年第{}季度", by_quarter(["一", "二", "三", "四"], number)),
        (Some(3), false) => {
            format!("{} quarter of {year}", by_quarter(["first", "second", "third", "fourth"], number))
        }
        (Some(_), true) => format!("{year}年{number}月"),
        (Some(_), false) => format!("{} {year}", month(first)),
        (None, _) if first == last => day(first, language),
        (None, true) => format!("{}至{}", day(first, language), day(last, language)),
        (None, false) => format!("{} to {}", day(first, language), day(last, language)),
    }
}

/// Whether a character turns the direction of those around it: marks, embeddings, overrides and isolates (Unicode UAX 9).
pub fn turns(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// One of four by the quarter of a month.
pub fn by_quarter(of: [&'static str; 4], month: u32) -> &'static str {
    of.get(month.div_ceil(3).saturating_sub(1) as usize).copied().unwrap_or_default()
}

/// What is said in the place of a figure that there is not.
pub fn no_figure(language: Language) -> &'static str {
    if language == Language::Chinese { "无数字" } else { "no figure" }
}

/// An area by its code (GB/T 2260): its name, which is Chinese alone, so that elsewhere its code goes with it.
pub fn area(code: &str, language: Language) -> String {
    match division::find(code) {
        Some(known) if language == Language::English => format!("{} ({code})", known.name),
        known => known.map_or(code, |known| known.name).to_owned(),
    }
}

/// A commitment's status, in English and Chinese.
pub fn status(status: Status) -> [&'static str; 2] {
    match status {
        Status::NotStarted => ["Not started", "未启动"],
        Status::InProgress => ["In progress", "正在推进"],
        Status::SubstantiallyCompleted => ["Substantially completed", "基本完成"],
        Status::Completed => ["Completed", "已完成"],
        Status::Delayed => ["Delayed", "延期"],
        Status::Suspended => ["Suspended", "暂停"],
        Status::NotCompleted => ["Not completed", "未完成"],
        Status::Cancelled => ["Cancelled", "取消"],
    }
}

/// What stands before a number that is not exact, in English and Chinese.
pub fn qualifier(qualifier: Qualifier) -> [&'static str; 2] {
    match qualifier {
        Qualifier::Exact => ["", ""],
        Qualifier::About => ["about", "约"],
        Qualifier::Nearly => ["nearly", "近"],
        Qualifier::MoreThan => ["more than", "超过"],
        Qualifier::AtLeast => ["at least", "至少"],
        Qualifier::AtMost => ["at most", "至多"],
    }
}

/// Digits, with a sign and decimals where there are any, their thousands apart.
pub fn grouped(digits: &str, minus: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| (minus, digits));
    let (whole, decimals) = digits.split_once('.').map_or((digits, None), |(whole, decimals)| (whole, Some(decimals)));
    let mut grouped = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if let Some(decimals) = decimals {
        grouped.push('.');
        grouped.push_str(decimals);
    }
    grouped
}
