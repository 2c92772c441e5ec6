use serde::Deserialize;
use utoipa::{PartialSchema, ToSchema};

use crate::model::kind::{self, Accepts, Filter, Include, Kind, Record, Reference, Sort, Test};
use crate::model::text::{Day, HumanText, RecordId};

/// One announced list of commitments.
#[derive(Deserialize, ToSchema)]
pub struct Programme {
    pub id: RecordId,
    /// Organization that owns the record; its publication's publisher unless given.
    pub publisher: RecordId,
    /// Organization that promises.
    pub organization: RecordId,
    /// Year the commitments are for.
    #[schema(minimum = 1900, maximum = 2200)]
    pub year: i64,
    /// Title of the list.
    pub title: HumanText,
    /// Day of the announcement.
    pub announced_on: Option<Day>,
    /// Source of the announcement.
    pub source: Option<RecordId>,
}

impl Record for Programme {
    fn references(&self) -> Vec<Reference> {
        let mut references = vec![Reference::new("/organization", "organization", &self.organization)];
        references.extend(Reference::optional([("/source", "source", &self.source)]));
        references
    }
}

pub static KIND: Kind = Kind {
    name: "programme",
    collection: "programmes",
    type_name: "Programme",
    about: "Announced lists of commitments.",
    read: kind::read::<Programme>,
    schema: Programme::schema,
    schemas: Programme::schemas,
    derived: &[],
    derives: None,
    programme: Some("t.id"),
    columns: &[("organization", "text"), ("year", "bigint"), ("announced_on", "date"), ("source", "text")],
    filters: &[
        Filter::new(
            "organization",
            Accepts::Id("organization"),
            Test::Is("t.organization"),
            "Organizations that promise.",
        ),
        Filter::new("year", Accepts::Integer, Test::Is("t.year"), "Years the commitments are for."),
        Filter::new("announced_from", Accepts::Date, Test::AtLeast("t.announced_on"), "First day of announcement."),
        Filter::new("announced_to", Accepts::Date, Test::AtMost("t.announced_on"), "Last day of announcement."),
    ],
    sorts: &[
        Sort::new("year", "t.year", "bigint"),
        Sort::new("announced_on", "coalesce(t.announced_on, '-infinity'::date)", "date"),
    ],
    default_sort: "-year",
    includes: &[Include {
        name: "organization",
        about: "The organization that promises.",
        kind: "organization",
        many: false,
        from: "organizations i WHERE i.id = t.organization",
        reads: &["organization"],
    }],
    example: r#"{"announced_on":"2020-04-14","changed_in":1,"id":"sd-justice-2020","organization":"sd-justice","publisher":"sd-justice","title":{"en":"2020 commitments","zh-Hans":"2020年承诺"},"year":2020}"#,
};
