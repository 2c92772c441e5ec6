//! `/v1/warnings`: what does not add up.

use super::answer::{Answer, to_text};
use super::cursor::{self, Cursor};
use super::endpoint::Request;
use super::list::{check_cursor, envelope, evaluated_at};
use super::problem::{Failure, INTERNAL_ERROR};
use crate::db::read::warnings::{self, Row, Selection};
use crate::ledger::warnings::{Row as Stored, Warning};
use crate::model::codes::WarningCode;

/// Kinds that may be odd.
pub const KINDS: [&str; 3] = ["observation", "report", "target"];

pub async fn list(mut request: Request) -> Result<Answer, Failure> {
    let filters = vec![
        ("code", request.query.code("code", WarningCode::CODES).unwrap_or_default()),
        ("kind", request.query.code("kind", &KINDS).unwrap_or_default()),
        ("id", request.query.ids("id").unwrap_or_default()),
        ("publisher", request.query.ids("publisher").unwrap_or_default()),
    ];
    let limit = request.query.limit();
    let count = request.query.count();
    let fingerprint = {
        let named: Vec<(&str, &[String])> = filters.iter().map(|(name, values)| (*name, values.as_slice())).collect();
        cursor::fingerprint(&request.path, &named, &[])
    };
    let cursor =
        super::list::cursor(&mut request, |cursor| cursor.fingerprint == fingerprint && seen(cursor).is_some());
    let asked = request.at();
    request.finish(&asked)?;
    let at = evaluated_at(&asked, cursor.as_ref());
    let selection = Selection { filters, after: cursor.as_ref().and_then(seen), rows: limit + 1, count };
    let mut rows = warnings::read(&request.state.database, &selection, at, request.now).await?;
    let Some(moment) = rows.first().map(|row| row.moment.clone()) else { return Err(Failure::plain(&INTERNAL_ERROR)) };
    check_cursor(&request, &asked, cursor.as_ref(), &moment)?;
    let total = rows.first().and_then(|row| row.count);
    let mut rows: Vec<Stored> = rows.drain(..).filter_map(stored).collect();
    let more = i64::try_from(rows.len()).is_ok_and(|read| read > limit);
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = rows.last().filter(|_| more).map(|last| {
        let keys = [&last.kind, &last.id, &last.code, &last.other_id].map(String::clone).to_vec();
        Cursor::after(&moment, fingerprint, keys).encode()
    });
    let items: Vec<Warning> = rows.into_iter().filter_map(Stored::warning).collect();
    let mut json = format!("{{\"data\":{}", to_text(&items)?);
    envelope(&mut json, moment.changed_in, next.as_deref(), total);
    let next = next.map(|next| request.next(&next));
    Ok(Answer { next, ..Answer::json(json, moment, at) })
}

fn seen(cursor: &Cursor) -> Option<[String; 4]> {
    cursor.keys.clone().try_into().ok()
}

/// The warning of a row; none where the row has the moment alone.
fn stored(row: Row) -> Option<Stored> {
    Some(Stored {
        code: row.code?,
        kind: row.kind?,
        id: row.id?,
        other_kind: row.other_kind?,
        other_id: row.other_id?,
        publisher: row.publisher?,
        value: row.value,
        other_value: row.other_value,
    })
}
