//! The program `earshot`.

use earshot::{check, cli, coturn, serve, settings::Problems, status};
use std::{collections::BTreeMap, process::ExitCode};

fn main() -> ExitCode {
    let matches = cli::command().get_matches();
    if let Some(done) = coturn::commands::run(&matches) {
        return done;
    }
    let environment: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    if let Some((check::NAME, matches)) = matches.subcommand() {
        return check::run(matches, &environment);
    }
    match run(&matches, environment) {
        Ok(code) => code,
        Err(error) => {
            let text = format!("{error:#}");
            eprintln!("earshot: {}", text.trim_end());
            // What only asks says 1 for a fault that it found, and 2 where it could not ask.
            match matches.subcommand_name() {
                Some("serve") => ExitCode::FAILURE,
                _ => 2.into(),
            }
        }
    }
}

fn run(
    matches: &clap::ArgMatches,
    environment: BTreeMap<String, String>,
) -> anyhow::Result<ExitCode> {
    serve::log_to_stderr(environment.get("EARSHOT_LOG").map(String::as_str));
    let task: Result<_, Problems> = cli::task(matches, environment);
    match task? {
        Some(cli::Task::Serve(sources)) => serve::run(&sources).map(|()| ExitCode::SUCCESS),
        Some(cli::Task::Status(sources, options)) => status::run(&sources, options),
        None => Ok(ExitCode::SUCCESS),
    }
}
