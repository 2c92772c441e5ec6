//! Periods, numbers and statuses in words, as newspapers write them.

use chrono::{Datelike, NaiveDate};

use crate::model::codes::TimeBasis;
use crate::model::message::{Language, Message};
use crate::model::period::Period;
use crate::model::spoken;
use crate::say;

/// When it was: 2020年上半年, in the first half of 2020. What was counted up to a moment is as of its last day.
pub fn when(period: &str, basis: Option<TimeBasis>) -> Message {
    let Some(days) = Period::parse(period) else { return say!("in {period}", "{period}") };
    let up_to = matches!(basis, Some(TimeBasis::SinceStart | TimeBasis::PointInTime));
    match (days.start, days.end) {
        (Some(first), Some(last)) if !up_to => named(period, first, last),
        (_, Some(last)) => {
            let Message { en, zh } = day(last);
            say!("as of {en}", "截至{zh}")
        }
        (Some(first), None) => {
            let Message { en, zh } = day(first);
            say!("since {en}", "{zh}以来")
        }
        (None, None) => say!("in {period}", "{period}"),
    }
}

/// A period of which both ends are known.
fn named(period: &str, first: NaiveDate, last: NaiveDate) -> Message {
    let year = first.year();
    match period.get(4..).map(str::as_bytes) {
        Some(b"") => say!("in {year}", "{year}年"),
        Some(b"-S1") => say!("in the first half of {year}", "{year}年上半年"),
        Some(b"-S2") => say!("in the second half of {year}", "{year}年下半年"),
        Some([b'-', b'Q', quarter]) => {
            let index = usize::from(quarter.saturating_sub(b'1'));
            let en = ["first", "second", "third", "fourth"].get(index).copied().unwrap_or_default();
            let zh = ["一", "二", "三", "四"].get(index).copied().unwrap_or_default();
            say!("in the {en} quarter of {year}", "{year}年第{zh}季度")
        }
        Some([b'-', _, _]) => {
            let (month, number) = (spoken::month(first), first.month());
            say!("in {month} {year}", "{year}年{number}月")
        }
        _ if first == last => {
            let Message { en, zh } = day(first);
            say!("on {en}", "{zh}")
        }
        _ => {
            let (first, last) = (day(first), day(last));
            Message { en: format!("from {} to {}", first.en, last.en), zh: format!("{}至{}", first.zh, last.zh) }
        }
    }
}

fn day(day: NaiveDate) -> Message {
    let [en, zh] = [Language::English, Language::Chinese].map(|language| spoken::day(day, language));
    Message { en, zh }
}

/// A number as it is printed: in English with commas between thousands.
pub fn number(digits: &str, language: Language) -> String {
    if language == Language::Chinese {
        return digits.to_owned();
    }
    spoken::grouped(digits, "-")
}
