//! Redaction: the one way by which anything leaves the ledger.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;

use super::outcome::RecordName;
use super::plan::Plan;
use super::state::Head;
use super::{digest, idempotency, write};
use crate::db::schema::head;
use crate::db::statement::{Bind, Statement};
use crate::db::{Error, OPEN};
use crate::model::kind::Kind;
use crate::model::kinds::KINDS;
use crate::model::text::RecordId;

/// What the database needs to know of a revision that redacts.
pub struct Redacting<'a> {
    /// Kind, id and salt, in the order of the digest.
    pub records: Vec<(&'static Kind, &'a str, [u8; 16])>,
    pub publisher: &'a str,
    pub message: &'a str,
    pub message_salt: &'a [u8],
    pub published_at: DateTime<Utc>,
    /// Whether it comes from another ledger, so that the content may never have been here.
    pub copied: bool,
}

/// Writes a revision that redacts what a plan says.
pub async fn write(connection: &mut AsyncPgConnection, draft: &write::Draft<'_>, plan: &Plan) -> Result<Head, Error> {
    let salt = || digest::salt().map_err(|error| Error::Unavailable(format!("no random numbers: {error}")));
    let mut redactions: Vec<_> = plan.redactions.iter().collect();
    redactions.sort_by_key(|redaction| (redaction.kind.rank(), redaction.id.as_str()));
    let records = redactions
        .into_iter()
        .map(|redaction| Ok((redaction.kind, redaction.id.as_str(), salt()?)))
        .collect::<Result<_, Error>>()?;
    let message_salt = salt()?;
    let redacting = Redacting {
        records,
        publisher: draft.publisher,
        message: draft.message,
        message_salt: &message_salt,
        published_at: draft.published_at,
        copied: false,
    };
    redact(connection, &redacting).await
}

/// Has the database write it, past its own guards. Returns the new head.
pub async fn redact(connection: &mut AsyncPgConnection, redacting: &Redacting<'_>) -> Result<Head, Error> {
    #[derive(QueryableByName)]
    struct Number {
        #[diesel(sql_type = BigInt)]
        #[allow(dead_code)]
        number: i64,
    }
    let each = |part: fn(&(&'static Kind, &str, [u8; 16])) -> String| {
        Bind::Texts(redacting.records.iter().map(part).collect())
    };
    let statement = Statement::of(
        "SELECT redact_records(?, ?, ?, (SELECT array_agg(decode(s, 'hex') ORDER BY i) FROM unnest(?) WITH ORDINALITY x(s, i)), \
         ?, ?, ?, ?, ?::boolean) AS number",
        [
            each(|(kind, _, _)| kind.name.to_owned()),
            each(|(kind, _, _)| kind.collection.to_owned()),
            each(|(_, id, _)| (*id).to_owned()),
            each(|(_, _, salt)| hex::encode(salt)),
            Bind::Text(redacting.publisher.into()),
            Bind::Text(redacting.message.into()),
            Bind::Bytes(redacting.message_salt.to_vec()),
            Bind::Instant(Some(redacting.published_at)),
            Bind::Text(redacting.copied.to_string()),
        ],
    );
    let _: Vec<Number> = statement.get_results(connection).await?;
    idempotency::redact(connection).await?;
    Ok(head::table.select(Head::as_select()).first(connection).await?)
}

/// Characters from which on a text in common counts as a quotation.
const QUOTATION: usize = 6;
/// Texts of a redacted record that are looked for, and records named that quote it.
const LIMIT: usize = 50;

/// Open records that name a redacted one, or hold a text of it. They are for people to look at: a
/// redaction does not touch them.
pub async fn quoting(connection: &mut AsyncPgConnection, plan: &Plan) -> Result<Vec<RecordName>, Error> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        kind: String,
        #[diesel(sql_type = Text)]
        id: String,
    }
    if plan.redactions.is_empty() {
        return Ok(Vec::new());
    }
    let mut texts = Vec::new();
    let (mut kinds, mut ids) = (Vec::new(), Vec::new());
    for redaction in &plan.redactions {
        kinds.push(redaction.kind.name.to_owned());
        ids.push(redaction.id.clone());
        // Every version there is: an older one may hold what the newest no longer does.
        let sql = format!("SELECT '' AS kind, body AS id FROM {} WHERE id = ?", redaction.kind.collection);
        let rows: Vec<Row> = Statement::of(&sql, [Bind::Text(redaction.id.clone())]).get_results(connection).await?;
        for row in rows {
            let body: Value = serde_json::from_str(&row.id).unwrap_or_default();
            strings(&body, &mut texts);
        }
    }
    texts.sort_by_key(|text| std::cmp::Reverse(text.chars().count()));
    texts.dedup();
    texts.truncate(LIMIT);
    let mut statement = Statement::of(
        &format!(
            "SELECT DISTINCT kind, id FROM (SELECT r.from_kind AS kind, r.from_id AS id FROM unnest(?, ?) k(kind, id) \
             JOIN record_references r ON r.to_kind = k.kind AND r.to_id = k.id AND r.revision_to = {OPEN}"
        ),
        [Bind::Texts(kinds.clone()), Bind::Texts(ids.clone())],
    );
    for kind in KINDS {
        statement.push(
            &format!(
                " UNION SELECT '{}', t.id FROM {} t WHERE t.revision_to = {OPEN} \
                 AND EXISTS (SELECT FROM unnest(?) x WHERE strpos(t.body, x) > 0)",
                kind.name, kind.collection
            ),
            [Bind::Texts(texts.clone())],
        );
    }
    statement.push(
        ") q WHERE NOT EXISTS (SELECT FROM unnest(?, ?) k(kind, id) WHERE k.kind = q.kind AND k.id = q.id) \
         AND strpos(id, '~') = 0 ORDER BY kind, id LIMIT 50",
        [Bind::Texts(kinds), Bind::Texts(ids)],
    );
    let rows: Vec<Row> = statement.get_results(connection).await?;
    Ok(rows.into_iter().map(|row| RecordName { kind: row.kind, id: RecordId(row.id) }).collect())
}

/// The texts of a record that say something, as they stand in JSON.
fn strings(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.chars().count() >= QUOTATION => {
            let quoted = Value::from(text.as_str()).to_string();
            found.push(quoted.trim_matches('"').to_owned());
        }
        Value::Object(members) => members
            .iter()
            .filter(|(name, _)| {
                !["publisher", "id", "period", "metric", "commitment", "organization", "source"]
                    .contains(&name.as_str())
            })
            .for_each(|(_, value)| strings(value, found)),
        Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        _ => {}
    }
}
