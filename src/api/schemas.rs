//! Schemas and examples of what is not a record: parameters, lists, history, index, problems.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use utoipa::{PartialSchema, ToSchema};

use super::compare::document::{self as comparison, Comparison};
use super::documents::{self, Difference, Health, Index, Problem, Revision, Summary};
use super::figure::document::{Badge, Figure};
use super::oembed::OEmbed;
use super::search::{self, SearchHit};
use crate::catalog::meta::{self, Meta};
use crate::db::read::search::CANDIDATES;
use crate::ledger::outcome::Outcome;
use crate::ledger::warnings::Warning;
use crate::model::kind::{Kind, MAX_INCLUDED};
use crate::model::kinds::{KINDS, named};
use crate::model::publication::MAX_WORDS;
use crate::model::schema;

pub fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// Every schema of the document.
pub fn all() -> BTreeMap<String, Value> {
    let mut schemas = schema::served();
    let bodies = schema::sent();
    for kind in KINDS {
        let name = kind.type_name;
        if let Some(body) = bodies.get(name) {
            let mut body = body.clone();
            body["description"] =
                format!("A {} as it was published: without members derived from other records.", kind.name).into();
            schemas.insert(format!("{name}Body"), body);
        }
        if let Some(schema) = schemas.get_mut(name).filter(|_| !kind.includes.is_empty()) {
            schema["properties"]["included"] = reference(&format!("{name}Included"));
        }
        if !kind.includes.is_empty() {
            schemas.insert(format!("{name}Included"), included(kind));
        }
        schemas.insert(format!("{name}List"), list(name, kind.about));
        schemas
            .insert(format!("{name}History"), list(&format!("{name}Version"), "Versions of one record, newest first."));
        schemas.insert(format!("{name}Version"), version(name));
    }
    schemas.insert("Publication".into(), publication());
    schemas.extend(documents());
    problem_members(&mut schemas);
    schemas.insert("WarningList".into(), list("Warning", "What does not add up."));
    schemas.insert("DifferenceList".into(), differences());
    schemas.insert("SearchList".into(), hits());
    schemas.insert("FeedChange".into(), change());
    schemas.insert("ChangeList".into(), changes());
    schemas.insert("DataPackage".into(), data_package());
    schemas.insert("RevisionList".into(), list("Revision", "Revisions, newest first."));
    schemas
}

/// What readers of the descriptor need to know; datapackage.org has the rest.
fn data_package() -> Value {
    let text = |about: &str| json!({"type": "string", "description": about});
    json!({
        "type": "object",
        "description": "A Data Package descriptor (datapackage.org, version 2.0).",
        "required": ["name", "version", "licenses", "resources"],
        "properties": {
            "name": text("Short name of the package."),
            "version": text("Revision that last changed the data."),
            "created": text("When it was published, RFC 3339."),
            "licenses": {"type": "array", "items": {"type": "object"}, "description": "Licence of the data: name and path."},
            "resources": {"type": "array", "items": {"type": "object"}, "description": "The tables: name, path relative to the descriptor, and schema (Table Schema 2.0)."},
        },
    })
}

/// Members that some types of problems add.
fn problem_members(schemas: &mut BTreeMap<String, Value>) {
    let Some(problem) = schemas.get_mut("Problem") else { return };
    let revision = |about: &str| json!({"type": "integer", "format": "int64", "minimum": 0, "description": about});
    let text = |about: &str| json!({"type": "string", "description": about});
    let texts = |about: &str| json!({"type": "array", "items": {"type": "string"}, "description": about});
    let members = [
        ("reason", json!({"$ref": "#/components/schemas/HumanText", "description": "record-withdrawn: why."})),
        ("withdrawn_in", revision("record-withdrawn: the revision.")),
        (
            "last_revision",
            text("record-withdrawn: link to the last revision that had it, relative to the path asked for."),
        ),
        ("redacted_in", revision("record-redacted: the revision.")),
        ("head", revision("head-moved, mirror-behind, history-diverged: the newest revision.")),
        ("head_digest", text("history-diverged: this ledger's digest at head.")),
        ("revision", revision("history-diverged: where the histories differ.")),
        ("digest", text("history-diverged: this ledger's digest there.")),
        ("upstream", text("read-only-copy: address of the ledger that this one is a copy of.")),
        (
            "available",
            json!({
                "type": "object", "description": "no-such-figure: what there is.",
                "properties": {
                    "period": texts("Periods that have a figure."),
                    "subject": texts("Organizations that one is about."),
                    "division": texts("Codes of areas that have one."),
                    "scope": texts("Whose figures there are, as printed."),
                },
            }),
        ),
        ("characters", texts("font-missing: characters that no font here has, such as U+4E00.")),
        ("observation", text("record-withdrawn, record-redacted: id of the observation that was embedded.")),
        ("violated-policies", texts("too-many-requests: names of the limits that were reached.")),
    ];
    for (name, schema) in members {
        problem["properties"][name] = schema;
    }
}

fn included(kind: &Kind) -> Value {
    let member = |include: &crate::model::kind::Include| {
        let target = reference(named(include.kind).map_or("Organization", |kind| kind.type_name));
        let mut schema =
            if include.many { json!({"type": "array", "maxItems": MAX_INCLUDED, "items": target}) } else { target };
        schema["description"] = include.about.into();
        (include.name.to_owned(), schema)
    };
    let properties: Map<String, Value> = kind.includes.iter().map(member).collect();
    json!({"type": "object", "description": "Related records, as include= asked for them.", "properties": properties})
}

fn list(item: &str, about: &str) -> Value {
    json!({
        "type": "object",
        "description": format!("A page. {about}"),
        "required": ["data", "changed_in", "next"],
        "properties": {
            "data": {"type": "array", "description": "The items.", "items": reference(item)},
            "changed_in": {"type": "integer", "format": "int64", "minimum": 0, "description": "Newest revision that changed what the list reads."},
            "next": {"type": ["string", "null"], "description": "Cursor of the next page; null on the last one."},
            "count": {"type": "integer", "format": "int64", "minimum": 0, "description": "How many items all pages have, with count=exact."},
        },
    })
}

/// One change of the feed.
fn change() -> Value {
    let number = |about: &str| json!({"type": "integer", "format": "int64", "minimum": 1, "description": about});
    let records: Vec<Value> = KINDS.iter().map(|kind| reference(&format!("{}Body", kind.type_name))).collect();
    json!({
        "type": "object",
        "description": "One change, with all that its revision's digest covers of it.",
        "required": ["revision", "seq", "kind", "id", "op", "change_kind", "record_digest"],
        "properties": {
            "revision": number("Revision that made it."),
            "seq": number("Its place in the revision, from 1."),
            "kind": {"type": "string", "enum": KINDS.map(|kind| kind.name), "description": "Kind of the record."},
            "id": reference("RecordId"),
            "op": {"type": "string", "enum": ["upsert", "withdraw", "redact", "leave"], "description":
                "upsert: the record is this from now on. withdraw: it is gone, record says why. redact: it is gone from every revision. leave: it is no longer in the programmes asked for."},
            "change_kind": {"$ref": "#/components/schemas/RevisionKind", "description": "Why this record changed."},
            "record_digest": {"$ref": "#/components/schemas/Sha256Hex", "description": "SHA-256 of salt (16 bytes) and record (RFC 8785, UTF-8)."},
            "salt": {"type": "string", "pattern": "^[0-9a-f]{32}$", "description": "16 random bytes in hexadecimal; gone with a redaction."},
            "record": {
                "description": "What was hashed, exactly as it stands: of an upsert the record, of a withdrawal id and reason, of a redaction the id. Gone with a redaction.",
                "anyOf": records.into_iter().chain([json!({"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "description": "Id of the record."}, "reason": reference("HumanText")}})]).collect::<Vec<_>>(),
            },
            "redacted_in": number("Revision that removed salt and record."),
            "changed_in": number("Revision of the record's own last change, where it comes into the programmes asked for, or leaves them, with its commitment."),
        },
    })
}

/// A page of the feed.
fn changes() -> Value {
    let flag = |about: &str| json!({"type": "boolean", "description": about});
    json!({
        "type": "object",
        "description": "A page of the change feed.",
        "required": ["data", "revisions", "through", "complete", "caught_up", "snapshot", "next"],
        "properties": {
            "data": {"type": "array", "description": "Changes in order; in a snapshot the records there are, by kind and id.", "items": reference("FeedChange")},
            "revisions": {"type": "array", "description": "Headers of the revisions of these changes, and of the one the page ends in.", "items": reference("Revision")},
            "through": {"type": "integer", "format": "int64", "minimum": 0, "description": "Revision the page ends in; of a snapshot the revision it is of."},
            "complete": flag("Whether the page ends with the end of that revision, or of the snapshot."),
            "caught_up": flag("Whether there is nothing more for now."),
            "snapshot": flag("Whether data are records there are rather than changes."),
            "next": {"type": "string", "description": "Where to go on: send it as cursor. Never expires."},
        },
    })
}

/// A page of differences says between which revisions.
fn differences() -> Value {
    let mut page = list("Difference", "What changed between two revisions.");
    for (name, about) in [("from", "Revision compared with."), ("to", "Revision compared.")] {
        page["properties"][name] = json!({"type": "integer", "format": "int64", "minimum": 0, "description": about});
    }
    page["required"] = json!(["from", "to", "data", "changed_in", "next"]);
    page
}

/// A page of hits says whether there may be more.
fn hits() -> Value {
    let mut page = list("SearchHit", "What was found, best first.");
    page["properties"]["complete"] = json!({"type": "boolean", "description": format!(
        "Whether all that matches is on these pages. False where {CANDIDATES} or more records of one kind match: the newest {CANDIDATES} of each kind are ranked then. Narrow the search to see others."
    )});
    page["required"] = json!(["complete", "data", "changed_in", "next"]);
    page
}

/// What publishers send.
fn publication() -> Value {
    let record = |kind: &Kind| {
        let mut body = reference(&format!("{}Body", kind.type_name));
        body["description"] = "publisher may be left out, and is the publication's then.".into();
        (kind.collection.to_owned(), json!({"type": "array", "description": kind.about, "items": body}))
    };
    let entry = |about: &str, required: &[&str], more: Value| {
        let mut properties = json!({
            "kind": {"type": "string", "enum": KINDS.map(|kind| kind.name), "description": "Kind of the record."},
            "id": reference("RecordId"),
        });
        for (name, schema) in more.as_object().into_iter().flatten() {
            properties[name] = schema.clone();
        }
        let required: Vec<&str> = ["kind", "id"].iter().chain(required).copied().collect();
        json!({"type": "array", "description": about, "items": {"type": "object", "required": required, "properties": properties}})
    };
    let change_kind = || json!({"$ref": "#/components/schemas/RevisionKind", "description": "Why this one changes, where not for the publication's kind."});
    let if_revision = || json!({"type": "integer", "format": "int64", "minimum": 1, "description": "changed_in of the record as it was seen; a later change refuses the publication."});
    json!({
        "type": "object",
        "description": "One publication.",
        "required": ["kind", "message", "publisher"],
        "properties": {
            "kind": reference("RevisionKind"),
            "message": {"$ref": "#/components/schemas/HumanText", "description": format!("What is published and why. Of at most {MAX_WORDS} bytes, in all languages together.")},
            "publisher": {"$ref": "#/components/schemas/RecordId", "description": "Organization in whose name it is published."},
            "records": {"type": "object", "description": "Whole records by collection.", "properties": KINDS.iter().map(|kind| record(kind)).collect::<Map<String, Value>>()},
            "patch": entry("Members to change in records that are there.", &["set"], json!({
                "set": {"type": "object", "description": "Members and their new values; null takes a member out."},
                "change_kind": change_kind(), "if_revision": if_revision(),
            })),
            "withdraw": entry("Records to withdraw.", &["reason"], json!({
                "reason": {"$ref": "#/components/schemas/HumanText", "description": format!("Why. Of at most {MAX_WORDS} bytes, in all languages together.")},
                "change_kind": change_kind(), "if_revision": if_revision(),
            })),
            "redact": entry("Records to take out of all history, in a publication of kind redaction with nothing else.", &[], json!({})),
        },
        "additionalProperties": false,
        "example": {"kind": "transcription_correction", "message": {"en": "A digit was swapped"}, "publisher": "sd-justice",
            "patch": [{"kind": "observation", "id": "mediation-cases-2020-s1", "set": {"value": 29465}, "if_revision": 1}]},
    })
}

fn version(name: &str) -> Value {
    json!({
        "type": "object",
        "description": "One change of a record.",
        "required": ["revision_from", "op", "change_kind"],
        "properties": {
            "revision_from": {"type": "integer", "format": "int64", "minimum": 1, "description": "Revision of the change."},
            "revision_to": {"type": "integer", "format": "int64", "minimum": 2, "description": "Revision of the next change, where there is one."},
            "superseded_by": {
                "type": "object", "description": "That change: what took the place of this version, and why.",
                "required": ["revision", "op", "change_kind"],
                "properties": {
                    "revision": {"type": "integer", "format": "int64", "minimum": 2, "description": "Its revision."},
                    "op": {"type": "string", "enum": ["upsert", "withdraw", "redact"], "description": "What happened."},
                    "change_kind": {"$ref": "#/components/schemas/RevisionKind", "description": "Of what kind it was."},
                    "message": {"$ref": "#/components/schemas/HumanText", "description": "Message of its revision."},
                    "reason": {"$ref": "#/components/schemas/HumanText", "description": "Why the record was withdrawn."},
                },
            },
            "op": {"type": "string", "enum": ["upsert", "withdraw", "redact"], "description": "What happened."},
            "change_kind": {"$ref": "#/components/schemas/RevisionKind", "description": "Why."},
            "message": {"$ref": "#/components/schemas/HumanText", "description": "Message of the revision, where the record was published or redacted."},
            "reason": {"$ref": "#/components/schemas/HumanText", "description": "Why it was withdrawn."},
            "redacted_in": {"type": "integer", "format": "int64", "description": "Revision that removed the content of this version."},
            "changed": {"type": "array", "items": {"type": "string"}, "description": "JSON pointers (RFC 6901) of what differs from the version before."},
            "record": {"$ref": format!("#/components/schemas/{name}Body"), "description": "The record as it was published."},
        },
    })
}

/// Schemas of answers that are no records.
fn documents() -> BTreeMap<String, Value> {
    let mut found = Vec::new();
    for (name, schema) in [
        (Index::name(), Index::schema()),
        (Meta::name(), Meta::schema()),
        (Summary::name(), Summary::schema()),
        (Revision::name(), Revision::schema()),
        (Problem::name(), Problem::schema()),
        (Health::name(), Health::schema()),
        (Outcome::name(), Outcome::schema()),
        (Warning::name(), Warning::schema()),
        (Difference::name(), Difference::schema()),
        (SearchHit::name(), SearchHit::schema()),
        (Figure::name(), Figure::schema()),
        (Badge::name(), Badge::schema()),
        (Comparison::name(), Comparison::schema()),
        (OEmbed::name(), OEmbed::schema()),
    ] {
        found.push((name.into_owned(), schema));
    }
    Index::schemas(&mut found);
    Meta::schemas(&mut found);
    Summary::schemas(&mut found);
    Revision::schemas(&mut found);
    Problem::schemas(&mut found);
    Health::schemas(&mut found);
    Outcome::schemas(&mut found);
    Warning::schemas(&mut found);
    Difference::schemas(&mut found);
    SearchHit::schemas(&mut found);
    Figure::schemas(&mut found);
    Comparison::schemas(&mut found);
    schema::values(found)
}

/// The example of a schema that stands for itself.
pub fn example(name: &str) -> Value {
    match name {
        "WarningList" => json!({"data": [documents::example("Warning")], "changed_in": 2, "next": null}),
        "DifferenceList" => {
            json!({"from": 1, "to": 2, "data": [documents::example("Difference")], "changed_in": 2, "next": null})
        }
        "ChangeList" => json!({
            "data": [{"revision": 1, "seq": 1, "kind": "organization", "id": "sd-justice", "op": "upsert", "change_kind": "new_data",
                "record_digest": "5f2a0c4f5b1b7a0f4b7d3c1e9a8b6c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f0a9b", "salt": "00112233445566778899aabbccddeeff",
                "record": {"id": "sd-justice", "publisher": "sd-justice", "name": {"en": "Department of Justice"}}}],
            "revisions": [documents::example("Revision")], "through": 1, "complete": false, "caught_up": false, "snapshot": false, "next": "WzEsMV0",
        }),
        "SearchList" => json!({"complete": true, "data": [search::example()], "changed_in": 1, "next": null}),
        "Comparison" => comparison::example(),
        "Meta" => meta::example(),
        "RevisionList" => json!({"data": [documents::example("Revision")], "changed_in": 1, "next": null}),
        _ => documents::example(name),
    }
}

pub fn record_example(kind: &Kind) -> Value {
    serde_json::from_str(kind.example).unwrap_or_default()
}

pub fn list_example(kind: &Kind) -> Value {
    json!({"data": [record_example(kind)], "changed_in": 1, "next": null})
}

pub fn history_example(kind: &Kind) -> Value {
    let mut body = record_example(kind);
    for derived in kind.all_derived() {
        body.as_object_mut().map(|members| members.remove(derived.name));
    }
    let version = json!({"revision_from": 1, "op": "upsert", "change_kind": "new_data", "message": {"en": "First publication"}, "record": body});
    json!({"data": [version], "changed_in": 1, "next": null})
}
