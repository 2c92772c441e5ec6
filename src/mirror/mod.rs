//! A copy of another ledger, kept in step: revisions come from its change feed or from a bundle, are
//! checked against their digests, and are appended whole or not at all.

pub mod bundle;
pub mod compare;
pub mod follow;
pub mod local;
pub mod upstream;
pub mod wire;

use crate::db;
use crate::ledger::copy;
use crate::model::message::Message;
use crate::say;

/// Why copying does not go on.
#[derive(Debug)]
pub enum Fault {
    /// It may work another time: a network or a database that is away.
    Passing(Message),
    /// It will not: what came is wrong, or not for this ledger.
    Lasting(Message),
    /// The other ledger has another history.
    Diverged(Divergence),
}

/// Where two histories part.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Divergence {
    /// The last revision that both have alike; 0 if they never were.
    pub agreed: i64,
    pub our_head: i64,
    pub their_head: i64,
    /// Digests of the revision after `agreed`, where there is one.
    pub our_digest: Option<String>,
    pub their_digest: Option<String>,
}

impl Divergence {
    pub fn message(&self) -> Message {
        let Divergence { agreed, our_head, their_head, our_digest, their_digest } = self;
        let first = agreed + 1;
        let (ours, theirs) = (our_digest.as_deref().unwrap_or("–"), their_digest.as_deref().unwrap_or("–"));
        say!(
            "The histories differ from revision {first} on. Here: head {our_head}, digest of {first} {ours}. There: head {their_head}, digest of {first} {theirs}. What is here was kept as it is.",
            "两个账本自修订 {first} 起不同。本地：头部 {our_head}，修订 {first} 的摘要 {ours}。对方：头部 {their_head}，修订 {first} 的摘要 {theirs}。本地内容保持不变。"
        )
    }
}

impl Fault {
    /// Nothing is copied into a ledger of its own, whatever still follows for it.
    fn own() -> Fault {
        Fault::Lasting(say!(
            "This ledger is no copy (mirror --promote ends that), so nothing is copied into it. To make it one, run open-commitments mirror --from URL once, without --follow.",
            "本账本不是副本（mirror --promote 会结束复制），不向其中复制内容。如要使其成为副本，请运行一次不带 --follow 的 open-commitments mirror --from URL。"
        ))
    }

    pub fn message(&self) -> Message {
        match self {
            Fault::Passing(message) | Fault::Lasting(message) => message.clone(),
            Fault::Diverged(divergence) => divergence.message(),
        }
    }
}

impl From<db::Error> for Fault {
    fn from(error: db::Error) -> Fault {
        match error {
            db::Error::Query(error) => Fault::Lasting(say!("The database refused: {error}", "数据库拒绝：{error}")),
            error => Fault::Passing(say!("{error}", "{error}")),
        }
    }
}

impl From<copy::Fault> for Fault {
    fn from(fault: copy::Fault) -> Fault {
        match fault {
            copy::Fault::Unsound(message) | copy::Fault::Unknown(message) => Fault::Lasting(message),
            copy::Fault::Database(error) => error.into(),
            copy::Fault::Own => Fault::own(),
            copy::Fault::Overtaken => {
                Fault::Passing(say!("Another program appended to this copy.", "另有程序正在写入此副本。"))
            }
        }
    }
}
