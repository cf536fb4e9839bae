//! The lab's own small programs, all in the binary `lab-agent`.

use super::{dns, error::LabError, guard, wire};
use std::{
    env,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

/// What a small program says when it has begun its work.
const READY: &str = "ready";

/// Runs one of the small programs by its name; for `main` of `lab-agent`.
pub fn main(words: &[String]) -> Result<(), LabError> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["guard", prefix] => guard::stand(prefix),
        ["wire", arguments @ ..] => wire::carry(arguments),
        ["slow-dns", arguments @ ..] => dns::answer_slowly(arguments),
        _ => Err(LabError::NotReady(
            "lab-agent is started by the lab's networks, not by hand".to_owned(),
        )),
    }
}

/// The command that runs the small program of this name.
pub(super) fn command(name: &str) -> Result<Command, LabError> {
    let mut command = Command::new(binary()?);
    command.arg(name);
    Ok(command)
}

/// Starts a small program and waits until it is ready.
pub(super) fn start(command: &mut Command) -> Result<Child, LabError> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| LabError::refused(command, error.to_string()))?;
    let mut line = String::new();
    if let Some(output) = child.stdout.take() {
        BufReader::new(output)
            .read_line(&mut line)
            .map_err(|error| LabError::refused(command, error.to_string()))?;
    }
    if line.trim() != READY {
        let ended = child.wait();
        return Err(LabError::refused(command, format!("it ended: {ended:?}")));
    }
    Ok(child)
}

/// Tells who started this that it works now.
pub(super) fn tell_ready() {
    println!("{READY}");
}

/// Beside this program, or beside the folder of tests that this program lies in.
fn binary() -> Result<PathBuf, LabError> {
    let this = env::current_exe().map_err(LabError::system("this program's own path"))?;
    this.ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join("lab-agent"))
        .find(|path| path.is_file())
        .ok_or_else(|| {
            LabError::NotReady(format!(
                "lab-agent is not built beside {}: run `cargo build -p earshot-tests`",
                this.display()
            ))
        })
}
