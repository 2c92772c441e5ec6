//! Pages as plain CSV (RFC 4180). Columns follow the kind's schema, so they are the same on every page.

use serde_json::Value;

use super::problem::{Failure, INTERNAL_ERROR};
use crate::model::kind::Kind;
use crate::model::schema;

/// Languages that have columns; JSON has all there are.
const LANGUAGES: [(&str, &str); 2] = [("zh-Hans", "zh_hans"), ("en", "en")];

/// A column: its name, and where its value is, a JSON pointer.
struct Column {
    name: String,
    pointer: String,
}

/// The columns of a kind, or of some of its members.
fn columns(kind: &Kind, fields: Option<&[String]>) -> Vec<Column> {
    let schemas = schema::served_once();
    let mut columns = Vec::new();
    let members = schemas.get(kind.type_name).and_then(|schema| schema["properties"].as_object());
    for (name, member) in members.into_iter().flatten() {
        if fields.is_none_or(|fields| fields.contains(name)) {
            add(&mut columns, name, &format!("/{name}"), member);
        }
    }
    columns
}

fn add(columns: &mut Vec<Column>, name: &str, pointer: &str, schema: &Value) {
    let target = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next());
    if target == Some("HumanText") {
        for (language, suffix) in LANGUAGES {
            columns.push(Column { name: format!("{name}_{suffix}"), pointer: format!("{pointer}/{language}") });
        }
        return;
    }
    let resolved = target.and_then(|target| schema::served_once().get(target));
    match resolved.unwrap_or(schema)["properties"].as_object() {
        Some(members) => {
            for (member, schema) in members {
                add(columns, &format!("{name}_{member}"), &format!("{pointer}/{member}"), schema);
            }
        }
        None => columns.push(Column { name: name.to_owned(), pointer: pointer.to_owned() }),
    }
}

/// A page of records as they are served.
pub fn page(kind: &Kind, bodies: impl Iterator<Item = String>, fields: Option<&[String]>) -> Result<String, Failure> {
    write(kind, bodies, fields).map_err(|error| {
        let cause = Some(format!("CSV of {}: {error}", kind.collection));
        Failure { cause, ..Failure::plain(&INTERNAL_ERROR) }
    })
}

fn write(
    kind: &Kind,
    bodies: impl Iterator<Item = String>,
    fields: Option<&[String]>,
) -> Result<String, Box<dyn std::error::Error>> {
    let columns = columns(kind, fields);
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(columns.iter().map(|column| &column.name))?;
    for body in bodies {
        let record: Value = serde_json::from_str(&body)?;
        writer.write_record(columns.iter().map(|column| cell(record.pointer(&column.pointer))))?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        // Numbers and booleans as JSON writes them; arrays as JSON in one cell.
        Some(other) => other.to_string(),
    }
}
