use serde::Deserialize;
use utoipa::{PartialSchema, ToSchema};

use crate::model::kind::{self, Accepts, Filter, Kind, Record, Reference, Sort, Test};
use crate::model::text::{Day, HumanText, MediaType, RecordId, Sha256Hex, WebAddress};

/// A document that records rest on.
#[derive(Deserialize, ToSchema)]
pub struct Source {
    pub id: RecordId,
    /// Organization that owns the record; its publication's publisher unless given.
    pub publisher: RecordId,
    /// Title of the document.
    pub title: HumanText,
    /// Newspaper, web site or body that published it.
    pub published_by: Option<HumanText>,
    /// Day it was published, where it is dated.
    pub published_on: Option<Day>,
    /// Page, as printed.
    #[schema(min_length = 1, max_length = 100)]
    pub page: Option<String>,
    pub url: Option<WebAddress>,
    pub media_type: Option<MediaType>,
    /// SHA-256 of the document's bytes.
    pub sha256: Option<Sha256Hex>,
    /// Its text, where that may be republished.
    pub text: Option<HumanText>,
}

impl Record for Source {
    fn references(&self) -> Vec<Reference> {
        Vec::new()
    }
}

pub static KIND: Kind = Kind {
    name: "source",
    collection: "sources",
    type_name: "Source",
    about: "Documents that records rest on.",
    read: kind::read::<Source>,
    schema: Source::schema,
    schemas: Source::schemas,
    derived: &[],
    derives: None,
    programme: None,
    columns: &[("published_on", "date"), ("url", "text")],
    filters: &[
        Filter::new(
            "url",
            Accepts::Address,
            Test::Is("t.url"),
            "Addresses, exactly, of which each begins with http:// or https://.",
        ),
        Filter::new("published_from", Accepts::Date, Test::AtLeast("t.published_on"), "First day of publication."),
        Filter::new("published_to", Accepts::Date, Test::AtMost("t.published_on"), "Last day of publication."),
    ],
    sorts: &[Sort::new("published_on", "coalesce(t.published_on, '-infinity'::date)", "date")],
    default_sort: "-published_on",
    includes: &[],
    example: r#"{"changed_in":1,"id":"dazhong-daily-2020-04-14-7","page":"7","published_by":{"en":"Dazhong Daily","zh-Hans":"大众日报"},"published_on":"2020-04-14","publisher":"sd-justice","title":{"en":"2020 commitments","zh-Hans":"2020年承诺"}}"#,
};
