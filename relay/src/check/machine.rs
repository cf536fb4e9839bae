//! The result as JSON. Its form is a promise: see docs/check.md.

use super::{
    notices::{self, Notice},
    run::Checked,
    sentences,
    steps::{self, Step},
};
use crate::{site::help, terminal::harmless_json};
use earshot_report::{
    Actor, Code, Facts, Finding, Status, facts::NatMapping, verdict::ServerVerdict,
};
use serde::Serialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// It grows when a field changes its meaning, not when one is added.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    started: String,
    duration_ms: u64,
    verdict: Verdict,
    servers: &'a [ServerVerdict],
    uris: Vec<Uri>,
    nat: Option<NatMapping>,
    notices: Vec<Notice>,
    findings: &'a [Finding],
    facts: &'a Facts,
}

#[derive(Serialize)]
struct Verdict {
    status: Status,
    cause: Code,
    actor: Actor,
    sure: bool,
    sentence: String,
    who: &'static str,
    next: &'static str,
    operator: &'static str,
    help: String,
}

#[derive(Serialize)]
struct Uri {
    uri: String,
    server: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<Certificate>,
    checks: Vec<Step>,
}

#[derive(Serialize)]
struct Certificate {
    not_after: Option<String>,
    days_left: Option<i64>,
    names: Vec<String>,
    issuer: Option<String>,
    error: Option<String>,
}

/// The document. An Earshot's page is at `page`; empty: it is not known where.
///
/// # Errors
/// None that is known of.
pub(super) fn document(checked: &Checked, page: &str) -> anyhow::Result<String> {
    let verdict = &checked.judgement.verdict;
    let document = Document {
        version: VERSION,
        started: OffsetDateTime::from(checked.began).format(&Rfc3339)?,
        duration_ms: checked.took.as_millis() as u64,
        verdict: Verdict {
            status: verdict.status,
            cause: verdict.cause,
            actor: verdict.actor,
            sure: checked.is_sure(),
            sentence: checked.sentence(),
            who: sentences::actor(verdict.actor),
            next: sentences::next(verdict.cause),
            operator: sentences::operator(verdict.cause),
            help: help::address(page, verdict.cause),
        },
        servers: &checked.judgement.servers,
        uris: (0..checked.facts.targets.len())
            .map(|place| uri(checked, place))
            .collect(),
        nat: checked.facts.environment.nat_mapping,
        notices: notices::of(checked),
        findings: &checked.judgement.findings,
        facts: &checked.facts,
    };
    // A server's realm, or the names in its certificate, may hold anything.
    Ok(harmless_json(&serde_json::to_string_pretty(&document)?))
}

fn uri(checked: &Checked, place: usize) -> Uri {
    let target = &checked.facts.targets[place].target;
    let certificate = checked.beside[place].beside.certificate.get();
    let certificate = certificate.map(|seen| Certificate {
        not_after: seen
            .not_after_s
            .and_then(|end_s| OffsetDateTime::from_unix_timestamp(end_s).ok())
            .and_then(|end| end.format(&Rfc3339).ok()),
        days_left: seen.not_after_s.map(steps::days_left),
        names: seen.names.clone(),
        issuer: seen.issuer.clone(),
        error: seen.complaint.clone(),
    });
    Uri {
        uri: target.url.to_string(),
        server: target.server,
        certificate,
        checks: steps::of(checked, place),
    }
}
