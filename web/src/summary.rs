//! A run in plain text, to be sent to somebody.

use crate::{
    locale::{Key, Locale, Part, keys},
    state::Run,
};
use earshot_report::{Actor, Code, Finding, Status, findings::EvidenceValue};

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
    let mut text = Lines::default();
    text.add(locale.text(keys::SUMMARY_TITLE));
    text.add("");
    text.add(&headline(run, locale));
    if verdict.actor != Actor::Nobody {
        text.add(locale.actor(verdict.actor));
    }
    if audience == Audience::Administrator {
        for_administrator(run, locale, &mut text);
    }
    if let Some(link) = link {
        text.add("");
        text.add(&locale.fill(keys::SUMMARY_REPORT, &[("link", link)]));
    }
    text.0
}

/// A text under way.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn add(&mut self, line: &str) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.0.push_str(line);
    }
}

/// The one sentence of the verdict.
pub fn headline(run: &Run, locale: &Locale) -> String {
    if run.is_stopped_without_verdict() {
        return locale.text(keys::VERDICT_STOPPED).to_owned();
    }
    if let Some(words) = of_devices(run) {
        return locale.text(words.sentence).to_owned();
    }
    locale.sentence(run.judgement.verdict.cause, run.is_sure())
}

/// What is told where microphone and speaker alone were looked at, and neither is at fault.
pub struct OfDevices {
    /// The sentence of the verdict.
    pub sentence: Key,
    /// What to do now.
    pub next: Key,
}

/// A verdict about devices alone that no cause has words for; `None`: it has.
pub fn of_devices(run: &Run) -> Option<OfDevices> {
    if !run.facts.is_of_devices() {
        return None;
    }
    let (sentence, next) = match run.judgement.verdict.status {
        Status::Good => (
            keys::link::VERDICT_DEVICES_GOOD,
            keys::link::VERDICT_DEVICES_GOOD_NEXT,
        ),
        Status::Unknown => (
            keys::link::VERDICT_DEVICES_UNKNOWN,
            keys::link::VERDICT_DEVICES_UNKNOWN_NEXT,
        ),
        Status::Degraded | Status::Broken => return None,
    };
    Some(OfDevices { sentence, next })
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

fn for_administrator(run: &Run, locale: &Locale, text: &mut Lines) {
    if !run.facts.targets.is_empty() {
        text.add("");
        text.add(locale.text(keys::SUMMARY_SERVERS));
    }
    for facts in &run.facts.targets {
        let url = facts.target.url.to_string();
        text.add(&match &facts.username {
            Some(username) => format!("- {url} ({username})"),
            None => format!("- {url}"),
        });
    }
    let findings = run.judgement.findings.iter();
    for finding in findings.filter(|finding| finding.code != Code::Good) {
        text.add("");
        tell_finding(finding, locale, text);
    }
}

fn tell_finding(finding: &Finding, locale: &Locale, text: &mut Lines) {
    let sentence = locale.cause(finding.code, Part::Sentence);
    text.add(&format!("{}: {sentence}", finding.code.as_str()));
    if !finding.evidence.is_empty() {
        text.add(locale.text(keys::SUMMARY_EVIDENCE));
    }
    for evidence in &finding.evidence {
        let value = evidence_value(&evidence.value, locale);
        text.add(&format!("- {} = {value}", evidence.fact));
    }
    text.add(locale.text(keys::SUMMARY_ADVICE));
    text.add(&locale.operator(finding.code).replace('`', ""));
}
