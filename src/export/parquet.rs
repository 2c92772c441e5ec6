//! Apache Parquet: decimals, days and instants as such. The low-level writer does without Arrow.

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, NaiveDate};
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, FixedLenByteArray, FixedLenByteArrayType, Int32Type, Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type as Schema;

use super::cells::{Layout, Row};
use super::rows::Rows;
use super::spool::Sink;
use super::{Error, File};
use crate::model::columns::{Column, Type};

/// Digits of decimals: 15 significant ones, 4 of which may stand after the point, or all before it.
const PRECISION: i32 = 19;
const SCALE: i32 = 4;
/// Bytes that hold them.
const DECIMAL_BYTES: usize = 9;
/// Text of the records of a row group, which is gathered in memory.
const GROUP: usize = 16 << 20;

impl From<ParquetError> for Error {
    fn from(error: ParquetError) -> Error {
        match error {
            ParquetError::External(cause) => match cause.downcast::<std::io::Error>() {
                Ok(error) => (*error).into(),
                Err(other) => Error::broken(other),
            },
            other => Error::broken(other),
        }
    }
}

/// Writes a file from chunks of records.
pub fn write(file: &File, rows: &mut Rows, sink: &mut Sink) -> Result<(), Error> {
    let columns = file.selection.columns();
    let mut group =
        Group { layout: Layout::new(&columns), columns: columns.iter().map(Values::new).collect(), bytes: 0 };
    let fields = columns.iter().map(field).collect::<Result<Vec<_>, ParquetError>>()?;
    let schema = Schema::group_type_builder(file.selection.kind.name).with_fields(fields).build()?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_created_by(concat!("open-commitments ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_key_value_metadata(Some(facts(file)))
        .build();
    let mut writer = SerializedFileWriter::new(sink, Arc::new(schema), Arc::new(properties))?;
    while let Some(records) = rows.wait()? {
        group.add(Bytes::from(records))?;
        if group.bytes >= GROUP {
            group.flush(&mut writer)?;
        }
    }
    group.flush(&mut writer)?;
    writer.close()?;
    Ok(())
}

/// What the file says of itself.
fn facts(file: &File) -> Vec<KeyValue> {
    let moment = &file.basis.moment;
    let fact = |key: &str, value: String| KeyValue::new(key.to_owned(), value);
    vec![
        fact("revision", moment.changed_in.to_string()),
        fact("digest", moment.digest.clone()),
        fact("link", file.link.clone()),
        fact("licence", file.licence.name.clone()),
        fact("licence_url", file.licence.url.clone()),
    ]
}

fn field(column: &Column) -> Result<Arc<Schema>, ParquetError> {
    let (physical, logical) = match column.holds {
        Type::Text | Type::Uri | Type::Json => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Type::Integer => (Physical::INT64, None),
        Type::Decimal => (Physical::FIXED_LEN_BYTE_ARRAY, Some(LogicalType::decimal(SCALE, PRECISION))),
        Type::Boolean => (Physical::BOOLEAN, None),
        Type::Date => (Physical::INT32, Some(LogicalType::Date)),
        Type::DateTime => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MICROS))),
        Type::Year => (Physical::INT32, None),
    };
    let mut builder = Schema::primitive_type_builder(&column.name, physical)
        .with_repetition(if column.required { Repetition::REQUIRED } else { Repetition::OPTIONAL })
        .with_logical_type(logical);
    if column.holds == Type::Decimal {
        builder = builder
            .with_precision(PRECISION)
            .with_scale(SCALE)
            .with_length(i32::try_from(DECIMAL_BYTES).unwrap_or_default());
    }
    Ok(Arc::new(builder.build()?))
}

/// Records gathered for a row group, by column.
struct Group {
    layout: Layout,
    columns: Vec<Values>,
    bytes: usize,
}

struct Values {
    cells: Cells,
    holds: Type,
    /// 1 where there is a value; kept only where there may be none.
    levels: Option<Vec<i16>>,
}

enum Cells {
    Texts(Vec<ByteArray>),
    Longs(Vec<i64>),
    Integers(Vec<i32>),
    Booleans(Vec<bool>),
    Decimals(Vec<FixedLenByteArray>),
}

impl Values {
    fn new(column: &Column) -> Values {
        let cells = match column.holds {
            Type::Text | Type::Uri | Type::Json => Cells::Texts(Vec::new()),
            Type::Integer | Type::DateTime => Cells::Longs(Vec::new()),
            Type::Date | Type::Year => Cells::Integers(Vec::new()),
            Type::Boolean => Cells::Booleans(Vec::new()),
            Type::Decimal => Cells::Decimals(Vec::new()),
        };
        Values { cells, holds: column.holds, levels: (!column.required).then(Vec::new) }
    }

    fn add(&mut self, row: &Row, index: usize, chunk: &Bytes) -> Result<(), Error> {
        let text = row.text(index)?;
        if let Some(levels) = &mut self.levels {
            levels.push(text.is_some().into());
        }
        let Some(text) = text else { return Ok(()) };
        match &mut self.cells {
            Cells::Texts(cells) => cells.push(match text {
                // A part of the chunk, which stays until the group is written.
                std::borrow::Cow::Borrowed(part) if within(chunk, part) => chunk.slice_ref(part.as_bytes()).into(),
                other => other.into_owned().into_bytes().into(),
            }),
            Cells::Longs(cells) => cells.push(match self.holds {
                Type::DateTime => DateTime::parse_from_rfc3339(&text).map_err(Error::broken)?.timestamp_micros(),
                _ => text.parse().map_err(Error::broken)?,
            }),
            Cells::Integers(cells) => cells.push(match self.holds {
                Type::Date => {
                    let day: NaiveDate = text.parse().map_err(Error::broken)?;
                    i32::try_from((day - NaiveDate::default()).num_days()).map_err(Error::broken)?
                }
                _ => text.parse().map_err(Error::broken)?,
            }),
            Cells::Booleans(cells) => cells.push(text == "true"),
            Cells::Decimals(cells) => cells.push(decimal(&text)?),
        }
        Ok(())
    }

    fn flush(&mut self, writer: &mut SerializedColumnWriter) -> Result<(), ParquetError> {
        let levels = self.levels.as_deref();
        match &mut self.cells {
            Cells::Texts(cells) => batch::<ByteArrayType>(writer, cells, levels)?,
            Cells::Longs(cells) => batch::<Int64Type>(writer, cells, levels)?,
            Cells::Integers(cells) => batch::<Int32Type>(writer, cells, levels)?,
            Cells::Booleans(cells) => batch::<BoolType>(writer, cells, levels)?,
            Cells::Decimals(cells) => batch::<FixedLenByteArrayType>(writer, cells, levels)?,
        }
        if let Some(levels) = &mut self.levels {
            levels.clear();
        }
        Ok(())
    }
}

fn batch<T: DataType>(
    writer: &mut SerializedColumnWriter,
    cells: &mut Vec<T::T>,
    levels: Option<&[i16]>,
) -> Result<(), ParquetError> {
    writer.typed::<T>().write_batch(cells, levels, None)?;
    cells.clear();
    Ok(())
}

/// Whether a text is a part of the chunk's own memory.
fn within(chunk: &Bytes, part: &str) -> bool {
    let (chunk, part) = (chunk.as_ptr_range(), part.as_bytes().as_ptr_range());
    chunk.start <= part.start && part.end <= chunk.end
}

impl Group {
    fn add(&mut self, chunk: Bytes) -> Result<(), Error> {
        let records = std::str::from_utf8(&chunk).map_err(Error::broken)?;
        for record in records.lines() {
            let row = self.layout.row(record)?;
            for (index, values) in self.columns.iter_mut().enumerate() {
                values.add(&row, index, &chunk)?;
            }
        }
        self.bytes += chunk.len();
        Ok(())
    }

    fn flush(&mut self, writer: &mut SerializedFileWriter<&mut Sink>) -> Result<(), Error> {
        if std::mem::take(&mut self.bytes) == 0 {
            return Ok(());
        }
        let mut group = writer.next_row_group()?;
        for values in &mut self.columns {
            let Some(mut column) = group.next_column()? else { return Err(Error::broken("a column is missing")) };
            values.flush(&mut column)?;
            column.close()?;
        }
        group.close()?;
        Ok(())
    }
}

/// A decimal as two's complement, most significant byte first, in units of its last place.
fn decimal(text: &str) -> Result<FixedLenByteArray, Error> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let places = usize::try_from(SCALE).unwrap_or_default();
    if part.len() > places {
        return Err(Error::broken(format!("{text} has more than {SCALE} decimals")));
    }
    let units: i128 = format!("{whole}{part:0<places$}").parse().map_err(Error::broken)?;
    let bytes = units.to_be_bytes();
    Ok(bytes.get(bytes.len() - DECIMAL_BYTES..).unwrap_or_default().to_vec().into())
}
