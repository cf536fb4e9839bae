//! The core of the fault lab: `cargo xtask lab` plays all of it.
#![cfg(target_os = "linux")]

mod story;

use earshot_report::Code;
use earshot_tests::lab::{
    browser::Browser,
    case::{self, Expected},
    company::Company,
    matrix::{self, End, Row},
    pair, play,
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

/// Both cases are good, so that the browsers show in one what they hide in the other is proved by itself.
#[test]
fn inner_addresses_are_hidden_unless_the_page_holds_the_microphone() {
    let cases = case::read(case::TABLE).expect("a table of cases");
    for (name, shown) in [("healthy", "mdns"), ("all-addresses", "private")] {
        let case = cases.iter().find(|case| case.name == name);
        let case = case.expect("there is such a case");
        for browser in [Browser::Chromium, Browser::Firefox] {
            let Some(played) = play::play(case, browser, &Company::of(1)) else {
                return;
            };
            let story = played.expect("there is a report").story;
            let report = serde_json::Deserializer::from_str(&story).into_iter();
            let report: Value = report.flatten().next().expect("it begins with the report");
            let targets = report["facts"]["targets"].as_array().expect("targets");
            let candidates = targets
                .iter()
                .filter_map(|target| target["gathering"]["candidates"].as_array());
            let ranges: BTreeSet<&str> = candidates
                .flatten()
                .filter(|candidate| candidate["candidate_type"] == "host")
                .filter_map(|candidate| candidate["range"].as_str())
                .collect();
            assert_eq!(ranges, BTreeSet::from([shown]), "{name}, {browser}");
        }
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
