//! The fault lab from the command line: `cargo xtask lab`.

use anyhow::{Context, Error, bail, ensure};
use earshot_tests::lab::{
    browser::Browser,
    case::{self, Case},
    company,
    matrix::{self, Row, Totals},
    pair::{self, case::PairCase, matrix::PairRow},
};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

const HELP: &str = "\
lab [--pairs] [--only PART]... [--core] [--healthy] [--browser chromium|firefox|webkit] [--jobs N] [--runs N] [--report FILE] [--list]

--pairs         the cases of two people who call each other, instead of those of one
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
    is_pairs: bool,
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
    let stories =
        PathBuf::from(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
            .join("lab");
    if asked.is_pairs {
        return run_pairs(&asked, &stories);
    }
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
    company::make_room(asked.jobs);
    let start = Instant::now();
    let all: Vec<Case> = (0..asked.runs).flat_map(|_| cases.clone()).collect();
    let rows = matrix::play(&all, &asked.browsers, asked.jobs, &stories, |row: &Row| {
        println!("{}", row.line());
    });
    let totals = Totals::of(&rows);
    println!("{totals}, {} s", start.elapsed().as_secs());
    let mut is_right = rows.iter().all(Row::is_right);
    if let Some(file) = &asked.report {
        let took = start.elapsed();
        let cases = pair::case::read(pair::case::TABLE).map_err(Error::msg)?;
        let pairs = pair::matrix::play(&cases, &stories, |row| println!("{}", row.line()));
        is_right &= pairs.iter().all(PairRow::is_right);
        let text = matrix::markdown(&rows, took) + &pair::matrix::markdown(&pairs);
        std::fs::write(file, text)
            .with_context(|| format!("{} cannot be written", file.display()))?;
    }
    if !is_right {
        println!("what was said in the others is in {}", stories.display());
    }
    Ok(is_right)
}

/// The cases of two people.
fn run_pairs(asked: &Asked, stories: &Path) -> anyhow::Result<bool> {
    let mut cases = pair::case::read(pair::case::TABLE).map_err(Error::msg)?;
    cases.retain(|case| {
        let is_wanted =
            asked.only.is_empty() || asked.only.iter().any(|part| case.name.contains(part));
        is_wanted && (case.is_core || !asked.is_core)
    });
    ensure!(
        !cases.is_empty(),
        "there is no such case: see tests/lab/pairs.txt"
    );
    let all: Vec<PairCase> = (0..asked.runs).flat_map(|_| cases.clone()).collect();
    let rows = pair::matrix::play(&all, stories, |row| println!("{}", row.line()));
    let right = rows.iter().filter(|row| row.is_right()).count();
    println!("{right} of {} right", rows.len());
    Ok(right == rows.len())
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
            "--pairs" => asked.is_pairs = true,
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
