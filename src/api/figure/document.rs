//! A figure as programs read it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::model::codes::{Comparator, ObsStatus, Qualifier, TimeBasis};
use crate::model::kinds::metric::Unit;
use crate::model::text::{Day, Decimal, DivisionCode, HumanText, PeriodText, RecordId};

/// One figure of a metric.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Figure {
    /// Metric counted.
    pub metric: RecordId,
    /// What the metric is called.
    pub name: HumanText,
    pub unit: Unit,
    /// Observation that the figure is from.
    pub observation: RecordId,
    /// The figure, in the metric's unit; of no meaning where obs_status is H, L, M, O or Q: there is no figure then.
    pub value: Decimal,
    /// How exactly it was stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qualifier: Option<Qualifier>,
    /// The figure as printed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_published: Option<String>,
    /// What span of time it counts over.
    pub time_basis: TimeBasis,
    /// Status of the observation, SDMX.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub obs_status: Option<ObsStatus>,
    /// Whether this service computed it, as a ratio.
    pub computed: bool,
    /// Period counted.
    pub period: PeriodText,
    /// First day of the period, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period_start: Option<Day>,
    /// Last day of the period, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period_end: Option<Day>,
    /// Organization measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<FigureOrganization>,
    /// Area covered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub division_code: Option<DivisionCode>,
    /// Whose figure it is, as printed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Organization that says so; the publisher where no other is known.
    pub reported_by: FigureOrganization,
    /// What it changed by since the period before; absent where there is none to compare with, and where one of the two was printed in
    /// another unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<FigureChange>,
    /// Targets for all, or for whom and for where the figure is, the latest 20.
    pub targets: Vec<FigureTarget>,
    /// The same in words.
    pub text: FigureText,
    /// Newest revision that changed what this rests on.
    #[schema(minimum = 1)]
    pub changed_in: i64,
}

/// An organization by its id and name.
#[derive(Serialize, Deserialize, ToSchema, Clone)]
pub struct FigureOrganization {
    pub id: RecordId,
    /// What it is called; absent where the organization is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<HumanText>,
}

/// A change since the period before.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct FigureChange {
    /// Observation compared with.
    pub observation: RecordId,
    /// Its period: the last one of the same kind that has a figure.
    pub period: PeriodText,
    /// Its value.
    pub value: Decimal,
    /// The figure less that value.
    pub difference: Decimal,
    /// The difference in percent of that value, to one decimal, half to even; absent of percentages and of 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent: Option<Decimal>,
    /// Whether one of the two was not stated exactly.
    pub approximate: bool,
}

/// A promised figure.
#[derive(Serialize, Deserialize, ToSchema, Clone)]
pub struct FigureTarget {
    pub id: RecordId,
    /// The figure promised, in the metric's unit.
    pub value: Decimal,
    /// How it is to be met.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparator: Option<Comparator>,
    /// Day by which it is promised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_on: Option<Day>,
}

/// A figure in words.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct FigureText {
    /// Language of the words (BCP 47).
    pub language: String,
    /// What the metric is called.
    pub name: String,
    /// The figure with its unit, or that there is none.
    pub value: String,
    /// Its period.
    pub period: String,
    /// Whose figure it is, where it says so: organization measured, area where it is not that organization's own or its reporter's, scope.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// What it changed by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<String>,
    /// Who says so.
    pub source: String,
    /// One sentence to stand below a picture: the figure, its period, who says so, the revision.
    pub caption: String,
    /// What a picture of the figure and its series shows, for those who do not see it: every figure, or of many the first, the last,
    /// the largest and the smallest.
    pub alt: String,
}

/// A badge, as the endpoint badge of shields.io reads it.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Badge {
    /// Always 1.
    #[serde(rename = "schemaVersion")]
    pub schema_version: i32,
    /// What the metric is called, and whose figure it is where it says so.
    pub label: String,
    /// The figure with its unit and period.
    pub message: String,
}

pub fn example() -> Value {
    json!({
        "metric": "mediation-cases", "name": {"en": "Disputes mediated online", "zh-Hans": "在线调解纠纷"},
        "unit": {"code": "case", "label": {"en": "cases", "zh-Hans": "件"}}, "observation": "mediation-cases-2020-s1", "value": 29456,
        "as_published": "29456件", "time_basis": "period_flow", "computed": false, "period": "2020-S1", "period_start": "2020-01-01",
        "period_end": "2020-06-30", "division_code": "370000", "reported_by": {"id": "sd-justice", "name": {"en": "Department of Justice"}},
        "change": {"observation": "mediation-cases-2019-s2", "period": "2019-S2", "value": 25000, "difference": 4456, "percent": 17.8, "approximate": false},
        "targets": [], "changed_in": 1,
        "text": {"language": "en", "name": "Disputes mediated online", "value": "29,456 cases", "period": "first half of 2020",
            "change": "up 4,456 cases (17.8%) from the second half of 2019", "source": "Department of Justice",
            "caption": "Disputes mediated online, first half of 2020: 29,456 cases (source: Department of Justice; revision 1).",
            "alt": "Disputes mediated online. Second half of 2019: 25,000 cases. First half of 2020: 29,456 cases. Up 4,456 cases (17.8%) from the second half of 2019."},
    })
}
