//! `/v1/{collection}`, and the lists below a record.

use std::fmt::Write;

use super::answer::Answer;
use super::cache::basis::{KindSet, Rests};
use super::cursor::{self, Cursor};
use super::endpoint::{Asked, Request};
use super::exports;
use super::problem::{Failure, HISTORY_DIVERGED, INTERNAL_ERROR};
use crate::db::read::list::{self, Found, Item, Page};
use crate::db::read::{At, Moment};
use crate::export::format::Format;
use crate::export::json::narrow;
use crate::model::kind::Filter;
use crate::model::message::Message;
use crate::model::problem::Problem;
use crate::model::schema;
use crate::say;

/// A page of a kind's records. Below a record, `scope` is the filter its id stands for.
pub async fn read(mut request: Request, scope: Option<&'static Filter>) -> Result<Answer, Failure> {
    let kind = request.kind;
    let mut filters = request.query.filters(kind);
    filters.extend(scope.map(|filter| (filter, vec![request.id.clone()])));
    let sorts = request.query.sorts(kind);
    let includes = request.query.includes(kind);
    let fields = request.query.fields(schema::members(kind));
    let limit = request.query.limit();
    let count = request.query.count();
    let fingerprint = {
        let filters: Vec<(&str, &[String])> =
            filters.iter().map(|(filter, values)| (filter.name, values.as_slice())).collect();
        let sorts: Vec<(&str, bool)> = sorts.iter().map(|(sort, descends)| (sort.name, *descends)).collect();
        cursor::fingerprint(kind.collection, &filters, &sorts)
    };
    let cursor = cursor(&mut request, |cursor| cursor.fingerprint == fingerprint && cursor.fits(&sorts));
    let asked = request.at();
    request.finish(&asked)?;

    let page = Page {
        kind,
        filters: &filters,
        sorts: &sorts,
        includes: &includes,
        after: cursor.as_ref().map(|cursor| cursor.keys.as_slice()),
        rows: limit + 1,
        count,
    };
    let at = evaluated_at(&asked, cursor.as_ref());
    let found = list::read(&request.state.database, &page, at, request.now).await?;
    let Some(Found { moment, count: total, items: mut rows }) = found else {
        return Err(Failure::plain(&INTERNAL_ERROR));
    };
    check_cursor(&request, &asked, cursor.as_ref(), &moment)?;
    let more = i64::try_from(rows.len()).is_ok_and(|read| read > limit);
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = rows.last().filter(|_| more).map(|last| Cursor::after(&moment, fingerprint, last.keys.clone()).encode());
    let body = match request.format {
        Format::Json => json(rows, &moment, next.as_deref(), total, fields.as_deref())?.into(),
        Format::Ndjson => lines(rows, fields.as_deref())?.into(),
        _ => exports::page(&request, &moment, fields, rows).await?,
    };
    let next = next.map(|next| request.next(&next));
    let rests = match request.format {
        Format::Json | Format::Ndjson => Rests::Kinds(KindSet::named(list::kinds(&page))),
        // Files say which revision they are of.
        _ => Rests::Ledger,
    };
    // A workbook names its address and licence.
    let settings = (request.format == Format::Xlsx).then(|| exports::settings(&request.state));
    Ok(Answer { next, format: request.format, rests, settings, ..Answer::json(body, moment, at) })
}

/// The cursor of a request, if it belongs to this list.
pub fn cursor(request: &mut Request, fits: impl FnOnce(&Cursor) -> bool) -> Option<Cursor> {
    let text = request.query.text("cursor")?;
    let cursor = Cursor::decode(&text).filter(fits);
    if cursor.is_none() {
        request.query.refuse("cursor", "invalid-cursor", foreign_cursor());
    }
    cursor
}

fn foreign_cursor() -> Message {
    say!(
        "This cursor does not belong to this list. Send back next as it was, with the same filters and sort, or begin without a cursor.",
        "此游标不属于这个列表。请原样送回 next，并保持相同的筛选与排序；或不带游标重新开始。"
    )
}

/// Without a revision of its own, a page is evaluated at the one its cursor names.
pub fn evaluated_at(asked: &Asked, cursor: Option<&Cursor>) -> At {
    match cursor {
        Some(cursor) if !asked.explicit => At::Revision(cursor.revision),
        _ => asked.at,
    }
}

/// Refuses a moment that is not there, and a cursor from another revision or history.
pub fn check_cursor(request: &Request, asked: &Asked, cursor: Option<&Cursor>, moment: &Moment) -> Result<(), Failure> {
    let Some(cursor) = cursor else { return request.check(moment, asked.prefix.as_deref()) };
    if !asked.explicit && moment.n > moment.head {
        return Err(Failure::plain(&HISTORY_DIVERGED));
    }
    request.check(moment, asked.prefix.as_deref())?;
    if moment.changed_in != cursor.revision {
        return Err(Failure::parameters(vec![Problem::parameter("cursor", "invalid-cursor", foreign_cursor())]));
    }
    if !moment.digest.starts_with(&cursor.digest) {
        return Err(Failure::plain(&HISTORY_DIVERGED).with("revision", moment.changed_in.into()));
    }
    Ok(())
}

fn json(
    rows: Vec<Item>,
    moment: &Moment,
    next: Option<&str>,
    total: Option<i64>,
    fields: Option<&[String]>,
) -> Result<String, Failure> {
    let size = rows.iter().map(|row| row.body.len() + row.included.as_ref().map_or(0, String::len) + 16).sum::<usize>();
    let mut json = String::with_capacity(size + 200);
    json.push_str("{\"data\":[");
    for (index, row) in rows.into_iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        item(&mut json, &row.body, row.included.as_deref(), fields)?;
    }
    json.push(']');
    envelope(&mut json, moment.changed_in, next, total);
    Ok(json)
}

/// A record a line.
fn lines(rows: Vec<Item>, fields: Option<&[String]>) -> Result<String, Failure> {
    let mut lines = String::new();
    for row in rows {
        item(&mut lines, &row.body, row.included.as_deref(), fields)?;
        lines.push('\n');
    }
    Ok(lines)
}

/// What follows `data` in a list.
pub fn envelope(json: &mut String, changed_in: i64, next: Option<&str>, total: Option<i64>) {
    // Writing to a String does not fail; cursors are base64url, so quoting needs no escapes.
    let _ = write!(json, ",\"changed_in\":{changed_in},\"next\":");
    let _ = match next {
        Some(next) => write!(json, "\"{next}\""),
        None => write!(json, "null"),
    };
    if let Some(total) = total {
        let _ = write!(json, ",\"count\":{total}");
    }
    json.push('}');
}

/// A record as it is served: its text as it is, or some of its members, and what is embedded.
pub fn item(json: &mut String, body: &str, included: Option<&str>, fields: Option<&[String]>) -> Result<(), Failure> {
    let start = json.len();
    match fields {
        None => json.push_str(body),
        Some(fields) => narrow(json, body, fields)?,
    }
    if let Some(included) = included {
        json.pop();
        let comma = if json.len() > start + 1 { "," } else { "" };
        let _ = write!(json, "{comma}\"included\":{included}}}");
    }
    Ok(())
}
