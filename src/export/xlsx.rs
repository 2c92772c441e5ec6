//! Workbooks (ISO/IEC 29500): the records on the first sheet, on the second what they are.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::NaiveDate;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format as CellFormat, Workbook, Worksheet, XlsxError};

use super::cells::Layout;
use super::csv::label;
use super::rows::Rows;
use super::spool::Sink;
use super::{Error, File};
use crate::model::columns::{Column, Type};

/// Most records a sheet takes, below its header.
pub const SHEET_ROWS: usize = 1_048_575;
/// Most characters a cell takes, as Excel counts them: UTF-16 code units.
const CELL: usize = 32_767;
/// What ends a cell that was cut off.
const CUT: &str = "…";
/// Bytes of markup around a cell in the sheet's temporary file, about.
const MARKUP: usize = 64;

impl From<XlsxError> for Error {
    fn from(error: XlsxError) -> Error {
        match error {
            XlsxError::IoError(error) => error.into(),
            other => Error::broken(other),
        }
    }
}

/// Writes a workbook from chunks of records.
pub fn write(file: &File, rows: &mut Rows, sink: &mut Sink) -> Result<(), Error> {
    // The library panics where the sheet's temporary file cannot be written to, and only there.
    catch_unwind(AssertUnwindSafe(|| write_or_panic(file, rows, sink))).unwrap_or_else(|panic| {
        let why = panic.downcast_ref::<String>().map_or("the sheet cannot be written", String::as_str);
        Err(Error::Storage(std::io::Error::other(why)))
    })
}

fn write_or_panic(file: &File, rows: &mut Rows, sink: &mut Sink) -> Result<(), Error> {
    let mut book = Workbook::new();
    book.set_tempdir(sink.folder())?;
    let columns = file.selection.columns();
    let mut sheet = Sheet::new(book.add_worksheet_with_constant_memory()?, file, &columns)?;
    while let Some(records) = rows.wait()? {
        for record in records.lines() {
            let bytes = sheet.add(record)?;
            sink.set_aside(u64::try_from(bytes).map_err(Error::broken)?)?;
        }
    }
    let (written, cut) = sheet.finish()?;
    describe(&mut book, file, &columns, written, cut)?;
    Ok(book.save_to_writer(sink)?)
}

/// The same in memory, for a page of records.
pub fn page<'r>(file: &File, records: impl Iterator<Item = &'r str>) -> Result<Vec<u8>, Error> {
    let mut book = Workbook::new();
    let columns = file.selection.columns();
    let mut sheet = Sheet::new(book.add_worksheet(), file, &columns)?;
    for record in records {
        sheet.add(record)?;
    }
    let (written, cut) = sheet.finish()?;
    describe(&mut book, file, &columns, written, cut)?;
    Ok(book.save_to_buffer()?)
}

struct Sheet<'a> {
    sheet: &'a mut Worksheet,
    columns: &'a [Column],
    layout: Layout,
    day: CellFormat,
    time: CellFormat,
    most: usize,
    written: usize,
    cut: usize,
}

impl<'a> Sheet<'a> {
    fn new(sheet: &'a mut Worksheet, file: &File, columns: &'a [Column]) -> Result<Sheet<'a>, Error> {
        sheet.set_name(file.selection.kind.collection)?;
        sheet.set_freeze_panes(1, 0)?;
        let bold = CellFormat::new().set_bold();
        for (index, column) in (0u16..).zip(columns) {
            sheet.set_column_width(index, width(column))?;
            sheet.write_string_with_format(0, index, label(column, file.style), &bold)?;
        }
        Ok(Sheet {
            sheet,
            columns,
            layout: Layout::new(columns),
            day: CellFormat::new().set_num_format("yyyy-mm-dd"),
            time: CellFormat::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
            most: file.sheet_rows,
            written: 0,
            cut: 0,
        })
    }

    /// Adds a record. How many bytes it takes, about, before it is compressed.
    fn add(&mut self, record: &str) -> Result<usize, Error> {
        if self.written >= self.most {
            return Err(Error::TooManyRows);
        }
        self.written += 1;
        let row = self.layout.row(record)?;
        let columns = self.columns;
        let mut bytes = 0;
        for (index, column) in columns.iter().enumerate() {
            if let Some(text) = row.text(index)? {
                self.cell(&text, index, column)?;
                bytes += text.len() + MARKUP;
            }
        }
        Ok(bytes)
    }

    fn cell(&mut self, text: &str, index: usize, column: &Column) -> Result<(), Error> {
        let place = (u32::try_from(self.written).map_err(Error::broken)?, u16::try_from(index).map_err(Error::broken)?);
        match column.holds {
            // At most 15 digits, which a double has exactly.
            Type::Integer | Type::Decimal | Type::Year => {
                self.sheet.write_number(place.0, place.1, text.parse::<f64>().map_err(Error::broken)?)?;
            }
            Type::Boolean => {
                self.sheet.write_boolean(place.0, place.1, text == "true")?;
            }
            Type::Date => match text.parse::<NaiveDate>().ok().and_then(|day| excel_day(&day)) {
                Some(day) => {
                    self.sheet.write_datetime_with_format(place.0, place.1, day, &self.day)?;
                }
                None => self.text(place, text)?,
            },
            Type::DateTime => match text.parse::<chrono::DateTime<chrono::Utc>>() {
                Ok(time) => {
                    self.sheet.write_datetime_with_format(place.0, place.1, time.naive_utc(), &self.time)?;
                }
                Err(_) => self.text(place, text)?,
            },
            Type::Text | Type::Uri | Type::Json => self.text(place, text)?,
        }
        Ok(())
    }

    fn text(&mut self, place: (u32, u16), text: &str) -> Result<(), Error> {
        let fitting = shortened(text);
        self.cut += usize::from(matches!(fitting, Cow::Owned(_)));
        self.sheet.write_string(place.0, place.1, fitting)?;
        Ok(())
    }

    /// How many records were written, and how many cells cut off.
    fn finish(self) -> Result<(usize, usize), Error> {
        let last = u16::try_from(self.columns.len().saturating_sub(1)).map_err(Error::broken)?;
        self.sheet.autofilter(0, 0, u32::try_from(self.written).map_err(Error::broken)?, last)?;
        Ok((self.written, self.cut))
    }
}

/// Spreadsheets have no days before 1900, and count the first two months of it differently.
fn excel_day(day: &NaiveDate) -> Option<NaiveDate> {
    (*day >= NaiveDate::from_ymd_opt(1900, 3, 1)?).then_some(*day)
}

/// As much of a text as a cell takes.
fn shortened(text: &str) -> Cow<'_, str> {
    // Three bytes at most are one unit or more, so most texts need not be counted.
    if text.len() <= CELL || text.encode_utf16().count() <= CELL {
        return text.into();
    }
    let mut units = CUT.encode_utf16().count();
    let kept: String = text
        .chars()
        .take_while(|letter| {
            units += letter.len_utf16();
            units <= CELL
        })
        .collect();
    (kept + CUT).into()
}

fn width(column: &Column) -> f64 {
    match column.holds {
        Type::Boolean | Type::Year => 10.0,
        Type::Integer | Type::Date => 12.0,
        Type::Decimal => 16.0,
        Type::DateTime => 20.0,
        Type::Uri | Type::Json => 30.0,
        Type::Text => {
            if column.language.is_some() {
                36.0
            } else {
                22.0
            }
        }
    }
}

/// The second sheet: what this is, where it comes from, and what the columns mean.
fn describe(book: &mut Workbook, file: &File, columns: &[Column], rows: usize, cut: usize) -> Result<(), Error> {
    let moment = &file.basis.moment;
    let published = file.basis.published_at.map(|time| time.to_rfc3339()).unwrap_or_default();
    let kind = file.selection.kind;
    // The time in the file's properties is the data's, so that the same data is the same file.
    let mut properties = DocProperties::new().set_title(kind.collection).set_comment(shortened(&file.link));
    let time = file.basis.published_at.map_or(0, |time| time.timestamp());
    properties = properties.set_creation_datetime(&ExcelDateTime::from_timestamp(time)?);
    book.set_properties(&properties);
    let sheet = book.add_worksheet();
    sheet.set_name("说明 About")?;
    let bold = CellFormat::new().set_bold();
    for (index, width) in (0u16..).zip([34.0, 30.0, 12.0, 16.0, 60.0, 60.0]) {
        sheet.set_column_width(index, width)?;
    }
    let facts = [
        ("数据 Data", format!("{} – {}", kind.collection, kind.about)),
        ("修订 Revision", moment.changed_in.to_string()),
        ("修订摘要 Digest (SHA-256)", moment.digest.clone()),
        ("发布时间 Published at", published),
        ("永久链接 Link", file.link.clone()),
        ("许可 Licence", format!("{} {}", file.licence.name, file.licence.url)),
        ("记录数 Records", rows.to_string()),
        (
            "截断的单元格 Cells cut off",
            match cut {
                0 => "0".to_owned(),
                cut => format!(
                    "{cut}: 超过 32,767 字符，全文见 JSON、CSV 或 Parquet；longer than 32,767 characters, JSON, CSV and Parquet have them whole"
                ),
            },
        ),
    ];
    for (row, (name, value)) in (0u32..).zip(&facts) {
        sheet.write_string_with_format(row, 0, *name, &bold)?;
        sheet.write_string(row, 1, shortened(value))?;
    }
    let header = u32::try_from(facts.len() + 1).map_err(Error::broken)?;
    for (index, title) in
        (0u16..).zip(["列 Column", "标题 Title", "类型 Type", "引用 Refers to", "说明", "Description"])
    {
        sheet.write_string_with_format(header, index, title, &bold)?;
    }
    for (row, column) in (header + 1..).zip(columns) {
        let cells = [
            column.name.as_str(),
            column.title_zh.as_str(),
            column.holds.name(),
            column.refers_to.unwrap_or_default(),
            column.about_zh.as_str(),
            column.about_en.as_str(),
        ];
        for (index, cell) in (0u16..).zip(cells) {
            sheet.write_string(row, index, cell)?;
        }
    }
    Ok(())
}
