//! Building and starting the native program.

use crate::{
    command::{cargo, describe, run, target_dir},
    page, setup,
};
use anyhow::{Context, Result};
use std::{fs, path::PathBuf, process::Command};

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

/// The profile of what is given to others.
pub(crate) const SHIPPED: &str = "shipped";

/// Builds page and program, the program linked statically: it runs on any Linux, and in an image without a system.
/// Returns where the program lies, and for which target it is.
pub(crate) fn build_static() -> Result<(PathBuf, String)> {
    setup::wasm_target()?;
    let target = setup::static_target()?;
    page::build(true)?;
    page::weigh()?;
    println!("xtask: building the static program");
    run(&mut cargo([
        "build",
        "-p",
        "earshot",
        "--bin",
        "earshot",
        "--profile",
        SHIPPED,
        "--target",
        &target,
    ]))?;
    let built = target_dir().join(&target).join(SHIPPED).join("earshot");
    // At a place that does not depend on the machine.
    let place = target_dir().join("static");
    fs::create_dir_all(&place).with_context(|| place.display().to_string())?;
    let program = place.join("earshot");
    fs::copy(&built, &program).with_context(|| built.display().to_string())?;
    println!("xtask: built {}", program.display());
    Ok((program, target))
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
