//! `/metrics/{id}`: a figure, large, and its series, each value with the words it was said in.

use std::collections::BTreeSet;

use actix_web::HttpResponse;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::frame::Page;
use super::parts::{citations, downloads, evidence, figure, human, member, paragraphs, plain, unit};
use super::visit::{Visit, Wanted};
use super::words;
use crate::api::problem::Failure;
use crate::model::kinds::{metric, observation, target};

/// Figures, and targets, that are shown.
const ROWS: i64 = 500;

pub async fn read(mut visit: Visit, id: &str) -> Result<HttpResponse, Failure> {
    let language = visit.language;
    let record = visit.record(&metric::KIND, id, &[]).await?;
    let of = [("metric", vec![id.to_owned()])];
    let wanted = |kind, sort| Wanted { kind, filters: &of, sort, includes: &[], rows: ROWS };
    let observations = visit.list(&wanted(&observation::KIND, "-period_end,id")).await?;
    let targets = visit.list(&wanted(&target::KIND, "")).await?;
    let newest = observations.iter().find(|observation| member(observation, "role") != "baseline");
    let chart = visit.program(&format!("v1/metrics/{id}/figure.svg?shape=line&lang={}", language.tag()));
    let body = html! {
        p.kicker { (visit.say("Figure", "指标")) }
        h1 { (human(&record["name"], language)) }
        @if let Some(newest) = newest { (large(newest, &record, &visit)) }
        div.summary { (paragraphs(&record["description"], language)) }
        dl.facts {
            dt { (visit.say("Unit", "单位")) } dd { (unit(&record, language)) }
            dt { (visit.say("Counted", "统计口径")) } dd { (words::time_basis(member(&record, "time_basis"), language)) }
            @if record["ratio"].is_object() {
                dt { (visit.say("Ratio", "比率")) }
                dd {
                    a href=(visit.link(&format!("metrics/{}", member(&record["ratio"], "numerator")))) { (member(&record["ratio"], "numerator")) }
                    " ÷ " a href=(visit.link(&format!("metrics/{}", member(&record["ratio"], "denominator")))) { (member(&record["ratio"], "denominator")) }
                    " × " (record["ratio"]["multiplier"]) " " span.sub { (visit.say("computed by this service", "由本服务计算")) }
                }
            }
            @if let Some(whole) = record["part_of"].as_str() {
                dt { (visit.say("Part of", "隶属")) } dd { a href=(visit.link(&format!("metrics/{whole}"))) { (whole) } }
            }
        }
        @if periods(&observations) > 1 {
            section {
                h2 { (visit.say("Over time", "变化")) }
                // Drawn by the service; the table below says the same.
                img.chart width="720" height="405" src=(chart) alt=(visit.say("Chart of the figures in the table below", "下表数字的图"));
            }
        }
        section {
            h2 { (visit.say("All figures", "全部数字")) }
            div.wide tabindex="0" role="region" aria-label=(visit.say("All figures", "全部数字")) { (table(&observations, &record, &visit)) }
        }
        @if !targets.is_empty() {
            section {
                h2 { (visit.say("Promised", "承诺目标")) }
                ul { @for target in &targets {
                    li {
                        (words::comparator(member(target, "comparator"), language)) " " b { (words::number(&target["value"])) } " " (unit(&record, language))
                        @if let Some(due) = words::day_of(&target["due_on"], language) { ", " (visit.say("by", "期限")) " " (due) }
                        @for entry in target["evidence"].as_array().into_iter().flatten().take(1) { (evidence(entry, &visit)) }
                    }
                } }
            }
        }
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

/// The newest figure.
fn large(observation: &Value, metric: &Value, visit: &Visit) -> Markup {
    let language = visit.language;
    html! {
        div.large {
            p.figure { (figure(observation, metric, visit)) }
            p.sub {
                (words::period(member(observation, "period"), language))
                @if !member(observation, "scope").is_empty() { " · " (member(observation, "scope")) }
                @if observation["computed"] == true { " · " (visit.say("computed by this service", "由本服务计算")) }
            }
            @for entry in observation["evidence"].as_array().into_iter().flatten().take(1) { (evidence(entry, visit)) }
        }
    }
}

fn table(observations: &[Value], metric: &Value, visit: &Visit) -> Markup {
    let language = visit.language;
    html! {
        table {
            thead { tr {
                th scope="col" { (visit.say("Period", "时期")) }
                th scope="col" { (visit.say("Of", "范围")) }
                th.number scope="col" { (visit.say("Value", "数值")) }
                th scope="col" { (visit.say("As printed", "原文")) }
            } }
            tbody {
                @for observation in observations {
                    tr {
                        td { (words::period(member(observation, "period"), language)) }
                        td { (of(observation)) @if member(observation, "role") == "baseline" { " " (visit.say("baseline", "基期")) } }
                        td.number { (figure(observation, metric, visit)) }
                        td lang="zh-Hans" { (member(observation, "as_published")) }
                    }
                }
            }
        }
    }
}

/// Whose figure it is, as far as the record says.
fn of(observation: &Value) -> String {
    ["scope", "subject", "division_code"]
        .map(|name| member(observation, name))
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" · ")
}
