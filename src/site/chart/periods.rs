//! Periods as people say them.

use chrono::{Datelike, Months, NaiveDate};

use crate::model::message::Language;
use crate::model::period::sdmx_of;

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

/// The period of so many months that ends with the month counted from year 0.
pub fn ending(month: i32, months: u32) -> (Option<NaiveDate>, Option<NaiveDate>) {
    let first = |month: i32| NaiveDate::from_ymd_opt(month.div_euclid(12), month.rem_euclid(12) as u32 + 1, 1);
    let start = first(month).and_then(|last| last.checked_sub_months(Months::new(months.saturating_sub(1))));
    (start, first(month + 1).and_then(|next| next.pred_opt()))
}

/// A day as people write it.
pub fn day(day: NaiveDate, language: Language) -> String {
    let (year, month, date) = (day.year(), day.month(), day.day());
    match language {
        Language::Chinese => format!("{year}年{month}月{date}日"),
        Language::English => format!("{date} {} {year}", month_name(day)),
    }
}

fn month_name(day: NaiveDate) -> &'static str {
    MONTHS.get(day.month0() as usize).copied().unwrap_or_default()
}

/// A period in full.
pub fn long(start: Option<NaiveDate>, end: Option<NaiveDate>, language: Language) -> String {
    let chinese = language == Language::Chinese;
    let (first, last) = match (start, end) {
        (Some(first), Some(last)) => (first, last),
        (None, Some(last)) if chinese => return format!("截至{}", day(last, language)),
        (None, Some(last)) => return format!("up to {}", day(last, language)),
        (Some(first), None) if chinese => return format!("{}起", day(first, language)),
        (Some(first), None) => return format!("since {}", day(first, language)),
        (None, None) => return String::new(),
    };
    let (year, month) = (first.year(), first.month());
    match (months(start, end), chinese) {
        (Some(12), true) => format!("{year}年"),
        (Some(12), false) => format!("{year}"),
        (Some(6), true) => format!("{year}年{}半年", if month == 1 { "上" } else { "下" }),
        (Some(6), false) => format!("{} half of {year}", if month == 1 { "first" } else { "second" }),
        (Some(3), true) => format!("{year}年第{}季度", pick(["一", "二", "三", "四"], month)),
        (Some(3), false) => format!("{} quarter of {year}", pick(["first", "second", "third", "fourth"], month)),
        (Some(_), true) => format!("{year}年{month}月"),
        (Some(_), false) => format!("{} {year}", month_name(first)),
        (None, _) if first == last => day(first, language),
        (None, true) => format!("{}至{}", day(first, language), day(last, language)),
        (None, false) => format!("{} to {}", day(first, language), day(last, language)),
    }
}

/// A period under an axis.
pub fn short(start: Option<NaiveDate>, end: Option<NaiveDate>, language: Language) -> String {
    let Some(last) = end.or(start) else { return String::new() };
    let first = start.unwrap_or(last);
    let (year, month) = (first.year(), first.month());
    let abbreviated = |day: NaiveDate| month_name(day).get(..3).unwrap_or_default();
    match (months(start, end), language) {
        (Some(12), _) => format!("{year}"),
        (Some(6), Language::Chinese) => format!("{year}{}半年", if month == 1 { "上" } else { "下" }),
        (Some(6), Language::English) => format!("H{} {year}", if month == 1 { 1 } else { 2 }),
        (Some(3), Language::Chinese) => format!("{year}{}季度", pick(["一", "二", "三", "四"], month)),
        (Some(3), Language::English) => format!("Q{} {year}", month.div_ceil(3)),
        (Some(_), Language::Chinese) => format!("{year}.{month}"),
        (Some(_), Language::English) => format!("{} {year}", abbreviated(first)),
        (None, Language::Chinese) => format!("{}.{}.{}", last.year(), last.month(), last.day()),
        (None, Language::English) => format!("{} {} {}", last.day(), abbreviated(last), last.year()),
    }
}

/// One of four by the quarter of a month.
fn pick(of: [&'static str; 4], month: u32) -> &'static str {
    of.get(month.div_ceil(3).saturating_sub(1) as usize).copied().unwrap_or_default()
}
