//! What is no figure whatever stands in it: titles, addresses, numbers of documents, names, enumerators.

use super::numerals::{self, ONE};
use super::scan::{measure, next};
use super::text::Span;
use super::words::{self, NAMES, starts};

/// Characters of the longest quotation that is taken for a name.
const MAX_NAME: usize = 14;

/// Which characters of a stretch can be no part of a figure. `numbers` are those of the form, in order.
pub fn mask(words: &[char], region: Span, numbers: &[Span]) -> Vec<bool> {
    let mut masked = vec![false; words.len()];
    let first = numbers.partition_point(|span| span.start < region.start);
    for span in numbers[first.saturating_sub(1)..].iter().take_while(|span| span.start < region.end) {
        hide(&mut masked, span.start.saturating_sub(region.start), span.end.saturating_sub(region.start));
    }
    let mut at = 0;
    while at < words.len() {
        let (hidden, length) = hidden(words, at);
        if hidden {
            hide(&mut masked, at, at + length);
        }
        at += length.max(1);
    }
    masked
}

fn hide(masked: &mut [bool], from: usize, to: usize) {
    let end = masked.len();
    if from < to {
        masked[from.min(end)..to.min(end)].fill(true);
    }
}

/// Whether what stands at a place is no figure, and how far to go on.
fn hidden(words: &[char], at: usize) -> (bool, usize) {
    let rest = &words[at..];
    match words[at] {
        '《' => (true, rest.iter().take(100).position(|c| *c == '》').unwrap_or(0) + 1),
        '“' => quotation(rest, '”'),
        '"' => quotation(rest, '"'),
        '[' => document_number(rest),
        '第' => ordinal(rest),
        c => {
            let begins = at == 0 || !words[at - 1].is_ascii_alphanumeric();
            let length = rest.iter().take_while(|c| c.is_ascii_graphic()).count();
            // Addresses, of pages and of mail.
            if c.is_ascii_alphanumeric()
                && begins
                && (starts(rest, "http") || starts(rest, "www.") || rest[..length].contains(&'@'))
            {
                return (true, length);
            }
            match name(words, at) {
                Some(length) => (true, length),
                None => (false, 1),
            }
        }
    }
}

/// Short quotations are names, not statements.
fn quotation(rest: &[char], close: char) -> (bool, usize) {
    match rest.iter().skip(1).take(60).position(|c| *c == close) {
        Some(length) if length <= MAX_NAME && !counts(&rest[1..=length]) => (true, length + 2),
        // A closing mark that is the same is not to open anything.
        Some(length) if close == '"' => (false, length + 2),
        _ => (false, 1),
    }
}

/// Whether a quotation counts something: a name seldom has a number and a measure word.
fn counts(quoted: &[char]) -> bool {
    quoted.len() > 4
        && (1..quoted.len()).any(|at| {
            quoted[at - 1].is_ascii_digit()
                && !quoted[at].is_ascii_digit()
                && ("%万亿千".contains(quoted[at]) || measure(&quoted[at..], false, ONE).is_some())
        })
}

/// 〔2020〕12号
fn document_number(rest: &[char]) -> (bool, usize) {
    let Some(close) = rest.iter().take(8).position(|c| *c == ']') else { return (false, 1) };
    let number = rest.iter().skip(close + 1).take_while(|c| c.is_ascii_digit()).count();
    if next(rest, close + 1 + number) == '号' { (true, close + number + 2) } else { (false, 1) }
}

/// 第三届, 第12条
fn ordinal(rest: &[char]) -> (bool, usize) {
    let length = rest.iter().skip(1).take_while(|c| c.is_ascii_digit() || numerals::is_chinese(**c)).count();
    if length == 0 {
        return (false, 1);
    }
    let measure = rest.get(1 + length..).and_then(words::measure_at).map_or(0, |(_, length)| length);
    (true, 1 + length + measure)
}

/// Length of the name with numerals that stands at a place.
fn name(words: &[char], at: usize) -> Option<usize> {
    const LONGEST: usize = 10;
    let lower: Vec<char> = words[at..].iter().take(LONGEST).map(char::to_ascii_lowercase).collect();
    NAMES.all_at(&lower).map(|(_, length)| length).find(|length| is_name(words, at, *length))
}

/// A name made of digits is one only where no digit stands beside it and no measure word follows: 110件 are cases.
fn is_name(words: &[char], at: usize, length: usize) -> bool {
    let name = &words[at..at + length];
    let before = at.checked_sub(1).map_or(' ', |at| words[at]);
    let after = &words[at + length..];
    if !name[0].is_ascii_digit() {
        // 二十一起 and 十一个 are counts.
        let counted =
            name.iter().all(|c| numerals::is_chinese(*c)) && "个件名人家项所户处次场".contains(next(after, 0));
        // 三公里 is a length: the measure word is longer than the name leaves it.
        let longer = measure(&words[at + 1..], true, 2 * ONE).is_some_and(|(_, length)| length >= name.len());
        let inside = numerals::is_chinese(before) && !"放双".contains(name[0]);
        let latin = name[0].is_ascii_alphabetic() && before.is_ascii_alphabetic();
        return !(counted || longer || inside || latin);
    }
    let digits = name.iter().all(char::is_ascii_digit);
    let goes_on = |c: char| c.is_ascii_digit() || "%.,万亿千百余多-至".contains(c);
    let beside = before.is_ascii_digit() || before == '.' || digits && goes_on(next(after, 0));
    let counted = digits && length < 5 && words::measure_at(after).is_some();
    !(beside || counted)
}
