//! `/metrics/{id}`: a figure, large, and its series, each value with the words it was said in.

mod about;
mod headline;
mod table;
mod targets;

use std::collections::BTreeSet;

use actix_web::HttpResponse;
use maud::html;
use serde_json::{Value, json};

use crate::api::problem::Failure;
use crate::model::kinds::{metric, observation, target};
use crate::site::frame::Page;
use crate::site::parts::{citations, downloads, human, member, paragraphs, plain};
use crate::site::visit::{Visit, Wanted};

/// Figures, and targets, that are shown.
const ROWS: i64 = 500;

pub async fn read(mut visit: Visit, id: &str) -> Result<HttpResponse, Failure> {
    let language = visit.language;
    let record = visit.record(&metric::KIND, id, &[]).await?;
    let of = [("metric", vec![id.to_owned()])];
    let wanted = |kind, sort| Wanted { kind, filters: &of, sort, includes: &[], rows: ROWS };
    let observations = visit.list(&wanted(&observation::KIND, "-period_end,id")).await?;
    let promised = visit.list(&wanted(&target::KIND, "")).await?;
    let newest = observations.iter().find(|observation| member(observation, "role") != "baseline");
    let chart = visit.program(&format!("v1/metrics/{id}/figure.svg?shape=line&lang={}", language.tag()));
    let body = html! {
        p.kicker { (visit.say("Figure", "指标")) }
        h1 { (human(&record["name"], language)) }
        @if let Some(newest) = newest { (headline::large(newest, &record, &visit)) }
        div.summary { (paragraphs(&record["description"], language)) }
        (about::about(&record, &visit))
        @if periods(&observations) > 1 {
            section {
                h2 { (visit.say("Over time", "变化")) }
                // Drawn by the service; the table below says the same.
                img.chart width="720" height="405" src=(chart) alt=(visit.say("Chart of the figures in the table below", "下表数字的图"));
            }
        }
        section {
            h2 { (visit.say("All figures", "全部数字")) }
            div.wide tabindex="0" role="region" aria-label=(visit.say("All figures", "全部数字")) { (table::table(&observations, &record, &visit)) }
        }
        (targets::targets(&promised, &record, &visit))
        (downloads(&[
            ("JSON", visit.program(&format!("v1/metrics/{id}"))),
            (visit.say("Figures as JSON", "数字 JSON"), visit.program(&format!("v1/metrics/{id}/observations"))),
            ("CSV", visit.program(&format!("v1/exports/observations.csv?metric={id}"))),
            ("Excel", visit.program(&format!("v1/exports/observations.xlsx?metric={id}"))),
            ("SVG", visit.program(&format!("v1/metrics/{id}/figure.svg?lang={}", language.tag()))),
        ], &visit))
        (citations(&format!("v1/metrics/{id}/citation"), &visit))
    };
    let title = plain(&record["name"], language);
    let mut page = Page::new(title.clone(), format!("metrics/{id}"), body);
    page.description = plain(&record["description"], language);
    page.alternates = vec![
        ("application/json", format!("v1/metrics/{id}/observations")),
        ("text/csv", format!("v1/exports/observations.csv?metric={id}")),
    ];
    page.data = Some(json!({"@context": "https://schema.org", "@type": "Dataset", "name": title, "identifier": id,
        "description": page.description, "url": format!("{}/metrics/{id}", visit.state.public_url),
        "license": visit.state.licence.url, "variableMeasured": title}));
    page.respond(&visit)
}

/// Periods that have a figure.
fn periods(observations: &[Value]) -> usize {
    let actual = observations.iter().filter(|observation| member(observation, "role") != "baseline");
    actual.map(|observation| member(observation, "period")).collect::<BTreeSet<_>>().len()
}
