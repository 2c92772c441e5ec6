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
/// The same of a row whose label stands above its bar.
const ABOVE: f64 = 3.4;

pub fn draw(series: &Series, size: Size) -> io::Result<String> {
    let language = series.about.language;
    let mut points: Vec<(&Point, Amount)> = series
        .points
        .iter()
        .filter(|point| !point.is_missing())
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
    let most = if series.about.article.is_some() { 6.5 } else { 4.2 };
    let pitch = ((area.bottom - area.top) / rows as f64).min(letters * most);
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
    let widest = shown.iter().map(|(point, _)| width(&point.label, letters)).fold(0.0, f64::max);
    // Labels that would be cut stand above their bars, where there is room.
    let above = widest > label_most && pitch >= letters * ABOVE;
    let label_most = if above { area.right - area.left } else { label_most };
    let labels: Vec<_> = shown.iter().map(|(point, _)| fitted(&point.label, letters, label_most)).collect();
    let label_width = if above { 0.0 } else { widest.min(label_most) + 10.0 };
    let values: Vec<String> = shown
        .iter()
        .map(|(point, value)| words::noted(&words::value(point, *value, language), point, language))
        .collect();
    let value_width = values.iter().map(|value| width(value, letters)).fold(0.0, f64::max) + 8.0;
    let all = || shown.iter().map(|(_, value)| *value).chain([Amount(0)]);
    let (min, max) = (all().min().unwrap_or_default(), all().max().unwrap_or_default());
    let before = if min < Amount(0) { value_width } else { 0.0 };
    let from = area.left + label_width + before;
    let to = (area.right - if max > Amount(0) { value_width } else { 0.0 }).max(from + 10.0);
    let scale = Exact { min, max, from, to };
    for (index, (((_, value), label), text)) in shown.iter().zip(&labels).zip(&values).enumerate() {
        let top = area.top + pitch * index as f64;
        let middle = if above { top + letters * 1.5 + (pitch - letters * 2.0) / 2.0 } else { top + pitch / 2.0 };
        let y = middle + letters * 0.35;
        let (zero, end) = (scale.at(Amount(0)), scale.at(*value));
        let thick = if above { (pitch - letters * 2.4).min(34.0) } else { (pitch * 0.6).min(30.0) };
        let bar =
            Area { left: zero.min(end), top: middle - thick / 2.0, right: zero.max(end), bottom: middle + thick / 2.0 };
        canvas.rect(bar, "accent")?;
        let label_y = if above { middle - thick / 2.0 - letters * 0.45 } else { y };
        canvas.text(Text {
            x: area.left,
            y: label_y,
            size: letters,
            anchor: Anchor::Start,
            class: "ink",
            text: label,
        })?;
        let reach = if above { thick / 2.0 + 2.0 } else { pitch / 2.0 };
        canvas.line((zero, middle - reach), (zero, middle + reach), 1.0, "base", "")?;
        let (x, anchor) = if *value < Amount(0) { (end - 6.0, Anchor::End) } else { (end + 6.0, Anchor::Start) };
        canvas.text(Text { x, y, size: letters, anchor, class: "ink", text })?;
    }
    Ok(())
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
