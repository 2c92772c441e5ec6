//! What the words around a figure say of it: promised or done, before or after, over what time.

use super::numerals;
use super::scan::Found;
use super::text::{Span, Text};
use super::words::{contains, ends, find, last, starts};

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

const INTENTIONS: &[&str] = &[
    "承诺为",
    "承诺建",
    "承诺新",
    "承诺完成",
    "承诺改",
    "目标为",
    "计划",
    "拟",
    "力争",
    "确保",
    "预计",
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
    ",完成",
    ",建成",
    ",全年",
    "比计划",
];
const TURNS: &[&str] = &[
    "调整", "增加", "增至", "提高", "提升", "下降", "降低", "降至", "减少", "减至", "压缩", "压减", "缩短", "缩减",
    "扩大", "扩展", "上升", "增长", "精简", "优化", "拓展", "延伸", "变为", "改为", "升至", "升为", "发展", "扩充",
    "扩至", "至", "到", "为",
];
const FALLS: &[&str] = &[
    "下降",
    "减少",
    "降低",
    "回落",
    "下滑",
    "压减",
    "压缩",
    "缩减",
    "精简",
    "降价",
    "降幅",
    "降幅达",
    "压降",
    "缩短",
    "收窄",
    "减",
    "降",
    "少",
];
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
    let of_past =
        ["上年的", "去年的", "上年同期的", "去年同期的", "年初的", "去年底的", "上年末的", "上年底的", "去年末的"];
    if of_past.iter().any(|cue| ends(&before, cue)) {
        return Role::Baseline;
    }
    let promised = contains(&before, "承诺");
    // 去年同期办理公证100件, 2019年同期100件
    if !promised && contains(&before, "年同期") && change(&before).is_none() {
        return Role::Baseline;
    }
    if !promised
        && past.iter().any(|cue| last(&before, cue).is_some_and(|at| before.len() - at <= cue.chars().count() + 3))
        && change(&before).is_none()
    {
        return Role::Baseline;
    }
    // An intention holds to the end of its sentence, unless a deed comes after it.
    let sentence = &text.folded[sentence_start(text, region, found.span.start)..found.span.start];
    let intended = INTENTIONS.iter().filter_map(|cue| last(sentence, cue)).max();
    let intended = intended.max(last(sentence, "争取").filter(|at| !of_funds(&sentence[*at..])));
    // 预计全年 intends; 全年 alone tells of a deed.
    let told = |at: &usize| !INTENTIONS.iter().any(|cue| ends(&sentence[..*at], cue));
    let done = DEEDS.iter().filter_map(|cue| last(sentence, cue).filter(told)).max();
    match place {
        Place::Promise => Role::Target,
        Place::Next => {
            let had = ["已", "现有", "累计", "目前"].iter().filter_map(|cue| last(sentence, cue)).max();
            if had.is_some() && intended < had { Role::Actual } else { Role::Target }
        }
        Place::Outside if planned(&before) => Role::Target,
        Place::Outside => Role::Actual,
        Place::Progress => {
            // 完成年度目标的85%: how much of it was done.
            if found.measure == "%" && ends(&before, "的") {
                return Role::Actual;
            }
            let of_target = ends(&after, "的目标")
                || starts(&after, "的目标")
                || starts(&after, "的任务")
                || starts(&after, "目标")
                || starts(&after, "年度目标")
                || starts(&after, "的年度");
            if of_target || intended.is_some() && intended > done || names_goal(&before) || planned(&before) {
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
    ["目标", "年度任务", "全年任务", "任务数", "目标任务", "目标为", "任务为", "目标数", "计划数"]
        .iter()
        .any(|word| tail.ends_with(word))
        && !tail.contains("完成")
}

/// 项目概算投资1.08亿元: what is planned, not what was done.
fn planned(before: &[char]) -> bool {
    const NEAR: usize = 8;
    let near = &before[before.len().saturating_sub(NEAR)..];
    ["概算", "计划总投资", "计划投资", "总投资约", "设计日", "设计年", "设计处理", "设计能力", "设计规模", "规划总"]
        .iter()
        .any(|word| contains(near, word))
        && !contains(near, "占")
}

/// 争取中央资金2.85亿元 got it; 争取年底前 means to.
fn of_funds(words: &[char]) -> bool {
    ["资金", "补助", "支持", "专项", "债券", "指标"].iter().any(|word| contains(words, word))
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

/// Whether words end with one of rising or falling.
pub fn moved(before: &[char]) -> bool {
    RISES.iter().chain(FALLS).filter(|word| word.chars().count() > 1).any(|word| ends(before, word))
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

/// Characters of the longest sentence, each side of a place: nobody writes longer ones, and none is read twice.
const MAX_SENTENCE: usize = 400;

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
    let first = region.start.max(span.start.saturating_sub(MAX_SENTENCE));
    let last = region.end.min(span.end + MAX_SENTENCE);
    let start = (first..span.start).rev().find(|at| stop(*at)).map_or(first, |at| at + 1);
    let end = (span.end..last).find(|at| stop(*at)).unwrap_or(last);
    (text.folded[start..span.start].to_vec(), text.folded[span.end..end].to_vec())
}

/// Where the sentence of a place begins.
pub fn sentence_start(text: &Text, region: Span, at: usize) -> usize {
    let first = region.start.max(at.saturating_sub(MAX_SENTENCE));
    (first..at).rev().find(|at| "。!?\n\t".contains(text.folded[*at])).map_or(first, |at| at + 1)
}
