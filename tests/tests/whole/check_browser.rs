//! `earshot check --browser`: the page's own test in a headless browser, as CI runs it.

use earshot_tests::{
    child::Running,
    net::free_loopback,
    program::{self, Settings},
    real_part,
};
use junit_parser::{TestCase, TestFailure, TestStatus};
use serde_json::Value;
use std::{path::Path, process::Command, time::Duration};

/// Browser and page, and a test of ten seconds at most.
const END: Duration = Duration::from_secs(60);

/// Runs it; the exit code, and all that it said.
fn check(arguments: &[&str], environment: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command = Command::new(program::binary());
    command
        .args(["check", "--browser"])
        .args(arguments)
        .envs(environment.iter().copied());
    let mut running = Running::start(&mut command);
    let status = running.wait(END);
    (status.code(), running.log())
}

fn browser_is_missing() -> bool {
    real_part("chromium", "chromium").is_none()
        || real_part("chromedriver", "chromium-driver").is_none()
}

/// The cases of JUnit's file, as an independent parser reads it: name, what failed if it did, and all that is said of it.
fn junit_cases(path: &Path) -> Vec<(TestCase, Option<TestFailure>)> {
    let xml = std::fs::read(path).expect("the file is written");
    let read = junit_parser::from_reader(xml.as_slice()).expect("JUnit's XML");
    let [suite] = read.suites.try_into().expect("one page, one suite");
    let cases = suite.cases.into_iter().map(|case| {
        let failure = match &case.status {
            TestStatus::Success => None,
            TestStatus::Failure(failure) => Some(failure.clone()),
            other => panic!("neither good nor bad: {other:?}"),
        };
        (case, failure)
    });
    cases.collect()
}

#[test]
fn a_healthy_page_is_good_and_its_report_is_told() {
    if browser_is_missing() {
        return;
    }
    let program = Settings::new().start();
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let junit = folder.path().join("junit.xml");
    let flag = format!("--junit={}", junit.display());
    let (code, said) = check(&[&program.url(), "--json", &flag], &[]);
    assert_eq!(code, Some(0), "{said}\n{}", program.running.log());
    let json = said.lines().find(|line| line.starts_with('{'));
    let told: Value = serde_json::from_str(json.expect("the report is told")).expect("JSON");
    assert_eq!(told["verdict"]["cause"], "good", "{said}");
    let id = told["id"].as_str().expect("it is saved");
    assert_eq!(program.report(id), told);

    let page = format!("{}r/{id}", program.url());
    let [server, verdict] = junit_cases(&junit)
        .try_into()
        .expect("the relay's case and the headline's");
    for (case, failure) in [&server, &verdict] {
        assert!(failure.is_none(), "{case:?}");
        assert_eq!(case.classname.as_deref(), Some(page.as_str()));
    }
    let urls = told["facts"]["targets"].as_array().expect("targets");
    let urls: Vec<&str> = urls
        .iter()
        .filter_map(|it| it["target"]["url"].as_str())
        .collect();
    assert!(urls.len() > 1, "{told}");
    assert_eq!(server.0.original_name, urls.join(" "));
    assert_eq!(verdict.0.original_name, "verdict");
    let took = told["duration_ms"].as_f64().expect("a time") / 1000.0;
    assert!((verdict.0.time - took).abs() < 0.001, "{verdict:?}");
}

#[test]
fn a_fault_is_said_as_the_page_says_it() {
    if browser_is_missing() {
        return;
    }
    let gone = free_loopback();
    let servers = format!(
        r#"[{{"urls":"turn:{gone}?transport=tcp","username":"anna","credential":"hush"}}]"#
    );
    let program = Settings::new()
        .without_relay()
        .set("ICE_SERVERS", &servers)
        .start();
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let junit = folder.path().join("junit.xml");
    let flag = format!("--junit={}", junit.display());
    let (code, said) = check(&[&program.url(), &flag], &[]);
    assert_eq!(code, Some(1), "{said}\n{}", program.running.log());
    assert!(said.contains("\nserver-unreachable: "), "{said}");
    let cases = junit_cases(&junit);
    let names: Vec<&str> = cases
        .iter()
        .map(|(case, _)| case.original_name.as_str())
        .collect();
    assert_eq!(
        names,
        [format!("turn:{gone}?transport=tcp").as_str(), "verdict"]
    );
    for (case, failure) in &cases {
        let failure = failure.as_ref().expect("a failure");
        assert_eq!(failure.failure_type, "server-unreachable", "{case:?}");
        let sentence = format!("server-unreachable: {}\n", failure.message);
        assert!(said.contains(&sentence), "{case:?}: {said}");
        assert!(
            said.contains(&failure.text) && !failure.text.is_empty(),
            "{case:?}: {said}"
        );
    }
    let xml = std::fs::read_to_string(&junit).expect("the file is there");
    assert!(!xml.contains("hush"), "{xml}");
    assert!(said.contains(&format!("{}r/", program.url())), "{said}");
    let help = format!("{}help/server-unreachable", program.url());
    assert!(said.contains(&help), "{said}");
    assert!(!said.contains("hush"), "{said}");
}

#[test]
fn what_cannot_be_tested_is_told_apart_from_a_fault() {
    if browser_is_missing() {
        return;
    }
    let program = Settings::new().start();
    let other = format!("{}healthz", program.url());
    let nobody = format!("http://{}", free_loopback());
    for (page, words) in [
        (other.as_str(), "no page of earshot"),
        (nobody.as_str(), "does earshot run there"),
        ("turn:relay.example.org", "https://hear.example.org"),
    ] {
        let (code, said) = check(&[page], &[]);
        assert_eq!(code, Some(2), "{page}: {said}");
        assert!(said.contains(words), "{page}: {said}");
    }
}

#[test]
fn a_result_that_cannot_be_written_is_said() {
    if browser_is_missing() {
        return;
    }
    let program = Settings::new().start();
    let (code, said) = check(&[&program.url(), "--junit=/nowhere/junit.xml"], &[]);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("--junit /nowhere/junit.xml cannot be written"),
        "{said}"
    );
}

#[test]
fn a_missing_driver_is_named_with_what_to_install() {
    let driver = ("CHROMEDRIVER", "/nowhere/chromedriver");
    let (code, said) = check(&["http://127.0.0.1:8080"], &[driver]);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("/nowhere/chromedriver") && said.contains("chromium-driver"),
        "{said}"
    );
}
