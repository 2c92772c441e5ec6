//! Periods: SDMX reporting periods and ISO 8601 intervals of days, with their first and last day.

use chrono::{Datelike, Days, Months, NaiveDate};

/// A period with the days it runs from and to, where they are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub start: Option<NaiveDate>,
    pub end: Option<NaiveDate>,
}

impl Period {
    /// Reads `2020`, `2020-S1`, `2020-Q2`, `2020-06`, `2020-06-30` (SDMX 2.1, time formats) or
    /// `start/end` with days or `..`. An interval that an SDMX period names, one that runs
    /// backwards and one without any day are none: each period has one spelling.
    pub fn parse(text: &str) -> Option<Period> {
        if let Some((start, end)) = text.split_once('/') {
            let side = |side: &str| if side == ".." { Some(None) } else { parse_day(side).map(Some) };
            let period = Period { start: side(start)?, end: side(end)? };
            return match (period.start, period.end) {
                (None, None) => None,
                (Some(first), Some(last)) if first > last || sdmx_of(first, last).is_some() => None,
                _ => Some(period),
            };
        }
        let (first, months) = match text.as_bytes() {
            [_, _, _, _] => (month(text, "01")?, 12),
            [_, _, _, _, b'-', b'S', half] => (month(text, ["01", "07"].get(index(*half, b'1')?)?)?, 6),
            [_, _, _, _, b'-', b'Q', quarter] => {
                (month(text, ["01", "04", "07", "10"].get(index(*quarter, b'1')?)?)?, 3)
            }
            [_, _, _, _, b'-', _, _] => (month(text, text.get(5..)?)?, 1),
            _ => {
                let day = parse_day(text)?;
                return Some(Period { start: Some(day), end: Some(day) });
            }
        };
        let last = first.checked_add_months(Months::new(months))?.checked_sub_days(Days::new(1))?;
        Some(Period { start: Some(first), end: Some(last) })
    }
}

fn index(byte: u8, first: u8) -> Option<usize> {
    byte.checked_sub(first).map(usize::from)
}

fn month(text: &str, month: &str) -> Option<NaiveDate> {
    parse_day(&format!("{}-{month}-01", text.get(..4)?))
}

/// The SDMX period that runs over exactly these days.
pub fn sdmx_of(first: NaiveDate, last: NaiveDate) -> Option<String> {
    let (year, month) = (first.year(), first.month());
    let candidates = [
        format!("{year:04}"),
        format!("{year:04}-S{}", month.div_ceil(6)),
        format!("{year:04}-Q{}", month.div_ceil(3)),
        format!("{year:04}-{month:02}"),
        first.to_string(),
    ];
    let whole = Period { start: Some(first), end: Some(last) };
    candidates.into_iter().find(|text| Period::parse(text) == Some(whole))
}

/// A day as `YYYY-MM-DD` and in no other way.
pub fn parse_day(text: &str) -> Option<NaiveDate> {
    let plain = text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(i, byte)| if i == 4 || i == 7 { byte == b'-' } else { byte.is_ascii_digit() });
    // PostgreSQL has no year 0.
    (plain && !text.starts_with("0000")).then(|| text.parse().ok()).flatten()
}

/// Puts the days of a record's period into its columns.
pub fn columns(text: Option<&super::text::PeriodText>, row: &mut serde_json::Map<String, serde_json::Value>) {
    let Some(period) = text.and_then(|text| Period::parse(text.as_str())) else { return };
    for (name, day) in [("period_start", period.start), ("period_end", period.end)] {
        if let Some(day) = day {
            row.insert(name.into(), day.to_string().into());
        }
    }
}
