//! Records as rows of cells: the text of a record is read once, and its values are found where the columns
//! want them, without copies.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::Error;
use crate::model::columns::{Column, Place};

/// Where the columns find their values.
pub struct Layout {
    root: Members,
    width: usize,
    /// The column of human text in other languages.
    others: Option<usize>,
}

#[derive(Default)]
struct Members {
    /// Columns by member.
    cells: Vec<(String, usize)>,
    /// Objects by member.
    objects: Vec<(String, Members)>,
    /// Human text whose other languages are kept, under this name.
    others: Option<String>,
}

/// Values of one record as JSON has them, by column.
pub struct Row<'a> {
    cells: Vec<Option<&'a str>>,
    others: Option<(usize, String)>,
}

impl Row<'_> {
    /// The value as JSON.
    pub fn json(&self, column: usize) -> Option<&str> {
        match &self.others {
            Some((index, text)) if *index == column => Some(text),
            _ => self.cells.get(column).copied().flatten(),
        }
    }

    /// The value as people read it: strings as such, everything else as JSON.
    pub fn text(&self, column: usize) -> Result<Option<Cow<'_, str>>, Error> {
        self.json(column).map(plain).transpose()
    }
}

/// A JSON text as people read it.
fn plain(json: &str) -> Result<Cow<'_, str>, Error> {
    match json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        None => Ok(Cow::Borrowed(json)),
        Some(inner) if !inner.contains('\\') => Ok(Cow::Borrowed(inner)),
        Some(_) => serde_json::from_str(json).map(Cow::Owned).map_err(Error::broken),
    }
}

impl Layout {
    pub fn new(columns: &[Column]) -> Layout {
        let mut layout = Layout { root: Members::default(), width: columns.len(), others: None };
        for (index, column) in columns.iter().enumerate() {
            match &column.place {
                Place::Member(path) => layout.root.insert(path, index),
                Place::OtherLanguages(paths) => {
                    layout.others = Some(index);
                    for path in paths {
                        layout.root.at(path).others = Some(path.join("_"));
                    }
                }
            }
        }
        layout
    }

    /// Reads a record.
    pub fn row<'a>(&self, record: &'a str) -> Result<Row<'a>, Error> {
        let mut found = Found { cells: vec![None; self.width], others: Map::new() };
        let mut deserializer = serde_json::Deserializer::from_str(record);
        Seed { members: &self.root, found: &mut found }.deserialize(&mut deserializer).map_err(Error::broken)?;
        let others = self.others.filter(|_| !found.others.is_empty());
        let others = others.map(|index| (index, Value::Object(found.others).to_string()));
        Ok(Row { cells: found.cells, others })
    }
}

impl Members {
    fn insert(&mut self, path: &[String], index: usize) {
        if let Some((name, above)) = path.split_last() {
            self.at(above).cells.push((name.clone(), index));
        }
    }

    /// The object at a path.
    fn at(&mut self, path: &[String]) -> &mut Members {
        let Some((name, below)) = path.split_first() else { return self };
        let known = self.objects.iter().position(|(known, _)| known == name);
        let index = known.unwrap_or_else(|| {
            self.objects.push((name.clone(), Members::default()));
            self.objects.len() - 1
        });
        self.objects[index].1.at(below)
    }
}

struct Found<'a> {
    cells: Vec<Option<&'a str>>,
    others: Map<String, Value>,
}

/// Reads an object into the cells.
struct Seed<'r, 'a> {
    members: &'r Members,
    found: &'r mut Found<'a>,
}

impl<'a> DeserializeSeed<'a> for Seed<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for Seed<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(Key(self.members))? {
            match (key, &self.members.others) {
                (Name::Cell(index), _) => {
                    let value: &'a RawValue = map.next_value()?;
                    if let Some(cell) = self.found.cells.get_mut(index) {
                        *cell = Some(value.get());
                    }
                }
                (Name::Object(members), _) => {
                    map.next_value_seed(Seed { members, found: &mut *self.found })?;
                }
                (Name::Other(language), Some(text)) => {
                    let value: Value = map.next_value()?;
                    let languages = self.found.others.entry(text.clone()).or_insert_with(|| Map::new().into());
                    let languages = languages.as_object_mut().ok_or_else(|| A::Error::custom("not an object"))?;
                    languages.insert(language, value);
                }
                (Name::Other(_), None) => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// Finds what a name stands for.
struct Key<'r>(&'r Members);

enum Name<'r> {
    Cell(usize),
    Object(&'r Members),
    /// Kept only where it is a language.
    Other(String),
}

impl<'a, 'r> DeserializeSeed<'a> for Key<'r> {
    type Value = Name<'r>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Name<'r>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'r> Visitor<'_> for Key<'r> {
    type Value = Name<'r>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Name<'r>, E> {
        let Key(members) = self;
        let cell = members.cells.iter().find(|(known, _)| known == name).map(|(_, index)| Name::Cell(*index));
        let object = || members.objects.iter().find(|(known, _)| known == name).map(|(_, below)| Name::Object(below));
        let other = || Name::Other(if members.others.is_some() { name.to_owned() } else { String::new() });
        Ok(cell.or_else(object).unwrap_or_else(other))
    }
}
