//! What the words around a figure say of it: promised or done, before or after, over what time.

use chrono::{Datelike, Days, NaiveDate};

use super::numerals::{self, ONE};
use super::scan::Found;
use super::structure::contains;
use super::text::{Span, Text};
use super::words::starts;
use crate::model::codes::TimeBasis;
use crate::model::period;

/// What a figure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Actual,
    Baseline,
    Target,
}

/// Where a figure stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Promise,
    Progress,
    Next,
    Outside,
}

/// How a figure compares with an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    YearOnYear,
    MonthOnMonth,
    Since,
}

/// The time that words give a figure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Time {
    pub basis: Option<TimeBasis>,
    /// The words that say so.
    pub stated: Option<Span>,
    /// The period, SDMX or ISO 8601, where the words name one.
    pub period: Option<String>,
}

const INTENTIONS: &[&str] = &[
    "计划",
    "拟",
    "力争",
    "确保",
    "预计",
    "争取",
    "届时",
    "到年底",
    "年底前",
    "将于",
    "将新",
    "将建",
    "将完成",
    "将实现",
    "将达",
    "将再",
    "将开",
];
const DEEDS: &[&str] = &[
    "已",
    "实际",
    "累计",
    "截至",
    "目前",
    "现有",
    "共计",
    "仅",
    "全年",
    "共完成",
    "上半年",
    "前三季度",
    "今年以来",
    "按计划",
    "按照计划",
    "较计划",
    "比计划",
];
const TURNS: &[&str] = &[
    "调整", "增加", "增至", "提高", "提升", "下降", "降低", "降至", "减少", "减至", "压缩", "压减", "缩短", "缩减",
    "扩大", "扩展", "上升", "增长", "精简", "优化", "拓展", "延伸", "变为", "改为", "升至", "升为", "发展", "扩充",
    "扩至", "至", "到", "为",
];
const FALLS: &[&str] = &["下降", "减少", "降低", "回落", "下滑", "压减", "缩减", "减", "降", "少"];
const RISES: &[&str] = &["增长", "上升", "提高", "增加", "提升", "增", "升", "多", "扩大"];

/// What a figure is, by where it stands and the words of its clause. `previous` is the figure right before it.
pub fn role(text: &Text, region: Span, found: &Found, place: Place, previous: Option<(&Found, Role)>) -> Role {
    let (before, after) = around(text, region, found.span);
    if is_before_turn(&before, &after) {
        return Role::Baseline;
    }
    // 8类47项: what follows without a word between is of one kind.
    if let Some((previous, role)) = previous.filter(|(previous, _)| previous.span.end == found.span.start) {
        let _ = previous;
        return role;
    }
    let past =
        ["去年同期", "上年同期", "去年底", "上年末", "上年底", "去年末", "年初", "去年全年", "上年度", "原有", "原来"];
    if past.iter().any(|cue| last(&before, cue).is_some_and(|at| before.len() - at <= cue.chars().count() + 3))
        && change(&before).is_none()
    {
        return Role::Baseline;
    }
    // An intention holds to the end of its sentence, unless a deed comes after it.
    let sentence = &text.folded[sentence_start(text, region, found.span.start)..found.span.start];
    let intended = INTENTIONS.iter().filter_map(|cue| last(sentence, cue)).max();
    let done = DEEDS.iter().filter_map(|cue| last(sentence, cue)).max();
    match place {
        Place::Promise => Role::Target,
        Place::Next => {
            let had = ["已", "现有", "累计", "目前"].iter().filter_map(|cue| last(sentence, cue)).max();
            if had.is_some() && intended < had { Role::Actual } else { Role::Target }
        }
        Place::Outside => Role::Actual,
        Place::Progress => {
            // 完成年度目标的85%: how much of it was done.
            if found.measure == "%" && ends(&before, "的") {
                return Role::Actual;
            }
            let of_target = starts(&after, "的目标")
                || starts(&after, "的任务")
                || starts(&after, "目标")
                || starts(&after, "年度目标")
                || starts(&after, "的年度");
            if of_target || intended.is_some() && intended > done || names_goal(&before) {
                Role::Target
            } else {
                Role::Actual
            }
        }
    }
}

/// 年度目标任务3000户: the number of the goal itself, not how much of it was done.
fn names_goal(before: &[char]) -> bool {
    let tail: String = before.iter().rev().take(6).collect::<Vec<_>>().into_iter().rev().collect();
    ["目标", "任务", "任务数", "目标任务", "目标为", "任务为", "目标数"].iter().any(|word| tail.ends_with(word))
        && !tail.contains("完成")
}

/// 由A调整为B, 从A增加到B: A.
fn is_before_turn(before: &[char], after: &[char]) -> bool {
    let from = ["由", "从", "原"].iter().filter_map(|cue| last(before, cue)).max();
    let Some(from) = from else { return false };
    let between = &before[from + 1..];
    // Other figures may stand between: 由8类47项.
    let plain = between.len() <= 14 && !["至", "到", "为"].iter().any(|word| contains(between, word));
    let head = after.get(..after.len().min(18)).unwrap_or_default();
    let turns = TURNS.iter().any(|turn| {
        find(head, turn).is_some_and(|at| {
            head[at..].iter().take(12).any(|c| "至到为成".contains(*c))
                && head[at..].iter().any(|c| c.is_ascii_digit() || numerals::is_chinese(*c))
        })
    });
    plain && turns
}

/// Whether words before a figure compare it with an earlier one.
pub fn change(before: &[char]) -> Option<Change> {
    let at = |cue: &str| last(before, cue);
    let year =
        ["同比", "比上年", "比去年", "较上年", "较去年", "比上一年", "较上一年", "与去年同期相比", "与上年同期相比"]
            .iter()
            .filter_map(|cue| at(cue))
            .max();
    let month = ["环比", "比上月", "较上月", "比上季度", "较上季度", "比上期"].iter().filter_map(|cue| at(cue)).max();
    let moved = RISES
        .iter()
        .chain(FALLS)
        .any(|word| last(before, word).is_some_and(|at| before.len() - at <= word.chars().count() + 3));
    let near = |at: usize| before.len() - at <= 18;
    match (year, month) {
        (year, Some(month)) if year.is_none_or(|year| month > year) && moved && near(month) => {
            Some(Change::MonthOnMonth)
        }
        (Some(year), _) if moved && near(year) => Some(Change::YearOnYear),
        _ => {
            let since = ["较", "比"].iter().filter_map(|cue| at(cue)).max();
            (moved && since.is_some_and(near)).then_some(Change::Since)
        }
    }
}

/// Whether the figure is by how much something fell.
pub fn falls(before: &[char], found: &Found) -> bool {
    let direct = |word: &&&str| last(before, word).is_some_and(|at| before.len() - at <= word.chars().count() + 2);
    let fell = FALLS.iter().any(|word| direct(&word));
    let rate = found.measure == "%" || found.measure == "百分点";
    fell && (rate || change(before).is_some()) && !ends(before, "至") && !ends(before, "到") && !ends(before, "为")
}

pub fn ends(words: &[char], word: &str) -> bool {
    words.len() >= word.chars().count() && starts(&words[words.len() - word.chars().count()..], word)
}

fn find(words: &[char], word: &str) -> Option<usize> {
    (0..words.len()).find(|at| starts(&words[*at..], word))
}

/// Where a word last stands.
pub fn last(words: &[char], word: &str) -> Option<usize> {
    (0..words.len()).rev().find(|at| starts(&words[*at..], word))
}

/// The words of the clause before and after a stretch.
pub fn around(text: &Text, region: Span, span: Span) -> (Vec<char>, Vec<char>) {
    let stop = |at: usize| {
        let c = text.folded[at];
        // A comma between digits belongs to a number.
        "。;!?,\n\t".contains(c)
            && !(c == ','
                && text.folded.get(at + 1).is_some_and(char::is_ascii_digit)
                && at > 0
                && text.folded[at - 1].is_ascii_digit())
    };
    let start = (region.start..span.start).rev().find(|at| stop(*at)).map_or(region.start, |at| at + 1);
    let end = (span.end..region.end).find(|at| stop(*at)).unwrap_or(region.end);
    (text.folded[start..span.start].to_vec(), text.folded[span.end..end].to_vec())
}

/// Where the sentence of a place begins.
pub fn sentence_start(text: &Text, region: Span, at: usize) -> usize {
    (region.start..at).rev().find(|at| "。!?\n\t".contains(text.folded[*at])).map_or(region.start, |at| at + 1)
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
    let stock = ["现有", "拥有", "在册", "建有", "总数达", "总量达", "保有量"].iter().any(|cue| contains(&before, cue));
    match best {
        Some((_, time)) if stock && time.basis == Some(TimeBasis::SinceStart) => {
            Time { basis: Some(TimeBasis::PointInTime), ..time }
        }
        Some((_, time)) => time,
        None if stock => Time { basis: Some(TimeBasis::PointInTime), ..Time::default() },
        None if total => Time { basis: Some(TimeBasis::SinceStart), ..Time::default() },
        None => Time::default(),
    }
}

/// Words of time that a folded text begins with: length, basis, period.
fn time_at(words: &[char], year: i32) -> Option<(usize, TimeBasis, Option<String>)> {
    use TimeBasis::{PeriodFlow, SinceStart, YearToDate};
    let day = |month: u32, day: u32| NaiveDate::from_ymd_opt(year, month, day);
    let span = |from: Option<NaiveDate>, to: Option<NaiveDate>| Some(interval(from?, to?));
    let long = |word: &str| word.chars().count();
    for (word, basis, period) in [
        ("今年以来", YearToDate, None),
        ("年初以来", YearToDate, None),
        ("年初至今", YearToDate, None),
        ("截至目前", SinceStart, None),
        ("截止目前", SinceStart, None),
        ("截至", SinceStart, None),
        ("截止", SinceStart, None),
        ("至今", SinceStart, None),
        ("目前", SinceStart, None),
        ("上半年", PeriodFlow, Some(format!("{year}-S1"))),
        ("下半年", PeriodFlow, Some(format!("{year}-S2"))),
        ("一季度", PeriodFlow, Some(format!("{year}-Q1"))),
        ("1季度", PeriodFlow, Some(format!("{year}-Q1"))),
        ("二季度", PeriodFlow, Some(format!("{year}-Q2"))),
        ("三季度", PeriodFlow, Some(format!("{year}-Q3"))),
        ("四季度", PeriodFlow, Some(format!("{year}-Q4"))),
        ("全年", PeriodFlow, Some(year.to_string())),
        ("本年度", PeriodFlow, Some(year.to_string())),
        ("年内", PeriodFlow, Some(year.to_string())),
        ("今年", PeriodFlow, None),
        ("本年", PeriodFlow, None),
        ("去年", PeriodFlow, Some((year - 1).to_string())),
        ("上年", PeriodFlow, Some((year - 1).to_string())),
        ("本季度", PeriodFlow, None),
        ("本月", PeriodFlow, None),
    ] {
        if starts(words, word) {
            let rest = &words[long(word)..];
            // 今年上半年 and 截至6月底 go on.
            if let Some((length, inner, period)) =
                time_at(rest, if word == "去年" || word == "上年" { year - 1 } else { year })
                    .filter(|_| matches!(word, "今年" | "截至" | "截止" | "去年" | "上年" | "目前"))
            {
                let basis = if basis == SinceStart { SinceStart } else { inner };
                let period = if basis == SinceStart { period.map(|period| until(&period)) } else { period };
                return Some((long(word) + length, basis, period));
            }
            return Some((long(word), basis, period));
        }
    }
    if starts(words, "前三季度") || starts(words, "1-三季度") {
        return Some((4, YearToDate, span(day(1, 1), day(9, 30))));
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
            .and_then(|last| Some((last, skip + 1 + last.length)))
            .filter(|(_, end)| rest.get(*end) == Some(&'月'))
    };
    if let Some((last, end)) = months {
        let month = u32::try_from(last.value / ONE)
            .ok()
            .filter(|month| (1..=12).contains(month) && (1..=12).contains(&value))?;
        let tail = usize::from(rest.get(end + 1) == Some(&'份'));
        let basis = if value == 1 { YearToDate } else { PeriodFlow };
        return Some((first.length + end + 1 + tail, basis, span(day(value, 1), month_end(year, month))));
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

fn month_end(year: i32, month: u32) -> Option<NaiveDate> {
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
