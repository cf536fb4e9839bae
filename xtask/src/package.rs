//! What operators install: the static program and Debian's package of it.

use crate::{
    command::{cargo, find_program, root, run, target_dir},
    program::{self, SHIPPED},
};
use anyhow::{Context, Result, ensure};
use std::{fs, path::PathBuf, process::Command};

/// What a package is made with, and how it is had.
const TO_BUILD: [(&str, &str); 2] = [
    ("cargo-deb", "`cargo install cargo-deb --locked`"),
    ("musl-gcc", "Debian's package musl-tools"),
];
/// And what it is tried with.
const TO_REHEARSE: [(&str, &str); 2] = [
    ("debootstrap", "Debian's package debootstrap"),
    ("systemd-nspawn", "Debian's package systemd-container"),
];

/// Builds the static program and its Debian package; returns where they lie.
pub(crate) fn build() -> Result<(PathBuf, PathBuf)> {
    are_there(&TO_BUILD)?;
    let (program, target) = program::build_static()?;
    let package = target_dir().join("static").join("earshot.deb");
    run(cargo(["deb", "-p", "earshot", "--no-build", "--no-strip"])
        .args(["--target", &target, "--profile", SHIPPED, "--output"])
        .arg(&package))?;
    println!("xtask: built {}", package.display());
    Ok((program, package))
}

/// Tries both in bare systems made by debootstrap: needs root, and takes minutes.
pub(crate) fn rehearse() -> Result<()> {
    // Before the build, which takes minutes, and all at once.
    are_there(&[TO_BUILD, TO_REHEARSE].concat())?;
    let (program, package) = build()?;
    let scratch = target_dir().join("rehearsal");
    fs::create_dir_all(&scratch).with_context(|| scratch.display().to_string())?;
    run(Command::new("bash")
        .arg(root().join("deploy/rehearse.sh"))
        .args([&program, &package, &scratch])
        .current_dir(root()))
}

fn are_there(programs: &[(&str, &str)]) -> Result<()> {
    let missing: Vec<String> = programs
        .iter()
        .filter(|(program, _)| find_program(&[program]).is_none())
        .map(|(program, way)| format!("\n  {program}: {way}"))
        .collect();
    ensure!(missing.is_empty(), "not installed:{}", missing.concat());
    Ok(())
}
