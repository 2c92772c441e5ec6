//! Where the commitments are: items of a list, rows of a table, or paragraphs with the labels of one.

use super::edges;
use super::enumerators::{self, Enumerator, Style};
use super::fields;
use super::text::{Laid, LaidCell, Span, Text};
use super::words::{self, Column, contains, starts, starts_any};
use crate::model::codes::Status;

/// One commitment as the text lays it out.
#[derive(Clone, Debug, Default)]
pub struct Item {
    pub number: Option<i64>,
    /// The number as printed.
    pub label: Option<Span>,
    pub fields: Vec<(Column, Span)>,
    /// Status that the heading above it gives to all below.
    pub section: Option<(Status, Span)>,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Structure {
    pub items: Vec<Item>,
    /// Labels, numbers and column titles: they are part of the form.
    pub form: Vec<Span>,
    /// Text that belongs to no commitment.
    pub outside: Vec<Span>,
    /// Numbers in front of what is listed, at any level; none of them counts anything.
    pub numbers: Vec<Span>,
}

/// Characters of the longest line that is a heading.
const MAX_HEADING: usize = 60;

pub fn find(text: &Text) -> Structure {
    let mut structure = Structure::default();
    let tables: Vec<&Vec<Vec<LaidCell>>> = text
        .blocks
        .iter()
        .filter_map(|block| match block {
            Laid::Table(rows) => Some(rows),
            Laid::Paragraph(_) => None,
        })
        .collect();
    for rows in tables {
        super::tables::read(text, rows, &mut structure);
    }
    let paragraphs: Vec<Span> = text
        .blocks
        .iter()
        .filter_map(|block| match block {
            Laid::Paragraph(span) => Some(*span),
            Laid::Table(_) => None,
        })
        .collect();
    if structure.items.is_empty() {
        prose(text, &paragraphs, &mut structure);
    } else {
        structure.outside.extend(paragraphs);
    }
    // What no number was printed for is counted.
    for (index, item) in structure.items.iter_mut().enumerate() {
        item.number = item.number.or(i64::try_from(index + 1).ok());
    }
    renumber(&mut structure.items);
    structure
}

/// Lists that begin anew in each section would give a number twice: then the order counts.
fn renumber(items: &mut [Item]) {
    let mut seen = std::collections::BTreeSet::new();
    if items.iter().any(|item| !seen.insert(item.number)) {
        for (index, item) in items.iter_mut().enumerate() {
            item.number = i64::try_from(index + 1).ok();
        }
    }
}

/// Where an item begins, and the number in front of it.
struct Start {
    at: usize,
    enumerator: Option<Enumerator>,
}

fn prose(text: &Text, paragraphs: &[Span], structure: &mut Structure) {
    let enumerators = enumerators::find(text);
    structure.numbers.extend(enumerators.iter().map(|enumerator| enumerator.span));
    let order = styles(&enumerators);
    let end = edges::closing(text, paragraphs);
    let starts = best(text, &enumerators, &order, end)
        .or_else(|| about(text, paragraphs))
        .or_else(|| labelled(text, paragraphs))
        .or_else(|| headed(text, paragraphs))
        .or_else(|| follows(text, paragraphs, end))
        .or_else(|| stated(text, paragraphs))
        .unwrap_or_default();
    let end = same_length(paragraphs, &starts, end);
    let level = starts.first().and_then(|start| start.enumerator).map(|enumerator| enumerator.style);
    let above: Vec<&Enumerator> =
        enumerators.iter().filter(|other| level.is_some_and(|level| is_outer(&order, other, level))).collect();
    let first = starts.first().map_or(end, |start| start.at);
    let leading = above.partition_point(|heading| heading.span.start < first);
    let tables: Vec<usize> = text
        .blocks
        .iter()
        .filter_map(|block| match block {
            Laid::Table(rows) => rows.first().and_then(|row| row.first()).map(|cell| cell.span.start),
            Laid::Paragraph(_) => None,
        })
        .collect();
    edges::outside(text, paragraphs, Span::new(0, first), &mut structure.outside);
    edges::outside(text, paragraphs, Span::new(end, text.chars.len()), &mut structure.outside);
    let mut section = leading.checked_sub(1).and_then(|last| heading_status(text, above[last]));
    for (index, start) in starts.iter().enumerate() {
        let next = starts.get(index + 1).map_or(end, |next| next.at);
        // A heading of the list above ends the item before it.
        let heading = above
            .get(above.partition_point(|heading| heading.span.start <= start.at))
            .filter(|heading| heading.span.start < next);
        let stop = heading.map_or(next, |heading| heading.span.start);
        // A table of its own among the paragraphs is none of theirs.
        let table = tables.get(tables.partition_point(|table| *table <= start.at)).copied();
        let stop = table.map_or(stop, |table| stop.min(table));
        let label = start.enumerator.map(|enumerator| enumerator.span);
        let from = label.map_or(start.at, |label| label.end);
        structure.form.extend(label);
        let mut item =
            Item { number: start.enumerator.map(|enumerator| enumerator.number), label, section, ..Item::default() };
        fields::read(text, Span::new(from, stop), &mut item, &mut structure.form);
        structure.items.push(item);
        if let Some(heading) = heading {
            section = heading_status(text, heading);
            edges::outside(text, paragraphs, Span::new(heading.span.start, next), &mut structure.outside);
        }
    }
}

/// Where the last item ends, if all before it have so many paragraphs and what follows it would be one more.
fn same_length(paragraphs: &[Span], starts: &[Start], end: usize) -> usize {
    let from = |at: usize| paragraphs.partition_point(|span| span.start < at);
    let counts: Vec<usize> = starts.windows(2).map(|pair| from(pair[1].at) - from(pair[0].at)).collect();
    match (counts.as_slice(), starts.last()) {
        ([first, _, _, ..], Some(last)) if counts.iter().all(|count| count == first) && *first > 0 => {
            paragraphs.get(from(last.at) + first).map_or(end, |next| next.start.min(end))
        }
        _ => end,
    }
}

fn rank(order: &[Style], style: Style) -> usize {
    order.iter().position(|known| *known == style).unwrap_or(usize::MAX)
}

/// Whether an enumerator is of a list above that of a style.
fn is_outer(order: &[Style], enumerator: &Enumerator, style: Style) -> bool {
    enumerator.leads_line && rank(order, enumerator.style) < rank(order, style)
}

/// The styles in the order in which they first appear: the outer list begins before the inner one.
fn styles(enumerators: &[Enumerator]) -> Vec<Style> {
    let mut order = Vec::new();
    for enumerator in enumerators {
        if !order.contains(&enumerator.style) {
            order.push(enumerator.style);
        }
    }
    order
}

/// The status that a heading gives to what is below it: 二、正在推进事项（4项）. A heading that only has
/// such words in it, as 扎实推进法治建设 has, gives none.
fn heading_status(text: &Text, heading: &Enumerator) -> Option<(Status, Span)> {
    let line = text.line_span(heading.span.start);
    section_status(text, Span::new(heading.span.end, line.end))
}

/// The status that a heading is about, if that is all it is about.
pub fn section_status(text: &Text, heading: Span) -> Option<(Status, Span)> {
    const REST: [&str; 25] = [
        "的", "承诺", "公开", "事项", "项目", "任务", "工作", "目标", "实事", "民生", "类", "部分", "情况", "重点",
        "已", "共", "项", "件", "个", "年度", "以下", "如下", "具体", "进度", "完成",
    ];
    let words = text.folded(heading);
    if words.len() > MAX_HEADING {
        return None;
    }
    let (status, at, length) = words::status_in(words)?;
    let mut rest = [&words[..at], &words[at + length..]].concat();
    // （4项） and its like say how many.
    if let Some(open) = rest.iter().position(|c| *c == '(') {
        rest.truncate(open);
    }
    let mut from = 0;
    while from < rest.len() {
        let known = REST.iter().find(|word| starts(&rest[from..], word)).map(|word| word.chars().count());
        from += match rest[from] {
            c if c.is_ascii_digit() || " :。,、.".contains(c) || "一二三四五六七八九十".contains(c) => 1,
            _ => known?,
        };
    }
    Some((status, Span::new(heading.start + at, heading.start + at + length)))
}

/// The list whose items look most like commitments: one report each.
fn best(text: &Text, enumerators: &[Enumerator], order: &[Style], end: usize) -> Option<Vec<Start>> {
    let mut best: Option<(f64, Vec<Start>)> = None;
    for style in order {
        let mut items: Vec<(Enumerator, usize)> = Vec::new();
        let mut next = end;
        for other in enumerators.iter().rev().filter(|other| other.span.start < end) {
            if other.style == *style {
                items.push((*other, next));
            }
            if other.style == *style || is_outer(order, other, *style) {
                next = other.span.start;
            }
        }
        items.reverse();
        let mut outer = enumerators.iter().filter(|other| is_outer(order, other, *style)).peekable();
        let (mut score, mut section) = (0.0, false);
        for (item, next) in &items {
            while let Some(heading) = outer.next_if(|heading| heading.span.start < item.span.start) {
                section = heading_status(text, heading).is_some();
            }
            score += likeness(text, Span::new(item.span.end, *next), section);
        }
        if items.is_empty() {
            continue;
        }
        let mean = score / items.len() as f64 * if items.len() > 1 { 1.0 } else { 0.5 };
        // Inner lists win only where they are clearly more alike.
        if mean > 0.25 && best.as_ref().is_none_or(|(known, _)| mean > known + 0.15) {
            let starts = items.iter().map(|(item, _)| Start { at: item.span.start, enumerator: Some(*item) }).collect();
            best = Some((mean, starts));
        }
    }
    best.map(|(_, starts)| starts)
}

/// How much a stretch is like one commitment, from 0 to 1.
fn likeness(text: &Text, region: Span, has_section: bool) -> f64 {
    let region = text.trimmed(region, "");
    let words = text.folded(region);
    let of = |wanted: &[Column]| fields::labels(words).iter().filter(|(_, column, _)| wanted.contains(column)).count();
    let (progress, promises) = (of(&[Column::Progress]), of(&[Column::Promise, Column::Target]));
    let line = text.line_span(region.start);
    let bracketed = fields::bracket_status(text, Span::new(region.start, line.end.min(region.end))).is_some();
    let heading_only = words.len() < MAX_HEADING && !words.contains(&'。');
    let first = text.folded(Span::new(region.start, line.end.min(region.end)));
    let theme = first.len() < words.len()
        && first.len() < MAX_HEADING
        && !first.iter().any(char::is_ascii_digit)
        && (["情况", "方面", "领域", "工作", "类"].iter().any(|word| words::ends(first, word))
            || enumerators::leads(&words[first.len() + 1..]));
    match (progress, promises) {
        _ if theme && !bracketed && !has_section && progress == 0 => 0.3,
        (2.., _) | (_, 3..) => 0.0,
        (1, _) => 1.0,
        _ if bracketed => 1.0,
        _ if heading_only && words::status_in(words).is_some() && !has_section => 0.0,
        _ if has_section => 0.9,
        _ if fields::first_status(words) => 0.8,
        _ if then_result(words) => 0.75,
        _ if ["完成", "建成", "实现", "已", "达到", "新增", "新建"].iter().any(|word| contains(words, word)) => {
            0.5
        }
        _ if words.iter().any(char::is_ascii_digit) => 0.4,
        _ => 0.1,
    }
}

/// Whether what is promised is followed by what came of it: by a sentence that begins with a time, or by figures
/// after figures.
fn then_result(words: &[char]) -> bool {
    const TIMES: [&str; 12] = [
        "上半年",
        "截至",
        "截止",
        "目前",
        "全年",
        "今年以来",
        "前三季度",
        "一季度",
        "第一季度",
        "1-",
        "三季度",
        "年初以来",
    ];
    let line = words.iter().position(|c| *c == '\n').unwrap_or(words.len());
    let Some(first) = words[..line].iter().position(|c| *c == '。') else { return false };
    let (promise, rest) = (&words[..first], &words[first + 1..line]);
    let counts = |words: &[char]| words.iter().any(char::is_ascii_digit);
    starts_any(rest, &TIMES) || counts(promise) && counts(rest)
}

/// Paragraphs that begin 关于…的承诺.
fn about(text: &Text, paragraphs: &[Span]) -> Option<Vec<Start>> {
    let is = |span: &&Span| {
        let words = text.folded(**span);
        let head = words.get(..words.len().min(80)).unwrap_or_default();
        starts(words, "关于") && (contains(head, "承诺") || contains(head, "事项"))
    };
    let starts: Vec<Start> =
        paragraphs.iter().filter(is).map(|span| Start { at: span.start, enumerator: None }).collect();
    (starts.len() > 1).then_some(starts)
}

/// Each label of a promise begins an item; without such, each label of a report does, in its paragraph.
fn labelled(text: &Text, paragraphs: &[Span]) -> Option<Vec<Start>> {
    for wanted in [Column::Promise, Column::Target] {
        let mut starts = Vec::new();
        for span in paragraphs {
            let words = text.folded(*span);
            starts.extend(
                (0..words.len())
                    .filter(|at| fields::label(words, *at).is_some_and(|(column, _)| column == wanted))
                    .map(|at| Start { at: span.start + at, enumerator: None }),
            );
        }
        if !starts.is_empty() {
            return Some(starts);
        }
    }
    let starts: Vec<Start> = paragraphs
        .iter()
        .filter(|span| {
            let words = text.folded(**span);
            (1..words.len()).any(|at| fields::label(words, at).is_some_and(|(column, _)| column == Column::Progress))
        })
        .map(|span| Start { at: span.start, enumerator: None })
        .collect();
    (!starts.is_empty()).then_some(starts)
}

/// Three or more short lines without a full stop, each above paragraphs with one; titles above the opening
/// words are none.
fn headed(text: &Text, paragraphs: &[Span]) -> Option<Vec<Start>> {
    let told = |span: &Span| text.folded(*span).contains(&'。');
    let heads = |pair: &&[Span]| {
        let (head, next) = (text.folded(pair[0]), text.folded(pair[1]));
        let opening = ["承诺", "实事", "如下"].iter().any(|word| contains(next, word)) && pair[0].start < 200;
        let title = pair[0].start == 0 || head.starts_with(&['-']) || opening;
        !title && head.len() <= MAX_HEADING && !told(&pair[0]) && !head.ends_with(&[':']) && told(&pair[1])
    };
    let starts: Vec<Start> =
        paragraphs.windows(2).filter(heads).map(|pair| Start { at: pair[0].start, enumerator: None }).collect();
    (starts.len() > 2).then_some(starts)
}

/// Four or more paragraphs after 如下：, nearly all of a short sentence and what came of it.
fn follows(text: &Text, paragraphs: &[Span], end: usize) -> Option<Vec<Start>> {
    let opens = paragraphs.iter().rposition(|span| text.folded(*span).ends_with(&[':']))?;
    let items: Vec<&Span> = paragraphs[opens + 1..].iter().filter(|span| span.start < end).collect();
    let paired = |span: &&&Span| {
        let words = text.folded(***span);
        words.iter().position(|c| *c == '。').is_some_and(|first| first <= MAX_HEADING && first + 1 < words.len())
    };
    let alike = items.iter().filter(paired).count();
    let starts = items.iter().map(|span| Start { at: span.start, enumerator: None });
    (items.len() > 3 && alike * 5 >= items.len() * 4).then(|| starts.collect())
}

/// Paragraphs that state how far they have come.
fn stated(text: &Text, paragraphs: &[Span]) -> Option<Vec<Start>> {
    let is = |span: &&Span| fields::first_status(text.folded(**span)) || fields::bracket_status(text, **span).is_some();
    let starts: Vec<Start> =
        paragraphs.iter().filter(is).map(|span| Start { at: span.start, enumerator: None }).collect();
    (!starts.is_empty()).then_some(starts)
}
