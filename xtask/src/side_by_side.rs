//! Test programs that mostly wait, run side by side: each leaves most of a core to another one.

use crate::{command::describe, tally::Tally};
use anyhow::{Context, Result};
use std::{
    collections::VecDeque,
    process::{Command, Stdio},
    sync::{Mutex, PoisonError, mpsc},
    thread,
    time::Instant,
};

/// A call of a test program.
pub(crate) struct Call {
    name: String,
    command: Command,
    may_have_none: bool,
}

impl Call {
    /// One that fails where no test ran.
    pub(crate) fn of(name: &str, command: Command) -> Self {
        Self {
            name: name.to_owned(),
            command,
            may_have_none: false,
        }
    }

    /// One that may have no test, for example none for the system at hand.
    pub(crate) fn that_may_have_none(name: &str, command: Command) -> Self {
        Self {
            may_have_none: true,
            ..Self::of(name, command)
        }
    }
}

/// Runs all of them, so many at a time, the first ones first. What each says stands together, as soon as it has ended.
/// Returns what failed, a sentence each.
pub(crate) fn run(
    calls: Vec<Call>,
    at_once: usize,
    whole: bool,
    tally: &mut Tally,
) -> Result<Vec<String>> {
    let waiting = Mutex::new(VecDeque::from(calls));
    let next = || {
        let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.pop_front()
    };
    let (ended, endings) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..at_once {
            let ended = ended.clone();
            scope.spawn(move || {
                while let Some(mut call) = next() {
                    if whole {
                        call.command.env("EARSHOT_REQUIRE_REAL", "1");
                    }
                    let start = Instant::now();
                    let done = call.command.stderr(Stdio::inherit()).output();
                    if ended.send((call, start.elapsed(), done)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(ended);
        let mut failed = Vec::new();
        for (call, duration, done) in endings {
            let Call { name, command, .. } = &call;
            let line = describe(command);
            let done = done.with_context(|| format!("`{line}` could not be started"))?;
            println!("xtask: {name}, {} s: {line}", duration.as_secs());
            let before = tally.passed;
            for said in String::from_utf8_lossy(&done.stdout).lines() {
                println!("{said}");
                tally.read(said);
            }
            if !done.status.success() {
                failed.push(format!("{name}: `{line}` failed ({})", done.status));
            } else if tally.passed == before && !call.may_have_none {
                failed.push(format!("{name}: `{line}` ran no test"));
            }
        }
        Ok(failed)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(text: &str) -> Command {
        let mut command = Command::new("echo");
        command.arg(text);
        command
    }

    #[test]
    fn what_fails_or_tests_nothing_is_told_and_the_rest_is_counted() {
        let none = "test result: ok. 0 passed; 0 failed";
        let calls = vec![
            Call::of("some", says("test result: ok. 2 passed; 0 failed")),
            Call::of("none", says(none)),
            Call::that_may_have_none("perhaps", says(none)),
            Call::of("broken", Command::new("false")),
        ];
        let mut tally = Tally::default();
        let mut failed = run(calls, 2, false, &mut tally).expect("all can be started");
        failed.sort();
        let none_ran = format!("none: `echo {none}` ran no test");
        let broken = "broken: `false` failed (exit status: 1)";
        assert_eq!(failed, [broken, none_ran.as_str()]);
        assert_eq!(tally.passed, 2);
    }
}
