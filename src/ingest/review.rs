//! A page for a person to review an import: the announcement with what each stretch became, the records
//! beside it. One file, no server, nothing from elsewhere.

use serde_json::{Value, json};

use super::records::Import;
use crate::model::message::Language;

const TEMPLATE: &str = include_str!("review.html");

/// The page.
pub fn page(import: &Import, language: Language) -> Result<String, serde_json::Error> {
    let marks: Vec<Value> = import
        .marks
        .iter()
        .map(|mark| {
            json!([
                mark.span.start,
                mark.span.end,
                mark.class,
                mark.record.as_ref().map(|(kind, id)| [*kind, id.as_str()])
            ])
        })
        .collect();
    let notes: Vec<Value> = import
        .notes
        .iter()
        .map(|note| {
            json!({"line": note.line, "start": note.span.start, "end": note.span.end, "warns": note.warns,
                   "en": note.message.en, "zh-Hans": note.message.zh})
        })
        .collect();
    let data = json!({
        "language": language.tag(),
        "text": import.text.chars.iter().collect::<String>(),
        "marks": marks,
        "notes": notes,
        "publication": import.publication,
        "statuses": crate::model::codes::Status::CODES,
        "qualifiers": crate::model::codes::Qualifier::CODES,
        "time_bases": crate::model::codes::TimeBasis::CODES,
    });
    // In a script element nothing but these can end it or begin a comment.
    let data = serde_json::to_string(&data)?
        .replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029");
    Ok(TEMPLATE.replacen("\"DATA\"", &data, 1))
}
