//! `/`: what was promised, what was done.

use actix_web::HttpResponse;
use maud::html;
use serde_json::{Value, json};

use super::frame::Page;
use super::parts::{human, member, strip};
use super::visit::Visit;
use super::words;
use crate::api::problem::{Failure, INTERNAL_ERROR};
use crate::db::read::summary;
use crate::model::message::Language;

/// Key figures shown.
const FIGURES: usize = 12;
/// Revisions shown.
const REVISIONS: i64 = 5;

pub async fn read(mut visit: Visit) -> Result<HttpResponse, Failure> {
    let row = summary::read(&visit.state.database, visit.at(), visit.now).await?;
    let row = row.ok_or_else(|| Failure::plain(&INTERNAL_ERROR))?;
    visit.settle(&row.moment)?;
    let summary: Value = serde_json::from_str(&row.body).unwrap_or_default();
    let newest = super::revisions::newest(&mut visit, None, REVISIONS).await?;
    let language = visit.language;
    let programmes = summary["programmes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let metrics = summary["metrics"].as_array().map(Vec::as_slice).unwrap_or_default();
    let body = html! {
        section.lead {
            h1 { (visit.say("What was promised, what was done", "承诺了什么，做到了什么")) }
            form.search action=(visit.file("search")) method="get" role="search" {
                label.visually-hidden for="q" { (visit.say("Search", "搜索")) }
                input #q type="search" name="q" placeholder=(visit.say("A word, a figure, a place", "词语、数字、地名"));
                input type="hidden" name="lang" value=(language.tag());
                button { (visit.say("Search", "搜索")) }
            }
        }
        @if visit.moment()?.n == 0 {
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
                (strip(&programme["statuses"], &visit))
            }
        }
        @if !metrics.is_empty() {
            section {
                h2 { (visit.say("Key figures", "关键数字")) }
                ul.figures {
                    @for metric in metrics.iter().take(FIGURES) {
                        li {
                            a href=(visit.link(&format!("metrics/{}", member(metric, "id")))) {
                                span.number { (words::number(&metric["value"])) @if member(&metric["unit"], "code") == "percent" { "%" } }
                                span.name { (human(&metric["name"], language)) }
                                span.sub { (words::period(member(metric, "period"), language)) }
                            }
                        }
                    }
                }
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
