//! What was found, what it rests on, and what an operator sets.

use super::{
    super::{Scene, icons, text::with_code, verdict::status_class},
    url,
};
use crate::{
    locale::{Part, keys},
    state::Run,
    summary::evidence_value,
};
use earshot_report::{Finding, Severity, Status, findings::Certainty};
use yew::prelude::*;

/// The findings of `run`, and each server's own verdict where there are several.
pub(super) fn section(run: &Run, scene: &Scene) -> Html {
    let findings = &run.judgement.findings;
    html! {
        <section>
            <h2>{ scene.text(keys::DETAILS_FINDINGS) }</h2>
            if findings.is_empty() {
                <p class="unmeasured">{ scene.text(keys::DETAILS_EMPTY) }</p>
            }
            { for findings.iter().map(|finding| one(finding, run, scene)) }
            { servers(run, scene) }
        </section>
    }
}

fn one(finding: &Finding, run: &Run, scene: &Scene) -> Html {
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
    let urls: Vec<String> = finding
        .targets
        .iter()
        .filter_map(|id| run.target(*id))
        .map(|facts| facts.target.url.to_string())
        .collect();
    html! {
        <article class={classes!("finding", status_class(status))}>
            <h3>
                { icons::sign(status) }
                <code>{ finding.code.as_str() }</code>
                <span class="certainty">{ scene.text(certainty) }</span>
            </h3>
            <p>{ scene.locale.cause(finding.code, Part::Sentence).to_owned() }</p>
            if !urls.is_empty() {
                <p class="about">{ scene.locale.fill(keys::FINDING_ABOUT, &[("urls", &urls.join(", "))]) }</p>
            }
            if let Some(explained) = explained { <p>{ explained }</p> }
            { evidence(finding, scene) }
            <h4>{ scene.text(keys::FINDING_ADVICE) }</h4>
            <p class="advice">{ with_code(scene.locale.cause(finding.code, Part::Operator)) }</p>
        </article>
    }
}

fn evidence(finding: &Finding, scene: &Scene) -> Html {
    if finding.evidence.is_empty() {
        return Html::default();
    }
    let line = |evidence: &earshot_report::findings::Evidence| {
        html! {
            <>
                <dt><code>{ evidence.fact.clone() }</code></dt>
                <dd>{ evidence_value(&evidence.value, scene.locale) }</dd>
            </>
        }
    };
    html! {
        <>
            <h4>{ scene.text(keys::FINDING_EVIDENCE) }</h4>
            <dl>{ for finding.evidence.iter().map(line) }</dl>
        </>
    }
}

fn servers(run: &Run, scene: &Scene) -> Html {
    let servers = &run.judgement.servers;
    if servers.len() < 2 {
        return Html::default();
    }
    let one = |server: &earshot_report::verdict::ServerVerdict| {
        let targets = run.facts.targets.iter();
        let own = targets.filter(|facts| facts.target.server == server.server);
        let number = (server.server + 1).to_string();
        html! {
            <li class={status_class(server.verdict.status)}>
                { icons::sign(server.verdict.status) }
                <span>
                    <strong>{ scene.locale.fill(keys::VERDICT_SERVER, &[("number", &number)]) }</strong>
                    { " " }
                    { for own.map(|facts| html! { <>{ url(&facts.target.url) }{ " " }</> }) }
                    <br />
                    { scene.locale.cause(server.verdict.cause, Part::Sentence).to_owned() }
                </span>
            </li>
        }
    };
    html! {
        <>
            <h3>{ scene.text(keys::VERDICT_SERVERS) }</h3>
            <ul class="servers">{ for servers.iter().map(one) }</ul>
        </>
    }
}
