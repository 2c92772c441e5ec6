//! `/programmes/{id}`: an announced list of commitments, and how far they are.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::builder;
use super::embed::ask::Style;
use super::frame::Page;
use super::parts::{downloads, figure, human, member, newest_of_each, plain, status, strip_with_links};
use super::visit::{Visit, Wanted};
use super::words;
use crate::api::problem::Failure;
use crate::model::codes::Status;
use crate::model::kinds::{commitment, observation, organization, programme};

/// Parameters of the page: the status to show alone, and those of the builder of embeds.
pub const PARAMETERS: [&str; 6] = {
    let [style, shape, theme, language, mode] = builder::PARAMETERS;
    ["status", style, shape, theme, language, mode]
};

/// Commitments that are shown.
const ROWS: i64 = 200;
/// Figures among which those of each commitment are found, newest ones.
const FIGURES: i64 = 300;
/// Figures that are shown of each.
const OF_EACH: usize = 2;

pub async fn read(mut visit: Visit, id: &str) -> Result<HttpResponse, Failure> {
    let asked = visit.query.text("status");
    // Only a status is one: anything else shows all.
    let asked = asked.filter(|code| code == "none" || Status::parse(code).is_some());
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
    let figures = visit
        .list(&Wanted {
            kind: &observation::KIND,
            filters: &[("programme", vec![id.to_owned()])],
            sort: "-period_end,id",
            includes: &["metric"],
            rows: FIGURES,
        })
        .await?;
    let status_of = |commitment: &Value| commitment["status"].as_str().unwrap_or("none").to_owned();
    let shown: Vec<&Value> = commitments
        .iter()
        .filter(|commitment| asked.as_ref().is_none_or(|asked| *asked == status_of(commitment)))
        .collect();
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
        (strip_with_links(&json!(statuses), &|code| Some((filtered(id, code, asked.as_deref(), &visit), asked.as_deref() == Some(code))), &visit))
        @if let Some(code) = &asked {
            p role="status" { (words::status(code, language)) ": " (shown.len()) " · " a href=(visit.link(&format!("programmes/{id}"))) { (visit.say("show all", "显示全部")) } }
        }
        ol.commitments { @for commitment in &shown { (row(commitment, &figures, &visit)) } }
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

/// The list with one status alone, or with all again.
fn filtered(id: &str, code: &str, asked: Option<&str>, visit: &Visit) -> String {
    let path = format!("programmes/{id}");
    if asked == Some(code) { visit.link(&path) } else { visit.link_with(&path, &[("status", code)]) }
}

/// A commitment with its newest figures.
fn row(commitment: &Value, figures: &[Value], visit: &Visit) -> Markup {
    let (language, id) = (visit.language, member(commitment, "id"));
    let own = newest_of_each(figures.iter().filter(|one| member(one, "commitment") == id));
    html! {
        li value=[commitment["number"].as_i64()] {
            a.name href=(visit.link(&format!("commitments/{id}"))) { (human(&commitment["title"], language)) }
            " " (status(member(commitment, "status"), language))
            div.sub { (human(&commitment["summary"], language)) }
            @if !own.is_empty() { ul.inline { @for (one, _) in own.iter().take(OF_EACH) {
                @let metric = &one["included"]["metric"];
                li { b { (figure(one, metric, visit)) } " " a href=(visit.link(&format!("metrics/{}", member(one, "metric")))) { (human(&metric["name"], language)) } }
            } } }
        }
    }
}
