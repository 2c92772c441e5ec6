//! `/search`: words in all kinds of records, with the places where they stand.

use actix_web::HttpResponse;
use maud::{Markup, html};

use super::frame::Page;
use super::parts::human;
use super::revisions::page_of;
use super::visit::Visit;
use super::words;
use crate::api::problem::Failure;
use crate::api::search::{SearchHit, hits};
use crate::db::read::search::{self, Search};
use crate::model::kinds::KINDS;

/// Hits that are shown.
const ROWS: i64 = 50;

pub async fn read(mut visit: Visit) -> Result<HttpResponse, Failure> {
    let asked = visit.query.words("q");
    visit.query.text("kind");
    visit.finish()?;
    let chosen = KINDS;
    let wanted = Search { words: asked.as_deref(), kinds: &chosen, publishers: &[], after: None, rows: ROWS };
    let rows = if asked.is_some() {
        search::read(&visit.state.database, &wanted, visit.at(), visit.now).await?
    } else {
        Vec::new()
    };
    match rows.first() {
        Some(first) => visit.settle(&first.moment.clone())?,
        // Only to know the revision.
        None => drop(super::revisions::newest(&mut visit, None, 1).await?),
    }
    let text = asked.clone().unwrap_or_default();
    let found = if asked.is_some() { hits(rows, asked).await? } else { Vec::new() };
    let body = html! {
        h1 { (visit.say("Search", "搜索")) }
        form.search action=(visit.file("search")) method="get" role="search" {
            label.visually-hidden for="q" { (visit.say("Search", "搜索")) }
            input #q type="search" name="q" value=(text);
            input type="hidden" name="lang" value=(visit.language.tag());
            button { (visit.say("Search", "搜索")) }
        }
        @if !text.is_empty() && found.is_empty() { p role="status" { (visit.say("Nothing was found.", "没有找到。")) } }
        ol.hits { @for hit in &found { li { (shown(hit, &visit)) } } }
    };
    let mut page = Page::new(visit.say("Search", "搜索"), "search", body);
    if !text.is_empty() {
        page.parameters = vec![("q", text)];
    }
    page.respond(&visit)
}

fn shown(hit: &SearchHit, visit: &Visit) -> Markup {
    let language = visit.language;
    let id = &hit.id.0;
    let link = page_of(&hit.kind, id).map_or_else(
        || visit.program(&format!("v1/{}", hit.link.split('?').next().unwrap_or_default())),
        |path| visit.link(&path),
    );
    let title = hit.title.as_ref().and_then(|title| serde_json::to_value(title).ok()).unwrap_or_default();
    html! {
        p.sub { (words::kind(&hit.kind, language)) }
        p.name { a href=(link) { @if title.is_object() { (human(&title, language)) } @else { (id) } } }
        @for highlight in hit.highlights.iter().take(2) {
            p { @for part in &highlight.parts { @if part.is_match { mark { (part.text) } } @else { (part.text) } } }
        }
    }
}
