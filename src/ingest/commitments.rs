//! What the fields of a commitment say: its promise, status, what was done, what comes next, its figures.

use super::cues::{self, Change, Place, Role, Time};
use super::naming;
use super::scan::{self, Found, Unplaced};
use super::structure::{Item, Structure, contains};
use super::text::{Span, Text};
use super::words::{self, Column, starts};
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

/// A figure with what the words around it say.
#[derive(Clone, Debug)]
pub struct Figure {
    pub found: Found,
    pub role: Role,
    pub place: Place,
    pub time: Time,
    pub change: Option<Change>,
    pub name: String,
    /// The figure it is a part of, by its index.
    pub part_of: Option<usize>,
    /// The stretch its evidence is quoted from.
    pub region: Span,
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
    let Structure { items, form, outside } = structure;
    let mut reading = Reading { form, outside, ..Reading::default() };
    for item in items {
        let mut commitment = commitment(text, item, &mut reading.form);
        if commitment.title.is_none_or(|title| title.is_empty()) {
            // Nothing is promised: what stands there is left for a person.
            let Commitment { promise, narrative, next_steps, due, status_words, left, .. } = commitment;
            reading.outside.extend([promise, narrative, next_steps, left].concat());
            reading.outside.extend(due.into_iter().chain(status_words));
            continue;
        }
        let stretches = commitment
            .promise
            .iter()
            .map(|span| (*span, Place::Promise))
            .chain(commitment.narrative.iter().map(|span| (*span, Place::Progress)))
            .chain(commitment.next_steps.iter().map(|span| (*span, Place::Next)));
        let mut figures = Vec::new();
        for (region, place) in stretches {
            figures_of(text, region, place, year, &reading.form, &mut figures, &mut reading.unplaced);
        }
        commitment.figures = figures;
        if commitment.status.is_none() && !commitment.narrative.is_empty() {
            commitment.status = result(text, &commitment, over);
        }
        reading.commitments.push(commitment);
    }
    let outside = reading.outside.clone();
    for region in outside {
        figures_of(text, region, Place::Outside, year, &reading.form, &mut reading.figures, &mut reading.unplaced);
    }
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

/// Where the words about what comes next begin, at the beginning of a sentence.
fn next_steps(words: &[char], from: usize) -> Option<usize> {
    (from..words.len()).find(|at| {
        let before = at.checked_sub(1).and_then(|at| words.get(at)).copied().unwrap_or('\n');
        if !(*at == from || "。\n!;) ".contains(before)) {
            return false;
        }
        let rest = &words[*at..];
        let Some(word) = words::NEXT.iter().filter(|word| starts(rest, word)).max_by_key(|word| word.chars().count())
        else {
            return false;
        };
        let after = rest.get(word.chars().count()..).unwrap_or_default();
        let soon = after.get(..after.len().min(14)).unwrap_or_default();
        // The first few words leave no doubt; 下半年 and the like are times, too.
        let plain = ["下一步", "下一阶段", "下阶段", "下步", "接下来"].contains(word);
        plain || words::INTENTION.iter().any(|intention| contains(soon, intention))
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

fn figures_of(
    text: &Text,
    region: Span,
    place: Place,
    year: i32,
    form: &[Span],
    figures: &mut Vec<Figure>,
    unplaced: &mut Vec<Unplaced>,
) {
    let (found, rest) = scan::scan(text, region, form);
    unplaced.extend(rest);
    let first = figures.len();
    for found in found {
        let previous = figures.get(first..).and_then(<[Figure]>::last);
        let role = cues::role(text, region, &found, place, previous.map(|figure| (&figure.found, figure.role)));
        let (before, _) = cues::around(text, region, found.span);
        let rate = found.measure == "%" || found.measure == "百分点";
        let change = cues::change(&before).or((rate && moves(&before)).then_some(Change::Since));
        let mut found = found;
        if change.is_some() && cues::falls(&before, &found) {
            found.value = -found.value;
        }
        let mut name = naming::name(text, region, &found, previous.map(|figure| figure.found.span));
        let head = figures.get(first..).unwrap_or_default().iter().rposition(|figure| {
            figure.change.is_none() && figure.found.measure == found.measure && figure.role != Role::Baseline
        });
        let sentence = cues::sentence_start(text, region, found.span.start);
        if change.is_some() {
            let base = figures
                .get(first..)
                .and_then(<[Figure]>::last)
                .filter(|figure| figure.found.span.start >= sentence && figure.change.is_none());
            let of = base.map_or(name, |figure| figure.name.clone());
            name = match change {
                Some(Change::MonthOnMonth) => format!("{of}环比变化"),
                Some(Change::YearOnYear) => format!("{of}同比变化"),
                _ => format!("{of}变化"),
            };
        }
        let part_of = head.map(|head| first + head).filter(|head| {
            change.is_none()
                && naming::is_part(text, region, found.span)
                && figures[*head].found.span.start >= sentence
                && figures[*head].found.value >= found.value
        });
        // Parts of one whole are not parts of each other.
        let part_of = part_of.map(|head| figures[head].part_of.unwrap_or(head));
        let mut compared = change.is_some();
        if role != Role::Baseline {
            // Before and after are of one thing.
            let twin = figures.get_mut(first..).and_then(|list| {
                list.iter_mut().rev().take(3).find(|figure| {
                    figure.role == Role::Baseline
                        && figure.found.measure == found.measure
                        && figure.found.span.start >= sentence
                })
            });
            if let Some(twin) = twin {
                name = twin.name.clone();
                compared = true;
            }
        }
        let time = cues::time(text, region, found.span, year, compared);
        figures.push(Figure { found, role, place, time, change, name, part_of, region });
    }
}

/// A rate that grows or falls by so much, without a word for what it is compared with.
fn moves(before: &[char]) -> bool {
    ["增长", "下降", "上升", "提高", "提升", "降低", "减少", "增加", "回落"].iter().any(|word| {
        cues::ends(before, word)
            || cues::ends(before, &format!("{word}了"))
            || cues::ends(before, &format!("{word}约"))
            || cues::ends(before, &format!("{word}近"))
    })
}
