//! The fault lab from the command line: `cargo xtask lab`.

use anyhow::{Context, bail, ensure};
use earshot_tests::lab::{
    browser::Browser,
    case::{self, Case},
    matrix::{self, Row, Totals},
};
use std::{path::PathBuf, process::ExitCode, time::Instant};

const HELP: &str = "\
lab [--only PART]... [--core] [--healthy] [--browser chromium|firefox|webkit] [--jobs N] [--runs N] [--report FILE] [--list]

--only PART     the cases whose names contain PART; may be given several times
--core          the cases that every `cargo xtask test` plays
--healthy       the cases in which a verdict other than “good” would be a false alarm
--browser NAME  in this browser only
--jobs N        so many cases side by side (2)
--runs N        every case so many times (1)
--report FILE   write the table there
--list          say what there is, and play nothing";

#[derive(Default)]
struct Asked {
    only: Vec<String>,
    is_core: bool,
    is_healthy: bool,
    browsers: Vec<Browser>,
    jobs: usize,
    runs: usize,
    report: Option<PathBuf>,
    is_list: bool,
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("lab: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Whether all was right.
fn run() -> anyhow::Result<bool> {
    let asked = asked(std::env::args().skip(1))?;
    let mut cases = case::read(case::TABLE)?;
    if !asked.only.is_empty() {
        cases.retain(|case| asked.only.iter().any(|part| case.name.contains(part)));
    }
    cases.retain(|case| {
        (case.is_core || !asked.is_core) && (case.expected.status == "good" || !asked.is_healthy)
    });
    ensure!(!cases.is_empty(), "there is no such case: see --list");
    if asked.is_list {
        for case in &cases {
            println!(
                "{} | {} | {} | {}",
                case.name, case.network, case.server, case.why
            );
        }
        return Ok(true);
    }
    let start = Instant::now();
    let stories =
        PathBuf::from(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
            .join("lab");
    let all: Vec<Case> = (0..asked.runs).flat_map(|_| cases.clone()).collect();
    let rows = matrix::play(&all, &asked.browsers, asked.jobs, &stories, |row: &Row| {
        println!("{}", row.line());
    });
    let totals = Totals::of(&rows);
    println!("{totals}, {} s", start.elapsed().as_secs());
    if let Some(file) = &asked.report {
        std::fs::write(file, matrix::markdown(&rows, start.elapsed()))
            .with_context(|| format!("{} cannot be written", file.display()))?;
    }
    let is_right = rows.iter().all(Row::is_right);
    if !is_right {
        println!("what was said in the others is in {}", stories.display());
    }
    Ok(is_right)
}

fn asked(mut words: impl Iterator<Item = String>) -> anyhow::Result<Asked> {
    let mut asked = Asked {
        browsers: vec![Browser::Chromium, Browser::Firefox, Browser::WebKit],
        jobs: 2,
        runs: 1,
        ..Asked::default()
    };
    while let Some(word) = words.next() {
        let mut value = || {
            words
                .next()
                .with_context(|| format!("{word} wants a value\n\n{HELP}"))
        };
        match word.as_str() {
            "--core" => asked.is_core = true,
            "--healthy" => asked.is_healthy = true,
            "--only" => asked.only.push(value()?),
            "--browser" => {
                asked.browsers = vec![match value()?.as_str() {
                    "chromium" => Browser::Chromium,
                    "firefox" => Browser::Firefox,
                    "webkit" => Browser::WebKit,
                    other => {
                        bail!("there is no browser “{other}” here: chromium, firefox or webkit")
                    }
                }];
            }
            "--jobs" => asked.jobs = value()?.parse().context("--jobs wants a number")?,
            "--runs" => asked.runs = value()?.parse().context("--runs wants a number")?,
            "--report" => asked.report = Some(value()?.into()),
            "--list" => asked.is_list = true,
            other => bail!("“{other}” is no option of the lab\n\n{HELP}"),
        }
    }
    Ok(asked)
}
