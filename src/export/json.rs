//! JSON and newline-delimited JSON: the stored text as it is.

use std::fmt::Write;

use super::Error;
use crate::model::json::Members;

/// A writer of records: in the envelope of a list, or one a line.
pub struct Json {
    fields: Option<Vec<String>>,
    lines: bool,
    changed_in: i64,
    empty: bool,
}

impl Json {
    pub fn new(fields: Option<Vec<String>>, lines: bool, changed_in: i64) -> Json {
        Json { fields, lines, changed_in, empty: true }
    }

    pub fn begin(&self) -> &'static str {
        if self.lines { "" } else { "{\"data\":[" }
    }

    /// Records, one a line. JSON has no line breaks of its own, so those between records become commas.
    pub fn chunk(&mut self, records: String) -> Result<Vec<u8>, Error> {
        let records = match &self.fields {
            None => records,
            Some(fields) => {
                let mut kept = String::with_capacity(records.len() / 2);
                for record in records.lines() {
                    narrow(&mut kept, record, fields)?;
                    kept.push('\n');
                }
                kept.pop();
                kept
            }
        };
        let mut bytes = records.into_bytes();
        if self.lines {
            bytes.push(b'\n');
            return Ok(bytes);
        }
        bytes.iter_mut().filter(|byte| **byte == b'\n').for_each(|byte| *byte = b',');
        if !std::mem::replace(&mut self.empty, false) {
            bytes.insert(0, b',');
        }
        Ok(bytes)
    }

    pub fn end(&self) -> String {
        if self.lines { String::new() } else { format!("],\"changed_in\":{},\"next\":null}}", self.changed_in) }
    }
}

/// Appends a record with some of its members.
pub fn narrow(json: &mut String, record: &str, fields: &[String]) -> Result<(), Error> {
    let Members(members) = serde_json::from_str::<Members>(record)
        .map_err(|error| Error::Broken(format!("a stored body is not JSON: {error}")))?;
    json.push('{');
    let kept = members.into_iter().filter(|(name, _)| fields.contains(name));
    for (index, (name, value)) in kept.enumerate() {
        // Writing to a String does not fail; names are the schema's own, without escapes.
        let _ = write!(json, "{}\"{name}\":{}", if index > 0 { "," } else { "" }, value.get());
    }
    json.push('}');
    Ok(())
}
