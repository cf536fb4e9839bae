//! What was found, what it rests on, and what an operator sets.

use super::{
    super::{
        Scene,
        element::{Element, element},
        icons,
        text::{append, digits, with_code},
        verdict::status_class,
    },
    url,
};
use crate::{
    locale::{Part, keys},
    state::Run,
    summary::evidence_value,
};
use earshot_report::{Finding, Severity, Status, findings::Certainty, verdict::ServerVerdict};

/// The findings of `run`, and each server's own verdict where there are several.
pub(crate) fn section(run: &Run, scene: &Scene) -> Element {
    let findings = &run.judgement.findings;
    let empty = findings
        .is_empty()
        .then(|| scene.say("p", "unmeasured", keys::DETAILS_EMPTY));
    element("section")
        .with(scene.plain("h2", keys::DETAILS_FINDINGS))
        .each(empty)
        .each(findings.iter().map(|finding| one(finding, run, scene)))
        .each(servers(run, scene).into_iter().flatten())
}

fn one(finding: &Finding, run: &Run, scene: &Scene) -> Element {
    let status = match finding.severity {
        Severity::Information => Status::Good,
        Severity::Degraded => Status::Degraded,
        Severity::Broken => Status::Broken,
    };
    let certainty = match finding.certainty {
        Certainty::Sure => keys::FINDING_SURE,
        Certainty::Likely => keys::FINDING_LIKELY,
    };
    let explained = finding.explained_by.map(|code| {
        let values = [("code", code.as_str())];
        scene.locale.fill(keys::FINDING_EXPLAINED_BY, &values)
    });
    let mut urls = String::new();
    for target in finding.targets.iter().filter_map(|id| run.target(*id)) {
        append(&mut urls, ", ", &target.target.url.to_string());
    }
    let code = element("code").text(finding.code.as_str());
    let title = element("h3")
        .with(icons::sign(status))
        .with(code)
        .with(scene.say("span", "certainty", certainty));
    let sentence = scene.locale.cause(finding.code, Part::Sentence);
    let about = (!urls.is_empty()).then(|| {
        let words = scene.locale.fill(keys::FINDING_ABOUT, &[("urls", &urls)]);
        element("p").class("about").text(words)
    });
    let advice = scene.locale.operator(finding.code);
    element("article")
        .class(format!("finding {}", status_class(status)))
        .with(title)
        .with(element("p").text(sentence))
        .each(about)
        .each(explained.map(|words| element("p").text(words)))
        .each(evidence(finding, scene).into_iter().flatten())
        .with(scene.plain("h4", keys::FINDING_ADVICE))
        .with(with_code(element("p").class("advice"), advice))
}

fn evidence(finding: &Finding, scene: &Scene) -> Option<[Element; 2]> {
    if finding.evidence.is_empty() {
        return None;
    }
    let lines = finding.evidence.iter().flat_map(|evidence| {
        let fact = element("code").text(evidence.fact.clone());
        let value = evidence_value(&evidence.value, scene.locale);
        [element("dt").with(fact), element("dd").text(value)]
    });
    let list = element("dl").each(lines);
    Some([scene.plain("h4", keys::FINDING_EVIDENCE), list])
}

fn servers(run: &Run, scene: &Scene) -> Option<[Element; 2]> {
    let servers = &run.judgement.servers;
    if servers.len() < 2 {
        return None;
    }
    let list = element("ul")
        .class("servers")
        .each(servers.iter().map(|verdict| server(verdict, run, scene)));
    Some([scene.plain("h3", keys::VERDICT_SERVERS), list])
}

fn server(server: &ServerVerdict, run: &Run, scene: &Scene) -> Element {
    let number = digits(server.server + 1);
    let name = scene
        .locale
        .fill(keys::VERDICT_SERVER, &[("number", &number)]);
    let mut words = element("span").with(element("strong").text(name)).text(" ");
    for facts in &run.facts.targets {
        if facts.target.server == server.server {
            words = words.with(url(&facts.target.url)).text(" ");
        }
    }
    let sentence = scene.locale.cause(server.verdict.cause, Part::Sentence);
    element("li")
        .class(status_class(server.verdict.status))
        .with(icons::sign(server.verdict.status))
        .with(words.with(element("br")).text(sentence))
}
