//! Numerals as announcements write them: Arabic, full-width and Chinese digits, 万 and 亿, decimals.

/// A number exactly: whole ten-thousandths.
pub type Exact = i128;

/// One, in ten-thousandths.
pub const ONE: Exact = 10_000;

/// A numeral that was read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Numeral {
    pub value: Exact,
    /// Characters it takes.
    pub length: usize,
    /// Whether it is written in Chinese digits.
    pub chinese: bool,
    /// Whether more is meant: 三千多, 100余.
    pub more: bool,
}

fn digit(c: char) -> Option<Exact> {
    Some(match c {
        '零' => 0,
        '一' | '壹' => 1,
        '二' | '两' | '贰' => 2,
        '三' | '叁' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        _ => return None,
    })
}

fn power(c: char) -> Option<Exact> {
    Some(match c {
        '十' | '拾' => 10,
        '百' | '佰' => 100,
        '千' | '仟' => 1000,
        '万' => 10_000,
        '亿' => 100_000_000,
        _ => return None,
    })
}

pub fn is_chinese(c: char) -> bool {
    digit(c).is_some() || power(c).is_some()
}

/// Characters of the longest numeral that is read.
const MAX_LENGTH: usize = 40;
/// One, as numerals are reckoned before they are rounded: 万 and 亿 multiply every decimal.
const FINE: Exact = 1_000_000_000_000;

/// Characters of the numeral that a folded text begins with, whether or not it can be read. Nothing is read from
/// within it: 3亿5000万 is not 5000万.
pub fn run(text: &[char]) -> usize {
    let at = |index: usize| text.get(index).copied().unwrap_or(' ');
    let mut end: usize = 0;
    loop {
        let before = end.checked_sub(1).map_or(' ', at);
        let length = match at(end) {
            '0'..='9' if end == 0 || before == '点' || power(before).is_some() => arabic(&text[end..]),
            '点' if end > 0 && (at(end + 1).is_ascii_digit() || digit(at(end + 1)).is_some()) => 1,
            '余' | '多' | '几' if end > 0 && "万亿".contains(at(end + 1)) => 2,
            // 2020十大 is two words.
            c if digit(c).is_some() || c == '十' => usize::from(!before.is_ascii_digit()),
            c => usize::from(power(c).is_some()),
        };
        if length == 0 {
            return end;
        }
        end += length;
    }
}

/// Characters of Arabic digits, with thousands and decimals.
fn arabic(text: &[char]) -> usize {
    let at = |index: usize| text.get(index).copied().unwrap_or(' ');
    let mut end = text.iter().take_while(|c| c.is_ascii_digit()).count();
    // Thousands: at most three digits, then commas with exactly three each.
    let grouped =
        |end: usize| at(end) == ',' && (1..=3).all(|n| at(end + n).is_ascii_digit()) && !at(end + 4).is_ascii_digit();
    let leading = end;
    while leading <= 3 && grouped(end) {
        end += 4;
    }
    if at(end) == '.' && at(end + 1).is_ascii_digit() {
        end += 1 + text[end + 1..].iter().take_while(|c| c.is_ascii_digit()).count();
    }
    end
}

/// The numeral that a folded text begins with, where it can be read surely: 三四十, 3万5 and 二零二零 cannot.
pub fn numeral(text: &[char]) -> Option<Numeral> {
    let length = run(text.get(..MAX_LENGTH + 1).unwrap_or(text));
    let printed = text.get(..length).filter(|printed| (1..=MAX_LENGTH).contains(&printed.len()))?;
    let words: String = printed.iter().filter(|c| !"余多几".contains(**c)).collect();
    let chinese = !printed[0].is_ascii_digit();
    let value = value(&words)?.checked_add(FINE / ONE / 2)? / (FINE / ONE);
    let more = words.chars().count() < length;
    // More than four decimals are no figure of a ledger; they are rounded, and kept as printed.
    (!chinese || value > 0).then_some(Numeral { value, length, chinese, more })
}

/// What a numeral comes to, by its highest power: 三千二百, 3亿5000万, 1.5万亿.
fn value(words: &str) -> Option<Exact> {
    let chinese = !words.starts_with(|c: char| c.is_ascii_digit());
    let Some((at, mark, power)) =
        "亿万千仟百佰十拾".chars().find_map(|mark| Some((words.find(mark)?, mark, power(mark)?)))
    else {
        return digits(words, chinese);
    };
    let (left, right) = (words.get(..at)?, words.get(at + mark.len_utf8()..)?);
    // A bare 百 or 千 is many, not a hundred.
    let high = if left.is_empty() && power == 10 { FINE } else { value(left)? };
    let low = below(right, left, power)?;
    // 三十百 is no number, 八点三十 a time, 1.5亿3000万 both numbers.
    let digit = power >= 10_000 || !chinese || high < 10 * FINE && high % FINE == 0;
    (digit && (low == 0 || high % FINE == 0)).then(|| high.checked_mul(power)?.checked_add(low)).flatten()
}

/// What follows a power: nothing, or less than it. 三万五 and 3万5 may be 35,000 or 30,005.
fn below(words: &str, before: &str, power: Exact) -> Option<Exact> {
    let rest = words.trim_start_matches('零');
    if words.is_empty() {
        return Some(0);
    }
    let gap = rest.len() < words.len();
    let plain = rest.chars().all(|c| c.is_ascii_digit());
    let unsure = if plain { rest.len() < 3 } else { rest.chars().count() == 1 && power > 10 && !gap };
    let mixed = before.is_ascii() && !before.is_empty() && !plain && !rest.starts_with(|c: char| c.is_ascii_digit());
    let low = value(rest)?;
    (!unsure && !mixed && low < power * FINE / if gap { 10 } else { 1 }).then_some(low)
}

/// Digits, with decimals or without: 1,234.5, 三, 九点八.
fn digits(words: &str, chinese: bool) -> Option<Exact> {
    if !chinese && !words.is_ascii() || chinese && words.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let plain: String = words
        .chars()
        .filter(|c| *c != ',')
        .map(|c| digit(c).and_then(|digit| char::from_digit(u32::try_from(digit).ok()?, 10)).unwrap_or(c))
        .collect();
    let (whole, part) = plain.split_once(['.', '点']).unwrap_or((&plain, ""));
    // 二零二零 is a year, 三四 is about.
    let fits = whole.len() + part.len() <= 18 && part.len() <= 12 && !(chinese && whole.len() > 1);
    fits.then(|| format!("{whole}{part:0<12}").parse().ok()).flatten().filter(|_| !plain.is_empty())
}

/// A small whole number in Chinese numerals, as lists are numbered.
pub fn chinese(number: u64) -> String {
    let digits: Vec<char> = "零一二三四五六七八九".chars().collect();
    let digit = |value: u64| usize::try_from(value).ok().and_then(|index| digits.get(index)).copied().unwrap_or('零');
    match number {
        0..=9 => digit(number).to_string(),
        10..=19 => {
            format!("十{}", if number.is_multiple_of(10) { String::new() } else { digit(number % 10).to_string() })
        }
        20..=99 => {
            let ones = if number.is_multiple_of(10) { String::new() } else { digit(number % 10).to_string() };
            format!("{}十{ones}", digit(number / 10))
        }
        _ => number.to_string(),
    }
}

/// An exact number as JSON writes it: at most four decimals, no exponent.
pub fn decimal(value: Exact) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let value = value.unsigned_abs();
    let text = format!("{sign}{}.{:04}", value / 10_000, value % 10_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Whether the ledger can hold a number: it has at most 15 significant digits.
pub fn fits(value: Exact) -> bool {
    let digits = decimal(value).replace(['-', '.'], "");
    digits.trim_start_matches('0').len() <= 15
}
