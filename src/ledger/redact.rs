//! Redaction: the one way by which anything leaves the ledger.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;

use super::outcome::RecordName;
use super::plan::Plan;
use super::state::Head;
use super::{digest, write};
use crate::db::schema::head;
use crate::db::statement::{Bind, Statement};
use crate::db::{Error, OPEN};
use crate::model::kinds::KINDS;
use crate::model::text::RecordId;

/// Writes a revision that redacts. The database does it, past its own guards.
pub async fn write(connection: &mut AsyncPgConnection, draft: &write::Draft<'_>, plan: &Plan) -> Result<Head, Error> {
    #[derive(QueryableByName)]
    struct Number {
        #[diesel(sql_type = BigInt)]
        #[allow(dead_code)]
        number: i64,
    }
    let salt = || digest::salt().map_err(|error| Error::Unavailable(format!("no random numbers: {error}")));
    let mut redactions: Vec<_> = plan.redactions.iter().collect();
    redactions.sort_by_key(|redaction| (redaction.kind.rank(), redaction.id.as_str()));
    let each = |part: fn(&crate::model::publication::Redaction) -> String| {
        Bind::Texts(redactions.iter().map(|redaction| part(redaction)).collect())
    };
    let salts = redactions.iter().map(|_| Ok(hex::encode(salt()?))).collect::<Result<Vec<String>, Error>>()?;
    let statement = Statement::of(
        "SELECT redact_records(?, ?, ?, (SELECT array_agg(decode(s, 'hex') ORDER BY i) FROM unnest(?) WITH ORDINALITY x(s, i)), \
         ?, ?, ?, ?, false) AS number",
        [
            each(|redaction| redaction.kind.name.into()),
            each(|redaction| redaction.kind.collection.into()),
            each(|redaction| redaction.id.clone()),
            Bind::Texts(salts),
            Bind::Text(draft.publisher.into()),
            Bind::Text(draft.message.into()),
            Bind::Bytes(salt()?.to_vec()),
            Bind::Instant(Some(draft.published_at)),
        ],
    );
    let _: Vec<Number> = statement.get_results(connection).await?;
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
