//! What an import may lean on: what is in the ledger already, and the publisher's own rules.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::naming::likeness;
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

impl Known {
    pub fn get(&self, kind: &'static str, id: &str) -> Option<&Value> {
        self.records.get(&(kind, id.to_owned()))
    }

    pub fn of(&self, kind: &'static str) -> impl Iterator<Item = (&String, &Value)> {
        self.records.iter().filter(move |((known, _), _)| *known == kind).map(|((_, id), body)| (id, body))
    }

    /// The metric that words and a measure word name. Those of the same commitment need not be as alike.
    pub fn metric(&self, name: &str, measure: &str, commitment: Option<&str>) -> Option<String> {
        let own: BTreeSet<&str> = ["observation", "target"]
            .into_iter()
            .flat_map(|kind| self.of(kind))
            .filter(|(_, body)| commitment.is_some() && body["commitment"].as_str() == commitment)
            .filter_map(|(_, body)| body["metric"].as_str())
            .collect();
        let mut best: Option<(f64, &String)> = None;
        for (id, body) in self.of("metric") {
            let label = body["unit"]["label"]["zh-Hans"].as_str().unwrap_or_default();
            let known = body["name"]["zh-Hans"].as_str().unwrap_or_default();
            let unit = label == measure || label.contains(measure) || !label.is_empty() && measure.contains(label);
            if body.get("ratio").is_some() || !unit {
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

    /// The commitment of a programme that has this number and wording, and whether the title differs.
    pub fn commitment(&self, programme: &str, number: i64, title: &str) -> Option<(String, bool)> {
        let mut best: Option<(f64, &String, &Value)> = None;
        for (id, body) in self.of("commitment").filter(|(_, body)| body["programme"] == programme) {
            let wording = ["title", "text", "summary"].iter().filter_map(|member| body[member]["zh-Hans"].as_str());
            let alike = wording.map(|known| likeness(known, title)).fold(0.0, f64::max);
            let score = alike + if body["number"] == number { 0.5 } else { 0.0 };
            if best.is_none_or(|(highest, ..)| score > highest) {
                best = Some((score, id, body));
            }
        }
        let (score, id, body) = best.filter(|(score, ..)| *score >= 0.5)?;
        let same = ["title", "text"].iter().any(|member| body[member]["zh-Hans"].as_str() == Some(title));
        Some((id.clone(), !same && score < 1.3))
    }
}

impl Rules {
    pub fn metric(&self, name: &str, measure: &str) -> Option<String> {
        let rule = self.metrics.iter().find(|rule| {
            rule.words.iter().any(|word| name.contains(word.as_str()))
                && rule.unit.as_deref().is_none_or(|unit| unit == measure)
        });
        rule.map(|rule| rule.id.clone())
    }
}
