//! A page of the feed.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::{Mutex, OnceLock};

use actix_web::http::header::{HeaderMap, RETRY_AFTER};
use actix_web::web::Bytes;
use chrono::{DateTime, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::place::Place;
use crate::api::answer::to_text;
use crate::api::endpoint::check_moment;
use crate::api::problem::{Failure, HISTORY_DIVERGED, INTERNAL_ERROR, MIRROR_BEHIND};
use crate::api::revisions::header;
use crate::db::pool::Database;
use crate::db::read::changes::{self, Filters, Position, Row};
use crate::db::read::{At, Moment};
use crate::model::kinds;
use crate::model::problem::Problem;
use crate::say;

/// What a follower asks for.
#[derive(Clone, Debug)]
pub struct Ask {
    pub place: Place,
    pub filters: Filters,
    /// Of the filters, so that a cursor goes with them.
    pub fingerprint: String,
    pub limit: i64,
    pub at: At,
    /// Digits that the digest of the revision in `at` must have.
    pub prefix: Option<String>,
    pub now: DateTime<Utc>,
}

/// A revision of a page.
#[derive(Clone)]
pub struct Revision {
    pub number: i64,
    pub digest: String,
    /// Its header.
    pub json: String,
}

/// Some changes as JSON, and where they end.
pub struct Page {
    pub moment: Moment,
    /// Each with the number of its revision.
    pub entries: Vec<(i64, String)>,
    /// Headers of the revisions of the entries, and of the one the page ends in.
    pub revisions: Vec<Revision>,
    /// The revision the page ends in.
    pub through: i64,
    /// Whether the page ends with the end of that revision.
    pub complete: bool,
    /// Whether there was nothing more.
    pub caught_up: bool,
    pub snapshot: bool,
    pub next: Place,
    /// `next` as a cursor.
    pub cursor: String,
    /// What it is sent as, made once for all.
    pub sent: Sent,
}

#[derive(Default)]
pub struct Sent {
    json: OnceLock<Bytes>,
    gzip: OnceLock<Bytes>,
    /// To a stream that has no revision open, and the one that is open after it.
    pub events: OnceLock<(Bytes, Option<Revision>)>,
    /// Headers to those who waited, by their queries.
    pub headers: Mutex<HashMap<String, HeaderMap>>,
}

impl Page {
    pub async fn read(database: &Database, ask: &Ask, now: DateTime<Utc>) -> Result<Page, Failure> {
        match &ask.place {
            Place::After { position, digest } => {
                // One more than the page has tells whether there are more.
                let rows = changes::read(database, position, &ask.filters, ask.limit + 1, ask.at, now).await?;
                Page::of_changes(rows, ask, position, digest)
            }
            Place::Snapshot { revision, digest, last } => {
                let at = if *revision == 0 { ask.at } else { At::Revision(*revision) };
                let rows = changes::snapshot(database, last.as_ref(), &ask.filters, ask.limit + 1, at, now).await?;
                Page::of_records(rows, ask, *revision, digest)
            }
        }
    }

    fn of_changes(mut rows: Vec<Row>, ask: &Ask, from: &Position, known: &str) -> Result<Page, Failure> {
        let Some(end) = rows.pop() else { return Err(Failure::plain(&INTERNAL_ERROR)) };
        check_moment(&end.moment, ask.prefix.as_deref(), ask.now)?;
        check_history(&end, from.revision, known)?;
        let limit = usize::try_from(ask.limit).unwrap_or(usize::MAX);
        let shown = rows.len().min(limit);
        let more = usize::try_from(end.due.unwrap_or_default()).is_ok_and(|due| due > shown);
        let follows = rows.get(shown).map(|row| (row.revision, row.seq));
        rows.truncate(shown);
        let caught_up = !more && end.scanned < Some(changes::window(&ask.filters, ask.limit + 1));
        let mut revisions = Vec::new();
        let mut sizes = (0, 0);
        let mut digest = end.start_digest.clone().unwrap_or_default();
        for row in rows.iter().chain((!more).then_some(&end)) {
            let Some(revision) = row.revision else { continue };
            if let Some(item) = header(revision, &row.header)
                && revisions.last().is_none_or(|last: &Revision| last.number != revision)
            {
                digest = item.digest.as_str().to_owned();
                sizes = (revision, item.changes);
                revisions.push(Revision { number: revision, digest: digest.clone(), json: to_text(&item)? });
            }
        }
        let last = if more { rows.last() } else { None };
        let (through, seq, part) = match last {
            Some(row) => {
                (row.revision.unwrap_or_default(), row.seq.unwrap_or_default(), row.part.clone().unwrap_or_default())
            }
            None => (end.revision.unwrap_or(from.revision), end.seq.unwrap_or(from.seq), Position::PAST.to_owned()),
        };
        // What moved with the last change comes after it.
        let moved = last.is_some()
            && !ask.filters.programmes.is_empty()
            && follows.is_none_or(|next| next == (Some(through), Some(seq)));
        let complete = !moved && (seq == i64::MAX || sizes == (through, seq));
        let position = if complete { Position::end_of(through) } else { Position { revision: through, seq, part } };
        let page = Page {
            moment: resting_on(end.moment, (!caught_up).then_some((through, &digest))),
            entries: entries(&rows),
            revisions,
            through,
            complete,
            caught_up,
            snapshot: false,
            next: Place::After { position, digest },
            cursor: String::new(),
            sent: Sent::default(),
        };
        Ok(page.named(ask))
    }

    fn of_records(mut rows: Vec<Row>, ask: &Ask, chosen: i64, known: &str) -> Result<Page, Failure> {
        let Some(end) = rows.pop() else { return Err(Failure::plain(&INTERNAL_ERROR)) };
        let moment = end.moment;
        if chosen == 0 {
            check_moment(&moment, ask.prefix.as_deref(), ask.now)?;
        }
        if chosen > moment.head || (chosen > 0 && moment.digest != known) {
            return Err(diverged(&moment));
        }
        let shown = rows.len().min(usize::try_from(ask.limit).unwrap_or(usize::MAX));
        let more = usize::try_from(end.due.unwrap_or_default()).is_ok_and(|due| due > shown);
        rows.truncate(shown);
        let (revision, digest) = (moment.n, moment.digest.clone());
        let last = rows
            .last()
            .filter(|_| more)
            .and_then(|row| Some((kinds::named(row.kind.as_deref()?)?.rank(), row.id.clone()?)));
        let next = match last {
            Some(last) => Place::Snapshot { revision, digest, last: Some(last) },
            None => Place::end_of(revision, digest),
        };
        let revisions = match header(revision, &end.header) {
            Some(item) => {
                vec![Revision { number: revision, digest: item.digest.as_str().to_owned(), json: to_text(&item)? }]
            }
            None => Vec::new(),
        };
        let page = Page {
            moment,
            entries: entries(&rows),
            revisions,
            through: revision,
            complete: !more,
            caught_up: false,
            snapshot: true,
            next,
            cursor: String::new(),
            sent: Sent::default(),
        };
        Ok(page.named(ask))
    }

    /// Whether there is nothing on it, and nothing after it.
    pub fn is_idle(&self) -> bool {
        self.caught_up && self.entries.is_empty()
    }

    /// The same for other filters, where there is nothing on it.
    pub fn with_fingerprint(&self, fingerprint: &str) -> Page {
        Page {
            moment: self.moment.clone(),
            entries: Vec::new(),
            revisions: self.revisions.clone(),
            next: self.next.clone(),
            cursor: self.next.encode(fingerprint),
            sent: Sent::default(),
            ..*self
        }
    }

    /// Bytes it takes, about.
    pub fn size(&self) -> usize {
        self.entries.iter().map(|(_, json)| json.len()).sum()
    }

    fn named(mut self, ask: &Ask) -> Page {
        self.cursor = self.next.encode(&ask.fingerprint);
        self
    }

    /// What follows the entries.
    pub fn envelope(&self) -> String {
        let revisions: Vec<&str> = self.revisions.iter().map(|revision| revision.json.as_str()).collect();
        format!(
            "\"revisions\":[{}],\"through\":{},\"complete\":{},\"caught_up\":{},\"snapshot\":{},\"next\":\"{}\"}}",
            revisions.join(","),
            self.through,
            self.complete,
            self.caught_up,
            self.snapshot,
            self.cursor
        )
    }

    pub fn json(&self) -> Bytes {
        let made = self.sent.json.get_or_init(|| {
            let entries: Vec<&str> = self.entries.iter().map(|(_, json)| json.as_str()).collect();
            format!("{{\"data\":[{}],{}", entries.join(","), self.envelope()).into()
        });
        made.clone()
    }

    /// The same JSON compressed (RFC 1952).
    pub fn gzip(&self) -> Bytes {
        let made = self.sent.gzip.get_or_init(|| {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            // Writing to a Vec does not fail.
            let _ = encoder.write_all(&self.json());
            encoder.finish().unwrap_or_default().into()
        });
        made.clone()
    }

    /// A line for each change, then one with what follows.
    pub fn ndjson(&self) -> String {
        let mut text = String::new();
        for (_, json) in &self.entries {
            text.push_str(json);
            text.push('\n');
        }
        text.push('{');
        text.push_str(&self.envelope());
        text.push('\n');
        text
    }
}

/// A page that is not the newest rests on the revision it ends in.
fn resting_on(moment: Moment, last: Option<(i64, &String)>) -> Moment {
    match last {
        Some((revision, digest)) => Moment { changed_in: revision, digest: digest.clone(), ..moment },
        None => moment,
    }
}

/// Refuses a follower that comes from another history, or is ahead of this copy.
fn check_history(row: &Row, revision: i64, known: &str) -> Result<(), Failure> {
    let moment = &row.moment;
    match &row.start_digest {
        Some(digest) if digest.starts_with(known) => Ok(()),
        Some(digest) => Err(diverged(moment).with("revision", revision.into()).with("digest", digest.as_str().into())),
        None if moment.n < moment.head => {
            let n = moment.n;
            let detail = say!(
                "This lies after revision {n}, which was asked for. Leave revision and as_of out to go on.",
                "此处晚于所要求的修订 {n}。请去掉 revision 与 as_of 再继续。"
            );
            Err(Failure::parameters(vec![Problem::parameter("after", "out-of-range", detail)]))
        }
        None if row.behind => {
            Err(Failure::plain(&MIRROR_BEHIND).with("head", moment.head.into()).with_header(RETRY_AFTER, "5"))
        }
        None => Err(diverged(moment)),
    }
}

fn diverged(moment: &Moment) -> Failure {
    let digest = moment.n_digest.as_deref().unwrap_or(&moment.digest);
    Failure::plain(&HISTORY_DIVERGED).with("head", moment.head.into()).with("head_digest", digest.into())
}

fn entries(rows: &[Row]) -> Vec<(i64, String)> {
    rows.iter().map(|row| (row.revision.unwrap_or_default(), entry(row))).collect()
}

/// A change as JSON: its body as it was hashed.
fn entry(row: &Row) -> String {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    // Kinds, ids, operations and digests need no escapes.
    let mut json = format!(
        "{{\"revision\":{},\"seq\":{},\"kind\":\"{}\",\"id\":\"{}\",\"op\":\"{}\",\"change_kind\":\"{}\",\"record_digest\":\"{}\"",
        row.revision.unwrap_or_default(),
        row.seq.unwrap_or_default(),
        text(&row.kind),
        text(&row.id),
        text(&row.op),
        text(&row.change_kind),
        hex::encode(row.record_digest.as_deref().unwrap_or_default()),
    );
    // Writing to a String does not fail.
    if let Some(changed_in) = row.own_revision {
        let _ = write!(json, ",\"changed_in\":{changed_in}");
    }
    if let (Some(salt), Some(body)) = (&row.salt, &row.body) {
        let _ = write!(json, ",\"salt\":\"{}\",\"record\":{body}", hex::encode(salt));
    }
    if let Some(redacted_in) = row.redacted_in {
        let _ = write!(json, ",\"redacted_in\":{redacted_in}");
    }
    json.push('}');
    json
}
