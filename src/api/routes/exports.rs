//! Exports: every record of a kind, or everything, as a file.

use super::JSON;
use crate::api::endpoint::{Endpoint, answered, responded};
use crate::api::parameters::ParameterSet;
use crate::api::problem::{EXPORT_BUSY, EXPORT_NO_ROOM, ProblemType, RANGE_NOT_SATISFIABLE, TOO_MANY_ROWS};
use crate::api::{exports, schemas};
use crate::export::format::Format;
use crate::model::kind::Kind;

const ZIP: &[Format] = &[Format::Zip];
static FILE_PROBLEMS: &[&ProblemType] = &[&RANGE_NOT_SATISFIABLE, &TOO_MANY_ROWS, &EXPORT_BUSY, &EXPORT_NO_ROOM];
static PACKAGE_PROBLEMS: &[&ProblemType] = &[&RANGE_NOT_SATISFIABLE, &EXPORT_BUSY, &EXPORT_NO_ROOM];

pub fn export(kind: &'static Kind) -> Endpoint {
    Endpoint {
        path: format!("/v1/exports/{}.{{format}}", kind.collection),
        operation_id: format!("export_{}", kind.collection),
        tag: "exports",
        summary: format!("All {} as a file", kind.collection),
        description: format!(
            "All records that the filters leave, in the order of /v1/{}. At a revision the file has a length, a Repr-Digest (RFC 9530) and a strong \
             ETag, and Range gets parts of it; the first request writes it, and may be told to come back (503, export-busy). At head it is sent while it \
             is read; xlsx and parquet are written first in any case.",
            kind.collection
        ),
        id: None,
        parameters: ParameterSet::new().filters(kind, None).fields(kind).tables().at().build(),
        formats: exports::FORMATS,
        answer: schemas::reference(&format!("{}List", kind.type_name)),
        example: schemas::list_example(kind),
        problems: FILE_PROBLEMS,
        kind: Some(kind),
        handler: |request| responded(exports::read(request)),
    }
}

pub fn everything() -> Endpoint {
    Endpoint {
        path: "/v1/exports/all.zip".into(),
        operation_id: "export_all".into(),
        tag: "exports",
        summary: "Everything as one Data Package".into(),
        description:
            "A ZIP archive with a CSV for each kind and datapackage.json (Data Package 2.0), all of one revision."
                .into(),
        id: None,
        parameters: ParameterSet::new().at().build(),
        formats: ZIP,
        answer: serde_json::Value::Null,
        example: serde_json::Value::Null,
        problems: PACKAGE_PROBLEMS,
        kind: None,
        handler: |request| responded(exports::everything(request)),
    }
}

pub fn descriptor() -> Endpoint {
    Endpoint {
        path: "/datapackage.json".into(),
        operation_id: "get_datapackage".into(),
        tag: "exports",
        summary: "The CSV exports as a Data Package".into(),
        description: "A descriptor (Data Package 2.0) with a Table Schema for each kind. The tables it links to are of one revision.".into(),
        id: None,
        parameters: ParameterSet::new().at().format(JSON).build(),
        formats: JSON,
        answer: schemas::reference("DataPackage"),
        example: exports::descriptor_example(),
        problems: &[],
        kind: None,
        handler: |request| answered(exports::descriptor(request)),
    }
}
