//! The vocabulary: ids, code lists, periods, record kinds, the publication format. No I/O.

pub mod amount;
pub mod codes;
pub mod columns;
pub mod compare;
pub mod division;
pub mod draft;
pub mod json;
pub mod kind;
pub mod kinds;
pub mod message;
pub mod period;
pub mod problem;
pub mod publication;
pub mod schema;
pub mod search;
pub mod spoken;
pub mod text;
