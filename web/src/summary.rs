//! A run in plain text, to be sent to somebody.

use crate::{
    locale::{Locale, Part, keys},
    state::Run,
};
use earshot_report::{Actor, Code, Finding, findings::EvidenceValue};

/// Who reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Anybody: the verdict, who can mend it, where the report is.
    Anybody,
    /// An administrator: besides, what it rests on and what to set.
    Administrator,
}

/// The run in plain text. `link` is the full address of the saved report.
pub fn summary(run: &Run, locale: &Locale, audience: Audience, link: Option<&str>) -> String {
    let verdict = &run.judgement.verdict;
    let mut lines = vec![
        locale.text(keys::SUMMARY_TITLE).to_owned(),
        String::new(),
        headline(run, locale),
    ];
    if verdict.actor != Actor::Nobody {
        lines.push(locale.actor(verdict.actor).to_owned());
    }
    if audience == Audience::Administrator {
        lines.extend(for_administrator(run, locale));
    }
    if let Some(link) = link {
        lines.push(String::new());
        lines.push(locale.fill(keys::SUMMARY_REPORT, &[("link", link)]));
    }
    lines.join("\n")
}

/// The one sentence of the verdict.
pub fn headline(run: &Run, locale: &Locale) -> String {
    if run.is_stopped_without_verdict() {
        return locale.text(keys::VERDICT_STOPPED).to_owned();
    }
    locale.sentence(run.judgement.verdict.cause, run.is_sure())
}

/// A piece of evidence's value in words.
pub fn evidence_value(value: &EvidenceValue, locale: &Locale) -> String {
    match value {
        EvidenceValue::Number(number) if number.fract() == 0.0 => locale.number(*number, 0),
        EvidenceValue::Number(number) => locale.number(*number, 2),
        EvidenceValue::Address { address } => address.to_string(),
        EvidenceValue::Text(text) => text.clone(),
    }
}

fn for_administrator(run: &Run, locale: &Locale) -> Vec<String> {
    let mut lines = vec![String::new(), locale.text(keys::SUMMARY_SERVERS).to_owned()];
    for facts in &run.facts.targets {
        let url = &facts.target.url;
        lines.push(match &facts.username {
            Some(username) => format!("- {url} ({username})"),
            None => format!("- {url}"),
        });
    }
    for finding in run
        .judgement
        .findings
        .iter()
        .filter(|f| f.code != Code::Good)
    {
        lines.push(String::new());
        lines.extend(finding_lines(finding, locale));
    }
    lines
}

fn finding_lines(finding: &Finding, locale: &Locale) -> Vec<String> {
    let mut lines = vec![format!(
        "{}: {}",
        finding.code,
        locale.cause(finding.code, Part::Sentence)
    )];
    if !finding.evidence.is_empty() {
        lines.push(locale.text(keys::SUMMARY_EVIDENCE).to_owned());
    }
    for evidence in &finding.evidence {
        let value = evidence_value(&evidence.value, locale);
        lines.push(format!("- {} = {value}", evidence.fact));
    }
    lines.push(locale.text(keys::SUMMARY_ADVICE).to_owned());
    lines.push(locale.cause(finding.code, Part::Operator).replace('`', ""));
    lines
}
