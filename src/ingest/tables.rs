//! Tables: a row is a commitment, a column is one of its fields.

use super::structure::{self, Item, Structure};
use super::text::{LaidCell, Span, Text};
use super::words::{self, Column};

/// Reads a table of commitments; another table is left outside.
pub fn read(text: &Text, rows: &[Vec<LaidCell>], structure: &mut Structure) {
    let header = rows.iter().take(4).position(|row| named(text, row) >= 2);
    let columns = match header.and_then(|index| rows.get(index)) {
        Some(row) => columns(text, row),
        None => Vec::new(),
    };
    let has = |wanted: Column| columns.contains(&Some(wanted));
    if !(has(Column::Promise) || has(Column::Target))
        || !(has(Column::Progress) || has(Column::Status) || has(Column::Rate) || has(Column::Remark))
    {
        structure.outside.extend(rows.iter().flatten().map(|cell| cell.span).filter(|span| !span.is_empty()));
        return;
    }
    let start = header.map_or(0, |index| index + 1);
    structure.form.extend(rows.iter().take(start).flatten().map(|cell| cell.span));
    let mut section = None;
    for row in rows.iter().skip(start) {
        if named(text, row) >= 3 {
            // The header again, on a new page.
            structure.form.extend(row.iter().map(|cell| cell.span));
            continue;
        }
        let filled: Vec<&LaidCell> = row.iter().filter(|cell| !cell.span.is_empty()).collect();
        if let [only] = filled.as_slice() {
            // A row of one cell is a heading of what is below it.
            section = structure::section_status(text, only.span);
            structure.outside.push(only.span);
            continue;
        }
        let total = ["合计", "总计", "小计"];
        if filled.iter().take(2).any(|cell| total.contains(&text.folded_text(cell.span).trim())) {
            structure.outside.extend(filled.iter().map(|cell| cell.span));
            continue;
        }
        let mut item = Item { section, ..Item::default() };
        let mut at = 0;
        for cell in row {
            let column = columns.get(at).copied().flatten();
            at += cell.columns;
            if cell.span.is_empty() {
                continue;
            }
            match column {
                Some(Column::Number) => {
                    item.number = text
                        .folded_text(cell.span)
                        .trim()
                        .trim_end_matches(['.', '、'])
                        .parse()
                        .ok()
                        .filter(|number| *number > 0);
                    item.label = Some(cell.span);
                    structure.form.push(cell.span);
                }
                Some(column @ (Column::Promise | Column::Target)) => {
                    let span = text.trimmed(cell.span, "。;.");
                    structure.form.push(Span::new(span.end, cell.span.end));
                    item.fields.push((column, span));
                }
                Some(column) => item.fields.push((column, cell.span)),
                None => structure.outside.push(cell.span),
            }
        }
        let has = |wanted: &[Column]| item.fields.iter().any(|(column, _)| wanted.contains(column));
        if has(&[Column::Promise, Column::Target])
            && has(&[Column::Progress, Column::Status, Column::Rate, Column::Remark, Column::Target])
        {
            structure.items.push(item);
        } else {
            structure.outside.extend(item.fields.into_iter().map(|(_, span)| span));
        }
    }
}

/// How many cells of a row are known column titles.
fn named(text: &Text, row: &[LaidCell]) -> usize {
    row.iter().filter(|cell| words::column(&text.verbatim(cell.span)).is_some()).count()
}

fn columns(text: &Text, header: &[LaidCell]) -> Vec<Option<Column>> {
    let mut columns = Vec::new();
    for cell in header {
        let column = words::column(&text.verbatim(cell.span));
        columns.extend(std::iter::repeat_n(column, cell.columns));
    }
    columns
}
