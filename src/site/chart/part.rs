//! Parts of a whole: one bar of the whole's length, and a list that says what its pieces are.

use std::io;

use super::measure::{fitted, width};
use super::numbers;
use super::svg::{Anchor, Area, Canvas, Text};
use super::words::{self, either};
use super::{Point, Series, Size, frame, line};
use crate::model::amount::Amount;
use crate::model::message::Language;

/// Pieces, one after the other; more of them begin again.
const TONES: [&str; 3] = ["accent", "tint", "soft"];

/// A row of the list.
struct Row {
    tone: &'static str,
    name: String,
    number: String,
    share: String,
    value: Amount,
}

/// The points of the series are the parts; `whole` is what they are parts of.
pub fn draw(series: &Series, whole: &Point, size: Size) -> io::Result<String> {
    let language = series.about.language;
    let total = Amount::of(&whole.value).unwrap_or_default();
    let parts: Vec<(&Point, Amount)> =
        series.points.iter().filter_map(|point| Some((point, Amount::of(&point.value)?))).collect();
    let sum = Amount(parts.iter().map(|(_, value)| value.0).sum());
    let drawable = total > Amount(0) && sum <= total && parts.iter().all(|(_, value)| *value >= Amount(0));
    let rows = rows(series, &parts, total, sum, drawable);
    let whole_said = words::spoken(whole, total, &series.unit, language);
    let mut said = vec![match language {
        Language::English => format!("Part of the whole. {whole_said}"),
        Language::Chinese => format!("部分与总体。{whole_said}"),
    }];
    said.extend(parts.iter().map(|(point, value)| {
        let share = value.percent_of(total).filter(|_| drawable).map(share_text);
        let spoken = words::spoken(point, *value, &series.unit, language);
        share.map_or(spoken.clone(), |share| format!("{spoken}{}{share}", either(language, ", ", "，")))
    }));
    let (mut canvas, area) = frame::begin(&series.about, size, &whole_said, &words::sentences(&said, language))?;
    let letters = frame::letters(size);
    if parts.is_empty() {
        line::nothing(&mut canvas, &area, letters, language)?;
        return canvas.finish();
    }
    let tall = area.bottom - area.top;
    let thick = (tall * 0.24).clamp(12.0, 64.0);
    let bar = Area { bottom: area.top + thick, ..area };
    if drawable {
        pieces(&mut canvas, &rows, total, &bar)?;
    } else {
        let note = either(
            language,
            "The parts are more than the whole, so they are not drawn to scale.",
            "各部分之和大于总体，未按比例绘出。",
        );
        let note = fitted(note, letters, area.right - area.left);
        canvas.text(Text {
            x: area.left,
            y: area.top + letters,
            size: letters,
            anchor: Anchor::Start,
            class: "ink",
            text: &note,
        })?;
    }
    list(&mut canvas, &rows, &Area { top: bar.bottom + letters * 1.2, ..area }, letters, drawable)?;
    canvas.finish()
}

fn share_text(share: Amount) -> String {
    format!("{}%", numbers::exact(share))
}

fn rows(series: &Series, parts: &[(&Point, Amount)], total: Amount, sum: Amount, drawable: bool) -> Vec<Row> {
    let language = series.about.language;
    let share = |value| Amount::percent_of(value, total).filter(|_| drawable).map(share_text).unwrap_or_default();
    let mut rows: Vec<Row> = parts
        .iter()
        .zip(TONES.into_iter().cycle())
        .map(|((point, value), tone)| Row {
            tone,
            name: point.label.clone(),
            number: words::qualified(
                &numbers::with_unit(&numbers::exact(*value), &series.unit, language),
                point.qualifier,
                language,
            ),
            share: share(*value),
            value: *value,
        })
        .collect();
    let rest = Amount(total.0 - sum.0);
    if drawable && rest > Amount(0) {
        rows.push(Row {
            tone: "rule",
            name: either(language, "The rest", "其余").to_owned(),
            number: numbers::with_unit(&numbers::exact(rest), &series.unit, language),
            share: share(rest),
            value: rest,
        });
    }
    rows
}

fn pieces(canvas: &mut Canvas, rows: &[Row], total: Amount, bar: &Area) -> io::Result<()> {
    let length = bar.right - bar.left;
    let mut left = bar.left;
    for (index, row) in rows.iter().enumerate() {
        let right = left + row.value.0 as f64 / total.0.max(1) as f64 * length;
        // A hairline of paper between pieces, which takes nothing from thin ones.
        let gap = if index > 0 && right - left > 3.0 { 1.5 } else { 0.0 };
        canvas.rect(Area { left: left + gap, right, ..*bar }, row.tone)?;
        left = right;
    }
    Ok(())
}

/// Name, share and number of each piece, below each other.
fn list(canvas: &mut Canvas, rows: &[Row], area: &Area, size: f64, drawable: bool) -> io::Result<()> {
    let pitch = size * 2.0;
    let fits = ((area.bottom - area.top) / pitch).floor().max(1.0) as usize;
    let widest = |text: fn(&Row) -> &str| rows.iter().map(|row| width(text(row), size)).fold(0.0, f64::max);
    // A unit may have any name.
    let number_most = (area.right - area.left) * 0.4;
    let (share_width, number_width) = (widest(|row| &row.share), widest(|row| &row.number).min(number_most));
    let text_left = area.left + if drawable { size * 1.6 } else { 0.0 };
    let name_most = (area.right - text_left - share_width - number_width - size * 3.0).max(size * 3.0);
    let name_width = rows.iter().map(|row| width(&row.name, size)).fold(0.0, f64::max).min(name_most);
    let number_right = text_left + name_width + size * 1.6 + number_width;
    for (index, row) in rows.iter().take(fits).enumerate() {
        let y = area.top + pitch * (index as f64 + 0.5);
        if drawable {
            let swatch =
                Area { left: area.left, top: y - size * 0.85, right: area.left + size * 0.95, bottom: y + size * 0.1 };
            canvas.rect(swatch, row.tone)?;
        }
        let name = fitted(&row.name, size, name_most);
        canvas.text(Text { x: text_left, y, size, anchor: Anchor::Start, class: "ink", text: &name })?;
        let number = fitted(&row.number, size, number_most);
        canvas.text(Text { x: number_right, y, size, anchor: Anchor::End, class: "ink", text: &number })?;
        if !row.share.is_empty() {
            let x = number_right + size * 1.4 + share_width;
            canvas.text(Text { x, y, size, anchor: Anchor::End, class: "soft", text: &row.share })?;
        }
    }
    Ok(())
}
