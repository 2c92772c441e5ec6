//! `/v1/changes`: every change in order, for those who keep a copy. `docs/following.md` is the protocol.

pub mod followers;
pub mod page;
pub mod place;
mod shared;
mod stream;

use std::sync::PoisonError;
use std::time::Duration;

use actix_web::http::header::{
    AcceptEncoding, CACHE_CONTROL, CONTENT_ENCODING, Encoding, Header, HeaderValue, IF_NONE_MATCH,
};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use tokio::time::Instant;

use self::page::{Ask, Page};
use self::place::Place;
use super::answer::Answer;
use super::endpoint::Request;
use super::problem::Failure;
use super::{cursor, list};
use crate::db::read::At;
use crate::db::read::changes::Filters;
use crate::export::format::Format;
use crate::model::kinds::KINDS;
use crate::say;

/// Longest wait that can be asked for, in seconds.
pub const MAX_WAIT: i64 = 300;
/// Queries for which a page's headers are kept.
const MAX_QUERIES: usize = 16;

pub async fn read(mut request: Request) -> Result<HttpResponse, Failure> {
    let wait = request.query.number("wait");
    if wait.is_some_and(|seconds| seconds > MAX_WAIT) {
        let detail = say!("wait is at most {MAX_WAIT} seconds.", "wait 最多 {MAX_WAIT} 秒。");
        request.query.refuse("wait", "invalid-value", detail);
    }
    let (ask, explicit) = ask(&mut request)?;
    if request.format == Format::EventStream {
        return stream::respond(request, ask).await;
    }
    let state = &request.state;
    let seconds = wait.filter(|_| !explicit).and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or_default();
    if seconds == 0 {
        let page = Page::read(&state.database, &ask, request.now).await?;
        return Ok(answer(&page, body(&page, request.format), &request, &ask));
    }
    let mut page = state.followers.page(&ask, request.now).await?;
    if page.is_idle() {
        let _place = state.followers.place()?;
        let until = Instant::now() + Duration::from_secs(seconds).min(state.followers.longest_wait());
        let mut ask = ask.clone();
        while page.is_idle() {
            ask.place = page.next.clone();
            if !state.followers.hears_after(page.moment.n, &ask, until).await {
                break;
            }
            page = state.followers.page(&ask, (state.clock)()).await?;
        }
    }
    Ok(answer_after_wait(&page, &request, &ask))
}

/// What is asked for, and whether at a revision.
fn ask(request: &mut Request) -> Result<(Ask, bool), Failure> {
    let query = &mut request.query;
    let filters = Filters {
        kinds: query.code("kind", &KINDS.map(|kind| kind.name)).unwrap_or_default(),
        publishers: query.ids("publisher").unwrap_or_default(),
        programmes: query.ids("programme").unwrap_or_default(),
    };
    let limit = query.limit();
    let snapshot = query.flag("snapshot");
    let after = query.revision("after");
    let fingerprint = cursor::fingerprint(
        &request.path,
        &[("kind", &filters.kinds), ("publisher", &filters.publishers), ("programme", &filters.programmes)],
        &[],
    );
    if let Some(last) = request.http.headers().get("last-event-id").filter(|_| request.format == Format::EventStream) {
        // What a browser sends when it connects anew wins over where it once began.
        request.query.replace("cursor", last.to_str().unwrap_or("?"));
    }
    let fits = |cursor: &cursor::Cursor| cursor.fingerprint == fingerprint && Place::of(cursor).is_some();
    let cursor = list::cursor(request, fits).as_ref().and_then(Place::of);
    if after.is_some() && (snapshot || cursor.is_some()) && !request.http.headers().contains_key("last-event-id") {
        let detail = say!(
            "Begin with after or with snapshot, and go on with cursor alone.",
            "以 after 或 snapshot 开始，之后只用 cursor。"
        );
        request.query.refuse("after", "conflicting-parameters", detail);
    }
    let place = match (cursor, snapshot) {
        (Some(place), _) => place,
        (None, true) => Place::Snapshot { revision: 0, digest: String::new(), last: None },
        (None, false) => {
            let (revision, digest) = after.unwrap_or_default();
            Place::end_of(revision, digest.unwrap_or_default())
        }
    };
    let asked = request.at();
    if asked.explicit && request.format == Format::EventStream {
        let name = if matches!(asked.at, At::Revision(_)) { "revision" } else { "as_of" };
        let detail = say!(
            "A stream goes on with the ledger. Leave {name} out, or ask for JSON.",
            "事件流随账本更新。请去掉 {name}，或改用 JSON。"
        );
        request.query.refuse(name, "conflicting-parameters", detail);
    }
    request.finish(&asked)?;
    Ok((
        Ask { place, filters, fingerprint, limit, at: asked.at, prefix: asked.prefix, now: request.now },
        asked.explicit,
    ))
}

/// The answer to somebody who waited: with many others, so that it is made and compressed once for all who asked alike.
fn answer_after_wait(page: &Page, request: &Request, ask: &Ask) -> HttpResponse {
    // A cache would give it at once to who wants to wait.
    let no_store = (CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if request.format != Format::Json || request.http.headers().contains_key(IF_NONE_MATCH) {
        let mut answer = answer(page, body(page, request.format), request, ask);
        answer.headers_mut().insert(no_store.0, no_store.1);
        return answer;
    }
    let mut kept = page.sent.headers.lock().unwrap_or_else(PoisonError::into_inner);
    let headers = kept.get(&request.raw_query).cloned().unwrap_or_else(|| {
        let mut headers = answer(page, Bytes::new(), request, ask).headers().clone();
        headers.insert(no_store.0, no_store.1);
        if kept.len() < MAX_QUERIES {
            kept.insert(request.raw_query.clone(), headers.clone());
        }
        headers
    });
    drop(kept);
    let is_gzip = takes_gzip(&request.http);
    let mut answer = HttpResponse::Ok().body(if is_gzip { page.gzip() } else { page.json() });
    *answer.headers_mut() = headers;
    if is_gzip {
        answer.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    answer
}

fn takes_gzip(http: &HttpRequest) -> bool {
    let codings = [Encoding::gzip(), Encoding::identity()];
    let accepted = AcceptEncoding::parse(http).ok().and_then(|accepted| accepted.negotiate(codings.iter()));
    accepted == Some(Encoding::gzip())
}

fn body(page: &Page, format: Format) -> Bytes {
    if format == Format::Json { page.json() } else { page.ndjson().into() }
}

fn answer(page: &Page, body: Bytes, request: &Request, ask: &Ask) -> HttpResponse {
    let next = Some(request.next_of_feed(&page.cursor));
    let mut answer = Answer { next, format: request.format, ..Answer::json(body, page.moment.clone(), ask.at) };
    // A page that was the newest may end in the same change when it is not any more.
    answer.settings = (!page.caught_up).then(|| "more".to_owned());
    // What is not the newest page stays as it is, but where a snapshot of whatever is newest begins.
    answer.pinned |= !page.caught_up && !matches!(ask.place, Place::Snapshot { revision: 0, .. });
    answer.respond(&request.http)
}
