//! The digests that make the ledger a chain. Anyone can recompute them with a standard library.

use chrono::{DateTime, SecondsFormat, Utc};
use sha2::{Digest, Sha256};
use uuid::Uuid;

pub type Hash = [u8; 32];

/// 128 random bits that keep a redacted body from being guessed by its digest.
pub fn salt() -> Result<[u8; 16], getrandom::Error> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt)?;
    Ok(salt)
}

/// SHA-256 of a salt and a text: `record_digest`, `message_digest`.
pub fn salted(salt: &[u8], text: &str) -> Hash {
    Sha256::new().chain_update(salt).chain_update(text).finalize().into()
}

/// digest(0): SHA-256 of the ledger's lower-case UUID.
pub fn origin(ledger: Uuid) -> Hash {
    Sha256::digest(ledger.hyphenated().to_string()).into()
}

/// What a revision's digest covers besides its changes.
pub struct Header<'a> {
    pub previous: &'a [u8],
    pub revision: i64,
    pub kind: &'a str,
    pub publisher: &'a str,
    pub published_at: DateTime<Utc>,
    pub message_digest: &'a [u8],
}

/// What a revision's digest covers of a change.
pub struct Line<'a> {
    pub seq: i64,
    pub kind: &'a str,
    pub id: &'a str,
    pub op: &'a str,
    pub change_kind: &'a str,
    pub record_digest: &'a [u8],
}

/// digest(N): SHA-256 of the header's lines and a line for each change, each ended by LF.
pub fn revision<'a>(header: &Header, changes: impl IntoIterator<Item = Line<'a>>) -> Hash {
    let mut hash = Sha256::new();
    hash.update(format!(
        "oc1\n{}\n{}\n{}\n{}\n{}\n{}\n",
        hex::encode(header.previous),
        header.revision,
        header.kind,
        header.publisher,
        instant(header.published_at),
        hex::encode(header.message_digest),
    ));
    for Line { seq, kind, id, op, change_kind, record_digest } in changes {
        hash.update(format!("{seq} {kind} {id} {op} {change_kind} {}\n", hex::encode(record_digest)));
    }
    hash.finalize().into()
}

/// An instant as digests and answers write it: UTC, six decimals, `Z`.
pub fn instant(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}
