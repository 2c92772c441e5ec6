//! Cursors: opaque to clients, without secrets, checked like any input. One names the revision its
//! first page rested on, so that pages never skip or repeat a row while somebody publishes.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::db::read::Moment;
use crate::model::kind::Sort;
use crate::model::period;

/// Format of the cursors this release writes.
const VERSION: i64 = 1;

/// Where a page ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Cursor {
    /// Revision the list rests on.
    pub revision: i64,
    /// First digits of its digest.
    pub digest: String,
    /// What the list is of: see [`fingerprint`].
    pub fingerprint: String,
    /// Sort values of the last row.
    pub keys: Vec<String>,
}

impl Cursor {
    /// The cursor after a row with these sort values.
    pub fn after(moment: &Moment, fingerprint: String, keys: Vec<String>) -> Cursor {
        let digest = moment.digest.get(..8).unwrap_or_default().to_owned();
        Cursor { revision: moment.changed_in, digest, fingerprint, keys }
    }

    /// The single whole number it ends at, where a list is ordered by one.
    pub fn number(&self) -> Option<i64> {
        match self.keys.as_slice() {
            [number] => number.parse().ok(),
            _ => None,
        }
    }

    pub fn encode(&self) -> String {
        let value = (VERSION, self.revision, &self.digest, &self.fingerprint, &self.keys);
        // Numbers and texts are always JSON.
        URL_SAFE_NO_PAD.encode(serde_json::to_string(&value).unwrap_or_default())
    }

    pub fn decode(text: &str) -> Option<Cursor> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let value: Value = serde_json::from_slice(&bytes).ok()?;
        let (version, revision, digest, fingerprint, keys): (i64, i64, String, String, Vec<String>) =
            serde_json::from_value(value).ok()?;
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let valid = version == VERSION
            && revision >= 0
            && digest.len() == 8
            && plain(&digest)
            && !keys.iter().any(|key| key.contains('\0'));
        valid.then_some(Cursor { revision, digest, fingerprint, keys })
    }

    /// Whether the keys are values that these sorts can be compared with.
    pub fn fits(&self, sorts: &[(&'static Sort, bool)]) -> bool {
        self.keys.len() == sorts.len()
            && self.keys.iter().zip(sorts).all(|(key, (sort, _))| match sort.sql_type {
                "date" => key == "-infinity" || period::parse_day(key).is_some(),
                "bigint" => key.parse::<i64>().is_ok(),
                "numeric" => {
                    key.len() < 40 && key.parse::<f64>().is_ok_and(f64::is_finite) && !key.contains(['e', 'E'])
                }
                _ => true,
            })
    }
}

/// Twelve hexadecimal digits that stand for what a list is of: path, filters and order.
pub fn fingerprint(path: &str, filters: &[(&str, &[String])], sorts: &[(&str, bool)]) -> String {
    let digest = Sha256::digest(serde_json::to_string(&(path, filters, sorts)).unwrap_or_default());
    hex::encode(digest.get(..6).unwrap_or_default())
}
