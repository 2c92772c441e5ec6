//! Axes: ticks that never run into each other.

use std::io;

use super::measure::width;
use super::numbers::tick;
use super::scale::{Scale, Time};
use super::svg::{Anchor, Area, Canvas, Text};
use super::{Point, periods};
use crate::model::message::Language;

/// Room that the numbers of an upright axis take.
pub fn room(scale: &Scale, size: f64, language: Language) -> f64 {
    scale.ticks().map(|value| width(&tick(value, scale.largest(), language), size)).fold(0.0, f64::max) + 8.0
}

/// An upright axis with hairlines through the plot.
pub fn upright(canvas: &mut Canvas, scale: &Scale, plot: &Area, size: f64, language: Language) -> io::Result<()> {
    let bounds = Area { left: 0.0, top: 0.0, right: plot.left, bottom: f64::MAX };
    for value in scale.ticks() {
        let y = scale.at(value);
        let class = if value.0 == 0 { "base" } else { "grid" };
        canvas.line((plot.left, y), (plot.right, y), 1.0, class, "")?;
        let text = tick(value, scale.largest(), language);
        let text =
            Text { x: plot.left - 8.0, y: y + size * 0.35, size, anchor: Anchor::End, class: "soft", text: &text };
        canvas.text_if_free(text, &bounds)?;
    }
    if !scale.begins_at_zero() {
        canvas.line((plot.left, plot.bottom), (plot.right, plot.bottom), 1.0, "faint", "")?;
    }
    Ok(())
}

/// Time below the plot. Labels that would meet are left out evenly, the newest one stays.
pub fn time(
    canvas: &mut Canvas,
    time: &Time,
    points: &[Point],
    plot: &Area,
    size: f64,
    language: Language,
) -> io::Result<()> {
    let mut places: Vec<(f64, String)> = if time.months.is_some() {
        time.slots().into_iter().map(|(x, start, end)| (x, periods::short(start, end, language))).collect()
    } else {
        let place = |point: &Point| {
            let x = time.at(point.end.or(point.start)?)?;
            Some((x, periods::short(point.start, point.end, language)))
        };
        points.iter().filter_map(place).collect()
    };
    places.reverse();
    let y = plot.bottom + size * 1.6;
    let bounds = Area { left: 2.0, top: 0.0, right: plot.right + 20.0, bottom: f64::MAX };
    let widest = places.iter().map(|(_, label)| width(label, size)).fold(0.0, f64::max) + 10.0;
    let every = if time.months.is_some() { (widest / time.slot()).ceil().max(1.0) as usize } else { 1 };
    for (index, (x, label)) in places.iter().enumerate() {
        if index % every != 0 {
            continue;
        }
        let inside = plot.right + 20.0 - width(label, size) / 2.0;
        let text = Text { x: x.min(inside), y, size, anchor: Anchor::Middle, class: "soft", text: label };
        if canvas.text_if_free(text, &bounds)? {
            canvas.line((*x, plot.bottom), (*x, plot.bottom + 4.0), 1.0, "faint", "")?;
        }
    }
    Ok(())
}
