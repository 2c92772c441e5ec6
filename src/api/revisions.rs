//! `/v1/revisions` and `/v1/revisions/{n}`.

use super::answer::{Answer, to_text};
use super::cursor::{self, Cursor};
use super::documents::Revision;
use super::endpoint::Request;
use super::list::{check_cursor, envelope, evaluated_at};
use super::problem::{Failure, INTERNAL_ERROR, NO_SUCH_REVISION};
use crate::db::read::revisions::{self, Header, Row, Selection};
use crate::db::read::{At, Moment};
use crate::ledger::digest;
use crate::model::codes::RevisionKind;
use crate::model::text::{RecordId, Sha256Hex};
use crate::say;

/// A page of revisions.
pub struct Page {
    pub items: Vec<Revision>,
    /// UUID of the ledger.
    pub ledger: String,
    /// Stands for what the list is of: see [`cursor::fingerprint`].
    pub fingerprint: String,
    /// Cursor of the next page.
    pub next: Option<String>,
    /// How many all pages have, where that was asked for.
    pub count: Option<i64>,
    pub moment: Moment,
    pub at: At,
}

pub async fn list(mut request: Request) -> Result<Answer, Failure> {
    let page = page(&mut request).await?;
    let mut json = format!("{{\"data\":{}", to_text(&page.items)?);
    envelope(&mut json, page.moment.changed_in, page.next.as_deref(), page.count);
    let next = page.next.map(|next| request.next(&next));
    Ok(Answer { next, ..Answer::json(json, page.moment, page.at) })
}

/// Reads the page that a request asks for.
pub async fn page(request: &mut Request) -> Result<Page, Failure> {
    let kinds = request.query.code("kind", RevisionKind::CODES).unwrap_or_default();
    let publishers = request.query.ids("publisher").unwrap_or_default();
    let published_from = request.query.instant("published_from");
    let published_to = request.query.instant("published_to");
    let limit = request.query.limit();
    let count = request.query.count();
    let fingerprint = {
        let bounds = [published_from, published_to].map(|time| time.map(digest::instant).unwrap_or_default());
        cursor::fingerprint(&request.path, &[("kind", &kinds), ("publisher", &publishers), ("published", &bounds)], &[])
    };
    let cursor = super::list::cursor(request, |cursor| cursor.fingerprint == fingerprint && cursor.number().is_some());
    let asked = request.at();
    request.finish(&asked)?;
    let at = evaluated_at(&asked, cursor.as_ref());
    let before = cursor.as_ref().and_then(Cursor::number);
    let selection =
        Selection { before, only: None, kinds, publishers, published_from, published_to, rows: limit + 1, count };
    let mut rows = revisions::read(&request.state.database, &selection, at, request.now).await?;
    let Some(first) = rows.first() else { return Err(Failure::plain(&INTERNAL_ERROR)) };
    let (moment, ledger, count) = (first.moment.clone(), first.ledger.clone(), first.count);
    check_cursor(request, &asked, cursor.as_ref(), &moment)?;
    rows.retain(|row| row.revision.is_some());
    let more = i64::try_from(rows.len()).is_ok_and(|read| read > limit);
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let last = rows.last().filter(|_| more).and_then(|last| last.revision);
    let next = last.map(|last| Cursor::after(&moment, fingerprint.clone(), vec![last.to_string()]).encode());
    let items = rows.iter().filter_map(item).collect();
    Ok(Page { items, ledger, fingerprint, next, count, moment, at })
}

pub async fn read(mut request: Request) -> Result<Answer, Failure> {
    let asked = request.at();
    request.finish(&asked)?;
    let number = request.id.parse::<i64>().ok().filter(|number| number.to_string() == request.id && *number > 0);
    let selection = Selection { only: Some(number.unwrap_or(i64::MAX)), rows: 1, ..Selection::default() };
    let row = revisions::read(&request.state.database, &selection, asked.at, request.now).await?.into_iter().next();
    let Some(row) = row else { return Err(Failure::plain(&INTERNAL_ERROR)) };
    request.check(&row.moment, asked.prefix.as_deref())?;
    let Some(revision) = item(&row) else {
        let head = row.moment.n;
        return Err(Failure::new(
            &NO_SUCH_REVISION,
            say!(
                "There is no such revision. Revisions are numbered from 1 to {head}.",
                "没有此修订。修订从 1 编号到 {head}。"
            ),
        ));
    };
    Ok(Answer::json(to_text(&revision)?, row.moment, asked.at))
}

fn item(row: &Row) -> Option<Revision> {
    header(row.revision?, &row.header)
}

/// A revision as it is served; none where its header was not read.
pub fn header(revision: i64, header: &Header) -> Option<Revision> {
    Some(Revision {
        revision,
        kind: RevisionKind::parse(header.revision_kind.as_deref()?)?,
        publisher: RecordId(header.publisher.clone()?),
        message: serde_json::from_str(header.message.as_deref()?).ok()?,
        published_at: digest::instant(header.published_at?),
        changes: header.change_count?,
        digest: Sha256Hex(hex::encode(header.revision_digest.as_deref()?)),
        message_salt: hex::encode(header.message_salt.as_deref()?),
        message_digest: Sha256Hex(hex::encode(header.message_digest.as_deref()?)),
    })
}
