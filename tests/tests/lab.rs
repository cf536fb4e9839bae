//! The core of the fault lab: `cargo xtask lab` plays all of it.
#![cfg(target_os = "linux")]

use earshot_tests::lab::{
    browser::Browser,
    case,
    matrix::{self, End, Row},
};

/// Two browsers at once keep two cores busy.
const JOBS: usize = 2;

#[test]
fn the_table_can_be_read() {
    let cases = case::read(case::TABLE).expect("a table of cases");
    let healthy = cases.iter().filter(|case| case.expected.status == "good");
    assert!(
        healthy.count() >= 15,
        "healthy networks that look odd raise no alarm"
    );
    for case in &cases {
        let code = case.expected.cause.as_str();
        let is_code = earshot_report::Code::ALL
            .iter()
            .any(|known| known.as_str() == code);
        assert!(is_code, "{}: there is no cause {code}", case.name);
        assert!(!case.why.is_empty(), "{}: why?", case.name);
    }
}

#[test]
fn a_line_that_cannot_be_read_is_named() {
    for (line, named) in [
        ("a | - | -", "eight columns"),
        (
            "a | nat=strange | - | ours | both | good good nobody | 3 | w",
            "strange",
        ),
        (
            "a | - | rain | ours | both | good good nobody | 3 | w",
            "rain",
        ),
        (
            "a | - | - | theirs | both | good good nobody | 3 | w",
            "theirs",
        ),
        (
            "a | - | - | ours | opera | good good nobody | 3 | w",
            "opera",
        ),
        ("a | - | - | ours | both | good | 3 | w", "three words"),
        (
            "a | - | - | ours | both | good good nobody | soon | w",
            "soon",
        ),
    ] {
        let error = case::read(line).expect_err(line).to_string();
        assert!(error.contains("line 1") && error.contains(named), "{error}");
    }
}

#[test]
fn the_core_is_named_right() {
    let mut cases = case::read(case::TABLE).expect("a table of cases");
    cases.retain(|case| case.is_core);
    let browsers = [Browser::Chromium, Browser::Firefox];
    let stories = tempfile::tempdir().expect("a temporary directory can be made");
    let tell = |row: &Row| println!("{}", row.line());
    let rows = matrix::play(&cases, &browsers, JOBS, stories.path(), tell);
    let wrong: Vec<String> = rows
        .iter()
        .filter(|row| !row.is_right() && !matches!(row.end, End::Skipped))
        .map(|row| format!("{}\n{}", row.line(), row.story()))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
