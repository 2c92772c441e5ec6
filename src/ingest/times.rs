//! The time that words give a figure: its period, and over what it counts.

use std::sync::LazyLock;

use chrono::{Datelike, Days, NaiveDate};

use super::cues::{around, sentence_start};
use super::numerals::{self, ONE};
use super::text::{Span, Text};
use super::words::{Lexicon, before_degree, contains, ends, starts, starts_any};
use crate::model::codes::TimeBasis;
use crate::model::period;

/// The time that words give a figure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Time {
    pub basis: Option<TimeBasis>,
    /// The words that say so.
    pub stated: Option<Span>,
    /// The period, SDMX or ISO 8601, where the words name one.
    pub period: Option<String>,
}

impl Time {
    /// From its beginning, whenever that was.
    fn since_start() -> Time {
        Time { basis: Some(TimeBasis::SinceStart), ..Time::default() }
    }
}

/// The time that the words before a figure in its sentence give it; the nearest words count.
/// What is `compared` with an earlier figure is not of that one's time.
pub fn time(text: &Text, region: Span, span: Span, year: i32, compared: bool) -> Time {
    let start = sentence_start(text, region, span.start);
    let words = &text.folded[start..span.start];
    let mut best: Option<(usize, Time)> = None;
    let mut total = false;
    let clause = words.len() - around(text, region, span).0.len().min(words.len());
    let mut at = 0;
    while at < words.len() {
        let rest = &words[at..];
        if starts(rest, "累计")
            || starts(rest, "共") && !["共同", "共享", "共建", "共治"].iter().any(|word| starts(rest, word))
        {
            total = true;
        }
        let Some((length, basis, period)) = time_at(rest, year) else {
            at += 1;
            continue;
        };
        let stated = Some(Span::new(start + at, start + at + length));
        let last = at;
        at += length;
        // 3月开工建设，完成投资…: the month is of what was done in it alone.
        let month = basis == TimeBasis::PeriodFlow
            && period.as_deref().is_some_and(|period| period.len() == 7 && !period.contains(['S', 'Q']));
        // 去年 is of what it is compared with.
        let past = compared && period.as_deref().is_some_and(|period| period.starts_with(&format!("{}", year - 1)));
        if month && last < clause || past {
            continue;
        }
        // 今年以来, 截至6月底: the first of two says what is counted.
        let keeps = best.as_ref().is_some_and(|(_, time)| {
            time.basis == Some(TimeBasis::YearToDate) && basis == TimeBasis::SinceStart
                || time.basis == Some(TimeBasis::PeriodFlow) && basis == TimeBasis::SinceStart && period.is_none()
        });
        if !keeps {
            best = Some((last, Time { basis: Some(basis), stated, period }));
        }
    }
    let (before, _) = around(text, region, span);
    let best = best.map(|(at, time)| match time.basis {
        // 全年新增8.4万亩，累计31.7万亩: a running total has a clause of its own.
        Some(TimeBasis::PeriodFlow) if at < clause && contains(&before, "累计") => (clause, Time::since_start()),
        _ => (at, time),
    });
    let stock = is_stock(&before);
    match best {
        Some((at, time)) if stock && (time.basis == Some(TimeBasis::SinceStart) || at < clause) => Time {
            basis: Some(TimeBasis::PointInTime),
            period: time.period.filter(|period| period.contains("..")),
            ..time
        },
        Some((_, time)) => time,
        None if stock => Time { basis: Some(TimeBasis::PointInTime), ..Time::default() },
        None if total => Time::since_start(),
        None => Time::default(),
    }
}

/// Whether the words before a figure say that there is so much of it, not that so much was done.
fn is_stock(before: &[char]) -> bool {
    const THERE: [&str; 16] = [
        "现有",
        "拥有",
        "在册",
        "建有",
        "总数达",
        "总量达",
        "总数增至",
        "总量增至",
        "保有量",
        "参保人数",
        "在园幼儿占比",
        "普及率",
        "覆盖率",
        "登记失业率",
        "入园率",
        "巩固率",
    ];
    const REACHED: [&str; 12] = [
        "达到",
        "增至",
        "增加到",
        "增加至",
        "提高到",
        "提高至",
        "提升到",
        "提升至",
        "升至",
        "扩大到",
        "扩大至",
        "增长到",
    ];
    let near = before_degree(before);
    THERE.iter().any(|cue| contains(before, cue))
        || REACHED.iter().any(|cue| ends(near, cue)) && !contains(before, "累计") && !contains(before, "完成")
}

/// When a word of time is, in a list of a year.
#[derive(Clone, Copy)]
enum When {
    /// Another word says it, or none.
    Unsaid,
    /// So many years from the list's.
    Year(i32),
    Half(u8),
    Quarter(u8),
    /// The last day of the year before.
    YearBefore,
}

impl When {
    fn period(self, year: i32) -> Option<String> {
        match self {
            When::Unsaid => None,
            When::Year(from) => Some((year + from).to_string()),
            When::Half(half) => Some(format!("{year}-S{half}")),
            When::Quarter(quarter) => Some(format!("{year}-Q{quarter}")),
            When::YearBefore => Some(format!("{}-12-31", year - 1)),
        }
    }
}

static WORDS: LazyLock<Lexicon<(TimeBasis, When)>> = LazyLock::new(|| {
    use TimeBasis::{PeriodFlow, PointInTime, SinceStart, YearToDate};
    Lexicon::new([
        ((PointInTime, When::YearBefore), "去年底 去年末 上年底 上年末"),
        ((YearToDate, When::Unsaid), "今年以来 较年初 比年初 年初以来 年初至今"),
        ((SinceStart, When::Unsaid), "截至目前 截止目前 截至 截止 至今 目前"),
        ((PeriodFlow, When::Half(1)), "上半年"),
        ((PeriodFlow, When::Half(2)), "下半年"),
        ((PeriodFlow, When::Quarter(1)), "一季度 1季度"),
        ((PeriodFlow, When::Quarter(2)), "二季度 2季度"),
        ((PeriodFlow, When::Quarter(3)), "三季度 3季度"),
        ((PeriodFlow, When::Quarter(4)), "四季度 4季度"),
        ((PeriodFlow, When::Year(0)), "全年 本年度 年内"),
        ((PeriodFlow, When::Unsaid), "今年 本年 本季度 本月"),
        ((PeriodFlow, When::Year(-1)), "去年 上年"),
    ])
});

/// Words of time that a folded text begins with: length, basis, period.
fn time_at(words: &[char], year: i32) -> Option<(usize, TimeBasis, Option<String>)> {
    use TimeBasis::{PeriodFlow, SinceStart};
    let day = |month: u32, day: u32| NaiveDate::from_ymd_opt(year, month, day);
    let span = |from: Option<NaiveDate>, to: Option<NaiveDate>| Some(interval(from?, to?));
    if let Some(((basis, when), length)) = WORDS.at(words) {
        let past = starts_any(words, &["去年", "上年"]);
        // 今年上半年 and 截至6月底 go on.
        let goes_on = length == 2 && (past || starts_any(words, &["今年", "截至", "截止", "目前"]));
        let inner = goes_on.then(|| time_at(&words[length..], if past { year - 1 } else { year })).flatten();
        return Some(match inner {
            Some((more, _, period)) if basis == SinceStart => {
                (length + more, SinceStart, period.map(|period| until(&period)))
            }
            Some((more, inner, period)) => (length + more, inner, period),
            None => (length, basis, when.period(year)),
        });
    }
    if starts(words, "前三季度") || starts(words, "1-三季度") {
        return Some((4, PeriodFlow, span(day(1, 1), day(9, 30))));
    }
    let first = numerals::numeral(words).filter(|numeral| numeral.value < 3000 * ONE && numeral.value % ONE == 0)?;
    let value = u32::try_from(first.value / ONE).ok()?;
    let rest = words.get(first.length..)?;
    if !first.chinese && (1990..2100).contains(&value) && starts(rest, "年") {
        let named = i32::try_from(value).ok()?;
        let after = &rest[1..];
        let skip = usize::from(after.first() == Some(&'度'));
        if let Some((length, basis, period)) = time_at(&after[skip..], named).filter(|(.., period)| period.is_some()) {
            return Some((first.length + 1 + skip + length, basis, period));
        }
        return Some((first.length + 1 + skip, PeriodFlow, Some(named.to_string())));
    }
    // 1-8月, 1至8月, 1月至8月
    let months = {
        let skip = usize::from(rest.first() == Some(&'月'));
        let link = rest.get(skip).filter(|c| "-至到".contains(**c)).and(rest.get(skip + 1..));
        link.and_then(numerals::numeral)
            .map(|last| (last, skip + 1 + last.length))
            .filter(|(_, end)| rest.get(*end) == Some(&'月'))
    };
    if let Some((last, end)) = months {
        let month = u32::try_from(last.value / ONE)
            .ok()
            .filter(|month| (1..=12).contains(month) && (1..=*month).contains(&value))?;
        let tail = usize::from(rest.get(end + 1) == Some(&'份'));
        return Some((first.length + end + 1 + tail, PeriodFlow, span(day(value, 1), month_end(year, month))));
    }
    if starts(rest, "月") && (1..=12).contains(&value) {
        let mut end = first.length + 1;
        let after = &rest[1..];
        if starts(after, "底") || starts(after, "末") {
            return Some((end + 1, SinceStart, month_end(year, value).map(|day| format!("../{day}"))));
        }
        if let Some(number) =
            numerals::numeral(after).filter(|number| after.get(number.length).is_some_and(|c| "日号".contains(*c)))
        {
            end += number.length + 1;
            let date = day(value, u32::try_from(number.value / ONE).ok()?);
            return Some((end, SinceStart, date.map(|day| format!("../{day}"))));
        }
        end += usize::from(starts(after, "份"));
        return Some((end, PeriodFlow, Some(format!("{year}-{value:02}"))));
    }
    None
}

pub fn month_end(year: i32, month: u32) -> Option<NaiveDate> {
    let (next_year, next) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    NaiveDate::from_ymd_opt(next_year, next, 1)?.checked_sub_days(Days::new(1))
}

/// An interval in its one spelling.
pub fn interval(from: NaiveDate, to: NaiveDate) -> String {
    period::sdmx_of(from, to).unwrap_or_else(|| format!("{from}/{to}"))
}

/// Up to the end of a period, from whenever.
pub fn until(text: &str) -> String {
    match period::Period::parse(text).and_then(|period| period.end) {
        Some(end) => format!("../{end}"),
        None => text.to_owned(),
    }
}

/// From the beginning of the year to the end of a period.
pub fn year_to(text: &str) -> String {
    let end = period::Period::parse(text).and_then(|period| period.end);
    match end.and_then(|end| Some((NaiveDate::from_ymd_opt(end.year(), 1, 1)?, end))) {
        Some((from, end)) => interval(from, end),
        None => text.to_owned(),
    }
}

/// The last day of a period.
pub fn day_of(text: &str) -> String {
    period::Period::parse(text).and_then(|period| period.end).map_or_else(|| text.to_owned(), |day| day.to_string())
}
