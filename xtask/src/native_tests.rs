//! The native tests. The lab is compiled first, the others while it plays. Most of them mostly wait, and run side by side.

use crate::{
    command::{cargo, linted, target_dir, yielding},
    side_by_side::Call,
    test_program::TestProgram,
};
use anyhow::{Context, Result};
use std::process::Command;

/// They start browsers and look at how long a test takes, so no other test runs beside them.
const ALONE: [&str; 2] = [LAB, WHOLE];
const LAB: &str = "lab";
const WHOLE: &str = "whole";
/// The smallest of the program's own integration tests.
const OF_THE_PROGRAM: &str = "sockets";
/// Of the others, those that take longest.
const LONG: [&str; 3] = ["networks", "earshot", "check"];

/// The tests of everything but these tasks and the page, compiled.
pub(crate) struct NativeTests(Vec<TestProgram>);

/// Compiles the program and the lab, and has clippy read them; returns the command that runs the lab.
pub(crate) fn compile_lab() -> Result<Command> {
    let mut lab = test();
    // With a test of the program's package cargo builds the program.
    lab.args(["--test", LAB, "--test", OF_THE_PROGRAM]);
    NativeTests(TestProgram::compile(lab)?).alone(LAB)
}

impl NativeTests {
    /// Compiles them, and has clippy read them, in what others leave of the machine.
    pub(crate) fn compile() -> Result<Self> {
        TestProgram::compile(yielding(test())).map(Self)
    }

    /// Those beside which others may run, the longest first. A program may have no test for the system at hand.
    pub(crate) fn beside_others(&self) -> Vec<Call> {
        let mut programs: Vec<&TestProgram> = self
            .0
            .iter()
            .filter(|it| !ALONE.contains(&it.name.as_str()))
            .collect();
        programs.sort_by_key(|it| {
            LONG.iter()
                .position(|long| *long == it.name)
                .unwrap_or(LONG.len())
        });
        let mut documentation = test();
        documentation.args(["--doc", "--", "--show-output"]);
        programs
            .into_iter()
            .map(|it| Call::that_may_have_none(&it.name, told(it)))
            .chain([Call::that_may_have_none("documentation", documentation)])
            .collect()
    }

    /// Those of the whole program.
    pub(crate) fn of_the_whole(&self) -> Result<Command> {
        self.alone(WHOLE)
    }

    /// One of those beside which no other may run.
    fn alone(&self, name: &str) -> Result<Command> {
        let program = self.0.iter().find(|it| it.name == name);
        let program = program.with_context(|| format!("there is no test {name} any more"))?;
        Ok(told(program))
    }
}

/// The command that runs one of them, with all that it needs to know.
fn told(program: &TestProgram) -> Command {
    let mut command = program.command();
    command.arg("--show-output");
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

/// `cargo test` of all of them: the features of all crates are the same whichever tests are asked for.
fn test() -> Command {
    linted(cargo([
        "test",
        "--workspace",
        // By themselves: what they need is compiled already.
        "--exclude",
        "xtask",
        "--exclude",
        "test-runner",
        // Tested where the page runs: see `wasm_tests`.
        "--exclude",
        "earshot-web",
    ]))
}
