//! The native tests: all of them are compiled in one go; then those that mostly wait run side by side.

use crate::{
    command::{cargo, describe, linted, target_dir},
    tally::Tally,
};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::{
    collections::{BTreeSet, VecDeque},
    iter,
    process::{Command, Stdio},
    sync::{Mutex, PoisonError, mpsc},
    thread,
    time::Instant,
};

/// They start browsers and look at how long a test takes, so nothing else runs beside them.
const ALONE: [&str; 2] = ["lab", "whole"];
/// Tests of networks, sockets and clocks leave most of a core to another one.
const SIDE_BY_SIDE: usize = 3;

/// Compiles everything, has clippy read it, and returns the names of the integration tests.
pub(crate) fn compile() -> Result<BTreeSet<String>> {
    let mut command = test(&["--no-run", "--message-format=json-render-diagnostics"]);
    let line = describe(&command);
    let done = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("`{line}` could not be started"))?;
    ensure!(done.status.success(), "`{line}` failed ({})", done.status);
    let names = String::from_utf8_lossy(&done.stdout)
        .lines()
        .filter_map(integration_test)
        .collect();
    Ok(names)
}

/// The name of the integration test that one of cargo's messages says was compiled.
fn integration_test(message: &str) -> Option<String> {
    let message: Value = serde_json::from_str(message).ok()?;
    let target = &message["target"];
    let is_one = message["profile"]["test"] == true && target["kind"][0] == "test";
    is_one.then(|| target["name"].as_str().map(str::to_owned))?
}

/// Runs all of them; `alone` runs those beside which nothing may run.
pub(crate) fn run(
    names: &BTreeSet<String>,
    whole: bool,
    tally: &mut Tally,
    alone: impl Fn(Command, &mut Tally) -> Result<()>,
) -> Result<()> {
    let mut failed: Vec<String> = side_by_side(names, whole, tally)?;
    for name in ALONE {
        ensure!(names.contains(name), "there is no test {name} any more");
        if let Err(error) = alone(test(&["--test", name, "--", "--show-output"]), tally) {
            failed.push(format!("{error:#}"));
        }
    }
    ensure!(failed.is_empty(), "{}", failed.join("\n"));
    Ok(())
}

/// Returns the commands that failed. What each says stands together, as soon as it has ended.
fn side_by_side(names: &BTreeSet<String>, whole: bool, tally: &mut Tally) -> Result<Vec<String>> {
    let integration = names
        .iter()
        .filter(|name| !ALONE.contains(&name.as_str()))
        .map(|name| test(&["--test", name, "--", "--show-output"]));
    // The longest first, so that it does not run by itself in the end.
    let units = test(&["--lib", "--bins", "--examples", "--", "--show-output"]);
    let documentation = test(&["--doc", "--", "--show-output"]);
    let waiting: VecDeque<Command> = iter::once(units)
        .chain(integration)
        .chain([documentation])
        .collect();
    let waiting = Mutex::new(waiting);
    let next = || {
        let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.pop_front()
    };
    let (ended, endings) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            let ended = ended.clone();
            scope.spawn(move || {
                while let Some(mut command) = next() {
                    if whole {
                        command.env("EARSHOT_REQUIRE_REAL", "1");
                    }
                    let start = Instant::now();
                    let done = command.stderr(Stdio::inherit()).output();
                    let line = format!("`{}`", describe(&command));
                    if ended.send((line, start.elapsed(), done)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(ended);
        let mut failed = Vec::new();
        for (line, duration, done) in endings {
            let done = done.with_context(|| format!("{line} could not be started"))?;
            println!("xtask: {line}, {} s", duration.as_secs());
            for said in String::from_utf8_lossy(&done.stdout).lines() {
                println!("{said}");
                tally.read(said);
            }
            if !done.status.success() {
                failed.push(format!("{line} failed ({})", done.status));
            }
        }
        Ok(failed)
    })
}

/// `cargo test` of everything but these tasks: the features of all crates are the same whichever tests are asked for.
fn test(what: &[&str]) -> Command {
    let everything = [
        "test",
        "--workspace",
        "--exclude",
        "xtask",
        "--no-fail-fast",
    ];
    let mut command = linted(cargo(everything.iter().chain(what)));
    // The same cases each time: what a search by chance finds is found by `cargo test`, and is no flake of CI's.
    if std::env::var_os("PROPTEST_RNG_SEED").is_none() {
        command.env("PROPTEST_RNG_SEED", "8656");
    }
    // A query of the name server, or its answer, may be lost; glibc would wait 5 s before it asks again, longer than
    // any look of the program's at a server takes.
    command.env("RES_OPTIONS", "timeout:1 attempts:4");
    // Where the program is looked for by tests that start it.
    command.env("EARSHOT_BIN", target_dir().join("debug").join("earshot"));
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Messages as cargo 1.95 writes them, shortened.
    #[test]
    fn integration_tests_are_found_among_what_was_compiled() {
        let message = |kind: &str, is_test: bool| {
            format!(
                r#"{{"reason":"compiler-artifact","target":{{"kind":["{kind}"],"name":"sockets"}},"profile":{{"test":{is_test}}}}}"#
            )
        };
        assert_eq!(
            integration_test(&message("test", true)).as_deref(),
            Some("sockets")
        );
        for other in [message("lib", true), message("bin", false)] {
            assert_eq!(integration_test(&other), None);
        }
        assert_eq!(integration_test("   Compiling relay"), None);
    }
}
