//! What came of a test.

use crate::{json, report_file, state::Run};
use earshot_report::{
    Code, Facts, Finding, Severity, Status, Verdict,
    findings::{Certainty, EvidenceValue},
    verdict::ServerVerdict,
};
use std::fmt;

const TEXTS: &str = include_str!("../../../www/locales/en.json");

/// What came of a test. Its `Display` tells the verdict and what it rests on, for the message of an assertion.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// The headline: what a call that uses all servers would meet.
    pub verdict: Verdict,
    /// Everything that was found, the headline's cause first.
    pub findings: Vec<Finding>,
    /// Each server by itself.
    pub servers: Vec<ServerVerdict>,
    /// What it all rests on: with a program also what it saw itself, addresses masked where others could read them.
    pub facts: Facts,
    /// Milliseconds from the call to the end of measuring.
    pub duration_ms: u64,
    /// Where the saved report is: a page for people. `None`: it is not saved.
    pub report_page: Option<String>,
    /// Why it is not saved, where there was a program to save it.
    pub not_saved: Option<String>,
    json: String,
}

impl Outcome {
    pub(super) fn new(run: Run, program: Option<String>) -> Self {
        let json = report_file::json(&run);
        let saved = run.saved.as_ref();
        let report_page = saved
            .zip(program)
            .map(|(saved, base)| format!("{base}/r/{}", saved.id));
        Self {
            verdict: run.judgement.verdict,
            findings: run.judgement.findings,
            servers: run.judgement.servers,
            facts: run.facts,
            duration_ms: run.duration_ms.unwrap_or_default(),
            report_page,
            not_saved: run.not_saved.filter(|words| !words.is_empty()),
            json,
        }
    }

    /// Everybody can be heard: each server relays by each transport that was asked for.
    pub fn is_good(&self) -> bool {
        self.verdict.status == Status::Good
    }

    /// The report as JSON, in the form of `GET /api/reports/<id>`; `id` and `started` are there where it is saved.
    pub fn to_json(&self) -> &str {
        &self.json
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cause = self.verdict.cause;
        writeln!(f, "{}: {}", cause.as_str(), sentence(cause))?;
        let first = (self.findings.iter()).filter(|finding| finding.code == cause);
        let others = self.findings.iter().filter(|finding| {
            finding.code != cause
                && finding.explained_by.is_none()
                && finding.severity >= Severity::Degraded
        });
        for (place, finding) in first.chain(others).enumerate() {
            if place > 0 && finding.code != cause {
                let code = finding.code;
                writeln!(f, "{}: {}", code.as_str(), sentence(code))?;
            }
            self.tell(finding, f)?;
        }
        if cause == Code::PlaybackBlocked {
            writeln!(
                f,
                "  (start the browser with --autoplay-policy=no-user-gesture-required, in webdriver.json)"
            )?;
        }
        match (&self.report_page, &self.not_saved) {
            (Some(page), _) => writeln!(f, "report: {page}"),
            (None, Some(why)) => writeln!(f, "the report is not saved: {why}"),
            (None, None) => Ok(()),
        }
    }
}

impl Outcome {
    fn tell(&self, finding: &Finding, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let concerned = self.facts.targets.iter();
        let concerned = concerned.filter(|facts| finding.targets.contains(&facts.target.id));
        for facts in concerned {
            writeln!(f, "  at {}", facts.target.url)?;
        }
        for evidence in &finding.evidence {
            write!(f, "  {} = ", evidence.fact)?;
            match &evidence.value {
                EvidenceValue::Number(number) => writeln!(f, "{number}")?,
                EvidenceValue::Address { address } => writeln!(f, "{address}")?,
                EvidenceValue::Text(words) => writeln!(f, "{words}")?,
            }
        }
        if finding.certainty == Certainty::Likely {
            writeln!(f, "  (the likeliest explanation; another is possible)")?;
        }
        Ok(())
    }
}

/// The sentence that people read of a cause.
fn sentence(cause: Code) -> String {
    let texts = json::parse(TEXTS).unwrap_or_default();
    let text = json::field(&texts, &format!("cause.{}.sentence", cause.as_str()));
    text.as_string().unwrap_or_default()
}
