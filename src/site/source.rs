//! `/sources/{id}`: a document that records rest on.

use actix_web::HttpResponse;
use maud::html;
use serde_json::json;

use super::frame::Page;
use super::parts::{downloads, human, member, plain};
use super::visit::Visit;
use super::words;
use crate::api::problem::Failure;
use crate::model::kinds::source;

pub async fn read(mut visit: Visit, id: &str) -> Result<HttpResponse, Failure> {
    let language = visit.language;
    let record = visit.record(&source::KIND, id, &[]).await?;
    // The publication format takes addresses with http and https alone.
    let url = record["url"].as_str().filter(|url| url.starts_with("http://") || url.starts_with("https://"));
    let body = html! {
        p.kicker { (visit.say("Source", "来源")) }
        h1 { (human(&record["title"], language)) }
        dl.facts {
            @if record["published_by"].is_object() { dt { (visit.say("Published by", "发布方")) } dd { (human(&record["published_by"], language)) } }
            @if let Some(day) = words::day_of(&record["published_on"], language) { dt { (visit.say("Published on", "发布日期")) } dd { (day) } }
            @if !member(&record, "page").is_empty() { dt { (visit.say("Page", "版面")) } dd { (member(&record, "page")) } }
            @if let Some(url) = url { dt { (visit.say("Address", "网址")) } dd { a rel="noopener nofollow" href=(url) { (url) } } }
            @if let Some(digest) = record["sha256"].as_str() { dt { "SHA-256" } dd { code.digest { (digest) } } }
        }
        @if let Some(text) = record["text"].as_str() {
            section { h2 { (visit.say("Text", "全文")) } div #text .verbatim lang="zh-Hans" {
                @for line in text.lines().filter(|line| !line.trim().is_empty()) { p { (line) } }
            } }
        } @else {
            p.sub #text { (visit.say("The text is not republished here; figures quote the words they rest on.", "此处不转载全文；每个数字都引用所依据的原文词句。")) }
        }
        (downloads(&[("JSON", visit.program(&format!("v1/sources/{id}"))), (visit.say("History", "修订记录"), visit.program(&format!("v1/sources/{id}/history")))], &visit))
    };
    let title = plain(&record["title"], language);
    let mut page = Page::new(title.clone(), format!("sources/{id}"), body);
    page.alternates = vec![("application/json", format!("v1/sources/{id}"))];
    page.data =
        Some(json!({"@context": "https://schema.org", "@type": "CreativeWork", "name": title, "identifier": id,
        "url": format!("{}/sources/{id}", visit.state.public_url), "isBasedOn": url}));
    page.respond(&visit)
}
