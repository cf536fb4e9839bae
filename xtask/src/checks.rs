//! The one list of checks. CI runs this and nothing else.

use crate::{
    command::{cargo, describe, find_program, target_dir},
    page, setup,
    tally::Tally,
    wasm_tests::{self, Program},
};
use anyhow::{Context, Result, bail, ensure};
use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
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
    step("tests of these tasks", || {
        // By themselves: in one go with the rest their dependencies would be built a second time.
        counted(linted(cargo(["test", "-p", "xtask"])), whole, tally)
    })?;
    // The small one: what is tested is what is shipped.
    step("the page", || page::build(true))?;
    step("clippy, native tests and the whole system", || {
        let mut command = linted(cargo([
            "test",
            "--workspace",
            "--exclude",
            "xtask",
            "--no-fail-fast",
            "--",
            "--show-output",
        ]));
        // The same cases each time: what a search by chance finds is found by `cargo test`, and is no flake of CI's.
        if std::env::var_os("PROPTEST_RNG_SEED").is_none() {
            command.env("PROPTEST_RNG_SEED", "8656");
        }
        // A query of the name server, or its answer, may be lost; glibc would wait 5 s before it asks again, longer than
        // any look of the program's at a server takes.
        command.env("RES_OPTIONS", "timeout:1 attempts:4");
        // Where the program is looked for by tests that start it.
        command.env("EARSHOT_BIN", target_dir().join("debug").join("earshot"));
        counted(command, whole, tally)
    })?;
    step("clippy of the page, probes in a browser", || {
        if find_program(&["chromedriver"]).is_none() {
            tally.skipped.push(
                "skipped: the probes' tests in a browser: chromedriver is not installed".to_owned(),
            );
            let mut only_read = wasm_tests::tests();
            only_read.arg("--no-run");
            return plain(linted(only_read));
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

/// Has clippy read what this command compiles, as it is compiled, and take no warning. `cargo clippy` hands its driver to
/// cargo in the same way; run by itself it compiles everything that is used here a second time, which takes minutes.
fn linted(mut command: Command) -> Command {
    command.env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver").env(
        "CLIPPY_ARGS",
        "-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__",
    );
    command
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
