//! Parts that pages share.

use std::io;

use maud::{Markup, PreEscaped, html};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::chart::Size;
use super::names::Names;
use super::visit::Visit;
use super::words;
use crate::api::problem::{Failure, INTERNAL_ERROR};
use crate::model::codes::ObsStatus;
use crate::model::division;
use crate::model::kinds::organization;
use crate::model::message::Language;
use crate::model::spoken;

/// Human text with its language, where that is not the page's.
pub fn human(value: &Value, language: Language) -> Markup {
    html! {
        @if let Some((tag, text)) = words::text(value, language) {
            @if tag == language.tag() { (isolated(text)) } @else { span lang=(tag) { (isolated(text)) } }
        }
    }
}

/// A text that turns none of the words around it, whatever it says of its direction (Unicode UAX 9).
pub fn isolated(text: &str) -> Markup {
    // Letters of Hebrew, Arabic and their kin turn the digits beside them.
    let turns =
        |c| spoken::turns(c) || matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}');
    html! { @if text.chars().any(turns) { bdi { (text) } } @else { (text) } }
}

/// Human text as paragraphs.
pub fn paragraphs(value: &Value, language: Language) -> Markup {
    html! {
        @if let Some((tag, text)) = words::text(value, language) {
            @for line in text.lines().filter(|line| !line.trim().is_empty()) { p lang=(tag) { (line) } }
        }
    }
}

/// What a record is called, or else its id: what is removed has no name.
pub fn called(record: &Value, id: &str, language: Language) -> Markup {
    html! { @if named(record).is_object() { (human(named(record), language)) } @else { (id) } }
}

/// The same without markup.
pub fn called_plainly(record: &Value, id: &str, language: Language) -> String {
    if named(record).is_object() { plain(named(record), language) } else { id.to_owned() }
}

fn named(record: &Value) -> &Value {
    if record["title"].is_object() { &record["title"] } else { &record["name"] }
}

/// Human text without markup, for titles.
pub fn plain(value: &Value, language: Language) -> String {
    words::text(value, language).map(|(_, text)| text.to_owned()).unwrap_or_default()
}

/// The member of a record as text.
pub fn member<'a>(record: &'a Value, name: &str) -> &'a str {
    record[name].as_str().unwrap_or_default()
}

/// A status as a word with a mark, which is not colour alone.
pub fn status(code: &str, language: Language) -> Markup {
    let code = if code.is_empty() { "none" } else { code };
    html! { span class={ "status " (code) } { (words::status(code, language)) } }
}

/// A value with its qualifier and unit.
pub fn figure(observation: &Value, metric: &Value, visit: &Visit) -> Markup {
    let language = visit.language;
    let qualifier = words::qualifier(member(observation, "qualifier"), language);
    if ObsStatus::parse(member(observation, "obs_status")).is_some_and(ObsStatus::is_missing) {
        return html! { span.value { (spoken::no_figure(language)) } };
    }
    html! {
        @if !qualifier.is_empty() { span.qualifier { (qualifier) } " " }
        span.value { (words::number(&observation["value"])) }
        @if member(&metric["unit"], "code") == "percent" { "%" } @else if metric.is_object() { " " span.unit { (unit(metric, language)) } }
    }
}

/// The unit of a metric, as people say it.
pub fn unit(metric: &Value, language: Language) -> Markup {
    let unit = &metric["unit"];
    html! { @if unit["label"].is_object() { (human(&unit["label"], language)) } @else { (member(unit, "code")) } }
}

/// Statuses that there are, in one order, and how many of each.
fn counts(statuses: &Value) -> Vec<(&'static str, i64)> {
    const ORDER: [&str; 9] = [
        "completed",
        "substantially_completed",
        "in_progress",
        "delayed",
        "suspended",
        "not_completed",
        "cancelled",
        "not_started",
        "none",
    ];
    ORDER.iter().filter_map(|code| Some((*code, statuses[*code].as_i64().filter(|count| *count > 0)?))).collect()
}

/// The share of each status as a strip with a legend; the strip alone is for the eye.
pub fn strip(statuses: &Value, visit: &Visit) -> Markup {
    strip_with_links(statuses, &|_| None, visit)
}

/// The same, where `led` is where a status leads, and whether that is what is shown.
pub fn strip_with_links(statuses: &Value, led: &dyn Fn(&str) -> Option<(String, bool)>, visit: &Visit) -> Markup {
    let counts = counts(statuses);
    let total: i64 = counts.iter().map(|(_, count)| count).sum();
    html! {
        @if total > 0 {
            svg.strip viewBox="0 0 1000 24" preserveAspectRatio="none" aria-hidden="true" {
                @for (index, (code, count)) in counts.iter().enumerate() {
                    @let before: i64 = counts.iter().take(index).map(|(_, count)| count).sum();
                    rect class=(code) x=(before * 1000 / total) y="0" width=((before + count) * 1000 / total - before * 1000 / total) height="24" {}
                }
            }
            (legend(statuses, led, visit))
        }
    }
}

/// How many there are of each status.
pub fn legend(statuses: &Value, led: &dyn Fn(&str) -> Option<(String, bool)>, visit: &Visit) -> Markup {
    html! {
        ul.legend {
            @for (code, count) in counts(statuses) {
                @let entry = html! { (status(code, visit.language)) " " b { (count) } };
                li {
                    @match led(code) {
                        Some((link, true)) => a href=(link) aria-current="true" { (entry) },
                        Some((link, false)) => a href=(link) { (entry) },
                        None => (entry),
                    }
                }
            }
        }
    }
}

/// A quotation from a source, with a link to its place there.
pub fn evidence(entry: &Value, visit: &Visit) -> Markup {
    let source = member(entry, "source");
    html! {
        figure.evidence {
            blockquote lang=(words::language_of(member(entry, "exact"))) {
                (isolated(member(entry, "prefix"))) mark { (isolated(member(entry, "exact"))) } (isolated(member(entry, "suffix")))
            }
            figcaption {
                a href=(format!("{}#{}", visit.link(&format!("sources/{source}")), anchor(entry))) {
                    (visit.say("In the source", "原文出处"))
                }
            }
        }
    }
}

/// Whose figure it is, as far as the record says: organization and area by name, scope as printed.
pub fn whose(observation: &Value, names: &Names, visit: &Visit) -> Markup {
    let [subject, code, scope] = ["subject", "division_code", "scope"].map(|name| member(observation, name));
    html! {
        @if !subject.is_empty() { (names.text(&organization::KIND, subject, visit)) }
        @if !code.is_empty() { @if !subject.is_empty() { " · " } (area(code, visit.language)) }
        @if !scope.is_empty() { @if !subject.is_empty() || !code.is_empty() { " · " } (isolated(scope)) }
    }
}

/// The same without markup, for small places: nobody need be told that a publisher's figure is its own, or of its own area.
pub fn whose_plainly(record: &Value, names: &Names, language: Language) -> String {
    let [subject, code, scope] = ["subject", "division_code", "scope"].map(|name| member(record, name));
    let publisher = member(record, "publisher");
    let named = |id: &str| names.get(&organization::KIND, id).map_or(id.to_owned(), |name| plain(name, language));
    let body = if subject.is_empty() { publisher } else { subject };
    let parts = [
        if body == publisher { String::new() } else { named(subject) },
        if code.is_empty() || names.is_of(body, code) { String::new() } else { spoken::area(code, language) },
        scope.to_owned(),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// Says that a list goes on where the page ends it; what is wanted of it is among the page's data.
pub fn cut(is_cut: bool, rows: usize, visit: &Visit) -> Markup {
    html! {
        @if is_cut { p.sub { (match visit.language {
            Language::English => format!("The first {rows}. The data below has all."),
            Language::Chinese => format!("仅列出前 {rows} 项，全部见下方数据。"),
        }) } }
    }
}

/// Asks for words to search for, at the revision of the page.
pub fn search(words: &str, visit: &Visit) -> Markup {
    let label = visit.say("Search", "搜索");
    html! {
        form.search action=(visit.file("search")) method="get" role="search" {
            label.visually-hidden for="q" { (label) }
            input #q type="search" name="q" value=(words) placeholder=(visit.say("A word, a figure, a place", "词语、数字、地名"));
            input type="hidden" name="lang" value=(visit.language.tag());
            @for (name, value) in visit.pinned() { input type="hidden" name=(name) value=(value); }
            button { (label) }
        }
    }
}

/// A division by its name, which is Chinese, or by its code where it has none.
pub fn area(code: &str, language: Language) -> Markup {
    html! {
        @match division::find(code) {
            Some(known) if language == Language::Chinese => { (known.name) }
            Some(known) => { span lang="zh-Hans" { (known.name) } " (" (code) ")" }
            None => { (code) }
        }
    }
}

/// Names the place of quoted words on their source's page: by their span, or else by the words.
pub fn anchor(entry: &Value) -> String {
    if let (Some(start), Some(end)) = (entry["start"].as_i64(), entry["end"].as_i64()) {
        return format!("at-{start}-{end}");
    }
    let words = ["prefix", "exact", "suffix"].map(|name| member(entry, name)).join("\n");
    format!("words-{}", hex::encode(&Sha256::digest(words)[..6]))
}

/// A drawing for narrow and for wide places. Its letters and colours stand in the pages' style sheet, which is the
/// only style that pages allow.
pub fn drawn(sizes: [Size; 2], draw: &dyn Fn(Size, &str) -> io::Result<String>) -> Result<Markup, Failure> {
    let [narrow, wide] = sizes;
    let unstyled = |drawn: io::Result<String>| {
        let text =
            drawn.map_err(|error| Failure { cause: Some(error.to_string()), ..Failure::plain(&INTERNAL_ERROR) })?;
        Ok::<_, Failure>(match (text.split_once("<style>"), text.split_once("</style>")) {
            (Some((before, _)), Some((_, after))) => PreEscaped(format!("{before}{after}")),
            _ => PreEscaped(text),
        })
    };
    let (narrow, wide) = (unstyled(draw(narrow, "oc-narrow"))?, unstyled(draw(wide, "oc-wide"))?);
    Ok(html! { div.draw.narrow { (narrow) } div.draw.wide { (wide) } })
}

/// Where the same thing is for programs.
pub fn downloads(links: &[(&str, String)], visit: &Visit) -> Markup {
    html! {
        section.downloads aria-label=(visit.say("For programs", "数据下载")) {
            h2 { (visit.say("Data", "数据")) }
            ul.inline { @for (name, link) in links { li { a href=(link) { (name) } } } }
        }
    }
}
