//! What a finished answer rests on: said by who makes it, asked by the cache at every later revision.

use std::collections::HashSet;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

use crate::db::read::Moment;
use crate::model::kind::Kind;
use crate::model::kinds::{KINDS, metric, observation, report};

/// Some of the eight kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KindSet(u8);

impl KindSet {
    /// The kinds of these names.
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> KindSet {
        names.into_iter().fold(KindSet::default(), |set, name| {
            let place = KINDS.iter().position(|kind| kind.name == name);
            KindSet(set.0 | place.map_or(0, |place| 1 << place))
        })
    }

    pub fn meets(self, other: KindSet) -> bool {
        self.0 & other.0 != 0
    }
}

/// What has to stay as it is for the answer to stay so.
#[derive(Clone)]
pub enum Rests {
    /// The release alone.
    Release,
    /// One record.
    Record(&'static Kind, String),
    /// All records of some kinds.
    Kinds(KindSet),
    /// The whole ledger.
    Ledger,
}

/// What one revision changed.
#[derive(Clone, Debug, Default)]
pub struct Touched {
    pub revision: i64,
    /// Kinds of which rows changed, derived values included.
    pub kinds: KindSet,
    /// Records that were changed, as `kind/id`; none where they were too many to say.
    pub records: Option<HashSet<String>>,
}

impl Rests {
    /// Whether a revision may have changed what this rests on.
    pub fn is_touched_by(&self, touched: &Touched) -> bool {
        match self {
            Rests::Release => false,
            Rests::Ledger => true,
            Rests::Kinds(kinds) => kinds.meets(touched.kinds),
            Rests::Record(kind, id) => {
                let derived_from = match kind.name {
                    "commitment" => KindSet::named([report::KIND.name]),
                    // A ratio of two figures.
                    "observation" if id.contains('~') => KindSet::named([metric::KIND.name, observation::KIND.name]),
                    "observation" => KindSet::named([metric::KIND.name]),
                    _ => KindSet::default(),
                };
                let named = |records: &HashSet<String>| records.contains(&format!("{}/{id}", kind.name));
                derived_from.meets(touched.kinds)
                    || KindSet::named([kind.name]).meets(touched.kinds) && touched.records.as_ref().is_none_or(named)
            }
        }
    }
}

/// Of what a response was made; its extension, where it may be kept.
#[derive(Clone)]
pub struct Basis {
    pub rests: Rests,
    /// Head when it was made; nothing where it reads nothing.
    pub head: i64,
    pub last_redaction: i64,
    /// Whether it stays as it is but for redactions.
    pub pinned: bool,
    /// Whether it was asked for at a time, of which the revision stays the same.
    pub at_time: bool,
    /// When it may change by itself.
    pub until: Option<DateTime<Utc>>,
    /// Bytes of its body before any encoding.
    pub bytes: usize,
    /// The pattern that its path matched; said on the way out.
    pub route: Option<String>,
}

impl Basis {
    pub fn of(moment: &Moment, rests: Rests, bytes: usize) -> Basis {
        let Moment { head, last_redaction, as_of, .. } = *moment;
        Basis { rests, head, last_redaction, pinned: false, at_time: as_of.is_some(), until: None, bytes, route: None }
    }

    /// Of what only a release changes.
    pub fn release(bytes: usize) -> Basis {
        let rests = Rests::Release;
        Basis { rests, head: 0, last_redaction: 0, pinned: false, at_time: false, until: None, bytes, route: None }
    }

    /// The same of what depends on the day. Every zone's days begin at a full quarter of an hour.
    pub fn of_today(mut self, now: DateTime<Utc>) -> Basis {
        let quarter = TimeDelta::minutes(15);
        self.until = now.duration_trunc(quarter).ok().map(|begun| begun + quarter);
        self
    }
}
