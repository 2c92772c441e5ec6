//! BibTeX: an entry `@dataset`, as biblatex and the GB/T 7714 styles have it; others take it for `@misc`.

use std::fmt::Write;

use chrono::Datelike;

use super::{Cited, PLATFORM};
use crate::model::message::Language;

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

pub fn cite(cited: &Cited, language: Language) -> String {
    let Cited { revision, published_on, accessed_on, .. } = cited;
    let month = published_on.month0().try_into().ok().and_then(|month: usize| MONTHS.get(month)).copied();
    let tag = match cited.language(language) {
        Language::Chinese => "chinese",
        Language::English => "english",
    };
    // Braces within keep names whole and capitals as they are.
    let fields = [
        ("author", format!("{{{{{}}}}}", escape(&cited.author(language)))),
        ("title", format!("{{{{{}}}}}", escape(&cited.full_title(language)))),
        ("version", format!("{{{revision}}}")),
        ("publisher", format!("{{{PLATFORM}}}")),
        ("year", format!("{{{}}}", published_on.year())),
        ("month", month.unwrap_or("jan").to_owned()),
        ("url", format!("{{{}}}", address(&cited.address()))),
        ("urldate", format!("{{{accessed_on}}}")),
        ("langid", format!("{{{tag}}}")),
    ];
    let mut entry = format!("@dataset{{{}", cited.key());
    for (name, value) in fields {
        // Writing to a String does not fail.
        let _ = write!(entry, ",\n  {name} = {value}");
    }
    entry.push_str("\n}\n");
    entry
}

/// Text in which TeX sees nothing but text. BibTeX counts braces that a backslash stands before as well, so
/// that these are named.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => escaped.push_str("\\textbackslash{}"),
            '{' => escaped.push_str("\\textbraceleft{}"),
            '}' => escaped.push_str("\\textbraceright{}"),
            '^' => escaped.push_str("\\textasciicircum{}"),
            '~' => escaped.push_str("\\textasciitilde{}"),
            '<' => escaped.push_str("\\textless{}"),
            '>' => escaped.push_str("\\textgreater{}"),
            '|' => escaped.push_str("\\textbar{}"),
            '"' => escaped.push_str("\\textquotedbl{}"),
            '$' | '&' | '#' | '_' | '%' => {
                escaped.push('\\');
                escaped.push(c);
            }
            _ => escaped.push(c),
        }
    }
    escaped
}

/// An address is taken as it stands; what would end the field is percent-encoded.
fn address(address: &str) -> String {
    address.replace('{', "%7B").replace('}', "%7D").replace('\\', "%5C").replace(' ', "%20")
}
