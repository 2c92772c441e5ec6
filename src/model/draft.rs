//! A record on its way into the ledger: checked by itself, not yet against what is there.

use serde_json::{Map, Value};

use super::codes::RevisionKind;
use super::kind::{Kind, Reference};
use super::problem::Problem;
use super::text::MAX_ID;
use super::{json, schema, search};
use crate::say;

/// Bytes of the longest body.
pub const MAX_BODY: usize = 2 * 1024 * 1024;

/// A whole record that is well-formed.
pub struct Draft {
    pub kind: &'static Kind,
    pub id: String,
    /// Where it stands in the publication, a JSON pointer.
    pub pointer: String,
    /// The record; its canonical JSON is `body`.
    pub value: Value,
    pub body: String,
    pub references: Vec<Reference>,
    pub columns: Map<String, Value>,
    /// Its searched texts, a `tsvector`; made here, before anything is locked.
    search: String,
    /// Why this record changes.
    pub change_kind: RevisionKind,
}

impl Draft {
    /// Reads a record as it was sent. Read-only members sent back are dropped, an absent publisher is
    /// `publisher`. Lists every problem, each below `pointer`.
    pub fn read(
        kind: &'static Kind,
        sent: Value,
        publisher: &str,
        pointer: String,
        change_kind: RevisionKind,
    ) -> Result<Draft, Vec<Problem>> {
        let Value::Object(mut members) = sent else {
            return Err(vec![Problem::at(pointer, "wrong-type", say!("A record is an object.", "记录应为对象。"))]);
        };
        for derived in kind.all_derived() {
            members.remove(derived.name);
        }
        members.entry("publisher").or_insert_with(|| publisher.into());
        let value = Value::Object(members);
        let problems = schema::check(kind, &value);
        if !problems.is_empty() {
            return Err(problems.into_iter().map(|problem| problem.below(&pointer)).collect());
        }
        let unreadable =
            |error: serde_json::Error| vec![Problem::at(pointer.clone(), "invalid", say!("{error}.", "{error}。"))];
        let reading = (kind.read)(value.clone()).map_err(unreadable)?;
        let body = json::canonical(&value).map_err(unreadable)?;
        let mut problems = reading.problems;
        let id = value["id"].as_str().unwrap_or_default().to_owned();
        if id.contains('~') || id.len() > MAX_ID {
            problems.push(Problem::at(
                "/id",
                "invalid-id",
                say!(
                    "An id is a slug of at most {MAX_ID} characters; only computed observations have ~ in theirs.",
                    "id 为最多 {MAX_ID} 个字符的短名；只有计算得出的观测值才含 ~。"
                ),
            ));
        }
        if value["publisher"].as_str() != Some(publisher) {
            problems.push(Problem::at(
                "/publisher",
                "other-publisher",
                say!(
                    "The record's publisher is not the publication's. Publish it in its owner's name.",
                    "记录的发布者与本次发布者不同，请以其所有者的名义发布。"
                ),
            ));
        }
        if body.len() > MAX_BODY {
            problems.push(Problem::at(
                "",
                "too-long",
                say!(
                    "The record is longer than {MAX_BODY} bytes. Shorten its text.",
                    "记录超过 {MAX_BODY} 字节，请缩短文本。"
                ),
            ));
        }
        if !problems.is_empty() {
            return Err(problems.into_iter().map(|problem| problem.below(&pointer)).collect());
        }
        Ok(Draft {
            kind,
            id,
            pointer,
            search: search::document(&value),
            value,
            body,
            references: reading.references,
            columns: reading.columns,
            change_kind,
        })
    }

    /// A record that another ledger has checked and hashed: `body` stays to the byte, and members that
    /// this release does not know stay in it.
    pub fn copied(kind: &'static Kind, body: String, change_kind: RevisionKind) -> Result<Draft, serde_json::Error> {
        let value: Value = serde_json::from_str(&body)?;
        let reading = (kind.read)(value.clone())?;
        let id = value["id"].as_str().unwrap_or_default().to_owned();
        let (references, columns) = (reading.references, reading.columns);
        let search = search::document(&value);
        Ok(Draft { kind, id, pointer: String::new(), value, body, references, columns, search, change_kind })
    }

    /// A record the service computed itself, which may have an id that publishers may not choose.
    pub fn computed(kind: &'static Kind, value: Value, change_kind: RevisionKind) -> Option<Draft> {
        let reading = (kind.read)(value.clone()).ok()?;
        let body = json::canonical(&value).ok()?;
        let id = value["id"].as_str()?.to_owned();
        let (references, columns) = (reading.references, reading.columns);
        let search = search::document(&value);
        Some(Draft { kind, id, pointer: String::new(), value, body, references, columns, search, change_kind })
    }

    /// The row of the kind's table, by column; `revision_from` and status aside.
    pub fn row(&self) -> Value {
        let mut row = self.columns.clone();
        for (column, _) in self.kind.columns {
            if let (false, Some(value)) = (row.contains_key(*column), self.value.get(column)) {
                row.insert((*column).into(), value.clone());
            }
        }
        row.insert("id".into(), self.id.as_str().into());
        row.insert("publisher".into(), self.value["publisher"].clone());
        row.insert("body".into(), self.body.as_str().into());
        row.insert("derived".into(), self.derived().into());
        row.insert("search".into(), self.search.as_str().into());
        row.into()
    }

    /// Derived members that follow from the body alone, as JSON members each ended by a comma.
    fn derived(&self) -> String {
        let members =
            self.kind.derived.iter().filter_map(|derived| {
                self.columns.get(derived.name).map(|value| format!("\"{}\":{value},", derived.name))
            });
        members.collect()
    }
}
