//! A series as a line without letters, beside words that say the same.

use maud::{Markup, html};

use crate::api::figure::facts::Observed;
use crate::model::amount::Amount;

const WIDTH: i128 = 120;
const HEIGHT: i128 = 28;

/// Oldest to newest, from the lowest to the highest value. Nothing of fewer than three figures. `newest_first`.
pub fn spark(newest_first: &[Observed]) -> Markup {
    let values: Option<Vec<i128>> = newest_first
        .iter()
        .rev()
        .filter(|one| !one.is_missing())
        .map(|one| Amount::of(&one.value).map(|value| value.0))
        .collect();
    let values = values.filter(|values| values.len() > 2).unwrap_or_default();
    let (Some(least), Some(most)) = (values.iter().min(), values.iter().max()) else { return html! {} };
    let (span, steps) = ((most - least).max(1), i128::try_from(values.len()).unwrap_or(2) - 1);
    let place = |(index, value): (usize, &i128)| {
        let x = 2 + i128::try_from(index).unwrap_or_default() * (WIDTH - 6) / steps;
        // Values have at most 15 digits, so nothing is too large here.
        (x, HEIGHT - 3 - (value - least) * (HEIGHT - 6) / span)
    };
    let places: Vec<(i128, i128)> = values.iter().enumerate().map(place).collect();
    let points: Vec<String> = places.iter().map(|(x, y)| format!("{x},{y}")).collect();
    html! {
        svg.spark viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) aria-hidden="true" {
            polyline points=(points.join(" ")) {}
            @if let Some((x, y)) = places.last() { circle cx=(x) cy=(y) r="2.5" {} }
        }
    }
}
