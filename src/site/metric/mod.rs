//! `/metrics/{id}`: a figure, large, and its series, each value with the words it was said in.

mod about;
mod charts;
mod headline;
mod table;
mod targets;

use actix_web::HttpResponse;
use maud::{Markup, html};
use serde_json::{Value, json};

use crate::api::endpoint::is_record_id;
use crate::api::figure::facts::Facts;
use crate::api::figure::no_such_figure;
use crate::api::problem::{Failure, INTERNAL_ERROR, NO_SUCH_FIGURE};
use crate::db::read::figure;
use crate::model::division;
use crate::model::kinds::{commitment, metric, observation, organization, source, target};
use crate::model::message::Language;
use crate::site::builder;
use crate::site::chart::words::capital;
use crate::site::cite;
use crate::site::embed::ask::Style;
use crate::site::frame::Page;
use crate::site::names::{Names, Wanted as Named};
use crate::site::parts::{downloads, human, member, paragraphs, plain};
use crate::site::pictures;
use crate::site::since::Shown;
use crate::site::told;
use crate::site::visit::{Visit, Wanted};
use crate::site::words;

/// Figures, and targets, that are shown.
const ROWS: i64 = 150;

/// The parameter that names the figure that the page is headed by; the metric's own unless told.
pub const OBSERVATION: &str = "observation";
/// Parameters of the page's own.
pub const PARAMETERS: [&str; 6] = {
    let [style, shape, theme, language, mode] = builder::PARAMETERS;
    [OBSERVATION, style, shape, theme, language, mode]
};

/// What the page is of.
struct Read {
    record: Value,
    /// Newest first.
    observations: Vec<Value>,
    promised: Vec<Value>,
    /// The observation of the large figure.
    figure: Option<Value>,
    facts: Facts,
    /// What all of these refer to.
    names: Names,
}

pub async fn read(mut visit: Visit, id: &str) -> Result<HttpResponse, Failure> {
    let read = everything(&mut visit, id).await?;
    let language = visit.language;
    let told = told::section(&mut visit, &metric::KIND, id, &|_, record| figure_of(record, language)).await?;
    let cite =
        cite::section(&mut visit, &metric::KIND, id, read.figure.as_ref().map(|figure| member(figure, "id"))).await?;
    let since = since(&read, &visit).await?;
    let record = &read.record;
    let observation = read.facts.figure.as_ref().map(|figure| figure.id.as_str());
    let style = if observation.is_some() { Style::Card } else { Style::Progress };
    let of = builder::Of { kind: &metric::KIND, id, title: &record["name"], observation, style };
    let shows = observation.is_some() || !read.facts.targets.is_empty();
    let builder = if shows { Some(builder::section(&of, &mut visit)?) } else { None };
    let body = html! {
        p.kicker { (about::belongs(&read, &visit)) }
        h1 { (human(&record["name"], language)) }
        (headline::large(&read, &visit))
        (since)
        div.summary { (paragraphs(&record["description"], language)) }
        (charts::charts(&read, &visit))
        (about::about(&read, &visit))
        (targets::targets(&read, &visit))
        (table::section(&read, &visit))
        (pictures::section(id, &read.facts, &visit))
        (told)
        @if let Some(builder) = builder { (builder) }
        (cite)
        (downloads(&files(&read, &visit), &visit))
    };
    let title = plain(&record["name"], language);
    let mut page = Page::new(title.clone(), format!("metrics/{id}"), body);
    page.description = described(&read, &visit);
    page.is_embeddable = true;
    if let Some(figure) = read.facts.document(language) {
        let text = figure.text;
        let lines = [Some(text.period), text.subject, text.change, Some(text.source)];
        let lines = lines.into_iter().flatten().map(|line| capital(&line)).collect();
        page.shown = pictures::Shown { figure: Some(text.value), lines };
    }
    page.alternates = vec![
        ("application/json", format!("v1/metrics/{id}/observations")),
        ("text/csv", format!("v1/exports/observations.csv?metric={id}")),
    ];
    page.data = Some(json!({"@context": "https://schema.org", "@type": "Dataset", "name": title, "identifier": id,
        "description": page.description, "url": format!("{}/metrics/{id}", visit.state.public_url),
        "license": visit.state.licence.url, "variableMeasured": title}));
    page.respond(&visit)
}

/// What became of the large figure after the revision that the page is of.
async fn since(read: &Read, visit: &Visit) -> Result<Markup, Failure> {
    let Some(figure) = &read.figure else { return Ok(html! {}) };
    let shown = Shown {
        kind: &observation::KIND,
        id: member(figure, "id").to_owned(),
        record: figure,
        members: &["value", "qualifier"],
        now: Box::new(|now| words::number(&now["value"])),
    };
    visit.since(&[shown]).await
}

/// The same for programs.
fn files<'a>(read: &Read, visit: &'a Visit) -> Vec<(&'a str, String)> {
    let (id, language) = (read.facts.metric.id.as_str(), visit.language.tag());
    let mut files = vec![
        ("JSON", visit.program(&format!("v1/metrics/{id}"))),
        (visit.say("Figures as JSON", "数字 JSON"), visit.program(&format!("v1/metrics/{id}/observations"))),
        ("CSV", visit.program(&format!("v1/exports/observations.csv?metric={id}"))),
        ("Excel", visit.program(&format!("v1/exports/observations.xlsx?metric={id}"))),
    ];
    if read.figure.is_some() {
        files.insert(0, (visit.say("Compare", "比较"), visit.link(&format!("compare?metric={id}"))));
        files.push((
            "SVG",
            visit.program(&format!("v1/metrics/{id}/figure.svg?lang={language}{}", of_observation(visit))),
        ));
    }
    files
}

async fn everything(visit: &mut Visit, id: &str) -> Result<Read, Failure> {
    let record = visit.record(&metric::KIND, id, &[]).await?;
    let of = [("metric", vec![id.to_owned()])];
    let wanted = |kind, sort| Wanted { kind, filters: &of, sort, includes: &[], rows: ROWS };
    let observations = visit.list(&wanted(&observation::KIND, "-period_end,id")).await?;
    let promised = visit.list(&wanted(&target::KIND, "")).await?;
    let observation = visit.own(OBSERVATION).map(str::to_owned);
    if observation.as_deref().is_some_and(|id| !is_record_id(id)) {
        return Err(Failure::plain(&NO_SUCH_FIGURE));
    }
    let asked =
        figure::Wanted { metric: id.to_owned(), observation, beside: true, parts: true, ..figure::Wanted::default() };
    let row = figure::read(&visit.state.database, &asked, visit.at(), visit.now).await?;
    if let Some(row) = row.as_ref().filter(|row| row.figure.is_none() && asked.observation.is_some()) {
        return Err(no_such_figure(&asked, row));
    }
    let facts = row.as_ref().and_then(Facts::of).ok_or_else(|| Failure::plain(&INTERNAL_ERROR))?;
    let figure = row.and_then(|row| serde_json::from_str(&row.figure?).ok());
    let mut named = Named::default();
    for observation in observations.iter().chain(&promised).chain(&figure) {
        for name in ["subject", "reported_by", "publisher"] {
            named.add(&organization::KIND, observation[name].as_str());
        }
        named.add(&commitment::KIND, observation["commitment"].as_str());
        for entry in observation["evidence"].as_array().into_iter().flatten() {
            named.add(&source::KIND, entry["source"].as_str());
        }
    }
    for of in
        [&record["part_of"], &record["replaced_by"], &record["ratio"]["numerator"], &record["ratio"]["denominator"]]
    {
        named.add(&metric::KIND, of.as_str());
    }
    let names = named.read(visit).await?;
    Ok(Read { record, observations, promised, figure, facts, names })
}

/// The same in a link to a picture.
pub fn of_observation(visit: &Visit) -> String {
    visit.own(OBSERVATION).map(|figure| format!("&{OBSERVATION}={figure}")).unwrap_or_default()
}

/// Which figure is meant, where several are.
fn figure_of(record: &Value, language: Language) -> String {
    let period = words::period(member(record, "period"), language);
    let parts = [
        period.as_str(),
        member(record, "scope"),
        member(record, "subject"),
        division::name(member(record, "division_code")),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// What the page says, in a sentence.
fn described(read: &Read, visit: &Visit) -> String {
    let language = visit.language;
    let figure = read.facts.document(language).map(|figure| {
        let text = figure.text;
        let whose = text.subject.map(|whose| format!("{}{whose}", visit.say(", ", "，"))).unwrap_or_default();
        match language {
            Language::English => format!("{}, {}{whose}. ", text.value, text.period),
            Language::Chinese => format!("{}{}{whose}。", text.period, text.value),
        }
    });
    format!("{}{}", figure.unwrap_or_default(), plain(&read.record["description"], language))
}
