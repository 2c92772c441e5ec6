//! What stands at the points of a line.

use std::io;

use super::numbers;
use super::scale::Scale;
use super::svg::{Anchor, Area, Canvas, Text};
use super::{Point, Series, Target, words};
use crate::model::amount::Amount;

/// Points that all get a label; of more, the newest, the largest and the smallest do.
const LABELLED: usize = 12;

/// A point with its value and place.
pub struct Placed<'a> {
    pub point: &'a Point,
    pub value: Amount,
    pub at: (f64, f64),
}

/// The newest figure first, then targets, then the others, each where it meets no other text.
pub fn write(
    canvas: &mut Canvas,
    series: &Series,
    placed: &[Placed<'_>],
    targets: &[(&Target, Amount)],
    scale: &Scale,
    plot: &Area,
    size: f64,
) -> io::Result<()> {
    let language = series.about.language;
    let bounds =
        Area { left: plot.left + 2.0, top: plot.top - size, right: plot.right + 2.0, bottom: plot.bottom - 2.0 };
    let place = |canvas: &mut Canvas, at: (f64, f64), size: f64, class: &str, text: &str| -> io::Result<bool> {
        let (above, below) = (at.1 - 9.0, at.1 + size + 7.0);
        for (x, y, anchor) in [
            (at.0, above, Anchor::Middle),
            (plot.right + 2.0, above, Anchor::End),
            (at.0, below, Anchor::Middle),
            (at.0 + 9.0, at.1 + size * 0.35, Anchor::Start),
            (at.0 - 9.0, at.1 + size * 0.35, Anchor::End),
        ] {
            // Only where the point is near the edge is its label held by the edge.
            let far = anchor == Anchor::End && y == above && plot.right - at.0 > 60.0;
            if !far && canvas.text_if_free(Text { x, y, size, anchor, class, text }, &bounds)? {
                return Ok(true);
            }
        }
        Ok(false)
    };
    if let Some(last) = placed.last() {
        let number = numbers::with_unit(&numbers::short(last.value, language), &series.unit, language);
        let text = words::qualified(&number, last.point.qualifier, language);
        let text = words::noted(&text, last.point, language);
        place(canvas, last.at, size * 1.2, "accent bold halo", &text)?;
    }
    for (target, value) in targets {
        let (y, text) = (scale.at(*value), words::target(target, *value, &series.unit, language));
        for (x, y, anchor) in [
            (plot.right, y - 7.0, Anchor::End),
            (plot.left + 6.0, y - 7.0, Anchor::Start),
            (plot.right, y + size + 5.0, Anchor::End),
            (plot.left + 6.0, y + size + 5.0, Anchor::Start),
        ] {
            if canvas.text_if_free(Text { x, y, size, anchor, class: "ink halo", text: &text }, &bounds)? {
                break;
            }
        }
    }
    let others = placed.split_last().map_or(&[][..], |(_, others)| others);
    let extremes = [placed.iter().map(|one| one.value).max(), placed.iter().map(|one| one.value).min()];
    for one in others.iter().rev() {
        if placed.len() <= LABELLED || extremes.contains(&Some(one.value)) {
            let text = words::noted(&words::value(one.point, one.value, language), one.point, language);
            place(canvas, one.at, size, "soft halo", &text)?;
        }
    }
    Ok(())
}
