//! The outcome as JUnit's XML: a case for each server, and the headline.

use super::outcome::Outcome;
use crate::check::sentences;
use earshot_report::{Code, Status, Verdict};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::time::Duration;

/// The document.
pub(super) fn report(outcome: &Outcome) -> Result<String, String> {
    let report = &outcome.report;
    let mut suite = TestSuite::new(outcome.page.as_str());
    for server in &report.servers {
        let targets = report.facts.targets.iter();
        let urls = targets.filter(|facts| facts.target.server == server.server);
        let urls: Vec<String> = urls.map(|facts| facts.target.url.to_string()).collect();
        let is_sure = outcome.is_sure_of_server(server);
        suite.add_test_case(case(&urls.join(" "), &server.verdict, is_sure, outcome));
    }
    let took = Duration::from_millis(report.duration_ms);
    let mut verdict = case("verdict", &report.verdict, outcome.is_sure(), outcome);
    verdict.set_time(took);
    suite.add_test_case(verdict);
    let mut document = Report::new("earshot check --browser");
    document.set_time(took);
    document.add_test_suite(suite);
    document
        .to_string()
        .map_err(|error| format!("JUnit's XML cannot be written: {error}"))
}

fn case(name: &str, verdict: &Verdict, sure: bool, outcome: &Outcome) -> TestCase {
    let cause = verdict.cause;
    let status = match verdict.status {
        Status::Good => TestCaseStatus::success(),
        Status::Unknown if cause == Code::Unknown && outcome.exit_code() != 1 => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(sentences::sentence(cause, sure));
            status
        }
        _ => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status
                .set_type(cause.as_str())
                .set_message(sentences::sentence(cause, sure))
                .set_description(sentences::operator(cause));
            status
        }
    };
    let mut case = TestCase::new(name, status);
    case.set_classname(outcome.page.as_str());
    case
}
