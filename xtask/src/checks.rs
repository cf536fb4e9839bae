//! The one list of checks. CI runs this and nothing else.

use crate::{
    command::{cargo, describe, find_program, linted, target_dir},
    native_tests, page, setup,
    tally::Tally,
    wasm_tests::{self, Program},
};
use anyhow::{Context, Result, bail, ensure};
use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    thread,
    time::Instant,
};

/// Runs everything, stops at the first step that fails. `whole`: a missing real part is a failure.
pub(crate) fn run(whole: bool) -> Result<()> {
    let start = Instant::now();
    let mut tally = Tally::default();
    let outcome = all(whole, &mut tally);
    for reason in tally.skipped.iter().collect::<BTreeSet<_>>() {
        println!("xtask: {reason}");
    }
    let word = if outcome.is_ok() {
        "all checks passed"
    } else {
        "stopped"
    };
    for line in &tally.failures {
        println!("xtask: {line}");
    }
    println!("xtask: {word} after {}", minutes(start));
    println!("{tally}");
    outcome
}

fn all(whole: bool, tally: &mut Tally) -> Result<()> {
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
    page_and_its_tests(whole, tally)?;
    let names = step("clippy, native tests compiled", native_tests::compile)?;
    step("native tests and the whole system", || {
        let before = tally.passed;
        native_tests::run(&names, whole, tally, |command, tally| {
            listened_to(command, whole, tally)
        })?;
        ensure!(tally.passed > before, "no native test ran");
        Ok(())
    })?;
    step("probes in a browser", || {
        if find_program(&["chromedriver"]).is_none() {
            tally.skipped.push(
                "skipped: the probes' tests in a browser: chromedriver is not installed".to_owned(),
            );
            return Ok(());
        }
        let program = Program::start(&target_dir().join("debug").join("earshot"))?;
        counted(linted(wasm_tests::command(&program.url)?), whole, tally)
    })?;
    step("another project's tests", || {
        if find_program(&["chromedriver"]).is_none() || find_program(&["curl"]).is_none() {
            tally.skipped.push(
                "skipped: examples/ci-probe: chromedriver or curl is not installed".to_owned(),
            );
            return Ok(());
        }
        let earshot = target_dir().join("debug").join("earshot");
        counted(wasm_tests::example(&earshot)?, whole, tally)
    })?;
    step("the page's weight", page::weigh)?;

    if whole {
        let skipped = tally.skipped.len();
        ensure!(
            skipped == 0,
            "{skipped} tests were skipped, and nothing may be skipped here"
        );
    }
    ensure!(tally.passed > 0, "no test ran");
    Ok(())
}

/// The page has a folder of its own, and where it is made small, for the most part one core is enough for it.
fn page_and_its_tests(whole: bool, tally: &mut Tally) -> Result<()> {
    thread::scope(|scope| {
        // The small one: what is tested is what is shipped.
        let page = scope.spawn(|| step("the page", || page::build(true)));
        step("clippy of the page, its tests compiled", || {
            plain(linted(wasm_tests::compile()))?;
            plain(wasm_tests::compile_example())
        })?;
        step("tests of these tasks", || {
            // By themselves: in one go with the rest their dependencies would be built a second time.
            counted(linted(cargo(["test", "-p", "xtask"])), whole, tally)
        })?;
        page.join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn step<T>(name: &str, check: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("xtask: {name} …");
    let start = Instant::now();
    let done = check().with_context(|| format!("the check “{name}” failed"))?;
    println!("xtask: {name}: passed in {}", minutes(start));
    Ok(done)
}

fn minutes(start: Instant) -> String {
    let seconds = start.elapsed().as_secs();
    format!("{}:{:02} min", seconds / 60, seconds % 60)
}

fn plain(mut command: Command) -> Result<()> {
    crate::command::run(&mut command)
}

/// Runs tests, at least one, passes on what they print, and counts how they ended.
fn counted(command: Command, whole: bool, tally: &mut Tally) -> Result<()> {
    let line = describe(&command);
    let before = tally.passed;
    listened_to(command, whole, tally)?;
    ensure!(tally.passed > before, "`{line}` ran no test");
    Ok(())
}

/// The same, where there may be none: a program's tests may be for one system alone.
fn listened_to(mut command: Command, whole: bool, tally: &mut Tally) -> Result<()> {
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
    for text in BufReader::new(output).lines() {
        let text = text?;
        println!("{text}");
        tally.read(&text);
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}
