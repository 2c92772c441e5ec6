//! Paths by which records and the interface are found.

use crate::api::answer::Format;
use crate::api::discovery::{atom, sitemap};
use crate::api::endpoint::{Endpoint, answered};
use crate::api::parameters::ParameterSet;
use crate::api::{schemas, search};

const JSON: &[Format] = &[Format::Json];
const ATOM: &[Format] = &[Format::Atom];
const SITEMAP: &[Format] = &[Format::Sitemap];

pub fn search() -> Endpoint {
    Endpoint {
        path: "/v1/search".into(),
        operation_id: "search".into(),
        tag: "ledger",
        summary: "Words in every kind of record".into(),
        description: "Records in which all of the words are found, with where: the one whose id it is, then those whose title or name has the \
                      words as a phrase, then by how many kinds of texts (titles, what a record is in short, what is told of it, whole texts) \
                      have them all, newest first. complete says whether these are all that match."
            .into(),
        id: None,
        parameters: ParameterSet::new().search().paging().count().at().format(JSON).build(),
        formats: JSON,
        answer: schemas::reference("SearchList"),
        example: schemas::example("SearchList"),
        problems: &[],
        kind: None,
        handler: |request| answered(search::read(request)),
    }
}

pub fn revision_feed() -> Endpoint {
    Endpoint {
        path: "/v1/revisions.atom".into(),
        operation_id: "get_revision_feed".into(),
        tag: "ledger",
        summary: "Revisions as a feed".into(),
        description: "Revisions, newest first, for feed readers (Atom, RFC 4287), in pages (RFC 5005), with what their publishers say of them. \
                      A feed can be of one publisher, or of corrections alone."
            .into(),
        id: None,
        parameters: ParameterSet::new().revisions().paging().at().format(ATOM).build(),
        formats: ATOM,
        answer: serde_json::Value::Null,
        example: serde_json::Value::Null,
        problems: &[],
        kind: None,
        handler: |request| answered(atom::read(request)),
    }
}

pub fn sitemap() -> Endpoint {
    Endpoint {
        path: "/sitemap.xml".into(),
        operation_id: "get_sitemap".into(),
        tag: "service",
        summary: "Addresses of all records".into(),
        description: "For crawlers (sitemaps.org): an index of maps; with part and from, as the index has them, a map of at most 50,000 addresses."
            .into(),
        id: None,
        parameters: ParameterSet::new().sitemap(&sitemap::parts()).at().format(SITEMAP).build(),
        formats: SITEMAP,
        answer: serde_json::Value::Null,
        example: serde_json::Value::Null,
        problems: &[],
        kind: None,
        handler: |request| answered(sitemap::read(request)),
    }
}
