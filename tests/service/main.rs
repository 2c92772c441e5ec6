//! Tests through what users see: HTTP and the command line, each on a database of its own.

mod invariants;
mod publishing;
mod redaction;
mod support;
