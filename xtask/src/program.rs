//! Building and starting the native program.

use crate::{
    command::{cargo, describe, run, target_dir},
    page, setup,
};
use anyhow::{Context, Result};
use std::{path::PathBuf, process::Command};

/// How much is asked of the compiler.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Built quickly, for tests.
    Debug,
    /// The page small, the program built quickly: somebody waits for it to start.
    Serve,
    /// Both as they are shipped.
    Release,
}

/// Builds page and program; returns where the program lies.
pub(crate) fn build(profile: Profile) -> Result<PathBuf> {
    setup::wasm_target()?;
    page::build(profile != Profile::Debug)?;
    if profile == Profile::Release {
        page::weigh()?;
    }
    println!("xtask: building the program");
    let (name, folder) = match profile {
        Profile::Debug | Profile::Serve => ("dev", "debug"),
        Profile::Release => ("release", "release"),
    };
    run(&mut cargo([
        "build",
        "-p",
        "earshot",
        "--bin",
        "earshot",
        "--profile",
        name,
    ]))?;
    let program = target_dir().join(folder).join("earshot");
    println!("xtask: built {}", program.display());
    Ok(program)
}

/// Builds and starts the program, which then has the terminal for itself.
pub(crate) fn serve(flags: &[&str]) -> Result<()> {
    let mut program = Command::new(build(Profile::Serve)?);
    program.arg("serve").args(flags);
    println!("xtask: starting `{}`\n", describe(&program));
    become_program(&mut program)
}

#[cfg(unix)]
fn become_program(program: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt;
    let line = describe(program);
    // Returns only if it fails; otherwise signals go straight to the program.
    Err(program.exec()).with_context(|| format!("`{line}` could not be started"))
}

#[cfg(not(unix))]
fn become_program(program: &mut Command) -> Result<()> {
    run(program)
}
