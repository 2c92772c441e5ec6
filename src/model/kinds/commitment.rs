use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};

use crate::model::codes::{Cadence, Status};
use crate::model::kind::{self, Accepts, Derived, Filter, Include, Kind, Record, Reference, Shape, Sort, Test};
use crate::model::problem::Problem;
use crate::model::text::{Day, HumanText, RecordId, Topic};
use crate::say;

/// One promise.
#[derive(Deserialize, ToSchema)]
pub struct Commitment {
    pub id: RecordId,
    /// Organization that owns the record; its publication's publisher unless given.
    pub publisher: RecordId,
    /// Programme it belongs to.
    pub programme: RecordId,
    /// Number within the programme.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub number: i64,
    /// The number as printed.
    #[schema(min_length = 1, max_length = 100)]
    pub number_label: Option<String>,
    /// What it is called.
    pub title: HumanText,
    /// What is promised, in short.
    pub summary: Option<HumanText>,
    /// What is promised, verbatim.
    pub text: Option<HumanText>,
    /// Organization answerable for it.
    pub lead_organization: Option<RecordId>,
    /// Organizations that support it.
    #[schema(max_items = 200)]
    pub supporting_organizations: Option<Vec<RecordId>>,
    /// What it is about.
    #[schema(max_items = 50)]
    pub topics: Option<Vec<Topic>>,
    /// Day by which it is promised.
    pub due_on: Option<Day>,
    /// How often progress is reported.
    pub cadence: Option<Cadence>,
    /// Commitment of an earlier programme that it continues.
    pub continues: Option<RecordId>,
}

impl Record for Commitment {
    fn references(&self) -> Vec<Reference> {
        let mut references = vec![Reference::new("/programme", "programme", &self.programme)];
        references.extend(Reference::optional([
            ("/lead_organization", "organization", &self.lead_organization),
            ("/continues", "commitment", &self.continues),
        ]));
        let supporting = self.supporting_organizations.iter().flatten().enumerate();
        references.extend(
            supporting
                .map(|(index, id)| Reference::new(format!("/supporting_organizations/{index}"), "organization", id)),
        );
        references
    }

    fn check(&self) -> Vec<Problem> {
        if self.continues.as_ref() != Some(&self.id) {
            return Vec::new();
        }
        vec![Problem::at(
            "/continues",
            "refers-to-itself",
            say!(
                "A commitment does not continue itself. Name an earlier one, or leave continues out.",
                "承诺不能是自身的延续，请改为更早的承诺，或去掉 continues。"
            ),
        )]
    }

    fn columns(&self, row: &mut Map<String, Value>) {
        let organizations: Vec<&RecordId> =
            self.lead_organization.iter().chain(self.supporting_organizations.iter().flatten()).collect();
        row.insert("organizations".into(), json!(organizations));
        row.insert("topics".into(), json!(self.topics.as_deref().unwrap_or_default()));
    }
}

pub static KIND: Kind = Kind {
    name: "commitment",
    collection: "commitments",
    type_name: "Commitment",
    about: "Promises, one each.",
    read: kind::read::<Commitment>,
    schema: Commitment::schema,
    schemas: Commitment::schemas,
    derived: &[Derived {
        name: "status",
        about: "Status of the newest self-report (by end of period, day, id); absent without one.",
        shape: Shape::Code(Status::CODES),
        always: false,
    }],
    derives: Some(("status", "commitment_status({id}, {revision})")),
    programme: Some("t.programme"),
    columns: &[
        ("programme", "text"),
        ("number", "bigint"),
        ("lead_organization", "text"),
        ("organizations", "text[]"),
        ("topics", "text[]"),
        ("due_on", "date"),
        ("cadence", "text"),
        ("continues", "text"),
    ],
    filters: &[
        Filter::new("programme", Accepts::Id("programme"), Test::Is("t.programme"), "Programmes they belong to."),
        Filter::new(
            "organization",
            Accepts::Id("organization"),
            Test::Holds(
                "(t.organizations && {} OR t.programme IN (SELECT p.id FROM programmes p \
                 WHERE p.organization = ANY({}) AND p.revision_from <= at.n AND p.revision_to > at.n))",
            ),
            "Organizations that lead or support them, or whose programme they are in.",
        )
        .reading(&["programme"]),
        Filter::new(
            "year",
            Accepts::Integer,
            Test::Holds(
                "t.programme IN (SELECT p.id FROM programmes p \
                 WHERE p.year = ANY({}::bigint[]) AND p.revision_from <= at.n AND p.revision_to > at.n)",
            ),
            "Years of their programmes.",
        )
        .reading(&["programme"]),
        Filter::new(
            "status",
            Accepts::Code(STATUSES),
            Test::Is("coalesce(t.status, '')"),
            "Statuses; none finds those without a report.",
        ),
        Filter::new("topic", Accepts::Topic, Test::Shares("t.topics"), "Topics."),
        Filter::new("number", Accepts::Integer, Test::Is("t.number"), "Numbers within their programme."),
        Filter::new("due_from", Accepts::Date, Test::AtLeast("t.due_on"), "First day by which they are promised."),
        Filter::new("due_to", Accepts::Date, Test::AtMost("t.due_on"), "Last day by which they are promised."),
        Filter::new("continues", Accepts::Id("commitment"), Test::Is("t.continues"), "Commitments they continue."),
    ],
    sorts: &[
        Sort::new("programme", "t.programme", "text"),
        Sort::new("number", "t.number", "bigint"),
        Sort::new("due_on", "coalesce(t.due_on, '-infinity'::date)", "date"),
        Sort::new("status", "coalesce(t.status, '')", "text"),
    ],
    default_sort: "programme,number",
    includes: &[
        Include {
            name: "organization",
            about: "The organization answerable: lead_organization, or else the programme's.",
            kind: "organization",
            many: false,
            from: "organizations i WHERE i.id = coalesce(t.lead_organization, (SELECT p.organization FROM programmes p \
                   WHERE p.id = t.programme AND p.revision_from <= at.n AND p.revision_to > at.n))",
            reads: &["organization", "programme"],
        },
        Include {
            name: "programme",
            about: "The programme.",
            kind: "programme",
            many: false,
            from: "programmes i WHERE i.id = t.programme",
            reads: &["programme"],
        },
        Include {
            name: "latest_report",
            about: "The newest report, by end of period, day and id.",
            kind: "report",
            many: false,
            from: "reports i WHERE i.commitment = t.id ORDER BY coalesce(i.period_end, '-infinity'::date) DESC, \
                   coalesce(i.reported_on, '-infinity'::date) DESC, i.id DESC",
            reads: &["report"],
        },
        Include {
            name: "observations",
            about: "Its observations, newest period first.",
            kind: "observation",
            many: true,
            from: "observations i WHERE i.commitment = t.id ORDER BY coalesce(i.period_end, '-infinity'::date) DESC, i.id DESC",
            reads: &["observation"],
        },
        Include {
            name: "targets",
            about: "Its targets.",
            kind: "target",
            many: true,
            from: "targets i WHERE i.commitment = t.id ORDER BY i.id",
            reads: &["target"],
        },
    ],
    example: r#"{"changed_in":1,"due_on":"2020-12-31","id":"sd-justice-2020-13","lead_organization":"sd-justice","number":13,"programme":"sd-justice-2020","publisher":"sd-justice","status":"in_progress","title":{"en":"Smart prisons","zh-Hans":"智慧监狱"},"topics":["prisons"]}"#,
};

/// What the status filter takes: the code list, and none.
const STATUSES: &[&str] = &{
    let mut codes = ["none"; Status::CODES.len() + 1];
    let mut i = 0;
    while i < Status::CODES.len() {
        codes[i] = Status::CODES[i];
        i += 1;
    }
    codes
};
