//! What stands on somebody else's page: `/embed/metrics/{id}`, `/embed/commitments/{id}`, `/embed/programmes/{id}`.
//! One small page each, that loads nothing: what is asked for (`ask`) is made (`metric`, `commitment`, `programme`),
//! and put into its frame (`frame`). The cache in front keeps it, so that it outlives the database.

pub mod ask;

mod commitment;
mod frame;
mod metric;
mod programme;
mod refusal;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use crate::api::State;
use crate::api::answer::{LEDGER_REVISION, SURROGATE_KEY, is_pinned, matches_etag};
use crate::api::cache::basis::{Basis, Rests};
use crate::api::endpoint;
use crate::api::plain::fixed;
use crate::api::problem::{Failure, INTERNAL_ERROR, NO_SUCH_RECORD};
use crate::db::read::Moment;
use crate::model::kind::Kind;
use crate::model::kinds::{
    commitment as commitments, metric as metrics, organization as organizations, programme as programmes,
};
use crate::site::parts::plain;
use crate::site::since::clipped;

use crate::site::chart::{self, Cell, Size, Strip};

use ask::Ask;

/// Kinds of records that can be embedded.
pub static KINDS: [&Kind; 3] = [&metrics::KIND, &commitments::KIND, &programmes::KIND];

/// Live, a figure may be half a minute old in browsers and a minute in shared caches.
const LIVE: &str = "public, max-age=15, s-maxage=15, stale-while-revalidate=30, stale-if-error=86400";
/// Pinned, it keeps its figure; a note that it was corrected comes within five minutes.
const PINNED: &str = "public, max-age=240, s-maxage=240, stale-while-revalidate=60, stale-if-error=86400";

/// Bytes of two drawings; above them there is one.
const DRAWINGS: usize = 16_000;
/// Pixels of a row of cells.
const ROW: u32 = 34;

/// `/embed.js`, which puts embeds into pages.
pub async fn script(http: HttpRequest) -> HttpResponse {
    let mut response = fixed(&http, include_str!("embed.js").to_owned(), "text/javascript; charset=utf-8");
    // Pages that load it with crossorigin or under a policy of their own may (Fetch, Cross-Origin-Resource-Policy).
    let policy = header::HeaderValue::from_static("cross-origin");
    response.headers_mut().insert(header::CROSS_ORIGIN_RESOURCE_POLICY, policy);
    response
}

/// Answers with an embed, or with a card that says why there is none.
pub async fn serve(kind: &'static Kind, state: web::Data<State>, http: HttpRequest) -> HttpResponse {
    let ask = match Ask::of(kind, &http) {
        Ok(ask) => ask,
        Err(refused) => return refusal::card(&refused.0, &refused.1, &state, &http).await,
    };
    match make(&ask, &state, &http).await {
        Ok((body, moment)) => respond(body, &moment, &ask, &http),
        Err(failure) => refusal::card(&failure, &ask, &state, &http).await,
    }
}

async fn make(ask: &Ask, state: &web::Data<State>, http: &HttpRequest) -> Result<(String, Moment), Failure> {
    if !endpoint::is_record_id(&ask.id) || ask.id.is_empty() {
        return Err(Failure::plain(&NO_SUCH_RECORD));
    }
    let mut visit = ask.visit(state.clone(), http.clone());
    let embed = match ask.kind.name {
        "metric" => metric::make(ask, &mut visit).await?,
        "commitment" => commitment::make(ask, &mut visit).await?,
        _ => programme::make(ask, &mut visit).await?,
    };
    let moment = visit.moment()?.clone();
    Ok((frame::page(&embed, ask, &visit)?, moment))
}

fn respond(body: String, moment: &Moment, ask: &Ask, http: &HttpRequest) -> HttpResponse {
    let digest = hex::encode(Sha256::digest(&body));
    let etag = format!("W/\"{}\"", digest.get(..20).unwrap_or_default());
    let unchanged = matches_etag(http.headers(), &etag);
    let mut response = if unchanged { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    // A pinned one says what became of its figure since.
    response.extensions_mut().insert(Basis::of(moment, Rests::Ledger, body.len()));
    let (cache, key) = if is_pinned(ask.at, moment) { (PINNED, "pinned") } else { (LIVE, "head") };
    response
        .insert_header((header::ETAG, etag))
        .insert_header((header::CACHE_CONTROL, cache))
        .insert_header((SURROGATE_KEY, key))
        .insert_header((LEDGER_REVISION, moment.n.to_string()));
    if unchanged {
        // The language asked for by a header makes another answer.
        if !ask.is_language_given {
            response.insert_header((header::VARY, "Accept-Language"));
        }
        return response.finish();
    }
    frame::dressed(&mut response, ask).body(body)
}

/// Statuses as cells, drawn for narrow and for wide places: of one commitment over time, or of several `beside` each
/// other.
fn strip(ask: &Ask, title: &str, cells: Vec<Cell>, beside: bool) -> Result<Markup, Failure> {
    let drawn = |wide: bool| {
        // Two lines of a title fit in the narrow one.
        let size = if wide { Size { width: 720, height: 140 } } else { Size { width: 360, height: 224 } };
        let more = if beside { chart::strip::rows(cells.len(), size) - 1 } else { 0 };
        let more = u32::try_from(more).unwrap_or(u32::MAX).saturating_mul(ROW);
        let size = Size { height: size.height.saturating_add(more), ..size };
        let about = chart::About {
            title: clipped(title, frame::MAX_TITLE),
            source: String::new(),
            revision: None,
            language: ask.language,
            theme: ask.theme,
            id: if wide { "oc-wide" } else { "oc-narrow" }.to_owned(),
            article: None,
        };
        let draw = if beside { chart::strip::draw_beside } else { chart::strip::draw };
        draw(&Strip { about, cells: cells.clone() }, size)
            .map_err(|error| Failure { cause: Some(error.to_string()), ..Failure::plain(&INTERNAL_ERROR) })
    };
    Ok(both(drawn(false)?, drawn(true)?))
}

/// A drawing for narrow and one for wide places, or one for both where that would be much.
fn both(narrow: String, wide: String) -> Markup {
    html! {
        @if narrow.len() + wide.len() > DRAWINGS {
            div.draw.only { (PreEscaped(wide)) }
        } @else {
            div.draw.narrow { (PreEscaped(narrow)) }
            div.draw.wide { (PreEscaped(wide)) }
        }
    }
}

/// What an embed is called, and who says so or promises: id and name.
pub struct About {
    pub title: String,
    pub author: Option<(String, String)>,
}

/// Reads what an embed is of. A pinned figure is from then on named by its observation, so that no other one takes
/// its place when it is removed.
pub async fn about(ask: &mut Ask, state: &web::Data<State>, http: &HttpRequest) -> Result<About, Failure> {
    let mut visit = ask.visit(state.clone(), http.clone());
    if ask.kind.name != metrics::KIND.name {
        let of_programme = ask.kind.name == programmes::KIND.name;
        let includes: &[&str] = if of_programme { &[] } else { &["organization"] };
        let record = visit.record(ask.kind, &ask.id, includes).await?;
        let organization = match of_programme {
            true => visit.maybe(&organizations::KIND, record["organization"].as_str()).await?,
            false => Some(record["included"]["organization"].clone()).filter(|organization| organization.is_object()),
        };
        let named = |organization: &serde_json::Value| {
            Some((organization["id"].as_str()?.to_owned(), plain(&organization["name"], ask.language)))
        };
        let author = organization.as_ref().and_then(named);
        return Ok(About { title: plain(&record["title"], ask.language), author });
    }
    let (title, figure) = metric::named(ask, &mut visit).await?;
    let author = figure.as_ref().map(|figure| (figure.reported_by.id.0.clone(), figure.text.source.clone()));
    if let Some(figure) = figure.filter(|_| ask.is_pinned()) {
        ask.of_observation(figure.observation.as_str());
    }
    Ok(About { title, author })
}

/// A frame for a page; `width` as HTML has it.
pub fn iframe(address: &str, title: &str, width: &str, height: u32) -> String {
    html! {
        iframe src=(address) title=(title) width=(width) height=(height) loading="lazy" style="border:0;max-width:100%" {}
    }
    .into_string()
}
