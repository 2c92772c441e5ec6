//! The eight kinds of records, one file each.

pub mod commitment;
pub mod metric;
pub mod observation;
pub mod organization;
pub mod programme;
pub mod report;
pub mod source;
pub mod target;

use super::kind::Kind;

/// All kinds, in the order in which a revision counts its changes.
pub static KINDS: [&Kind; 8] = [
    &organization::KIND,
    &programme::KIND,
    &commitment::KIND,
    &report::KIND,
    &metric::KIND,
    &observation::KIND,
    &target::KIND,
    &source::KIND,
];

/// The kind of a singular name.
pub fn named(name: &str) -> Option<&'static Kind> {
    KINDS.into_iter().find(|kind| kind.name == name)
}

/// The kind of a collection.
pub fn collected(collection: &str) -> Option<&'static Kind> {
    KINDS.into_iter().find(|kind| kind.collection == collection)
}
