//! Public commitments as data.

pub mod db;
pub mod ledger;
pub mod model;
