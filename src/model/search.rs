//! Full-text search that finds two-character Chinese words: runs of Han characters are indexed as
//! overlapping bigrams and matched as phrases, other words whole. Index and query fold alike (NFKC,
//! lower case); stored text is never folded.

use unicode_normalization::UnicodeNormalization;

/// Longest word PostgreSQL keeps in a tsvector is 2,046 bytes; longer words are cut to this many characters.
const MAX_WORD: usize = 200;
/// Positions a tsvector can hold.
const MAX_POSITION: usize = 16_383;
/// Positions PostgreSQL keeps of one lexeme.
const MAX_OCCURRENCES: usize = 255;
/// A tsvector holds less than 1 MiB of lexemes and positions; what goes beyond is not searched.
const MAX_SIZE: usize = 900_000;

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}' | '\u{3040}'..='\u{30ff}' | '〇')
}

enum Run {
    Han(Vec<char>),
    Word(String),
}

/// Splits folded text into runs; whatever is neither letter nor digit separates.
fn runs(text: &str) -> Vec<Run> {
    let mut runs = Vec::new();
    for c in text.nfkc().flat_map(char::to_lowercase) {
        let c_is_han = is_han(c);
        match runs.last_mut() {
            _ if !c.is_alphanumeric() => runs.push(Run::Word(String::new())),
            Some(Run::Han(run)) if c_is_han => run.push(c),
            Some(Run::Word(word)) if !c_is_han => word.push(c),
            _ if c_is_han => runs.push(Run::Han(vec![c])),
            _ => runs.push(Run::Word(c.to_string())),
        }
    }
    runs.retain(|run| !matches!(run, Run::Word(word) if word.is_empty()));
    runs
}

fn word(text: &str) -> String {
    text.chars().take(MAX_WORD).collect()
}

/// The texts as a `tsvector` literal: each lexeme quoted, with its positions.
pub fn document<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut lexemes: std::collections::BTreeMap<String, Vec<usize>> = Default::default();
    let mut position = 0;
    for text in texts {
        // A gap, so that no phrase runs from one text into the next.
        position += 2;
        for run in runs(text) {
            match run {
                Run::Word(text) => {
                    position += 1;
                    lexemes.entry(word(&text)).or_default().push(position);
                }
                Run::Han(run) => {
                    for i in 0..run.len() {
                        position += 1;
                        // The last character of a run stands alone, so that single characters are found too.
                        let lexeme: String = run[i..run.len().min(i + 2)].iter().collect();
                        lexemes.entry(lexeme).or_default().push(position);
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
        let positions: Vec<String> =
            positions.iter().filter(|p| **p <= MAX_POSITION).take(MAX_OCCURRENCES).map(ToString::to_string).collect();
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
    let terms: Vec<String> = runs(words)
        .into_iter()
        .map(|run| match run {
            Run::Word(text) => format!("{}:*", quote(&word(&text))),
            Run::Han(run) if run.len() == 1 => format!("{}:*", quote(&run[0].to_string())),
            Run::Han(run) => {
                let bigrams: Vec<String> = run.windows(2).map(|pair| quote(&pair.iter().collect::<String>())).collect();
                format!("({})", bigrams.join(" <-> "))
            }
        })
        .collect();
    (!terms.is_empty()).then(|| terms.join(" & "))
}

/// Lexemes hold only letters and digits, so quoting needs no escapes.
fn quote(lexeme: &str) -> String {
    format!("'{lexeme}'")
}
