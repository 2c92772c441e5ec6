//! The normalised text of an announcement: what evidence counts its code points in.

use sha2::{Digest, Sha256};

use super::numerals;
use super::reading::{Block, Cell};
use super::words::fold;

/// A stretch of the text, in Unicode code points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

impl Span {
    pub fn new(start: usize, end: usize) -> Span {
        Span { start, end }
    }

    pub fn is_empty(&self) -> bool {
        self.start >= self.end
    }

    pub fn contains(&self, at: usize) -> bool {
        (self.start..self.end).contains(&at)
    }
}

/// A cell of a table and where it stands.
#[derive(Clone, Debug)]
pub struct LaidCell {
    pub span: Span,
    pub columns: usize,
}

/// A block and where it stands.
#[derive(Clone, Debug)]
pub enum Laid {
    Paragraph(Span),
    Table(Vec<Vec<LaidCell>>),
}

/// The text: paragraphs one a line, rows of tables one a line with cells parted by tabs. A cell that
/// spans rows stands once.
pub struct Text {
    pub chars: Vec<char>,
    /// The same, one for one, as it is compared.
    pub folded: Vec<char>,
    pub blocks: Vec<Laid>,
    /// Where each line begins.
    lines: Vec<usize>,
}

impl Text {
    pub fn new(blocks: Vec<Block>) -> Text {
        let mut chars: Vec<char> = Vec::new();
        let mut laid = Vec::new();
        let add = |chars: &mut Vec<char>, words: &str| {
            let start = chars.len();
            chars.extend(words.chars());
            Span::new(start, chars.len())
        };
        for block in blocks {
            match block {
                Block::Paragraph(words) => {
                    laid.push(Laid::Paragraph(add(&mut chars, &words)));
                    chars.push('\n');
                }
                Block::Table(rows) => {
                    let mut table: Vec<Vec<LaidCell>> = Vec::new();
                    for row in rows {
                        let mut cells: Vec<LaidCell> = Vec::new();
                        for Cell { text, repeated, columns } in row {
                            let column: usize = cells.iter().map(|cell| cell.columns).sum();
                            let above = if repeated { above(&table, column) } else { None };
                            let span = above.unwrap_or_else(|| {
                                if !cells.is_empty() {
                                    chars.push('\t');
                                }
                                add(&mut chars, &text)
                            });
                            cells.push(LaidCell { span, columns });
                        }
                        chars.push('\n');
                        table.push(cells);
                    }
                    laid.push(Laid::Table(table));
                }
            }
        }
        let mut folded: Vec<char> = chars.iter().map(|c| fold(*c)).collect();
        full_stops(&mut folded);
        let lines =
            std::iter::once(0).chain(chars.iter().enumerate().filter(|(_, c)| **c == '\n').map(|(at, _)| at + 1));
        let lines = lines.collect();
        Text { chars, folded, blocks: laid, lines }
    }

    pub fn verbatim(&self, span: Span) -> String {
        self.chars.get(span.start..span.end).unwrap_or_default().iter().collect()
    }

    pub fn folded(&self, span: Span) -> &[char] {
        self.folded.get(span.start..span.end).unwrap_or_default()
    }

    pub fn folded_text(&self, span: Span) -> String {
        self.folded(span).iter().collect()
    }

    /// The line of a place, from 1.
    pub fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at)
    }

    /// The line that a place is on, without its end.
    pub fn line_span(&self, at: usize) -> Span {
        let line = self.line(at);
        let start = self.lines.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let end = self.lines.get(line).map_or(self.chars.len(), |next| next - 1);
        Span::new(start, end)
    }

    /// Without blanks and the marks given at either end.
    pub fn trimmed(&self, span: Span, marks: &str) -> Span {
        let idle = |c: &char| c.is_whitespace() || marks.contains(*c);
        let inner = self.folded(span);
        let start = inner.iter().take_while(|c| idle(c)).count();
        let end = inner.iter().rev().take_while(|c| idle(c)).count();
        if start >= inner.len() {
            Span::new(span.start, span.start)
        } else {
            Span::new(span.start + start, span.end - end)
        }
    }

    pub fn sha256(&self) -> String {
        hex::encode(Sha256::digest(self.chars.iter().collect::<String>()))
    }
}

/// Where half-width marks are used throughout, a point after Chinese words ends a sentence.
fn full_stops(folded: &mut [char]) {
    for at in 1..folded.len() {
        let (before, after) = (folded[at - 1], folded.get(at + 1).copied().unwrap_or('\n'));
        let ends =
            !before.is_ascii() && before.is_alphanumeric() && !numerals::is_chinese(before) || ")%”".contains(before);
        if folded[at] == '.' && ends && !after.is_ascii_digit() {
            folded[at] = '。';
        }
    }
}

fn above(table: &[Vec<LaidCell>], column: usize) -> Option<Span> {
    let mut at = 0;
    for cell in table.last()? {
        if at == column {
            return Some(cell.span);
        }
        at += cell.columns;
    }
    None
}
