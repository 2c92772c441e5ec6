//! Revisions: how a publication becomes one, and how the chain is checked.
//!
//! `publish` leads: the publication is read without the ledger (`model`), planned against its state
//! under the head lock (`plan`), written (`write`), and what follows from it derived (`derive`).

pub mod authority;
pub mod copy;
pub mod derive;
pub mod digest;
pub mod figures;
pub mod idempotency;
pub mod keys;
pub mod origin;
pub mod outcome;
pub mod plan;
pub mod publish;
pub mod redact;
pub mod restored;
pub mod state;
pub mod verify;
pub mod warnings;
pub mod write;
