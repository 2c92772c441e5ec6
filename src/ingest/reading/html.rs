//! HTML, as content management systems make it.

use std::collections::BTreeMap;

use scraper::{ElementRef, Html, Node, Selector};

use super::{Block, Cell, tidy};
use crate::model::message::Message;
use crate::say;

/// Elements that hold no words of the announcement.
const SILENT: [&str; 14] = [
    "script", "style", "head", "nav", "header", "footer", "noscript", "template", "iframe", "svg", "form", "button",
    "select", "aside",
];
/// Elements that begin a line of their own. All others flow within one, as browsers show what they do not know:
/// `<st1:chsdate>` of Word, `<wbr>`.
#[rustfmt::skip]
const LINES: [&str; 48] = [
    "address", "article", "blockquote", "body", "br", "caption", "center", "dd", "details", "dialog", "dir", "div", "dl",
    "dt", "fieldset", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hgroup", "hr", "html", "legend", "li",
    "listing", "main", "menu", "ol", "optgroup", "option", "p", "plaintext", "pre", "search", "section", "summary",
    "tbody", "td", "tfoot", "th", "thead", "tr", "ul", "xmp",
];
/// How deep elements are followed.
const MAX_DEPTH: usize = 200;
/// Most rows or columns that one cell may span.
const MAX_SPAN: usize = 1000;

/// Whether a text is HTML rather than plain.
pub fn looks_like(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(4000).collect::<String>().to_ascii_lowercase();
    start.starts_with('<')
        && ["<html", "<!doctype", "<body", "<p", "<div", "<table", "<head", "<h1", "<meta"]
            .iter()
            .any(|tag| start.contains(tag))
}

/// Elements inside each other from which on a page is no page: reading it would take for ever.
const MAX_NESTING: usize = 2000;

/// How deep elements stand inside each other at most, as their tags say; those that end by themselves do not count.
fn nesting(text: &str) -> usize {
    const SELF_ENDING: [&str; 24] = [
        "p", "li", "td", "th", "tr", "dt", "dd", "option", "thead", "tbody", "tfoot", "br", "hr", "img", "input",
        "meta", "link", "col", "area", "base", "embed", "source", "wbr", "param",
    ];
    let (mut depth, mut most) = (0usize, 0);
    for tag in text.split('<').skip(1) {
        let closes = tag.starts_with('/');
        let name: String =
            tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).take(12).collect();
        if name.is_empty() || SELF_ENDING.contains(&name.to_ascii_lowercase().as_str()) {
            continue;
        }
        depth = if closes { depth.saturating_sub(1) } else { depth + 1 };
        most = most.max(depth);
    }
    most
}

pub fn read(text: &str) -> Result<Vec<Block>, Message> {
    if nesting(text) > MAX_NESTING {
        return Err(say!(
            "The page has more than {MAX_NESTING} elements inside each other. Copy its text into a .txt file.",
            "网页的元素嵌套超过 {MAX_NESTING} 层。请将文字复制到 .txt 文件。"
        ));
    }
    let document = Html::parse_document(text);
    let mut reader = Reader { blocks: Vec::new(), line: String::new() };
    reader.walk(document.root_element(), 0);
    reader.end_line();
    Ok(reader.blocks)
}

struct Reader {
    blocks: Vec<Block>,
    line: String,
}

impl Reader {
    fn end_line(&mut self) {
        let line = tidy(&std::mem::take(&mut self.line));
        let line = line.trim();
        if !line.is_empty() {
            self.blocks.push(Block::Paragraph(line.to_owned()));
        }
    }

    fn walk(&mut self, element: ElementRef, depth: usize) {
        if depth > MAX_DEPTH {
            self.line.push_str(&element.text().collect::<String>());
            return;
        }
        for child in element.children() {
            match child.value() {
                Node::Text(text) => self.line.push_str(text),
                Node::Element(node) => {
                    let name = node.name();
                    let Some(inner) = ElementRef::wrap(child) else { continue };
                    if SILENT.contains(&name) || hidden(&inner) {
                        continue;
                    }
                    if name == "del" || name == "strike" {
                        continue;
                    }
                    if name == "table" {
                        self.end_line();
                        self.table(inner, depth);
                    } else if LINES.contains(&name) {
                        self.end_line();
                        self.walk(inner, depth + 1);
                        self.end_line();
                    } else {
                        self.walk(inner, depth + 1);
                    }
                }
                _ => {}
            }
        }
    }

    /// A table of data; one that only lays out a page is read as text.
    fn table(&mut self, table: ElementRef, depth: usize) {
        let rows: Vec<ElementRef> = own(table, "tr");
        let cells =
            |row: &ElementRef| row.child_elements().filter(|cell| matches!(cell.value().name(), "td" | "th")).count();
        let layout = rows.iter().map(cells).max().unwrap_or(0) < 2
            || Selector::parse("table").is_ok_and(|inner| table.select(&inner).next().is_some());
        if layout {
            self.walk(table, depth + 1);
            self.end_line();
            return;
        }
        let mut grid = Vec::new();
        // Cells that span down: by column, how many rows are left, and the cell.
        let mut spanning: BTreeMap<usize, (usize, Cell)> = BTreeMap::new();
        for row in rows {
            let mut cells = Vec::new();
            let mut column = 0;
            let fill = |column: &mut usize, cells: &mut Vec<Cell>, spanning: &mut BTreeMap<usize, (usize, Cell)>| {
                while let Some((left, cell)) = spanning.get_mut(column) {
                    let (at, columns) = (*column, cell.columns);
                    cells.push(cell.clone());
                    *left -= 1;
                    if *left == 0 {
                        spanning.remove(&at);
                    }
                    *column += columns;
                }
            };
            for cell in row.child_elements().filter(|cell| matches!(cell.value().name(), "td" | "th")) {
                fill(&mut column, &mut cells, &mut spanning);
                let span = |name| {
                    cell.attr(name).and_then(|value| value.trim().parse::<usize>().ok()).unwrap_or(1).clamp(1, MAX_SPAN)
                };
                let (columns, down) = (span("colspan"), span("rowspan"));
                let cell = Cell { text: cell_text(cell), repeated: false, columns };
                if down > 1 {
                    spanning.insert(column, (down - 1, Cell { repeated: true, ..cell.clone() }));
                }
                cells.push(cell);
                column += columns;
            }
            fill(&mut column, &mut cells, &mut spanning);
            if !cells.is_empty() {
                grid.push(cells);
            }
        }
        self.blocks.push(Block::Table(grid));
    }
}

/// Elements of a name below a table that are not in one inside it.
fn own<'a>(table: ElementRef<'a>, name: &str) -> Vec<ElementRef<'a>> {
    let mut found = Vec::new();
    for child in table.child_elements() {
        match child.value().name() {
            tag if tag == name => found.push(child),
            "thead" | "tbody" | "tfoot" => {
                found.extend(child.child_elements().filter(|row| row.value().name() == name))
            }
            _ => {}
        }
    }
    found
}

fn cell_text(cell: ElementRef) -> String {
    let mut reader = Reader { blocks: Vec::new(), line: String::new() };
    reader.walk(cell, 0);
    reader.end_line();
    let lines = reader.blocks.into_iter().map(|block| match block {
        Block::Paragraph(text) => text,
        Block::Table(rows) => rows.concat().into_iter().map(|cell| cell.text).collect::<Vec<_>>().join(" "),
    });
    lines.collect::<Vec<_>>().join(" ")
}

fn hidden(element: &ElementRef) -> bool {
    let style = element.attr("style").unwrap_or_default().replace(' ', "").to_ascii_lowercase();
    element.attr("hidden").is_some() || style.contains("display:none") || style.contains("visibility:hidden")
}
