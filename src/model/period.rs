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

impl Period {
    /// Its one spelling; none where it has no day.
    pub fn text(self) -> Option<String> {
        match (self.start, self.end) {
            (None, None) => None,
            (Some(first), Some(last)) => sdmx_of(first, last).or_else(|| Some(format!("{first}/{last}"))),
            (None, Some(last)) => Some(format!("../{last}")),
            (Some(first), None) => Some(format!("{first}/..")),
        }
    }

    /// The same period a year before. Ends of months stay ends of months.
    pub fn year_before(self) -> Option<Period> {
        self.moved(12)
    }

    /// The period of the same length right before; whole months stay whole. None of an open one.
    pub fn before(self) -> Option<Period> {
        let (first, last) = (self.start?, self.end?);
        let after = last.checked_add_days(Days::new(1))?;
        if first.day() == 1 && after.day() == 1 {
            let months = (after.year() - first.year()) * 12 + after.month() as i32 - first.month() as i32;
            return self.moved(u32::try_from(months).ok()?);
        }
        let days = Days::new(u64::try_from((after - first).num_days()).ok()?);
        Some(Period { start: Some(first.checked_sub_days(days)?), end: Some(last.checked_sub_days(days)?) })
    }

    fn moved(self, months: u32) -> Option<Period> {
        let months = Months::new(months);
        let start = self.start.map(|day| day.checked_sub_months(months));
        // By the day after, so that the end of a month stays one; but a single leap day has a day of its own.
        let end = self.end.map(|day| {
            if self.start == self.end {
                return day.checked_sub_months(months);
            }
            let after = day.checked_add_days(Days::new(1))?;
            if after.day() == 1 {
                after.checked_sub_months(months)?.checked_sub_days(Days::new(1))
            } else {
                day.checked_sub_months(months)
            }
        });
        let known = |day: Option<Option<NaiveDate>>| match day {
            None => Some(None),
            Some(moved) => moved.map(Some),
        };
        Some(Period { start: known(start)?, end: known(end)? })
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
