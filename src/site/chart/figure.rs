//! One figure, large, with what it means below it, and its series as a small line.

use std::io;

use super::measure::{BOLD, fitted, width};
use super::svg::{Anchor, Area, Text};
use super::{Series, Size, frame, line, words};

/// `number` is the figure as people read it, `lines` what there is to say of it.
pub fn draw(series: &Series, number: &str, lines: &[String], size: Size) -> io::Result<String> {
    let language = series.about.language;
    let said: Vec<String> = [number.to_owned()].into_iter().chain(lines.iter().cloned()).collect();
    let name = if series.metric == series.about.title { "" } else { &series.metric };
    let (mut canvas, area) = frame::begin(&series.about, size, name, &words::sentences(&said, language))?;
    let letters = frame::letters(size) * 1.08;
    let (wide, tall) = (area.right - area.left, area.bottom - area.top);
    let spark = tall > letters * 14.0 && line::has_line(series);
    let below = letters * 1.6 * lines.len() as f64 + letters;
    let room = if spark { tall * 0.62 } else { tall };
    // A little less, so that it is not cut for what is lost in counting.
    let fits = 99.9 * wide / (width(number, 100.0) * BOLD).max(1.0);
    // In an article it is what the picture is about, and stands in the middle of what room there is.
    let most = if series.about.article.is_some() { 92.0 } else { 56.0 };
    let large = (room - below).min(fits).clamp(letters * 1.2, most);
    let spare = if series.about.article.is_some() { (room - below - large * 1.25).max(0.0) / 2.0 } else { 0.0 };
    let mut y = area.top + spare + large * 0.95;
    let number = fitted(number, large * BOLD, wide);
    canvas.text(Text { x: area.left, y, size: large, anchor: Anchor::Start, class: "accent bold", text: &number })?;
    y += (large * 0.27 - letters * 0.3).max(0.0);
    for text in lines {
        y += letters * 1.6;
        if y > area.bottom {
            break;
        }
        let text = fitted(text, letters, wide);
        canvas.text(Text { x: area.left, y, size: letters, anchor: Anchor::Start, class: "ink", text: &text })?;
    }
    if spark {
        let top = (y + letters * 1.6).max(area.bottom - tall * 0.32);
        line::spark(&mut canvas, series, &Area { top, ..area })?;
    }
    canvas.finish()
}
