//! `/v1/search`: words in every kind of record.

use actix_web::error::BlockingError;
use actix_web::web;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::answer::{Answer, to_text};
use super::cursor::{self, Cursor};
use super::endpoint::Request;
use super::list::{check_cursor, envelope, evaluated_at};
use super::problem::{Failure, INTERNAL_ERROR};
use crate::db::read::search::{self, CANDIDATES, Place, Row, Search};
use crate::model::kind::Kind;
use crate::model::kinds::KINDS;
use crate::model::search::{Highlight, highlights};
use crate::model::text::{HumanText, RecordId};

/// How the words were found.
#[derive(Serialize, Deserialize, ToSchema, Clone, Copy, PartialEq, Debug)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// They are the record's id.
    Id,
    /// The record's title or name has them, one after the other.
    Title,
    /// Its texts have all of them.
    Texts,
}

/// A record that was found.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct SearchHit {
    /// Kind of the record.
    pub kind: String,
    pub id: RecordId,
    /// Link to the record, at the same revision where one was asked for; relative to /v1/search.
    pub link: String,
    /// Organization that owns the record.
    pub publisher: RecordId,
    /// Revision that last changed the record.
    #[schema(minimum = 1)]
    pub changed_in: i64,
    /// Its title or name, where its kind has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<HumanText>,
    /// How the words were found: as its id, as a phrase in its title or name, or in its texts. Absent without words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<Found>,
    /// Texts in which the words were found, titles first, at most five.
    pub highlights: Vec<Highlight>,
}

pub async fn read(mut request: Request) -> Result<Answer, Failure> {
    let words = request.query.words("q");
    let kinds = request.query.code("kind", &KINDS.map(|kind| kind.name)).unwrap_or_default();
    let publishers = request.query.ids("publisher").unwrap_or_default();
    let limit = request.query.limit();
    let count = request.query.count();
    let fingerprint = {
        let words: Vec<String> = words.iter().cloned().collect();
        let filters: [(&str, &[String]); 3] = [("q", &words), ("kind", &kinds), ("publisher", &publishers)];
        cursor::fingerprint(&request.path, &filters, &[])
    };
    let cursor =
        super::list::cursor(&mut request, |cursor| cursor.fingerprint == fingerprint && place(cursor).is_some());
    let asked = request.at();
    request.finish(&asked)?;
    let at = evaluated_at(&asked, cursor.as_ref());
    let chosen: Vec<&'static Kind> =
        KINDS.into_iter().filter(|kind| kinds.is_empty() || kinds.iter().any(|name| name == kind.name)).collect();
    let search = Search {
        words: words.as_deref(),
        kinds: &chosen,
        publishers: &publishers,
        after: cursor.as_ref().and_then(place),
        rows: limit + 1,
    };
    let mut rows = search::read(&request.state.database, &search, at, request.now).await?;
    let Some(first) = rows.first() else { return Err(Failure::plain(&INTERNAL_ERROR)) };
    let (moment, total, complete) = (first.moment.clone(), first.hits, first.most < CANDIDATES);
    check_cursor(&request, &asked, cursor.as_ref(), &moment)?;
    rows.retain(|row| row.body.is_some());
    let more = i64::try_from(rows.len()).is_ok_and(|read| read > limit);
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = rows
        .last()
        .filter(|_| more)
        .and_then(Row::place)
        .map(|last| Cursor::after(&moment, fingerprint, keys(last)).encode());
    let pinned = asked.explicit && (moment.n < moment.head || matches!(at, crate::db::read::At::Revision(_)));
    let revision = pinned.then_some(moment.n);
    let items = to_text(&hits_at(rows, words, revision).await?)?;
    let mut json = format!("{{\"complete\":{complete},\"data\":{items}");
    envelope(&mut json, moment.changed_in, next.as_deref(), count.then_some(total));
    let next = next.map(|next| request.next(&next));
    Ok(Answer { next, ..Answer::json(json, moment, at) })
}

/// Rows as hits, with the words marked.
pub async fn hits(rows: Vec<Row>, words: Option<String>) -> Result<Vec<SearchHit>, Failure> {
    hits_at(rows, words, None).await
}

async fn hits_at(rows: Vec<Row>, words: Option<String>, revision: Option<i64>) -> Result<Vec<SearchHit>, Failure> {
    // Texts may be long, and others wait for this thread.
    let marking =
        move || rows.iter().filter_map(|row| item(row, words.as_deref(), revision)).collect::<Vec<SearchHit>>();
    let failed = |error: BlockingError| Failure { cause: Some(error.to_string()), ..Failure::plain(&INTERNAL_ERROR) };
    web::block(marking).await.map_err(failed)
}

fn keys(place: Place) -> Vec<String> {
    place.numbers.iter().map(ToString::to_string).chain([place.id]).collect()
}

fn place(cursor: &Cursor) -> Option<Place> {
    let [rank, texts, revision, kind, id]: &[String; 5] = cursor.keys.as_slice().try_into().ok()?;
    let number = |text: &String| text.parse::<i64>().ok();
    Some(Place { numbers: [number(rank)?, number(texts)?, number(revision)?, number(kind)?], id: id.clone() })
}

fn item(row: &Row, words: Option<&str>, revision: Option<i64>) -> Option<SearchHit> {
    let kind = KINDS.get(usize::try_from(row.kind?).ok()?)?;
    let record: Value = serde_json::from_str(row.body.as_deref()?).ok()?;
    let id = row.id.clone()?;
    let at = revision.map(|revision| format!("?revision={revision}")).unwrap_or_default();
    let title = record.get("title").or_else(|| record.get("name"));
    Some(SearchHit {
        kind: kind.name.to_owned(),
        link: format!("{}/{id}{at}", kind.collection),
        id: RecordId(id),
        publisher: RecordId(record["publisher"].as_str()?.to_owned()),
        changed_in: -row.revision?,
        title: title.and_then(|title| serde_json::from_value(title.clone()).ok()),
        found: words.map(|_| match row.rank {
            Some(0) => Found::Id,
            Some(1) => Found::Title,
            _ => Found::Texts,
        }),
        highlights: words.map(|words| highlights(words, &record)).unwrap_or_default(),
    })
}

/// A hit as it is served.
pub fn example() -> Value {
    json!({
        "kind": "commitment", "id": "sd-justice-2020-13", "link": "commitments/sd-justice-2020-13", "publisher": "sd-justice", "changed_in": 1,
        "title": {"en": "Smart prisons", "zh-Hans": "智慧监狱"}, "found": "title",
        "highlights": [{"pointer": "/title/zh-Hans", "language": "zh-Hans", "parts": [{"text": "智慧", "match": false}, {"text": "监狱", "match": true}]}],
    })
}
