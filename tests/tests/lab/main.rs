//! The core of the fault lab: `cargo xtask lab` plays all of it.
#![cfg(target_os = "linux")]

mod story;

use earshot_report::Code;
use earshot_tests::lab::{
    browser::Browser,
    case::{self, Expected},
    matrix::{self, End, Row},
    pair,
};
use serde_json::Value;
use std::collections::BTreeSet;

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
        is_known(&case.expected);
        assert!(!case.why.is_empty(), "{}: why?", case.name);
    }
}

#[test]
fn the_table_of_pairs_can_be_read() {
    let cases = pair::case::read(pair::case::TABLE).expect("a table of cases");
    assert!(cases.iter().any(|case| case.is_core));
    for case in &cases {
        is_known(&case.owner.expected);
        is_known(&case.guest.expected);
    }
}

fn is_known(expected: &Expected) {
    for cause in [Some(&expected.cause), expected.beside.as_ref()]
        .into_iter()
        .flatten()
    {
        let is_code = Code::ALL.iter().any(|known| known.as_str() == cause);
        assert!(is_code, "there is no cause {cause}");
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
    for (name, shown) in INNER_ADDRESSES {
        let played: Vec<&Row> = rows.iter().filter(|row| row.case.name == name).collect();
        assert_eq!(played.len(), browsers.len(), "{name} is in the core");
        for row in played.into_iter().filter(|row| row.is_right()) {
            assert_eq!(
                inner_ranges(row),
                BTreeSet::from([shown.to_owned()]),
                "{}",
                row.line()
            );
        }
    }
}

/// Inner addresses are hidden unless the page holds the microphone. Both cases are good, so that the browsers show in one
/// what they hide in the other is proved by what their reports say of it.
const INNER_ADDRESSES: [(&str, &str); 2] = [("healthy", "mdns"), ("all-addresses", "private")];

/// The ranges of all host candidates in the report that a story begins with.
fn inner_ranges(row: &Row) -> BTreeSet<String> {
    let report = serde_json::Deserializer::from_str(row.story()).into_iter();
    let report: Value = report.flatten().next().expect("it begins with the report");
    let targets = report["facts"]["targets"].as_array().expect("targets");
    let candidates = targets
        .iter()
        .filter_map(|target| target["gathering"]["candidates"].as_array());
    candidates
        .flatten()
        .filter(|candidate| candidate["candidate_type"] == "host")
        .filter_map(|candidate| candidate["range"].as_str())
        .map(str::to_owned)
        .collect()
}

#[test]
fn two_people_read_whose_end_it_is() {
    let mut cases = pair::case::read(pair::case::TABLE).expect("a table of cases");
    cases.retain(|case| case.is_core);
    let stories = tempfile::tempdir().expect("a temporary directory can be made");
    let rows = pair::matrix::play(&cases, stories.path(), |row| println!("{}", row.line()));
    let wrong: Vec<String> = rows
        .iter()
        .filter(|row| !row.is_right() && !row.is_skipped())
        .map(|row| format!("{}\n{}", row.line(), row.story()))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
