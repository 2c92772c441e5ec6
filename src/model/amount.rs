//! Exact decimals with at most four places, as figures have them. Never a float.

use std::fmt;

use serde::{Deserialize, Deserializer, de::Error};
use serde_json::Number;

use super::json::{MAX_DECIMALS, MAX_DIGITS};
use super::text::Decimal;

/// Decimals of a number.
pub const DECIMALS: u32 = MAX_DECIMALS as u32;
/// Ten-thousandths in a whole.
pub const ONE: i128 = 10_000;

/// A decimal, in ten-thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(pub i128);

impl Amount {
    /// Reads digits with at most four decimals, as JSON and PostgreSQL write them.
    pub fn parse(text: &str) -> Option<Amount> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let fraction = fraction.trim_end_matches('0');
        let scale = DECIMALS.checked_sub(fraction.len().try_into().ok()?)?;
        format!("{whole}{fraction}").parse::<i128>().ok()?.checked_mul(10i128.checked_pow(scale)?).map(Amount)
    }

    /// None for what is not a number of the ledger.
    pub fn of(decimal: &Decimal) -> Option<Amount> {
        Amount::parse(&decimal.0.to_string())
    }

    pub fn plus(self, other: Amount) -> Option<Amount> {
        self.0.checked_add(other.0).map(Amount)
    }

    pub fn minus(self, other: Amount) -> Option<Amount> {
        self.0.checked_sub(other.0).map(Amount)
    }

    pub fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// self / divisor × multiplier, rounded half to even to this many decimals (at most four); none by zero.
    pub fn over(self, divisor: Amount, multiplier: i64, decimals: u32) -> Option<Amount> {
        if divisor.0 == 0 {
            return None;
        }
        // Of what is left to four decimals, the last digits are zeros.
        let unit = 10i128.checked_pow(DECIMALS.checked_sub(decimals)?)?;
        let dividend = self.0.checked_mul(multiplier.into())?.checked_mul(ONE / unit)?;
        half_to_even(dividend, divisor.0)?.checked_mul(unit).map(Amount)
    }

    /// Rounded half to even to this many decimals.
    pub fn rounded(self, decimals: u32) -> Option<Amount> {
        self.over(Amount(ONE), 1, decimals)
    }

    /// In percent of a whole, to one decimal; none of nothing.
    pub fn percent_of(self, whole: Amount) -> Option<Amount> {
        self.over(whole, 100, 1)
    }

    pub fn absolute(self) -> Amount {
        Amount(self.0.abs())
    }

    /// For places on paper alone.
    pub fn approximate(self) -> f64 {
        self.0 as f64 / ONE as f64
    }

    /// Whether it has no more digits than every JSON reader keeps exactly.
    pub fn is_kept(self) -> bool {
        self.to_string().bytes().filter(u8::is_ascii_digit).count() <= MAX_DIGITS
    }

    /// As a JSON number; none of one with more digits than every reader keeps.
    pub fn decimal(self) -> Option<Decimal> {
        let number: Number = serde_json::from_str(&self.to_string()).ok()?;
        self.is_kept().then_some(Decimal(number))
    }
}

/// dividend / divisor, rounded half to even; none by zero.
pub fn half_to_even(dividend: i128, divisor: i128) -> Option<i128> {
    let negative = (dividend < 0) != (divisor < 0);
    let (dividend, divisor) = (dividend.checked_abs()?, divisor.checked_abs()?);
    let (whole, rest) = (dividend.checked_div(divisor)?, dividend.checked_rem(divisor)?);
    let up = match rest.checked_mul(2)?.cmp(&divisor) {
        std::cmp::Ordering::Less => 0,
        std::cmp::Ordering::Equal => whole % 2,
        std::cmp::Ordering::Greater => 1,
    };
    Some(if negative { -(whole + up) } else { whole + up })
}

/// `number` with its last `decimals` digits behind the point, zeros at the end left out.
pub fn digits(number: i128, decimals: u32) -> String {
    let power = 10u128.pow(decimals);
    let (whole, fraction) = (number.unsigned_abs() / power, number.unsigned_abs() % power);
    let sign = if number < 0 { "-" } else { "" };
    let text = format!("{sign}{whole}.{fraction:0width$}", width = decimals as usize);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&digits(self.0, DECIMALS))
    }
}

impl<'de> Deserialize<'de> for Amount {
    /// From text, so that no digit is lost on the way.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Amount, D::Error> {
        let text = String::deserialize(deserializer)?;
        Amount::parse(&text).ok_or_else(|| D::Error::custom(format!("{text} is no decimal with four places at most")))
    }
}
