use serde::Deserialize;
use utoipa::{PartialSchema, ToSchema};

use super::observation::{Evidence, check_evidence, evidence_references};
use crate::model::codes::Comparator;
use crate::model::kind::{self, Accepts, Filter, Include, Kind, Record, Reference, Sort, Test};
use crate::model::problem::Problem;
use crate::model::text::{Day, Decimal, DivisionCode, HumanText, RecordId};

/// A promised figure.
#[derive(Deserialize, ToSchema)]
pub struct Target {
    pub id: RecordId,
    /// Organization that owns the record; its publication's publisher unless given.
    pub publisher: RecordId,
    /// Metric promised.
    pub metric: RecordId,
    /// Commitment it belongs to.
    pub commitment: Option<RecordId>,
    /// Organization it is promised for.
    pub subject: Option<RecordId>,
    /// Area covered.
    pub division_code: Option<DivisionCode>,
    /// Day by which it is promised.
    pub due_on: Option<Day>,
    /// The figure promised, in the metric's unit.
    pub value: Decimal,
    /// How it is to be met.
    pub comparator: Option<Comparator>,
    /// The figure as printed.
    #[schema(min_length = 1, max_length = 300)]
    pub as_published: Option<String>,
    /// What else there is to know.
    pub note: Option<HumanText>,
    /// The words it was said in.
    #[schema(max_items = 50)]
    pub evidence: Option<Vec<Evidence>>,
}

impl Record for Target {
    fn references(&self) -> Vec<Reference> {
        let mut references = vec![Reference::new("/metric", "metric", &self.metric)];
        references.extend(Reference::optional([
            ("/commitment", "commitment", &self.commitment),
            ("/subject", "organization", &self.subject),
        ]));
        references.extend(evidence_references(&self.evidence));
        references
    }

    fn check(&self) -> Vec<Problem> {
        check_evidence(&self.evidence)
    }
}

pub static KIND: Kind = Kind {
    name: "target",
    collection: "targets",
    type_name: "Target",
    about: "Promised figures.",
    read: kind::read::<Target>,
    schema: Target::schema,
    schemas: Target::schemas,
    derived: &[],
    derives: None,
    programme: Some(kind::BY_COMMITMENT),
    columns: &[
        ("metric", "text"),
        ("commitment", "text"),
        ("subject", "text"),
        ("division_code", "text"),
        ("due_on", "date"),
        ("value", "numeric"),
        ("comparator", "text"),
    ],
    filters: &[
        Filter::new("metric", Accepts::Id("metric"), Test::Is("t.metric"), "Metrics promised."),
        Filter::new("commitment", Accepts::Id("commitment"), Test::Is("t.commitment"), "Commitments they belong to."),
        Filter::new(
            "subject",
            Accepts::Id("organization"),
            Test::Is("t.subject"),
            "Organizations they are promised for.",
        ),
        Filter::new(
            "division",
            Accepts::Division,
            Test::Under("t.division_code"),
            "Division code (GB/T 2260) and everything under it.",
        ),
        Filter::new(
            "comparator",
            Accepts::Code(Comparator::CODES),
            Test::Is("t.comparator"),
            "How they are to be met.",
        ),
        Filter::new("due_from", Accepts::Date, Test::AtLeast("t.due_on"), "First day by which they are promised."),
        Filter::new("due_to", Accepts::Date, Test::AtMost("t.due_on"), "Last day by which they are promised."),
        Filter::new("value_min", Accepts::Decimal, Test::AtLeast("t.value"), "Smallest value."),
        Filter::new("value_max", Accepts::Decimal, Test::AtMost("t.value"), "Largest value."),
    ],
    sorts: &[
        Sort::new("due_on", "coalesce(t.due_on, '-infinity'::date)", "date"),
        Sort::new("metric", "t.metric", "text"),
        Sort::new("value", "t.value", "numeric"),
    ],
    default_sort: "-due_on",
    includes: &[
        Include {
            name: "metric",
            about: "The metric promised.",
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
    ],
    example: r#"{"as_published":"4个","changed_in":1,"commitment":"sd-justice-2020-13","due_on":"2020-12-31","id":"smart-prisons-built-2020","metric":"smart-prisons-built","publisher":"sd-justice","value":4}"#,
};
