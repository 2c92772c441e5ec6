//! Parts that pages share.

use std::io;

use maud::{Markup, PreEscaped, html};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::chart::{self, Size};
use super::visit::Visit;
use super::words;
use crate::api::problem::{Failure, INTERNAL_ERROR};
use crate::model::division;
use crate::model::message::Language;

/// Human text with its language, where that is not the page's.
pub fn human(value: &Value, language: Language) -> Markup {
    html! {
        @if let Some((tag, text)) = words::text(value, language) {
            @if tag == language.tag() { (text) } @else { span lang=(tag) { (text) } }
        }
    }
}

/// Human text as paragraphs.
pub fn paragraphs(value: &Value, language: Language) -> Markup {
    html! {
        @if let Some((tag, text)) = words::text(value, language) {
            @for line in text.lines().filter(|line| !line.trim().is_empty()) { p lang=(tag) { (line) } }
        }
    }
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
    let status = serde_json::from_value(observation["obs_status"].clone()).ok();
    if chart::words::is_missing(status) {
        return html! { span.value { (chart::words::no_figure(language)) } };
    }
    html! {
        @if !qualifier.is_empty() { span.qualifier { (qualifier) } " " }
        span.value { (words::number(&observation["value"])) }
        @if member(&metric["unit"], "code") == "percent" { "%" } @else { " " span.unit { (unit(metric, language)) } }
    }
}

/// Of each metric the figure of the newest period, of the whole rather than of a part, and how many others there are.
pub fn newest_of_each<'a>(newest_first: impl Iterator<Item = &'a Value>) -> Vec<(&'a Value, usize)> {
    let is_part = |one: &Value| {
        let of_other = one["subject"].is_string() && one["subject"] != one["publisher"];
        (one["period_end"].clone(), of_other, one["scope"].is_string())
    };
    let mut found: Vec<(&'a Value, usize)> = Vec::new();
    for observation in newest_first.filter(|one| member(one, "role") != "baseline") {
        let Some((best, more)) = found.iter_mut().find(|(known, _)| known["metric"] == observation["metric"]) else {
            found.push((observation, 0));
            continue;
        };
        *more += 1;
        let (known, other) = (is_part(best), is_part(observation));
        if known.0 == other.0 && (other.1, other.2) < (known.1, known.2) {
            *best = observation;
        }
    }
    found
}

/// The unit of a metric, as people say it.
pub fn unit(metric: &Value, language: Language) -> Markup {
    let unit = &metric["unit"];
    html! { @if unit["label"].is_object() { (human(&unit["label"], language)) } @else { (member(unit, "code")) } }
}

/// The share of each status as a strip with a legend; the strip alone is for the eye.
pub fn strip(statuses: &Value, visit: &Visit) -> Markup {
    strip_with_links(statuses, &|_| None, visit)
}

/// The same, where `led` is where a status leads, and whether that is what is shown.
pub fn strip_with_links(statuses: &Value, led: &dyn Fn(&str) -> Option<(String, bool)>, visit: &Visit) -> Markup {
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
    let counts: Vec<(&str, i64)> =
        ORDER.iter().filter_map(|code| Some((*code, statuses[*code].as_i64().filter(|count| *count > 0)?))).collect();
    let total: i64 = counts.iter().map(|(_, count)| count).sum();
    html! {
        @if total > 0 {
            svg.strip viewBox="0 0 1000 24" preserveAspectRatio="none" aria-hidden="true" {
                @for (index, (code, count)) in counts.iter().enumerate() {
                    @let before: i64 = counts.iter().take(index).map(|(_, count)| count).sum();
                    rect class=(code) x=(before * 1000 / total) y="0" width=((before + count) * 1000 / total - before * 1000 / total) height="24" {}
                }
            }
            ul.legend {
                @for (code, count) in &counts {
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
}

/// A quotation from a source, with a link to its place there.
pub fn evidence(entry: &Value, visit: &Visit) -> Markup {
    let source = member(entry, "source");
    html! {
        figure.evidence {
            blockquote lang="zh-Hans" {
                (member(entry, "prefix")) mark { (member(entry, "exact")) } (member(entry, "suffix"))
            }
            figcaption {
                a href=(format!("{}#{}", visit.link(&format!("sources/{source}")), anchor(entry))) {
                    (visit.say("In the source", "原文出处"))
                }
            }
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
