//! Pictures: those of a metric to put into articles, and that of every page, with which it is shown where somebody
//! links to it.

use actix_web::HttpResponse;
use actix_web::body::MessageBody;
use actix_web::http::{StatusCode, header};
use maud::{Markup, html};

use super::chart::card::{self, Card};
use super::chart::{Ratio, Size};
use super::visit::Visit;
use super::{metric, words};
use crate::api::State;
use crate::api::figure::facts::Facts;
use crate::api::problem::{Failure, INTERNAL_ERROR};
use crate::model::kinds::KINDS;
use crate::picture::Image;

/// The figure in every ratio and format, at the revision of the page, with what to put beside it.
pub fn section(id: &str, facts: &Facts, visit: &Visit) -> Markup {
    let (Some(figure), Some(moment)) = (facts.document(visit.language), visit.known_moment()) else { return html! {} };
    let (shape, language) = (if facts.series.len() > 1 { "line" } else { "figure" }, visit.language.tag());
    let of = metric::of_observation(visit);
    let address = |format: &str, ratio: Ratio| {
        let (ratio, revision) = (ratio.code(), moment.n);
        visit.file(&format!(
            "v1/metrics/{id}/figure.{format}?shape={shape}&ratio={ratio}&lang={language}&revision={revision}{of}"
        ))
    };
    html! {
        section.pictures {
            h2 { (visit.say("Pictures", "图片")) }
            p { (visit.say(
                "For articles and print: 1080 pixels wide, with source, revision and a code that leads to this page as it is now.",
                "用于文章与印刷：宽 1080 像素，含来源、修订，以及指向本页当前内容的二维码。",
            )) }
            ul {
                @for ratio in Ratio::ALL {
                    li {
                        (ratio.code())
                        @for (format, name) in [("png", "PNG"), ("jpg", "JPG"), ("svg", "SVG")] {
                            " · " a href=(address(format, ratio)) aria-label=(format!("{name} {}", ratio.code())) { (name) }
                        }
                    }
                }
            }
            dl.facts {
                dt { (visit.say("Caption", "图注")) } dd { (figure.text.caption) }
                dt { (visit.say("Text alternative", "替代文本")) } dd { (figure.text.alt) }
            }
        }
    }
}

/// What the picture of a page shows beside its title.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    pub figure: Option<String>,
    pub lines: Vec<String>,
}

/// The picture of the page at a path.
pub fn card(path: &str, title: &str, shown: &Shown, visit: &Visit) -> Card {
    let state = &visit.state;
    let language = visit.language;
    let site = state.site.name(language).to_owned();
    let host =
        url::Url::parse(&state.public_url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let revision = visit.known_moment().filter(|moment| moment.n > 0);
    let revision =
        revision.map(|moment| format!("{} {} · ", visit.say("Revision", "修订"), moment.n)).unwrap_or_default();
    let folder = path.split('/').next().unwrap_or_default();
    let kind = KINDS.iter().find(|kind| kind.collection == folder && path.contains('/'));
    let kicker = match (kind, folder) {
        (Some(kind), _) => super::chart::words::capital(words::kind(kind.name, language)),
        (None, "revisions") if path.contains('/') => visit.say("Revision", "修订").to_owned(),
        _ => visit.say("Public commitments as open data", "公开承诺的开放数据").to_owned(),
    };
    Card {
        kicker,
        title: if title.is_empty() { site.clone() } else { title.to_owned() },
        figure: shown.figure.clone(),
        lines: shown.lines.clone(),
        note: format!("{revision}{host}"),
        site,
        language,
    }
}

/// Where the picture of a page is, at the revision that the page is of.
fn address(path: &str, visit: &Visit) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    if let Some(moment) = visit.known_moment().filter(|moment| moment.n > 0) {
        query.append_pair("revision", &moment.n.to_string());
    }
    query.extend_pairs(visit.own(metric::OBSERVATION).map(|figure| (metric::OBSERVATION, figure)));
    let query = query.append_pair("lang", visit.language.tag()).finish();
    let path = if path.is_empty() { "index" } else { path };
    format!("{}/pictures/{path}.png?{query}", visit.state.public_url)
}

/// What a page's head says of its picture. Pages of errors have none.
pub fn head(path: &str, card: &Card, visit: &Visit) -> Markup {
    let Size { width, height } = card::SIZE;
    html! {
        @if !path.starts_with("problems/") {
            meta property="og:image" content=(address(path, visit));
            meta property="og:image:type" content="image/png";
            meta property="og:image:width" content=(width);
            meta property="og:image:height" content=(height);
            meta property="og:image:alt" content=(card.said());
            meta name="twitter:card" content="summary_large_image";
        }
    }
}

/// The answer with pixels in the place of its drawing.
pub async fn in_pixels(response: HttpResponse, state: &State) -> Result<HttpResponse, Failure> {
    if response.status() != StatusCode::OK {
        return Ok(response);
    }
    let broken = |why: &str| Failure { cause: Some(why.to_owned()), ..Failure::plain(&INTERNAL_ERROR) };
    let (response, body) = response.into_parts();
    let drawing = body.try_into_bytes().map_err(|_| broken("no drawing"))?;
    let drawing = String::from_utf8(drawing.to_vec()).map_err(|_| broken("no drawing"))?;
    let pixels = state.pictures.draw(drawing, Image::Png, 1).await?;
    let mut response = response.set_body(pixels).map_into_boxed_body();
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("image/png"));
    Ok(response)
}
