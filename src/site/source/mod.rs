//! `/sources/{id}`: a document that records rest on, with the words that they quote marked.

mod quotes;
mod rests;

use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use serde_json::{Value, json};

use crate::api::problem::{Failure, INTERNAL_ERROR};
use crate::model::kinds::source;
use crate::model::message::Language;
use crate::site::frame::Page;
use crate::site::parts::{downloads, human, isolated, member, plain};
use crate::site::visit::Visit;
use crate::site::words;

use quotes::{Piece, Quote};
use rests::Rest;

/// Records resting on it that are shown.
const ROWS: i64 = 250;
/// Code points of its text that are shown: what an announcement has many times over, and still a light page.
const LETTERS: usize = 12_000;

pub async fn read(mut visit: Visit, id: &str) -> Result<HttpResponse, Failure> {
    let language = visit.language;
    let record = visit.record(&source::KIND, id, &[]).await?;
    let rests = rests::read(&mut visit, id, ROWS + 1).await?;
    let most = usize::try_from(ROWS).unwrap_or_default();
    let shown = rests.get(..most.min(rests.len())).unwrap_or_default();
    let (quotes, more_quotes) = quotes::quotes(shown.iter().map(|rest| &rest.record), id);
    // To look for many words in a long text takes a while.
    let placing = (record["text"].clone(), quotes);
    let placed = web::block(move || placed(&placing.0, placing.1, language)).await;
    let (text, quotes) = placed.map_err(|_| Failure::plain(&INTERNAL_ERROR))?;
    let whole: Vec<&Rest> = shown.iter().filter(|rest| member(&rest.record, "source") == id).collect();
    let title = plain(&record["title"], language);
    let tag = text.as_ref().map(|(tag, _)| tag.as_str());
    let body = html! {
        p.kicker { (visit.say("Source", "来源")) }
        h1 { (human(&record["title"], language)) }
        (about(&record, &visit))
        @match &text {
            Some((tag, text)) => section {
                h2 { (visit.say("Text", "全文")) }
                (marked(tag, text, &quotes, &visit))
            },
            None => p.sub #text { (visit.say(
                "The text is not republished here. These are the words that figures quote from it.",
                "此处不转载全文。以下是各数字所引用的原文词句。",
            )) },
        }
        @if !quotes.is_empty() {
            section {
                h2 { (visit.say("What rests on which words", "词句与所据数字")) }
                ol.quotes { @for (index, quote) in quotes.iter().enumerate() { (quoted(index, quote, tag, shown, &visit)) } }
            }
        }
        @if !whole.is_empty() {
            section {
                h2 { (visit.say("What rests on the whole of it", "以全文为据")) }
                ul.plain { @for rest in whole { li { (rest.line(&visit)) } } }
            }
        }
        @if rests.len() > most || more_quotes {
            p.sub { (visit.say("More rests on it than is shown here.", "另有未列出的记录以此为据。")) }
        }
        (downloads(&[("JSON", visit.program(&format!("v1/sources/{id}"))), (visit.say("History", "修订记录"), visit.program(&format!("v1/sources/{id}/history")))], &visit))
    };
    let mut page = Page::new(title.clone(), format!("sources/{id}"), body);
    page.description = title.clone();
    page.alternates = vec![("application/json", format!("v1/sources/{id}"))];
    page.data =
        Some(json!({"@context": "https://schema.org", "@type": "CreativeWork", "name": title, "identifier": id,
        "url": format!("{}/sources/{id}", visit.state.public_url), "isBasedOn": web_address(&record)}));
    page.respond(&visit)
}

/// The publication format takes addresses with http and https alone.
fn web_address(record: &Value) -> Option<&str> {
    record["url"].as_str().filter(|url| url.starts_with("http://") || url.starts_with("https://"))
}

fn about(record: &Value, visit: &Visit) -> Markup {
    let language = visit.language;
    html! {
        dl.facts {
            @if record["published_by"].is_object() { dt { (visit.say("Published by", "发布方")) } dd { (human(&record["published_by"], language)) } }
            @if let Some(day) = words::day_of(&record["published_on"], language) { dt { (visit.say("Published on", "发布日期")) } dd { (day) } }
            @if !member(record, "page").is_empty() { dt { (visit.say("Page", "版面")) } dd { (member(record, "page")) } }
            @if let Some(url) = web_address(record) { dt { (visit.say("Address", "网址")) } dd { a rel="noopener nofollow" href=(url) { (url) } } }
            @if let Some(digest) = record["sha256"].as_str() { dt { "SHA-256" } dd { code.digest { (digest) } } }
        }
    }
}

/// The text in the language that the quotes are in, with its tag, and the quotes with their places in it.
fn placed(human: &Value, mut quotes: Vec<Quote>, language: Language) -> (Option<(String, String)>, Vec<Quote>) {
    let preferred = words::text(human, language).map(|(_, text)| text);
    let mut best: Option<(usize, bool, &String, &str)> = None;
    let texts = human.as_object().into_iter().flatten();
    for (tag, text) in texts.filter_map(|(tag, text)| Some((tag, text.as_str()?))) {
        let found = (quotes::place(&mut quotes, text), Some(text) == preferred);
        if best.is_none_or(|(count, preferred, ..)| found > (count, preferred)) {
            best = Some((found.0, found.1, tag, text));
        }
    }
    let text = best.map(|(_, _, tag, text)| (tag.clone(), text.to_owned()));
    if let Some((_, text)) = &text {
        quotes::place(&mut quotes, text);
    }
    (text, quotes)
}

/// The text with its quotes marked, each with a number that leads to what rests on it.
fn marked(tag: &str, text: &str, quotes: &[Quote], visit: &Visit) -> Markup {
    let shown: String = text.chars().take(LETTERS).collect();
    let pieces = quotes::pieces(&shown, quotes);
    html! {
        div #text .verbatim lang=(tag) { @for piece in &pieces { (self::piece(piece, quotes, visit)) } }
        @if shown.len() < text.len() {
            p.sub { (visit.say("The text goes on in the JSON below.", "全文较长，其余部分见下方 JSON。")) }
        }
    }
}

fn piece(piece: &Piece, quotes: &[Quote], visit: &Visit) -> Markup {
    let anchor = |index: &usize| quotes.get(*index).map(|quote| quote.anchor.as_str()).unwrap_or_default();
    let (last, others) = piece.beginning.split_last().map_or((None, &[][..]), |(last, others)| (Some(last), others));
    html! {
        @for index in others { span id=(anchor(index)) {} }
        @if piece.covering.is_empty() { (piece.text) } @else {
            @match last {
                Some(index) => mark id=(anchor(index)) { (piece.text) },
                None => mark { (piece.text) },
            }
        }
        @for index in &piece.ending {
            a.note href=(format!("#rests-{}", index + 1)) aria-label=(match visit.language {
                Language::English => format!("What rests on this: {}", index + 1),
                Language::Chinese => format!("以此为据的数字：{}", index + 1),
            }) { (index + 1) }
        }
    }
}

/// Words, and what rests on them. Where they stand in the text shown, they lead there.
fn quoted(index: usize, quote: &Quote, tag: Option<&str>, rests: &[Rest], visit: &Visit) -> Markup {
    let placed = quote.place.is_some_and(|(_, end)| end <= LETTERS);
    // What stands in the text is in its language.
    let language = tag.filter(|_| quote.place.is_some()).unwrap_or_else(|| words::language_of(&quote.exact));
    html! {
        li id=(format!("rests-{}", index + 1)) {
            blockquote lang=(language) {
                (isolated(&quote.prefix))
                @if placed {
                    a href=(format!("#{}", quote.anchor)) { mark { (isolated(&quote.exact)) } }
                } @else {
                    mark id=(quote.anchor) { (isolated(&quote.exact)) }
                }
                (isolated(&quote.suffix))
            }
            ul.plain { @for rest in quote.rests.iter().filter_map(|index| rests.get(*index)) { li { (rest.line(visit)) } } }
        }
    }
}
