//! The program: reads its arguments and settings, then does what it is told.

use std::process::ExitCode;

use rollcall::{
    cli::{Cli, Stop},
    commands,
    config::Config,
};

/// What is wrong without asking the database.
const ASKED_WRONGLY: u8 = 2;

fn main() -> ExitCode {
    let (command, given) = match Cli::read(std::env::args_os()) {
        Ok(cli) => cli.into_parts(),
        Err(Stop::Told(text)) => {
            print!("{text}");
            return ExitCode::SUCCESS;
        }
        Err(Stop::Wrong(line)) => return wrong(&line),
    };
    let config = match Config::load(&given, std::env::vars_os()) {
        Ok(config) => config,
        Err(error) => return wrong(&error.to_string()),
    };
    match commands::run(command, config) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("rollcall: {error}");
            ExitCode::from(error.status())
        }
    }
}

fn wrong(line: &str) -> ExitCode {
    eprintln!("rollcall: {line}");
    ExitCode::from(ASKED_WRONGLY)
}
