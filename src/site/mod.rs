//! What people look at.

pub mod chart;
