//! The one list of checks. CI runs this and nothing else.

use crate::{
    command::{self, cargo, describe, find_program, linted, target_dir},
    native_tests::{NativeTests, compile_lab},
    page, setup,
    side_by_side::{self, Call},
    tally::Tally,
    test_program::TestProgram,
    wasm_tests::{self, BrowserTests},
};
use anyhow::{Context, Result, bail, ensure};
use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    thread::{self, ScopedJoinHandle},
    time::Instant,
};

/// Tests of networks, sockets and clocks, and a browser in which sound is listened to, leave most of a core to others.
const SIDE_BY_SIDE: usize = 4;

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
    step("formatting", || {
        command::run(&mut cargo(["fmt", "--all", "--", "--check"]))
    })?;
    thread::scope(|scope| {
        // The page is optimised by one core; without it the program cannot be compiled.
        let without_program = scope.spawn(compile_without_program);
        page_and_real_parts(whole)?;
        let (in_a_browser, own) = joined(without_program)?;
        let weight = scope.spawn(|| step("the page's weight", page::weigh));
        let lab = step("clippy of the program, the lab compiled", compile_lab)?;
        joined(weight)?;
        // Into one folder cargo lets one call at a time; nothing needs these before the lab has ended.
        let native = scope.spawn(|| step("clippy, native tests compiled", NativeTests::compile));
        let mut failed = Vec::from_iter(by_itself("lab", lab, whole, tally));
        let native = joined(native)?;
        failed.extend(step("tests that run side by side", || {
            side_by_side(&native, &in_a_browser, &own, whole, tally)
        })?);
        let of_the_whole = native.of_the_whole()?;
        failed.extend(by_itself("whole", of_the_whole, whole, tally));
        ensure!(failed.is_empty(), "{}", failed.join("\n"));
        ensure!(tally.passed > 0, "no test ran");
        let skipped = tally.skipped.len();
        ensure!(
            !whole || skipped == 0,
            "{skipped} tests were skipped, and nothing may be skipped here"
        );
        Ok(())
    })
}

/// The page, and the tests' real parts.
fn page_and_real_parts(whole: bool) -> Result<()> {
    thread::scope(|scope| {
        let parts = scope.spawn(setup::test_parts);
        // The small one: what is tested is what is shipped.
        step("the page", || page::build(true))?;
        let missing = joined(parts)?;
        ensure!(
            !whole || missing.is_empty(),
            "nothing may be skipped here:\n  {}",
            missing.join("\n  ")
        );
        Ok(())
    })
}

/// The page's tests and what runs them, another project's, and those of these tasks.
fn compile_without_program() -> Result<(BrowserTests, Vec<TestProgram>)> {
    step(
        "clippy of the page and of these tasks, their tests compiled",
        || {
            let in_a_browser = BrowserTests::compile()?;
            wasm_tests::compile_runner()?;
            wasm_tests::compile_example()?;
            let own = TestProgram::compile(linted(cargo(["test", "-p", "xtask"])))?;
            Ok((in_a_browser, own))
        },
    )
}

/// Runs tests beside which no other may run. Returns what failed.
fn by_itself(name: &str, command: Command, whole: bool, tally: &mut Tally) -> Option<String> {
    let before = tally.passed;
    let outcome = step(name, || {
        listened_to(command, whole, tally)?;
        // On another system there may be none: the lab's networks are Linux's.
        let may_have_none = !cfg!(target_os = "linux");
        ensure!(may_have_none || tally.passed > before, "no test ran");
        Ok(())
    });
    outcome.err().map(|error| format!("{error:#}"))
}

/// The native tests that may have company, those of these tasks, those in a browser, another project's. Returns what
/// failed.
fn side_by_side(
    native: &NativeTests,
    in_a_browser: &BrowserTests,
    own: &[TestProgram],
    whole: bool,
    tally: &mut Tally,
) -> Result<Vec<String>> {
    let mut calls = native.beside_others();
    calls.extend(own.iter().map(|it| Call::of(&it.name, it.command())));
    if find_program(&["chromedriver"]).is_none() {
        tally.skipped.push(
            "skipped: tests in a browser, of the page and of examples/ci-probe: chromedriver is not installed"
                .to_owned(),
        );
        return side_by_side::run(calls, SIDE_BY_SIDE, whole, tally);
    }
    let earshot = target_dir().join("debug").join("earshot");
    let _program = in_a_browser.start(&earshot)?;
    // The long ones of each kind first, so that none runs by itself in the end.
    calls.splice(2..2, in_a_browser.calls()?);
    match find_program(&["curl"]) {
        Some(_) => calls.push(Call::of("ci-probe", wasm_tests::example(&earshot)?)),
        None => tally
            .skipped
            .push("skipped: examples/ci-probe: curl is not installed".to_owned()),
    }
    side_by_side::run(calls, SIDE_BY_SIDE, whole, tally)
}

fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread
        .join()
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
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

/// Runs tests, passes on what they print, and counts how they ended.
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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_runs_no_test_by_itself_has_failed() {
        let says = |result: &str| {
            let mut echo = Command::new("echo");
            echo.arg(result);
            by_itself("some", echo, false, &mut Tally::default())
        };
        assert_eq!(says("test result: ok. 2 passed; 0 failed"), None);
        for none in ["test result: ok. 0 passed; 0 failed", ""] {
            let failed = says(none).expect("nothing was tested");
            assert!(failed.contains("no test ran"), "{failed}");
        }
    }
}
