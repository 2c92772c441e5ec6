//! CSV (RFC 4180), and CSV for spreadsheets.

use std::borrow::Cow;

use encoding_rs::{EncoderResult, GB18030};

use super::cells::{Layout, Row};
use super::{Error, Style};
use crate::model::columns::{Column, Type};

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A writer of records as lines of cells.
pub struct Csv {
    columns: Vec<Column>,
    layout: Layout,
    /// Whether a spreadsheet opens it: with a byte-order mark, and without formulas.
    excel: bool,
    style: Style,
}

impl Csv {
    pub fn new(columns: Vec<Column>, excel: bool, style: Style) -> Csv {
        Csv { layout: Layout::new(&columns), columns, excel, style }
    }

    /// The first line: the columns' names, or their Chinese titles.
    pub fn begin(&self) -> Result<Vec<u8>, Error> {
        let mut writer = writer(256);
        let labels = self.columns.iter();
        writer.write_record(labels.map(|column| label(column, self.style))).map_err(Error::broken)?;
        let line = writer.into_inner().map_err(Error::broken)?;
        // GB 18030 needs no mark: it is what a Chinese Windows takes a file without one for.
        let mark = if self.excel && !self.style.gb18030 { BYTE_ORDER_MARK } else { "" };
        self.encoded([mark.as_bytes(), &line].concat())
    }

    /// Records, one a line.
    pub fn chunk(&self, records: &str) -> Result<Vec<u8>, Error> {
        let mut writer = writer(records.len());
        for record in records.lines() {
            let row = self.layout.row(record)?;
            for (index, column) in self.columns.iter().enumerate() {
                writer.write_field(self.cell(&row, index, column)?.as_bytes()).map_err(Error::broken)?;
            }
            writer.write_record(None::<&[u8]>).map_err(Error::broken)?;
        }
        self.encoded(writer.into_inner().map_err(Error::broken)?)
    }

    fn cell<'r>(&self, row: &'r Row, index: usize, column: &Column) -> Result<Cow<'r, str>, Error> {
        let text = row.text(index)?.unwrap_or_default();
        let runs = self.excel && matches!(column.holds, Type::Text | Type::Uri) && is_formula(&text);
        Ok(if runs { Cow::Owned(format!("'{text}")) } else { text })
    }

    fn encoded(&self, utf8: Vec<u8>) -> Result<Vec<u8>, Error> {
        if !self.style.gb18030 {
            return Ok(utf8);
        }
        gb18030(std::str::from_utf8(&utf8).map_err(Error::broken)?)
    }
}

/// What stands above a column.
pub fn label(column: &Column, style: Style) -> &str {
    if style.chinese_labels { &column.title_zh } else { &column.name }
}

fn writer(capacity: usize) -> csv::Writer<Vec<u8>> {
    csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::with_capacity(capacity))
}

/// Whether a spreadsheet would run a cell instead of showing it; some take full-width signs as well.
pub fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

/// A text in GB 18030, which has all of Unicode.
fn gb18030(text: &str) -> Result<Vec<u8>, Error> {
    let mut encoder = GB18030.new_encoder();
    let mut bytes = Vec::with_capacity(text.len() + 16);
    let mut rest = text;
    loop {
        let needed = encoder.max_buffer_length_from_utf8_without_replacement(rest.len());
        bytes.reserve(needed.ok_or_else(|| Error::broken("a text too long to encode"))?);
        let (result, read) = encoder.encode_from_utf8_to_vec_without_replacement(rest, &mut bytes, true);
        rest = rest.get(read..).unwrap_or_default();
        match result {
            EncoderResult::InputEmpty => return Ok(bytes),
            EncoderResult::OutputFull => {}
            // The web's encoder leaves out one private character, U+E5E5, which the standard has at A3 A0.
            EncoderResult::Unmappable(_) => bytes.extend([0xa3, 0xa0]),
        }
    }
}
