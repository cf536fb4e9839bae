//! A run as the JSON that a person looks at or downloads: the same form as `GET /api/reports/<id>`.

use crate::{json, state::Run};
use earshot_report::{Facts, Finding, Verdict, report::VERSION, verdict::ServerVerdict};
use serde::Serialize;

/// [`earshot_report::Report`], but a report that was not saved has neither id nor time.
#[derive(Serialize)]
struct ReportFile<'a> {
    version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<u64>,
    verdict: &'a Verdict,
    findings: &'a [Finding],
    servers: &'a [ServerVerdict],
    facts: &'a Facts,
}

/// The JSON, indented.
pub fn json(run: &Run) -> String {
    let saved = run.saved.as_ref();
    let file = ReportFile {
        version: VERSION,
        id: saved.map(|saved| saved.id.as_str()),
        started: saved.map(|saved| saved.started.as_str()),
        duration_ms: run.duration_ms,
        verdict: &run.judgement.verdict,
        findings: &run.judgement.findings,
        servers: &run.judgement.servers,
        facts: &run.facts,
    };
    json::write(&file, 2).unwrap_or_default()
}

/// A name for the file.
pub fn name(run: &Run) -> String {
    match &run.saved {
        Some(saved) => format!("earshot-{}.json", saved.id),
        None => "earshot.json".to_owned(),
    }
}
