//! What a numeral comes to with what stands right beside it: 余, a range, a share of a hundred.

use super::numerals::{self, Exact, Numeral, ONE};
use super::scan::next;
use super::words::starts;

/// What a numeral comes to, before what qualifies it is read.
#[derive(Clone, Copy)]
pub struct Amount {
    pub value: Exact,
    pub upper: Option<Exact>,
    /// Characters so far.
    pub end: usize,
    /// Whether more is meant: 100余.
    pub more: bool,
}

/// 百分之八十, 三分之二, 千分之五: its length, and how much of a hundred it is, where that can be read surely.
pub fn of_hundred(rest: &[char]) -> Option<(usize, Option<Amount>)> {
    let bare = [("百", 100), ("千", 1000), ("万", 10_000)].into_iter().find(|(word, _)| starts(rest, word));
    let parts = numerals::numeral(rest).filter(|parts| parts.chinese).map(|parts| (parts.length, parts.value));
    let (length, parts) = parts.or(bare.map(|(_, parts)| (1, parts * ONE)))?;
    let over = rest.get(length..).filter(|after| starts(after, "分之"))?.get(2..)?;
    let run = Some(numerals::run(over)).filter(|run| *run > 0)?;
    let end = length + 2 + run;
    // 百分之三十至四十
    if "-至到".contains(next(rest, end)) {
        let upper = numerals::run(rest.get(end + 1..)?);
        if upper > 0 {
            return Some((end + 1 + upper, None));
        }
    }
    let whole = parts == 100 * ONE;
    let read = match over {
        ['百', ..] if whole && run == 1 => Some((parts, false)),
        _ => numerals::numeral(over)
            .filter(|over| over.length == run && (whole || over.chinese && over.value < parts))
            .map(|over| ((over.value * 100 * ONE * 2 / parts + 1) / 2, over.more)),
    };
    Some((end, read.map(|(value, more)| Amount { value, upper: None, end, more })))
}

/// A numeral with 余 or 多, or the range it begins.
pub fn amount(rest: &[char], numeral: &Numeral) -> Amount {
    let mut amount = Amount { value: numeral.value, upper: None, end: numeral.length, more: numeral.more };
    if "余多几".contains(next(rest, amount.end)) && (!numeral.chinese || numeral.value >= 10 * ONE) {
        amount.more = true;
        amount.end += 1;
    }
    if let Some((high, end)) = range(rest, amount.end) {
        let low = lift(amount.value, high, next(rest, end - 1), &rest[..amount.end]);
        if low < high.value {
            amount = Amount { value: low, upper: Some(high.value), end, ..amount };
        }
    }
    amount
}

/// The upper end of a range, and where it ends.
fn range(rest: &[char], end: usize) -> Option<(Numeral, usize)> {
    // 30%-40%
    let from = end + usize::from(next(rest, end) == '%');
    if !"-至到".contains(next(rest, from)) {
        return None;
    }
    let high = rest.get(from + 1..).and_then(numerals::numeral)?;
    Some((high, from + 1 + high.length))
}

/// 3至5万 is 30,000 to 50,000.
fn lift(low: Exact, high: Numeral, last: char, printed: &[char]) -> Exact {
    let plain = !printed.iter().any(|c| "万亿千百".contains(*c));
    // 3至5千: what ends the upper numeral holds for both.
    let factor = [('亿', 100_000_000), ('万', 10_000), ('千', 1000), ('百', 100)]
        .into_iter()
        .find(|(ends, _)| *ends == last)
        .map(|(_, factor)| factor);
    match factor {
        Some(factor) if plain && low * factor < high.value => low * factor,
        _ => low,
    }
}
