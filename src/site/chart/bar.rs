//! Figures of one period beside each other, by whose they are: largest first.

use std::io;

use super::measure::{fitted, width};
use super::svg::{Anchor, Area, Canvas, Text};
use super::words;
use super::{Point, Series, Size, frame, line};
use crate::model::amount::Amount;
use crate::model::message::Language;

/// Least height of a row, in heights of its letters.
const ROW: f64 = 1.75;

pub fn draw(series: &Series, size: Size) -> io::Result<String> {
    let language = series.about.language;
    let mut points: Vec<(&Point, Amount)> = series
        .points
        .iter()
        .filter(|point| !words::is_missing(point.obs_status))
        .filter_map(|point| Some((point, Amount::of(&point.value)?)))
        .collect();
    points.sort_by_key(|(_, value)| std::cmp::Reverse(*value));
    let subtitle = frame::subtitle(series);
    let (mut canvas, area) = frame::begin(&series.about, size, &subtitle, &description(series, &points))?;
    let letters = frame::letters(size);
    if points.is_empty() {
        line::nothing(&mut canvas, &area, letters, language)?;
        return canvas.finish();
    }
    let rows = ((area.bottom - area.top) / (letters * ROW)).floor().max(1.0) as usize;
    // The last row says how many there are beside those that fit.
    let fits = if points.len() > rows { rows.saturating_sub(1).max(1) } else { points.len() };
    let (shown, left_out) = points.split_at(fits.min(points.len()));
    let rows = (shown.len() + usize::from(!left_out.is_empty())).max(1);
    let pitch = ((area.bottom - area.top) / rows as f64).min(letters * 4.2);
    bars(&mut canvas, series, shown, &area, letters, pitch)?;
    if !left_out.is_empty() {
        let more = match language {
            Language::English => format!("and {} more, none larger", left_out.len()),
            Language::Chinese => format!("另有{}项，均不更大", left_out.len()),
        };
        let y = area.top + pitch * (shown.len() as f64 + 0.5) + letters * 0.35;
        canvas.text(Text { x: area.left, y, size: letters, anchor: Anchor::Start, class: "soft", text: &more })?;
    }
    canvas.finish()
}

fn bars(
    canvas: &mut Canvas,
    series: &Series,
    shown: &[(&Point, Amount)],
    area: &Area,
    letters: f64,
    pitch: f64,
) -> io::Result<()> {
    let language = series.about.language;
    let label_most = (area.right - area.left) * 0.38;
    let labels: Vec<_> = shown.iter().map(|(point, _)| fitted(&point.label, letters, label_most)).collect();
    let label_width = labels.iter().map(|label| width(label, letters)).fold(0.0, f64::max);
    let values: Vec<String> = shown
        .iter()
        .map(|(point, value)| words::noted(&words::value(point, *value, language), point, language))
        .collect();
    let value_width = values.iter().map(|value| width(value, letters)).fold(0.0, f64::max) + 8.0;
    let all = || shown.iter().map(|(_, value)| *value).chain([Amount(0)]);
    let (min, max) = (all().min().unwrap_or_default(), all().max().unwrap_or_default());
    let before = if min < Amount(0) { value_width } else { 0.0 };
    let from = area.left + label_width + 10.0 + before;
    let to = (area.right - if max > Amount(0) { value_width } else { 0.0 }).max(from + 10.0);
    let scale = Exact { min, max, from, to };
    for (index, (((_, value), label), text)) in shown.iter().zip(&labels).zip(&values).enumerate() {
        let middle = area.top + pitch * (index as f64 + 0.5);
        let y = middle + letters * 0.35;
        let (zero, end) = (scale.at(Amount(0)), scale.at(*value));
        let thick = (pitch * 0.6).min(30.0);
        let bar =
            Area { left: zero.min(end), top: middle - thick / 2.0, right: zero.max(end), bottom: middle + thick / 2.0 };
        canvas.rect(bar, "accent")?;
        canvas.text(Text { x: area.left, y, size: letters, anchor: Anchor::Start, class: "ink", text: label })?;
        let (x, anchor) = if *value < Amount(0) { (end - 6.0, Anchor::End) } else { (end + 6.0, Anchor::Start) };
        canvas.text(Text { x, y, size: letters, anchor, class: "ink", text })?;
    }
    let bottom = area.top + pitch * shown.len() as f64;
    canvas.line((scale.at(Amount(0)), area.top), (scale.at(Amount(0)), bottom), 1.0, "base", "")
}

/// A scale that ends at the largest bar: the numbers stand beside the bars, so ticks would say nothing more.
struct Exact {
    min: Amount,
    max: Amount,
    from: f64,
    to: f64,
}

impl Exact {
    fn at(&self, value: Amount) -> f64 {
        let span = (self.max.0 - self.min.0).max(1) as f64;
        self.from + (value.0 - self.min.0) as f64 / span * (self.to - self.from)
    }
}

fn description(series: &Series, points: &[(&Point, Amount)]) -> String {
    let language = series.about.language;
    let mut said = vec![match language {
        Language::English => format!("Bar chart: {}", series.metric),
        Language::Chinese => format!("条形图：{}", series.metric),
    }];
    said.extend(points.iter().map(|(point, value)| words::spoken(point, *value, &series.unit, language)));
    words::sentences(&said, language)
}
