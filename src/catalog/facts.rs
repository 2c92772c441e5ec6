//! What is described: the facts of one revision, and the datasets that they make.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;

use super::Licence;
use super::words;
use crate::config::Operator;
use crate::model::kind::Kind;
use crate::model::kinds::{KINDS, commitment};
use crate::model::text::HumanText;

/// What [`crate::db::read::facts`] reads.
#[derive(Deserialize)]
pub struct Facts {
    /// UUID of the ledger.
    pub ledger: String,
    /// Time of the revision; none in an empty ledger.
    pub published_at: Option<DateTime<Utc>>,
    /// Time of revision 1.
    pub first_published_at: Option<DateTime<Utc>>,
    /// By kind, singular.
    pub kinds: BTreeMap<String, Counted>,
    /// Day of the newest report that has one.
    pub reported_on: Option<NaiveDate>,
    /// Last day of the newest period with a figure.
    pub period_end: Option<NaiveDate>,
    /// First day of the oldest.
    pub period_start: Option<NaiveDate>,
    /// Years of the programmes.
    pub years: Vec<i32>,
    /// BCP 47 tags.
    pub languages: Vec<String>,
    /// GB/T 2260 codes of those who promise and of the figures.
    pub divisions: Vec<String>,
    /// Newest year first.
    pub programmes: Vec<Programme>,
    /// Who answers for the whole.
    pub publisher: Option<Agent>,
}

/// Records of a kind.
#[derive(Deserialize, Default)]
pub struct Counted {
    pub count: i64,
    /// The first revision that changed it.
    pub first: Option<i64>,
    pub first_at: Option<DateTime<Utc>>,
    /// Its day in the ledger's time zone.
    pub first_on: Option<NaiveDate>,
    /// The last one, 0 without any.
    pub changed_in: i64,
    pub changed_at: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
pub struct Programme {
    pub id: String,
    pub year: i32,
    pub title: HumanText,
    pub announced_on: Option<NaiveDate>,
    /// Its place among all programmes ever published, from 1; never changes.
    pub sequence: i64,
    pub first: i64,
    pub first_at: Option<DateTime<Utc>>,
    /// Its day in the ledger's time zone.
    pub first_on: Option<NaiveDate>,
    pub changed_in: i64,
    pub changed_at: Option<DateTime<Utc>>,
    pub commitments: i64,
    /// The commonest cadence of its commitments.
    pub cadence: Option<String>,
    pub organization: Agent,
}

/// An organization.
#[derive(Deserialize, Clone)]
pub struct Agent {
    pub id: String,
    /// None of an organization that was redacted.
    pub name: Option<HumanText>,
    pub level: Option<String>,
    pub division_code: Option<String>,
    pub uscc: Option<String>,
}

impl Agent {
    /// Its name in the first of these languages that it has, else its id.
    pub fn name_in(&self, languages: &[&str]) -> &str {
        let names = self.name.as_ref().map(|name| &name.0);
        names.and_then(|names| in_language(names, languages)).unwrap_or(&self.id)
    }
}

/// Text in the first of these languages that there is, else in any.
pub fn in_language<'a>(text: &'a BTreeMap<String, String>, languages: &[&str]) -> Option<&'a str> {
    let preferred = languages.iter().find_map(|language| text.get(*language));
    preferred.or_else(|| text.values().next()).map(String::as_str)
}

/// A catalogue under description.
pub struct Catalogue<'a> {
    pub facts: Facts,
    /// Address of the service, without a slash at its end.
    pub base: &'a str,
    /// The revision.
    pub revision: i64,
    /// Whether it is described for good, and its addresses stay at the revision.
    pub pinned: bool,
    pub operator: &'a Operator,
    pub licence: &'a Licence,
}

/// A dataset: a kind of records, or the commitments of one programme.
pub struct Dataset {
    /// Readable and unique in the catalogue.
    pub key: String,
    pub kind: &'static Kind,
    /// The programme, where it is that of one.
    pub programme: Option<String>,
    /// Its place among datasets of its sort, from 1; never changes.
    pub sequence: i64,
    pub title: HumanText,
    pub description: HumanText,
    pub publisher: Option<Agent>,
    pub count: i64,
    pub first: Option<i64>,
    pub issued: Option<DateTime<Utc>>,
    /// Its day in the ledger's time zone.
    pub issued_on: Option<NaiveDate>,
    pub changed_in: i64,
    pub modified: Option<DateTime<Utc>>,
    /// How often progress is reported, where that is known: A, S, Q, M or irregular.
    pub cadence: Option<String>,
    pub days: Option<(NaiveDate, NaiveDate)>,
    pub divisions: Vec<String>,
}

impl Catalogue<'_> {
    /// An address below the service, at the revision if the catalogue is pinned. `query` goes before it.
    pub fn address(&self, path: &str, query: Option<&str>) -> String {
        let revision = self.pinned.then(|| format!("revision={}", self.revision));
        let query: Vec<&str> = query.into_iter().chain(revision.as_deref()).collect();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}/{path}{mark}{}", self.base, query.join("&"))
    }

    /// What the catalogue is called.
    pub fn title(&self) -> HumanText {
        let publisher = self.facts.publisher.as_ref();
        words::catalogue(publisher.map(|agent| (agent.name_in(&["en"]), agent.name_in(&["zh-Hans", "zh"]))))
    }

    /// First and last day that the records are about.
    pub fn days(&self) -> Option<(NaiveDate, NaiveDate)> {
        let years = self.facts.years.first().zip(self.facts.years.last());
        let days = years.and_then(|(first, last)| Some((year_days(*first)?.0, year_days(*last)?.1)));
        let first = days.map(|(first, _)| first).into_iter().chain(self.facts.period_start).min();
        let last = days.map(|(_, last)| last).into_iter().chain(self.facts.period_end).max();
        first.zip(last).filter(|(first, last)| first <= last)
    }

    /// What can be downloaded: every kind, then every programme, newest first.
    pub fn datasets(&self) -> Vec<Dataset> {
        let kinds = KINDS.into_iter().map(|kind| self.of_kind(kind));
        kinds.chain(self.facts.programmes.iter().map(of_programme)).collect()
    }

    /// The dataset of a kind.
    pub fn of_kind(&self, kind: &'static Kind) -> Dataset {
        let counted = self.facts.kinds.get(kind.name);
        Dataset {
            key: kind.collection.to_owned(),
            kind,
            programme: None,
            sequence: i64::try_from(kind.rank()).map_or(0, |rank| rank + 1),
            title: words::title(kind),
            description: words::description(kind),
            publisher: self.facts.publisher.clone(),
            count: counted.map_or(0, |counted| counted.count),
            first: counted.and_then(|counted| counted.first),
            issued: counted.and_then(|counted| counted.first_at),
            issued_on: counted.and_then(|counted| counted.first_on),
            changed_in: counted.map_or(0, |counted| counted.changed_in),
            modified: counted.and_then(|counted| counted.changed_at),
            cadence: None,
            days: self.days(),
            divisions: self.facts.divisions.clone(),
        }
    }
}

fn of_programme(programme: &Programme) -> Dataset {
    Dataset {
        key: format!("programme-{}", programme.id),
        kind: &commitment::KIND,
        programme: Some(programme.id.clone()),
        sequence: programme.sequence,
        title: programme.title.clone(),
        description: words::of_programme(programme),
        publisher: Some(programme.organization.clone()),
        count: programme.commitments,
        first: Some(programme.first),
        issued: programme.first_at,
        issued_on: programme.first_on,
        changed_in: programme.changed_in,
        modified: programme.changed_at,
        cadence: programme.cadence.clone(),
        days: year_days(programme.year),
        divisions: programme.organization.division_code.iter().cloned().collect(),
    }
}

fn year_days(year: i32) -> Option<(NaiveDate, NaiveDate)> {
    NaiveDate::from_ymd_opt(year, 1, 1).zip(NaiveDate::from_ymd_opt(year, 12, 31))
}
