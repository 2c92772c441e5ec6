//! Public commitments as data.

pub mod model;
