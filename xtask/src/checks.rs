//! The one list of checks. CI runs this and nothing else.

use crate::{
    command::{cargo, describe, find_program, target_dir},
    page, setup,
    wasm_tests::{self, Program},
};
use anyhow::{Context, Result, bail, ensure};
use std::{
    collections::BTreeSet,
    fmt,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    time::Instant,
};

/// So begins the reason of an ignored test that another test runs as a program of its own.
const PART_OF_ANOTHER: &str = ", the child of ";

/// How many test cases ended in which way.
#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    /// The reason of each.
    skipped: Vec<String>,
}

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

impl Tally {
    /// Takes a line that a test program wrote, such as `test result: ok. 3 passed; 0 failed; …`. A test that is
    /// skipped counts as passed there, so it says `skipped: ` with the reason.
    fn read(&mut self, line: &str) {
        let line = line.trim();
        if line.starts_with("skipped: ") {
            self.skipped.push(line.to_owned());
            self.passed = self.passed.saturating_sub(1);
        }
        if let Some((name, reason)) = line.split_once(" ... ignored")
            && !reason.starts_with(PART_OF_ANOTHER)
        {
            self.skipped.push(format!("skipped: {name}{reason}"));
        }
        let Some((_, counts)) = line
            .strip_prefix("test result: ")
            .and_then(|rest| rest.split_once(". "))
        else {
            return;
        };
        for count in counts.split(';') {
            let mut words = count.split_whitespace();
            let number = words.next().and_then(|word| word.parse::<usize>().ok());
            match (number, words.next()) {
                (Some(number), Some("passed")) => self.passed += number,
                (Some(number), Some("failed")) => self.failed += number,
                _ => {}
            }
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            passed,
            failed,
            skipped,
        } = self;
        write!(
            f,
            "{passed} passed, {failed} failed, {} skipped",
            skipped.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines as the test programs of Rust 1.95 and of wasm-bindgen write them.
    #[test]
    fn what_ran_and_what_was_skipped_is_counted() {
        let mut tally = Tally::default();
        for line in [
            "test store::tests::writes_until_killed ... ignored, the child of the kill test; it ends by being killed",
            "test forgotten ... ignored",
            "test result: ok. 7 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.10s",
            "---- page::healthy stdout ----",
            "skipped: chromium is not installed (Debian's package chromium)",
            "---- page::stop stdout ----",
            "skipped: chromium is not installed (Debian's package chromium)",
            "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 3.90s",
            "test result: ok. 4 passed; 0 failed; 0 ignored; 0 filtered out; finished in 1.22s",
        ] {
            tally.read(line);
        }
        assert_eq!(tally.to_string(), "12 passed, 2 failed, 3 skipped");
    }
}
