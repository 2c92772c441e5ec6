//! Exact numbers, and how people read them: 万 and 亿 in Chinese, thousands in English.

use super::Unit;
use crate::model::amount::{Amount, DECIMALS, ONE, digits, half_to_even};
use crate::model::message::Language;
use crate::model::spoken::grouped;

/// A real minus sign, U+2212.
const MINUS: &str = "−";

const WAN: i128 = 10_000 * ONE;
const MILLION: i128 = 1_000_000 * ONE;
const YI: i128 = 100_000_000 * ONE;
const BILLION: i128 = 1_000_000_000 * ONE;

/// All digits, thousands apart in both languages (GB/T 15835-2011, 5.1.3, leaves it open for four digits).
pub fn exact(value: Amount) -> String {
    grouped(&value.to_string(), MINUS)
}

/// For labels in a chart: in 万 or millions where two decimals say it exactly; in 亿 or billions rounded to two.
pub fn short(value: Amount, language: Language) -> String {
    let size = value.0.abs();
    let (exactly, exact_suffix, rounded, rounded_suffix) = match language {
        Language::Chinese => (WAN, "万", YI, "亿"),
        Language::English => (MILLION, "M", BILLION, "bn"),
    };
    let hundredths = |unit: i128| grouped(&digits(half_to_even(value.0, unit / 100).unwrap_or_default(), 2), MINUS);
    if size >= rounded {
        format!("{}{rounded_suffix}", hundredths(rounded))
    } else if size >= exactly && size % (exactly / 100) == 0 {
        format!("{}{exact_suffix}", hundredths(exactly))
    } else {
        exact(value)
    }
}

/// For an axis that reaches to `largest`: all of its numbers in one unit.
pub fn tick(value: Amount, largest: Amount, language: Language) -> String {
    let size = largest.0.abs();
    let (scale, suffix) = match language {
        Language::Chinese if size >= YI => (DECIMALS + 8, "亿"),
        Language::Chinese if size >= WAN => (DECIMALS + 4, "万"),
        Language::English if size >= 10 * BILLION => (DECIMALS + 9, "bn"),
        Language::English if size >= 10 * MILLION => (DECIMALS + 6, "M"),
        _ => return exact(value),
    };
    if value.0 == 0 { "0".to_owned() } else { format!("{}{suffix}", grouped(&digits(value.0, scale), MINUS)) }
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
