//! Descriptors of tables: Data Package 2.0 and Table Schema 2.0 (datapackage.org).

use serde_json::{Map, Value, json};

use super::Licence;
use crate::db::read::chunks::Basis;
use crate::model::columns::{self, Column, Place, Type};
use crate::model::kind::Kind;
use crate::model::kinds::named;

/// A table of a package.
pub struct Resource {
    pub kind: &'static Kind,
    /// Where its CSV is, relative to the descriptor.
    pub path: String,
    /// Its bytes and their SHA-256 in hexadecimal, where they are known.
    pub content: Option<(u64, String)>,
}

/// The descriptor of a package.
pub fn describe(basis: &Basis, licence: &Licence, link: &str, resources: Vec<Resource>) -> Value {
    let mut package = json!({
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "open-commitments",
        "title": "Open Commitments",
        "description": "Public commitments, progress reports and key metrics, all from one revision of a ledger.",
        "homepage": link,
        "version": basis.moment.changed_in.to_string(),
        "licenses": [{"name": licence.name, "path": licence.url, "title": licence.name}],
        // Beyond the standard: what proves that the tables are those of the ledger's revision.
        "revision": basis.moment.changed_in,
        "revisionDigest": basis.moment.digest,
        "resources": resources.into_iter().map(resource).collect::<Vec<Value>>(),
    });
    if let Some(time) = basis.published_at {
        package["created"] = time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true).into();
    }
    package
}

fn resource(resource: Resource) -> Value {
    let Resource { kind, path, content } = resource;
    let mut description = json!({
        "name": kind.collection,
        "type": "table",
        "path": path,
        "description": kind.about,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": table_schema(kind),
    });
    if let Some((bytes, sha256)) = content {
        description["bytes"] = bytes.into();
        description["hash"] = format!("sha256:{sha256}").into();
    }
    description
}

/// The Table Schema of a kind. It has no foreign keys: the record an id names may be withdrawn or redacted
/// while those that name it stay, which would make good tables invalid. `refersTo` names the table instead.
pub fn table_schema(kind: &Kind) -> Value {
    let fields: Vec<Value> = columns::of(kind).iter().map(field).collect();
    json!({
        "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
        "fields": fields,
        "primaryKey": ["id"],
        "missingValues": [""],
    })
}

fn field(column: &Column) -> Value {
    let (name, format) = match column.holds {
        Type::Text => ("string", None),
        Type::Integer => ("integer", None),
        Type::Decimal => ("number", None),
        Type::Boolean => ("boolean", None),
        Type::Date => ("date", None),
        Type::DateTime => ("datetime", None),
        Type::Year => ("year", None),
        Type::Uri => ("string", Some("uri")),
        Type::Json if matches!(column.place, Place::OtherLanguages(_)) => ("object", None),
        Type::Json => ("array", None),
    };
    let mut field = json!({
        "name": column.name,
        "type": name,
        "title": column.title_zh,
        "description": format!("{} {}", column.about_en, column.about_zh),
    });
    if let Some(format) = format {
        field["format"] = format.into();
    }
    let mut constraints = Map::new();
    if column.required {
        constraints.insert("required".into(), true.into());
    }
    if !column.codes.is_empty() {
        constraints.insert("enum".into(), json!(column.codes));
    }
    if column.name == "id" {
        constraints.insert("unique".into(), true.into());
    }
    if !constraints.is_empty() {
        field["constraints"] = constraints.into();
    }
    if let Some(kind) = column.refers_to.and_then(named) {
        field["refersTo"] = kind.collection.into();
    }
    field
}
