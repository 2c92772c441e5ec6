//! The picture that a page is shown with where somebody links to it (The Open Graph protocol, `og:image`).

use std::io;

use super::measure::{BOLD, fitted, width, wrapped};
use super::svg::{Anchor, Area, Canvas, Text};
use super::{About, Size, Theme, words};
use crate::model::message::Language;

/// As messengers and search engines show it: 1.91 to 1.
pub const SIZE: Size = Size { width: 1200, height: 630 };
const MARGIN: f64 = 76.0;

/// What stands on it.
#[derive(Clone, Debug)]
pub struct Card {
    /// What kind of thing it is.
    pub kicker: String,
    pub title: String,
    /// The figure that the page is about.
    pub figure: Option<String>,
    /// What there is to say of it, one after the other.
    pub lines: Vec<String>,
    /// Name of the site.
    pub site: String,
    /// Revision and address.
    pub note: String,
    pub language: Language,
}

impl Card {
    /// The same in words.
    pub fn said(&self) -> String {
        let said = [&self.title].into_iter().chain(&self.figure).chain(&self.lines).filter(|text| !text.is_empty());
        words::sentences(
            &said.map(|text| text.trim_end_matches(['.', '。']).to_owned()).collect::<Vec<_>>(),
            self.language,
        )
    }

    pub fn draw(&self) -> io::Result<String> {
        let about = About {
            title: self.title.clone(),
            whose: None,
            source: String::new(),
            revision: None,
            language: self.language,
            theme: Theme::Light,
            id: "oc-card".to_owned(),
            article: None,
        };
        let mut canvas = Canvas::begin(&about, SIZE, &self.said())?;
        let (right, bottom) = (f64::from(SIZE.width) - MARGIN, f64::from(SIZE.height) - 128.0);
        let mut writer = Writer { canvas: &mut canvas, y: MARGIN, most: right - MARGIN };
        writer.canvas.rect(Area { left: MARGIN, top: MARGIN, right: MARGIN + 68.0, bottom: MARGIN + 8.0 }, "accent")?;
        writer.y += 20.0;
        writer.text(&self.kicker, 28.0, 1, "soft")?;
        let (title, lines) = if self.figure.is_some() { (52.0, 2) } else { (64.0, 3) };
        writer.y += 6.0;
        writer.text(&self.title, title, lines, "ink bold")?;
        if let Some(figure) = &self.figure {
            let fits = 99.9 * writer.most / (width(figure, 100.0) * BOLD).max(1.0);
            let size = fits.min((bottom - writer.y - 96.0) / 1.36).clamp(30.0, 150.0);
            writer.text(figure, size, 1, "accent bold")?;
        }
        writer.y += 8.0;
        for line in &self.lines {
            let rows = ((bottom - writer.y) / (30.0 * 1.36)).floor();
            if rows < 1.0 {
                break;
            }
            writer.text(line, 30.0, rows as usize, "ink")?;
        }
        self.foot(&mut canvas, right)?;
        canvas.finish()
    }

    fn foot(&self, canvas: &mut Canvas, right: f64) -> io::Result<()> {
        let y = f64::from(SIZE.height) - 58.0;
        canvas.line((MARGIN, y - 44.0), (right, y - 44.0), 1.5, "grid", "")?;
        let site = fitted(&self.site, 28.0 * BOLD, (right - MARGIN) * 0.48);
        canvas.text(Text { x: MARGIN, y, size: 28.0, anchor: Anchor::Start, class: "ink bold", text: &site })?;
        let note = fitted(&self.note, 24.0, (right - MARGIN) * 0.48);
        canvas.text(Text { x: right, y, size: 24.0, anchor: Anchor::End, class: "soft", text: &note })
    }
}

/// Writes downwards.
struct Writer<'a> {
    canvas: &'a mut Canvas,
    y: f64,
    most: f64,
}

impl Writer<'_> {
    fn text(&mut self, text: &str, size: f64, lines: usize, class: &str) -> io::Result<()> {
        let measured = if class.contains("bold") { size * BOLD } else { size };
        for line in wrapped(text, measured, self.most, lines) {
            self.y += size * 1.08;
            self.canvas.text(Text { x: MARGIN, y: self.y, size, anchor: Anchor::Start, class, text: &line })?;
            self.y += size * 0.28;
        }
        Ok(())
    }
}
