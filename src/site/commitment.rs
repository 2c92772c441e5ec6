//! `/commitments/{id}`: the promise, what was reported on it, and its figures.

use actix_web::HttpResponse;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::builder;
use super::chart::{About, Cell, Size, Strip, Theme, strip};
use super::cite;
use super::embed::ask::Style;
use super::frame::Page;
use super::names::{Names, Wanted as Named};
use super::parts::{
    called, cut, downloads, drawn, evidence, figure, human, isolated, member, paragraphs, plain, status, whose_plainly,
};
use super::since::Shown;
use super::told;
use super::visit::{Visit, Wanted};
use super::words;
use crate::api::problem::Failure;
use crate::db::read::figures_of;
use crate::model::codes::Status;
use crate::model::kinds::{commitment, organization, report, source};
use crate::model::message::Language;

/// Reports, and metrics of which a figure is shown.
const ROWS: i64 = 60;
const METRICS: i64 = 60;

pub async fn read(mut visit: Visit, id: &str) -> Result<HttpResponse, Failure> {
    let language = visit.language;
    let record = visit.record(&commitment::KIND, id, &["organization", "programme", "targets"]).await?;
    let of = |value: &str| vec![("commitment", vec![value.to_owned()])];
    let (reports, more_reports) = visit
        .first(&Wanted {
            kind: &report::KIND,
            filters: &of(id),
            sort: "-period_end,-reported_on,-id",
            includes: &[],
            rows: ROWS,
        })
        .await?;
    let ids = [id.to_owned()];
    let wanted = figures_of::Wanted { commitments: &ids, each: METRICS + 1, ..figures_of::Wanted::default() };
    let mut figures = visit.figures(&wanted).await?;
    let most = usize::try_from(METRICS).unwrap_or(usize::MAX);
    let more_figures = figures.len() > most;
    figures.truncate(most);
    let mut named = Named::default();
    for (figure, _) in &figures {
        named.add(&organization::KIND, figure["subject"].as_str().or(figure["publisher"].as_str()));
    }
    for report in &reports {
        named.add(&source::KIND, report["source"].as_str());
    }
    named.add(&commitment::KIND, record["continues"].as_str());
    for id in record["supporting_organizations"].as_array().into_iter().flatten() {
        named.add(&organization::KIND, id.as_str());
    }
    let names = named.read(&visit).await?;
    let told =
        told::section(&mut visit, &commitment::KIND, id, &|kind, record| belonging(kind, record, &figures, language))
            .await?;
    let cite = cite::section(&mut visit, &commitment::KIND, id, None).await?;
    let of =
        builder::Of { kind: &commitment::KIND, id, title: &record["title"], observation: None, style: Style::Card };
    let builder = builder::section(&of, &mut visit)?;
    let since = since(id, &record, &reports, &visit).await?;
    let included = &record["included"];
    let (organization, programme) = (&included["organization"], &included["programme"]);
    let title = plain(&record["title"], language);
    let state = member(&record, "status");
    let body = html! {
        article.commitment {
            p.kicker {
                a href=(visit.link(&format!("programmes/{}", member(&record, "programme")))) { (called(programme, member(&record, "programme"), language)) }
                @if let Some(number) = record["number"].as_i64() { " · " (visit.say("No.", "第")) " " (number) @if language == Language::Chinese { " 项" } }
            }
            h1 { (human(&record["title"], language)) }
            p.state { (status(state, language)) }
            (since)
            div.summary { (paragraphs(&record["summary"], language)) }
            @if record["text"].is_object() {
                details { summary { (visit.say("The words of the promise", "承诺原文")) } div.verbatim { (paragraphs(&record["text"], language)) } }
            }
            dl.facts {
                @if organization.is_object() {
                    dt { (visit.say("Answerable", "责任单位")) }
                    dd { a href=(visit.link(&format!("organizations/{}", member(organization, "id")))) { (human(&organization["name"], language)) } }
                }
                @let supporting: Vec<&str> = record["supporting_organizations"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                @if !supporting.is_empty() {
                    dt { (visit.say("With", "配合单位")) }
                    dd { ul.inline { @for id in supporting { li { (names.link(&organization::KIND, id, &visit)) } } } }
                }
                @if let Some(before) = record["continues"].as_str() {
                    dt { (visit.say("Continues", "接续")) } dd { (names.link(&commitment::KIND, before, &visit)) }
                }
                @if let Some(due) = words::day_of(&record["due_on"], language) { dt { (visit.say("Due", "完成期限")) } dd { (due) } }
            }
        }
        @if !reports.is_empty() {
            section {
                h2 { (visit.say("What was reported", "进展通报")) }
                (over_time(&reports, &visit)?)
                ol.timeline { @for report in &reports { li { (reported(report, &names, &visit)) } } }
                (cut(more_reports, reports.len(), &visit))
            }
        }
        @if !figures.is_empty() {
            section {
                h2 { (visit.say("Figures", "数字")) }
                div.cards { @for (observation, more) in &figures { (card(observation, *more, &names, &visit)) } }
                (cut(more_figures, figures.len(), &visit))
            }
        }
        (told)
        (downloads(&[
            ("JSON", visit.program(&format!("v1/commitments/{id}"))),
            ("CSV", visit.program(&format!("v1/commitments?id={id}&format=csv"))),
            (visit.say("Figures", "数字"), visit.program(&format!("v1/observations?commitment={id}&role=actual"))),
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
fn reported(report: &Value, names: &Names, visit: &Visit) -> Markup {
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
            p.sub { (visit.say("Source: ", "来源：")) (names.link(&source::KIND, source, visit)) }
        }
    }
}

/// A figure with the words it was said in, and a link to the others of its metric.
fn card(observation: &Value, more: i64, names: &Names, visit: &Visit) -> Markup {
    let language = visit.language;
    let (metric, id) = (&observation["included"]["metric"], member(observation, "metric"));
    let whose = whose_plainly(observation, names, language);
    html! {
        div.card {
            p.name { a href=(visit.link(&format!("metrics/{id}"))) { (called(metric, id, language)) } }
            p.figure { (figure(observation, metric, visit)) }
            p.sub {
                (words::period(member(observation, "period"), language))
                @if !whose.is_empty() { " · " (isolated(&whose)) }
            }
            @if observation["computed"] == true { p.sub { (visit.say("Computed by this service from two figures", "由本服务根据两项数字计算")) } }
            @for entry in observation["evidence"].as_array().into_iter().flatten().take(2) { (evidence(entry, visit)) }
            @if more > 0 {
                p.sub { a href=(visit.link(&format!("metrics/{id}"))) { (match language {
                    Language::English => format!("{more} more, of other periods or bodies"),
                    Language::Chinese => format!("另有 {more} 个其他时期或机构的数字"),
                }) } }
            }
        }
    }
}

/// Its status at each period, where there are several: drawn for narrow and for wide places.
fn over_time(newest_first: &[Value], visit: &Visit) -> Result<Markup, Failure> {
    let language = visit.language;
    let cell = |report: &Value| {
        let status = Status::parse(member(report, "status"))?;
        Some(Cell { label: words::period(member(report, "period"), language), status: Some(status), wording: None })
    };
    let cells: Vec<Cell> = newest_first.iter().rev().filter_map(cell).collect();
    if cells.len() < 2 {
        return Ok(html! {});
    }
    let draw = |size: Size, id: &str| {
        let about = About {
            title: visit.say("Status over time", "各期状态").to_owned(),
            whose: None,
            source: String::new(),
            revision: None,
            language,
            theme: Theme::Auto,
            article: None,
            id: id.to_owned(),
        };
        strip::draw(&Strip { about, cells: cells.clone() }, size)
    };
    drawn([Size { width: 340, height: 180 }, Size { width: 720, height: 150 }], &draw)
}

/// What became of the promise, and of the report that its status is from, after the revision that the page is of.
async fn since(id: &str, record: &Value, reports: &[Value], visit: &Visit) -> Result<Markup, Failure> {
    let language = visit.language;
    let mut shown = vec![Shown {
        kind: &commitment::KIND,
        id: id.to_owned(),
        record,
        members: &["title", "summary", "lead_organization", "due_on"],
        now: Box::new(move |now| plain(&now["title"], language)),
    }];
    shown.extend(reports.first().map(|record| Shown {
        kind: &report::KIND,
        id: member(record, "id").to_owned(),
        record,
        members: &["status", "period"],
        now: Box::new(move |now| words::status(member(now, "status"), language).to_owned()),
    }));
    visit.since(&shown).await
}

/// Which of the records that belong to the commitment is meant.
fn belonging(kind: &str, record: &Value, figures: &[(Value, i64)], language: Language) -> String {
    let period = words::period(member(record, "period"), language);
    let metric = figures
        .iter()
        .map(|(figure, _)| figure)
        .find(|figure| figure["metric"] == record["metric"] && kind != "report");
    let name = metric.map(|figure| plain(&figure["included"]["metric"]["name"], language)).unwrap_or_default();
    [name, period].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}
