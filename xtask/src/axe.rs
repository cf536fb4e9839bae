//! axe-core, which finds what keeps people from using a page. It is Deque's, under MPL-2.0, and is part of no program and no
//! page of ours: only the tests run it, so it is fetched into the target folder.

use crate::command::{describe, run, target_dir};
use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha512};
use std::{fs, path::PathBuf, process::Command};

const PACKAGE: &str = "https://registry.npmjs.org/axe-core/-/axe-core-4.14.1.tgz";
/// SHA-512 of the package, as the npm registry has it.
const DIGEST: &str = "1477dafa598d8d065f273d6af302aa203c02e83131707b7fa648cd41bd3d6b73\
                      4f8c22a0dab86ee6a6f64b8afbe804b214d36db85a2826965edfb3a0b9d546b5";
/// What of it is used.
const SCRIPT: &str = "package/axe.min.js";

/// Fetches it where it is not there yet.
pub(crate) fn fetch() -> Result<()> {
    let folder = folder();
    let package = folder.join("axe-core.tgz");
    if !fs::read(&package).is_ok_and(|package| is_right(&package)) {
        println!("xtask: fetching {PACKAGE}");
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        let mut curl = Command::new("curl");
        curl.args(["--fail", "--silent", "--show-error", "--max-time", "60"]);
        run(curl.arg("--output").arg(&package).arg(PACKAGE))?;
        let fetched = fs::read(&package).with_context(|| package.display().to_string())?;
        ensure!(
            is_right(&fetched),
            "{PACKAGE} is not the package that this version of the tests knows: its SHA-512 is another"
        );
    }
    let mut tar = Command::new("tar");
    tar.arg("-xzf").arg(&package).arg("-C").arg(&folder);
    let line = describe(tar.arg(SCRIPT));
    run(&mut tar)?;
    ensure!(folder.join(SCRIPT).is_file(), "`{line}` left no {SCRIPT}");
    Ok(())
}

/// Where the tests look for it.
fn folder() -> PathBuf {
    target_dir().join("axe-core")
}

fn is_right(package: &[u8]) -> bool {
    let digest = Sha512::digest(package);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    hex == DIGEST
}
