//! Plain text: a paragraph a line; tables with pipes or tabs, and those whose cells stand one a line.

use super::{Block, Cell, tidy};
use crate::ingest::words;

/// Most columns of a table whose cells stand one a line.
const MAX_COLUMNS: usize = 10;

pub fn read(text: &str) -> Vec<Block> {
    let lines: Vec<String> = text.lines().map(line).filter(|line| !line.is_empty()).collect();
    let mut blocks = Vec::new();
    let mut rest = lines.as_slice();
    while let Some(first) = rest.first() {
        let separated = ['|', '\t'].into_iter().find_map(|separator| rows(rest, separator));
        if let Some((table, taken)) = separated.or_else(|| flattened(rest)) {
            blocks.push(Block::Table(table));
            rest = rest.get(taken..).unwrap_or_default();
        } else {
            blocks.push(Block::Paragraph(tidy(first)));
            rest = rest.get(1..).unwrap_or_default();
        }
    }
    blocks
}

/// Blanks inside a line stay for now: tabs part cells.
fn line(line: &str) -> String {
    line.replace('｜', "|").trim_matches(|c: char| c.is_whitespace() && c != '\t').to_owned()
}

/// Lines that are rows of at least three cells, and at least two of them. A paragraph indented by tabs is none: the
/// first row has words in two cells or more.
fn rows(lines: &[String], separator: char) -> Option<(Vec<Vec<Cell>>, usize)> {
    let cells = |line: &String| -> Vec<Cell> {
        let inner = if separator == '|' { line.trim().trim_start_matches('|').trim_end_matches('|') } else { line };
        inner.split(separator).map(|cell| Cell::new(tidy(cell))).collect()
    };
    let wide = |line: &&String| line.matches(separator).count() >= 2;
    if cells(lines.first()?).iter().filter(|cell| !cell.text.is_empty()).count() < 2 {
        return None;
    }
    let taken = lines.iter().take_while(wide).count();
    if taken < 2 {
        return None;
    }
    // The line of dashes below a header says nothing.
    let rule = |row: &Vec<Cell>| row.iter().all(|cell| cell.text.chars().all(|c| "-:= —".contains(c)));
    Some((lines.get(..taken)?.iter().map(cells).filter(|row| !rule(row)).collect(), taken))
}

/// A table copied cell by cell: three or more known column titles one a line, then rows that begin
/// with their number.
fn flattened(lines: &[String]) -> Option<(Vec<Vec<Cell>>, usize)> {
    let columns = lines.iter().take(MAX_COLUMNS).take_while(|line| words::column(&tidy(line)).is_some()).count();
    let numbered = lines.first().is_some_and(|line| words::column(&tidy(line)) == Some(words::Column::Number));
    if columns < 3 || !numbered {
        return None;
    }
    let header: Vec<Cell> = lines.get(..columns)?.iter().map(|line| Cell::new(tidy(line))).collect();
    let mut table = vec![header];
    let mut at = columns;
    let mut number = 1;
    let is = |index: usize, number: usize| {
        lines.get(index).is_some_and(|line| line.trim().trim_end_matches(['.', '、']) == number.to_string())
    };
    while is(at, number) {
        let end = (at + 1..lines.len()).find(|index| is(*index, number + 1) && index - at >= 2).unwrap_or_else(|| {
            // The last row has as many cells as there are columns.
            (at + columns).min(lines.len())
        });
        let mut row: Vec<Cell> = lines.get(at..end)?.iter().map(|line| Cell::new(tidy(line))).collect();
        // A cell of several lines is the longest one's neighbour: they belong together.
        while row.len() > columns {
            let longest = (1..row.len() - 1)
                .max_by_key(|index| row[*index].text.chars().count() + row[*index + 1].text.chars().count())
                .unwrap_or(1);
            let next = row.remove(longest + 1);
            row[longest].text.push_str(&next.text);
        }
        table.push(row);
        at = end;
        number += 1;
    }
    (table.len() > 1).then_some((table, at))
}
