//! Where in a record the words were found.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::fold::{Run, runs};
use super::texts::texts;

/// Characters of a text that are shown around what was found, and of them those before it.
const SHOWN: usize = 160;
const BEFORE: usize = 40;
/// Bytes of a text that are looked through.
const MAX_TEXT: usize = 100_000;
/// Texts of a record that are shown.
const MAX_HIGHLIGHTS: usize = 5;

/// A text in which words were found, or the piece of it around them.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Highlight {
    /// Where the text stands in the record, a JSON pointer (RFC 6901).
    pub pointer: String,
    /// Its language (BCP 47), where the record says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The piece, part by part; what was left out around it is an ellipsis.
    pub parts: Vec<Part>,
}

/// A part of a highlighted text.
#[derive(Serialize, Deserialize, ToSchema, Debug, PartialEq)]
pub struct Part {
    /// The words, as they stand in the record.
    pub text: String,
    /// Whether they are what was searched for.
    #[serde(rename = "match")]
    pub is_match: bool,
}

/// The texts of a record in which one of the words is found, titles first, at most five.
pub fn highlights(words: &str, record: &Value) -> Vec<Highlight> {
    let words = runs(words);
    let found = texts(record).into_iter().filter_map(|text| {
        let end = (0..=MAX_TEXT.min(text.text.len())).rev().find(|end| text.text.is_char_boundary(*end));
        let spans = spans(&words, text.text.get(..end?)?);
        let parts = (!spans.is_empty()).then(|| piece(text.text, &spans))?;
        Some(Highlight { pointer: text.pointer, language: text.language.map(str::to_owned), parts })
    });
    found.take(MAX_HIGHLIGHTS).collect()
}

/// The bytes of a text that match one of the words, in order and apart.
fn spans(words: &[Run], text: &str) -> Vec<(usize, usize)> {
    let text = runs(text);
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (index, word) in words.iter().enumerate().filter(|(_, word)| !word.is_glued()) {
        for (at, run) in text.iter().enumerate() {
            match (word, run) {
                (Run::Han { characters, .. }, Run::Han { characters: there, spans }) => {
                    for (start, window) in there.windows(characters.len()).enumerate() {
                        let ends = spans.get(start).zip(spans.get(start + characters.len() - 1));
                        if let (true, Some((first, last))) = (window == characters.as_slice(), ends) {
                            found.push((first.0, last.1));
                        }
                    }
                }
                (Run::Word { .. }, Run::Word { span, .. }) => {
                    // With what is glued to it on both sides.
                    let more = words.iter().skip(index + 1).take_while(|word| word.is_glued()).count();
                    let pairs = words.iter().skip(index).zip(text.iter().skip(at)).take(more + 1);
                    if pairs.clone().count() == more + 1
                        && pairs.clone().enumerate().all(|(place, pair)| begins(pair, place < more))
                        && let Some(Run::Word { span: last, .. }) = text.get(at + more)
                    {
                        found.push((span.0, last.1));
                    }
                }
                _ => {}
            }
        }
    }
    found.sort_unstable();
    let mut apart: Vec<(usize, usize)> = Vec::new();
    for (start, end) in found {
        match apart.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => apart.push((start, end)),
        }
    }
    apart
}

/// Whether a word of the text begins with a word searched for, or is it where more follows.
fn begins((word, there): (&Run, &Run), whole: bool) -> bool {
    match (word, there) {
        (Run::Word { text: word, .. }, Run::Word { text: there, .. }) => {
            if whole {
                there == word
            } else {
                there.starts_with(word.as_str())
            }
        }
        _ => false,
    }
}

/// The piece of a text around its first matches, in parts.
fn piece(text: &str, spans: &[(usize, usize)]) -> Vec<Part> {
    let first = spans.first().map_or(0, |(start, _)| *start);
    let before = text.get(..first).unwrap_or_default();
    let from = before.char_indices().rev().take(BEFORE).last().map_or(first, |(at, _)| at);
    let rest = text.get(from..).unwrap_or_default();
    let until = rest.char_indices().nth(SHOWN).map_or(text.len(), |(at, _)| from + at);
    let mut parts = Vec::new();
    let mut add = |text: &str, is_match| {
        if !text.is_empty() {
            parts.push(Part { text: text.to_owned(), is_match });
        }
    };
    add(if from > 0 { "…" } else { "" }, false);
    let mut at = from;
    for (start, end) in spans.iter().map(|(start, end)| (*start, (*end).min(until))).filter(|(start, end)| start < end)
    {
        add(text.get(at..start).unwrap_or_default(), false);
        add(text.get(start..end).unwrap_or_default(), true);
        at = end;
    }
    add(text.get(at..until).unwrap_or_default(), false);
    add(if until < text.len() { "…" } else { "" }, false);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(words: &str, text: &str) -> String {
        let record = serde_json::json!({"title": text});
        let parts = highlights(words, &record).into_iter().flat_map(|highlight| highlight.parts);
        parts.map(|part| if part.is_match { format!("[{}]", part.text) } else { part.text }).collect()
    }

    #[test]
    fn the_words_are_marked_as_they_stand() {
        for (words, text, expected) in [
            ("人民監督員", "加强人民监督员工作", "加强[人民监督员]工作"),
            ("监督", "人民監督員", "人民[監督]員"),
            ("1166", "办理１，１６６件", "办理[１，１６６]件"),
            ("98.5", "98.57% and 98 of 5", "[98.57]% and 98 of 5"),
            ("SMART prison", "Smart prisons, smarter", "[Smart] [prisons], [smarter]"),
            ("人民 民监", "人民监督", "[人民监]督"),
            ("狱", "监狱", "监[狱]"),
            ("none", "nothing here", ""),
        ] {
            assert_eq!(marked(words, text), expected, "{words} in {text}");
        }
        let long = format!("{}调解{}", "前".repeat(100), "后".repeat(300));
        let shown = marked("调解", &long);
        assert_eq!(shown, format!("…{}[调解]{}…", "前".repeat(40), "后".repeat(118)));
    }
}
