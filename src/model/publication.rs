//! The publication format: what `publish` takes. Reading it lists everything that can be known
//! without the ledger.

mod reader;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use self::reader::Reader;
use super::codes::RevisionKind;
use super::draft::Draft;
use super::json;
use super::kind::Kind;
use super::problem::{Problem, Problems};
use crate::say;

/// Bytes of the largest publication.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;
/// Bytes of the longest message and reason, as canonical JSON. With them every line of the feed is of a size that
/// mirrors take.
pub const MAX_WORDS: usize = 64 * 1024;

/// One publication, as far as it is well-formed.
pub struct Publication {
    pub kind: RevisionKind,
    /// Canonical JSON of the message.
    pub message: String,
    pub publisher: String,
    pub records: Vec<Draft>,
    pub patches: Vec<Patch>,
    pub withdrawals: Vec<Withdrawal>,
    pub redactions: Vec<Redaction>,
    /// Every record it creates or changes, malformed ones too: references to them do not dangle.
    pub named: BTreeSet<(&'static str, String)>,
}

/// Members to set in a record that is there; `null` takes a member out.
pub struct Patch {
    pub kind: &'static Kind,
    pub id: String,
    pub pointer: String,
    pub set: Map<String, Value>,
    pub change_kind: RevisionKind,
    /// `changed_in` of the record that the editor saw, where given.
    pub if_revision: Option<i64>,
}

/// A record to withdraw.
pub struct Withdrawal {
    pub kind: &'static Kind,
    pub id: String,
    pub pointer: String,
    /// Canonical JSON of `{"id", "reason"}`: what the change hashes.
    pub body: String,
    pub change_kind: RevisionKind,
    /// `changed_in` of the record that the editor saw, where given.
    pub if_revision: Option<i64>,
}

/// A record to take out of all history.
pub struct Redaction {
    pub kind: &'static Kind,
    pub id: String,
    pub pointer: String,
}

/// Reads a publication. What can be used further is returned even where there are problems, so that
/// the ledger can add its own; `None` where there is no telling what was meant, or there are too many.
pub fn parse(bytes: &[u8]) -> (Option<Publication>, Problems) {
    if bytes.len() > MAX_BYTES {
        let problem = Problem::at(
            "",
            "too-long",
            say!("A publication has at most {MAX_BYTES} bytes. Split it.", "一次发布最多 {MAX_BYTES} 字节，请拆分。"),
        );
        return (None, problem.into());
    }
    match json::parse(bytes) {
        Ok((_, problems)) if problems.are_too_many() => (None, problems),
        Ok((Value::Object(members), problems)) => Reader { problems }.publication(members),
        Ok(_) => {
            let detail = say!("A publication is an object.", "发布内容应为对象。");
            (None, Problem::at("", "wrong-type", detail).into())
        }
        Err(problem) => (None, problem.into()),
    }
}

/// Whether a text has the form of an id that publishers may choose.
pub fn is_id(text: &str) -> bool {
    text.len() <= super::text::MAX_ID
        && text
            .split('-')
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase()))
}
