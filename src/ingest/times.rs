//! The time that words give a figure: its period, and over what it counts.

use std::sync::LazyLock;

use chrono::{Datelike, Days, NaiveDate};
use regex::Regex;

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
    /// How many years before the figure it is compared with: 去年同期.
    pub ago: i32,
    /// Whether the words name a time that cannot be told.
    pub unsure: bool,
}

impl Time {
    fn of(basis: TimeBasis, period: Option<String>) -> Time {
        Time { basis: Some(basis), period, ..Time::default() }
    }

    /// From its beginning, whenever that was.
    fn since_start() -> Time {
        Time::of(TimeBasis::SinceStart, None)
    }

    /// The same time of an earlier year as that of the figure it is compared with.
    pub fn before(self, base: &Time) -> Time {
        let period = base.period.as_deref().map(|period| years_before(period, self.ago));
        Time { basis: base.basis, unsure: base.unsure || period == Some(None), period: period.flatten(), ..self }
    }
}

/// The same period so many years before.
pub fn years_before(period: &str, years: i32) -> Option<String> {
    (0..years).try_fold(period::Period::parse(period)?, |period, _| period.year_before())?.text()
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
        let Some((length, found)) = time_at(rest, year) else {
            // 11月 is not January.
            at += numerals::run(rest).max(1);
            continue;
        };
        let stated = Some(Span::new(start + at, start + at + length));
        let last = at;
        at += length;
        let found = match &best {
            Some((_, base)) if found.ago > 0 && base.ago == 0 => found.before(base),
            _ => found,
        };
        let Time { basis, period, .. } = &found;
        // 3月开工建设，完成投资…: the month is of what was done in it alone; and so is 去年同期.
        let month = *basis == Some(TimeBasis::PeriodFlow)
            && period.as_deref().is_some_and(|period| period.len() == 7 && !period.contains(['S', 'Q']));
        // 去年 is of what it is compared with.
        let named = period.as_deref().and_then(|period| period.trim_start_matches("../").get(..4)?.parse::<i32>().ok());
        let past = compared && (found.ago > 0 || named.is_some_and(|named| named < year));
        if (month || found.ago > 0) && last < clause || past {
            continue;
        }
        // 今年以来, 截至6月底: the first of two says what is counted.
        let keeps = found.basis == Some(TimeBasis::SinceStart)
            && best.as_ref().is_some_and(|(_, time)| match time.basis {
                Some(TimeBasis::YearToDate) => true,
                Some(TimeBasis::PeriodFlow) => period.is_none(),
                _ => false,
            });
        if !keeps {
            best = Some((last, Time { stated, ..found }));
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
    /// The same time, so many years before.
    Ago(i32),
}

impl When {
    fn period(self, year: i32) -> Option<String> {
        match self {
            When::Unsaid | When::Ago(_) => None,
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
        ((PeriodFlow, When::Ago(1)), "去年同期 上年同期"),
        ((PeriodFlow, When::Ago(2)), "前年同期"),
    ])
});

/// Spans of months and of days: 1-8月, 1月份至6月份, 2019年11月至2020年5月, 1月1日至6月30日, 5月3日至8日.
static SPAN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let number = r"(\d{1,2}|[一二三四五六七八九十]{1,3})";
    let first = format!(r"(?:(\d{{4}})年)?{number}(?:月份?(?:{number}[日号])?)?");
    let last = format!(r"(?:(\d{{4}})年|同年|当年|今年|本年|次年)?{number}月份?(?:{number}[日号]|[底末])?");
    Regex::new(&format!("^{first}[-至到](?:{last}|{number}[日号])")).ok()
});
static YEARS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^(\d{4})年?[-至到](\d{4})年").ok());
/// A month or a day, and whether it is only the beginning: 6月份, 6月底, 6月30日, 1月以来.
static MONTH: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let number = r"(\d{1,2}|[一二三四五六七八九十]{1,3})";
    Regex::new(&format!(r"^{number}月(?:{number}[日号]|([底末])|份)?(以来|至今|起|开始)?")).ok()
});

/// Words of time that a folded text begins with, and their length.
pub fn time_at(words: &[char], year: i32) -> Option<(usize, Time)> {
    use TimeBasis::{PeriodFlow, SinceStart};
    if let Some(((basis, when), length)) = WORDS.at(words) {
        if let When::Ago(ago) = when {
            return Some((length, Time { ago, ..Time::default() }));
        }
        let past = starts_any(words, &["去年", "上年"]);
        // 今年上半年 and 截至6月底 go on.
        let goes_on = length == 2 && (past || starts_any(words, &["今年", "截至", "截止", "目前"]));
        let inner = goes_on.then(|| time_at(&words[length..], if past { year - 1 } else { year })).flatten();
        return Some(match inner {
            Some((more, time)) if basis == SinceStart => {
                let period = time.period.as_deref().map(until);
                (length + more, Time { basis: Some(SinceStart), period, ..time })
            }
            Some((more, time)) => (length + more, time),
            None => (length, Time::of(basis, when.period(year))),
        });
    }
    if starts(words, "前三季度") || starts(words, "1-三季度") {
        let span = NaiveDate::from_ymd_opt(year, 1, 1).zip(NaiveDate::from_ymd_opt(year, 9, 30));
        return Some((4, Time::of(PeriodFlow, span.map(|(from, to)| interval(from, to)))));
    }
    if !words.first().is_some_and(|c| c.is_ascii_digit() || numerals::is_chinese(*c)) {
        return None;
    }
    /// Characters of the longest span of days.
    const LONGEST: usize = 24;
    let head: String = words.iter().take(LONGEST).collect();
    // 3至5日 are of no month.
    let known = |found: &regex::Captures| found.get(7).is_none() || found.get(3).is_some();
    if let Some(found) = SPAN.as_ref()?.captures(&head).filter(known) {
        let period = span_of(&found, year);
        return Some((length(&found), Time { unsure: period.is_none(), ..Time::of(PeriodFlow, period) }));
    }
    if let Some(found) = YEARS.as_ref()?.captures(&head) {
        let days =
            NaiveDate::from_ymd_opt(number(&found, 1)?, 1, 1).zip(NaiveDate::from_ymd_opt(number(&found, 2)?, 12, 31));
        let period = days.filter(|(from, to)| from < to).map(|(from, to)| interval(from, to));
        return Some((length(&found), Time { unsure: period.is_none(), ..Time::of(PeriodFlow, period) }));
    }
    let digits = words.iter().take_while(|c| c.is_ascii_digit()).count();
    if digits == 4 && words.get(4) == Some(&'年') {
        let named: i32 = head.get(..4)?.parse().ok().filter(|named| (1990..2100).contains(named))?;
        if starts(&words[5..], "同期") {
            let ago = year - named;
            return Some((7, Time { ago: ago.max(1), unsure: !(1..10).contains(&ago), ..Time::default() }));
        }
        let skip = 5 + usize::from(words.get(5) == Some(&'度'));
        let inner = time_at(&words[skip..], named).filter(|(_, time)| time.period.is_some() || time.unsure);
        return Some(match inner {
            Some((length, time)) => (skip + length, time),
            None => (skip, Time::of(PeriodFlow, Some(named.to_string()))),
        });
    }
    let found = MONTH.as_ref()?.captures(&head)?;
    let month: u32 = number(&found, 1).filter(|month| (1..=12).contains(month))?;
    let time = match (number(&found, 2), found.get(3), found.get(4)) {
        (.., Some(_)) => Time::since_start(),
        (Some(day), ..) => {
            let day = NaiveDate::from_ymd_opt(year, month, day);
            Time { unsure: day.is_none(), ..Time::of(SinceStart, day.map(|day| format!("../{day}"))) }
        }
        (None, Some(_), _) => Time::of(SinceStart, month_end(year, month).map(|day| format!("../{day}"))),
        _ => Time::of(PeriodFlow, Some(format!("{year}-{month:02}"))),
    };
    Some((length(&found), time))
}

/// A number of a date, in either digits.
fn number<T: TryFrom<i128>>(found: &regex::Captures, index: usize) -> Option<T> {
    let words: Vec<char> = found.get(index)?.as_str().chars().collect();
    let numeral = numerals::numeral(&words).filter(|numeral| numeral.length == words.len())?;
    T::try_from(numeral.value / ONE).ok()
}

fn length(found: &regex::Captures) -> usize {
    found[0].chars().count()
}

/// The days of a span of months, of a list's year where it names none; none where it would run backwards, or on from
/// a year that is not said.
fn span_of(found: &regex::Captures, year: i32) -> Option<String> {
    let named = number(found, 1);
    let from_year = named.unwrap_or(year);
    let to_year = number(found, 4).unwrap_or(from_year + i32::from(found[0].contains("次年")));
    let from = NaiveDate::from_ymd_opt(from_year, number(found, 2)?, number(found, 3).unwrap_or(1))?;
    let month = number(found, 5).or_else(|| number(found, 2))?;
    let to = match number(found, 6).or_else(|| number(found, 7)) {
        Some(day) => NaiveDate::from_ymd_opt(to_year, month, day)?,
        None => month_end(to_year, month)?,
    };
    (from <= to && (named.is_some() || to_year == year)).then(|| interval(from, to))
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
