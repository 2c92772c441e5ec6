use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::{PartialSchema, ToSchema};

use crate::model::codes::{Assessor, PeriodResolver, Status};
use crate::model::kind::{self, Accepts, Filter, Include, Kind, PERIOD_DAYS, Record, Reference, Sort, Test};
use crate::model::period;
use crate::model::text::{Day, HumanText, PeriodText, RecordId};

/// One progress report on one commitment.
#[derive(Deserialize, ToSchema)]
pub struct Report {
    pub id: RecordId,
    /// Organization that owns the record; its publication's publisher unless given.
    pub publisher: RecordId,
    /// Commitment reported on.
    pub commitment: RecordId,
    /// Day of the report, where it is dated.
    pub reported_on: Option<Day>,
    /// Period reported on.
    pub period: Option<PeriodText>,
    /// The period in the report's own words.
    #[schema(min_length = 1, max_length = 300)]
    pub period_stated: Option<String>,
    /// `publisher` where the period is the publisher's reading of vague words.
    pub period_resolved_by: Option<PeriodResolver>,
    /// How far it is, by this report.
    pub status: Status,
    /// The official wording of the status.
    pub status_label: Option<HumanText>,
    /// Who judged; self_reported unless given, which on a commitment of another publisher only who answers for it may be.
    pub assessor: Option<Assessor>,
    /// What was done.
    pub narrative: Option<HumanText>,
    /// What comes next.
    pub next_steps: Option<HumanText>,
    /// Source of the report.
    pub source: Option<RecordId>,
    /// What else there is to know.
    pub note: Option<HumanText>,
}

impl Record for Report {
    fn references(&self) -> Vec<Reference> {
        let mut references = vec![Reference::new("/commitment", "commitment", &self.commitment)];
        references.extend(Reference::optional([("/source", "source", &self.source)]));
        references
    }

    fn columns(&self, row: &mut Map<String, Value>) {
        period::columns(self.period.as_ref(), row);
        row.insert("assessor".into(), self.assessor.unwrap_or(Assessor::SelfReported).code().into());
    }
}

pub static KIND: Kind = Kind {
    name: "report",
    collection: "reports",
    type_name: "Report",
    about: "Progress reports on commitments.",
    read: kind::read::<Report>,
    schema: Report::schema,
    schemas: Report::schemas,
    derived: &PERIOD_DAYS,
    derives: None,
    programme: Some(kind::BY_COMMITMENT),
    columns: &[
        ("commitment", "text"),
        ("reported_on", "date"),
        ("period", "text"),
        ("period_start", "date"),
        ("period_end", "date"),
        ("status", "text"),
        ("assessor", "text"),
        ("source", "text"),
    ],
    filters: &[
        Filter::new("commitment", Accepts::Id("commitment"), Test::Is("t.commitment"), "Commitments reported on."),
        Filter::new(
            "programme",
            Accepts::Id("programme"),
            Test::Holds(
                "t.commitment IN (SELECT c.id FROM commitments c \
                 WHERE c.programme = ANY({}) AND c.revision_from <= at.n AND c.revision_to > at.n)",
            ),
            "Programmes of the commitments reported on.",
        )
        .reading(&["commitment"]),
        Filter::new("status", Accepts::Code(Status::CODES), Test::Is("t.status"), "Statuses."),
        Filter::new(
            "assessor",
            Accepts::Code(Assessor::CODES),
            Test::Is("t.assessor"),
            "Who judged; self_reported where a report does not say.",
        ),
        Filter::new("source", Accepts::Id("source"), Test::Is("t.source"), "Sources they come from."),
        Filter::new("reported_from", Accepts::Date, Test::AtLeast("t.reported_on"), "First day of report."),
        Filter::new("reported_to", Accepts::Date, Test::AtMost("t.reported_on"), "Last day of report."),
        Filter::new("period", Accepts::Exact, Test::Is("t.period"), "Periods, as published (2020-S1)."),
        Filter::new(
            "period_from",
            Accepts::Date,
            Test::AtLeast("CASE WHEN t.period IS NOT NULL THEN coalesce(t.period_end, 'infinity'::date) END"),
            "The period reaches this day or a later one.",
        ),
        Filter::new(
            "period_to",
            Accepts::Date,
            Test::AtMost("CASE WHEN t.period IS NOT NULL THEN coalesce(t.period_start, '-infinity'::date) END"),
            "The period begins on this day or an earlier one.",
        ),
    ],
    sorts: &[
        Sort::new("reported_on", "coalesce(t.reported_on, '-infinity'::date)", "date"),
        Sort::new("period_end", "coalesce(t.period_end, '-infinity'::date)", "date"),
        Sort::new("commitment", "t.commitment", "text"),
        Sort::new("status", "t.status", "text"),
    ],
    default_sort: "-period_end",
    includes: &[
        Include {
            name: "commitment",
            about: "The commitment reported on.",
            kind: "commitment",
            many: false,
            from: "commitments i WHERE i.id = t.commitment",
            reads: &["commitment"],
        },
        Include {
            name: "observations",
            about: "Figures said in the report.",
            kind: "observation",
            many: true,
            from: "observations i WHERE i.report = t.id ORDER BY i.id",
            reads: &["observation"],
        },
    ],
    example: r#"{"changed_in":1,"commitment":"sd-justice-2020-13","id":"sd-justice-2020-13-s1","period":"2020-S1","period_end":"2020-06-30","period_start":"2020-01-01","publisher":"sd-justice","status":"in_progress","status_label":{"zh-Hans":"正在推进"}}"#,
};
