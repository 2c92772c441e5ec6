//! Where the commitments are: items of a list, rows of a table, or paragraphs with the labels of one.

use super::enumerators::{self, Enumerator, Style};
use super::text::{Laid, LaidCell, Span, Text};
use super::words::{self, Column};
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
    /// Labels, numbers, column titles and headings: they are part of the form.
    pub form: Vec<Span>,
    /// Text that belongs to no commitment.
    pub outside: Vec<Span>,
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
    let order = styles(&enumerators);
    let end = closing(text, paragraphs);
    let starts = best(text, &enumerators, &order, end)
        .or_else(|| about(text, paragraphs))
        .or_else(|| labelled(text, paragraphs))
        .or_else(|| stated(text, paragraphs))
        .unwrap_or_default();
    let level = starts.first().and_then(|start| start.enumerator).map(|enumerator| enumerator.style);
    let above: Vec<&Enumerator> = enumerators
        .iter()
        .filter(|other| other.leads_line && level.is_some_and(|level| rank(&order, other.style) < rank(&order, level)))
        .collect();
    let first = starts.first().map_or(end, |start| start.at);
    structure.form.extend(
        above.iter().filter(|heading| heading.span.start < first).map(|heading| text.line_span(heading.span.start)),
    );
    let tables: Vec<usize> = text
        .blocks
        .iter()
        .filter_map(|block| match block {
            Laid::Table(rows) => rows.first().and_then(|row| row.first()).map(|cell| cell.span.start),
            Laid::Paragraph(_) => None,
        })
        .collect();
    outside(text, paragraphs, Span::new(0, first), structure);
    outside(text, paragraphs, Span::new(end, text.chars.len()), structure);
    let mut section =
        above.iter().rfind(|heading| heading.span.start < first).and_then(|heading| heading_status(text, heading));
    for (index, start) in starts.iter().enumerate() {
        let next = starts.get(index + 1).map_or(end, |next| next.at);
        // A heading of the list above ends the item before it.
        let heading = above.iter().find(|heading| heading.span.start > start.at && heading.span.start < next);
        let stop = heading.map_or(next, |heading| heading.span.start);
        // A table of its own among the paragraphs is none of theirs.
        let stop = tables.iter().copied().find(|table| *table > start.at).map_or(stop, |table| stop.min(table));
        let label = start.enumerator.map(|enumerator| enumerator.span);
        let from = label.map_or(start.at, |label| label.end);
        structure.form.extend(label);
        let mut item =
            Item { number: start.enumerator.map(|enumerator| enumerator.number), label, section, ..Item::default() };
        fields(text, Span::new(from, stop), &mut item, &mut structure.form);
        structure.items.push(item);
        if let Some(heading) = heading {
            section = heading_status(text, heading);
            structure.form.push(Span::new(heading.span.start, next));
        }
    }
}

fn rank(order: &[Style], style: Style) -> usize {
    order.iter().position(|known| *known == style).unwrap_or(usize::MAX)
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

/// The status that a heading gives to what is below it.
fn heading_status(text: &Text, heading: &Enumerator) -> Option<(Status, Span)> {
    let line = text.line_span(heading.span.start);
    let words = text.folded(line);
    if words.len() > MAX_HEADING {
        return None;
    }
    let (status, at, length) = words::status_in(words)?;
    Some((status, Span::new(line.start + at, line.start + at + length)))
}

/// The list whose items look most like commitments: one report each.
fn best(text: &Text, enumerators: &[Enumerator], order: &[Style], end: usize) -> Option<Vec<Start>> {
    let mut best: Option<(f64, Vec<Start>)> = None;
    for style in order {
        let outer = |other: &Enumerator| rank(order, other.style) < rank(order, *style) && other.leads_line;
        let items: Vec<&Enumerator> =
            enumerators.iter().filter(|item| item.style == *style && item.span.start < end).collect();
        let mut score = 0.0;
        for item in &items {
            let next = enumerators
                .iter()
                .filter(|other| other.span.start > item.span.start && (other.style == *style || outer(other)))
                .map(|other| other.span.start)
                .min()
                .unwrap_or(end)
                .min(end);
            let above = enumerators.iter().rfind(|other| other.span.start < item.span.start && outer(other));
            let region = Span::new(item.span.end, next);
            score += likeness(text, region, above.and_then(|above| heading_status(text, above)).is_some());
        }
        if items.is_empty() {
            continue;
        }
        let mean = score / items.len() as f64 * if items.len() > 1 { 1.0 } else { 0.5 };
        // Inner lists win only where they are clearly more alike.
        if mean > 0.25 && best.as_ref().is_none_or(|(known, _)| mean > known + 0.15) {
            let starts = items.iter().map(|item| Start { at: item.span.start, enumerator: Some(**item) }).collect();
            best = Some((mean, starts));
        }
    }
    best.map(|(_, starts)| starts)
}

/// How much a stretch is like one commitment, from 0 to 1.
fn likeness(text: &Text, region: Span, has_section: bool) -> f64 {
    let region = text.trimmed(region, "");
    let words = text.folded(region);
    let of = |wanted: &[Column]| labels(words).iter().filter(|(_, column, _)| wanted.contains(column)).count();
    let (progress, promises) = (of(&[Column::Progress]), of(&[Column::Promise, Column::Target]));
    let line = text.line_span(region.start);
    let bracketed = bracket_status(text, Span::new(region.start, line.end.min(region.end))).is_some();
    let heading_only = words.len() < MAX_HEADING && !words.contains(&'。');
    match (progress, promises) {
        (2.., _) | (_, 3..) => 0.0,
        (1, _) => 1.0,
        _ if bracketed => 1.0,
        _ if heading_only && words::status_in(words).is_some() && !has_section => 0.0,
        _ if has_section => 0.9,
        _ if first_status(words) => 0.8,
        _ if ["完成", "建成", "实现", "已", "达到", "新增", "新建"].iter().any(|word| contains(words, word)) => {
            0.5
        }
        _ => 0.1,
    }
}

/// Whether a sentence of the stretch is a status and little else.
fn first_status(words: &[char]) -> bool {
    words.split(|c| "。\n;:".contains(*c)).any(|sentence| {
        let start = sentence.iter().take_while(|c| **c == ' ').count();
        let sentence = sentence.get(start..).unwrap_or_default();
        words::status_at(sentence)
            .is_some_and(|(_, length)| sentence.len() <= length + 1 || ",，".contains(sentence[length]))
    })
}

pub fn contains(text: &[char], word: &str) -> bool {
    (0..text.len()).any(|at| words::starts(&text[at..], word))
}

/// Every label of a stretch: where it stands, what it is of, its length. None inside brackets of a line.
fn labels(words: &[char]) -> Vec<(usize, Column, usize)> {
    let mut found = Vec::new();
    let (mut at, mut depth) = (0, 0i32);
    while at < words.len() {
        match words[at] {
            '(' => depth += 1,
            ')' => depth -= 1,
            '\n' => depth = 0,
            _ => {}
        }
        match label(words, at).filter(|_| depth <= 0) {
            Some((column, length)) => {
                found.push((at, column, length));
                at += length;
            }
            None => at += 1,
        }
    }
    found
}

/// A label at a place where one may stand: after the end of a line or sentence.
fn label(words: &[char], at: usize) -> Option<(Column, usize)> {
    let before = at.checked_sub(1).and_then(|at| words.get(at)).copied().unwrap_or('\n');
    if !"\n。;； )],:!？".contains(before) {
        return None;
    }
    if let Some(found) = words::label_at(words.get(at..)?) {
        return Some(found);
    }
    // A label on a line of its own.
    let rest = words.get(at..)?;
    let length = rest.iter().take_while(|c| **c != '\n').count();
    let line: String = rest.get(..length)?.iter().collect();
    let column = words::column(&line).filter(|column| !matches!(column, Column::Number | Column::Other))?;
    (before == '\n' && at > 0 && length < 14).then_some((column, length))
}

/// A status in brackets at the end of a line: the whole bracket, and the status.
fn bracket_status(text: &Text, line: Span) -> Option<(Span, Status, Span)> {
    let line = text.trimmed(line, "。.;");
    let words = text.folded(line);
    let close = *words.last()?;
    let open = match close {
        ')' => '(',
        ']' => '[',
        _ => return None,
    };
    let at = words.iter().rposition(|c| *c == open)?;
    let inner = words.get(at + 1..words.len() - 1)?;
    let (status, from, length) = words::status_in(inner).filter(|_| inner.len() < 20)?;
    let start = line.start + at;
    Some((Span::new(start, line.end), status, Span::new(start + 1 + from, start + 1 + from + length)))
}

/// Parts a stretch of prose into the fields of a commitment.
fn fields(text: &Text, region: Span, item: &mut Item, form: &mut Vec<Span>) {
    let region = text.trimmed(region, "");
    let words = text.folded(region);
    let marks: Vec<(Column, Span)> = labels(words)
        .into_iter()
        .map(|(at, column, length)| (column, Span::new(region.start + at, region.start + at + length)))
        .collect();
    form.extend(marks.iter().map(|(_, span)| *span));
    let heading = Span::new(region.start, marks.first().map_or(region.end, |(_, span)| span.start));
    let reported = marks.iter().any(|(column, _)| matches!(column, Column::Progress | Column::Status | Column::Rate));
    if marks.is_empty() || !reported {
        unlabelled(text, heading, item, form);
    } else if !text.trimmed(heading, "").is_empty() {
        promise(text, heading, item, form);
    }
    for (index, (column, mark)) in marks.iter().enumerate() {
        let end = marks.get(index + 1).map_or(region.end, |(_, next)| next.start);
        let value = text.trimmed(Span::new(mark.end, end), ";");
        if !value.is_empty() {
            match column {
                Column::Promise | Column::Target => promise_of(text, *column, value, item, form),
                _ => item.fields.push((*column, value)),
            }
        }
    }
}

/// A promise, with a status in brackets at its end taken off.
fn promise(text: &Text, span: Span, item: &mut Item, form: &mut Vec<Span>) {
    promise_of(text, Column::Promise, span, item, form);
}

fn promise_of(text: &Text, column: Column, span: Span, item: &mut Item, form: &mut Vec<Span>) {
    let span = text.trimmed(span, "");
    let mut end = span.end;
    if let Some((bracket, _, status)) = bracket_status(text, span) {
        item.fields.push((Column::Status, status));
        form.push(bracket);
        end = bracket.start;
    }
    end = responsible(text, Span::new(span.start, end), item, form);
    item.fields.push((column, text.trimmed(Span::new(span.start, end), "。;:,.")));
    form.push(Span::new(text.trimmed(Span::new(span.start, end), "。;:,.").end, end));
}

/// Who answers for a promise and by when, in brackets at its end: (牵头单位:…;完成时限:…).
fn responsible(text: &Text, span: Span, item: &mut Item, form: &mut Vec<Span>) -> usize {
    let inner = text.trimmed(span, "。;");
    let words = text.folded(inner);
    let open = words.iter().rposition(|c| *c == '(').filter(|_| words.last() == Some(&')'));
    let Some(open) = open.filter(|open| *open > 0) else { return span.end };
    let bracket = Span::new(inner.start + open, inner.end);
    let mut fields = Vec::new();
    let mut at = open + 1;
    for part in words[open + 1..words.len() - 1].split(|c| ";,".contains(*c)) {
        let field =
            words::label_at(part).filter(|(column, _)| matches!(column, Column::Lead | Column::Due | Column::Other));
        if let Some((column, length)) = field {
            fields.push((column, Span::new(inner.start + at + length, inner.start + at + part.len())));
        }
        at += part.len() + 1;
    }
    if fields.is_empty() {
        return span.end;
    }
    form.push(bracket);
    item.fields.extend(fields);
    bracket.start
}

/// Without labels: the first line is the promise where more follow, else the first sentence.
fn unlabelled(text: &Text, region: Span, item: &mut Item, form: &mut Vec<Span>) {
    let region = text.trimmed(region, "");
    let line = text.line_span(region.start);
    let first = Span::new(region.start, line.end.min(region.end));
    let rest = text.trimmed(Span::new(first.end, region.end), "");
    let one_sentence = !text.folded(text.trimmed(first, "。")).contains(&'。');
    if !rest.is_empty() && one_sentence {
        promise(text, first, item, form);
        item.fields.push((Column::Progress, rest));
        return;
    }
    let words = text.folded(region);
    let end = sentence_end(words).unwrap_or(words.len());
    promise(text, Span::new(region.start, region.start + end), item, form);
    let rest = text.trimmed(Span::new(region.start + end, region.end), "");
    if !rest.is_empty() {
        item.fields.push((Column::Progress, rest));
    }
}

/// Where the first sentence ends; quotes and brackets do not end one.
fn sentence_end(words: &[char]) -> Option<usize> {
    let mut depth = 0i32;
    for (at, c) in words.iter().enumerate() {
        match c {
            '(' | '《' | '“' => depth += 1,
            ')' | '》' | '”' => depth -= 1,
            '。' | '\n' | '!' if depth <= 0 || *c == '\n' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Paragraphs that begin 关于…的承诺.
fn about(text: &Text, paragraphs: &[Span]) -> Option<Vec<Start>> {
    let is = |span: &&Span| {
        let words = text.folded(**span);
        let head = words.get(..words.len().min(80)).unwrap_or_default();
        words::starts(words, "关于") && (contains(head, "承诺") || contains(head, "事项"))
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
                    .filter(|at| label(words, *at).is_some_and(|(column, _)| column == wanted))
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
            (1..words.len()).any(|at| label(words, at).is_some_and(|(column, _)| column == Column::Progress))
        })
        .map(|span| Start { at: span.start, enumerator: None })
        .collect();
    (!starts.is_empty()).then_some(starts)
}

/// Paragraphs that state how far they have come.
fn stated(text: &Text, paragraphs: &[Span]) -> Option<Vec<Start>> {
    let is = |span: &&Span| first_status(text.folded(**span)) || bracket_status(text, **span).is_some();
    let starts: Vec<Start> =
        paragraphs.iter().filter(is).map(|span| Start { at: span.start, enumerator: None }).collect();
    (!starts.is_empty()).then_some(starts)
}

/// Where the closing words begin: a signature, a date, a telephone number.
fn closing(text: &Text, paragraphs: &[Span]) -> usize {
    const OPENERS: [&str; 19] = [
        "特此",
        "欢迎",
        "监督电话",
        "联系电话",
        "联系人",
        "联系方式",
        "咨询电话",
        "附件",
        "抄送",
        "来源",
        "编辑",
        "责任编辑",
        "注:",
        "以上",
        "公开时间",
        "审核",
        "监督邮箱",
        "举报电话",
        "(联系",
    ];
    let mut end = text.chars.len();
    for (index, span) in paragraphs.iter().enumerate().rev() {
        let words = text.folded(*span);
        let dated = words.first().is_some_and(|c| c.is_ascii_digit() || *c == '二')
            && words.len() < 16
            && words.ends_with(&['日']);
        let opened = OPENERS.iter().any(|word| words::starts(words, word));
        let signed = words.len() <= 24
            && !words.iter().any(|c| "。:;,".contains(*c))
            && index > 0
            && end < text.chars.len()
            && words.last().is_some_and(|c| "局厅府会委院部室办处队站公司中心".contains(*c));
        let bracketed = words.len() <= 24 && words.first() == Some(&'(') && words.last() == Some(&')');
        if !(dated || opened || signed || bracketed) || index == 0 {
            break;
        }
        end = span.start;
    }
    // A signature in brackets after the last full stop.
    if let Some(last) = paragraphs.iter().rfind(|span| span.start < end) {
        let words = text.folded(*last);
        let open = words.iter().rposition(|c| *c == '(');
        if let Some(open) = open.filter(|open| {
            words.last() == Some(&')') && *open > 0 && words.len() - open <= 24 && "。!".contains(words[open - 1])
        }) {
            if words::status_in(&words[open..]).is_none() {
                end = end.min(last.start + open);
            }
        }
    }
    end
}

/// Lines outside of every item.
fn outside(text: &Text, paragraphs: &[Span], region: Span, structure: &mut Structure) {
    for span in paragraphs {
        let part = Span::new(span.start.max(region.start), span.end.min(region.end));
        let part = text.trimmed(part, "");
        if !part.is_empty() {
            structure.outside.push(part);
        }
    }
}
