//! What a kind of record is made of. Everything that treats all kinds alike (publishing, lists,
//! history, CSV, OpenAPI) reads these descriptions; what differs between kinds stands in `kinds/`.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use super::problem::Problem;

/// A record as publishers write it.
pub trait Record: DeserializeOwned + ToSchema {
    /// Every record this one names, its owner aside.
    fn references(&self) -> Vec<Reference>;

    /// What is wrong between members; single members are checked by their schema.
    fn check(&self) -> Vec<Problem> {
        Vec::new()
    }

    /// Columns that are not a member of the same name.
    fn columns(&self, _row: &mut Map<String, Value>) {}
}

/// A record named by another.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference {
    /// Where it stands in the record, a JSON pointer.
    pub pointer: String,
    /// Kind of the record named.
    pub kind: &'static str,
    pub id: String,
}

impl Reference {
    pub fn new(pointer: impl Into<String>, kind: &'static str, id: &super::text::RecordId) -> Reference {
        Reference { pointer: pointer.into(), kind, id: id.0.clone() }
    }

    /// References of optional members.
    pub fn optional<const N: usize>(
        members: [(&str, &'static str, &Option<super::text::RecordId>); N],
    ) -> impl Iterator<Item = Reference> {
        members.into_iter().filter_map(|(pointer, kind, id)| Some(Reference::new(pointer, kind, id.as_ref()?)))
    }

    /// The top-level member it stands in.
    pub fn member(&self) -> &str {
        self.pointer.split('/').nth(1).unwrap_or_default()
    }
}

/// What a record turns into besides its body.
pub struct Reading {
    pub references: Vec<Reference>,
    pub problems: Vec<Problem>,
    pub columns: Map<String, Value>,
}

/// A kind of record.
pub struct Kind {
    /// Singular: `kind` in the feed and in problems.
    pub name: &'static str,
    /// Plural: the collection and its table.
    pub collection: &'static str,
    /// Name of its schema.
    pub type_name: &'static str,
    pub about: &'static str,
    /// Reads a body that fits the schema.
    pub read: fn(Value) -> Result<Reading, serde_json::Error>,
    pub schema: fn() -> RefOr<Schema>,
    /// Schemas that `schema` refers to.
    pub schemas: fn(&mut Vec<(String, RefOr<Schema>)>),
    /// Members that are served but never sent.
    pub derived: &'static [Derived],
    /// A member derived from other records, as a column: its name, and SQL in which `{id}` and
    /// `{revision}` are the record and the revision it is derived at.
    pub derives: Option<(&'static str, &'static str)>,
    /// SQL for the programme that row `t` belongs to at revision `{revision}`, where the kind has one.
    pub programme: Option<&'static str>,
    /// Columns beside the envelope, with their types.
    pub columns: &'static [(&'static str, &'static str)],
    pub filters: &'static [Filter],
    pub sorts: &'static [Sort],
    /// A `sort` parameter.
    pub default_sort: &'static str,
    pub includes: &'static [Include],
    /// A record as it is served.
    pub example: &'static str,
}

/// Reads a body as `R`; the value of `Kind::read`.
pub fn read<R: Record>(body: Value) -> Result<Reading, serde_json::Error> {
    let record: R = serde_json::from_value(body)?;
    let mut columns = Map::new();
    record.columns(&mut columns);
    Ok(Reading { references: record.references(), problems: record.check(), columns })
}

/// A read-only member, put in front of the body.
#[derive(Clone, Copy)]
pub struct Derived {
    pub name: &'static str,
    pub about: &'static str,
    pub shape: Shape,
    pub always: bool,
}

/// Type of a derived member.
#[derive(Clone, Copy)]
pub enum Shape {
    Revision,
    Boolean,
    Day,
    Ids,
    Code(&'static [&'static str]),
}

/// The derived member of every kind.
pub const CHANGED_IN: Derived = Derived {
    name: "changed_in",
    about: "Revision that last changed the record.",
    shape: Shape::Revision,
    always: true,
};

/// First and last day of a period, derived from its text.
pub const PERIOD_DAYS: [Derived; 2] = [
    Derived { name: "period_start", about: "First day of the period, where known.", shape: Shape::Day, always: false },
    Derived { name: "period_end", about: "Last day of the period, where known.", shape: Shape::Day, always: false },
];

/// A query parameter that narrows a list.
pub struct Filter {
    pub name: &'static str,
    pub about: &'static str,
    pub accepts: Accepts,
    pub test: Test,
    /// Kinds the test reads besides the list's own.
    pub reads: &'static [&'static str],
}

impl Filter {
    pub const fn new(name: &'static str, accepts: Accepts, test: Test, about: &'static str) -> Filter {
        Filter { name, about, accepts, test, reads: &[] }
    }

    pub const fn reading(mut self, reads: &'static [&'static str]) -> Filter {
        self.reads = reads;
        self
    }
}

/// What a filter takes.
#[derive(Clone, Copy, PartialEq)]
pub enum Accepts {
    /// Ids of records of a kind.
    Id(&'static str),
    Topic,
    Code(&'static [&'static str]),
    /// A division code, or the two, four, … digits it begins with.
    Division,
    /// One string, exactly.
    Exact,
    /// An address, exactly, which may hold commas.
    Address,
    Integer,
    Decimal,
    Date,
    /// Words to search for.
    Words,
}

impl Accepts {
    /// Type of the column it is compared with.
    pub fn sql_type(self) -> &'static str {
        match self {
            Accepts::Integer => "bigint",
            Accepts::Decimal => "numeric",
            Accepts::Date => "date",
            _ => "text",
        }
    }
}

/// How a filter tests a row `t` at revision `at.n`.
#[derive(Clone, Copy, PartialEq)]
pub enum Test {
    /// The expression equals one of the values.
    Is(&'static str),
    /// The array shares an element with the values.
    Shares(&'static str),
    /// The code is the value or lies under it.
    Under(&'static str),
    AtLeast(&'static str),
    AtMost(&'static str),
    /// A condition in which `{}` is the array of the values.
    Holds(&'static str),
    /// The search column matches.
    Matches,
}

impl Test {
    /// Whether several values, separated by commas, may be given.
    pub fn takes_many(self) -> bool {
        matches!(self, Test::Is(_) | Test::Shares(_) | Test::Holds(_))
    }
}

/// Something a list can be sorted by.
pub struct Sort {
    pub name: &'static str,
    /// Expression over row `t`, never NULL, as it stands in an index.
    pub expression: &'static str,
    pub sql_type: &'static str,
}

impl Sort {
    pub const fn new(name: &'static str, expression: &'static str, sql_type: &'static str) -> Sort {
        Sort { name, expression, sql_type }
    }
}

/// The programme of a row `t` that belongs to a commitment.
pub const BY_COMMITMENT: &str = "(SELECT p.programme FROM commitments p WHERE p.id = t.commitment \
     AND p.revision_from <= {revision} AND p.revision_to > {revision})";

/// The sort every kind has, and the tie-break of all others.
pub const BY_ID: Sort = Sort::new("id", "t.id", "text");
pub const BY_CHANGED_IN: Sort = Sort::new("changed_in", "t.changed_in", "bigint");

/// Filters every kind has.
pub const COMMON_FILTERS: &[Filter] = &[
    Filter::new(
        "q",
        Accepts::Words,
        Test::Matches,
        "Words to find in the human text, all of them; case and width do not matter.",
    ),
    Filter::new("id", Accepts::Id(""), Test::Is("t.id"), "Ids of the records."),
    Filter::new(
        "publisher",
        Accepts::Id("organization"),
        Test::Is("t.publisher"),
        "Organizations that own the records.",
    ),
];

/// Most related records one `include` embeds in an item.
pub const MAX_INCLUDED: usize = 100;

/// Related records that `include=` embeds.
pub struct Include {
    pub name: &'static str,
    pub about: &'static str,
    /// Kind of the records embedded.
    pub kind: &'static str,
    pub many: bool,
    /// What follows FROM: alias `i` is the record embedded, row `t` the record it is embedded in.
    pub from: &'static str,
    /// Kinds read.
    pub reads: &'static [&'static str],
}

impl Kind {
    /// Its place among the kinds, by which changes are counted.
    pub fn rank(&self) -> usize {
        super::kinds::KINDS.iter().position(|known| known.name == self.name).unwrap_or(usize::MAX)
    }

    pub fn filter(&self, name: &str) -> Option<&'static Filter> {
        self.all_filters().find(|filter| filter.name == name)
    }

    pub fn all_filters(&self) -> impl Iterator<Item = &'static Filter> {
        COMMON_FILTERS.iter().chain(self.filters)
    }

    pub fn sort(&self, name: &str) -> Option<&'static Sort> {
        self.all_sorts().find(|sort| sort.name == name)
    }

    pub fn all_sorts(&self) -> impl Iterator<Item = &'static Sort> {
        [&BY_ID, &BY_CHANGED_IN].into_iter().chain(self.sorts)
    }

    /// Whether its records may belong to a commitment, and move between programmes with it.
    pub fn follows_commitment(&self) -> bool {
        self.programme == Some(BY_COMMITMENT)
    }

    /// Read-only members, in the order they are served.
    pub fn all_derived(&self) -> impl Iterator<Item = &'static Derived> {
        std::iter::once(&CHANGED_IN).chain(self.derived)
    }
}
