//! The program `earshot`.

use earshot::{cli, serve, settings::Problems};
use std::{collections::BTreeMap, process::ExitCode};

fn main() -> ExitCode {
    let matches = cli::command().get_matches();
    let environment: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    match run(&matches, environment) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let text = format!("{error:#}");
            eprintln!("earshot: {}", text.trim_end());
            ExitCode::FAILURE
        }
    }
}

fn run(matches: &clap::ArgMatches, environment: BTreeMap<String, String>) -> anyhow::Result<()> {
    serve::log_to_stderr(environment.get("EARSHOT_LOG").map(String::as_str));
    let task: Result<_, Problems> = cli::task(matches, environment);
    match task? {
        Some(cli::Task::Serve(sources)) => serve::run(&sources),
        None => Ok(()),
    }
}
