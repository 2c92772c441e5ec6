//! What an import may lean on: what is in the ledger already, and the publisher's own rules.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::naming::{likeness, overlap};
use super::words;

/// Rules of a publisher: names for words, and codes for wordings of their own.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Metrics by the words that name them.
    pub metrics: Vec<MetricRule>,
    /// Codes of statuses by their wording.
    pub statuses: BTreeMap<String, crate::model::codes::Status>,
    /// Words that count nothing whatever stands before them.
    pub ignore: Vec<String>,
}

/// A metric and the words that name it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricRule {
    pub id: String,
    /// Words one of which the name beside a figure has.
    pub words: Vec<String>,
    /// Measure word it must have, where given.
    pub unit: Option<String>,
}

/// Records of the ledger, by kind and id.
#[derive(Default)]
pub struct Known {
    pub records: BTreeMap<(&'static str, String), Value>,
    /// Those that were withdrawn or redacted; nothing new is said about them.
    pub gone: BTreeSet<(&'static str, String)>,
}

/// Likeness from which on a name is taken for a known one.
const ALIKE: f64 = 0.8;
/// The same among figures of one commitment.
const ALIKE_WITHIN: f64 = 0.5;
/// How much of the shorter wording is in the other where a number is taken for a known commitment's.
const SHARED: f64 = 0.5;

impl Known {
    pub fn get(&self, kind: &'static str, id: &str) -> Option<&Value> {
        self.records.get(&(kind, id.to_owned()))
    }

    pub fn of(&self, kind: &'static str) -> impl Iterator<Item = (&String, &Value)> {
        self.records.iter().filter(move |((known, _), _)| *known == kind).map(|((_, id), body)| (id, body))
    }

    /// The metric of a fitting unit that words name. Those of the same commitment need not be as alike.
    pub fn metric(&self, name: &str, commitment: Option<&str>, fits: impl Fn(&str) -> bool) -> Option<String> {
        let own: BTreeSet<&str> = ["observation", "target"]
            .into_iter()
            .flat_map(|kind| self.of(kind))
            .filter(|(_, body)| commitment.is_some() && body["commitment"].as_str() == commitment)
            .filter_map(|(_, body)| body["metric"].as_str())
            .collect();
        let mut best: Option<(f64, &String)> = None;
        for (id, body) in self.of("metric") {
            let known = body["name"]["zh-Hans"].as_str().unwrap_or_default();
            if body.get("ratio").is_some() || !fits(unit_of(body)) {
                continue;
            }
            let same = words::folded(known) == words::folded(name);
            let score = if same { 1.0 } else { likeness(known, name) };
            let least = if own.contains(id.as_str()) { ALIKE_WITHIN } else { ALIKE };
            if score >= least && best.is_none_or(|(highest, _)| score > highest) {
                best = Some((score, id));
            }
        }
        best.map(|(_, id)| id.clone())
    }

    /// Which commitment of a programme each numbered title is, if it is one for sure, and whether it is worded
    /// otherwise. One is taken once, by what is most like it.
    pub fn commitments(&self, programme: &str, titles: &[(i64, String)]) -> Vec<Option<(String, bool)>> {
        let mut pairs: Vec<(f64, usize, &String, bool)> = Vec::new();
        for (id, body) in self.of("commitment").filter(|(_, body)| body["programme"] == programme) {
            let of = |members: &[&str]| -> Vec<&str> {
                members.iter().filter_map(|member| body[*member]["zh-Hans"].as_str()).collect()
            };
            let (verbatim, wordings) = (of(&["title", "text"]), of(&["title", "text", "summary"]));
            for (index, (number, title)) in titles.iter().enumerate() {
                let numbered = body["number"] == *number;
                let most =
                    |alike: fn(&str, &str) -> f64| wordings.iter().map(|known| alike(known, title)).fold(0.0, f64::max);
                let same = verbatim.contains(&title.as_str());
                let alike = if same { 2.0 } else { most(likeness) };
                if alike >= ALIKE || numbered && most(overlap) >= SHARED {
                    let score = alike + if numbered { 0.5 } else { 0.0 };
                    pairs.push((score, index, id, alike < ALIKE || !same && !numbered));
                }
            }
        }
        pairs.sort_by(|one, other| other.0.total_cmp(&one.0));
        let mut found = vec![None; titles.len()];
        let mut taken = BTreeSet::new();
        for (_, index, id, differs) in pairs {
            if found[index].is_none() && taken.insert(id) {
                found[index] = Some((id.clone(), differs));
            }
        }
        found
    }
}

/// The measure word of a metric.
pub fn unit_of(metric: &Value) -> &str {
    metric["unit"]["label"]["zh-Hans"].as_str().unwrap_or_default()
}

/// Whether measure words are one: 个百分点 and 百分点 are, 元 and 美元 are not.
pub fn same_unit(one: &str, other: &str) -> bool {
    let plain = |unit: &str| {
        let unit = words::folded(unit.trim());
        unit.strip_prefix('个').filter(|rest| !rest.is_empty()).unwrap_or(&unit).to_owned()
    };
    plain(one) == plain(other)
}

impl Rules {
    /// The rule for a metric that words and a measure word name.
    pub fn metric(&self, name: &str, measure: &str) -> Option<&MetricRule> {
        self.metrics.iter().find(|rule| {
            rule.words.iter().any(|word| name.contains(word.as_str()))
                && rule.unit.as_deref().is_none_or(|unit| same_unit(unit, measure))
        })
    }
}
