//! What `/v1/compare` answers.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::model::codes::{Dimension, Qualifier, TimeBasis};
use crate::model::kinds::metric::Unit;
use crate::model::text::{Decimal, DivisionCode, HumanText, PeriodText, RecordId};

/// Figures of one metric, compared.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Comparison {
    /// Newest revision that changed what this rests on; a citation names it.
    #[schema(minimum = 0)]
    pub changed_in: i64,
    pub metric: RecordId,
    /// What the metric is called.
    pub name: HumanText,
    pub unit: Unit,
    /// What the rows are: divisions, subjects or periods.
    pub by: Dimension,
    /// The figures added up, where that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<ComparisonTotal>,
    /// A row for each division, subject or period that has figures; with a total, those that were added.
    pub data: Vec<ComparisonRow>,
    /// Rows that were not added, each with the reason.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub left_out: Vec<ComparisonRow>,
}

/// Figures of one division, subject or period.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct ComparisonRow {
    /// The division, by code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub division_code: Option<DivisionCode>,
    /// The organization measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<RecordId>,
    pub period: PeriodText,
    /// The figure; absent where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Decimal>,
    /// How exactly it was stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qualifier: Option<Qualifier>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_basis: Option<TimeBasis>,
    /// Whether this service computed the figure, as a ratio; absent where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub computed: Option<bool>,
    /// Observations of this row: one, or those among which nobody said how to choose.
    pub inputs: Vec<RecordId>,
    /// How it changed, where that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<ComparisonChange>,
    /// Why there is no value, no change, or why it was not added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<ComparisonReason>,
}

/// A sum that this service computed.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct ComparisonTotal {
    /// Always true: nobody published it.
    pub computed: bool,
    /// Period of the figures; absent where periods were added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<PeriodText>,
    /// The sum, exact.
    pub value: Decimal,
    /// How it was computed, in words.
    pub formula: HumanText,
    /// Observations that were added.
    pub inputs: Vec<RecordId>,
    /// How figures among them were stated, where not exactly.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub qualifiers: Vec<Qualifier>,
    /// Of how many divisions or subjects it is; absent where periods were added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<Coverage>,
    /// How it changed, where that was asked and figures before are there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<ComparisonChange>,
}

/// How much of the whole a sum is of.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Coverage {
    /// How many have a figure in it.
    #[schema(minimum = 0)]
    pub with_figure: i64,
    /// How many ever had a figure of the metric. There may be others that never had one.
    #[schema(minimum = 0)]
    pub known: i64,
    /// The same in words.
    pub detail: HumanText,
}

/// A difference that this service computed.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct ComparisonChange {
    /// Period compared with; absent where periods were added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<PeriodText>,
    /// What is compared, where it is not value: the sum of the figures that also have one before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Decimal>,
    /// What it is compared with.
    pub before: Decimal,
    /// Observations of before.
    pub inputs: Vec<RecordId>,
    /// Difference in the metric's unit, exact.
    pub absolute: Decimal,
    /// Difference in percent of before, one decimal, half to even; absent where before is not positive, and of percentages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent: Option<Decimal>,
    /// Of percentages: the difference in percentage points, one decimal, half to even.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percentage_points: Option<Decimal>,
    /// How it was computed, in words.
    pub formula: HumanText,
}

/// Why something is not there.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct ComparisonReason {
    /// Stable code for programs.
    pub code: String,
    /// The reason in words.
    pub detail: HumanText,
}

/// An answer, for the document.
pub fn example() -> Value {
    serde_json::from_str(EXAMPLE).unwrap_or_default()
}

const EXAMPLE: &str = r#"{
    "changed_in": 1, "metric": "mediation-cases", "name": {"en": "Disputes mediated online", "zh-Hans": "在线调解纠纷"},
    "unit": {"code": "case", "label": {"en": "cases", "zh-Hans": "件"}}, "by": "division",
    "total": {"computed": true, "period": "2020-S1", "value": 300, "formula": {"en": "sum of the values of 2 divisions, added by this service"},
        "inputs": ["cases-370100-2020-s1", "cases-370200-2020-s1"],
        "coverage": {"with_figure": 2, "known": 3, "detail": {"en": "2 of the 3 divisions that ever had a figure of this metric"}}},
    "data": [
        {"division_code": "370100", "period": "2020-S1", "value": 200, "time_basis": "period_flow", "computed": false, "inputs": ["cases-370100-2020-s1"],
            "change": {"period": "2019-S1", "before": 160, "inputs": ["cases-370100-2019-s1"], "absolute": 40, "percent": 25,
                "formula": {"en": "value − before; (value − before) ÷ before × 100"}}},
        {"division_code": "370200", "period": "2020-S1", "value": 100, "time_basis": "period_flow", "computed": false, "inputs": ["cases-370200-2020-s1"],
            "reason": {"code": "no-figure", "detail": {"en": "There is no such figure of 2019-S1."}}}
    ]
}"#;
