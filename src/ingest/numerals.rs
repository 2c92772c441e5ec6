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

/// The numeral that a folded text begins with.
pub fn numeral(text: &[char]) -> Option<Numeral> {
    if text.first()?.is_ascii_digit() { arabic(text) } else { chinese_numeral(text) }
}

fn arabic(text: &[char]) -> Option<Numeral> {
    let at = |index: usize| text.get(index).copied().unwrap_or(' ');
    let mut end = 0;
    let mut digits = String::new();
    while at(end).is_ascii_digit() {
        digits.push(at(end));
        end += 1;
    }
    // Thousands: at most three digits, then commas with exactly three each.
    let grouped =
        |end: usize| at(end) == ',' && (1..=3).all(|n| at(end + n).is_ascii_digit()) && !at(end + 4).is_ascii_digit();
    let leading = end;
    while leading <= 3 && grouped(end) {
        digits.extend((1..=3).map(|n| at(end + n)));
        end += 4;
    }
    let mut decimals = 0;
    if at(end) == '.' && at(end + 1).is_ascii_digit() {
        end += 1;
        while at(end).is_ascii_digit() {
            digits.push(at(end));
            decimals += 1;
            end += 1;
        }
    }
    if digits.len() > 18 || decimals > 12 {
        return None;
    }
    let mut value = digits.parse::<Exact>().ok()?.checked_mul(ONE)?;
    let mut more = false;
    let mut scale = 10i128.pow(decimals);
    // 3.2万, 1200多万, 2千, 1.5万亿
    loop {
        let skip = usize::from("余多几".contains(at(end)));
        match power(at(end + skip)) {
            Some(power) if power > 10 => {
                more |= skip == 1;
                value = value.checked_mul(power)?;
                end += skip + 1;
            }
            _ => break,
        }
    }
    while scale > 1 && value % 10 == 0 {
        value /= 10;
        scale /= 10;
    }
    // More than four decimals are no figure of a ledger; they are rounded, and kept as printed.
    value = (value * 2 / scale + 1) / 2;
    Some(Numeral { value, length: end, chinese: false, more })
}

fn chinese_numeral(text: &[char]) -> Option<Numeral> {
    let (mut total, mut section, mut last): (Exact, Exact, Option<Exact>) = (0, 0, None);
    let (mut end, mut more, mut digits, mut powers) = (0, false, 0, 0);
    let mut unit = ONE;
    while let Some(c) = text.get(end).copied() {
        if let Some(value) = digit(c) {
            // 二零二〇 is a year, 三四 is about; neither is a number here.
            if last.is_some_and(|last| last != 0) && powers == 0 {
                return None;
            }
            if last.is_some_and(|last| last != 0) {
                break;
            }
            last = Some(value);
            digits += 1;
        } else if let Some(power) = power(c) {
            powers += 1;
            if power >= 10_000 {
                section += last.take().unwrap_or(0);
                if section == 0 && total == 0 {
                    return None;
                }
                total = (total + section).checked_mul(power)?;
                section = 0;
            } else {
                section += last.take().unwrap_or(1) * power;
            }
            unit = power;
        } else if "余多".contains(c)
            && powers > 0
            && text.get(end + 1).is_some_and(|next| power(*next).is_some_and(|power| power >= 10_000))
        {
            more = true;
        } else {
            break;
        }
        end += 1;
    }
    // 三万五 is 35,000.
    let tail = match last {
        Some(value) if powers > 0 && unit >= 100 && text.get(end.wrapping_sub(2)) != Some(&'零') => {
            value * (unit / 10)
        }
        other => other.unwrap_or(0),
    };
    let value = total + section + tail;
    // A bare 百 or 千 is many, not a hundred.
    let bare = digits == 0 && text.first().is_some_and(|c| "百千万亿佰仟".contains(*c));
    if end == 0 || bare || (value == 0) {
        return None;
    }
    Some(Numeral { value: value.checked_mul(ONE)?, length: end, chinese: true, more })
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
