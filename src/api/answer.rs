//! Successful answers: formats, validators and cache headers.

use actix_web::http::header::{self, HeaderMap};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use chrono::NaiveDate;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::problem::{Failure, INTERNAL_ERROR, NOT_ACCEPTABLE};
use crate::db::read::{At, Moment};
use crate::model::message::Message;
use crate::say;

/// Version of the answers' form, part of every ETag: raised by a release that renders the same data
/// differently.
const FORM: u32 = 1;

/// A format of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Json,
    Csv,
    /// A JSON text a line.
    Ndjson,
    /// Server-sent events.
    EventStream,
    /// RDF as JSON-LD 1.1.
    JsonLd,
    /// RDF as Turtle.
    Turtle,
    /// Metadata of CSV on the Web.
    Csvm,
    /// Office Open XML, ISO/IEC 29500.
    Xlsx,
    /// A feed.
    Atom,
    /// A map of addresses, or an index of maps.
    Sitemap,
}

impl Format {
    pub fn name(self) -> &'static str {
        match self {
            Format::Json => "json",
            Format::Csv => "csv",
            Format::Ndjson => "ndjson",
            Format::EventStream => "event-stream",
            Format::JsonLd => "jsonld",
            Format::Turtle => "turtle",
            Format::Csvm => "csvm",
            Format::Xlsx => "xlsx",
            Format::Atom => "atom",
            Format::Sitemap => "xml",
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Format::Json => "application/json",
            Format::Csv => "text/csv; charset=utf-8; header=present",
            Format::Ndjson => "application/x-ndjson",
            Format::EventStream => "text/event-stream",
            Format::JsonLd => "application/ld+json",
            Format::Turtle => "text/turtle; charset=utf-8",
            Format::Csvm => "application/csvm+json",
            Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Format::Atom => "application/atom+xml; charset=utf-8",
            Format::Sitemap => "application/xml; charset=utf-8",
        }
    }

    /// Whether an answer in it is one JSON document, which the endpoint's schema describes.
    pub fn is_json(self) -> bool {
        matches!(self, Format::Json | Format::JsonLd | Format::Csvm)
    }

    /// What a text in it is like, and an example.
    pub fn described(self) -> (&'static str, &'static str) {
        match self {
            Format::Json => ("JSON.", "{}"),
            Format::Csv => (
                "RFC 4180; human text has a column for each of zh_hans and en, arrays are JSON in one cell.",
                "changed_in,id\r\n",
            ),
            Format::Ndjson => ("A JSON object a line; the last line has what a JSON answer has beside data.", "{}\n"),
            Format::Atom => {
                ("A feed (Atom, RFC 4287), paged (RFC 5005).", "<feed xmlns=\"http://www.w3.org/2005/Atom\"></feed>")
            }
            Format::Sitemap => (
                "XML (sitemaps.org).",
                "<sitemapindex xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\"></sitemapindex>",
            ),
            Format::EventStream => ("Server-sent events (WHATWG HTML).", "event: change\ndata: {}\n\n"),
            Format::JsonLd => ("JSON-LD 1.1 (W3C).", "{}"),
            Format::Csvm => ("Metadata of CSV on the Web (W3C).", "{}"),
            Format::Xlsx => ("A workbook (ISO/IEC 29500).", "PK"),
            Format::Turtle => (
                "RDF 1.1 Turtle (W3C), the same triples as in JSON-LD.",
                "<https://data.example/catalog.jsonld#catalog> a <http://www.w3.org/ns/dcat#Catalog> .\n",
            ),
        }
    }

    fn essence(self) -> (&'static str, &'static str) {
        match self {
            Format::Json => ("application", "json"),
            Format::Csv => ("text", "csv"),
            Format::Ndjson => ("application", "x-ndjson"),
            Format::EventStream => ("text", "event-stream"),
            Format::JsonLd => ("application", "ld+json"),
            Format::Turtle => ("text", "turtle"),
            Format::Csvm => ("application", "csvm+json"),
            Format::Xlsx => ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            Format::Atom => ("application", "atom+xml"),
            Format::Sitemap => ("application", "xml"),
        }
    }

    /// The format asked for by the parameter `format`, or else by `Accept` (RFC 9110, 12.5.1).
    pub fn negotiate(asked: Option<String>, headers: &HeaderMap, offered: &[Format]) -> Result<Format, Refused> {
        if let Some(asked) = asked {
            let names = || offered.iter().map(|format| format.name()).collect::<Vec<_>>().join(", ");
            return offered.iter().copied().find(|format| format.name() == asked).ok_or_else(|| {
                let allowed = names();
                Refused::Parameter(say!("format is one of: {allowed}.", "format 应为：{allowed}。"))
            });
        }
        let fields: Vec<&str> = headers.get_all(header::ACCEPT).filter_map(|field| field.to_str().ok()).collect();
        if fields.is_empty() {
            return offered.first().copied().ok_or(Refused::Accept);
        }
        let accept = fields.join(",");
        // The offer with the highest quality; of equals, the one offered first.
        let mut best: Option<(f32, Format)> = None;
        for format in offered {
            let quality = quality(&accept, format.essence());
            if quality > best.map_or(0.0, |(quality, _)| quality) {
                best = Some((quality, *format));
            }
        }
        best.map(|(_, format)| format).ok_or(Refused::Accept)
    }
}

/// Why no format was found.
pub enum Refused {
    Parameter(Message),
    Accept,
}

impl Refused {
    /// A 406 that names what is offered.
    pub fn not_acceptable(offered: &[Format]) -> Failure {
        let types = offered.iter().map(|format| format.media_type()).collect::<Vec<_>>().join(", ");
        Failure::new(&NOT_ACCEPTABLE, say!("Offered here: {types}.", "此处提供：{types}。"))
    }
}

/// The quality an `Accept` field gives a media type, by its most specific range.
fn quality(accept: &str, (kind, subtype): (&str, &str)) -> f32 {
    let mut best = (0, 0.0);
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default().to_ascii_lowercase();
        let specificity = match media.split_once('/') {
            Some(("*", "*")) => 1,
            Some((k, "*")) if k == kind => 2,
            Some((k, s)) if k == kind && s == subtype => 3,
            _ => continue,
        };
        let quality = parts.find_map(|part| part.strip_prefix("q=")?.trim().parse().ok()).unwrap_or(1.0);
        if specificity > best.0 {
            best = (specificity, quality);
        }
    }
    best.1
}

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
    /// Settings that it repeats, where it does: a validator has their digest.
    pub settings: Option<String>,
}

impl Answer {
    pub fn json(body: impl Into<Bytes>, moment: Moment, at: At) -> Answer {
        // A time not before head's is answered and cached as head.
        let pinned = matches!(at, At::Revision(_)) || moment.n < moment.head;
        Answer {
            body: body.into(),
            format: Format::Json,
            moment,
            pinned,
            evaluated_on: None,
            next: None,
            settings: None,
        }
    }

    /// Weak, since the encodings share it: the form, the revision the answer rests on with its
    /// digest, the last redaction, the day, the format, the settings.
    fn etag(&self) -> String {
        let Moment { changed_in, digest, last_redaction, .. } = &self.moment;
        let digest = digest.get(..8).unwrap_or_default();
        let day = self.evaluated_on.map(|day| format!("-{day}")).unwrap_or_default();
        let format = if self.format == Format::Json { String::new() } else { format!("-{}", self.format.name()) };
        let settings = self.settings.as_ref().map(|settings| hex::encode(Sha256::digest(settings)));
        let settings = settings.as_deref().and_then(|digest| digest.get(..8)).map(|digest| format!("-{digest}"));
        let settings = settings.unwrap_or_default();
        format!("W/\"{FORM}-{changed_in}-{digest}-{last_redaction}{day}{format}{settings}\"")
    }

    pub fn respond(self, request: &HttpRequest) -> HttpResponse {
        let etag = self.etag();
        let unchanged = matches_etag(request.headers(), &etag);
        let mut response = if unchanged { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        // Pinned answers change by redaction only: 5 minutes in browsers, 7 days in shared caches that can be purged.
        let (cache, key) = if self.pinned {
            ("public, max-age=300, s-maxage=604800", "pinned")
        } else {
            ("public, max-age=0, s-maxage=5, stale-while-revalidate=30, stale-if-error=86400", "head")
        };
        response
            .insert_header((header::ETAG, etag))
            .insert_header((header::CACHE_CONTROL, cache))
            .insert_header(("surrogate-key", key))
            .insert_header(("ledger-revision", self.moment.n.to_string()))
            .insert_header((header::VARY, "Accept"));
        if let Some(next) = &self.next {
            response.append_header((header::LINK, format!("<?{next}>; rel=\"next\"")));
        }
        if let Some(latest) = latest(request) {
            response.append_header((header::LINK, format!("<{latest}>; rel=\"latest-version\"")));
        }
        if unchanged {
            return response.finish();
        }
        response.insert_header((header::CONTENT_TYPE, self.format.media_type())).body(self.body)
    }
}

/// Of what was asked for at a revision: the same without it (RFC 5829), relative to its path.
fn latest(request: &HttpRequest) -> Option<String> {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let mut asked = false;
    for (name, value) in url::form_urlencoded::parse(request.query_string().as_bytes()) {
        match name.as_ref() {
            "revision" | "as_of" | "to" => asked = true,
            "cursor" => {}
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
fn matches_etag(headers: &HeaderMap, etag: &str) -> bool {
    let bare = etag.trim_start_matches("W/");
    headers
        .get_all(header::IF_NONE_MATCH)
        .filter_map(|field| field.to_str().ok())
        .flat_map(|field| field.split(','))
        .map(str::trim)
        .any(|candidate| candidate == "*" || candidate.trim_start_matches("W/") == bare)
}
