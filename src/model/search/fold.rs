//! Folding: width, case, traditional and simplified characters, separators of thousands.

use std::collections::HashMap;
use std::sync::LazyLock;

use ferrous_opencc::OpenCC;
use ferrous_opencc::config::BuiltinConfig;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Version of what is indexed of a record: raised with every change to this folder that makes other
/// documents, so that records indexed before are indexed anew.
pub const FOLDING: i64 = 2;

pub fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}' | '\u{3040}'..='\u{30ff}' | '〇')
}

/// Traditional characters with their simplified ones, one for one: a phrase that a dictionary would
/// convert as a whole is not always whole in a query.
static SIMPLIFIED: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    let han = ('\u{3400}'..='\u{9fff}').map(String::from).collect::<Vec<_>>().join("\n");
    let Ok(converter) = OpenCC::from_config(BuiltinConfig::T2s) else { return HashMap::new() };
    let converted = converter.convert(&han);
    let pairs = han.chars().zip(converted.chars());
    pairs.filter(|(traditional, simplified)| traditional != simplified).collect()
});

/// The simplified form of a character; the character itself where it has no other.
pub fn simplified(c: char) -> char {
    // Nothing below is Han, and the table is only made where it is needed.
    if c < '\u{3400}' { c } else { SIMPLIFIED.get(&c).copied().unwrap_or(c) }
}

/// A folded character, and the bytes of the text that it stands for.
struct Folded {
    c: char,
    start: usize,
    end: usize,
}

/// Folds a text, each character with its marks by itself, so that what is folded leads back to what was.
fn folded(text: &str) -> Vec<Folded> {
    let mut folded = Vec::with_capacity(text.len());
    let mut characters = text.char_indices().peekable();
    while let Some((start, first)) = characters.next() {
        if first.is_ascii() && characters.peek().is_none_or(|(_, next)| next.is_ascii()) {
            folded.push(Folded { c: first.to_ascii_lowercase(), start, end: start + 1 });
            continue;
        }
        let mut end = start + first.len_utf8();
        while let Some((at, mark)) = characters.next_if(|(_, next)| is_combining_mark(*next)) {
            end = at + mark.len_utf8();
        }
        let unit = text.get(start..end).unwrap_or_default();
        let fold = unit.nfkc().flat_map(char::to_lowercase).map(simplified);
        folded.extend(fold.map(|c| Folded { c, start, end }));
    }
    folded
}

/// A part of a text that is matched as a whole.
pub enum Run {
    /// Han characters in a row, each with the bytes it stands for.
    Han { characters: Vec<char>, spans: Vec<(usize, usize)> },
    /// Other letters and digits in a row. Glued: after the decimal point of the one before.
    Word { text: String, span: (usize, usize), glued: bool },
}

impl Run {
    pub fn is_glued(&self) -> bool {
        matches!(self, Run::Word { glued: true, .. })
    }

    pub fn is_bigrams(&self) -> bool {
        matches!(self, Run::Han { characters, .. } if characters.len() > 1)
    }
}

/// Splits a text into runs; whatever is neither letter nor digit separates, but for the comma that
/// parts thousands.
pub fn runs(text: &str) -> Vec<Run> {
    let folded = folded(text);
    let c = |index: usize| folded.get(index).map(|folded| folded.c);
    let digit = |index: usize| c(index).is_some_and(|c| c.is_ascii_digit());
    let mut runs: Vec<Run> = Vec::new();
    let mut open = false;
    for (index, Folded { c, start, end }) in folded.iter().enumerate() {
        let after_digit = index.checked_sub(1).is_some_and(digit);
        if !c.is_alphanumeric() {
            let parts_thousands =
                *c == ',' && after_digit && (1..=3).all(|next| digit(index + next)) && !digit(index + 4);
            open = open && parts_thousands;
            continue;
        }
        match runs.last_mut() {
            Some(Run::Han { characters, spans }) if open && is_han(*c) => {
                characters.push(*c);
                spans.push((*start, *end));
            }
            Some(Run::Word { text, span, .. }) if open && !is_han(*c) => {
                text.push(*c);
                span.1 = *end;
            }
            _ if is_han(*c) => runs.push(Run::Han { characters: vec![*c], spans: vec![(*start, *end)] }),
            _ => {
                let after_point = index.checked_sub(1).and_then(|at| folded.get(at)).is_some_and(|at| at.c == '.');
                let glued = after_point && digit(index) && index.checked_sub(2).is_some_and(digit);
                runs.push(Run::Word { text: c.to_string(), span: (*start, *end), glued });
            }
        }
        open = true;
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let show = |run: Run| match run {
            Run::Han { characters, .. } => characters.into_iter().collect(),
            Run::Word { text, glued, .. } => {
                if glued {
                    format!(".{text}")
                } else {
                    text
                }
            }
        };
        runs(text).into_iter().map(show).collect()
    }

    #[test]
    fn width_case_script_and_separators_of_thousands_do_not_matter() {
        for (text, expected) in [
            ("人民監督員", vec!["人民监督员"]),
            ("１，１６６件", vec!["1166", "件"]),
            ("1,166,000 and 1,2", vec!["1166000", "and", "1", "2"]),
            ("2019,2020", vec!["2019", "2020"]),
            ("98.5%", vec!["98", ".5"]),
            ("ＣＡＦÉ cafe\u{301}", vec!["café", "café"]),
            ("司法厅-Office", vec!["司法厅", "office"]),
            ("", vec![]),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }
}
