//! `/v1/{collection}/{id}/history`.

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::cursor::{self, Cursor};
use super::endpoint::Request;
use super::list::{check_cursor, envelope, evaluated_at};
use super::problem::{Failure, INTERNAL_ERROR, NO_SUCH_RECORD};
use crate::db::read::history::{self, Row};
use crate::model::json::changed_pointers;
use crate::model::message::Language;
use crate::say;
use crate::site::words;

pub async fn read(mut request: Request) -> Result<Answer, Failure> {
    let kind = request.kind;
    let limit = request.query.limit();
    let fingerprint = cursor::fingerprint(&request.path, &[("id", std::slice::from_ref(&request.id))], &[]);
    let cursor =
        super::list::cursor(&mut request, |cursor| cursor.fingerprint == fingerprint && cursor.number().is_some());
    let asked = request.at();
    request.finish(&asked)?;
    let at = evaluated_at(&asked, cursor.as_ref());
    let before = cursor.as_ref().and_then(Cursor::number).unwrap_or(i64::MAX);
    // One more than the page: it tells whether there are more, and what the oldest item changed.
    let mut rows =
        history::read(&request.state.database, kind, &request.id, before, limit + 1, at, request.now).await?;
    let Some(moment) = rows.first().map(|row| row.moment.clone()) else { return Err(Failure::plain(&INTERNAL_ERROR)) };
    check_cursor(&request, &asked, cursor.as_ref(), &moment)?;
    rows.retain(|row| row.revision_from.is_some());
    if rows.is_empty() {
        let (kind, in_chinese) = (kind.name, words::kind(kind.name, Language::Chinese));
        let (id, n): (String, _) = (request.id.chars().take(201).collect(), moment.n);
        return Err(Failure::new(
            &NO_SUCH_RECORD,
            say!(
                "No revision up to {n} published {kind} “{id}”. A computed observation has no history of its own; those of its inputs tell it.",
                "修订 {n} 及以前没有发布过 {in_chinese}“{id}”。计算得出的观测值没有自己的历史，请看其 inputs 的历史。"
            ),
        ));
    }
    let shown = rows.len().min(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = rows
        .get(shown)
        .and_then(|_| rows.get(shown - 1))
        .and_then(|last| last.revision_from)
        .map(|last| Cursor::after(&moment, fingerprint, vec![last.to_string()]).encode());
    let items: Vec<String> = (0..shown).filter_map(|index| Some(item(rows.get(index)?, rows.get(index + 1)))).collect();
    let mut json = format!("{{\"data\":[{}]", items.join(","));
    envelope(&mut json, moment.changed_in, next.as_deref(), None);
    let next = next.map(|next| request.next(&next));
    Ok(Answer { next, ..Answer::json(json, moment, at) })
}

/// The change after this one: what took its place, and why.
fn superseded_by(row: &Row) -> Value {
    let parse = |text: &Option<String>| text.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
    let mut next = json!({"revision": row.revision_to, "op": row.next_op, "change_kind": row.next_kind});
    match parse(&row.next_body)
        .map(|body| body["reason"].clone())
        .filter(|_| row.next_op.as_deref() == Some("withdraw"))
    {
        Some(reason) => next["reason"] = reason,
        None => next["message"] = parse(&row.next_message).unwrap_or_default(),
    }
    next
}

/// One change: the record as it was published, or why it went, and what differs from the version before.
fn item(row: &Row, before: Option<&Row>) -> String {
    let mut item = Map::new();
    item.insert("revision_from".into(), row.revision_from.into());
    if let Some(revision_to) = row.revision_to {
        item.insert("revision_to".into(), revision_to.into());
        item.insert("superseded_by".into(), superseded_by(row));
    }
    item.insert("op".into(), row.op.as_deref().into());
    item.insert("change_kind".into(), row.change_kind.as_deref().into());
    let parse = |text: &str| serde_json::from_str::<Value>(text).ok();
    let hashed = row.body.as_deref().and_then(parse);
    if let Some(redacted_in) = row.redacted_in {
        item.insert("redacted_in".into(), redacted_in.into());
    }
    match (row.op.as_deref(), hashed) {
        (Some("withdraw"), Some(hashed)) => {
            item.insert("reason".into(), hashed["reason"].clone());
        }
        (Some("upsert"), hashed) => {
            item.insert("message".into(), row.message.as_deref().and_then(parse).unwrap_or_default());
            let earlier = before
                .filter(|row| row.op.as_deref() == Some("upsert"))
                .and_then(|row| row.body.as_deref())
                .and_then(parse);
            if let (Some(now), Some(earlier)) = (&hashed, earlier) {
                item.insert("changed".into(), json!(changed_pointers(&earlier, now)));
            }
            let mut text = Value::Object(item).to_string();
            if let Some(body) = row.body.as_deref().filter(|body| serde_json::from_str::<&RawValue>(body).is_ok()) {
                // The body goes in as it was hashed.
                text.pop();
                text.push_str(&format!(",\"record\":{body}}}"));
            }
            return text;
        }
        _ => {
            item.insert("message".into(), row.message.as_deref().and_then(parse).unwrap_or_default());
        }
    }
    Value::Object(item).to_string()
}
