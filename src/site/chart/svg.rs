//! Writing SVG: shapes and text, escaped, with room kept between texts.

use std::borrow::Cow;
use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};

use super::article::ENLARGED;
use super::measure::{BOLD, width};
use super::words::either;
use super::{About, Size, theme};

/// Where a text is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// The area that a text takes, by its estimated width.
#[derive(Clone, Copy, Debug)]
pub struct Area {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Area {
    /// Of a text on this base line.
    pub fn of(x: f64, y: f64, size: f64, anchor: Anchor, text: &str) -> Area {
        Area::as_wide((x, y), size, anchor, width(text, size))
    }

    fn as_wide((x, y): (f64, f64), size: f64, anchor: Anchor, width: f64) -> Area {
        let left = match anchor {
            Anchor::Start => x,
            Anchor::Middle => x - width / 2.0,
            Anchor::End => x - width,
        };
        Area { left, top: y - size, right: left + width, bottom: y + size * 0.25 }
    }

    pub fn meets(&self, other: &Area) -> bool {
        const GAP: f64 = 3.0;
        self.left < other.right + GAP
            && other.left < self.right + GAP
            && self.top < other.bottom
            && other.top < self.bottom
    }

    pub fn within(&self, other: &Area) -> bool {
        self.left >= other.left && self.right <= other.right && self.top >= other.top && self.bottom <= other.bottom
    }
}

/// A text and where it stands.
#[derive(Clone, Copy)]
pub struct Text<'a> {
    pub x: f64,
    /// Of the base line.
    pub y: f64,
    pub size: f64,
    pub anchor: Anchor,
    pub class: &'a str,
    pub text: &'a str,
}

impl Text<'_> {
    pub fn area(&self) -> Area {
        let factor = if self.class.contains("bold") { BOLD } else { 1.0 };
        Area::as_wide((self.x, self.y), self.size, self.anchor, width(self.text, self.size) * factor)
    }
}

/// An SVG that is being written.
pub struct Canvas {
    xml: Writer<Vec<u8>>,
    taken: Vec<Area>,
}

impl Canvas {
    /// Begins with what is read out, the style and the paper.
    pub fn begin(about: &About, size: Size, description: &str) -> io::Result<Canvas> {
        let mut canvas = Canvas { xml: Writer::new(Vec::new()), taken: Vec::new() };
        // A picture for an article has more pixels than its drawing has units.
        let pixels = about.article.as_ref().map_or(size, |article| article.ratio.pixels());
        let scale = if about.article.is_some() { ENLARGED } else { 1.0 };
        let units = |pixels: u32| number(f64::from(pixels) / scale);
        let (title_id, description_id) = (format!("{}-title", about.id), format!("{}-desc", about.id));
        let view_box = format!("0 0 {} {}", units(pixels.width), units(pixels.height));
        let class = format!("oc-{}", about.theme.code());
        let labelled_by = format!("{title_id} {description_id}");
        canvas.open(
            "svg",
            &[
                ("xmlns", "http://www.w3.org/2000/svg"),
                ("width", &pixels.width.to_string()),
                ("height", &pixels.height.to_string()),
                ("viewBox", &view_box),
                ("class", &class),
                ("role", "img"),
                ("aria-labelledby", &labelled_by),
                ("lang", about.language.tag()),
                ("xml:lang", about.language.tag()),
            ],
        )?;
        let title = [Some(&about.title), about.whose.as_ref()].into_iter().flatten().map(String::as_str);
        let title = title.collect::<Vec<_>>().join(either(about.language, ", ", "，"));
        canvas.words("title", &[("id", &title_id)], &title)?;
        canvas.words("desc", &[("id", &description_id)], description)?;
        canvas.words("style", &[], &theme::style(about.theme))?;
        let paper = [("class", "paper"), ("width", &units(pixels.width)), ("height", &units(pixels.height))];
        canvas.empty("rect", &paper)?;
        Ok(canvas)
    }

    pub fn finish(mut self) -> io::Result<String> {
        self.close("svg")?;
        String::from_utf8(self.xml.into_inner()).map_err(io::Error::other)
    }

    fn element<'a>(name: &'a str, attributes: &[(&str, &str)]) -> BytesStart<'a> {
        let mut element = BytesStart::new(name);
        for (name, value) in attributes {
            element.push_attribute((*name, allowed(value).as_ref()));
        }
        element
    }

    pub fn open(&mut self, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
        self.xml.write_event(Event::Start(Canvas::element(name, attributes)))
    }

    pub fn close(&mut self, name: &str) -> io::Result<()> {
        self.xml.write_event(Event::End(BytesEnd::new(name)))
    }

    fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
        self.xml.write_event(Event::Empty(Canvas::element(name, attributes)))
    }

    fn words(&mut self, name: &str, attributes: &[(&str, &str)], words: &str) -> io::Result<()> {
        self.open(name, attributes)?;
        self.xml.write_event(Event::Text(BytesText::new(&allowed(words))))?;
        self.close(name)
    }

    /// Writes a text wherever it stands.
    pub fn text(&mut self, text: Text<'_>) -> io::Result<()> {
        self.taken.push(text.area());
        let (x, y, size) = (number(text.x), number(text.y), number(text.size));
        let mut attributes = vec![("class", text.class), ("x", &x), ("y", &y), ("font-size", &size)];
        match text.anchor {
            Anchor::Start => {}
            Anchor::Middle => attributes.push(("text-anchor", "middle")),
            Anchor::End => attributes.push(("text-anchor", "end")),
        }
        self.words("text", &attributes, text.text)
    }

    /// Writes a text where it stands within `bounds` and meets no other; says whether it did.
    pub fn text_if_free(&mut self, text: Text<'_>, bounds: &Area) -> io::Result<bool> {
        let area = text.area();
        let free = area.within(bounds) && !self.taken.iter().any(|other| area.meets(other));
        if free {
            self.text(text)?;
        }
        Ok(free)
    }

    /// Keeps texts away from an area.
    pub fn keep_free(&mut self, area: Area) {
        self.taken.push(area);
    }

    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), width: f64, class: &str, dashes: &str) -> io::Result<()> {
        let [x1, y1, x2, y2, width] = [from.0, from.1, to.0, to.1, width].map(number);
        let mut attributes =
            vec![("class", class), ("x1", &x1), ("y1", &y1), ("x2", &x2), ("y2", &y2), ("stroke-width", &width)];
        if !dashes.is_empty() {
            attributes.push(("stroke-dasharray", dashes));
        }
        self.empty("line", &attributes)
    }

    /// A line through points.
    pub fn path(&mut self, points: &[(f64, f64)], width: f64, class: &str, dashes: &str) -> io::Result<()> {
        let steps = points
            .iter()
            .enumerate()
            .map(|(index, (x, y))| format!("{}{} {}", if index == 0 { 'M' } else { 'L' }, number(*x), number(*y)));
        let (d, width) = (steps.collect::<String>(), number(width));
        let mut attributes = vec![
            ("class", class),
            ("d", d.as_str()),
            ("fill", "none"),
            ("stroke-width", &width),
            ("stroke-linejoin", "round"),
            ("stroke-linecap", "round"),
        ];
        if !dashes.is_empty() {
            attributes.push(("stroke-dasharray", dashes));
        }
        self.empty("path", &attributes)
    }

    /// A filled shape in coordinates of its own, with sharp edges.
    pub fn shape(&mut self, d: &str, class: &str, transform: &str) -> io::Result<()> {
        self.empty("path", &[("class", class), ("d", d), ("transform", transform), ("shape-rendering", "crispEdges")])
    }

    pub fn rect(&mut self, area: Area, class: &str) -> io::Result<()> {
        let [x, y, width, height] =
            [area.left, area.top, (area.right - area.left).max(0.0), (area.bottom - area.top).max(0.0)].map(number);
        let attributes = [("class", class), ("x", &x), ("y", &y), ("width", &width), ("height", &height)];
        self.empty("rect", &attributes.map(|(name, value)| (name, value as &str)))
    }

    pub fn circle(&mut self, at: (f64, f64), radius: f64, class: &str, stroke_width: f64) -> io::Result<()> {
        let [x, y, radius, stroke] = [at.0, at.1, radius, stroke_width].map(number);
        let mut attributes = vec![("class", class), ("cx", x.as_str()), ("cy", &y), ("r", &radius)];
        if stroke_width > 0.0 {
            attributes.push(("stroke-width", &stroke));
        }
        self.empty("circle", &attributes)
    }
}

/// A coordinate to a tenth of a pixel.
fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// The text without the characters that XML 1.0 cannot hold, not even escaped.
pub fn allowed(text: &str) -> Cow<'_, str> {
    let forbidden =
        |c: char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    if text.contains(forbidden) { text.replace(forbidden, "\u{fffd}").into() } else { text.into() }
}
