//! A page for a person to review an import: the announcement with what each stretch became, the records
//! beside it. One file, no server, nothing from elsewhere.

use serde_json::{Value, json};

use super::records::Import;
use crate::model::codes::{Comparator, Qualifier, Status, TimeBasis};
use crate::model::message::Language;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The page.
pub fn page(import: &Import, language: Language) -> Result<String, serde_json::Error> {
    let marks: Vec<Value> = import
        .marks
        .iter()
        .map(|mark| {
            let record = mark.record.as_ref().map(|(kind, id)| format!("{kind} {id}"));
            json!({"start": mark.span.start, "end": mark.span.end, "class": mark.class, "record": record})
        })
        .collect();
    let notes: Vec<Value> = import
        .notes
        .iter()
        .map(|note| {
            json!({"line": note.line, "start": note.span.start, "warns": note.warns,
                   "en": note.message.en, "zh-Hans": note.message.zh})
        })
        .collect();
    let data = json!({
        "language": language.tag(),
        "text": import.text.chars.iter().collect::<String>(),
        "marks": marks,
        "notes": notes,
        "publication": import.publication,
        "statuses": Status::CODES,
        "qualifiers": Qualifier::CODES,
        "comparators": Comparator::CODES,
        "time_bases": TimeBasis::CODES,
    });
    // In a script element nothing but these can end it or begin a comment.
    let data = serde_json::to_string(&data)?
        .replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029");
    // The announcement's own words come last, so that nothing in them is replaced.
    let page = PAGE.replacen("LANGUAGE", language.tag(), 1).replacen("STYLE", STYLE, 1).replacen("SCRIPT", SCRIPT, 1);
    Ok(page.replacen("\"DATA\"", &data, 1))
}
