//! The words of the genre: official wordings of a status, labels, column titles, measure words, and
//! names that only look like numbers.

mod columns;
mod lexicon;
mod measures;
mod names;
mod statuses;

pub use columns::{Column, column, label_at};
pub use lexicon::Lexicon;
pub use measures::{counts_small, measure_at, measures_at, merges};
pub use names::{NAMES, RHETORIC};
pub use statuses::{part_done, status_at, status_in};

/// A character as it is compared: full-width forms as their ASCII ones, one for one.
pub fn fold(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3000}' | '\u{a0}' | '\t' => ' ',
        '〔' | '【' => '[',
        '〕' | '】' => ']',
        '—' | '–' | '~' | '〜' | '\u{2212}' => '-',
        '﹒' => '.',
        '〇' | '○' => '零',
        '「' | '『' => '“',
        '」' | '』' => '”',
        _ => c,
    }
}

pub fn folded(text: &str) -> String {
    text.chars().map(fold).collect()
}

pub fn starts(text: &[char], word: &str) -> bool {
    let mut rest = text.iter();
    word.chars().all(|c| rest.next() == Some(&c))
}

/// Whether a text begins with one of these words.
pub fn starts_any(text: &[char], words: &[&str]) -> bool {
    words.iter().any(|word| starts(text, word))
}

pub fn ends(text: &[char], word: &str) -> bool {
    text.len().checked_sub(word.chars().count()).is_some_and(|at| starts(&text[at..], word))
}

/// Words without the 了, 约 or 近 that may stand between them and a figure.
pub fn before_degree(text: &[char]) -> &[char] {
    match text {
        [before @ .., '了' | '约' | '近'] => before,
        _ => text,
    }
}

/// Where a word first stands.
pub fn find(text: &[char], word: &str) -> Option<usize> {
    (0..text.len()).find(|at| starts(&text[*at..], word))
}

/// Where a word last stands.
pub fn last(text: &[char], word: &str) -> Option<usize> {
    (0..text.len()).rev().find(|at| starts(&text[*at..], word))
}

pub fn contains(text: &[char], word: &str) -> bool {
    find(text, word).is_some()
}
