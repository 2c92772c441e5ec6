//! The frame of a picture for articles that take neither frames nor links, such as those of WeChat and of print. It is
//! complete in itself: what is shown, of when, who says so, at which revision, and a code that leads to the page.

use std::io;

use qrcode::{Color, EcLevel, QrCode};

use super::measure::{BOLD, fitted, wrapped};
use super::svg::{Anchor, Area, Canvas, Text};
use super::theme::Theme;
use super::words::either;
use super::{About, Size, frame};

/// Pixels to a unit of the drawing: letters are read on a telephone, where the picture is a third as wide.
pub const ENLARGED: f64 = 2.5;
const WIDTH: u32 = 1080;
/// Modules of paper around a code (ISO/IEC 18004).
const QUIET: usize = 4;
const MARGIN: f64 = 20.0;

/// Width to height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ratio {
    Wide,
    Square,
    Tall,
    /// As WeChat has it above an article.
    Banner,
}

impl Ratio {
    pub const ALL: [Ratio; 4] = [Ratio::Wide, Ratio::Square, Ratio::Tall, Ratio::Banner];
    /// Values of `ratio=`.
    pub const CODES: &'static [&'static str] = &["16:9", "1:1", "3:4", "2.35:1"];

    pub fn parse(code: &str) -> Option<Ratio> {
        Ratio::ALL.into_iter().find(|ratio| ratio.code() == code)
    }

    pub fn code(self) -> &'static str {
        match self {
            Ratio::Wide => "16:9",
            Ratio::Square => "1:1",
            Ratio::Tall => "3:4",
            Ratio::Banner => "2.35:1",
        }
    }

    /// Width and height.
    pub fn pixels(self) -> Size {
        let height = match self {
            Ratio::Wide => 608,
            Ratio::Square => 1080,
            Ratio::Tall => 1440,
            Ratio::Banner => 460,
        };
        Size { width: WIDTH, height }
    }

    /// The same in units of the drawing.
    pub fn size(self) -> Size {
        let units = |pixels: u32| (f64::from(pixels) / ENLARGED).round() as u32;
        let Size { width, height } = self.pixels();
        Size { width: units(width), height: units(height) }
    }
}

/// What such a picture carries beside what every chart does.
#[derive(Clone, Debug)]
pub struct Article {
    pub ratio: Ratio,
    /// Period of the figure, in words.
    pub period: Option<String>,
    /// Day of the revision, in words.
    pub day: Option<String>,
    /// Name of the site.
    pub site: String,
    /// Where the code leads.
    pub address: String,
}

/// Begins a picture; the area is what the frame leaves for the chart.
pub fn begin(about: &About, article: &Article, subtitle: &str, description: &str) -> io::Result<(Canvas, Area)> {
    let size = article.ratio.size();
    let mut canvas = Canvas::begin(about, size, description)?;
    let (width, height) = (f64::from(size.width), f64::from(size.height));
    let page = Area { left: MARGIN, top: MARGIN, right: width - MARGIN, bottom: height - MARGIN };
    let code = Code::of(article)?;
    let room = if matches!(article.ratio, Ratio::Wide | Ratio::Banner) {
        column(&mut canvas, about, article, &code, page)?
    } else {
        strip(&mut canvas, about, article, &code, page)?
    };
    let top = head(&mut canvas, about, article.ratio, subtitle, &room)?;
    let least = frame::letters(size) * 3.0;
    Ok((canvas, Area { top, bottom: room.bottom.max(top + least), ..room }))
}

/// A short bar in the accent, the title and what is shown in what unit; where the chart begins.
fn head(canvas: &mut Canvas, about: &About, ratio: Ratio, subtitle: &str, room: &Area) -> io::Result<f64> {
    let small = frame::letters(ratio.size());
    let (large, lines) = match ratio {
        Ratio::Banner => (16.0, 2),
        Ratio::Wide => (17.0, 2),
        Ratio::Square | Ratio::Tall => (21.0, 3),
    };
    let most = room.right - room.left;
    canvas.rect(Area { right: room.left + 26.0, bottom: room.top + 3.0, ..*room }, "accent")?;
    let mut y = room.top + 8.0;
    for line in wrapped(&about.title, large * BOLD, most, lines) {
        y += large * 1.05;
        canvas.text(Text { x: room.left, y, size: large, anchor: Anchor::Start, class: "ink bold", text: &line })?;
        y += large * 0.2;
    }
    let rows = if ratio == Ratio::Tall { 2 } else { 1 };
    for (text, class) in [(about.whose.as_deref().unwrap_or_default(), "ink"), (subtitle, "soft")] {
        for line in wrapped(text, small, most, rows) {
            y += small * 1.25;
            canvas.text(Text { x: room.left, y, size: small, anchor: Anchor::Start, class, text: &line })?;
        }
    }
    Ok(y + small * 1.4)
}

/// Source, period and revision along the bottom, beside the code; what is left above.
fn strip(canvas: &mut Canvas, about: &About, article: &Article, code: &Code, page: Area) -> io::Result<Area> {
    let at = code.within(about.theme, &page);
    code.draw(canvas, &at)?;
    let size = frame::letters(article.ratio.size()) * 0.9;
    let pitch = size * 1.42;
    let rows = ((at.bottom - at.top) / pitch).floor().max(2.0) as usize;
    let most = at.left - code.quiet() - 6.0 - page.left;
    let mut y = at.top + size * 0.9;
    let [source, period, revision, day] = said(about, article);
    let dated = [revision, day].into_iter().flatten().collect::<Vec<_>>().join(either(about.language, ", ", "，"));
    let lines: Vec<String> = source.into_iter().chain(period).chain([dated]).collect();
    for line in flow(&lines, size, most, rows - 1) {
        canvas.text(Text { x: page.left, y, size, anchor: Anchor::Start, class: "soft", text: &line })?;
        y += pitch;
    }
    site(canvas, article, size, (page.left, at.bottom - size * 0.12), most)?;
    let rule = if about.theme == Theme::Light { at.top - code.quiet().max(10.0) } else { at.top - code.quiet() - 10.0 };
    canvas.line((page.left, rule), (page.right, rule), 0.8, "grid", "")?;
    Ok(Area { bottom: rule - size * 1.2, ..page })
}

/// The same in a column on the right; what is left beside it.
fn column(canvas: &mut Canvas, about: &About, article: &Article, code: &Code, page: Area) -> io::Result<Area> {
    const WIDE: f64 = 112.0;
    let left = page.right - WIDE.max(code.side());
    let at = code.within(about.theme, &page);
    let offset = left - at.left + if about.theme == Theme::Light { 0.0 } else { code.quiet() };
    let at = Area { left: pixel(at.left + offset), right: at.right + offset, ..at };
    code.draw(canvas, &at)?;
    let size = frame::letters(article.ratio.size()) * 0.84;
    let pitch = size * 1.36;
    let most = page.right - left;
    let rows = ((at.top - code.quiet() - page.top) / pitch).floor().max(2.0) as usize;
    let y = page.top + size * 0.8;
    site(canvas, article, size, (left, y), most)?;
    let mut y = y + pitch * 1.15;
    let lines: Vec<String> = said(about, article).into_iter().flatten().collect();
    for line in flow(&lines, size, most, rows - 1) {
        canvas.text(Text { x: left, y, size, anchor: Anchor::Start, class: "soft", text: &line })?;
        y += pitch;
    }
    canvas.line((left - 14.0, page.top), (left - 14.0, page.bottom), 0.8, "grid", "")?;
    Ok(Area { right: left - 28.0, ..page })
}

fn site(canvas: &mut Canvas, article: &Article, size: f64, (x, y): (f64, f64), most: f64) -> io::Result<()> {
    let name = fitted(&article.site, size * BOLD, most);
    canvas.text(Text { x, y, size, anchor: Anchor::Start, class: "ink bold", text: &name })
}

/// Who says so, of when, at which revision, of which day.
fn said(about: &About, article: &Article) -> [Option<String>; 4] {
    let language = about.language;
    let named =
        |[en, zh]: [&str; 2], text: &str| (!text.is_empty()).then(|| format!("{}{text}", either(language, en, zh)));
    let revision = about.revision.map(|n| n.to_string()).unwrap_or_default();
    [
        named(["Source: ", "来源："], &about.source),
        named(["Period: ", "时期："], article.period.as_deref().unwrap_or_default()),
        named(["Revision ", "修订 "], &revision),
        article.day.clone(),
    ]
}

/// Lines on so many rows: each has one, the first ones that need more get what is left.
fn flow(lines: &[String], size: f64, most: f64, rows: usize) -> Vec<String> {
    let mut spare = rows.saturating_sub(lines.len());
    let mut flowed = Vec::new();
    for line in lines.iter().take(rows) {
        let broken = wrapped(line, size, most, 1 + spare);
        spare -= broken.len().saturating_sub(1).min(spare);
        flowed.extend(broken);
    }
    flowed
}

/// A coordinate at a whole pixel.
fn pixel(units: f64) -> f64 {
    (units * ENLARGED).round() / ENLARGED
}

/// A QR code (ISO/IEC 18004), its modules at whole pixels.
struct Code {
    dark: Vec<bool>,
    modules: usize,
    /// Side of a module in units of the drawing.
    module: f64,
}

impl Code {
    fn of(article: &Article) -> io::Result<Code> {
        // A seventh of it may be unreadable.
        let code = QrCode::with_error_correction_level(&article.address, EcLevel::M).map_err(io::Error::other)?;
        let modules = code.width();
        let most = match article.ratio {
            Ratio::Banner => 170,
            Ratio::Wide => 200,
            Ratio::Square | Ratio::Tall => 230,
        };
        let pixels = (most / (modules + 2 * QUIET)).clamp(3, 6);
        let dark = code.to_colors().into_iter().map(|colour| colour == Color::Dark).collect();
        Ok(Code { dark, modules, module: pixels as f64 / ENLARGED })
    }

    /// Side of the code itself, without the paper around it.
    fn side(&self) -> f64 {
        self.modules as f64 * self.module
    }

    fn quiet(&self) -> f64 {
        QUIET as f64 * self.module
    }

    /// Its place in the lower right corner. On paper that is white the margin is part of the quiet zone.
    fn within(&self, theme: Theme, page: &Area) -> Area {
        let inset = if theme == Theme::Light { 0.0 } else { self.quiet() };
        let (left, top) = (pixel(page.right - inset - self.side()), pixel(page.bottom - inset - self.side()));
        Area { left, top, right: left + self.side(), bottom: top + self.side() }
    }

    fn draw(&self, canvas: &mut Canvas, at: &Area) -> io::Result<()> {
        let quiet = self.quiet();
        let paper =
            Area { left: at.left - quiet, top: at.top - quiet, right: at.right + quiet, bottom: at.bottom + quiet };
        canvas.keep_free(paper);
        canvas.rect(paper, "code-paper")?;
        let mut runs = String::new();
        for (y, row) in self.dark.chunks(self.modules.max(1)).enumerate() {
            let mut x = 0;
            for run in row.chunk_by(|one, other| one == other) {
                if run.first() == Some(&true) {
                    runs.push_str(&format!("M{x} {y}h{length}v1h-{length}z", length = run.len()));
                }
                x += run.len();
            }
        }
        let place = format!("translate({} {}) scale({})", at.left, at.top, self.module);
        canvas.shape(&runs, "code", &place)
    }
}
