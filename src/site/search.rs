//! `/search`: words in all kinds of records, with the places where they stand.

use actix_web::HttpResponse;
use maud::{Markup, html};

use super::frame::Page;
use super::parts::{human, search as search_form};
use super::revisions::page_of;
use super::visit::Visit;
use super::words;
use crate::api::problem::Failure;
use crate::api::search::{SearchHit, hits};
use crate::db::read::search::{self, Search};
use crate::model::kinds::KINDS;
use crate::model::message::Language;

/// Hits that are shown.
const ROWS: i64 = 50;

pub async fn read(mut visit: Visit) -> Result<HttpResponse, Failure> {
    let asked = visit.query.words("q");
    visit.finish()?;
    let wanted = Search { words: asked.as_deref(), kinds: &KINDS, publishers: &[], after: None, rows: ROWS + 1 };
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
    let most = usize::try_from(ROWS).unwrap_or(usize::MAX);
    let data =
        format!("v1/search?{}", url::form_urlencoded::Serializer::new(String::new()).append_pair("q", &text).finish());
    let body = html! {
        h1 { (visit.say("Search", "搜索")) }
        (search_form(&text, &visit))
        @if !text.is_empty() && found.is_empty() { p role="status" { (visit.say("Nothing was found.", "没有找到。")) } }
        ol.hits { @for hit in found.iter().take(most) { li { (shown(hit, &visit)) } } }
        @if found.len() > most {
            p.sub { (match visit.language {
                Language::English => format!("The first {most} are shown. More words find fewer. "),
                Language::Chinese => format!("仅显示前 {most} 条，请增加词语以缩小范围。"),
            }) a href=(visit.program(&data)) { (visit.say("All of it as data", "全部数据")) } }
        }
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
