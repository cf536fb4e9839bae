//! What came of the page's test, for people and for programs.

use crate::check::sentences;
use crate::terminal::harmless_json;
use earshot_report::{
    Actor, Code, Finding, Report, Severity, Status, findings::Certainty, verdict::ServerVerdict,
};
use std::fmt;

/// Far longer than any that an earshot makes.
const LONGEST_ID: usize = 64;

/// The report that the page saved.
pub(super) struct Outcome {
    pub(super) report: Report,
    /// As the API wrote it.
    text: String,
    /// Where people read it.
    pub(super) page: String,
    /// Where it is told how to mend what was found.
    help: String,
}

impl Outcome {
    /// The page says which report it is, and may be anybody's.
    pub(super) fn check_id(id: &str, page: &str) -> Result<(), String> {
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        match !id.is_empty() && id.len() <= LONGEST_ID && id.chars().all(is_word) {
            true => Ok(()),
            false => Err(format!(
                "{page} names a report that no earshot keeps: is it a page of earshot?"
            )),
        }
    }

    /// Reads a report of the test that was made at `page`.
    pub(super) fn read(text: &str, page: &str, id: &str) -> Result<Self, String> {
        let report: Report = serde_json::from_str(text).map_err(|error| {
            format!(
                "the report {id} of {page} is not of the form that this version knows ({error}): is that earshot newer?"
            )
        })?;
        let origin: Vec<&str> = page.splitn(4, ['/', '?']).take(3).collect();
        let origin = origin.join("/");
        Ok(Self {
            text: text.to_owned(),
            page: format!("{origin}/r/{id}"),
            help: format!("{origin}/help/{}", report.verdict.cause),
            report,
        })
    }

    /// The report, as the API gives it.
    pub(super) fn json(&self) -> String {
        harmless_json(self.text.trim_end())
    }

    /// 0: all is well; 1: a fault; 2: what was measured allows no verdict.
    pub(super) fn exit_code(&self) -> u8 {
        match self.report.verdict.status {
            Status::Good => 0,
            Status::Unknown if self.report.findings.is_empty() => 2,
            _ => 1,
        }
    }

    /// The headline is proved, not only the likeliest explanation.
    pub(super) fn is_sure(&self) -> bool {
        self.is_sure_of(self.report.verdict.cause, |_| true)
    }

    /// The same of what is said of one server.
    pub(super) fn is_sure_of_server(&self, server: &ServerVerdict) -> bool {
        let targets = self.report.facts.targets.iter().map(|facts| &facts.target);
        let own: Vec<u16> = targets
            .filter(|target| target.server == server.server)
            .map(|target| target.id)
            .collect();
        let is_about = |finding: &Finding| {
            finding.targets.is_empty() || finding.targets.iter().any(|id| own.contains(id))
        };
        self.is_sure_of(server.verdict.cause, is_about)
    }

    fn is_sure_of(&self, cause: Code, is_about: impl Fn(&Finding) -> bool) -> bool {
        let mut findings = self.report.findings.iter();
        findings
            .find(|finding| finding.code == cause && is_about(finding))
            .is_none_or(is_sure)
    }
}

fn is_sure(finding: &Finding) -> bool {
    finding.certainty == Certainty::Sure
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = &self.report.verdict;
        let (cause, actor) = (verdict.cause, verdict.actor);
        writeln!(f, "{cause}: {}", sentences::sentence(cause, self.is_sure()))?;
        if actor != Actor::Nobody {
            writeln!(f, "{}", sentences::actor(actor))?;
            writeln!(f, "{}", sentences::operator(cause))?;
            writeln!(f, "help: {}", self.help)?;
        }
        let others = self.report.findings.iter().filter(|finding| {
            finding.code != cause
                && finding.explained_by.is_none()
                && finding.severity >= Severity::Degraded
        });
        for finding in others {
            let sentence = sentences::sentence(finding.code, is_sure(finding));
            writeln!(f, "also {}: {sentence}", finding.code)?;
        }
        writeln!(f, "report: {}", self.page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_known_by_a_word() {
        for id in ["3yfqkz0v", "A-b_9"] {
            assert_eq!(Outcome::check_id(id, "https://a"), Ok(()));
        }
        let long = "x".repeat(LONGEST_ID + 1);
        for id in ["", "../healthz", "x'); alert('", "\u{1b}[2J", "é", &long] {
            let words = Outcome::check_id(id, "https://a").unwrap_err();
            assert!(!words.contains(id) || id.is_empty(), "{words:?}");
        }
    }

    /// Two servers with one cause: at the one it is proved, at the other only likely.
    #[test]
    fn what_is_likely_of_a_server_is_said_so() {
        let mut report: Report = serde_json::from_value(serde_json::json!({
            "version": earshot_report::report::VERSION,
            "id": "x",
            "started": "2026-11-21T20:00:00Z",
            "duration_ms": 3,
            "verdict": { "status": "broken", "cause": "server-unreachable", "actor": "server-admin" },
            "findings": [],
            "servers": [],
            "facts": { "targets": [
                { "target": { "id": 0, "server": 0, "url": "turn:a.example.org", "own": false } },
                { "target": { "id": 1, "server": 1, "url": "turn:b.example.org", "own": false } },
            ] },
        }))
        .unwrap();
        for (id, certainty) in [(0, "likely"), (1, "sure")] {
            report.findings.push(
                serde_json::from_value(serde_json::json!({
                    "code": "server-unreachable", "severity": "broken", "actor": "server-admin",
                    "certainty": certainty, "targets": [id],
                }))
                .unwrap(),
            );
            report.servers.push(ServerVerdict {
                server: id,
                verdict: report.verdict.clone(),
            });
        }
        let outcome = Outcome {
            page: "https://a/r/x".to_owned(),
            help: String::new(),
            text: String::new(),
            report,
        };
        let servers = outcome.report.servers.iter();
        let sure: Vec<bool> = servers.map(|it| outcome.is_sure_of_server(it)).collect();
        assert_eq!(sure, [false, true]);
        let xml = super::super::junit::report(&outcome).unwrap();
        assert_eq!(xml.matches("message=\"Most likely, ").count(), 2, "{xml}");
    }
}
