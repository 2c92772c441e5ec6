//! Records as files: JSON, CSV, spreadsheets, Parquet, and packages of tables. Each format is a writer that
//! takes the text of records as they are served, a chunk at a time, so that memory stays flat whatever the
//! size. Nothing here knows HTTP.

pub mod cells;
pub mod csv;
pub mod format;
pub mod json;
pub mod package;
pub mod parquet;
pub mod rows;
pub mod spool;
pub mod xlsx;

use std::fmt;
use std::sync::Arc;

use crate::catalog::Licence;
use crate::db;
use crate::db::pool::Database;
use crate::db::read::chunks::{Basis, Chunks};
use crate::model::columns::{self, Column};
use crate::model::kind::{Filter, Kind};

use format::Format;

/// Records of one kind at one revision.
#[derive(Clone)]
pub struct Selection {
    pub kind: &'static Kind,
    pub filters: Vec<(&'static Filter, Vec<String>)>,
    pub fields: Option<Vec<String>>,
    /// Revision whose records they are.
    pub revision: i64,
}

impl Selection {
    /// All records of a kind.
    pub fn all(kind: &'static Kind, revision: i64) -> Selection {
        Selection { kind, filters: Vec::new(), fields: None, revision }
    }

    pub fn columns(&self) -> Vec<Column> {
        columns::chosen(self.kind, self.fields.as_deref())
    }

    /// The records, in the order of the kind's lists.
    pub fn chunks(&self, database: &Database) -> Chunks {
        Chunks::new(database.clone(), self.kind, self.filters.clone(), self.revision)
    }
}

/// How a table is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Chinese column titles instead of names.
    pub chinese_labels: bool,
    pub gb18030: bool,
}

/// One file to write.
#[derive(Clone)]
pub struct File {
    pub selection: Selection,
    pub basis: Basis,
    pub format: Format,
    pub style: Style,
    /// Where the same data is for good, an absolute address.
    pub link: String,
    pub licence: Licence,
    /// Most records a sheet takes.
    pub sheet_rows: usize,
}

/// Why a file was not written.
#[derive(Debug)]
pub enum Error {
    Database(db::Error),
    /// The folder for files does not take more.
    Storage(std::io::Error),
    /// The file is larger than all files together may be.
    TooLarge,
    /// More records than a sheet takes.
    TooManyRows,
    /// Something was redacted meanwhile.
    Redacted,
    /// As many files are being written as may.
    Busy,
    /// It is still being written.
    Preparing,
    /// The service ends.
    Stopped,
    /// A defect.
    Broken(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Database(error) => error.fmt(f),
            Error::Storage(error) => write!(f, "the export folder: {error}"),
            Error::Broken(why) => f.write_str(why),
            other => write!(f, "{other:?}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<db::Error> for Error {
    fn from(error: db::Error) -> Error {
        Error::Database(error)
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Error {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<spool::OverLimit>()) {
            Some(_) => Error::TooLarge,
            None => Error::Storage(error),
        }
    }
}

impl Error {
    /// A defect, in words.
    pub fn broken(error: impl fmt::Display) -> Error {
        Error::Broken(error.to_string())
    }
}

/// An error that several wait for.
pub type Shared = Arc<Error>;

/// Writes a whole file. Blocks: for a thread of its own.
pub fn write(file: &File, rows: &mut rows::Rows, sink: &mut spool::Sink) -> Result<(), Error> {
    use std::io::Write;
    match file.format {
        Format::Xlsx => xlsx::write(file, rows, sink),
        Format::Parquet => parquet::write(file, rows, sink),
        _ => {
            let mut text = Text::new(file)?;
            sink.write_all(&text.begin()?)?;
            while let Some(chunk) = rows.wait()? {
                sink.write_all(&text.chunk(chunk)?)?;
            }
            Ok(sink.write_all(text.end().as_bytes())?)
        }
    }
}

/// A writer of a format that is text, which can be streamed.
pub enum Text {
    Json(json::Json),
    Csv(csv::Csv),
}

impl Text {
    pub fn new(file: &File) -> Result<Text, Error> {
        let selection = &file.selection;
        match file.format {
            Format::Csv | Format::CsvExcel => {
                let excel = file.format == Format::CsvExcel;
                Ok(Text::Csv(csv::Csv::new(selection.columns(), excel, file.style)))
            }
            Format::Json | Format::Ndjson => Ok(Text::Json(json::Json::new(
                selection.fields.clone(),
                file.format == Format::Ndjson,
                file.basis.moment.changed_in,
            ))),
            other => Err(Error::Broken(format!("{} is not streamed", other.name()))),
        }
    }

    /// What stands before the first record.
    pub fn begin(&mut self) -> Result<Vec<u8>, Error> {
        match self {
            Text::Json(json) => Ok(json.begin().into()),
            Text::Csv(csv) => csv.begin(),
        }
    }

    /// Records, one a line.
    pub fn chunk(&mut self, records: String) -> Result<Vec<u8>, Error> {
        match self {
            Text::Json(json) => json.chunk(records),
            Text::Csv(csv) => csv.chunk(&records),
        }
    }

    /// What stands after the last record.
    pub fn end(&self) -> String {
        match self {
            Text::Json(json) => json.end(),
            Text::Csv(_) => String::new(),
        }
    }
}
