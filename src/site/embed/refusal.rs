//! A card that says why there is nothing to show: never a blank frame.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use maud::html;

use super::ask::Ask;
use super::frame::{document, dressed};
use crate::api::State;
use crate::api::endpoint;
use crate::api::problem::{Failure, RECORD_REDACTED, RECORD_WITHDRAWN};
use crate::model::kinds::observation;
use crate::model::message::Language;
use crate::site::since::{self, Since, clipped};

/// Characters of what is said of each thing that is wrong, and things that are said.
const MAX_DETAIL: usize = 320;
const MAX_ERRORS: usize = 4;

pub async fn card(failure: &Failure, ask: &Ask, state: &web::Data<State>, http: &HttpRequest) -> HttpResponse {
    endpoint::log_cause(failure, http);
    let language = ask.language;
    let say = |en: &'static str, zh: &'static str| if language == Language::Chinese { zh } else { en };
    let end = end(failure, ask, state).await;
    let title = failure.problem_type.title();
    let title = title.in_language(language);
    let main = html! {
        h1 { (title) }
        @match &end {
            Some(end) => { (end.line("", true, language)) }
            None => {
                @if failure.errors.len() < 2 { p { (clipped(failure.detail.in_language(language), MAX_DETAIL)) } }
                @else {
                    @for error in failure.errors.iter().take(MAX_ERRORS) {
                        p { (clipped(error.detail.in_language(language), MAX_DETAIL)) }
                    }
                }
            }
        }
        footer { p {
            (failure.problem_type.status) " · "
            // The address of the page can be wrong as well.
            a href=(format!("{}/?lang={}", state.public_url, language.tag())) target="_blank" rel="noopener" {
                (say("To", "前往")) " " (state.site.name(language))
            }
        } }
    };
    let status = StatusCode::from_u16(failure.problem_type.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    // What is not there may be there soon; what fails is asked again at once.
    let cache = if matches!(status.as_u16(), 404 | 410) { "public, max-age=30, s-maxage=30" } else { "no-store" };
    response.insert_header((header::CACHE_CONTROL, cache));
    if let Some((name, value)) = failure.header.as_deref() {
        response.insert_header((name.clone(), value.as_str()));
    }
    dressed(&mut response, ask).body(document(title, None, ask, &main))
}

/// When and why it was taken away, where it was.
async fn end(failure: &Failure, ask: &Ask, state: &State) -> Option<Since> {
    let slug = failure.problem_type.slug;
    if ![&RECORD_REDACTED, &RECORD_WITHDRAWN].iter().any(|known| known.slug == slug) {
        return None;
    }
    let (kind, id) = match ask.wanted.observation.as_deref() {
        Some(id) if failure.extra.iter().any(|(name, _)| *name == "observation") => (&observation::KIND, id),
        _ => (ask.kind, ask.id.as_str()),
    };
    since::end(&state.database, kind, id, (state.clock)()).await.ok().flatten()
}
