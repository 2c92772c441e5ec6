//! The status of a commitment over its periods: a cell for each, told apart by tone, mark and words.

use std::io;

use super::measure::fitted;
use super::svg::{Anchor, Area, Canvas, Text};
use super::words::{self, either};
use super::{Cell, Size, Strip, frame, line};
use crate::model::codes::Status;
use crate::model::message::Language;

/// Width that a cell takes at least.
const NARROWEST: f64 = 14.0;

pub fn draw(strip: &Strip, size: Size) -> io::Result<String> {
    let (mut canvas, area) = begin(strip, size, ["Status over time", "各期状态"])?;
    // Narrow cells say nothing, so the oldest go.
    let cells = strip.cells.get(strip.cells.len().saturating_sub(fit(area.right - area.left))..).unwrap_or_default();
    row(&mut canvas, strip, size, cells, cells.len(), &area, true)?;
    canvas.finish()
}

/// Statuses of several commitments, each cell one of them, in as many rows as they take: what they are is left to the
/// description.
pub fn draw_beside(strip: &Strip, size: Size) -> io::Result<String> {
    let (mut canvas, area) = begin(strip, size, ["Status of each commitment", "各项承诺的状态"])?;
    let rows = rows(strip.cells.len(), size);
    let columns = strip.cells.len().div_ceil(rows).max(1);
    let height = (area.bottom - area.top) / rows as f64;
    for (index, cells) in strip.cells.chunks(columns).enumerate() {
        let top = area.top + height * index as f64;
        row(&mut canvas, strip, size, cells, columns, &Area { top, bottom: top + height, ..area }, false)?;
    }
    canvas.finish()
}

/// Rows that so many commitments take.
pub fn rows(cells: usize, size: Size) -> usize {
    cells.div_ceil(fit(f64::from(size.width) - 2.0 * frame::margin(size))).max(1)
}

/// Cells that stand beside each other on a width.
fn fit(width: f64) -> usize {
    (width / NARROWEST).floor().max(1.0) as usize
}

fn begin(strip: &Strip, size: Size, [en, zh]: [&str; 2]) -> io::Result<(Canvas, Area)> {
    let language = strip.about.language;
    let mut said = vec![either(language, en, zh).to_owned()];
    said.extend(
        strip
            .cells
            .iter()
            .map(|cell| format!("{}{}{}", cell.label, either(language, ": ", "："), wording(cell, language))),
    );
    let (mut canvas, area) = frame::begin(&strip.about, size, "", &words::sentences(&said, language))?;
    if strip.cells.is_empty() {
        line::nothing(&mut canvas, &area, frame::letters(size), language)?;
    }
    Ok((canvas, area))
}

/// Cells beside each other, so wide that as many as `columns` would fill the area.
fn row(
    canvas: &mut Canvas,
    strip: &Strip,
    size: Size,
    cells: &[Cell],
    columns: usize,
    area: &Area,
    worded: bool,
) -> io::Result<()> {
    let (language, letters) = (strip.about.language, frame::letters(size));
    let pitch = ((area.right - area.left) / columns as f64).min(190.0);
    let thick = ((area.bottom - area.top) * 0.3).clamp(12.0, 44.0);
    let top = area.top + ((area.bottom - area.top) * 0.18).max(letters * 1.4);
    let page = Area { left: area.left - 1.0, top: 0.0, right: area.right + 1.0, bottom: f64::from(size.height) };
    for (index, cell) in cells.iter().enumerate() {
        let left = area.left + pitch * index as f64;
        let inner = Area { left, top, right: left + pitch - 3.0, bottom: top + thick };
        mark(canvas, cell.status, &inner)?;
        let words = if worded { wording(cell, language) } else { "" };
        let most = pitch - 6.0;
        for (text, y, class, size) in [
            (cell.label.as_str(), top - letters * 0.6, "soft", letters),
            (words, top + thick + letters * 1.5, "ink", letters * 1.05),
        ] {
            let text = fitted(text, size, most);
            // What would be a letter and an ellipsis is left to the description.
            if !text.is_empty() && (text.chars().count() > 3 || !text.ends_with('…')) {
                canvas.text_if_free(Text { x: left, y, size, anchor: Anchor::Start, class, text: &text }, &page)?;
            }
        }
    }
    Ok(())
}

fn wording(cell: &Cell, language: Language) -> &str {
    let ours = || match cell.status {
        Some(status) => words::status(status, language),
        None => either(language, "No report yet", "尚无通报"),
    };
    cell.wording.as_deref().unwrap_or_else(ours)
}

/// How far a commitment has come is how much of its cell is filled; what stopped has a line through it.
fn mark(canvas: &mut Canvas, status: Option<Status>, cell: &Area) -> io::Result<()> {
    let filled = |share: f64| Area { right: cell.left + (cell.right - cell.left) * share, ..*cell };
    canvas.rect(*cell, "rule")?;
    let Some(status) = status else { return Ok(()) };
    match status {
        Status::Completed => canvas.rect(*cell, "accent"),
        Status::SubstantiallyCompleted => {
            canvas.rect(*cell, "tint")?;
            canvas.rect(filled(0.8), "accent")
        }
        Status::InProgress => canvas.rect(*cell, "tint"),
        Status::NotStarted => Ok(()),
        Status::Delayed => {
            canvas.rect(filled(0.5), "tint")?;
            canvas.line((cell.right - 1.5, cell.top), (cell.right - 1.5, cell.bottom), 3.0, "mark", "")
        }
        Status::Suspended | Status::NotCompleted | Status::Cancelled => {
            let middle = (cell.top + cell.bottom) / 2.0;
            canvas.line((cell.left + 6.0, middle), (cell.right - 6.0, middle), 2.0, "mark", "")
        }
    }
}
