//! Schemas and examples of what is not a record: parameters, lists, history, index, problems.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use utoipa::{PartialSchema, ToSchema};

use super::answer::Format;
use super::documents::{self, Difference, Health, Index, Problem, Revision, Summary};
use super::endpoint::Parameter;
use super::query::{LIMIT, MAX_LIMIT};
use super::warnings;
use crate::ledger::outcome::Outcome;
use crate::ledger::warnings::Warning;
use crate::model::codes::{RevisionKind, WarningCode};
use crate::model::kind::{Accepts, Kind, MAX_INCLUDED, Test};
use crate::model::kinds::{KINDS, named};
use crate::model::schema;

pub fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// Parameters of an endpoint, put together from sets that go together.
#[derive(Default)]
pub struct ParameterSet(Vec<Parameter>);

impl ParameterSet {
    pub fn new() -> ParameterSet {
        ParameterSet::default()
    }

    fn add(mut self, name: &'static str, about: impl Into<String>, schema: Value, example: Value) -> ParameterSet {
        let example = (!example.is_null()).then_some(example);
        self.0.push(Parameter { name, about: about.into(), schema, example });
        self
    }

    /// `revision` and `as_of`.
    pub fn at(self) -> ParameterSet {
        self.add(
            "revision",
            "Answer as of this revision: its number, or the number, a hyphen and four or more digits of its digest, which refuses another history with a 410.",
            json!({"type": "string", "pattern": "^[0-9]+(-[0-9a-f]{4,64})?$"}),
            json!("1"),
        )
        .add(
            "as_of",
            "Answer as of this time: an instant with an offset (RFC 3339), or a day, which means its end in the ledger's time zone, or now if it is today.",
            json!({"type": "string"}),
            Value::Null,
        )
    }

    pub fn format(self, formats: &[Format]) -> ParameterSet {
        let names: Vec<&str> = formats.iter().map(|format| format.name()).collect();
        self.add(
            "format",
            "Format of the answer; wins over Accept.",
            json!({"type": "string", "enum": names}),
            json!("json"),
        )
    }

    pub fn paging(self) -> ParameterSet {
        self.add(
            "limit",
            format!("Items on a page, {LIMIT} unless told."),
            json!({"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": LIMIT}),
            json!(LIMIT),
        )
        .add(
            "cursor",
            "Where to go on: next of the page before, as it was. Opaque.",
            json!({"type": "string"}),
            Value::Null,
        )
    }

    pub fn count(self) -> ParameterSet {
        self.add(
            "count",
            "exact adds count, how many items all pages have.",
            json!({"type": "string", "enum": ["exact"]}),
            json!("exact"),
        )
    }

    /// What shapes the items of a kind.
    pub fn members(self, kind: &Kind) -> ParameterSet {
        let members = schema::members(kind);
        let set = self.add(
            "fields",
            "Members to keep, separated by commas; all unless told.",
            list_of(json!({"type": "string", "enum": members})),
            json!(["id"]),
        );
        if kind.includes.is_empty() {
            return set;
        }
        let names: Vec<&str> = kind.includes.iter().map(|include| include.name).collect();
        let each: String =
            kind.includes.iter().map(|include| format!(" {}: {}", include.name, include.about)).collect();
        set.add(
            "include",
            format!("Related records to embed under included, at most {MAX_INCLUDED} of each.{each}"),
            list_of(json!({"type": "string", "enum": names})),
            json!([names.first()]),
        )
    }

    /// What makes a page of a kind.
    pub fn page(self, kind: &Kind) -> ParameterSet {
        let sorts: Vec<&str> = kind.all_sorts().map(|sort| sort.name).collect();
        let both: Vec<String> = sorts.iter().flat_map(|name| [name.to_string(), format!("-{name}")]).collect();
        let default: Vec<&str> = kind.default_sort.split(',').collect();
        self.add(
            "sort",
            format!("What to sort by, separated by commas, - before a name to descend; ties go by id. {} unless told. Absent dates sort oldest.", kind.default_sort),
            list_of(json!({"type": "string", "enum": both})),
            json!(default),
        )
        .members(kind)
        .paging()
        .count()
    }

    /// The filters of a kind, but for one that the path stands for.
    pub fn filters(mut self, kind: &'static Kind, without: Option<&str>) -> ParameterSet {
        for filter in kind.all_filters().filter(|filter| Some(filter.name) != without) {
            let value = match filter.accepts {
                Accepts::Code(codes) => json!({"type": "string", "enum": codes}),
                Accepts::Integer => json!({"type": "integer", "format": "int64"}),
                Accepts::Decimal => json!({"type": "number"}),
                Accepts::Date => json!({"type": "string", "format": "date"}),
                Accepts::Division => {
                    json!({"type": "string", "pattern": "^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})$"})
                }
                _ => json!({"type": "string"}),
            };
            let many = filter.test.takes_many();
            let about = if many {
                format!("{} Several are separated by commas.", filter.about)
            } else {
                filter.about.to_owned()
            };
            let example = if filter.test == Test::Matches { json!("调解") } else { Value::Null };
            self = self.add(filter.name, about, if many { list_of(value) } else { value }, example);
        }
        self
    }

    pub fn revisions(self) -> ParameterSet {
        let instant = || json!({"type": "string", "format": "date-time"});
        self.add(
            "kind",
            "Kinds of revisions. Several are separated by commas.",
            list_of(json!({"type": "string", "enum": RevisionKind::CODES})),
            Value::Null,
        )
        .add(
            "publisher",
            "Organizations in whose name they were published. Several are separated by commas.",
            list_of(json!({"type": "string"})),
            Value::Null,
        )
        .add("published_from", "Published at this time or later.", instant(), Value::Null)
        .add("published_to", "Published at this time or earlier.", instant(), Value::Null)
    }

    pub fn warnings(self) -> ParameterSet {
        let many = |codes: &[&str]| list_of(json!({"type": "string", "enum": codes}));
        let ids = || list_of(json!({"type": "string"}));
        self.add("code", "Kinds of oddity. Several are separated by commas.", many(WarningCode::CODES), Value::Null)
            .add(
                "kind",
                "Kinds of the records that are odd. Several are separated by commas.",
                many(&warnings::KINDS),
                Value::Null,
            )
            .add("id", "Ids of the records that are odd. Several are separated by commas.", ids(), Value::Null)
            .add(
                "publisher",
                "Owners of the records that are odd. Several are separated by commas.",
                ids(),
                Value::Null,
            )
    }

    pub fn diff(self) -> ParameterSet {
        let ids = || list_of(json!({"type": "string"}));
        self.add(
            "from",
            "Revision to compare with, 0 for the empty ledger; the one before to unless told.",
            json!({"type": "integer", "format": "int64", "minimum": 0}),
            json!(1),
        )
        .add(
            "to",
            "Revision to compare; head unless told. Another name of revision.",
            json!({"type": "string"}),
            Value::Null,
        )
        .add(
            "kind",
            "Kinds of records. Several are separated by commas.",
            list_of(json!({"type": "string", "enum": KINDS.map(|kind| kind.name)})),
            Value::Null,
        )
        .add("publisher", "Owners of the records. Several are separated by commas.", ids(), Value::Null)
    }

    pub fn build(self) -> Vec<Parameter> {
        self.0
    }
}

/// An array written as one value, separated by commas (style form, explode false).
fn list_of(items: Value) -> Value {
    json!({"type": "array", "items": items})
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
    schemas.insert("RevisionList".into(), list("Revision", "Revisions, newest first."));
    schemas
}

/// Members that some types of problems add.
fn problem_members(schemas: &mut BTreeMap<String, Value>) {
    let Some(problem) = schemas.get_mut("Problem") else { return };
    let revision = |about: &str| json!({"type": "integer", "format": "int64", "minimum": 0, "description": about});
    let text = |about: &str| json!({"type": "string", "description": about});
    let members = [
        ("reason", json!({"$ref": "#/components/schemas/HumanText", "description": "record-withdrawn: why."})),
        ("withdrawn_in", revision("record-withdrawn: the revision.")),
        (
            "last_revision",
            text("record-withdrawn: link to the last revision that had it, relative to the path asked for."),
        ),
        ("redacted_in", revision("record-redacted: the revision.")),
        ("head", revision("head-moved: the newest revision.")),
        ("revision", revision("history-diverged: where the histories differ.")),
        ("digest", text("history-diverged: this ledger's digest there.")),
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

/// A page of differences says between which revisions.
fn differences() -> Value {
    let mut page = list("Difference", "What changed between two revisions.");
    for (name, about) in [("from", "Revision compared with."), ("to", "Revision compared.")] {
        page["properties"][name] = json!({"type": "integer", "format": "int64", "minimum": 0, "description": about});
    }
    page["required"] = json!(["from", "to", "data", "changed_in", "next"]);
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
            "message": {"$ref": "#/components/schemas/HumanText", "description": "What is published and why."},
            "publisher": {"$ref": "#/components/schemas/RecordId", "description": "Organization in whose name it is published."},
            "records": {"type": "object", "description": "Whole records by collection.", "properties": KINDS.iter().map(|kind| record(kind)).collect::<Map<String, Value>>()},
            "patch": entry("Members to change in records that are there.", &["set"], json!({
                "set": {"type": "object", "description": "Members and their new values; null takes a member out."},
                "change_kind": change_kind(), "if_revision": if_revision(),
            })),
            "withdraw": entry("Records to withdraw.", &["reason"], json!({
                "reason": reference("HumanText"), "change_kind": change_kind(), "if_revision": if_revision(),
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
        (Summary::name(), Summary::schema()),
        (Revision::name(), Revision::schema()),
        (Problem::name(), Problem::schema()),
        (Health::name(), Health::schema()),
        (Outcome::name(), Outcome::schema()),
        (Warning::name(), Warning::schema()),
        (Difference::name(), Difference::schema()),
    ] {
        found.push((name.into_owned(), schema));
    }
    Index::schemas(&mut found);
    Summary::schemas(&mut found);
    Revision::schemas(&mut found);
    Problem::schemas(&mut found);
    Outcome::schemas(&mut found);
    Warning::schemas(&mut found);
    Difference::schemas(&mut found);
    schema::values(found)
}

/// The example of a schema that stands for itself.
pub fn example(name: &str) -> Value {
    match name {
        "WarningList" => json!({"data": [documents::example("Warning")], "changed_in": 2, "next": null}),
        "DifferenceList" => {
            json!({"from": 1, "to": 2, "data": [documents::example("Difference")], "changed_in": 2, "next": null})
        }
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
