//! A file becomes blocks of text: paragraphs and tables.

mod docx;
mod html;
mod plain;

use encoding_rs::{GB18030, UTF_16BE, UTF_16LE};

use crate::model::message::Message;
use crate::say;

/// Bytes of the largest file.
pub const MAX_FILE: usize = 64 * 1024 * 1024;

/// A piece of an announcement.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    Paragraph(String),
    /// Rows of cells; a cell that spans rows stands in each of them, one that spans columns once.
    Table(Vec<Vec<Cell>>),
}

/// A cell of a table.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Cell {
    pub text: String,
    /// Whether it is another row's, which spans down to this one.
    pub repeated: bool,
    /// Columns it takes.
    pub columns: usize,
}

impl Cell {
    pub fn new(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), repeated: false, columns: 1 }
    }
}

/// Reads a file of any kind that is known; what is not is refused with what to do.
pub fn read(bytes: &[u8]) -> Result<Vec<Block>, Message> {
    if bytes.len() > MAX_FILE {
        let most = MAX_FILE / 1024 / 1024;
        return Err(say!(
            "The file is larger than {most} MiB. Split it, or take out its pictures.",
            "文件超过 {most} MiB，请拆分，或去掉其中的图片。"
        ));
    }
    let blocks = match bytes {
        [b'P', b'K', 3 | 5 | 7, ..] => docx::read(bytes)?,
        [0xd0, 0xcf, 0x11, 0xe0, ..] => {
            return Err(convert("a .doc or .wps document", "旧版 Word 或 WPS 文档（.doc、.wps）"));
        }
        [b'%', b'P', b'D', b'F', ..] => return Err(convert("a PDF document", "PDF 文档")),
        [b'{', b'\\', b'r', b't', b'f', ..] => return Err(convert("an RTF document", "RTF 文档")),
        _ => {
            let text = decode(bytes)?;
            if html::looks_like(&text) { html::read(&text)? } else { plain::read(&text) }
        }
    };
    let empty = |block: &Block| match block {
        Block::Paragraph(text) => text.trim().is_empty(),
        Block::Table(rows) => rows.iter().flatten().all(|cell| cell.text.trim().is_empty()),
    };
    if blocks.iter().all(empty) {
        return Err(say!("There is no text in the file.", "文件中没有文字。"));
    }
    Ok(blocks)
}

fn convert(en: &str, zh: &str) -> Message {
    say!(
        "This is {en}. Open it in WPS or Word and save it as .docx, or copy its text into a .txt file.",
        "这是{zh}。请用 WPS 或 Word 打开并另存为 .docx，或将文字复制到 .txt 文件。"
    )
}

/// UTF-8 and UTF-16 by their marks, else UTF-8 if it is that, else GB 18030, which holds GBK and GB 2312.
fn decode(bytes: &[u8]) -> Result<String, Message> {
    let not_text = || {
        say!(
            "The file is neither UTF-8 nor GB 18030 text. Give a text, HTML or .docx file.",
            "文件不是 UTF-8 或 GB 18030 文本。请提供文本、HTML 或 .docx 文件。"
        )
    };
    let text = match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => std::str::from_utf8(rest).map_err(|_| not_text())?.to_owned(),
        [0xff, 0xfe, rest @ ..] => UTF_16LE.decode_without_bom_handling(rest).0.into_owned(),
        [0xfe, 0xff, rest @ ..] => UTF_16BE.decode_without_bom_handling(rest).0.into_owned(),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => {
                GB18030.decode_without_bom_handling_and_without_replacement(bytes).ok_or_else(not_text)?.into_owned()
            }
        },
    };
    let control = |c: char| c.is_control() && !"\n\r\t\u{c}\u{b}\u{85}".contains(c);
    if text.chars().any(|c| c == '\0') || text.chars().filter(|c| control(*c)).count() * 50 > text.chars().count() {
        return Err(not_text());
    }
    Ok(text)
}

/// One line of text: no line ends, runs of blanks as one.
pub fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{200b}' | '\u{200c}' | '\u{200d}' | '\u{feff}' | '\u{ad}' => {}
            c if c.is_whitespace() || c.is_control() => {
                if !tidied.is_empty() && !tidied.ends_with(' ') {
                    tidied.push(' ');
                }
            }
            c => tidied.push(c),
        }
    }
    tidied.truncate(tidied.trim_end().len());
    tidied
}
