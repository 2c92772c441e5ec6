use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{PartialSchema, ToSchema};

use crate::model::codes::{ObsStatus, PeriodResolver, Qualifier, Role, TimeBasis};
use crate::model::kind::{
    self, Accepts, Derived, Filter, Include, Kind, PERIOD_DAYS, Record, Reference, Shape, Sort, Test,
};
use crate::model::period;
use crate::model::problem::Problem;
use crate::model::text::{Decimal, DivisionCode, HumanText, PeriodText, RecordId, Sha256Hex};
use crate::say;

/// The words a figure was said in: a W3C Web Annotation TextQuoteSelector, and where it stands.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct Evidence {
    /// Source the words are in.
    pub source: RecordId,
    /// The words.
    #[schema(min_length = 1, max_length = 2000)]
    pub exact: String,
    /// Words before them.
    #[schema(max_length = 500)]
    pub prefix: Option<String>,
    /// Words after them.
    #[schema(max_length = 500)]
    pub suffix: Option<String>,
    /// First Unicode code point of `exact` in the normalised text, from 0.
    #[schema(minimum = 0)]
    pub start: Option<i64>,
    /// Code point after the last of `exact`.
    #[schema(minimum = 1)]
    pub end: Option<i64>,
    /// SHA-256 of the normalised text that start and end count in.
    pub text_sha256: Option<Sha256Hex>,
}

/// What is wrong with a list of evidence.
pub fn check_evidence(evidence: &Option<Vec<Evidence>>) -> Vec<Problem> {
    let wrong = |evidence: &Evidence| match (evidence.start, evidence.end) {
        (None, None) => false,
        (Some(start), Some(end)) => usize::try_from(end - start) != Ok(evidence.exact.chars().count()),
        _ => true,
    };
    evidence
        .iter()
        .flatten()
        .enumerate()
        .filter(|(_, evidence)| wrong(evidence))
        .map(|(index, _)| {
            Problem::at(
                format!("/evidence/{index}"),
                "evidence-span",
                say!(
                    "start and end stand together, as many code points apart as exact is long.",
                    "start 与 end 必须同时给出，其差等于 exact 的码点数。"
                ),
            )
        })
        .collect()
}

/// References of a list of evidence.
pub fn evidence_references(evidence: &Option<Vec<Evidence>>) -> impl Iterator<Item = Reference> {
    evidence
        .iter()
        .flatten()
        .enumerate()
        .map(|(index, evidence)| Reference::new(format!("/evidence/{index}/source"), "source", &evidence.source))
}

/// One figure. Metric, subject, division, scope, period, effective time basis, role and reporter are
/// unique together.
#[derive(Deserialize, ToSchema)]
pub struct Observation {
    pub id: RecordId,
    /// Organization that owns the record; its publication's publisher unless given.
    pub publisher: RecordId,
    /// Metric counted.
    pub metric: RecordId,
    /// actual unless given.
    pub role: Option<Role>,
    /// Organization that says so.
    pub reported_by: Option<RecordId>,
    /// Organization measured.
    pub subject: Option<RecordId>,
    /// Area covered.
    pub division_code: Option<DivisionCode>,
    /// Whose figure it is as printed, where no id can say so.
    #[schema(min_length = 1, max_length = 300)]
    pub scope: Option<String>,
    /// Period counted.
    pub period: PeriodText,
    /// The period in the source's own words.
    #[schema(min_length = 1, max_length = 300)]
    pub period_stated: Option<String>,
    /// `publisher` where the period is the publisher's reading of vague words.
    pub period_resolved_by: Option<PeriodResolver>,
    /// The figure, in the metric's unit.
    pub value: Decimal,
    /// The figure as printed.
    #[schema(min_length = 1, max_length = 300)]
    pub as_published: Option<String>,
    /// How exactly it was stated.
    pub qualifier: Option<Qualifier>,
    /// Time basis, where it differs from the metric's.
    pub time_basis: Option<TimeBasis>,
    /// Status of the observation, SDMX.
    pub obs_status: Option<ObsStatus>,
    /// Commitment it belongs to.
    pub commitment: Option<RecordId>,
    /// Report it was said in.
    pub report: Option<RecordId>,
    /// What else there is to know.
    pub note: Option<HumanText>,
    /// The words it was said in.
    #[schema(max_items = 50)]
    pub evidence: Option<Vec<Evidence>>,
}

impl Record for Observation {
    fn references(&self) -> Vec<Reference> {
        let mut references = vec![Reference::new("/metric", "metric", &self.metric)];
        references.extend(Reference::optional([
            ("/reported_by", "organization", &self.reported_by),
            ("/subject", "organization", &self.subject),
            ("/commitment", "commitment", &self.commitment),
            ("/report", "report", &self.report),
        ]));
        references.extend(evidence_references(&self.evidence));
        references
    }

    fn check(&self) -> Vec<Problem> {
        check_evidence(&self.evidence)
    }

    fn columns(&self, row: &mut Map<String, Value>) {
        period::columns(Some(&self.period), row);
        row.insert("role".into(), self.role.unwrap_or(Role::Actual).code().into());
        row.insert("computed".into(), false.into());
    }
}

pub static KIND: Kind = Kind {
    name: "observation",
    collection: "observations",
    type_name: "Observation",
    about: "Figures, published and computed.",
    read: kind::read::<Observation>,
    schema: Observation::schema,
    schemas: Observation::schemas,
    derived: &[
        Derived {
            name: "computed",
            about: "Whether this service computed it, as a ratio.",
            shape: Shape::Boolean,
            always: true,
        },
        Derived {
            name: "inputs",
            about: "Observations a computed one rests on: numerator, denominator.",
            shape: Shape::Ids,
            always: false,
        },
        PERIOD_DAYS[0],
        PERIOD_DAYS[1],
    ],
    derives: None,
    programme: Some(kind::BY_COMMITMENT),
    columns: &[
        ("metric", "text"),
        ("role", "text"),
        ("reported_by", "text"),
        ("subject", "text"),
        ("division_code", "text"),
        ("scope", "text"),
        ("period", "text"),
        ("period_start", "date"),
        ("period_end", "date"),
        ("value", "numeric"),
        ("time_basis", "text"),
        ("commitment", "text"),
        ("report", "text"),
        ("computed", "boolean"),
        ("inputs", "text[]"),
    ],
    filters: &[
        Filter::new("metric", Accepts::Id("metric"), Test::Is("t.metric"), "Metrics counted."),
        Filter::new("commitment", Accepts::Id("commitment"), Test::Is("t.commitment"), "Commitments they belong to."),
        Filter::new("report", Accepts::Id("report"), Test::Is("t.report"), "Reports they were said in."),
        Filter::new("subject", Accepts::Id("organization"), Test::Is("t.subject"), "Organizations measured."),
        Filter::new(
            "reported_by",
            Accepts::Id("organization"),
            Test::Is("t.reported_by"),
            "Organizations that say so.",
        ),
        Filter::new(
            "division",
            Accepts::Division,
            Test::Under("t.division_code"),
            "Division code (GB/T 2260) and everything under it.",
        ),
        Filter::new("role", Accepts::Code(Role::CODES), Test::Is("t.role"), "actual or baseline."),
        Filter::new("period", Accepts::Exact, Test::Is("t.period"), "Periods, as published (2020-S1)."),
        Filter::new(
            "period_from",
            Accepts::Date,
            Test::AtLeast("coalesce(t.period_end, 'infinity'::date)"),
            "The period reaches this day or a later one.",
        ),
        Filter::new(
            "period_to",
            Accepts::Date,
            Test::AtMost("coalesce(t.period_start, '-infinity'::date)"),
            "The period begins on this day or an earlier one.",
        ),
        Filter::new("value_min", Accepts::Decimal, Test::AtLeast("t.value"), "Smallest value."),
        Filter::new("value_max", Accepts::Decimal, Test::AtMost("t.value"), "Largest value."),
        Filter::new(
            "computed",
            Accepts::Code(&["true", "false"]),
            Test::Is("t.computed::text"),
            "Whether this service computed them.",
        ),
    ],
    sorts: &[
        Sort::new("period_end", "coalesce(t.period_end, '-infinity'::date)", "date"),
        Sort::new("metric", "t.metric", "text"),
        Sort::new("value", "t.value", "numeric"),
    ],
    default_sort: "-period_end",
    includes: &[
        Include {
            name: "metric",
            about: "The metric counted.",
            kind: "metric",
            many: false,
            from: "metrics i WHERE i.id = t.metric",
            reads: &["metric"],
        },
        Include {
            name: "commitment",
            about: "The commitment it belongs to.",
            kind: "commitment",
            many: false,
            from: "commitments i WHERE i.id = t.commitment",
            reads: &["commitment"],
        },
        Include {
            name: "subject",
            about: "The organization measured.",
            kind: "organization",
            many: false,
            from: "organizations i WHERE i.id = t.subject",
            reads: &["organization"],
        },
    ],
    example: r#"{"as_published":"29456件","changed_in":1,"commitment":"sd-justice-2020-3","computed":false,"id":"mediation-cases-2020-s1","metric":"mediation-cases","period":"2020-S1","period_end":"2020-06-30","period_start":"2020-01-01","publisher":"sd-justice","reported_by":"sd-justice","value":29456}"#,
};
