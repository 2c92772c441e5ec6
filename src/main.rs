//! The program: reads the command line and leads to its commands.

use std::process::ExitCode;

use open_commitments::{cli, config};

/// A request is a hundred small allocations, which the C library's allocator takes more than twice the instructions for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("info,actix_server=warn")).init();
    cli::run(config::Cli::read())
}
