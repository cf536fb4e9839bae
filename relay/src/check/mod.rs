//! `earshot check URI…`: looks at TURN and STUN servers from here, calls through them, and says what is wrong in the
//! words of the page.

mod arguments;
mod call;
mod direct;
mod document;
mod gathering;
mod junit;
mod legs;
mod machine;
mod metrics;
mod nat;
mod notices;
mod peers;
mod progress;
mod run;
pub(crate) mod sentences;
mod servers;
mod steps;
mod table;
mod talk;
mod voice;
mod watch;

use crate::{check_browser, terminal::is_read};
use anyhow::Context;
use arguments::Request;
use clap::{ArgMatches, Command};
use run::Checked;
use std::{collections::BTreeMap, io::Write, process::ExitCode};

/// It could not be run.
const NOT_RUN: u8 = 2;

/// The subcommand's name.
pub const NAME: &str = "check";

/// The subcommand.
pub fn command() -> Command {
    arguments::command().name(NAME)
}

/// Checks, and tells what was found: 0, all is well; 1, a fault was found; 2, it could not be run.
pub fn run(matches: &ArgMatches, environment: &BTreeMap<String, String>) -> ExitCode {
    if let Some(options) = check_browser::Options::read(matches, environment) {
        return check_browser::run(&options);
    }
    let request = match Request::read(matches, environment) {
        Ok(request) => request,
        Err(problems) => return refuse(&problems),
    };
    let log = environment
        .get("EARSHOT_LOG")
        .map_or("warn", String::as_str);
    crate::serve::log_to_stderr(Some(log));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return refuse(&[format!("this machine gives no threads – {error}")]),
    };
    let code = runtime.block_on(async {
        match request.watch {
            Some(pause) => watch::watch(&request, pause).await,
            None => once(&request).await,
        }
    });
    // A name server that is silent is not waited for.
    runtime.shutdown_background();
    match code {
        Ok(code) => ExitCode::from(code),
        Err(problems) => refuse(&problems),
    }
}

async fn once(request: &Request) -> Result<u8, Vec<String>> {
    let checked = check(request).await?;
    tell(request, &checked).map_err(|error| vec![format!("{error:#}")])?;
    Ok(checked.exit_code())
}

async fn check(request: &Request) -> Result<Checked, Vec<String>> {
    let servers = request.source.servers().await?;
    let progress = progress::Progress::new(&servers);
    let checked = run::check(&servers, request.talk, |target, doing| {
        progress.tell(target, doing);
    })
    .await;
    progress.clear();
    Ok(checked)
}

/// Tells what was found, as asked for. `false`: nobody reads it any more.
fn tell(request: &Request, checked: &Checked) -> anyhow::Result<bool> {
    if let Some(path) = &request.junit {
        let xml = junit::report(checked)?;
        std::fs::write(path, xml)
            .with_context(|| format!("--junit {} cannot be written", path.display()))?;
    }
    let text = match request.json {
        true => machine::document(checked, &request.page)? + "\n",
        false => table::text(checked, &request.page),
    };
    print(&text)
}

/// Prints a text. `false`: who reads has read enough, and left.
fn print(text: &str) -> anyhow::Result<bool> {
    let mut out = anstream::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    is_read(written).context("the result cannot be printed")
}

/// Everything that is wrong at once.
fn refuse(problems: &[String]) -> ExitCode {
    for problem in problems {
        anstream::eprintln!("earshot check: {problem}");
    }
    anstream::eprintln!("`earshot check --help` shows examples.");
    ExitCode::from(NOT_RUN)
}
