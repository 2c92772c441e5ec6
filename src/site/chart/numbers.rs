//! Exact numbers, and how people read them: 万 and 亿 in Chinese, thousands in English.

use super::Unit;
use crate::model::message::Language;
use crate::model::text::Decimal;

/// A number in ten-thousandths, exact for every number that the ledger keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Fixed(pub i128);

/// Decimals of a [`Fixed`].
const SCALE: u32 = 4;
pub const ONE: i128 = 10_000;
const WAN: i128 = 10_000 * ONE;
const MILLION: i128 = 1_000_000 * ONE;
const YI: i128 = 100_000_000 * ONE;
const BILLION: i128 = 1_000_000_000 * ONE;

impl Fixed {
    /// None for what is not a number of the ledger.
    pub fn of(decimal: &Decimal) -> Option<Fixed> {
        let text = decimal.0.to_string();
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let fraction = fraction.trim_end_matches('0');
        let missing = SCALE.checked_sub(fraction.len().try_into().ok()?)?;
        format!("{whole}{fraction}").parse::<i128>().ok()?.checked_mul(10i128.pow(missing)).map(Fixed)
    }

    /// As a number of the ledger; none where it has more digits than such a number.
    pub fn decimal(self) -> Option<Decimal> {
        let number: serde_json::Number = plain(self.0, SCALE).parse().ok()?;
        let decimal = Decimal(number);
        (Fixed::of(&decimal) == Some(self)).then_some(decimal)
    }

    /// For places on paper alone.
    pub fn approximate(self) -> f64 {
        self.0 as f64 / ONE as f64
    }
}

/// n / d, rounded half to even.
pub fn divided(n: i128, d: i128) -> Option<i128> {
    let (n, d) = if d < 0 { (n.checked_neg()?, d.checked_neg()?) } else { (n, d) };
    let (whole, rest) = (n.checked_div_euclid(d)?, n.checked_rem_euclid(d)?);
    let up = match rest.checked_mul(2)?.cmp(&d) {
        std::cmp::Ordering::Less => 0,
        std::cmp::Ordering::Equal => whole.rem_euclid(2),
        std::cmp::Ordering::Greater => 1,
    };
    Some(whole + up)
}

/// part / whole in percent, to one decimal, half to even. None of nothing.
pub fn percent(part: Fixed, whole: Fixed) -> Option<Fixed> {
    let tenths = divided(part.0.checked_mul(1000)?, whole.0)?;
    Some(Fixed(tenths * (ONE / 10)))
}

/// `number` with its last `scale` digits as decimals, zeros at the end left out.
fn plain(number: i128, scale: u32) -> String {
    let power = 10u128.pow(scale);
    let (whole, fraction) = (number.unsigned_abs() / power, number.unsigned_abs() % power);
    let sign = if number < 0 { "-" } else { "" };
    if fraction == 0 {
        return format!("{sign}{whole}");
    }
    let fraction = format!("{fraction:0width$}", width = scale as usize);
    format!("{sign}{whole}.{}", fraction.trim_end_matches('0'))
}

/// With commas between thousands, from `digits` digits on, and a real minus sign.
fn grouped(text: &str, digits: usize) -> String {
    let (sign, text) = text.strip_prefix('-').map_or(("", text), |rest| ("−", rest));
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut written = sign.to_owned();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && whole.len() >= digits && (whole.len() - index).is_multiple_of(3) {
            written.push(',');
        }
        written.push(digit);
    }
    if let Some(fraction) = fraction {
        written.push('.');
        written.push_str(fraction);
    }
    written
}

/// All digits. Chinese groups numbers of five digits and more (GB/T 15835-2011, 5.1.3).
pub fn exact(value: Fixed, language: Language) -> String {
    grouped(&plain(value.0, SCALE), if language == Language::Chinese { 5 } else { 4 })
}

/// For labels in a chart: in 万 or millions where two decimals say it exactly; in 亿 or billions rounded to two.
pub fn short(value: Fixed, language: Language) -> String {
    let size = value.0.abs();
    let (exactly, exact_suffix, rounded, rounded_suffix) = match language {
        Language::Chinese => (WAN, "万", YI, "亿"),
        Language::English => (MILLION, "M", BILLION, "bn"),
    };
    let hundredths = |unit: i128| grouped(&plain(divided(value.0, unit / 100).unwrap_or_default(), 2), 5);
    if size >= rounded {
        format!("{}{rounded_suffix}", hundredths(rounded))
    } else if size >= exactly && size % (exactly / 100) == 0 {
        format!("{}{exact_suffix}", hundredths(exactly))
    } else {
        exact(value, language)
    }
}

/// For an axis that reaches to `largest`: all of its numbers in one unit.
pub fn tick(value: Fixed, largest: Fixed, language: Language) -> String {
    let size = largest.0.abs();
    let (scale, suffix) = match language {
        Language::Chinese if size >= YI => (SCALE + 8, "亿"),
        Language::Chinese if size >= WAN => (SCALE + 4, "万"),
        Language::English if size >= 10 * BILLION => (SCALE + 9, "bn"),
        Language::English if size >= 10 * MILLION => (SCALE + 6, "M"),
        _ => return exact(value, language),
    };
    if value.0 == 0 { "0".to_owned() } else { format!("{}{suffix}", grouped(&plain(value.0, scale), 5)) }
}

/// A number with its unit.
pub fn with_unit(number: &str, unit: &Unit, language: Language) -> String {
    match (unit.code.as_str(), unit.label.as_deref(), language) {
        ("percent", _, _) | (_, Some("%"), _) => format!("{number}%"),
        (_, Some(label), Language::Chinese) => format!("{number}{label}"),
        (_, Some(label), Language::English) => format!("{number} {label}"),
        (code, None, _) => format!("{number} {code}"),
    }
}
