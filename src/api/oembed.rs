//! `/oembed`: how to embed one of our own addresses (oEmbed 1.0), as JSON and XML.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::State;
use super::answer::{SURROGATE_KEY, to_text};
use super::discovery::xml;
use super::documents::Problem;
use super::endpoint::{is_record_id, language, refuse};
use super::problem::{FORMAT_NOT_OFFERED, Failure, NO_SUCH_PATH};
use super::query::Query;
use crate::model::message::Language;
use crate::model::problem::Problem as Wrong;
use crate::say;
use crate::site::embed::ask::{Ask, parameters};
use crate::site::embed::{self, About};
use crate::site::since::clipped;

/// The parameters; consumers add others of their own, which are let be.
const PARAMETERS: [&str; 4] = ["url", "format", "maxwidth", "maxheight"];
/// Pixels of an embed that may be as wide as it likes.
const WIDTH: u32 = 640;
/// Seconds for which consumers may keep an answer: what the frame shows is asked for anew.
const KEPT: u32 = 3600;
/// Characters of a title.
const MAX_TITLE: usize = 300;

/// An embed by oEmbed 1.0, of type rich.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct OEmbed {
    /// Always rich.
    #[serde(rename = "type")]
    pub kind: String,
    /// Always 1.0.
    pub version: String,
    /// What is embedded.
    pub title: String,
    /// Who says so, or who promises.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author_name: Option<String>,
    /// Address of their page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author_url: Option<String>,
    /// Name of this service.
    pub provider_name: String,
    /// Its address.
    pub provider_url: String,
    /// Seconds for which the answer may be kept.
    pub cache_age: u32,
    /// The frame to put into a page.
    pub html: String,
    /// Its width in pixels.
    pub width: u32,
    /// Its height in pixels.
    pub height: u32,
}

/// How to embed an address of ours
///
/// oEmbed 1.0 for the pages of metrics, commitments and programmes, and for embeds themselves: a frame to put into a page.
/// revision, as_of and lang of the address stay; without lang the embed is in the language asked for by Accept-Language.
#[utoipa::path(
    get, path = "/oembed", operation_id = "get_oembed", tag = "service",
    params(
        ("url" = String, Query, description = "Address of a page or an embed of this service.", example = "https://example.org/metrics/mediation-cases?lang=en"),
        ("format" = Option<String>, Query, pattern = "^(json|xml)$", description = "json unless told, or xml.", example = "json"),
        ("maxwidth" = Option<i64>, Query, description = "Most pixels that the frame may be wide.", example = 480),
        ("maxheight" = Option<i64>, Query, description = "Most pixels that the frame may be high.", example = 400),
    ),
    responses(
        (status = 200, description = "The embed.", content(
            (OEmbed = "application/json", example = json!({"type": "rich", "version": "1.0", "title": "Disputes mediated online", "author_name": "Department of Justice", "provider_name": "Open Commitments", "provider_url": "https://example.org/", "cache_age": 3600, "html": "<iframe src=\"https://example.org/embed/metrics/mediation-cases?lang=en\"></iframe>", "width": 640, "height": 300})),
            (String = "text/xml", example = json!("<oembed><type>rich</type></oembed>")),
        )),
        (status = 400, description = "url is missing, or another parameter is wrong: invalid-parameter.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "The address is not one of ours that can be embedded, or what it is of is not there: no-such-path, no-such-record.", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "What it is of was withdrawn or redacted: record-withdrawn, record-redacted.", body = Problem, content_type = "application/problem+json"),
        (status = 501, description = "The format is neither json nor xml: format-not-offered.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database does not answer: database-unavailable.", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/oembed")]
pub async fn oembed(state: web::Data<State>, http: HttpRequest) -> HttpResponse {
    answer(&state, &http).await.unwrap_or_else(|failure| refuse(&failure, &state, &http))
}

/// What was asked.
struct Asked {
    ask: Ask,
    xml: bool,
    most: (Option<u32>, Option<u32>),
}

async fn answer(state: &web::Data<State>, http: &HttpRequest) -> Result<HttpResponse, Failure> {
    let Asked { mut ask, xml, most } = asked(state, http)?;
    let about = embed::about(&mut ask, state, http).await?;
    let document = document(&ask, about, most, state);
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::CACHE_CONTROL, "public, max-age=300, s-maxage=300, stale-if-error=86400"))
        .insert_header((SURROGATE_KEY, "head"))
        .insert_header((header::CONTENT_LANGUAGE, ask.language.tag()));
    if !ask.is_language_given {
        response.insert_header((header::VARY, "Accept-Language"));
    }
    if xml {
        return Ok(response.content_type("text/xml; charset=utf-8").body(as_xml(&document)?));
    }
    Ok(response.content_type("application/json").body(to_text(&document)?))
}

fn asked(state: &State, http: &HttpRequest) -> Result<Asked, Failure> {
    let ours = url::form_urlencoded::parse(http.query_string().as_bytes())
        .filter(|(name, _)| PARAMETERS.contains(&name.as_ref()));
    let raw = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(ours).finish();
    let mut query = Query::parse(&raw, PARAMETERS.into_iter());
    let url = query.text("url");
    let format = query.text("format").unwrap_or_else(|| "json".to_owned());
    let mut pixels = |name| {
        let most = query.number(name)?;
        if most == 0 {
            query.refuse(name, "invalid-value", say!("{name} is at least 1.", "{name} 至少为 1。"));
        }
        Some(u32::try_from(most).unwrap_or(u32::MAX))
    };
    let most = (pixels("maxwidth"), pixels("maxheight"));
    if url.is_none() && !query.is_refused("url") {
        let detail = say!("Say what to embed: url=…, an address of this service.", "请用 url=… 给出要嵌入的本站地址。");
        query.refuse("url", "missing-parameter", detail);
    }
    query.finish()?;
    if !["json", "xml"].contains(&format.as_str()) {
        return Err(Failure::plain(&FORMAT_NOT_OFFERED));
    }
    let ask = ours_of(&url.unwrap_or_default(), &state.public_url, language(http))?;
    Ok(Asked { ask, xml: format == "xml", most })
}

/// What an address of ours is of. Those of others are not spoken for.
fn ours_of(address: &str, public_url: &str, language: Language) -> Result<Ask, Failure> {
    let foreign = || {
        Failure::new(
            &NO_SUCH_PATH,
            say!(
                "The address is not that of a metric, a commitment or a programme below {public_url}.",
                "该地址不是 {public_url} 下的指标、承诺或承诺清单页面。"
            ),
        )
    };
    let (address, base) = match (url::Url::parse(address), url::Url::parse(public_url)) {
        (Ok(address), Ok(base)) => (address, base),
        _ => return Err(foreign()),
    };
    let is_plain = address.username().is_empty() && address.password().is_none();
    let path = address.path().strip_prefix(base.path().trim_end_matches('/')).and_then(|path| path.strip_prefix('/'));
    let path = path.filter(|_| is_plain && address.origin() == base.origin()).ok_or_else(foreign)?;
    let path = path.strip_prefix("embed/").unwrap_or(path);
    let mut parts = path.trim_end_matches('/').split('/');
    let (Some(collection), Some(id), None) = (parts.next(), parts.next(), parts.next()) else { return Err(foreign()) };
    let kind = embed::KINDS.into_iter().find(|kind| kind.collection == collection).ok_or_else(foreign)?;
    if id.is_empty() || !is_record_id(id) {
        return Err(foreign());
    }
    // Pages have parameters of their own, and so have campaigns.
    let known = address.query_pairs().filter(|(name, _)| parameters(kind).contains(&name.as_ref()));
    let raw = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(known).finish();
    Ask::parse(kind, id, &raw, language).map_err(|refused| {
        let failure = refused.0;
        // What is wrong with the address is wrong with url; what it asks for may not be there all the same.
        if failure.errors.is_empty() {
            return failure;
        }
        let errors = failure.errors.into_iter().map(|error| Wrong::parameter("url", "invalid-value", error.detail));
        Failure::parameters(errors.collect())
    })
}

fn document(ask: &Ask, about: About, (most_wide, most_high): (Option<u32>, Option<u32>), state: &State) -> OEmbed {
    let url = &state.public_url;
    let width = most_wide.unwrap_or(WIDTH).min(WIDTH);
    let height = most_high.unwrap_or(u32::MAX).min(ask.style.height());
    let title = clipped(&about.title, MAX_TITLE);
    OEmbed {
        kind: "rich".into(),
        version: "1.0".into(),
        html: embed::iframe(&format!("{url}/{}", ask.address()), &title, &width.to_string(), height),
        title,
        author_url: about.author.as_ref().map(|(id, _)| format!("{url}/organizations/{id}")),
        author_name: about.author.map(|(_, name)| clipped(&name, MAX_TITLE)),
        provider_name: state.site.name(ask.language).to_owned(),
        provider_url: format!("{url}/"),
        cache_age: KEPT,
        width,
        height,
    }
}

fn as_xml(document: &OEmbed) -> Result<String, Failure> {
    let OEmbed { kind, version, title, provider_name, provider_url, html, .. } = document;
    let numbers = [document.cache_age, document.width, document.height].map(|number| number.to_string());
    let [cache_age, width, height] = &numbers;
    let mut members = vec![("type", kind), ("version", version), ("title", title)];
    members.extend(document.author_name.as_ref().map(|name| ("author_name", name)));
    members.extend(document.author_url.as_ref().map(|url| ("author_url", url)));
    members.extend([("provider_name", provider_name), ("provider_url", provider_url), ("cache_age", cache_age)]);
    members.extend([("html", html), ("width", width), ("height", height)]);
    xml::document(|xml| {
        let root = xml.create_element("oembed");
        root.write_inner_content(|xml| members.iter().try_for_each(|(name, text)| xml::text(xml, name, &[], text)))?;
        Ok(())
    })
}
