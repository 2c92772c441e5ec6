//! What one commitment's stretch of prose holds: its promise, status, report, next steps, in fields.

use super::structure::Item;
use super::text::{Span, Text};
use super::words::{self, Column};
use crate::model::codes::Status;

/// Whether a sentence of the stretch is a status and little else.
pub fn first_status(words: &[char]) -> bool {
    words.split(|c| "。\n;:".contains(*c)).any(|sentence| {
        let start = sentence.iter().take_while(|c| **c == ' ').count();
        let sentence = sentence.get(start..).unwrap_or_default();
        words::status_at(sentence)
            .is_some_and(|(_, length)| sentence.len() <= length + 1 || ",，".contains(sentence[length]))
    })
}

/// Every label of a stretch: where it stands, what it is of, its length. None inside brackets of a line.
pub fn labels(words: &[char]) -> Vec<(usize, Column, usize)> {
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
pub fn label(words: &[char], at: usize) -> Option<(Column, usize)> {
    let before = at.checked_sub(1).and_then(|at| words.get(at)).copied().unwrap_or('\n');
    if !"\n。;； )],:!？".contains(before) {
        return None;
    }
    if let Some(found) = words::label_at(words.get(at..)?) {
        return Some(found);
    }
    // A label on a line of its own.
    const LONGEST: usize = 14;
    let rest = words.get(at..)?;
    let length = rest.iter().take(LONGEST).take_while(|c| **c != '\n').count();
    if before != '\n' || at == 0 || length == LONGEST {
        return None;
    }
    let line: String = rest[..length].iter().collect();
    let column = words::column(&line).filter(|column| !matches!(column, Column::Number | Column::Other))?;
    Some((column, length))
}

/// A status in brackets at the end of a line: the whole bracket, and the status.
pub fn bracket_status(text: &Text, line: Span) -> Option<(Span, Status, Span)> {
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
pub fn read(text: &Text, region: Span, item: &mut Item, form: &mut Vec<Span>) {
    let region = text.trimmed(region, "");
    // (责任单位:…) at the very end is of the whole.
    let end = responsible(text, region, item, form);
    let region = text.trimmed(Span::new(region.start, end), "");
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
                Column::Promise | Column::Target if !reported => {
                    // Nothing is labelled as the report: it goes on after the promise's first sentence.
                    let end = value.start + sentence_end(text.folded(value)).unwrap_or(value.end - value.start);
                    promise_of(text, *column, Span::new(value.start, end), item, form);
                    let rest = text.trimmed(Span::new(end, value.end), "");
                    if !rest.is_empty() {
                        item.fields.push((Column::Progress, rest));
                    }
                }
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
