//! What the fields of a commitment say: its promise, status, what was done, what comes next, its figures.

use std::sync::LazyLock;

use super::cues::{Place, Role};
use super::figures::{self, Figure};
use super::naming;
use super::scan::Unplaced;
use super::structure::{Item, Structure};
use super::text::{Span, Text};
use super::words::{self, Column, Lexicon, contains, starts};
use crate::model::codes::{Qualifier, Status};

/// A commitment as it was read.
#[derive(Clone, Debug, Default)]
pub struct Commitment {
    pub number: i64,
    pub label: Option<Span>,
    pub title: Option<Span>,
    /// The promise, all of it.
    pub promise: Vec<Span>,
    pub status: Option<Status>,
    /// The words of the status, where there are any.
    pub status_words: Option<Span>,
    pub narrative: Vec<Span>,
    pub next_steps: Vec<Span>,
    pub due: Option<Span>,
    pub figures: Vec<Figure>,
    /// Fields that no record holds.
    pub left: Vec<Span>,
}

/// Everything that was read.
#[derive(Default)]
pub struct Reading {
    pub commitments: Vec<Commitment>,
    /// Figures outside of any commitment.
    pub figures: Vec<Figure>,
    /// Numbers that no rule knows.
    pub unplaced: Vec<Unplaced>,
    /// Numbers, labels, titles of columns: the form.
    pub form: Vec<Span>,
    pub outside: Vec<Span>,
}

pub fn read(text: &Text, structure: Structure, year: i32, over: bool) -> Reading {
    let Structure { items, form, outside, numbers } = structure;
    let mut reading = Reading { form, outside, ..Reading::default() };
    for item in items {
        let commitment = commitment(text, item, &mut reading.form);
        if commitment.title.is_some_and(|title| !title.is_empty()) {
            reading.commitments.push(commitment);
        } else {
            // Nothing is promised: what stands there is left for a person.
            let Commitment { promise, narrative, next_steps, due, status_words, left, .. } = commitment;
            reading.outside.extend([promise, narrative, next_steps, left].concat());
            reading.outside.extend(due.into_iter().chain(status_words));
        }
    }
    let mut numbers = [numbers, reading.form.clone()].concat();
    numbers.sort_unstable();
    let mut reader = figures::Reader { text, year, numbers, unplaced: Vec::new() };
    for commitment in &mut reading.commitments {
        for (spans, place) in [
            (&commitment.promise, Place::Promise),
            (&commitment.narrative, Place::Progress),
            (&commitment.next_steps, Place::Next),
        ] {
            spans.iter().for_each(|region| reader.read(*region, place, &mut commitment.figures));
        }
        if commitment.status.is_none() && !commitment.narrative.is_empty() {
            commitment.status = result(text, commitment, over);
        }
    }
    for region in &reading.outside {
        reader.read(*region, Place::Outside, &mut reading.figures);
    }
    reading.unplaced = reader.unplaced;
    reading
}

fn commitment(text: &Text, item: Item, form: &mut Vec<Span>) -> Commitment {
    let mut commitment =
        Commitment { number: item.number.unwrap_or_default(), label: item.label, ..Commitment::default() };
    let (mut stated, mut rate, mut remark) = (None, None, None);
    for (column, span) in item.fields {
        match column {
            Column::Promise | Column::Target => {
                commitment.title = commitment.title.or(Some(span));
                commitment.promise.push(span);
            }
            Column::Progress => progress(text, span, &mut commitment, form),
            Column::Next => commitment.next_steps.push(span),
            Column::Status => stated = stated.or(status_in(text, span)).or_else(|| left(&mut commitment, span)),
            Column::Rate => {
                rate = rate.or(percentage(text, span)).or(status_in(text, span)).or_else(|| left(&mut commitment, span))
            }
            Column::Remark => {
                let found = status_in(text, span).filter(|(.., words)| words.start - span.start < 6);
                if found.is_none_or(|(_, words)| span.end - words.end > 2) {
                    commitment.narrative.push(span);
                }
                remark = remark.or(found);
            }
            Column::Due => commitment.due = Some(span),
            Column::Detail => commitment.narrative.push(span),
            Column::Lead | Column::Other | Column::Number => commitment.left.push(span),
        }
    }
    let own = commitment.status.zip(commitment.status_words);
    let found = stated.or(rate).or(own).or(remark).or(item.section);
    if let Some((status, words)) = found {
        (commitment.status, commitment.status_words) = (Some(status), Some(words));
    } else if let Some((status, words)) = commitment.narrative.iter().find_map(|span| said(text, *span)) {
        (commitment.status, commitment.status_words) = (Some(status), Some(words));
    }
    commitment
}

fn left(commitment: &mut Commitment, span: Span) -> Option<(Status, Span)> {
    commitment.left.push(span);
    None
}

fn status_in(text: &Text, span: Span) -> Option<(Status, Span)> {
    let (status, at, length) = words::status_in(text.folded(span))?;
    Some((status, Span::new(span.start + at, span.start + at + length)))
}

/// A percentage as a status: all of it, none of it, or some.
fn percentage(text: &Text, span: Span) -> Option<(Status, Span)> {
    let words: String = text.folded_text(span).chars().filter(|c| *c != ' ').collect();
    let digits = words.trim_end_matches(|c| "%以上左右".contains(c)).trim_start_matches("约");
    let value: f64 = digits.parse().ok()?;
    let value = if words.contains('%') || value > 1.0 { value } else { value * 100.0 };
    let status = match value {
        value if value >= 100.0 => Status::Completed,
        value if value <= 0.0 => Status::NotStarted,
        _ => Status::InProgress,
    };
    Some((status, span))
}

/// Parts a report into its status, what was done, and what comes next.
fn progress(text: &Text, span: Span, commitment: &mut Commitment, form: &mut Vec<Span>) {
    let words = text.folded(span);
    let mut from = 0;
    if let Some((status, start, length)) = opening_status(words) {
        if commitment.status.is_none() {
            commitment.status = Some(status);
            commitment.status_words = Some(Span::new(span.start + start, span.start + start + length));
        }
        let mark = words.get(start + length).copied().unwrap_or('。');
        // 进展顺利,… goes on in the same sentence.
        if start == 0 && "。;:".contains(mark) {
            from = (length + 1).min(words.len());
            form.push(Span::new(span.start + length, span.start + from));
        }
    }
    let next = next_steps(words, from);
    let narrative = text.trimmed(Span::new(span.start + from, span.start + next.unwrap_or(words.len())), "");
    if !narrative.is_empty() {
        commitment.narrative.push(narrative);
    }
    if let Some(next) = next {
        commitment.next_steps.push(text.trimmed(Span::new(span.start + next, span.end), ""));
    }
}

/// A status that a report begins with: status, where it stands, its length.
fn opening_status(words: &[char]) -> Option<(Status, usize, usize)> {
    const LEADS: &[&str] = &[
        "",
        "目前",
        "截至目前",
        "该项工作",
        "该项目",
        "该事项",
        "此项工作",
        "本项工作",
        "总体",
        "整体",
        "工作",
        "项目",
        "任务",
        "(",
        "[",
        "状态:",
        "该项任务",
        "该任务",
        "目前,",
        "截至目前,",
        "目前该项工作",
        "目标任务",
    ];
    for lead in LEADS {
        if !starts(words, lead) {
            continue;
        }
        let start = lead.chars().count();
        if let Some((status, length)) = words::status_at(&words[start..]) {
            let mark = words.get(start + length).copied().unwrap_or('。');
            if "。;:,)]、\n ".contains(mark) {
                return Some((status, start, length));
            }
        }
    }
    None
}

/// What begins a sentence about what comes next, and whether that alone leaves no doubt: 下半年 is a time, too.
static NEXT: LazyLock<Lexicon<bool>> = LazyLock::new(|| {
    Lexicon::new([
        (true, "下一步 下一阶段 下阶段 下步 接下来 后续工作中 下一步工作"),
        (
            false,
            "下半年 四季度 第四季度 三季度 第三季度 二季度 第二季度 下一季度 下季度 后续 今后 明年 下一年度 下年度 年底前 未来 之后",
        ),
    ])
});
/// What a sentence that begins with a word of time must have besides, to be about what comes next.
const INTENTIONS: [&str; 11] = ["将", "拟", "计划", "要", "继续", "力争", "确保", "重点", "打算", "争取", "进一步"];

/// Where the words about what comes next begin, at the beginning of a sentence.
fn next_steps(words: &[char], from: usize) -> Option<usize> {
    (from..words.len()).find(|at| {
        let before = at.checked_sub(1).and_then(|at| words.get(at)).copied().unwrap_or('\n');
        if !(*at == from || "。\n!;) ".contains(before)) {
            return false;
        }
        let rest = &words[*at..];
        let Some((plain, length)) = NEXT.at(rest) else { return false };
        let soon = &rest[length..rest.len().min(length + 14)];
        plain || INTENTIONS.iter().any(|intention| contains(soon, intention))
    })
}

/// A status that a sentence of the report comes to.
fn said(text: &Text, span: Span) -> Option<(Status, Span)> {
    let words = text.folded(span);
    let mut start = 0;
    let mut found = None;
    for end in 0..=words.len() {
        if end < words.len() && !"。\n;!".contains(words[end]) {
            continue;
        }
        let sentence = &words[start..end];
        // A short sentence that is about the status, not about one of many works.
        let about =
            ["该项", "该事项", "此项", "本项", "目标任务", "年度任务", "承诺事项", "该承诺", "整体", "总体", "任务"]
                .iter()
                .any(|word| contains(sentence, word));
        if let Some((status, at, length)) = words::status_in(sentence)
            .filter(|(.., length)| sentence.len() <= length + 4 || about && sentence.len() <= 40)
        {
            found = Some((status, Span::new(span.start + start + at, span.start + start + at + length)));
        }
        start = end + 1;
    }
    found
}

/// Without any words for it the result against the target is the status.
fn result(text: &Text, commitment: &Commitment, over: bool) -> Option<Status> {
    let targets: Vec<&Figure> =
        commitment.figures.iter().filter(|figure| figure.role == Role::Target && figure.place != Place::Next).collect();
    let actuals: Vec<&Figure> =
        commitment.figures.iter().filter(|figure| figure.role == Role::Actual && figure.change.is_none()).collect();
    let mut met = 0;
    let mut missed = 0;
    for target in &targets {
        let alike: Vec<&&Figure> =
            actuals.iter().filter(|actual| actual.found.measure == target.found.measure).collect();
        let likest = alike.iter().max_by(|one, other| {
            let score = |figure: &Figure| naming::likeness(&figure.name, &target.name);
            score(one).total_cmp(&score(other))
        });
        if let Some(actual) =
            likest.filter(|actual| alike.len() == 1 || naming::likeness(&actual.name, &target.name) > 0.2)
        {
            let at_most = target.found.qualifier == Some(Qualifier::AtMost);
            let reached = if at_most {
                actual.found.value <= target.found.value
            } else {
                actual.found.value >= target.found.value
            };
            *(if reached { &mut met } else { &mut missed }) += 1;
        }
    }
    let narrative: Vec<&[char]> = commitment.narrative.iter().map(|span| text.folded(*span)).collect();
    let says = |word: &str| narrative.iter().any(|words| contains(words, word));
    let unfinished = ["未完成", "尚未", "未能", "滞后", "跨年", "结转", "顺延"].iter().any(|word| says(word));
    let done = [
        "全部完成",
        "全面完成",
        "已完成",
        "完成目标",
        "全部建成",
        "已建成",
        "超额完成",
        "全部竣工",
        "投入使用",
        "均已",
        "完成任务",
        "如期完成",
        "建成投用",
    ]
    .iter()
    .any(|word| says(word));
    match (met, missed) {
        (_, 1..) if over => Some(Status::NotCompleted),
        (_, 1..) => Some(Status::InProgress),
        (1.., 0) if !unfinished => Some(Status::Completed),
        _ if unfinished => Some(if over { Status::NotCompleted } else { Status::InProgress }),
        _ if done => Some(Status::Completed),
        _ if ["开工", "正在", "封顶", "进场施工"].iter().any(|word| says(word)) => Some(Status::InProgress),
        _ => None,
    }
}
