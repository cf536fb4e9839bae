//! The result as JUnit's XML, which every CI service reads: a suite for each URI, a case for each check.

use super::{
    run::Checked,
    sentences,
    steps::{self, State},
};
use earshot_report::Status;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::time::Duration;

/// The document.
///
/// # Errors
/// None that is known of.
pub(super) fn report(checked: &Checked) -> anyhow::Result<String> {
    let mut report = Report::new("earshot check");
    report.set_time(checked.took);
    for (place, target) in checked.facts.targets.iter().enumerate() {
        let mut suite = TestSuite::new(target.target.url.to_string());
        for step in steps::of(checked, place) {
            let status = match step.state {
                State::Passed | State::Warning => TestCaseStatus::success(),
                State::Failed => {
                    let kind = step.cause.map_or("failed", |cause| cause.as_str());
                    failure(kind, &step.says)
                }
                State::NotMeasured => {
                    let mut status = TestCaseStatus::skipped();
                    status.set_message(step.says.as_str());
                    status
                }
            };
            let mut case = TestCase::new(step.check.as_str(), status);
            case.set_classname(target.target.url.to_string());
            case.set_time(Duration::from_secs_f64(
                step.ms.unwrap_or_default() / 1_000.0,
            ));
            if step.state == State::Warning {
                case.set_system_out(format!("warning: {}", step.says));
            }
            suite.add_test_case(case);
        }
        report.add_test_suite(suite);
    }
    report.add_test_suite(verdict(checked));
    Ok(report.to_string()?)
}

/// What no check shows by itself, the verdict does.
fn verdict(checked: &Checked) -> TestSuite {
    let verdict = &checked.judgement.verdict;
    let sentence = checked.sentence();
    let status = match verdict.status {
        Status::Good => TestCaseStatus::success(),
        _ => {
            let mut status = failure(verdict.cause.as_str(), &sentence);
            status.set_description(sentences::operator(verdict.cause));
            status
        }
    };
    let mut case = TestCase::new("verdict", status);
    case.set_classname("earshot check");
    case.set_time(checked.took);
    let mut suite = TestSuite::new("verdict");
    suite.add_test_case(case);
    suite
}

fn failure(kind: &str, says: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(kind).set_message(says);
    status
}
