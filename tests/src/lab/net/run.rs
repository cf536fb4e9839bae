//! Calls of `ip`, `nft` and the like.

use super::error::LabError;
use std::{
    io::Write,
    process::{Command, Stdio},
};

/// Runs a command to its end with this text as its input; what it said on standard output.
pub(super) fn run(command: &mut Command, input: &str) -> Result<String, LabError> {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .map_err(|error| LabError::refused(command, format!("it could not be started: {error}")))?;
    let sent = child
        .stdin
        .take()
        .map_or(Ok(()), |mut stdin| stdin.write_all(input.as_bytes()));
    let output = child
        .wait_with_output()
        .map_err(|error| LabError::refused(command, error.to_string()))?;
    if output.status.success() {
        sent.map_err(|error| LabError::refused(command, format!("it did not read: {error}")))?;
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    let said = if said.is_empty() {
        output.status.to_string()
    } else {
        said
    };
    Err(LabError::refused(command, said))
}

/// `ip` with these arguments.
pub(super) fn ip(arguments: &[&str]) -> Result<String, LabError> {
    run(Command::new("ip").args(arguments), "")
}
