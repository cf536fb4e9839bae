//! `earshot explain-log` and `earshot check-conf` against Debian's coturn: it is started with each fault, a client meets
//! it, and the log it wrote, as the configuration it read, must show that fault by its name.

mod conf;
mod logs;

use earshot_tests::program::binary;
use std::{
    io::Write,
    process::{Command, Output, Stdio},
    time::Duration,
};

/// coturn ends an allocation a second after its client did.
const ENDING: Duration = Duration::from_secs(10);

/// Runs the program on this standard input.
fn earshot(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(binary())
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program can be started");
    let mut stdin = child.stdin.take().expect("it was asked for");
    stdin
        .write_all(input.as_bytes())
        .expect("it reads to the end");
    drop(stdin);
    child.wait_with_output().expect("it ends")
}

/// `severity rule cause` of each finding.
fn names(output: &Output) -> Vec<String> {
    let found: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let findings = found["findings"].as_array().expect("findings");
    let name = |finding: &serde_json::Value| {
        let parts = ["severity", "rule", "cause"].map(|key| finding[key].as_str().unwrap_or(""));
        parts.join(" ").trim_end().to_owned()
    };
    findings.iter().map(name).collect()
}

/// What scripts go by: 2 is never taken for “nothing is wrong”, nor for a fault.
#[test]
fn what_cannot_be_read_is_neither_good_nor_bad() {
    let dir = tempfile::tempdir().expect("a temporary directory can be made");
    let folder = dir.path().display().to_string();
    let missing = format!("{folder}/turnserver.conf");
    for (arguments, input, names) in [
        (&["check-conf", &missing][..], "", missing.as_str()),
        (&["check-conf", &folder], "", &folder),
        (&["check-conf"], "", "<FILE>"),
        (
            &["check-conf", "-"],
            "GET / HTTP/1.1\nHost: x\n",
            "no configuration of coturn",
        ),
        (&["explain-log", &missing], "", &missing),
        (&["explain-log", "--jsn"], "", "--jsn"),
        (
            &["explain-log"],
            "GET / HTTP/1.1\nHost: x\n",
            "no log of coturn",
        ),
        (&["explain-log", "-"], "", "no log of coturn"),
        (&["explain-log"], "\u{1f}", "no log of coturn"),
    ] {
        let output = earshot(arguments, input);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(
            said.contains(names) && output.stdout.is_empty(),
            "{arguments:?}: {said}"
        );
    }
}

/// No colour where nobody can see it, and no line that an 80 column terminal breaks but those to be copied.
#[test]
fn it_is_written_for_a_terminal_and_for_a_pipe() {
    let output = earshot(
        &["check-conf", "-"],
        "listening-port=3478\nno-auth\nrelm=x\n",
    );
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(!text.contains('\u{1b}'), "{text}");
    assert!(
        text.contains("write instead of line 3:\n           realm=x\n"),
        "{text}"
    );
    let broken = text.lines().find(|line| line.chars().count() > 80);
    assert_eq!(broken, None);
}
