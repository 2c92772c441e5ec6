//! `/problems` and `/problems/{type}`: what each type of error means and what to do. The addresses are those that
//! problems name as their `type` (RFC 9457), and need no database.

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, get, web};
use maud::{Markup, html};
use serde_json::Value;

use super::frame::{self, Page};
use super::visit::Visit;
use crate::api::negotiation::negotiate;
use crate::api::plain::fixed;
use crate::api::problem::{Failure, INVALID_PARAMETER, NO_SUCH_PATH, ProblemType, TYPES};
use crate::api::{State, documents, endpoint};
use crate::export::format::Format;
use crate::model::message::Language;
use crate::model::problem::Problem;
use crate::say;

/// What a type of problem means
///
/// Every problem's `type` leads here: what happened and what to do, in English and Chinese. A page unless plain text is asked for.
#[utoipa::path(
    get, path = "/problems/{type}", operation_id = "get_problem_type", tag = "service",
    params(("type" = String, Path, description = "The last part of a problem's type.", example = "no-such-record")),
    responses(
        (status = 200, description = "The type, explained.", content(
            (String = "text/html", example = json!("<!DOCTYPE html><html lang=\"en\">…</html>")),
            (String = "text/plain", example = json!("No such record (404)\n")),
        )),
        (status = 404, description = "There is no such type: no-such-path.", body = documents::Problem, content_type = "application/problem+json"),
    )
)]
#[get("/problems/{type}")]
pub async fn problem_type(state: web::Data<State>, http: HttpRequest) -> HttpResponse {
    let slug = http.match_info().query("type");
    let wanted = negotiate(None, http.headers(), &[Format::Html, Format::Txt]).unwrap_or(Format::Html);
    let mut response = match ProblemType::named(slug) {
        None => unknown(&state, &http),
        Some(known) if wanted == Format::Txt => fixed(&http, in_words(known), "text/plain; charset=utf-8"),
        Some(known) => match page(known, &state, &http) {
            Ok(response) => response,
            Err(failure) => frame::refuse(&failure, &state, &http, 1),
        },
    };
    response.headers_mut().append(header::VARY, HeaderValue::from_static("Accept, Accept-Language"));
    response
}

/// People get a page that says so, programs a problem.
fn unknown(state: &web::Data<State>, http: &HttpRequest) -> HttpResponse {
    let types = TYPES.iter().map(|known| known.slug).collect::<Vec<_>>().join(", ");
    let failure = Failure::new(&NO_SUCH_PATH, say!("The types are: {types}.", "问题类型有：{types}。"));
    let accept = http.headers().get(header::ACCEPT).and_then(|field| field.to_str().ok()).unwrap_or_default();
    if accept.contains("text/html") {
        return frame::refuse(&failure, state, http, 1);
    }
    failure.respond(&state.public_url, endpoint::language(http))
}

fn page(known: &'static ProblemType, state: &web::Data<State>, http: &HttpRequest) -> Result<HttpResponse, Failure> {
    let visit = Visit::new(state.clone(), http.clone(), format!("problems/{}", known.slug), &[])?;
    let language = visit.language;
    let other = language.other();
    let body = html! {
        p.kicker { (visit.say("Error", "错误")) " " (known.status) " · " a href=(visit.link("problems")) { (visit.say("all types", "全部类型")) } }
        h1 { (known.title().in_language(language)) }
        p.lead { (known.advice().in_language(language)) }
        section {
            h2 { (visit.say("As an answer", "应答示例")) }
            p.sub {
                (visit.say("The type stays the same in every release: rely on it, not on the words.", "type 在各版本中保持不变：请以它为准，而非文字。"))
            }
            pre tabindex="0" { code { (example(known, &state.public_url, language)) } }
            p { a href="https://www.rfc-editor.org/rfc/rfc9457" { "RFC 9457" } " · " a href=(visit.file("docs/")) { (visit.say("every path", "全部接口")) } }
        }
        section lang=(other.tag()) {
            h2 { (known.title().in_language(other)) }
            p { (known.advice().in_language(other)) }
        }
    };
    let mut page = Page::new(known.title().in_language(language), format!("problems/{}", known.slug), body);
    page.description = known.advice().in_language(language).to_owned();
    page.alternates = vec![("text/plain", format!("problems/{}", known.slug))];
    page.respond_fixed(&visit)
}

/// Every type, in the order of its status.
pub async fn list(visit: Visit) -> Result<HttpResponse, Failure> {
    let body = html! {
        h1 { (visit.say("Errors", "错误类型")) }
        p.lead { (visit.say(
            "Every error is a problem by RFC 9457: a type that stays the same, what happened in words, and each thing that is wrong with its place.",
            "每个错误都按 RFC 9457 给出：固定的类型、文字说明，以及每处问题的位置。",
        )) }
        table.types {
            thead { tr {
                th scope="col" { (visit.say("Status", "状态码")) }
                th scope="col" { (visit.say("What it means", "含义")) }
            } }
            tbody { @for known in TYPES { (row(known, &visit)) } }
        }
    };
    Page::new(visit.say("Errors", "错误类型"), "problems", body).respond_fixed(&visit)
}

fn row(known: &ProblemType, visit: &Visit) -> Markup {
    html! {
        tr {
            td { (known.status) }
            td {
                a href=(visit.link(&format!("problems/{}", known.slug))) { (known.title().in_language(visit.language)) }
                " " code.sub { (known.slug) }
            }
        }
    }
}

/// A problem of this type, as the service answers it.
fn example(known: &'static ProblemType, public_url: &str, language: Language) -> String {
    let mut failure = Failure::plain(known);
    if known.slug == INVALID_PARAMETER.slug {
        let detail = say!("limit is from 1 to 1000.", "limit 应为 1 到 1000。");
        failure = Failure::parameters(vec![Problem::parameter("limit", "invalid-value", detail)]);
    }
    let text = failure.json(public_url, language);
    let parsed: Option<Value> = serde_json::from_str(&text).ok();
    parsed.and_then(|problem| serde_json::to_string_pretty(&problem).ok()).unwrap_or(text)
}

fn in_words(known: &ProblemType) -> String {
    let part = |language: Language| {
        let (title, advice) = (known.title(), known.advice());
        format!("{} ({})\n\n{}\n", title.in_language(language), known.status, advice.in_language(language))
    };
    format!("{}\n{}", part(Language::English), part(Language::Chinese))
}
