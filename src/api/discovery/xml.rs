//! Writing XML 1.0.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use crate::api::problem::{Failure, INTERNAL_ERROR};
use crate::site::chart::svg::allowed;

pub type Xml = Writer<Vec<u8>>;

/// A document; `write` writes its root.
pub fn document(write: impl FnOnce(&mut Xml) -> io::Result<()>) -> Result<String, Failure> {
    let failed = |error: String| Failure { cause: Some(error), ..Failure::plain(&INTERNAL_ERROR) };
    let mut writer = Writer::new(Vec::new());
    writer
        .write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))
        .and_then(|()| write(&mut writer))
        .map_err(|error| failed(error.to_string()))?;
    String::from_utf8(writer.into_inner()).map_err(|error| failed(error.to_string()))
}

/// An element with attributes and text alone.
pub fn text(xml: &mut Xml, name: &str, attributes: &[(&str, &str)], text: &str) -> io::Result<()> {
    let text = allowed(text);
    let element = xml.create_element(name).with_attributes(attributes.iter().copied());
    element.write_text_content(BytesText::new(&text)).map(drop)
}

/// An element with attributes alone.
pub fn empty(xml: &mut Xml, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
    xml.create_element(name).with_attributes(attributes.iter().copied()).write_empty().map(drop)
}
