//! A figure as text, as a row of a table, and as a small page.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesText, Event};

use super::document::Figure;
use crate::model::codes::ObsStatus;
use crate::model::message::Language;
use crate::site::chart::svg::allowed;
use crate::site::chart::theme::{Theme, page_style};
use crate::site::chart::words::{capital, either, footer};

/// The figure on the first line, then what it is, one thing a line. A line break in a name is a space here.
pub fn plain(figure: &Figure) -> String {
    let text = &figure.text;
    let lines = [
        Some(&text.value),
        Some(&text.name),
        Some(&text.period),
        text.subject.as_ref(),
        text.change.as_ref(),
        Some(&text.source),
    ];
    let line = |text: &String| text.split(|c: char| c.is_control()).collect::<Vec<_>>().join(" ") + "\n";
    lines.into_iter().flatten().map(line).collect()
}

/// RFC 4180: a header and the figure.
pub fn csv(figure: &Figure) -> io::Result<String> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let optional = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let change = figure.change.as_ref();
    let number = |decimal: &crate::model::text::Decimal| decimal.0.to_string();
    let cells: Vec<(&str, String)> = vec![
        ("metric", figure.metric.0.clone()),
        ("name", figure.text.name.clone()),
        ("unit", figure.unit.code.0.clone()),
        ("value", number(&figure.value)),
        ("qualifier", optional(figure.qualifier.map(|qualifier| qualifier.code()))),
        ("as_published", optional(figure.as_published.as_deref())),
        ("time_basis", figure.time_basis.code().to_owned()),
        ("obs_status", optional(figure.obs_status.map(|status| status.code()))),
        ("computed", figure.computed.to_string()),
        ("period", figure.period.0.clone()),
        ("period_start", optional(figure.period_start.as_ref().map(|day| day.as_str()))),
        ("period_end", optional(figure.period_end.as_ref().map(|day| day.as_str()))),
        ("subject", optional(figure.subject.as_ref().map(|subject| subject.id.as_str()))),
        ("division_code", optional(figure.division_code.as_ref().map(|code| code.as_str()))),
        ("scope", optional(figure.scope.as_deref())),
        ("reported_by", figure.reported_by.id.0.clone()),
        ("change_from_period", optional(change.map(|change| change.period.as_str()))),
        ("change_from_value", change.map(|change| number(&change.value)).unwrap_or_default()),
        ("change_difference", change.map(|change| number(&change.difference)).unwrap_or_default()),
        ("change_percent", change.and_then(|change| change.percent.as_ref()).map(number).unwrap_or_default()),
        ("observation", figure.observation.0.clone()),
        ("changed_in", figure.changed_in.to_string()),
    ];
    writer.write_record(cells.iter().map(|(name, _)| *name)).map_err(io::Error::other)?;
    writer.write_record(cells.iter().map(|(_, cell)| cell)).map_err(io::Error::other)?;
    let bytes = writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

/// A page of its own, well-formed as XML too.
pub fn html(figure: &Figure, language: Language, theme: Theme) -> io::Result<String> {
    let text = &figure.text;
    let title = format!("{}{}{}", text.name, either(language, ": ", "："), text.value);
    let mut xml = Writer::new(Vec::new());
    xml.write_event(Event::DocType(BytesText::new("html")))?;
    xml.create_element("html").with_attribute(("lang", language.tag())).write_inner_content(|xml| {
        xml.create_element("head").write_inner_content(|xml| {
            xml.create_element("meta").with_attribute(("charset", "utf-8")).write_empty()?;
            let viewport = [("name", "viewport"), ("content", "width=device-width, initial-scale=1")];
            xml.create_element("meta").with_attributes(viewport).write_empty()?;
            words(xml, "title", &[], &title)?;
            words(xml, "style", &[], &page_style(theme))
        })?;
        xml.create_element("body").write_inner_content(|xml| {
            xml.create_element("figure").write_inner_content(|xml| {
                words(xml, "p", &[("class", "name")], &text.name)?;
                xml.create_element("p").with_attribute(("class", "value")).write_inner_content(|xml| {
                    let value = figure.value.0.to_string();
                    let value = if figure.obs_status.is_some_and(ObsStatus::is_missing) {
                        None
                    } else {
                        Some(("value", value.as_str()))
                    };
                    words(xml, if value.is_some() { "data" } else { "span" }, value.as_slice(), &text.value)
                })?;
                words(xml, "p", &[], &capital(&text.period))?;
                for line in text.subject.iter().chain(&text.change) {
                    words(xml, "p", &[], &capital(line))?;
                }
                words(xml, "figcaption", &[], &footer(&text.source, Some(figure.changed_in), language))
            })?;
            Ok(())
        })?;
        Ok(())
    })?;
    String::from_utf8(xml.into_inner()).map_err(io::Error::other)
}

fn words(xml: &mut Writer<Vec<u8>>, name: &str, attributes: &[(&str, &str)], text: &str) -> io::Result<()> {
    let text = allowed(text);
    xml.create_element(name)
        .with_attributes(attributes.iter().copied())
        .write_text_content(BytesText::new(&text))
        .map(drop)
}
