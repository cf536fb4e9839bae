//! Running other programs from the root of the repository.

use anyhow::{Context, Result, ensure};
use std::{
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Where cargo puts what it builds.
pub(crate) fn target_dir() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// The cargo that runs this task.
pub(crate) fn cargo<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    command
}

/// Has clippy read what this command compiles, as it is compiled, and take no warning. `cargo clippy` hands its driver to
/// cargo in the same way; run by itself it compiles everything that is used here a second time, which takes minutes.
pub(crate) fn linted(mut command: Command) -> Command {
    command.env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver").env(
        "CLIPPY_ARGS",
        "-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__",
    );
    command
}

/// The same command, so that it takes only what others leave of the machine: nothing at all, where the system has such a
/// class (sched(7): `SCHED_IDLE`), else little.
pub(crate) fn yielding(command: Command) -> Command {
    let idle = find_program(&["chrt"]).map(|chrt| (chrt, ["--idle", "0"]));
    let nice = || find_program(&["nice"]).map(|nice| (nice, ["-n", "10"]));
    let Some((program, how)) = idle.or_else(nice) else {
        return command;
    };
    let mut yielding = Command::new(program);
    yielding
        .args(how)
        .arg(command.get_program())
        .args(command.get_args())
        .envs(
            command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
    if let Some(folder) = command.get_current_dir() {
        yielding.current_dir(folder);
    }
    yielding
}

/// Runs to the end. An error names the command.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = describe(command);
    let status = command
        .status()
        .with_context(|| format!("`{line}` could not be started"))?;
    ensure!(status.success(), "`{line}` failed ({status})");
    Ok(())
}

/// The command as one would type it.
pub(crate) fn describe(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(OsStr::to_string_lossy).collect();
    words.join(" ")
}

/// Where a program lies that can be started by its name.
pub(crate) fn find_program(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    // Debian keeps servers out of ordinary users' PATH, and has several versions of PostgreSQL side by side.
    let extra = ["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from);
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let of_postgresql = versions.flatten().map(|version| version.path().join("bin"));
    env::split_paths(&path)
        .chain(extra)
        .chain(of_postgresql)
        .flat_map(|dir| names.iter().map(move |name| dir.join(name)))
        .find(|candidate| candidate.is_file())
}
