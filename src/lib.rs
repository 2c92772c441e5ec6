//! Public commitments as data: the map.
//!
//! A publication goes in: `cli` reads the file, `model` parses it, `ledger` plans it under the head
//! lock and writes it as one revision, `db` keeps it.
//!
//! A request comes out: `api::routes` finds the endpoint, `api::query` reads its parameters,
//! `db::read` answers with one statement, `api::answer` makes a response of the stored text.
//!
//! Files of all records go out: `db::read::chunks` reads them, `export` writes them, `api::exports` sends them.
//!
//! Pages for people are made of the same reads: `site`.
//! Pictures are drawn: `site::chart` makes SVG of a series, `picture` makes pixels of SVG, `api::figure` serves both.
//!
//! A copy of a ledger follows another: `mirror` reads its change feed, or a bundle, and `ledger::copy`
//! appends what fits its digests.
//!
//! A made-up ledger of any size comes from `synthesize`, for measuring.

pub mod api;
pub mod catalog;
pub mod citation;
pub mod cli;
pub mod config;
pub mod db;
pub mod export;
pub mod ingest;
pub mod ledger;
pub mod mirror;
pub mod model;
pub mod picture;
pub mod site;
pub mod synthesize;
