use serde::Deserialize;
use utoipa::{PartialSchema, ToSchema};

use crate::model::codes::Level;
use crate::model::kind::{self, Accepts, Filter, Kind, Record, Reference, Sort, Test};
use crate::model::problem::Problem;
use crate::model::text::{DivisionCode, HumanText, RecordId, Uscc};
use crate::say;

/// A body that promises or publishes.
#[derive(Deserialize, ToSchema)]
pub struct Organization {
    pub id: RecordId,
    /// Organization that owns the record; its publication's publisher unless given.
    pub publisher: RecordId,
    /// Official name.
    pub name: HumanText,
    /// Level of government.
    pub level: Option<Level>,
    /// Administrative division it belongs to.
    pub division_code: Option<DivisionCode>,
    /// Unified social credit code.
    pub uscc: Option<Uscc>,
    /// Organization above it.
    pub parent: Option<RecordId>,
}

impl Record for Organization {
    fn references(&self) -> Vec<Reference> {
        Reference::optional([("/parent", "organization", &self.parent)]).collect()
    }

    fn check(&self) -> Vec<Problem> {
        if self.parent.as_ref() != Some(&self.id) {
            return Vec::new();
        }
        vec![Problem::at(
            "/parent",
            "refers-to-itself",
            say!(
                "An organization is not above itself. Name another one, or leave parent out.",
                "机构不能是自己的上级，请改为其他机构，或去掉 parent。"
            ),
        )]
    }
}

pub static KIND: Kind = Kind {
    name: "organization",
    collection: "organizations",
    type_name: "Organization",
    about: "Bodies that promise or publish.",
    read: kind::read::<Organization>,
    schema: Organization::schema,
    schemas: Organization::schemas,
    derived: &[],
    derives: None,
    programme: None,
    columns: &[("level", "text"), ("division_code", "text"), ("uscc", "text"), ("parent", "text")],
    filters: &[
        Filter::new("level", Accepts::Code(Level::CODES), Test::Is("t.level"), "Levels of government."),
        Filter::new(
            "division",
            Accepts::Division,
            Test::Under("t.division_code"),
            "Division code (GB/T 2260) and everything under it.",
        ),
        Filter::new("uscc", Accepts::Exact, Test::Is("t.uscc"), "Unified social credit codes."),
        Filter::new("parent", Accepts::Id("organization"), Test::Is("t.parent"), "Organizations above."),
    ],
    sorts: &[Sort::new("division_code", "coalesce(t.division_code, '')", "text")],
    default_sort: "id",
    includes: &[],
    example: r#"{"changed_in":1,"division_code":"370000","id":"sd-justice","level":"province","name":{"en":"Department of Justice of Shandong Province","zh-Hans":"山东省司法厅"},"publisher":"sd-justice"}"#,
};
