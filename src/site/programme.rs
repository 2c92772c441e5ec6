//! `/programmes/{id}`: an announced list of commitments, and how far they are.

use actix_web::HttpResponse;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::builder;
use super::embed::ask::Style;
use super::frame::Page;
use super::names::{Names, Wanted as Named};
use super::parts::{
    called, cut, downloads, figure, human, isolated, member, plain, status, strip_with_links, whose_plainly,
};
use super::since::{self, MAX_NAME, Shown, Since, beside, clipped};
use super::visit::{Visit, Wanted};
use super::words;
use crate::api::problem::{Failure, INTERNAL_ERROR};
use crate::db::read::{figures_of, programme as programmes};
use crate::model::codes::Status;
use crate::model::kinds::{commitment, organization, programme, report};

/// Parameters of the page: the status to show alone, and those of the builder of embeds.
pub const PARAMETERS: [&str; 6] = {
    let [style, shape, theme, language, mode] = builder::PARAMETERS;
    ["status", style, shape, theme, language, mode]
};

/// Commitments that are shown.
const ROWS: i64 = 200;
/// Figures that are shown of each.
const OF_EACH: i64 = 2;

pub async fn read(mut visit: Visit, id: &str) -> Result<HttpResponse, Failure> {
    let asked = visit.query.text("status");
    // Only a status is one: anything else shows all.
    let asked = asked.filter(|code| code == "none" || Status::parse(code).is_some());
    let language = visit.language;
    let record = visit.record(&programme::KIND, id, &[]).await?;
    let organization = visit.maybe(&organization::KIND, record["organization"].as_str()).await?;
    let statuses = Statuses::read(id, &visit).await?;
    let mut filters = vec![("programme", vec![id.to_owned()])];
    filters.extend(asked.iter().map(|code| ("status", vec![code.clone()])));
    let wanted = Wanted { kind: &commitment::KIND, filters: &filters, sort: "number,id", includes: &[], rows: ROWS };
    let (shown, more) = visit.first(&wanted).await?;
    let ids: Vec<String> = shown.iter().map(|commitment| member(commitment, "id").to_owned()).collect();
    let wanted = figures_of::Wanted { commitments: &ids, each: OF_EACH, ..figures_of::Wanted::default() };
    let figures = visit.figures(&wanted).await?;
    let mut named = Named::default();
    for (figure, _) in &figures {
        named.add(&organization::KIND, figure["subject"].as_str().or(figure["publisher"].as_str()));
    }
    let names = named.read(&visit).await?;
    let since = since(id, &record, &visit).await?;
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
        (visit.became(since.as_ref()))
        p.sub {
            @if let Some(day) = words::day_of(&record["announced_on"], language) { (visit.say("Announced on", "公布于")) " " (day) }
            @if let Some(source) = record["source"].as_str() {
                " · " a href=(visit.link(&format!("sources/{source}"))) { (visit.say("Source", "来源")) }
            }
        }
        (strip_with_links(&statuses.0, &|code| Some((filtered(id, code, asked.as_deref(), &visit), asked.as_deref() == Some(code))), &visit))
        @if let Some(code) = &asked {
            p role="status" { (words::status(code, language)) ": " (statuses.of(&[code])) " · " a href=(visit.link(&format!("programmes/{id}"))) { (visit.say("show all", "显示全部")) } }
        }
        ol.commitments { @for commitment in &shown { (row(commitment, &figures, &names, &visit)) } }
        (cut(more, shown.len(), &visit))
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

/// How many commitments have each status: an object, with those of none as `none`.
pub struct Statuses(pub Value);

impl Statuses {
    pub async fn read(id: &str, visit: &Visit) -> Result<Statuses, Failure> {
        let row = programmes::statuses(&visit.state.database, id, visit.at(), visit.now).await?;
        let row = row.ok_or_else(|| Failure::plain(&INTERNAL_ERROR))?;
        Ok(Statuses(serde_json::from_str(&row.statuses).unwrap_or_default()))
    }

    /// How many have one of these.
    pub fn of(&self, codes: &[&str]) -> i64 {
        codes.iter().filter_map(|code| self.0[*code].as_i64()).sum()
    }

    pub fn all(&self) -> i64 {
        self.0.as_object().into_iter().flatten().filter_map(|(_, count)| count.as_i64()).sum()
    }
}

/// What became of the programme, and of the reports that its statuses are from, after the revision that is shown.
pub async fn since(id: &str, record: &Value, visit: &Visit) -> Result<Option<Since>, Failure> {
    let (language, moment) = (visit.language, visit.moment()?);
    if moment.n >= moment.head {
        return Ok(None);
    }
    let rows = programmes::standing(&visit.state.database, id, visit.at(), visit.now).await?;
    let parsed = |text: Option<&str>| text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let reports: Vec<(Value, Value)> =
        rows.iter().map(|row| (parsed(Some(&row.report)), parsed(row.title.as_deref()))).collect();
    let mut shown = vec![Shown {
        kind: &programme::KIND,
        id: id.to_owned(),
        record,
        members: &["title", "year", "organization"],
        now: Box::new(move |now| clipped(&plain(&now["title"], language), MAX_NAME)),
    }];
    shown.extend(reports.iter().map(|(record, title)| Shown {
        kind: &report::KIND,
        id: member(record, "id").to_owned(),
        record,
        members: &["status", "period"],
        now: Box::new(move |now| {
            let title = clipped(&plain(title, language), MAX_NAME);
            beside(words::status(member(now, "status"), language), &title, language)
        }),
    }));
    since::read(&visit.state.database, &shown, moment, visit.now).await
}

/// The list with one status alone, or with all again.
fn filtered(id: &str, code: &str, asked: Option<&str>, visit: &Visit) -> String {
    let path = format!("programmes/{id}");
    if asked == Some(code) { visit.link(&path) } else { visit.link_with(&path, &[("status", code)]) }
}

/// A commitment with its newest figures.
fn row(commitment: &Value, figures: &[(Value, i64)], names: &Names, visit: &Visit) -> Markup {
    let (language, id) = (visit.language, member(commitment, "id"));
    let own: Vec<&Value> = figures.iter().map(|(one, _)| one).filter(|one| member(one, "commitment") == id).collect();
    html! {
        li value=[commitment["number"].as_i64()] {
            a.name href=(visit.link(&format!("commitments/{id}"))) { (human(&commitment["title"], language)) }
            " " (status(member(commitment, "status"), language))
            div.sub { (human(&commitment["summary"], language)) }
            @if !own.is_empty() { ul.inline { @for one in own {
                @let (metric, id) = (&one["included"]["metric"], member(one, "metric"));
                @let whose = whose_plainly(one, names, language);
                li {
                    b { (figure(one, metric, visit)) } " " a href=(visit.link(&format!("metrics/{id}"))) { (called(metric, id, language)) }
                    @if !whose.is_empty() { " " span.sub { (isolated(&whose)) } }
                }
            } } }
        }
    }
}
