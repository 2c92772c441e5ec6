//! Where a follower is, and the cursor that says so.

use crate::api::cursor::Cursor;
use crate::db::read::changes::Position;
use crate::model::kinds::{self, KINDS};

/// Where a follower is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// In the feed. `digest` is that of the position's revision, or its first digits; empty where unknown.
    After { position: Position, digest: String },
    /// Among the records of a revision, 0 where it is not chosen yet; `last` is the kind's rank and the id.
    Snapshot { revision: i64, digest: String, last: Option<(usize, String)> },
}

impl Place {
    /// After all of a revision.
    pub fn end_of(revision: i64, digest: String) -> Place {
        Place::After { position: Position::end_of(revision), digest }
    }

    pub fn encode(&self, fingerprint: &str) -> String {
        let (revision, digest, keys) = match self {
            Place::After { position: Position { revision, seq, part }, digest } => {
                (*revision, digest, vec!["after".into(), seq.to_string(), part.clone(), digest.clone()])
            }
            Place::Snapshot { revision, digest, last } => {
                let (rank, id) = last.clone().unwrap_or_default();
                let kind = KINDS.get(rank).map(|kind| kind.name).unwrap_or_default();
                (*revision, digest, vec!["snapshot".into(), kind.into(), id, digest.clone()])
            }
        };
        let short = digest.get(..8).unwrap_or_default().to_owned();
        Cursor { revision, digest: short, fingerprint: fingerprint.to_owned(), keys }.encode()
    }

    /// The place that a cursor of this feed names.
    pub fn of(cursor: &Cursor) -> Option<Place> {
        let [phase, first, second, digest] = cursor.keys.as_slice() else { return None };
        let hex = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !hex || !digest.starts_with(&cursor.digest) {
            return None;
        }
        let (revision, digest) = (cursor.revision, digest.clone());
        match phase.as_str() {
            "after" => {
                let seq = first.parse().ok().filter(|seq| *seq > 0)?;
                Some(Place::After { position: Position { revision, seq, part: second.clone() }, digest })
            }
            "snapshot" if revision > 0 => {
                let last = Some((kinds::named(first)?.rank(), second.clone()));
                Some(Place::Snapshot { revision, digest, last })
            }
            _ => None,
        }
    }
}
