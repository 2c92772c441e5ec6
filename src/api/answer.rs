//! Successful answers: formats, validators and cache headers.

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use chrono::{NaiveDate, Utc};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::State;
use super::cache::basis::{Basis, Rests};
use super::problem::{Failure, INTERNAL_ERROR};
use crate::db::read::{At, Moment};
use crate::export::format::Format;

/// Version of the answers' form, part of every ETag: raised by a release that renders the same data
/// differently.
const FORM: u32 = 1;

pub const SURROGATE_KEY: HeaderName = HeaderName::from_static("surrogate-key");
pub const LEDGER_REVISION: HeaderName = HeaderName::from_static("ledger-revision");

/// A document as JSON.
pub fn to_text(document: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(document)
        .map_err(|error| Failure { cause: Some(error.to_string()), ..Failure::plain(&INTERNAL_ERROR) })
}

/// An answer from the ledger.
pub struct Answer {
    pub body: Bytes,
    pub format: Format,
    pub moment: Moment,
    /// Whether it was asked for at a revision, so that it stays as it is.
    pub pinned: bool,
    /// The day it depends on, where it does.
    pub evaluated_on: Option<NaiveDate>,
    /// Query string of the next page.
    pub next: Option<String>,
    /// What it depends on beside the moment, such as settings that it repeats: a validator has its digest.
    pub settings: Option<String>,
    /// What a newer revision has to change to change the answer.
    pub rests: Rests,
}

/// Whether what was asked for stays as it is. A time not before head's is answered and cached as head.
pub fn is_pinned(at: At, moment: &Moment) -> bool {
    matches!(at, At::Revision(_)) || moment.n < moment.head
}

/// What validators are made of: the form, the revision the answer rests on with its digest, the last
/// redaction, the day, the format.
pub fn tag(moment: &Moment, evaluated_on: Option<NaiveDate>, format: Format) -> String {
    let Moment { changed_in, digest, last_redaction, .. } = moment;
    let digest = digest.get(..8).unwrap_or_default();
    let day = evaluated_on.map(|day| format!("-{day}")).unwrap_or_default();
    let format = if format == Format::Json { String::new() } else { format!("-{}", format.name()) };
    format!("{FORM}-{changed_in}-{digest}-{last_redaction}{day}{format}")
}

impl Answer {
    pub fn json(body: impl Into<Bytes>, moment: Moment, at: At) -> Answer {
        let pinned = is_pinned(at, &moment);
        Answer {
            body: body.into(),
            format: Format::Json,
            moment,
            pinned,
            evaluated_on: None,
            next: None,
            settings: None,
            rests: Rests::Ledger,
        }
    }

    /// Weak, since the encodings share it.
    fn etag(&self) -> String {
        let settings = self.settings.as_ref().map(|settings| hex::encode(Sha256::digest(settings)));
        let settings = settings.as_deref().and_then(|digest| digest.get(..8)).map(|digest| format!("-{digest}"));
        let tag = tag(&self.moment, self.evaluated_on, self.format);
        format!("W/\"{tag}{}\"", settings.unwrap_or_default())
    }

    /// Whether who asks has it already, so that there is no need to make its body.
    pub fn is_unchanged(&self, request: &HttpRequest) -> bool {
        matches_etag(request.headers(), &self.etag())
    }

    pub fn respond(self, request: &HttpRequest) -> HttpResponse {
        let etag = self.etag();
        let unchanged = matches_etag(request.headers(), &etag);
        let mut response = if unchanged { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        response.insert_header((header::ETAG, etag));
        frame(&mut response, &self.moment, self.pinned, request);
        let mut basis = Basis { pinned: self.pinned, ..Basis::of(&self.moment, self.rests, self.body.len()) };
        if self.evaluated_on.is_some() && !self.pinned {
            basis =
                basis.of_today(request.app_data::<web::Data<State>>().map_or_else(Utc::now, |state| (state.clock)()));
        }
        response.extensions_mut().insert(basis);
        if let Some(next) = &self.next {
            response.append_header((header::LINK, format!("<?{next}>; rel=\"next\"")));
        }
        if unchanged {
            return response.finish();
        }
        response.insert_header((header::CONTENT_TYPE, self.format.media_type())).body(self.body)
    }
}

/// The headers that say what an answer from the ledger is of, and how long it may be kept.
pub fn frame(response: &mut HttpResponseBuilder, moment: &Moment, pinned: bool, request: &HttpRequest) {
    // Pinned answers change by redaction only: 5 minutes in browsers, 7 days in shared caches that can be purged.
    let (cache, key) = if pinned {
        ("public, max-age=300, s-maxage=604800", "pinned")
    } else {
        ("public, max-age=0, s-maxage=5, stale-while-revalidate=30, stale-if-error=86400", "head")
    };
    response
        .insert_header((header::CACHE_CONTROL, HeaderValue::from_static(cache)))
        .insert_header((SURROGATE_KEY, HeaderValue::from_static(key)))
        .insert_header((LEDGER_REVISION, HeaderValue::from(moment.n)))
        .insert_header((header::VARY, HeaderValue::from_static("Accept")));
    if let Some(latest) = latest(request) {
        response.append_header((header::LINK, format!("<{latest}>; rel=\"latest-version\"")));
    }
}

/// Of what was asked for at a revision: the same without it (RFC 5829), relative to its path.
fn latest(request: &HttpRequest) -> Option<String> {
    let given = request.query_string();
    // Most are asked for as they are now, which need not be taken apart to find out.
    if !["revision", "as_of", "to", "%"].iter().any(|part| given.contains(part)) {
        return None;
    }
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let mut asked = false;
    for (name, value) in url::form_urlencoded::parse(given.as_bytes()) {
        match name.as_ref() {
            "revision" | "as_of" | "to" => asked = true,
            "cursor" | "min_revision" => {}
            _ => {
                query.append_pair(&name, &value);
            }
        }
    }
    let query = query.finish();
    let segment = request.path().rsplit('/').next().unwrap_or_default();
    asked.then(|| if query.is_empty() { segment.to_owned() } else { format!("{segment}?{query}") })
}

/// Whether `If-None-Match` names this validator, compared weakly (RFC 9110, 13.1.2).
pub fn matches_etag(headers: &HeaderMap, etag: &str) -> bool {
    let bare = etag.trim_start_matches("W/");
    headers
        .get_all(header::IF_NONE_MATCH)
        .filter_map(|field| field.to_str().ok())
        .flat_map(|field| field.split(','))
        .map(str::trim)
        .any(|candidate| candidate == "*" || candidate.trim_start_matches("W/") == bare)
}
