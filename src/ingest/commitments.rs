//! What the fields of a commitment say: its promise, status, what was done, what comes next, its figures.

use std::sync::LazyLock;

use super::cues::Place;
use super::figures::{self, Figure};
use super::naming;
use super::scan::Unplaced;
use super::status;
use super::structure::{Item, Structure};
use super::text::{Span, Text};
use super::words::{Column, Lexicon, contains};
use crate::model::codes::Status;

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
    /// How many figures there are in all; beyond the most that are read, at least so many.
    pub count: usize,
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
    let mut reader = figures::Reader { text, year, numbers, unplaced: Vec::new(), count: 0 };
    for commitment in &mut reading.commitments {
        for (spans, place) in [
            (&commitment.promise, Place::Promise),
            (&commitment.narrative, Place::Progress),
            (&commitment.next_steps, Place::Next),
        ] {
            for region in spans {
                reader.read(*region, place, &mut commitment.figures);
                reader.read_bare(*region, place, commitment.title.unwrap_or(*region), &mut commitment.figures);
            }
        }
        // 1300人 in a cell of its own counts what the title names.
        let named = commitment.title.map(|title| naming::of_title(text, title)).filter(|name| !name.is_empty());
        for figure in commitment.figures.iter_mut().filter(|figure| figure.name == figure.found.measure) {
            figure.name.clone_from(named.as_ref().unwrap_or(&figure.found.measure));
        }
        if commitment.status.is_none() && !commitment.narrative.is_empty() {
            commitment.status = status::result(text, commitment, over);
        }
    }
    for region in &reading.outside {
        reader.read(*region, Place::Outside, &mut reading.figures);
    }
    reading.unplaced = reader.unplaced;
    reading.count = reader.count;
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
            Column::Status | Column::Rate => {
                let found = status::percentage(text, span)
                    .or_else(|| status::anywhere(text, span))
                    .or_else(|| status::going_on(text, span));
                match found {
                    // Words beside the status are part of the report.
                    Some((_, words)) if span.end - span.start > words.end - words.start + 2 => {
                        commitment.narrative.push(span);
                    }
                    Some(_) => {}
                    None => commitment.left.push(span),
                }
                let cell = if column == Column::Status { &mut stated } else { &mut rate };
                *cell = cell.or(found);
            }
            Column::Remark => {
                let found = status::remark(text, span);
                if found.is_none_or(|(_, words)| span.end - span.start > words.end - words.start + 2) {
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
    let report = || commitment.narrative.iter().find_map(|span| status::said(text, *span));
    // That some of it is done says less than that it lags.
    let rate = match rate {
        Some((Status::InProgress, _)) => report().filter(|(status, _)| *status == Status::Delayed).or(rate),
        rate => rate,
    };
    let found = stated.or(rate).or(own).or(remark).or(item.section).or_else(report);
    (commitment.status, commitment.status_words) = found.unzip();
    // 取消收费, 已取消 is a promise kept.
    let to_cancel = commitment.title.is_some_and(|title| contains(text.folded(title), "取消"));
    if to_cancel && commitment.status == Some(Status::Cancelled) {
        commitment.status = Some(Status::Completed);
    }
    commitment
}

/// Parts a report into its status, what was done, and what comes next.
fn progress(text: &Text, span: Span, commitment: &mut Commitment, form: &mut Vec<Span>) {
    let words = text.folded(span);
    let mut from = 0;
    if let Some((status, start, length)) = status::opening(words) {
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

/// Whether a sentence begins after these words: their end, or a number as of a list.
fn begins(before: &[char]) -> bool {
    match before {
        [.., number, '.' | '、'] => number.is_ascii_digit() || "一二三四五六七八九十".contains(*number),
        [.., last] => "。\n!;) ".contains(*last),
        [] => true,
    }
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
        if !(*at == from || begins(&words[..*at])) {
            return false;
        }
        let rest = &words[*at..];
        let Some((plain, length)) = NEXT.at(rest) else { return false };
        let soon = &rest[length..rest.len().min(length + 14)];
        plain || INTENTIONS.iter().any(|intention| contains(soon, intention))
    })
}
