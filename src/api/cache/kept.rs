//! A finished response, ready to be sent again.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use actix_web::body::BoxBody;
use actix_web::dev::Response;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::web::Bytes;

use super::basis::{Basis, Rests};
use crate::api::answer::{LEDGER_REVISION, matches_etag};
use crate::api::metrics::Route;

const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Where an answer came from, as `Cache-Status` (RFC 9211) says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Fresh,
    Made,
    /// It could not be made anew, since the database failed.
    Stale,
}

impl Source {
    fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Source::Fresh => "open-commitments; hit",
            Source::Made => "open-commitments; fwd=miss; stored",
            Source::Stale => "open-commitments; hit; ttl=-1; detail=database-unavailable",
        })
    }
}

pub struct Kept {
    pub basis: Basis,
    /// The newest revision at which it is known to hold.
    pub holds_at: AtomicI64,
    pub body: Bytes,
    /// Headers of the answer, and of a 304 in its place.
    headers: HeaderMap,
    unchanged: HeaderMap,
    etag: Option<String>,
    pub route: Route,
}

impl Kept {
    pub fn new(basis: Basis, mut headers: HeaderMap, body: Bytes, route: Route) -> Kept {
        // Said anew each time.
        headers.remove(REQUEST_ID);
        headers.remove(CACHE_STATUS);
        // What describes a body that is not sent.
        let mut unchanged = headers.clone();
        for name in [header::CONTENT_TYPE, header::CONTENT_ENCODING, header::CONTENT_LANGUAGE, header::CONTENT_LENGTH] {
            unchanged.remove(name);
        }
        let etag = headers.get(header::ETAG).and_then(|field| field.to_str().ok()).map(str::to_owned);
        Kept { holds_at: AtomicI64::new(basis.head), basis, body, headers, unchanged, etag, route }
    }

    /// Bytes that it takes, about.
    pub fn weight(&self) -> usize {
        let headers: usize = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 128).sum();
        self.body.len() + 2 * headers + 512
    }

    /// The answer to who sends these conditions, at revision `head`.
    pub fn answer(&self, conditions: &HeaderMap, id: &str, head: i64, source: Source) -> Response<BoxBody> {
        let is_known = conditions.contains_key(header::IF_NONE_MATCH)
            && self.etag.as_ref().is_some_and(|etag| matches_etag(conditions, etag));
        let mut response = if is_known {
            let mut response = Response::new(StatusCode::NOT_MODIFIED).set_body(BoxBody::new(()));
            *response.headers_mut() = self.unchanged.clone();
            response
        } else {
            let mut response = Response::new(StatusCode::OK).set_body(BoxBody::new(self.body.clone()));
            *response.headers_mut() = self.headers.clone();
            response
        };
        let headers = response.headers_mut();
        // It outlived revisions, of which it is the answer as well.
        let outlives = matches!(self.basis.rests, Rests::Record(..) | Rests::Kinds(_));
        if outlives && !self.basis.pinned && !self.basis.at_time && source != Source::Stale {
            headers.insert(LEDGER_REVISION, HeaderValue::from(head));
        }
        headers.insert(CACHE_STATUS, source.header());
        if let Ok(id) = HeaderValue::from_str(id) {
            headers.insert(REQUEST_ID, id);
        }
        response
    }
}

/// What stands in the cache.
#[derive(Clone)]
pub enum Entry {
    Kept(Arc<Kept>),
    /// Not to be kept, and so not to be waited for, until then.
    Pass(std::time::Instant),
}
