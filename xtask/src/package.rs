//! What operators install: the static program and Debian's package of it.

use crate::{
    command::{cargo, find_program, root, run, target_dir},
    program::{self, SHIPPED},
};
use anyhow::{Context, Result, ensure};
use std::{fs, path::PathBuf, process::Command};

/// Builds the static program and its Debian package; returns where they lie.
pub(crate) fn build() -> Result<(PathBuf, PathBuf)> {
    ensure!(
        find_program(&["cargo-deb"]).is_some(),
        "cargo-deb is not installed: `cargo install cargo-deb --locked`"
    );
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
    let (program, package) = build()?;
    let scratch = target_dir().join("rehearsal");
    fs::create_dir_all(&scratch).with_context(|| scratch.display().to_string())?;
    run(Command::new("bash")
        .arg(root().join("deploy/rehearse.sh"))
        .args([&program, &package, &scratch])
        .current_dir(root()))
}
