//! Reading the command line and the environment.

use clap::{Arg, Command, CommandFactory, FromArgMatches};

use super::Cli;

impl Cli {
    /// What the program was called with. An empty variable is none: files of settings and Compose make such of what is
    /// not set.
    pub fn read() -> Cli {
        let matches = without_empty(Cli::command()).get_matches();
        Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }
}

fn without_empty(command: Command) -> Command {
    let is_empty = |arg: &Arg| arg.get_env().and_then(std::env::var_os).is_some_and(|value| value.is_empty());
    command
        .mut_args(|arg| if is_empty(&arg) { arg.env(None::<&'static str>) } else { arg })
        .mut_subcommands(without_empty)
}
