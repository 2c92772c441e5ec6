//! The feed as server-sent events (WHATWG HTML, 9.2): `change` for each change, then `revision` with the header
//! when a revision is complete. Only that carries an id, so that whoever connects anew gets whole revisions.

use std::collections::VecDeque;
use std::fmt::Write;

use actix_web::http::header;
use actix_web::web::{self, Bytes};
use actix_web::{Error, HttpResponse};
use futures_util::stream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Duration, Instant, sleep};

use super::page::{Ask, Page, Revision};
use super::place::Place;
use crate::api::State;
use crate::api::answer::LEDGER_REVISION;
use crate::api::endpoint::{Request, language};
use crate::api::problem::{Failure, HISTORY_DIVERGED};
use crate::export::format::Format;

/// How long to wait before a database that does not answer is asked again.
const AGAIN: Duration = Duration::from_secs(1);

/// One follower.
struct Follower {
    state: web::Data<State>,
    ask: Ask,
    /// The revision whose changes are being sent.
    open: Option<Revision>,
    /// The newest revision heard of.
    heard: i64,
    waiting: VecDeque<Bytes>,
    idle: bool,
    over: bool,
    language: crate::model::message::Language,
    _place: OwnedSemaphorePermit,
}

pub async fn respond(request: Request, ask: Ask) -> Result<HttpResponse, Failure> {
    let place = request.state.followers.place()?;
    // Read before the answer begins, so that what is wrong is answered as everywhere.
    let page = request.state.followers.page(&ask, request.now).await?;
    let revision = page.moment.n;
    let mut follower = Follower {
        language: language(&request.http),
        state: request.state,
        ask,
        open: None,
        heard: 0,
        waiting: VecDeque::new(),
        idle: false,
        over: false,
        _place: place,
    };
    follower.take(&page);
    let events = stream::unfold(follower, |mut follower| async move {
        let bytes = follower.next().await?;
        Some((Ok::<Bytes, Error>(bytes), follower))
    });
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, Format::EventStream.media_type()))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // An encoder would hold events back; the frame takes this out again.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .insert_header(("x-accel-buffering", "no"))
        .insert_header((LEDGER_REVISION, revision.to_string()))
        .insert_header((header::VARY, "Accept"))
        .streaming(Box::pin(events)))
}

impl Follower {
    /// The next bytes; read only when the last ones are gone, so that a slow reader holds one page at most.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(bytes) = self.waiting.pop_front() {
                return Some(bytes);
            }
            if self.over {
                return None;
            }
            if self.idle {
                let followers = &self.state.followers;
                if !followers.hears_after(self.heard, &self.ask, Instant::now() + followers.heartbeat()).await {
                    self.over = followers.is_over();
                    // The history may have gone back meanwhile, which nobody hears of.
                    self.idle = false;
                    self.waiting.push_back(Bytes::from_static(b":\n\n"));
                    continue;
                }
            }
            let (followers, now) = (&self.state.followers, (self.state.clock)());
            match followers.page(&self.ask, now).await {
                Ok(page) => self.take(&page),
                Err(failure) if failure.problem_type.slug == HISTORY_DIVERGED.slug => {
                    let problem = failure.json(&self.state.public_url, self.language);
                    self.waiting.push_back(event("problem", None, &problem).into());
                    self.over = true;
                }
                // A database that is away comes back.
                Err(_) => {
                    self.waiting.push_back(Bytes::from_static(b":\n\n"));
                    sleep(AGAIN).await;
                }
            }
        }
    }

    /// Takes in a page as events.
    fn take(&mut self, page: &Page) {
        let (bytes, open) = match self.open.take() {
            // As it is for everybody else who was at this place.
            None => page.sent.events.get_or_init(|| events(page, None, &self.ask)).clone(),
            open => events(page, open, &self.ask),
        };
        if !bytes.is_empty() {
            self.waiting.push_back(bytes);
        }
        self.open = open;
        self.heard = page.moment.n;
        self.idle = page.caught_up;
        self.ask.place = page.next.clone();
    }
}

/// A page as events to a stream in which a revision is open, and the one that is open after it.
fn events(page: &Page, mut open: Option<Revision>, ask: &Ask) -> (Bytes, Option<Revision>) {
    let mut text = String::new();
    let mut revisions = page.revisions.iter().peekable();
    for (revision, json) in &page.entries {
        if page.snapshot {
            text.push_str(&event("change", None, json));
            continue;
        }
        if open.as_ref().is_some_and(|open| open.number != *revision) {
            close(&mut open, ask, &mut text);
        }
        if let Some(header) = revisions.next_if(|header| header.number == *revision) {
            open = Some(header.clone());
        }
        text.push_str(&event("change", None, json));
    }
    if page.complete && (page.snapshot || !page.entries.is_empty() || open.is_some()) {
        if let Some(last) = page.revisions.last() {
            open = Some(last.clone());
        }
        close(&mut open, ask, &mut text);
    } else if page.next != ask.place && (page.complete || page.snapshot) {
        // Nothing to tell, but a place to go on from.
        let _ = write!(text, "id: {}\n\n", page.cursor);
    }
    (text.into(), open)
}

/// Ends the revision that is open.
fn close(open: &mut Option<Revision>, ask: &Ask, text: &mut String) {
    if let Some(Revision { number, digest, json }) = open.take() {
        let cursor = Place::end_of(number, digest).encode(&ask.fingerprint);
        text.push_str(&event("revision", Some(&cursor), &json));
    }
}

/// JSON has no line breaks in it, so its data is one line.
fn event(name: &str, id: Option<&str>, data: &str) -> String {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    format!("event: {name}\n{id}data: {data}\n\n")
}
