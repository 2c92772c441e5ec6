//! `/programmes/{id}`: an announced list of commitments, and how far they are.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use maud::html;
use serde_json::{Value, json};

use super::builder;
use super::embed::ask::Style;
use super::frame::Page;
use super::parts::{downloads, human, member, plain, status, strip};
use super::visit::{Visit, Wanted};
use super::words;
use crate::api::problem::Failure;
use crate::model::kinds::{commitment, organization, programme};

/// Commitments that are shown.
const ROWS: i64 = 1000;

pub async fn read(mut visit: Visit, id: &str) -> Result<HttpResponse, Failure> {
    let language = visit.language;
    let record = visit.record(&programme::KIND, id, &[]).await?;
    let organization = visit.maybe(&organization::KIND, record["organization"].as_str()).await?;
    let commitments = visit
        .list(&Wanted {
            kind: &commitment::KIND,
            filters: &[("programme", vec![id.to_owned()])],
            sort: "number,id",
            includes: &[],
            rows: ROWS,
        })
        .await?;
    let mut statuses: BTreeMap<&str, i64> = BTreeMap::new();
    for commitment in &commitments {
        *statuses.entry(commitment["status"].as_str().unwrap_or("none")).or_default() += 1;
    }
    let of = builder::Of { kind: &programme::KIND, id, title: &record["title"], observation: None, style: Style::Card };
    let builder = builder::section(&of, &mut visit)?;
    let body = html! {
        p.kicker {
            @if let Some(organization) = &organization {
                a href=(visit.link(&format!("organizations/{}", member(organization, "id")))) { (human(&organization["name"], language)) }
                " · "
            }
            (record["year"])
        }
        h1 { (human(&record["title"], language)) }
        p.sub {
            @if let Some(day) = words::day_of(&record["announced_on"], language) { (visit.say("Announced on", "公布于")) " " (day) }
            @if let Some(source) = record["source"].as_str() {
                " · " a href=(visit.link(&format!("sources/{source}"))) { (visit.say("Source", "来源")) }
            }
        }
        (strip(&json!(statuses), &visit))
        ol.commitments {
            @for commitment in &commitments {
                li value=(commitment["number"].as_i64().unwrap_or_default()) {
                    a href=(visit.link(&format!("commitments/{}", member(commitment, "id")))) { (human(&commitment["title"], language)) }
                    " " (status(member(commitment, "status"), language))
                    div.sub { (human(&commitment["summary"], language)) }
                }
            }
        }
        (downloads(&[
            ("JSON", visit.program(&format!("v1/commitments?programme={id}"))),
            ("CSV", visit.program(&format!("v1/exports/commitments.csv?programme={id}"))),
            ("Excel", visit.program(&format!("v1/exports/commitments.xlsx?programme={id}"))),
        ], &visit))
        (builder)
    };
    let title = plain(&record["title"], language);
    let mut page = Page::new(title.clone(), format!("programmes/{id}"), body);
    page.description = title.clone();
    page.is_embeddable = true;
    page.alternates = vec![
        ("application/json", format!("v1/programmes/{id}")),
        ("text/csv", format!("v1/exports/commitments.csv?programme={id}")),
    ];
    page.data = Some(json!({"@context": "https://schema.org", "@type": "Dataset", "name": title, "identifier": id,
        "url": format!("{}/programmes/{id}", visit.state.public_url), "license": visit.state.licence.url,
        "creator": organization.as_ref().map(|organization: &Value| json!({"@type": "GovernmentOrganization", "name": plain(&organization["name"], language)}))}));
    page.respond(&visit)
}
