//! Full-text search that finds two-character Chinese words: runs of Han characters are indexed as
//! overlapping bigrams and matched as phrases, other words whole. Index, query and highlights fold
//! alike (`fold`); stored text is never folded.

mod fold;
mod marks;
mod texts;

use std::collections::BTreeMap;

use serde_json::Value;

pub use fold::{FOLDING, is_han, simplified};
pub use marks::{Highlight, Part, highlights};
pub use texts::{Text, Weight, texts};

use fold::{Run, runs};

/// Longest word PostgreSQL keeps in a tsvector is 2,046 bytes; longer words are cut to this many characters.
const MAX_WORD: usize = 200;
/// Positions a tsvector can hold.
const MAX_POSITION: usize = 16_383;
/// Positions PostgreSQL keeps of one lexeme.
const MAX_OCCURRENCES: usize = 255;
/// A tsvector holds less than 1 MiB of lexemes and positions; what goes beyond is not searched.
const MAX_SIZE: usize = 900_000;

fn word(text: &str) -> String {
    text.chars().take(MAX_WORD).collect()
}

/// The searched texts of a record as a `tsvector` literal: each lexeme quoted, with its positions
/// and the weights of what they stand in.
pub fn document(record: &Value) -> String {
    let mut lexemes: BTreeMap<String, Vec<(usize, Weight)>> = BTreeMap::new();
    let mut position = 0;
    for text in texts(record) {
        let mut add = |lexeme: String, position| lexemes.entry(lexeme).or_default().push((position, text.weight));
        // A gap, so that no phrase runs from one text into the next.
        position += 2;
        for run in runs(text.text) {
            match run {
                Run::Word { text, .. } => {
                    position += 1;
                    add(word(&text), position);
                }
                Run::Han { characters, .. } => {
                    for (index, first) in characters.iter().enumerate() {
                        position += 1;
                        // The last character of a run stands alone, so that single characters are found too.
                        let lexeme = std::iter::once(first).chain(characters.get(index + 1)).collect();
                        add(lexeme, position);
                    }
                }
            }
        }
    }
    let mut literal = String::new();
    let mut size = 0;
    for (lexeme, positions) in lexemes {
        size += lexeme.len() + 4 + 2 * positions.len().min(MAX_OCCURRENCES);
        if size > MAX_SIZE {
            break;
        }
        let positions: Vec<String> = positions
            .iter()
            .filter(|(position, _)| *position <= MAX_POSITION)
            .take(MAX_OCCURRENCES)
            .map(|(position, weight)| format!("{position}{}", weight.letter()))
            .collect();
        literal.push_str(&quote(&lexeme));
        if !positions.is_empty() {
            literal.push(':');
            literal.push_str(&positions.join(","));
        }
        literal.push(' ');
    }
    literal
}

/// The words searched for as a `tsquery` literal: all of them, Han runs as phrases, the last part
/// of each as a prefix. `None` if there is nothing to search for.
pub fn query(words: &str) -> Option<String> {
    weighted_query(words, None)
}

/// The same, where all of the words stand in texts of this weight.
pub fn weighted_query(words: &str, weight: Option<Weight>) -> Option<String> {
    let runs = runs(words);
    let mut query = String::new();
    for (index, run) in runs.iter().enumerate() {
        if index > 0 {
            // 98.5 is one after the other, not both anywhere.
            query.push_str(if run.is_glued() { " <-> " } else { " & " });
        }
        let goes_on = runs.get(index + 1).is_some_and(Run::is_glued);
        query.push_str(&term(run, weight, !goes_on));
    }
    (!query.is_empty()).then_some(query)
}

/// The words as one phrase, in texts of this weight.
pub fn phrase(words: &str, weight: Weight) -> Option<String> {
    let mut phrase = String::new();
    for run in runs(words) {
        if !phrase.is_empty() {
            phrase.push(' ');
        }
        phrase.push_str(&term(&run, Some(weight), true));
        // A run of Han characters has one position more than it has bigrams.
        phrase.push_str(if run.is_bigrams() { " <2>" } else { " <->" });
    }
    let end = phrase.rfind(" <")?;
    phrase.truncate(end);
    Some(phrase)
}

fn term(run: &Run, weight: Option<Weight>, prefix: bool) -> String {
    // D is what has no letter in a document.
    let weight = weight.map_or("", |weight| if weight == Weight::Text { "D" } else { weight.letter() });
    let marked = |lexeme: &str, prefix: bool| match (prefix, weight) {
        (false, "") => quote(lexeme),
        (prefix, weight) => format!("{}:{}{weight}", quote(lexeme), if prefix { "*" } else { "" }),
    };
    match run {
        Run::Word { text, .. } => marked(&word(text), prefix),
        Run::Han { characters, .. } if characters.len() == 1 => marked(&characters.iter().collect::<String>(), true),
        Run::Han { characters, .. } => {
            let bigrams = characters.windows(2).map(|pair| marked(&pair.iter().collect::<String>(), false));
            bigrams.collect::<Vec<_>>().join(" <-> ")
        }
    }
}

/// Lexemes hold only letters and digits, so quoting needs no escapes.
fn quote(lexeme: &str) -> String {
    format!("'{lexeme}'")
}
