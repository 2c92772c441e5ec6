//! What of a record is searched.

use serde_json::Value;

/// How much a text says about what the record is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Titles and names.
    Title,
    /// What it is in short.
    Short,
    /// What is told of it.
    Told,
    /// Whole texts.
    Text,
}

impl Weight {
    pub const ALL: [Weight; 4] = [Weight::Title, Weight::Short, Weight::Told, Weight::Text];

    /// PostgreSQL's letter, empty for the one that needs none.
    pub fn letter(self) -> &'static str {
        match self {
            Weight::Title => "A",
            Weight::Short => "B",
            Weight::Told => "C",
            Weight::Text => "",
        }
    }
}

/// Members that are searched, wherever they stand, with all of their languages.
const SEARCHED: &[(&str, Weight)] = &[
    ("name", Weight::Title),
    ("title", Weight::Title),
    ("summary", Weight::Short),
    ("description", Weight::Short),
    ("label", Weight::Short),
    ("status_label", Weight::Short),
    ("published_by", Weight::Short),
    ("scope", Weight::Short),
    ("as_published", Weight::Short),
    ("narrative", Weight::Told),
    ("next_steps", Weight::Told),
    ("note", Weight::Told),
    ("text", Weight::Text),
];

/// A text that is searched.
pub struct Text<'a> {
    /// Where it stands in the record, a JSON pointer (RFC 6901).
    pub pointer: String,
    /// Its language (BCP 47), where the record says it.
    pub language: Option<&'a str>,
    pub weight: Weight,
    pub text: &'a str,
}

/// The searched texts of a record, titles first; the same whatever order its members were sent in.
pub fn texts(record: &Value) -> Vec<Text<'_>> {
    let mut found = Vec::new();
    walk(record, String::new(), &mut found);
    found.sort_by(|one, other| (one.weight, &one.pointer).cmp(&(other.weight, &other.pointer)));
    found
}

fn walk<'a>(value: &'a Value, pointer: String, found: &mut Vec<Text<'a>>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let pointer = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
                match SEARCHED.iter().find(|(searched, _)| searched == name) {
                    Some((_, weight)) => human(value, pointer, *weight, found),
                    None => walk(value, pointer, found),
                }
            }
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| walk(item, format!("{pointer}/{index}"), found));
        }
        _ => {}
    }
}

/// A text, or one in each language.
fn human<'a>(value: &'a Value, pointer: String, weight: Weight, found: &mut Vec<Text<'a>>) {
    match value {
        Value::String(text) => found.push(Text { pointer, language: None, weight, text }),
        Value::Object(languages) => {
            for (language, text) in languages {
                if let Value::String(text) = text {
                    found.push(Text {
                        pointer: format!("{pointer}/{language}"),
                        language: Some(language),
                        weight,
                        text,
                    });
                }
            }
        }
        _ => {}
    }
}
