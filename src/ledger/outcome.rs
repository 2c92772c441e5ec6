//! What became of a publication, as publishers read it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::plan::{self, Plan};
use super::warnings::Warning;
use crate::model::codes::Effect;
use crate::model::json;
use crate::model::text::{HumanText, RecordId, Sha256Hex};

/// What became of a publication, or in a dry run would.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Outcome {
    /// Whether nothing was written, and this is what would be.
    pub dry_run: bool,
    /// The revision made; absent in a dry run, and where all was there already.
    #[schema(minimum = 1)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,
    /// Head afterwards.
    #[schema(minimum = 0)]
    pub head: i64,
    /// Digest of head.
    pub digest: Sha256Hex,
    /// What changes, in the order in which the revision counts.
    pub changes: Vec<Change>,
    /// Entries that change nothing.
    pub notices: Vec<Notice>,
    /// What does not add up because of it. Nothing is blocked for that.
    pub warnings: Vec<Warning>,
    /// Other records that quote a redacted one; they stay as they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quoted_by: Vec<RecordName>,
}

/// A record's name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RecordName {
    /// Kind of the record.
    pub kind: String,
    pub id: RecordId,
}

/// One change.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Change {
    /// Kind of the record.
    pub kind: String,
    pub id: RecordId,
    pub effect: Effect,
    /// Members that differ, where the record was there before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<Vec<MemberChange>>,
}

/// A member that differs; before or after is absent where the member is.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct MemberChange {
    /// JSON pointer (RFC 6901) into the record.
    pub pointer: String,
    /// Its value before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// Its value after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

/// An entry that changes nothing, and why.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Notice {
    /// JSON pointer into the publication.
    pub pointer: String,
    /// Kind of the record.
    pub kind: String,
    pub id: RecordId,
    pub detail: HumanText,
}

impl Notice {
    pub fn of(notice: plan::Notice) -> Notice {
        let plan::Notice { pointer, kind, id, detail } = notice;
        Notice { pointer, kind: kind.into(), id: RecordId(id), detail: detail.into() }
    }
}

/// The members in which two bodies differ.
pub fn member_changes(before: &Value, after: &Value) -> Vec<MemberChange> {
    json::changed_pointers(before, after)
        .into_iter()
        .map(|pointer| MemberChange {
            before: before.pointer(&pointer).cloned(),
            after: after.pointer(&pointer).cloned(),
            pointer,
        })
        .collect()
}

/// What a plan does, in the order in which the revision counts.
pub fn changes(plan: &Plan) -> Vec<Change> {
    let upserts = plan.upserts.iter().map(|upsert| {
        let draft = &upsert.draft;
        let (effect, changed) = match &upsert.before {
            None if upsert.reinstates => (Effect::Reinstate, None),
            None => (Effect::Create, None),
            Some(before) => (Effect::Change, Some(member_changes(before, &draft.value))),
        };
        (draft.kind, &draft.id, effect, changed)
    });
    let withdrawals = plan.withdrawals.iter().map(|entry| (entry.kind, &entry.id, Effect::Withdraw, None));
    let redactions = plan.redactions.iter().map(|entry| (entry.kind, &entry.id, Effect::Redact, None));
    let mut changes: Vec<_> = upserts.chain(withdrawals).chain(redactions).collect();
    changes.sort_by_key(|(kind, id, ..)| (kind.rank(), id.as_str()));
    changes
        .into_iter()
        .map(|(kind, id, effect, changed)| Change { kind: kind.name.into(), id: RecordId(id.clone()), effect, changed })
        .collect()
}
