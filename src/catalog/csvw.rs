//! Metadata of a kind's CSV: CSV on the Web (W3C Recommendation of 2015), found at the CSV's address with
//! `-metadata.json` after it.

use serde_json::{Value, json};

use super::{Licence, words};
use crate::model::columns::{self, Column, Type};
use crate::model::kind::Kind;

/// Describes the CSV of a kind, at a revision where one was asked for. Addresses are relative to it.
pub fn describe(kind: &Kind, revision: Option<i64>, licence: &Licence) -> Value {
    let query = revision.map(|revision| format!("?revision={revision}")).unwrap_or_default();
    let columns: Vec<Value> = columns::of(kind).iter().map(column).collect();
    let human = |text: crate::model::text::HumanText| -> Vec<Value> {
        text.0.into_iter().map(|(language, text)| json!({"@value": text, "@language": language})).collect()
    };
    json!({
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "url": format!("{}.csv{query}", kind.collection),
        "dc:title": human(words::title(kind)),
        "dc:description": human(words::description(kind)),
        "dc:license": {"@id": licence.url},
        "dialect": {
            "encoding": "utf-8", "delimiter": ",", "quoteChar": "\"", "doubleQuote": true, "header": true,
            "headerRowCount": 1, "lineTerminators": ["\r\n", "\n"],
        },
        "tableSchema": {
            "columns": columns,
            "primaryKey": "id",
            "rowTitles": "id",
            "aboutUrl": format!("../{}/{{id}}{query}", kind.collection),
        },
    })
}

fn column(column: &Column) -> Value {
    let base = match column.holds {
        Type::Text => "string",
        Type::Integer => "integer",
        Type::Decimal => "decimal",
        Type::Boolean => "boolean",
        Type::Date => "date",
        Type::DateTime => "dateTime",
        Type::Year => "gYear",
        Type::Uri => "anyURI",
        Type::Json => "json",
    };
    let datatype =
        if column.codes.is_empty() { json!(base) } else { json!({"base": base, "format": column.codes.join("|")}) };
    let mut description = json!({
        "name": column.name,
        "titles": {"en": column.name, "zh-Hans": column.title_zh},
        "dc:description": [
            {"@value": column.about_en, "@language": "en"},
            {"@value": column.about_zh, "@language": "zh-Hans"},
        ],
        "datatype": datatype,
        "required": column.required,
        "null": "",
    });
    if let Some(language) = column.language {
        description["lang"] = language.into();
    }
    description
}
