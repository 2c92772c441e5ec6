//! Periods on an axis.

use chrono::{Datelike, Months, NaiveDate};

use crate::model::message::Language;
use crate::model::spoken::{by_quarter, month, months};

/// The period of so many months that ends with the month counted from year 0.
pub fn ending(month: i32, months: u32) -> (Option<NaiveDate>, Option<NaiveDate>) {
    let first = |month: i32| NaiveDate::from_ymd_opt(month.div_euclid(12), month.rem_euclid(12) as u32 + 1, 1);
    let start = first(month).and_then(|last| last.checked_sub_months(Months::new(months.saturating_sub(1))));
    (start, first(month + 1).and_then(|next| next.pred_opt()))
}

/// A period under an axis.
pub fn short(start: Option<NaiveDate>, end: Option<NaiveDate>, language: Language) -> String {
    let Some(last) = end.or(start) else { return String::new() };
    let first = start.unwrap_or(last);
    let (year, number) = (first.year(), first.month());
    let abbreviated = |day: NaiveDate| month(day).get(..3).unwrap_or_default();
    match (months(start, end), language) {
        (Some(12), _) => format!("{year}"),
        (Some(6), Language::Chinese) => format!("{year}{}半年", if number == 1 { "上" } else { "下" }),
        (Some(6), Language::English) => format!("H{} {year}", if number == 1 { 1 } else { 2 }),
        (Some(3), Language::Chinese) => format!("{year}{}季度", by_quarter(["一", "二", "三", "四"], number)),
        (Some(3), Language::English) => format!("Q{} {year}", number.div_ceil(3)),
        (Some(_), Language::Chinese) => format!("{year}.{number}"),
        (Some(_), Language::English) => format!("{} {year}", abbreviated(first)),
        (None, Language::Chinese) => format!("{}.{}.{}", last.year(), last.month(), last.day()),
        (None, Language::English) => format!("{} {} {}", last.day(), abbreviated(last), last.year()),
    }
}
