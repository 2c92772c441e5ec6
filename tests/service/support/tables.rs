//! Files of tables, read back as rows of text. `./dev test` has other programs read them as well.

use std::collections::BTreeMap;
use std::io::Read;

use open_commitments::model::columns::{self, Column, Place, Type};
use open_commitments::model::kind::Kind;
use parquet::basic::LogicalType;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::Value;

/// Rows as text by column; cells without a value are absent.
pub type Rows = Vec<BTreeMap<String, String>>;

/// What the columns of records are to hold, from their JSON.
pub fn expected(kind: &Kind, records: &[Value]) -> Rows {
    let cell = |record: &Value, column: &Column| -> Option<String> {
        let value = match &column.place {
            Place::Member(path) => path.iter().try_fold(record, |value, name| value.get(name))?.clone(),
            Place::OtherLanguages(texts) => others(record, texts)?,
        };
        Some(match value {
            Value::String(text) => text,
            other => other.to_string(),
        })
    };
    let row = |record: &Value| {
        columns::of(kind).iter().filter_map(|column| Some((column.name.clone(), cell(record, column)?))).collect()
    };
    records.iter().map(row).collect()
}

fn others(record: &Value, texts: &[Vec<String>]) -> Option<Value> {
    let mut found = serde_json::Map::new();
    for path in texts {
        let text = path.iter().try_fold(record, |value, name| value.get(name)).and_then(Value::as_object);
        let mut text = text.cloned().unwrap_or_default();
        text.retain(|language, _| language != "zh-Hans" && language != "en");
        if !text.is_empty() {
            found.insert(path.join("_"), text.into());
        }
    }
    (!found.is_empty()).then(|| found.into())
}

pub fn csv(text: &str) -> Rows {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().expect("a header").clone();
    let row = |row: csv::StringRecord| {
        let cells = header.iter().zip(row.iter()).filter(|(_, cell)| !cell.is_empty());
        cells.map(|(name, cell)| (name.to_owned(), cell.to_owned())).collect()
    };
    reader.records().map(|record| row(record.expect("a row"))).collect()
}

pub fn parquet(bytes: &[u8]) -> Rows {
    let reader = SerializedFileReader::new(bytes::Bytes::from(bytes.to_vec())).expect("a Parquet file");
    let days = day_columns(&reader);
    let text = |name: &str, field: &Field| match field {
        Field::Null => None,
        Field::Bool(value) => Some(value.to_string()),
        Field::Int(value) => Some(value.to_string()),
        Field::Long(value) => Some(value.to_string()),
        Field::Str(value) => Some(value.clone()),
        Field::Date(days_since) => {
            assert!(days.contains(&name.to_owned()), "{name}");
            let day = chrono::NaiveDate::default() + chrono::TimeDelta::days((*days_since).into());
            Some(day.to_string())
        }
        Field::Decimal(value) => {
            let units = value
                .data()
                .iter()
                .fold(if value.data()[0] > 127 { -1i128 } else { 0 }, |units, byte| units << 8 | i128::from(*byte));
            assert_eq!((value.precision(), value.scale()), (19, 4));
            let sign = if units < 0 { "-" } else { "" };
            let text = format!("{sign}{}.{:04}", units.abs() / 10_000, units.abs() % 10_000);
            Some(text.trim_end_matches('0').trim_end_matches('.').to_owned())
        }
        other => panic!("{name}: {other:?}"),
    };
    let rows = reader.get_row_iter(None).expect("rows");
    rows.map(|row| {
        let row = row.expect("a row");
        row.get_column_iter().filter_map(|(name, field)| Some((name.clone(), text(name, field)?))).collect()
    })
    .collect()
}

fn day_columns(reader: &SerializedFileReader<bytes::Bytes>) -> Vec<String> {
    let schema = reader.metadata().file_metadata().schema_descr();
    let days = schema.columns().iter().filter(|column| column.logical_type_ref() == Some(&LogicalType::Date));
    days.map(|column| column.name().to_owned()).collect()
}

/// The first sheet of a workbook whose strings stand in the cells or are shared. Days are numbers there.
pub fn xlsx(kind: &Kind, bytes: &[u8]) -> Rows {
    let mut sheets = sheets(bytes).into_iter();
    let mut rows = sheets.next().expect("a sheet").into_iter();
    let header = rows.next().expect("a header");
    let holds = |name: &str| columns::of(kind).iter().find(|column| column.name == name).map(|column| column.holds);
    rows.map(|row| {
        let cell = |(place, (is_text, text)): (usize, (bool, String))| {
            let name = header[&place].1.clone();
            let numeric =
                matches!(holds(&name), Some(Type::Integer | Type::Decimal | Type::Year | Type::Date | Type::Boolean));
            assert_eq!(is_text, !numeric, "{name}: {text}");
            let text = match holds(&name) {
                Some(Type::Date) => {
                    let days = text.parse::<u64>().expect("days");
                    (chrono::NaiveDate::from_ymd_opt(1899, 12, 30).expect("a day") + chrono::Days::new(days))
                        .to_string()
                }
                Some(Type::Boolean) => (text == "1").to_string(),
                _ => text,
            };
            (name, text)
        };
        row.into_iter().map(cell).collect()
    })
    .collect()
}

/// Cells by column of the rows of each sheet, with whether they are text.
pub fn sheets(bytes: &[u8]) -> Vec<Vec<BTreeMap<usize, (bool, String)>>> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("an archive");
    let mut part = |name: &str| {
        let mut text = String::new();
        archive.by_name(name).ok()?.read_to_string(&mut text).expect("UTF-8");
        Some(text)
    };
    let shared: Vec<String> = part("xl/sharedStrings.xml").map(|xml| texts(&xml, "si")).unwrap_or_default();
    let mut sheets = Vec::new();
    while let Some(xml) = part(&format!("xl/worksheets/sheet{}.xml", sheets.len() + 1)) {
        sheets.push(rows(&xml, &shared));
    }
    sheets
}

fn rows(xml: &str, shared: &[String]) -> Vec<BTreeMap<usize, (bool, String)>> {
    let mut rows = Vec::new();
    for row in xml.split("<row ").skip(1) {
        let mut cells = BTreeMap::new();
        for cell in row.split("<c ").skip(1) {
            let head = cell.split('>').next().expect("a tag");
            let attribute =
                |name: &str| head.split(&format!("{name}=\"")).nth(1).and_then(|rest| rest.split('"').next());
            let place = attribute("r").expect("a place").bytes().take_while(u8::is_ascii_uppercase);
            let place = place.fold(0, |place, letter| place * 26 + usize::from(letter - b'A') + 1) - 1;
            let inner = |tag: &str| {
                let start = cell.find(&format!("<{tag}>")).or_else(|| cell.find(&format!("<{tag} ")))?;
                let rest = cell[start..].split_once('>')?.1;
                Some(unescaped(rest.split(&format!("</{tag}>")).next()?))
            };
            let value = match attribute("t") {
                Some("s") => (true, shared[inner("v").expect("a number").parse::<usize>().expect("a number")].clone()),
                Some("inlineStr" | "str") => (true, inner("t").or_else(|| inner("v")).expect("a text")),
                _ => (false, inner("v").expect("a value")),
            };
            cells.insert(place, value);
        }
        rows.push(cells);
    }
    rows
}

fn texts(xml: &str, tag: &str) -> Vec<String> {
    let opening = format!("<{tag}>");
    xml.split(&opening)
        .skip(1)
        .map(|part| {
            let start = part.find("<t").expect("a text");
            let rest = part[start..].split_once('>').expect("a tag").1;
            unescaped(rest.split("</t>").next().expect("a text"))
        })
        .collect()
}

/// Text of XML; Excel writes carriage returns and the like as _x000D_.
fn unescaped(xml: &str) -> String {
    let text = xml.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
    text.replace("_x000D_", "\r")
}
