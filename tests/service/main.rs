//! Tests through what users see: HTTP and the command line, each on a database of its own.

mod accuracy;
mod bad_input;
mod changes;
mod columns;
mod conditional;
mod corrections;
mod documentation;
mod following;
mod importing;
mod invariants;
mod lists;
mod migrations;
mod mirror;
mod openapi;
mod outage;
mod plans;
mod properties;
mod publishing;
mod publishing_over_http;
mod real_data;
mod redaction;
mod replay;
mod start_and_stop;
mod support;
mod time_travel;
mod warnings;
