//! `/organizations/{id}`: a body, what it promised, and what it publishes.

use actix_web::HttpResponse;
use maud::html;
use serde_json::json;

use super::frame::Page;
use super::parts::{area, called, cut, downloads, figure, human, member, plain, status};
use super::visit::{Visit, Wanted};
use super::words;
use crate::api::problem::Failure;
use crate::model::codes::Role;
use crate::model::kinds::{commitment, observation, organization, programme};

/// Programmes, and commitments, that are shown.
const ROWS: i64 = 200;
/// Figures that are shown, newest ones.
const FIGURES: i64 = 30;

pub async fn read(mut visit: Visit, id: &str) -> Result<HttpResponse, Failure> {
    let language = visit.language;
    let record = visit.record(&organization::KIND, id, &[]).await?;
    let parent = visit.maybe(&organization::KIND, record["parent"].as_str()).await?;
    let of = [("organization", vec![id.to_owned()])];
    let (programmes, more_programmes) =
        visit.first(&Wanted { kind: &programme::KIND, filters: &of, sort: "", includes: &[], rows: ROWS }).await?;
    let (commitments, more_commitments) =
        visit.first(&Wanted { kind: &commitment::KIND, filters: &of, sort: "", includes: &[], rows: ROWS }).await?;
    let (figures, more_figures) = visit
        .first(&Wanted {
            kind: &observation::KIND,
            filters: &[("subject", vec![id.to_owned()]), ("role", vec![Role::Actual.code().to_owned()])],
            sort: "-period_end,id",
            includes: &["metric"],
            rows: FIGURES,
        })
        .await?;
    let body = html! {
        @if let Some(parent) = &parent {
            p.kicker { a href=(visit.link(&format!("organizations/{}", member(parent, "id")))) { (human(&parent["name"], language)) } }
        }
        h1 { (human(&record["name"], language)) }
        dl.facts {
            @if let Some(code) = record["division_code"].as_str() { dt { (visit.say("Division", "行政区划")) } dd { (area(code, language)) } }
            @if let Some(code) = record["uscc"].as_str() { dt { (visit.say("Social credit code", "统一社会信用代码")) } dd { (code) } }
        }
        @if !programmes.is_empty() {
            section { h2 { (visit.say("Programmes", "承诺清单")) } ul {
                @for programme in &programmes {
                    li { a href=(visit.link(&format!("programmes/{}", member(programme, "id")))) { (human(&programme["title"], language)) } " " span.sub { (programme["year"]) } }
                }
            } (cut(more_programmes, programmes.len(), &visit)) }
        }
        @if !commitments.is_empty() {
            section { h2 { (visit.say("Commitments", "承诺事项")) } ul.commitments {
                @for commitment in &commitments {
                    li { a href=(visit.link(&format!("commitments/{}", member(commitment, "id")))) { (human(&commitment["title"], language)) } " " (status(member(commitment, "status"), language)) }
                }
            } (cut(more_commitments, commitments.len(), &visit)) }
        }
        @if !figures.is_empty() {
            section {
                h2 { (visit.say("Figures of this body", "该机构的数字")) }
                table {
                    thead { tr {
                        th scope="col" { (visit.say("What", "指标")) } th scope="col" { (visit.say("Period", "时期")) }
                        th.number scope="col" { (visit.say("Value", "数值")) }
                    } }
                    tbody { @for one in &figures {
                        @let metric = &one["included"]["metric"];
                        tr {
                            th scope="row" { a href=(visit.link(&format!("metrics/{}", member(one, "metric")))) { (called(metric, member(one, "metric"), language)) } }
                            td { (words::period(member(one, "period"), language)) }
                            td.number { (figure(one, metric, &visit)) }
                        }
                    } }
                }
                (cut(more_figures, figures.len(), &visit))
            }
        }
        (downloads(&[
            ("JSON", visit.program(&format!("v1/organizations/{id}"))),
            (visit.say("Programmes", "承诺清单"), visit.program(&format!("v1/programmes?organization={id}"))),
            (visit.say("Commitments", "承诺事项"), visit.program(&format!("v1/commitments?organization={id}"))),
            (visit.say("Figures", "数字"), visit.program(&format!("v1/observations?subject={id}&role=actual"))),
        ], &visit))
    };
    let title = plain(&record["name"], language);
    let mut page = Page::new(title.clone(), format!("organizations/{id}"), body);
    page.alternates = vec![("application/json", format!("v1/organizations/{id}"))];
    page.data = Some(
        json!({"@context": "https://schema.org", "@type": "GovernmentOrganization", "name": title, "identifier": id,
        "url": format!("{}/organizations/{id}", visit.state.public_url)}),
    );
    page.respond(&visit)
}
