//! What stands around the picture: title, what is shown in what unit, source and revision.

use std::io;

use super::measure::{BOLD, fitted, wrapped};
use super::svg::{Anchor, Area, Canvas, Text};
use super::{About, Series, Size, article, words};
use crate::model::message::Language;

/// Space around a chart.
pub fn margin(size: Size) -> f64 {
    if size.width < 480 { 14.0 } else { 24.0 }
}

/// Size of letters in axes and labels.
pub fn letters(size: Size) -> f64 {
    if size.width < 480 { 11.0 } else { 12.5 }
}

/// The metric, unless the title says it, and its unit.
pub fn subtitle(series: &Series) -> String {
    let name = Some(series.metric.as_str()).filter(|name| !series.about.title.starts_with(name));
    let unit = match (series.unit.code.as_str(), series.unit.label.as_deref()) {
        ("percent", _) => "%",
        (code, label) => label.unwrap_or(code),
    };
    let unit = match series.about.language {
        Language::English => unit.to_owned(),
        Language::Chinese => format!("单位：{unit}"),
    };
    name.into_iter().chain([unit.as_str()]).collect::<Vec<_>>().join(words::either(series.about.language, ", ", "，"))
}

/// Begins a chart; the area is what the frame leaves for the picture.
pub fn begin(about: &About, size: Size, subtitle: &str, description: &str) -> io::Result<(Canvas, Area)> {
    if let Some(article) = &about.article {
        return article::begin(about, article, subtitle, description);
    }
    let mut canvas = Canvas::begin(about, size, description)?;
    let (margin, small) = (margin(size), letters(size));
    let (width, height) = (f64::from(size.width), f64::from(size.height));
    let large = if size.width < 480 { 15.0 } else { 19.0 };
    let most = width - 2.0 * margin;
    let lines = if size.height < 220 { 1 } else { 2 };
    let mut y = margin;
    for line in wrapped(&about.title, large * BOLD, most, lines) {
        y += large;
        canvas.text(Text { x: margin, y, size: large, anchor: Anchor::Start, class: "ink bold", text: &line })?;
        y += large * 0.3;
    }
    let below = [(about.whose.as_deref(), "ink"), (Some(subtitle), "soft")];
    for (text, class) in below.into_iter().filter_map(|(text, class)| Some((text?, class))) {
        if !text.is_empty() {
            y += small * 1.2;
            let text = fitted(text, small, most);
            canvas.text(Text { x: margin, y, size: small, anchor: Anchor::Start, class, text: &text })?;
        }
    }
    let footer = words::footer(&about.source, about.revision, about.language);
    let mut bottom = height - margin;
    if !footer.is_empty() {
        let text = fitted(&footer, small * 0.92, most);
        canvas.text(Text {
            x: margin,
            y: bottom,
            size: small * 0.92,
            anchor: Anchor::Start,
            class: "soft",
            text: &text,
        })?;
        bottom -= small * 1.9;
    }
    let area = Area { left: margin, top: y + small * 1.7, right: width - margin, bottom: bottom.max(y + small * 3.0) };
    Ok((canvas, area))
}
