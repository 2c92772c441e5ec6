//! A made-up ledger of a given size, for measuring: departments of justice in every division of China, their yearly
//! programmes, reports and figures, published over nine years, with corrections. The same for the same seed.
//!
//! `world` is what is there from the start, `story` is what happens in each revision, `encode` makes rows of it, and
//! `load` writes them by COPY.

mod encode;
mod load;
mod story;
mod words;
mod world;

use std::fmt;

use tokio::sync::mpsc;
use tokio_postgres::NoTls;

use encode::{Encoded, Encoder};
use load::Loader;
use story::Story;
use world::World;

/// How much to make.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub commitments: u64,
    pub observations: u64,
    /// At least 2: the first one has the organizations and the metrics.
    pub revisions: u64,
    pub seed: u64,
}

/// What was made.
#[derive(Clone, Copy, Debug, Default)]
pub struct Made {
    pub revisions: u64,
    pub changes: u64,
}

/// Why nothing, or not all, was made.
#[derive(Debug)]
pub enum Error {
    /// The ledger has revisions already.
    NotEmpty(i64),
    Database(tokio_postgres::Error),
    /// A made-up record that is none: a fault of the program.
    Record(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NotEmpty(head) => write!(f, "the ledger has {head} revisions"),
            Error::Database(error) => match error.as_db_error() {
                Some(told) => write!(f, "{told}"),
                None => write!(f, "{error}"),
            },
            Error::Record(why) => f.write_str(why),
        }
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Error {
        Error::Database(error)
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Error {
        Error::Record(error.to_string())
    }
}

/// Fills an empty ledger; `progress` hears of each revision.
pub async fn fill(url: &str, plan: Plan, progress: impl Fn(u64)) -> Result<Made, Error> {
    let (mut client, connection) = tokio_postgres::connect(url, NoTls).await?;
    let driven = tokio::spawn(connection);
    let (mut loader, digest) = Loader::new(&mut client).await?;
    let mut told = tell(plan, digest);
    let mut made = Made::default();
    while let Some(revision) = told.recv().await {
        let revision = revision?;
        made.changes += revision.count.unsigned_abs();
        made.revisions += 1;
        loader.write(revision).await?;
        progress(made.revisions);
    }
    loader.finish().await?;
    // Has the database look at what is there, as it does by itself in time.
    client.batch_execute("VACUUM ANALYZE").await?;
    drop(client);
    let _ = driven.await;
    Ok(made)
}

/// Makes up the revisions on a thread of its own, one ahead of the database.
fn tell(plan: Plan, digest: Vec<u8>) -> mpsc::Receiver<Result<Encoded, Error>> {
    let (tell, told) = mpsc::channel(1);
    tokio::task::spawn_blocking(move || {
        let world = World::new(&plan);
        let mut story = Story::new(&world, plan);
        let mut encoder = Encoder::new(digest, plan.seed);
        for number in 1..=plan.revisions {
            let revision = story.revision(number).map(|revision| encoder.encode(revision));
            // Who does not listen any more has failed.
            if tell.blocking_send(revision).is_err() {
                break;
            }
        }
    });
    told
}
