//! Answers that are not records, with their schemas and examples.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::ledger::outcome::MemberChange;
use crate::model::codes::{Effect, RevisionKind, Status};
use crate::model::kinds::metric::Unit;
use crate::model::text::{Day, Decimal, HumanText, PeriodText, RecordId, Sha256Hex};

/// Identity of the ledger and what can be asked.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Index {
    /// UUID of the ledger; digest(0) is the SHA-256 of its text.
    #[schema(format = "uuid")]
    pub ledger: String,
    /// IANA zone in which a bare date ends.
    pub time_zone: String,
    /// The revision this answer is of: head unless told; 0 in an empty ledger.
    #[schema(minimum = 0)]
    pub revision: i64,
    /// Its digest.
    pub digest: Sha256Hex,
    /// Its time, UTC with six decimals.
    #[schema(format = "date-time")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published_at: Option<String>,
    /// Links to the lists of records.
    pub collections: BTreeMap<String, String>,
    /// Link to what is here, how much and how new.
    pub meta: String,
    /// Link to the summary.
    pub summary: String,
    /// Link to the search.
    pub search: String,
    /// Link to the revisions.
    pub revisions: String,
    /// Link to the OpenAPI document.
    pub openapi: String,
    /// Link to the documentation to try things in.
    pub docs: String,
    /// Links to try, relative to this document.
    pub examples: Vec<IndexExample>,
}

/// A link to try.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct IndexExample {
    /// What it shows.
    pub about: String,
    /// The link, relative to the index.
    pub link: String,
}

/// The ledger at a glance.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Summary {
    /// Newest revision that changed what the summary reads.
    #[schema(minimum = 0)]
    pub changed_in: i64,
    /// Day on which overdue was judged, in the ledger's zone: today at head, pinned that of the revision.
    pub evaluated_on: Day,
    /// How many commitments there are.
    #[schema(minimum = 0)]
    pub commitments: i64,
    /// How many commitments by status; none for those without a report.
    pub statuses: BTreeMap<String, i64>,
    /// Programmes, newest year first, at most 50.
    pub programmes: Vec<SummaryProgramme>,
    /// Commitments whose day has passed, neither completed nor cancelled.
    pub overdue: SummaryCommitments,
    /// Commitments without a report.
    pub unreported: SummaryCommitments,
    /// Metrics with their newest actual figure, at most 50.
    pub metrics: Vec<SummaryMetric>,
}

/// A programme in short.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct SummaryProgramme {
    pub id: RecordId,
    /// Year of its commitments.
    pub year: i64,
    /// Organization that promises.
    pub organization: RecordId,
    pub title: HumanText,
    /// How many commitments it has.
    #[schema(minimum = 0)]
    pub commitments: i64,
    /// How many by status; none for those without a report.
    pub statuses: BTreeMap<String, i64>,
}

/// Some commitments.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct SummaryCommitments {
    /// How many there are.
    #[schema(minimum = 0)]
    pub count: i64,
    /// The first 50 of them.
    pub data: Vec<SummaryCommitment>,
}

/// A commitment in short.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct SummaryCommitment {
    pub id: RecordId,
    pub title: HumanText,
    /// Day by which it was promised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_on: Option<Day>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
}

/// A metric with its newest actual figure.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct SummaryMetric {
    pub id: RecordId,
    pub name: HumanText,
    pub unit: Unit,
    /// The observation.
    pub observation: RecordId,
    pub period: PeriodText,
    /// Whose figure it is, as printed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    pub value: Decimal,
    /// Whether the service computed it.
    pub computed: bool,
}

/// One revision: all that its digest covers, but for the changes.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Revision {
    /// Its number.
    #[schema(minimum = 1)]
    pub revision: i64,
    pub kind: RevisionKind,
    /// Organization in whose name it was published.
    pub publisher: RecordId,
    /// What the publisher says about it.
    pub message: HumanText,
    /// When, in UTC with six decimals, as the digest covers it.
    #[schema(format = "date-time")]
    pub published_at: String,
    /// How many records it changed.
    #[schema(minimum = 1)]
    pub changes: i64,
    /// SHA-256 over the digest before, this header and the changes.
    pub digest: Sha256Hex,
    /// 16 random bytes hashed before the message, in hexadecimal.
    #[schema(pattern = "^[0-9a-f]{32}$")]
    pub message_salt: String,
    /// SHA-256 of message_salt and the message's canonical JSON.
    pub message_digest: Sha256Hex,
}

/// A record that differs between two revisions.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Difference {
    /// Kind of the record.
    pub kind: String,
    pub id: RecordId,
    pub effect: Effect,
    /// The last revision of those compared that changed it.
    #[schema(minimum = 1)]
    pub revision: i64,
    pub change_kind: RevisionKind,
    /// Message of that revision.
    pub message: HumanText,
    /// Why it was withdrawn, where it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<HumanText>,
    /// Members that differ, where both revisions have the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<Vec<MemberChange>>,
    /// The record, where only the second revision has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object)]
    pub record: Option<Value>,
}

/// What a probe is told.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// live, or ready.
    pub status: String,
    /// Head, where the database was asked.
    #[schema(minimum = 0)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,
    /// Of what it is a copy, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mirror: Option<MirrorHealth>,
}

/// How a copy does.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct MirrorHealth {
    /// What it is a copy of.
    pub upstream: String,
    /// Newest revision there, as last heard.
    #[schema(minimum = 0)]
    pub upstream_revision: i64,
    /// Revisions it lacks.
    #[schema(minimum = 0)]
    pub lag: i64,
    /// When the other last answered.
    #[schema(format = "date-time")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reached_at: Option<String>,
    /// It is no copy but was restored from a backup: nothing is published to it before what came later is back.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub restored: bool,
    /// How the histories differ, where they do: nothing is copied from then on.
    #[schema(value_type = Object)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diverged: Option<Value>,
}

/// An error, RFC 9457. Some types have members of their own.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Address of what this type of problem means; its last part is stable.
    #[serde(rename = "type")]
    #[schema(format = "uri")]
    pub problem_type: String,
    /// The type in short.
    pub title: String,
    /// HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    pub status: i32,
    /// What is wrong and what to do.
    pub detail: String,
    /// Every single problem, each with its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errors: Option<Vec<ProblemError>>,
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Map<String, Value>,
}

/// One problem and its place.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct ProblemError {
    /// Query parameter it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// JSON pointer (RFC 6901) into what was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// Stable code for programs.
    pub code: String,
    /// What is wrong and what to do.
    pub detail: String,
}

/// Example answers, by name of the schema.
pub fn example(name: &str) -> Value {
    let text = match name {
        "Index" => INDEX,
        "Summary" => SUMMARY,
        "Revision" => REVISION,
        "Warning" => WARNING,
        "Difference" => DIFFERENCE,
        _ => "null",
    };
    serde_json::from_str(text).unwrap_or_default()
}

const INDEX: &str = r#"{
    "ledger": "3b1e5c1c-6f0a-4a58-9a63-1f6f3e0f2c11", "time_zone": "Asia/Shanghai", "revision": 1,
    "digest": "0f9b3ad1c1f7a1b7c7f3c80b4f4a3c2b6e2b6d3a0e9e6c5d4b3a2918f7e6d5c4", "published_at": "2026-01-05T08:00:00.000000Z",
    "collections": {"commitments": "v1/commitments"}, "meta": "v1/meta", "summary": "v1/summary", "search": "v1/search", "revisions": "v1/revisions",
    "openapi": "openapi.json", "docs": "docs/", "examples": [{"about": "Every revision, newest first", "link": "v1/revisions"}]
}"#;

const SUMMARY: &str = r#"{
    "changed_in": 1, "evaluated_on": "2026-01-05", "commitments": 15, "statuses": {"completed": 4, "in_progress": 11},
    "programmes": [{"id": "sd-justice-2020", "year": 2020, "organization": "sd-justice", "title": {"en": "2020 commitments"},
        "commitments": 15, "statuses": {"completed": 4, "in_progress": 11}}],
    "overdue": {"count": 1, "data": [{"id": "sd-justice-2020-8", "title": {"en": "Smart prisons"}, "due_on": "2020-12-31", "status": "in_progress"}]},
    "unreported": {"count": 0, "data": []},
    "metrics": [{"id": "mediation-cases", "name": {"en": "Disputes mediated online"}, "unit": {"code": "case"},
        "observation": "mediation-cases-2020-s1", "period": "2020-S1", "value": 29456, "computed": false}]
}"#;

const WARNING: &str = r#"{
    "code": "part-above-whole", "kind": "observation", "id": "mediation-cases-settled-2020-s1",
    "other": {"kind": "observation", "id": "mediation-cases-2020-s1"}, "publisher": "sd-justice",
    "detail": {"en": "27614 is more than 2761, the figure of the whole it is a part of (mediation-cases-2020-s1)."}
}"#;

const DIFFERENCE: &str = r#"{
    "kind": "observation", "id": "mediation-cases-2020-s1", "effect": "change", "revision": 2,
    "change_kind": "transcription_correction", "message": {"en": "A digit was swapped"},
    "changed": [{"pointer": "/value", "before": 29456, "after": 29465}]
}"#;

const REVISION: &str = r#"{
    "revision": 1, "kind": "new_data", "publisher": "sd-justice", "message": {"en": "First publication"},
    "published_at": "2026-01-05T08:00:00.000000Z", "changes": 85,
    "digest": "0f9b3ad1c1f7a1b7c7f3c80b4f4a3c2b6e2b6d3a0e9e6c5d4b3a2918f7e6d5c4",
    "message_salt": "82a90810699d2358fd605341d99c250c",
    "message_digest": "5f5abb36eb9abd7164f8a96f6b97bf799fc6bcf095ada54a664e0c0a1ca87f77"
}"#;
