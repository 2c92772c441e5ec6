//! `/commitments/{id}`: the promise, what was reported on it, and its figures.

use actix_web::HttpResponse;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::builder;
use super::cite;
use super::embed::ask::Style;
use super::frame::Page;
use super::parts::{downloads, evidence, figure, human, member, paragraphs, plain, status};
use super::visit::{Visit, Wanted};
use super::words;
use crate::api::problem::Failure;
use crate::db::read::history;
use crate::model::kinds::{commitment, observation, report};
use crate::model::message::Language;

/// Reports, and figures, that are shown.
const ROWS: i64 = 200;
/// Changes in its history that are shown.
const CHANGES: i64 = 50;

pub async fn read(mut visit: Visit, id: &str) -> Result<HttpResponse, Failure> {
    let language = visit.language;
    let record = visit.record(&commitment::KIND, id, &["organization", "programme", "targets"]).await?;
    let of = |value: &str| vec![("commitment", vec![value.to_owned()])];
    let reports = visit
        .list(&Wanted {
            kind: &report::KIND,
            filters: &of(id),
            sort: "-period_end,-reported_on,-id",
            includes: &[],
            rows: ROWS,
        })
        .await?;
    let figures = visit
        .list(&Wanted {
            kind: &observation::KIND,
            filters: &of(id),
            sort: "-period_end,id",
            includes: &["metric"],
            rows: ROWS,
        })
        .await?;
    let history =
        history::read(&visit.state.database, &commitment::KIND, id, i64::MAX, CHANGES, visit.at(), visit.now).await?;
    let cite = cite::section(&mut visit, &commitment::KIND, id).await?;
    let of =
        builder::Of { kind: &commitment::KIND, id, title: &record["title"], observation: None, style: Style::Card };
    let builder = builder::section(&of, &mut visit)?;
    let included = &record["included"];
    let (organization, programme) = (&included["organization"], &included["programme"]);
    let title = plain(&record["title"], language);
    let state = member(&record, "status");
    let body = html! {
        article.commitment {
            p.kicker {
                a href=(visit.link(&format!("programmes/{}", member(&record, "programme")))) { (human(&programme["title"], language)) }
                @if let Some(number) = record["number"].as_i64() { " · " (visit.say("No.", "第")) " " (number) @if language == Language::Chinese { " 项" } }
            }
            h1 { (human(&record["title"], language)) }
            p.state { (status(state, language)) }
            div.summary { (paragraphs(&record["summary"], language)) }
            @if record["text"].is_object() {
                details { summary { (visit.say("The words of the promise", "承诺原文")) } div.verbatim { (paragraphs(&record["text"], language)) } }
            }
            dl.facts {
                @if organization.is_object() {
                    dt { (visit.say("Answerable", "责任单位")) }
                    dd { a href=(visit.link(&format!("organizations/{}", member(organization, "id")))) { (human(&organization["name"], language)) } }
                }
                @if let Some(due) = words::day_of(&record["due_on"], language) { dt { (visit.say("Due", "完成期限")) } dd { (due) } }
            }
        }
        @if !reports.is_empty() {
            section {
                h2 { (visit.say("What was reported", "进展通报")) }
                ol.timeline { @for report in &reports { li { (reported(report, &visit)) } } }
            }
        }
        @if !figures.is_empty() {
            section {
                h2 { (visit.say("Figures", "数字")) }
                div.cards { @for observation in &figures { (card(observation, &visit)) } }
            }
        }
        section {
            h2 { (visit.say("History", "修订记录")) }
            ul.history { @for row in history.iter().filter(|row| row.revision_from.is_some()) {
                @let number = row.revision_from.unwrap_or_default();
                li {
                    a href=(visit.link_with(&format!("revisions/{number}"), &[("revision", ""), ("as_of", "")])) { (visit.say("Revision", "修订")) " " (number) } " "
                    (words::revision_kind(row.change_kind.as_deref().unwrap_or_default(), language)) " "
                    span.sub { (human(&row.message.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default(), language)) }
                    " " a href=(visit.here(&[("revision", &number.to_string()), ("as_of", "")])) { (visit.say("as it was", "当时内容")) }
                }
            } }
        }
        (downloads(&[
            ("JSON", visit.program(&format!("v1/commitments/{id}"))),
            ("CSV", visit.program(&format!("v1/commitments?id={id}&format=csv"))),
            (visit.say("Reports", "通报"), visit.program(&format!("v1/commitments/{id}/reports"))),
            (visit.say("History", "修订记录"), visit.program(&format!("v1/commitments/{id}/history"))),
        ], &visit))
        (builder)
        (cite)
    };
    let mut page = Page::new(title.clone(), format!("commitments/{id}"), body);
    page.description = plain(&record["summary"], language);
    page.is_embeddable = true;
    page.alternates = vec![
        ("application/json", format!("v1/commitments/{id}")),
        ("text/csv", format!("v1/commitments?id={id}&format=csv")),
    ];
    page.data = Some(json!({
        "@context": "https://schema.org", "@type": "CreativeWork", "name": title, "identifier": id,
        "url": format!("{}/commitments/{id}", visit.state.public_url), "inLanguage": language.tag(),
        "creativeWorkStatus": words::status(state, language),
        "creator": {"@type": "GovernmentOrganization", "name": plain(&organization["name"], language)},
    }));
    page.respond(&visit)
}

/// A report: what was said, in the words it was said in.
fn reported(report: &Value, visit: &Visit) -> Markup {
    let language = visit.language;
    html! {
        p.when {
            (words::period(member(report, "period"), language))
            @if let Some(day) = words::day_of(&report["reported_on"], language) { span.sub { " · " (visit.say("reported on", "通报于")) " " (day) } }
        }
        p.state {
            (status(member(report, "status"), language))
            @if report["status_label"].is_object() { " " q { (human(&report["status_label"], language)) } }
        }
        (paragraphs(&report["narrative"], language))
        @if report["next_steps"].is_object() {
            h3 { (visit.say("Next", "下一步")) }
            (paragraphs(&report["next_steps"], language))
        }
        @if let Some(source) = report["source"].as_str() {
            p.sub { a href=(visit.link(&format!("sources/{source}"))) { (visit.say("Source", "来源")) } }
        }
    }
}

/// A figure with the words it was said in.
fn card(observation: &Value, visit: &Visit) -> Markup {
    let language = visit.language;
    let metric = &observation["included"]["metric"];
    html! {
        div.card {
            p.name { a href=(visit.link(&format!("metrics/{}", member(observation, "metric")))) { (human(&metric["name"], language)) } }
            p.figure { (figure(observation, metric, visit)) }
            p.sub {
                (words::period(member(observation, "period"), language))
                @if !member(observation, "scope").is_empty() { " · " (member(observation, "scope")) }
            }
            @if observation["computed"] == true { p.sub { (visit.say("Computed by this service from two figures", "由本服务根据两项数字计算")) } }
            @for entry in observation["evidence"].as_array().into_iter().flatten().take(2) { (evidence(entry, visit)) }
        }
    }
}
