//! `/`: what was promised, what was done.

use actix_web::HttpResponse;
use futures_util::future::join_all;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::frame::Page;
use super::parts::{self, human, member, strip_with_links};
use super::spark::spark;
use super::visit::Visit;
use crate::api::figure::facts::Facts;
use crate::api::problem::{Failure, INTERNAL_ERROR};
use crate::db::read::{figure, key_figures, summary};
use crate::model::message::Language;

/// Key figures shown.
const FIGURES: i64 = 8;
/// Revisions shown.
const REVISIONS: i64 = 5;

pub async fn read(mut visit: Visit) -> Result<HttpResponse, Failure> {
    let row = summary::read(&visit.state.database, visit.at(), visit.now).await?;
    let row = row.ok_or_else(|| Failure::plain(&INTERNAL_ERROR))?;
    visit.settle(&row.moment)?;
    let summary: Value = serde_json::from_str(&row.body).unwrap_or_default();
    let newest = super::revisions::newest(&mut visit, None, REVISIONS).await?;
    let language = visit.language;
    let nothing = visit.moment()?.n == 0;
    let programmes = summary["programmes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let figures = key_figures(&visit).await?;
    let body = html! {
        section.lead {
            h1 { (visit.say("What was promised, what was done", "承诺了什么，做到了什么")) }
            (parts::search("", &visit))
        }
        @if nothing {
            p { (visit.say("The ledger is empty. Publish with:", "账本为空。发布命令：")) " " code { "open-commitments publish FILE" } }
        }
        @for programme in programmes {
            section.programme {
                h2 { a href=(visit.link(&format!("programmes/{}", member(programme, "id")))) { (human(&programme["title"], language)) } }
                p.sub {
                    (match language {
                        Language::English => format!("{} commitments, {}", programme["commitments"], programme["year"]),
                        Language::Chinese => format!("{}年，{}项承诺", programme["year"], programme["commitments"]),
                    })
                }
                (strip_with_links(&programme["statuses"], &|code| Some((visit.link(&format!("programmes/{}?status={code}", member(programme, "id"))), false)), &visit))
            }
        }
        @if !figures.is_empty() {
            section {
                h2 { (visit.say("Newest figures", "最新数字")) }
                ul.figures { @for facts in &figures { (key_figure(facts, &visit)) } }
            }
        }
        @if !newest.is_empty() {
            section {
                h2 { (visit.say("Newest revisions", "最近的修订")) }
                (super::revisions::table(&newest, &visit))
            }
        }
    };
    let site = visit.state.site.name(language).to_owned();
    let description = visit.say(
        "Public commitments of governments, their progress and their figures, each traceable to its source and its revision.",
        "政府公开承诺及其进展与数据，每个数字都可追溯到原文与修订。",
    );
    let mut page = Page::new("", "", body);
    page.description = description.to_owned();
    page.alternates = vec![("application/json", "v1/summary".into())];
    page.data = Some(
        json!({"@context": "https://schema.org", "@type": "WebSite", "name": site, "url": format!("{}/", visit.state.public_url)}),
    );
    page.respond(&visit)
}

/// The figures that say most of what is new, by the rule of the read that chooses them.
async fn key_figures(visit: &Visit) -> Result<Vec<Facts>, Failure> {
    let chosen = key_figures::read(&visit.state.database, FIGURES, visit.at(), visit.now).await?;
    let (database, at, now) = (&visit.state.database, visit.at(), visit.now);
    let each = chosen.into_iter().filter_map(|row| row.metric).map(|metric| async move {
        let wanted = figure::Wanted { metric, ..figure::Wanted::default() };
        figure::read(database, &wanted, at, now).await
    });
    let rows = join_all(each).await.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(rows.iter().filter_map(|row| Facts::of(row.as_ref()?)).collect())
}

fn key_figure(facts: &Facts, visit: &Visit) -> Markup {
    let Some(shown) = facts.document(visit.language) else { return html! {} };
    let (text, value) = (&shown.text, json!(shown));
    html! {
        li {
            a href=(visit.link(&format!("metrics/{}", facts.metric.id.as_str()))) {
                span.name { (parts::isolated(&text.name)) }
                span.number { (parts::figure(&value, &value, visit)) }
                (spark(&facts.series))
                span.sub { (text.period) @if let Some(change) = &text.change { (visit.say(", ", "，")) (change) } }
            }
        }
    }
}
