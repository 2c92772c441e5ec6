//! What `/v1/compare` takes.

use serde_json::{Value, json};

use super::FILTERS;
use crate::api::parameters::{ParameterSet, values};
use crate::model::codes::{Change, Dimension, TimeBasis};
use crate::model::kinds::observation;

impl ParameterSet {
    /// What `/v1/compare` takes.
    pub fn comparison(mut self) -> ParameterSet {
        self = self.add("metric", "Metric whose figures are compared.", values::id(), json!("mediation-cases"));
        if let Some(metric) = self.0.last_mut() {
            metric.required = true;
        }
        let code = |codes: &[&str]| json!({"type": "string", "enum": codes});
        let mut set = self
            .add(
                "by",
                "What the rows are: divisions (GB/T 2260), subjects (organizations measured) or periods; periods unless told. Of divisions and subjects the newest figures, or those of period.",
                code(Dimension::CODES),
                json!("division"),
            )
            .add(
                "aggregate",
                "sum adds the figures up, where the metric says that they may be (additive_over); else a 422, not-comparable, says why not. \
                 Without period, divisions and subjects are added in their newest one.",
                code(&["sum"]),
                Value::Null,
            )
            .add(
                "change",
                "year_on_year compares each figure with that of the same period a year before, previous with the period of the same length right before.",
                code(Change::CODES),
                json!("year_on_year"),
            )
            .add("period", "Figures of this period alone.", values::period(), json!("2020-S1"))
            .add(
                "division",
                "With by=division the divisions under this one, otherwise figures of this division itself (GB/T 2260).",
                json!({"type": "string", "pattern": "^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})$"}),
                Value::Null,
            )
            .add("scope", "Figures of this scope, as printed.", values::text(), Value::Null)
            .add("time_basis", "Figures of this time basis.", code(TimeBasis::CODES), Value::Null);
        let kind = &observation::KIND;
        for filter in FILTERS.iter().filter_map(|name| kind.filter(name)) {
            set = set.filter(filter);
        }
        set
    }
}
