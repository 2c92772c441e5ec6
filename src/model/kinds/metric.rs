use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{PartialSchema, ToSchema};

use crate::model::codes::{Dimension, Direction, TimeBasis};
use crate::model::kind::{self, Accepts, Filter, Include, Kind, Record, Reference, Sort, Test};
use crate::model::problem::Problem;
use crate::model::text::{HumanText, RecordId, UnitCode};
use crate::say;

/// What a figure counts in.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct Unit {
    /// Short code of the unit.
    pub code: UnitCode,
    /// The unit as people say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<HumanText>,
}

/// Two metrics whose quotient the service computes.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct Ratio {
    /// Metric above the line.
    pub numerator: RecordId,
    /// Metric below the line.
    pub denominator: RecordId,
    /// What the quotient is multiplied by: 100 for a percentage.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub multiplier: i64,
}

/// What is counted.
#[derive(Deserialize, ToSchema)]
pub struct Metric {
    pub id: RecordId,
    /// Organization that owns the record; its publication's publisher unless given.
    pub publisher: RecordId,
    /// What it is called.
    pub name: HumanText,
    /// What is counted and what is not.
    pub description: Option<HumanText>,
    pub unit: Unit,
    /// Over what span its figures count, unless an observation says otherwise.
    pub time_basis: TimeBasis,
    /// Which way it is meant to go.
    pub direction: Option<Direction>,
    /// Dimensions over which its figures may be added up.
    #[schema(max_items = 3)]
    pub additive_over: Option<Vec<Dimension>>,
    /// Metric it is a part of.
    pub part_of: Option<RecordId>,
    /// Makes it a ratio, computed and never published as an observation.
    pub ratio: Option<Ratio>,
    /// Metric that took its place.
    pub replaced_by: Option<RecordId>,
}

impl Record for Metric {
    fn references(&self) -> Vec<Reference> {
        let mut references: Vec<Reference> =
            Reference::optional([("/part_of", "metric", &self.part_of), ("/replaced_by", "metric", &self.replaced_by)])
                .collect();
        if let Some(ratio) = &self.ratio {
            references.push(Reference::new("/ratio/numerator", "metric", &ratio.numerator));
            references.push(Reference::new("/ratio/denominator", "metric", &ratio.denominator));
        }
        references
    }

    fn check(&self) -> Vec<Problem> {
        let mut problems: Vec<Problem> = self
            .references()
            .into_iter()
            .filter(|reference| reference.id == self.id.0)
            .map(|reference| {
                Problem::at(
                    reference.pointer,
                    "refers-to-itself",
                    say!("A metric does not refer to itself. Name another one.", "指标不能引用自身，请改为其他指标。"),
                )
            })
            .collect();
        if self.ratio.as_ref().is_some_and(|ratio| ratio.numerator == ratio.denominator) {
            problems.push(Problem::at(
                "/ratio/denominator",
                "same-as-numerator",
                say!(
                    "Numerator and denominator are the same metric. Name two.",
                    "分子与分母是同一指标，请填写两个不同的指标。"
                ),
            ));
        }
        problems
    }

    fn columns(&self, row: &mut Map<String, Value>) {
        row.insert("unit".into(), self.unit.code.as_str().into());
        if let Some(ratio) = &self.ratio {
            row.insert("ratio_numerator".into(), ratio.numerator.as_str().into());
            row.insert("ratio_denominator".into(), ratio.denominator.as_str().into());
            row.insert("ratio_multiplier".into(), ratio.multiplier.into());
        }
    }
}

pub static KIND: Kind = Kind {
    name: "metric",
    collection: "metrics",
    type_name: "Metric",
    about: "What is counted.",
    read: kind::read::<Metric>,
    schema: Metric::schema,
    schemas: Metric::schemas,
    derived: &[],
    derives: None,
    programme: None,
    columns: &[
        ("unit", "text"),
        ("time_basis", "text"),
        ("part_of", "text"),
        ("ratio_numerator", "text"),
        ("ratio_denominator", "text"),
        ("ratio_multiplier", "numeric"),
        ("replaced_by", "text"),
    ],
    filters: &[
        Filter::new("unit", Accepts::Exact, Test::Is("t.unit"), "Unit codes."),
        Filter::new("time_basis", Accepts::Code(TimeBasis::CODES), Test::Is("t.time_basis"), "Time bases."),
        Filter::new("part_of", Accepts::Id("metric"), Test::Is("t.part_of"), "Metrics they are a part of."),
        Filter::new(
            "commitment",
            Accepts::Id("commitment"),
            Test::Holds(
                "(t.id IN (SELECT o.metric FROM observations o WHERE o.commitment = ANY({}) \
                 AND o.revision_from <= at.n AND o.revision_to > at.n) \
                 OR t.id IN (SELECT g.metric FROM targets g WHERE g.commitment = ANY({}) \
                 AND g.revision_from <= at.n AND g.revision_to > at.n))",
            ),
            "Commitments that have observations or targets of them.",
        )
        .reading(&["observation", "target"]),
    ],
    sorts: &[Sort::new("unit", "t.unit", "text")],
    default_sort: "id",
    includes: &[
        Include {
            name: "latest_observation",
            about: "The newest actual figure, by end of period and id.",
            kind: "observation",
            many: false,
            from: "observations i WHERE i.metric = t.id AND i.role = 'actual' \
                   ORDER BY coalesce(i.period_end, '-infinity'::date) DESC, i.id DESC",
            reads: &["observation"],
        },
        Include {
            name: "targets",
            about: "Its targets.",
            kind: "target",
            many: true,
            from: "targets i WHERE i.metric = t.id ORDER BY i.id",
            reads: &["target"],
        },
    ],
    example: r#"{"changed_in":1,"id":"mediation-cases","name":{"en":"Disputes mediated online","zh-Hans":"在线调解纠纷"},"publisher":"sd-justice","time_basis":"year_to_date","unit":{"code":"case","label":{"en":"cases","zh-Hans":"件"}}}"#,
};
