//! The one list of checks. CI runs this and nothing else.

use crate::{
    command::{cargo, describe, find_program, target_dir},
    page, setup,
    wasm_tests::{self, Program},
};
use anyhow::{Context, Result, bail, ensure};
use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    time::Instant,
};

/// How many test cases ended in which way.
#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    /// Each with its reason.
    skipped: Vec<String>,
}

/// Runs everything, stops at the first step that fails. `whole`: a missing real part is a failure.
pub(crate) fn run(whole: bool) -> Result<()> {
    let start = Instant::now();
    let mut tally = Tally::default();
    setup::wasm_target()?;
    let missing = setup::test_parts()?;
    if whole {
        ensure!(
            missing.is_empty(),
            "nothing may be skipped here:\n  {}",
            missing.join("\n  ")
        );
    }

    step("formatting", || {
        plain(cargo(["fmt", "--all", "--", "--check"]))
    })?;
    step("clippy", || {
        plain(cargo([
            "clippy",
            "--workspace",
            "--all-targets",
            "--quiet",
            "--",
            "-D",
            "warnings",
        ]))
    })?;
    step("clippy of the page", || {
        let wasm = [
            "clippy",
            "-p",
            "earshot-web",
            "--all-targets",
            "--target",
            "wasm32-unknown-unknown",
            "--quiet",
        ];
        plain(cargo(wasm.into_iter().chain(["--", "-D", "warnings"])))
    })?;
    step("the page", || page::build(false))?;
    step("native tests and the whole system", || {
        let mut command = cargo([
            "test",
            "--workspace",
            "--exclude",
            "xtask",
            "--",
            "--show-output",
        ]);
        // Where the program is looked for by tests that start it.
        command.env("EARSHOT_BIN", target_dir().join("debug").join("earshot"));
        counted(command, whole, &mut tally)
    })?;
    step("probes in a browser", || {
        if find_program(&["chromedriver"]).is_none() {
            tally.skipped.push(
                "skipped: the probes' tests in a browser: chromedriver is not installed".to_owned(),
            );
            return Ok(());
        }
        let program = Program::start(&target_dir().join("debug").join("earshot"))?;
        counted(wasm_tests::command(&program.url)?, whole, &mut tally)
    })?;

    for reason in &tally.skipped {
        println!("xtask: {reason}");
    }
    let skipped = tally.skipped.len();
    if whole {
        ensure!(
            skipped == 0,
            "{skipped} tests were skipped, and nothing may be skipped here"
        );
    }
    ensure!(tally.passed > 0, "no test ran");
    println!("xtask: all checks passed in {}", minutes(start));
    println!(
        "{} passed, {} failed, {skipped} skipped",
        tally.passed, tally.failed
    );
    Ok(())
}

fn step(name: &str, check: impl FnOnce() -> Result<()>) -> Result<()> {
    println!("xtask: {name} …");
    let start = Instant::now();
    check().with_context(|| format!("the check “{name}” failed"))?;
    println!("xtask: {name}: passed in {}", minutes(start));
    Ok(())
}

fn minutes(start: Instant) -> String {
    let seconds = start.elapsed().as_secs();
    format!("{}:{:02} min", seconds / 60, seconds % 60)
}

fn plain(mut command: Command) -> Result<()> {
    crate::command::run(&mut command)
}

/// Runs tests, passes on what they print, and counts how they ended.
fn counted(mut command: Command, whole: bool, tally: &mut Tally) -> Result<()> {
    if whole {
        command.env("EARSHOT_REQUIRE_REAL", "1");
    }
    let line = describe(&command);
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("`{line}` could not be started"))?;
    let output = child
        .stdout
        .take()
        .context("the tests' output is not there")?;
    let before = tally.passed;
    for text in BufReader::new(output).lines() {
        let text = text?;
        println!("{text}");
        tally.read(&text);
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    ensure!(tally.passed > before, "`{line}` ran no test");
    Ok(())
}

impl Tally {
    /// Takes a line such as `test result: ok. 3 passed; 0 failed; 1 ignored; …`, or `skipped: …`.
    fn read(&mut self, line: &str) {
        let line = line.trim();
        if line.starts_with("skipped: ") && !self.skipped.iter().any(|known| known == line) {
            self.skipped.push(line.to_owned());
        }
        let Some((_, counts)) = line
            .strip_prefix("test result: ")
            .and_then(|rest| rest.split_once(". "))
        else {
            return;
        };
        for count in counts.split(';') {
            let mut words = count.split_whitespace();
            let number = words
                .next()
                .and_then(|word| word.parse::<usize>().ok())
                .unwrap_or(0);
            match words.next() {
                Some("passed") => self.passed += number,
                Some("failed") => self.failed += number,
                Some("ignored") if number > 0 => self
                    .skipped
                    .push(format!("skipped: {number} ignored tests")),
                _ => {}
            }
        }
    }
}
