//! .docx (ISO/IEC 29500), as Word and WPS write it: paragraphs, tables, automatic numbering; tracked
//! deletions, and what was formatted otherwise before, left out.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use zip::ZipArchive;

use super::{Block, Cell, convert, tidy};
use crate::ingest::numerals;
use crate::model::message::Message;
use crate::say;

/// Bytes that one part of the document may have when unpacked.
const MAX_PART: u64 = 64 * 1024 * 1024;

pub fn read(bytes: &[u8]) -> Result<Vec<Block>, Message> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    if archive.index_for_name("OFD.xml").is_some() {
        return Err(convert("an OFD document", "OFD 版式文档"));
    }
    if archive.index_for_name("word/document.xml").is_none() {
        return Err(say!(
            "This is an archive or an office file, but no .docx document. Save the text as .docx or .txt.",
            "这是压缩包或其他办公文件，不是 .docx 文档。请另存为 .docx 或 .txt。"
        ));
    }
    let document = part(&mut archive, "word/document.xml")?;
    let numbering = match archive.index_for_name("word/numbering.xml") {
        Some(_) => Numbering::read(&part(&mut archive, "word/numbering.xml")?).map_err(|error| broken(&error))?,
        None => Numbering::default(),
    };
    let styles = match archive.index_for_name("word/styles.xml") {
        Some(_) => styles(&part(&mut archive, "word/styles.xml")?).map_err(|error| broken(&error))?,
        None => BTreeMap::new(),
    };
    body(&document, numbering, &styles).map_err(|error| broken(&error))
}

fn broken(error: &dyn std::fmt::Display) -> Message {
    say!(
        "The .docx document is damaged: {error}. Open it in WPS or Word and save it again.",
        ".docx 文档已损坏（{error}）。请用 WPS 或 Word 打开后重新保存。"
    )
}

fn part(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &str) -> Result<String, Message> {
    let file = archive.by_name(name).map_err(|error| broken(&error))?;
    let mut bytes = Vec::new();
    // Not what the archive says of itself, but what comes out of it is limited.
    file.take(MAX_PART + 1).read_to_end(&mut bytes).map_err(|error| broken(&error))?;
    if bytes.len() as u64 > MAX_PART {
        let most = MAX_PART / 1024 / 1024;
        return Err(say!(
            "The .docx document unpacks to more than {most} MiB. Save only its text.",
            ".docx 文档解压后超过 {most} MiB，请只保存其中的文字。"
        ));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A list that a paragraph counts in: its id and level.
type ListLevel = (String, usize);

/// Automatic numbering: how each level of each list is written, and how far it has counted.
#[derive(Default)]
struct Numbering {
    /// Format, text and start of each level of an abstract list.
    levels: BTreeMap<(String, usize), (String, String, u64)>,
    /// The abstract list of each list.
    lists: BTreeMap<String, String>,
    counts: BTreeMap<ListLevel, u64>,
}

impl Numbering {
    fn read(xml: &str) -> Result<Numbering, quick_xml::Error> {
        let mut numbering = Numbering::default();
        let mut reader = Reader::from_str(xml);
        let (mut list, mut instance, mut level) = (String::new(), None, 0);
        loop {
            match reader.read_event()? {
                Event::Eof => return Ok(numbering),
                Event::Start(tag) | Event::Empty(tag) => {
                    let value = attribute(&tag, "val").unwrap_or_default();
                    let entry = (list.clone(), level);
                    match local(&tag).as_str() {
                        "abstractNum" => {
                            list = attribute(&tag, "abstractNumId").unwrap_or_default();
                            instance = None;
                        }
                        "num" => instance = attribute(&tag, "numId"),
                        "abstractNumId" => {
                            if let Some(id) = &instance {
                                numbering.lists.insert(id.clone(), value);
                            }
                        }
                        "lvl" if instance.is_none() => {
                            level = attribute(&tag, "ilvl").and_then(|level| level.parse().ok()).unwrap_or(0);
                            let plain = ("decimal".to_owned(), format!("%{}.", level + 1), 1);
                            numbering.levels.insert((list.clone(), level), plain);
                        }
                        "numFmt" if instance.is_none() => {
                            numbering.levels.entry(entry).and_modify(|(format, ..)| *format = value);
                        }
                        "lvlText" if instance.is_none() => {
                            numbering.levels.entry(entry).and_modify(|(_, text, _)| *text = value);
                        }
                        "start" if instance.is_none() => {
                            numbering.levels.entry(entry).and_modify(|(.., start)| *start = value.parse().unwrap_or(1));
                        }
                        _ => {}
                    }
                }
                _ => {}
            }
        }
    }

    /// The number in front of the next paragraph of a list.
    fn next(&mut self, (id, level): &ListLevel) -> String {
        let list = self.lists.get(id).cloned().unwrap_or_default();
        let Some((format, text, start)) = self.levels.get(&(list.clone(), *level)).cloned() else {
            return String::new();
        };
        if format == "bullet" || format == "none" {
            return String::new();
        }
        let count = self.counts.entry((id.clone(), *level)).and_modify(|count| *count += 1).or_insert(start);
        let here = *count;
        // Deeper levels begin anew.
        self.counts.retain(|(other, deeper), _| other != id || *deeper <= *level);
        let mut label = text;
        for upper in 0..=*level {
            let format =
                self.levels.get(&(list.clone(), upper)).map(|(format, ..)| format.as_str()).unwrap_or("decimal");
            let count =
                if upper == *level { here } else { self.counts.get(&(id.clone(), upper)).copied().unwrap_or(1) };
            label = label.replace(&format!("%{}", upper + 1), &written(count, format));
        }
        label
    }
}

fn written(count: u64, format: &str) -> String {
    if format.contains("hinese") || format.starts_with("ideograph") || format.starts_with("japaneseCounting") {
        numerals::chinese(count)
    } else {
        count.to_string()
    }
}

/// The list that each paragraph style counts in.
fn styles(xml: &str) -> Result<BTreeMap<String, ListLevel>, quick_xml::Error> {
    let mut found = BTreeMap::new();
    let mut reader = Reader::from_str(xml);
    let (mut style, mut level) = (String::new(), 0);
    loop {
        match reader.read_event()? {
            Event::Eof => return Ok(found),
            Event::Start(tag) | Event::Empty(tag) => match local(&tag).as_str() {
                "style" => (style, level) = (attribute(&tag, "styleId").unwrap_or_default(), 0),
                "ilvl" => level = attribute(&tag, "val").and_then(|level| level.parse().ok()).unwrap_or(0),
                "numId" => {
                    found.insert(style.clone(), (attribute(&tag, "val").unwrap_or_default(), level));
                }
                _ => {}
            },
            _ => {}
        }
    }
}

/// What stands in a paragraph, as it is read.
#[derive(Default)]
struct Paragraph {
    text: String,
    style: String,
    list: Option<String>,
    level: usize,
    /// Tables around it.
    depth: usize,
    /// Paragraphs of text boxes that hang on it; they stand after it.
    boxes: Vec<String>,
}

/// A table as it is read; cells that span down repeat the text above.
#[derive(Default)]
struct Table {
    rows: Vec<Vec<Cell>>,
    cell: Option<Cell>,
    merged: bool,
}

/// The body as it is read.
struct Body<'a> {
    numbering: Numbering,
    styles: &'a BTreeMap<String, ListLevel>,
    blocks: Vec<Block>,
    tables: Vec<Table>,
    /// Paragraphs inside each other: a text box stands in the one that it hangs on.
    paragraphs: Vec<Paragraph>,
    in_text: bool,
}

fn body(xml: &str, numbering: Numbering, styles: &BTreeMap<String, ListLevel>) -> Result<Vec<Block>, quick_xml::Error> {
    let mut reader = Reader::from_str(xml);
    let mut body =
        Body { numbering, styles, blocks: Vec::new(), tables: Vec::new(), paragraphs: Vec::new(), in_text: false };
    let mut silent = 0usize;
    loop {
        match reader.read_event()? {
            Event::Eof => return Ok(body.blocks),
            Event::Start(tag) if is_silent(tag.local_name().as_ref()) => silent += 1,
            Event::End(tag) if is_silent(tag.local_name().as_ref()) => silent = silent.saturating_sub(1),
            _ if silent > 0 => {}
            Event::Start(tag) => body.begins(&tag),
            Event::Empty(tag) => match local(&tag).as_str() {
                "tab" | "br" | "cr" => body.says([' ']),
                _ => body.property(&tag),
            },
            Event::Text(text) if body.in_text => body.says(text.chars()),
            Event::GeneralRef(reference) if body.in_text => {
                let known = match &*reference {
                    "amp" => Some('&'),
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "quot" => Some('"'),
                    "apos" => Some('\''),
                    _ => reference.resolve_char_ref().ok().flatten(),
                };
                body.says(known);
            }
            Event::End(tag) => body.ends(tag.local_name().as_ref()),
            _ => {}
        }
    }
}

/// A tracked deletion, how something was before it was changed, a field's code, a text box that stands twice.
fn is_silent(name: &str) -> bool {
    matches!(name, "del" | "moveFrom" | "Fallback" | "instrText" | "delText") || name.ends_with("PrChange")
}

impl Body<'_> {
    fn begins(&mut self, tag: &BytesStart) {
        match local(tag).as_str() {
            "p" => self.paragraphs.push(Paragraph { depth: self.tables.len(), ..Paragraph::default() }),
            "t" => self.in_text = true,
            "tbl" => self.tables.push(Table::default()),
            "tr" => {
                if let Some(table) = self.tables.last_mut() {
                    table.rows.push(Vec::new());
                }
            }
            "tc" => {
                if let Some(table) = self.tables.last_mut() {
                    (table.cell, table.merged) = (Some(Cell::new("")), false);
                }
            }
            _ => self.property(tag),
        }
    }

    fn says(&mut self, words: impl IntoIterator<Item = char>) {
        if let Some(paragraph) = self.paragraphs.last_mut() {
            paragraph.text.extend(words);
        }
    }

    fn ends(&mut self, name: &str) {
        match name {
            "t" => self.in_text = false,
            "p" => self.end_paragraph(),
            "tc" => {
                if let Some(table) = self.tables.last_mut() {
                    end_cell(table);
                }
            }
            "tbl" => {
                if let Some(table) = self.tables.pop() {
                    end_table(table, &mut self.tables, &mut self.blocks);
                }
            }
            _ => {}
        }
    }

    fn end_paragraph(&mut self) {
        let Some(mut paragraph) = self.paragraphs.pop() else { return };
        let depth = paragraph.depth;
        let boxes = std::mem::take(&mut paragraph.boxes);
        let own = ended(paragraph, &mut self.numbering, self.styles);
        for text in std::iter::once(own).chain(boxes).filter(|text| !text.is_empty()) {
            if let Some(outer) = self.paragraphs.last_mut().filter(|outer| outer.depth == depth) {
                outer.boxes.push(text);
            } else if let Some(cell) = self.tables.last_mut().and_then(|table| table.cell.as_mut()) {
                if !cell.text.is_empty() {
                    cell.text.push(' ');
                }
                cell.text.push_str(&text);
            } else {
                self.blocks.push(Block::Paragraph(text));
            }
        }
    }

    fn property(&mut self, tag: &BytesStart) {
        let value = || attribute(tag, "val");
        match (local(tag).as_str(), self.paragraphs.last_mut(), self.tables.last_mut()) {
            ("pStyle", Some(paragraph), _) => paragraph.style = value().unwrap_or_default(),
            ("numId", Some(paragraph), _) => paragraph.list = value(),
            ("ilvl", Some(paragraph), _) => {
                paragraph.level = value().and_then(|level| level.parse().ok()).unwrap_or(0);
            }
            ("gridSpan", _, Some(Table { cell: Some(cell), .. })) => {
                cell.columns = value().and_then(|span| span.parse().ok()).unwrap_or(1).clamp(1, 100);
            }
            ("vMerge", _, Some(table)) => table.merged = value().is_none_or(|value| value != "restart"),
            _ => {}
        }
    }
}

/// The text of a paragraph with its automatic number in front.
fn ended(paragraph: Paragraph, numbering: &mut Numbering, styles: &BTreeMap<String, ListLevel>) -> String {
    let text = tidy(&paragraph.text);
    let list = match paragraph.list {
        Some(id) => Some((id, paragraph.level)),
        None => styles.get(&paragraph.style).cloned(),
    };
    if text.is_empty() {
        return text;
    }
    let label = list.map(|list| numbering.next(&list)).unwrap_or_default();
    format!("{label}{}", text.trim_start())
}

fn end_cell(table: &mut Table) {
    let Some(mut cell) = table.cell.take() else { return };
    let Some((row, above)) = table.rows.split_last_mut() else { return };
    if table.merged {
        // Continues the cell above, in the same column.
        let column: usize = row.iter().map(|cell| cell.columns).sum();
        let mut at = 0;
        for upper in above.last().into_iter().flatten() {
            if at == column {
                cell = Cell { text: upper.text.clone(), repeated: true, columns: upper.columns };
            }
            at += upper.columns;
        }
    }
    row.push(cell);
}

/// A table inside a cell is part of the cell's text.
fn end_table(table: Table, outer: &mut [Table], blocks: &mut Vec<Block>) {
    match outer.last_mut().and_then(|table| table.cell.as_mut()) {
        Some(cell) => {
            let inner: Vec<String> = table.rows.into_iter().flatten().map(|cell| cell.text).collect();
            cell.text.push_str(&format!(" {}", inner.join(" ")));
        }
        None => blocks.push(Block::Table(table.rows)),
    }
}

fn local(tag: &BytesStart) -> String {
    tag.local_name().as_ref().to_owned()
}

fn attribute(tag: &BytesStart, name: &str) -> Option<String> {
    tag.attributes()
        .flatten()
        .find(|attribute| attribute.key.local_name().as_ref() == name)
        .map(|attribute| attribute.value.into_owned())
}
