//! `/compare`: figures of one metric side by side, added up and compared with those before, as `/v1/compare` has them.

mod form;
mod shown;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::frame::Page;
use super::names::{Names, Wanted as Named};
use super::parts::plain;
use super::visit::{Visit, Wanted};
use crate::api::compare::{self, document::Comparison};
use crate::api::problem::Failure;
use crate::model::kinds::{metric, organization};

/// Parameters of the page: those of `/v1/compare`.
pub const PARAMETERS: [&str; 12] = [
    "metric",
    "by",
    "period",
    "aggregate",
    "change",
    "division",
    "subject",
    "reported_by",
    "scope",
    "time_basis",
    "period_from",
    "period_to",
];
/// Metrics that can be chosen from.
const METRICS: i64 = 300;

pub async fn read(mut visit: Visit) -> Result<HttpResponse, Failure> {
    // Everything is of one revision, also where nothing is compared yet.
    super::revisions::newest(&mut visit, None, 1).await?;
    let metrics =
        visit.list(&Wanted { kind: &metric::KIND, filters: &[], sort: "", includes: &[], rows: METRICS }).await?;
    let mut status = StatusCode::OK;
    let (mut result, mut named) = (html! {}, String::new());
    if visit.own("metric").is_some() {
        match compared(&mut visit).await {
            Ok((comparison, names)) => {
                result = shown::result(&comparison, &names, &visit)?;
                named = plain(&json!(comparison.name), visit.language);
            }
            // What the reader can mend is said on the page, with its form.
            Err(failure) if failure.problem_type.status < 500 => {
                status = StatusCode::from_u16(failure.problem_type.status).unwrap_or(StatusCode::BAD_REQUEST);
                result = refusal(&failure, &visit);
            }
            Err(failure) => return Err(failure),
        }
    }
    let heading = visit.say("Compare", "比较");
    let body = html! {
        @if named.is_empty() { h1 { (heading) } } @else { p.kicker { (heading) } h1 { (named) } }
        (result)
        (form::form(&metrics, &visit))
    };
    let title =
        if named.is_empty() { heading.to_owned() } else { format!("{heading}{}{named}", visit.say(": ", "：")) };
    let mut page = Page::new(title, "compare", body);
    page.status = status;
    page.description = visit.say(
        "Figures side by side by area, organization or period: added up where that is right, with their inputs and formula.",
        "按区划、机构或时期并列比较数字，可加总时给出合计，并列明所用数据与公式。",
    ).to_owned();
    page.parameters = PARAMETERS.iter().filter_map(|name| Some((*name, visit.own(name)?.to_owned()))).collect();
    if status == StatusCode::OK && visit.own("metric").is_some() {
        page.alternates = vec![("application/json", data(&visit))];
    }
    page.respond(&visit)
}

/// The comparison, and the names of the organizations in it.
async fn compared(visit: &mut Visit) -> Result<(Comparison, Names), Failure> {
    let asked = compare::asked_for(&mut visit.query);
    visit.finish()?;
    let asked = asked.ok_or_else(|| Failure::plain(&crate::api::problem::INTERNAL_ERROR))?;
    let (comparison, _) = compare::compare(&visit.state.database, asked, visit.at(), visit.now, &|_| Ok(())).await?;
    let mut named = Named::default();
    for row in comparison.data.iter().chain(&comparison.left_out) {
        named.add(&organization::KIND, row.subject.as_ref().map(|id| id.as_str()));
    }
    Ok((comparison, named.read(visit).await?))
}

/// The same question for programs.
fn data(visit: &Visit) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(PARAMETERS.iter().filter_map(|name| Some((name, visit.own(name)?))));
    format!("v1/compare?{}", query.finish())
}

/// Why there is no answer, each reason on its own.
fn refusal(failure: &Failure, visit: &Visit) -> Markup {
    let language = visit.language;
    let reasons: Vec<&str> = failure.errors.iter().map(|error| error.detail.in_language(language)).collect();
    html! {
        section.refusal role="alert" {
            p.kicker {
                a href=(visit.link(&format!("problems/{}", failure.problem_type.slug))) { (failure.problem_type.title().in_language(language)) }
            }
            @if reasons.is_empty() { p { (failure.detail.in_language(language)) } }
            @for reason in reasons { p { (reason) } }
        }
    }
}

/// A member of a JSON answer as human text.
fn words_of(text: &impl serde::Serialize) -> Value {
    serde_json::to_value(text).unwrap_or_default()
}
