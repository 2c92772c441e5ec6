//! Rules about figures that need the ledger: one figure for each combination of what identifies it,
//! and none published where the service computes.

use std::collections::{BTreeSet, HashMap};

use diesel_async::AsyncPgConnection;
use serde_json::Value;

use super::plan::{Plan, Upsert};
use super::state::{self, FigureRow, IDENTIFYING, MetricRow};
use crate::db::Error;
use crate::model::draft::Draft;
use crate::model::problem::{Problem, Problems};
use crate::say;

/// What the plan makes of a metric, and what the ledger has of it.
#[derive(Default)]
struct Metric {
    time_basis: String,
    is_ratio: bool,
    /// Whether there are published observations of it.
    observed: bool,
    /// Whether a ratio is made of it.
    in_ratio: bool,
}

/// What the ledger has beside figures that are to be published.
#[derive(Default)]
pub struct Beside {
    metrics: Vec<MetricRow>,
    /// Figures that may be the same ones.
    figures: Vec<FigureRow>,
}

impl Beside {
    /// Loads it for these records, with every figure of the metrics that `moved`.
    pub async fn load<'a>(
        connection: &AsyncPgConnection,
        drafts: impl Iterator<Item = &'a Draft>,
        moved: Vec<String>,
    ) -> Result<Beside, Error> {
        let (mut observations, mut metrics) = (Vec::new(), BTreeSet::new());
        for draft in drafts {
            match draft.kind.name {
                "observation" => {
                    metrics.insert(text(&draft.value, "metric"));
                    observations.push(draft);
                }
                "metric" => {
                    metrics.insert(draft.id.clone());
                    metrics.extend(draft.references.iter().map(|reference| reference.id.clone()));
                }
                _ => {}
            }
        }
        if metrics.is_empty() {
            return Ok(Beside::default());
        }
        let alike = IDENTIFYING
            .map(|(name, default)| observations.iter().map(|draft| said(&draft.value, name, default)).collect());
        let metrics = state::metrics(connection, metrics.into_iter().collect());
        let (metrics, figures) = tokio::join!(biased; metrics, state::figures(connection, alike, moved));
        Ok(Beside { metrics: metrics?, figures: figures? })
    }
}

/// Metrics whose time basis is another one in the plan, which moves every figure that does not state its own.
pub fn moved(plan: &Plan) -> Vec<String> {
    let moves = |upsert: &&Upsert| {
        upsert.before.as_ref().is_some_and(|before| before["time_basis"] != upsert.draft.value["time_basis"])
    };
    drafts(plan, "metric").filter(moves).map(|upsert| upsert.draft.id.clone()).collect()
}

pub fn check(plan: &mut Plan, beside: Beside, problems: &mut Problems) {
    let observations: Vec<&Draft> = drafts(plan, "observation").map(|upsert| &upsert.draft).collect();
    let changed: Vec<&Upsert> = drafts(plan, "metric").collect();
    let mut metrics: HashMap<String, Metric> = HashMap::new();
    for MetricRow { id, time_basis, ratio_numerator, observed, in_ratio } in beside.metrics {
        metrics.insert(id, Metric { time_basis, is_ratio: ratio_numerator.is_some(), observed, in_ratio });
    }
    let in_ratio = metrics.values().any(|metric| metric.in_ratio);
    for Upsert { draft, .. } in &changed {
        let metric = metrics.entry(draft.id.clone()).or_default();
        metric.is_ratio = draft.value.get("ratio").is_some();
        metric.time_basis = text(&draft.value, "time_basis");
    }
    check_ratios(&observations, &changed, &metrics, problems);
    check_unique(beside.figures, plan, &observations, &changed, &metrics, problems);
    // Nothing was computed from what was never there.
    let is_new = |upsert: &Upsert| upsert.before.is_none() && !upsert.reinstates;
    plan.no_ratio =
        !in_ratio && changed.is_empty() && plan.withdrawals.is_empty() && drafts(plan, "observation").all(is_new);
}

fn drafts<'a>(plan: &'a Plan, kind: &'a str) -> impl Iterator<Item = &'a Upsert> {
    plan.upserts.iter().filter(move |upsert| upsert.draft.kind.name == kind)
}

fn text(value: &Value, member: &str) -> String {
    said(value, member, "")
}

fn said(value: &Value, name: &str, default: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or(default).to_owned()
}

/// A ratio is computed from two metrics that are counted.
fn check_ratios(
    observations: &[&Draft],
    changed: &[&Upsert],
    metrics: &HashMap<String, Metric>,
    problems: &mut Problems,
) {
    let is_ratio = |id: &str| metrics.get(id).is_some_and(|metric| metric.is_ratio);
    for draft in observations {
        let metric = text(&draft.value, "metric");
        if is_ratio(&metric) {
            problems.push(Problem::at(format!("{}/metric", draft.pointer), "computed-metric", say!(
                "{metric} is a ratio, which the service computes. Publish a printed rate under a metric of its own.",
                "{metric} 是由系统计算的比率。印出的比率请用另外的指标发布。"
            )));
        }
    }
    for Upsert { draft, .. } in changed {
        let id = &draft.id;
        for reference in draft.references.iter().filter(|reference| reference.member() == "ratio") {
            if is_ratio(&reference.id) {
                problems.push(Problem::at(
                    format!("{}{}", draft.pointer, reference.pointer),
                    "ratio-of-ratio",
                    say!(
                        "A ratio is made of metrics that are counted, not of ratios.",
                        "比率应由计数指标构成，不能再由比率构成。"
                    ),
                ));
            }
        }
        let Some(metric) = metrics.get(id).filter(|metric| metric.is_ratio) else { continue };
        if metric.in_ratio {
            problems.push(Problem::at(
                format!("{}/ratio", draft.pointer),
                "ratio-of-ratio",
                say!(
                    "Another ratio is made of {id}, so it cannot become a ratio itself. Make a new metric.",
                    "已有比率由 {id} 构成，它本身不能再改为比率，请新建指标。"
                ),
            ));
        }
        if metric.observed {
            problems.push(Problem::at(
                format!("{}/ratio", draft.pointer),
                "observed-metric",
                say!(
                    "{id} has published observations, so it cannot become a ratio. Make a new metric.",
                    "{id} 已有发布的观测值，不能改为比率，请新建指标。"
                ),
            ));
        }
    }
}

/// What identifies a figure: effective time basis, and the members in [`IDENTIFYING`].
type FigureKey = (String, [String; IDENTIFYING.len()]);

fn figure_key(value: &Value, metrics: &HashMap<String, Metric>) -> FigureKey {
    let metric = text(value, "metric");
    let basis = value.get("time_basis").and_then(Value::as_str).map(str::to_owned);
    let basis = basis.or_else(|| metrics.get(&metric).map(|metric| metric.time_basis.clone())).unwrap_or_default();
    (basis, IDENTIFYING.map(|(name, default)| said(value, name, default)))
}

fn check_unique(
    there: Vec<FigureRow>,
    plan: &Plan,
    observations: &[&Draft],
    changed: &[&Upsert],
    metrics: &HashMap<String, Metric>,
    problems: &mut Problems,
) {
    let replaced: BTreeSet<&str> = observations
        .iter()
        .map(|draft| draft.id.as_str())
        .chain(plan.withdrawals.iter().filter(|w| w.kind.name == "observation").map(|w| w.id.as_str()))
        .collect();
    let mut seen: HashMap<FigureKey, String> = HashMap::new();
    for row in there {
        let Ok(body) = serde_json::from_str::<Value>(&row.body) else { continue };
        if replaced.contains(row.id.as_str()) {
            continue;
        }
        if let Some(other) = seen.insert(figure_key(&body, metrics), row.id.clone()) {
            let pointer =
                changed.iter().find(|upsert| upsert.draft.id == row.metric).map(|upsert| upsert.draft.pointer.clone());
            problems.push(duplicate(format!("{}/time_basis", pointer.unwrap_or_default()), &other));
        }
    }
    for draft in observations {
        if let Some(other) = seen.insert(figure_key(&draft.value, metrics), draft.id.clone()) {
            problems.push(duplicate(draft.pointer.clone(), &other));
        }
    }
}

fn duplicate(pointer: String, other: &str) -> Problem {
    Problem::at(
        pointer,
        "duplicate-figure",
        say!(
            "This is the same figure as observation {other}: metric, subject, division, scope, period, time basis, role and reporter agree. Correct that one, or say in scope whose figure this is.",
            "与观测值 {other} 是同一数字：指标、对象、区划、范围、期间、时间口径、角色、报告者均相同。请更正那一条，或在 scope 中写明这是谁的数字。"
        ),
    )
}
