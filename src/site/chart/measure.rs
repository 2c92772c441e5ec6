//! How wide texts are, estimated: there are no fonts here.

use std::borrow::Cow;

/// How much wider bold letters are, in the widest of the usual fonts.
pub const BOLD: f64 = 1.15;

/// Estimated width of a text: Chinese is a square, Latin by a small table; rather too wide than too narrow.
pub fn width(text: &str, size: f64) -> f64 {
    text.chars().map(|c| advance(c) * size).sum()
}

fn advance(c: char) -> f64 {
    match c {
        // Written as U+FFFD.
        '\0'..='\u{1f}' => 1.0,
        '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' => 0.0,
        ' ' | '.' | ',' | ':' | ';' | '\'' | '|' | 'i' | 'j' | 'l' | 'I' | '·' | '!' => 0.3,
        'f' | 'r' | 't' | '(' | ')' | '-' | '/' => 0.4,
        'm' | 'w' | 'M' | 'W' | '%' | '…' | '—' => 0.95,
        // As in DejaVu, wider than most.
        '0'..='9' | 'a' | 'b' | 'd' | 'e' | 'g' | 'h' | 'n' | 'o' | 'p' | 'q' | 'u' => 0.64,
        'a'..='z' | '−' | '+' | '–' => 0.6,
        'A'..='Z' => 0.72,
        '\u{0}'..='\u{2e7f}' => 0.7,
        _ => 1.0,
    }
}

/// The text, cut with an ellipsis where it is wider.
pub fn fitted(text: &str, size: f64, most: f64) -> Cow<'_, str> {
    if width(text, size) <= most {
        return text.into();
    }
    let mut room = most - width("…", size);
    let kept: String = text
        .chars()
        .take_while(|c| {
            room -= advance(*c) * size;
            room >= 0.0
        })
        .collect();
    format!("{}…", kept.trim_end()).into()
}

/// The text on at most `lines` lines, broken between words or Chinese characters; the last one is cut.
pub fn wrapped(text: &str, size: f64, most: f64, lines: usize) -> Vec<String> {
    let mut rest = text.trim();
    let mut found = Vec::new();
    while !rest.is_empty() && found.len() + 1 < lines && width(rest, size) > most {
        let mut room = most;
        let (mut end, mut best) = (rest.len(), 0);
        let mut before = ' ';
        for (index, c) in rest.char_indices() {
            let breaks = c == ' ' || before == ' ' || (c > '\u{2e7f}' && !"，。、；：！？）》”’」』".contains(c));
            if index > 0 && breaks {
                best = index;
            }
            room -= advance(c) * size;
            if room < 0.0 {
                end = index;
                break;
            }
            before = c;
        }
        let end = if best > 0 { best } else { end };
        let (line, after) = rest.split_at_checked(end.max(1)).unwrap_or((rest, ""));
        if line.is_empty() || after.len() == rest.len() {
            break;
        }
        found.push(line.trim_end().to_owned());
        rest = after.trim_start();
    }
    if !rest.is_empty() {
        found.push(fitted(rest, size, most).into_owned());
    }
    found
}
