//! What is there from the start: a department of justice in each division, and what is counted.

use serde_json::{Value, json};

use super::Plan;
use super::words::{COUNTS, FIELDS, of};
use crate::model::division::{self, Division};

/// The organization above all, which counts and has the organizations registered.
pub const MINISTRY: &str = "ministry";

/// How often a metric is counted, in months.
const SPANS: [u32; 3] = [3, 6, 12];

pub struct World {
    pub organizations: Vec<Division>,
    pub metrics: Vec<Metric>,
}

pub struct Metric {
    pub id: String,
    /// What it counts in, in Chinese.
    pub unit: &'static str,
    /// Months of a period.
    pub months: u32,
    /// Size of its figures, about.
    pub size: f64,
    record: Value,
}

impl World {
    /// Provinces, prefectures and counties, as many as the commitments can be spread over.
    pub fn new(plan: &Plan) -> World {
        let most = usize::try_from(plan.commitments / 10).unwrap_or(usize::MAX).max(34);
        let mut divisions: Vec<Division> = division::all().to_vec();
        divisions.sort_by_key(|division| (rank(division), division.code));
        divisions.truncate(most);
        let metrics = usize::try_from(plan.observations / 2_000).unwrap_or(usize::MAX).clamp(24, 2_000);
        World { organizations: divisions, metrics: (0..metrics).map(Metric::new).collect() }
    }

    /// Records of the first revision, by kind.
    pub fn records(&self) -> impl Iterator<Item = (&'static str, Value)> + '_ {
        let ministry = json!({"id": MINISTRY, "publisher": MINISTRY, "level": "central",
            "name": {"en": "Ministry (made up)", "zh-Hans": "（虚构）部"}});
        let organizations = self.organizations.iter().map(|division| {
            let above = parent(division).map_or_else(|| MINISTRY.to_owned(), |parent| organization(&parent));
            let level = ["province", "prefecture", "county"][rank(division)];
            let record = json!({"id": organization(division), "publisher": MINISTRY, "level": level, "parent": above,
                "division_code": division.code, "name": {"zh-Hans": format!("{}司法行政机关（虚构）", division.name)}});
            ("organization", record)
        });
        let metrics = self.metrics.iter().map(|metric| ("metric", metric.record.clone()));
        std::iter::once(("organization", ministry)).chain(organizations).chain(metrics)
    }
}

impl Metric {
    fn new(index: usize) -> Metric {
        let (topic, field) = FIELDS[index % FIELDS.len()];
        let (phrase, code, unit, time_basis) = COUNTS[(index / FIELDS.len()) % COUNTS.len()];
        let class = index / (FIELDS.len() * COUNTS.len());
        let id = format!("{topic}-{code}-{}", class + 1);
        let (en, zh) = of(phrase, field);
        let record = json!({
            "id": id, "publisher": MINISTRY, "time_basis": time_basis,
            "name": {"en": format!("{en}, class {}", class + 1), "zh-Hans": format!("{zh}（{}类）", class + 1)},
            "unit": {"code": code, "label": {"en": unit.0, "zh-Hans": unit.1}},
            "additive_over": if time_basis == "period_flow" { json!(["division", "period"]) } else { json!(["division"]) },
        });
        let size = 10f64.powf(1.5 + (index % 7) as f64 * 0.5);
        Metric { id, unit: unit.1, months: SPANS[index % SPANS.len()], size, record }
    }
}

/// Id of the organization in a division.
pub fn organization(division: &Division) -> String {
    format!("justice-{}", division.code)
}

/// The nearest division above.
fn parent(division: &Division) -> Option<Division> {
    division::parent(division.code)
}

/// 0 of provinces, 1 of prefectures, 2 of counties.
fn rank(division: &Division) -> usize {
    match (division.code.ends_with("0000"), division.code.ends_with("00")) {
        (true, _) => 0,
        (_, true) => 1,
        _ => 2,
    }
}
