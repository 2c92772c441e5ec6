//! Reading what charts draw.

use quick_xml::events::Event;

/// An element of a drawing with its text.
#[derive(Debug, Default)]
pub struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub text: String,
}

impl Element {
    pub fn attribute(&self, name: &str) -> &str {
        self.attributes.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub fn number(&self, name: &str) -> f64 {
        self.attribute(name).parse().unwrap_or_else(|_| panic!("{name} of {self:?}"))
    }
}

/// What a drawing is made of; it is well-formed, has no scripts, links or numbers that are none.
pub fn elements(svg: &str) -> Vec<Element> {
    let mut reader = quick_xml::Reader::from_str(svg);
    let mut found: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    loop {
        let event = reader.read_event().unwrap_or_else(|error| panic!("{error}: {svg}"));
        match &event {
            Event::Start(start) | Event::Empty(start) => {
                let attributes = start.attributes().map(|attribute| {
                    let attribute = attribute.expect("an attribute");
                    let value = quick_xml::escape::unescape(&attribute.value).expect("a value").into_owned();
                    (attribute.key.as_ref().to_owned(), value)
                });
                let name = start.name().as_ref().to_owned();
                found.push(Element { name, attributes: attributes.collect(), text: String::new() });
                if matches!(event, Event::Start(_)) {
                    open.push(found.len() - 1);
                }
            }
            Event::End(_) => drop(open.pop().expect("open")),
            Event::Text(text) => {
                let index = *open.last().expect("an element");
                found[index].text.push_str(text);
            }
            Event::GeneralRef(name) => {
                let index = *open.last().expect("an element");
                let text = quick_xml::escape::unescape(&format!("&{};", &**name)).expect("an entity").into_owned();
                found[index].text.push_str(&text);
            }
            Event::Eof => break,
            other => panic!("{other:?}"),
        }
    }
    assert!(open.is_empty());
    for element in &found {
        let known = ["svg", "title", "desc", "style", "rect", "text", "line", "path", "circle"];
        assert!(known.contains(&element.name.as_str()), "{element:?}");
        for (name, value) in &element.attributes {
            assert!(!name.starts_with("on") && name != "href", "{element:?}");
            assert!(!value.contains("NaN") && !value.contains("inf"), "{element:?}");
        }
    }
    found
}

/// Texts of a drawing, in order.
pub fn texts(svg: &str) -> Vec<String> {
    elements(svg).into_iter().filter(|element| element.name == "text").map(|element| element.text).collect()
}

pub fn named<'a>(elements: &'a [Element], name: &str) -> Vec<&'a Element> {
    elements.iter().filter(|element| element.name == name).collect()
}

pub fn description(svg: &str) -> String {
    let elements = elements(svg);
    let root = &elements[0];
    assert_eq!((root.name.as_str(), root.attribute("role")), ("svg", "img"));
    let ids: Vec<&str> = root.attribute("aria-labelledby").split(' ').collect();
    let (title, desc) = (named(&elements, "title"), named(&elements, "desc"));
    assert_eq!(ids, [title[0].attribute("id"), desc[0].attribute("id")]);
    assert!(!title[0].text.is_empty() && !desc[0].text.is_empty());
    desc[0].text.clone()
}
