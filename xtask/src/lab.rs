//! `cargo xtask lab`: the whole fault matrix.

use crate::{
    command::{cargo, root, run, target_dir},
    program, setup,
};
use anyhow::Result;
use std::process::Command;

/// Where the published table lies.
const TABLE: &str = "docs/fault-matrix.md";

/// Builds everything and plays the matrix; `arguments` are those of the lab's own program. `--report` writes the
/// published table.
pub(crate) fn run_matrix(arguments: &[&str]) -> Result<()> {
    for lacking in setup::test_parts()? {
        println!("xtask: {lacking}");
    }
    let earshot = program::build(program::Profile::Serve)?;
    run(&mut cargo(["build", "-p", "earshot-tests", "--bins"]))?;
    let mut lab = Command::new(target_dir().join("debug").join("lab"));
    lab.current_dir(root()).env("EARSHOT_BIN", earshot);
    for argument in arguments {
        lab.arg(argument);
        if *argument == "--report" {
            lab.arg(TABLE);
        }
    }
    run(&mut lab)
}
