//! The test programs that cargo compiles: what they are called and where they lie. Started by cargo each would be looked
//! through for changes anew, which takes seconds of a busy machine.

use crate::command::describe;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

/// A program with tests in it.
#[derive(Debug, PartialEq)]
pub(crate) struct TestProgram {
    /// Of the integration test, or of the library whose unit tests these are.
    pub(crate) name: String,
    executable: PathBuf,
    /// Its crate's.
    folder: PathBuf,
}

impl TestProgram {
    /// Those that this `cargo test` compiles; it runs none.
    pub(crate) fn compile(mut cargo: Command) -> Result<Vec<Self>> {
        cargo.args(["--no-run", "--message-format=json-render-diagnostics"]);
        let line = describe(&cargo);
        let done = cargo
            .stderr(Stdio::inherit())
            .output()
            .with_context(|| format!("`{line}` could not be started"))?;
        ensure!(done.status.success(), "`{line}` failed ({})", done.status);
        let programs: Vec<Self> = String::from_utf8_lossy(&done.stdout)
            .lines()
            .filter_map(Self::in_message)
            .collect();
        ensure!(!programs.is_empty(), "`{line}` compiled no test");
        Ok(programs)
    }

    /// The one that one of cargo's messages says was compiled.
    fn in_message(message: &str) -> Option<Self> {
        let message: Value = serde_json::from_str(message).ok()?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        if message["profile"]["test"] != true {
            return None;
        }
        let manifest = PathBuf::from(text(&message["manifest_path"])?);
        Some(Self {
            name: text(&message["target"]["name"])?,
            executable: text(&message["executable"])?.into(),
            folder: manifest.parent()?.to_owned(),
        })
    }

    /// The command that runs it, as cargo does.
    pub(crate) fn command(&self) -> Command {
        self.in_its_folder(Command::new(&self.executable))
    }

    /// The same by another program, which is told where this one lies.
    pub(crate) fn command_by(&self, mut runner: Command) -> Command {
        runner.arg(&self.executable);
        self.in_its_folder(runner)
    }

    fn in_its_folder(&self, mut command: Command) -> Command {
        command
            .current_dir(&self.folder)
            .env("CARGO_MANIFEST_DIR", &self.folder);
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Messages as cargo 1.95 writes them, shortened.
    #[test]
    fn test_programs_are_found_among_what_was_compiled() {
        let message = |kind: &str, is_test: bool, executable: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","manifest_path":"/house/relay/Cargo.toml","target":{{"kind":["{kind}"],"name":"sockets"}},"profile":{{"test":{is_test}}},"executable":{executable}}}"#
            )
        };
        let found = TestProgram {
            name: "sockets".to_owned(),
            executable: "/house/target/debug/deps/sockets-1".into(),
            folder: "/house/relay".into(),
        };
        let path = r#""/house/target/debug/deps/sockets-1""#;
        for kind in ["test", "lib"] {
            let read = TestProgram::in_message(&message(kind, true, path));
            assert_eq!(read.as_ref(), Some(&found), "{kind}");
        }
        let library = message("lib", false, "null");
        let program = message("bin", false, path);
        for other in [library.as_str(), &program, "   Compiling relay"] {
            assert_eq!(TestProgram::in_message(other), None, "{other}");
        }
    }
}
