//! One row for each server URL: what the page, the relay and the program saw of it.

use super::{super::Scene, socket, table, url};
use crate::{
    locale::{Key, keys},
    state::{Mark, Origin, Run, target_mark},
};
use earshot_report::{
    Scheme,
    facts::{
        AllocateAnswer, CandidateFacts, CandidateType, Fact, GatheringOutcome, NativeProbe,
        Sightings, TargetFacts,
    },
};
use yew::prelude::*;

const HEADS: [Key; 6] = [
    keys::HEAD_SERVER,
    keys::HEAD_RELAY_ADDRESS,
    keys::HEAD_FOUND,
    keys::HEAD_WRONG_PASSWORD,
    keys::HEAD_RELAY_SAW,
    keys::HEAD_OWN_LOOK,
];

/// The servers of `run`.
pub(super) fn section(run: &Run, scene: &Scene) -> Html {
    let rows = run.facts.targets.iter().map(|facts| row(facts, run, scene));
    table(keys::DETAILS_SERVERS, &HEADS, rows.collect(), scene)
}

fn row(facts: &TargetFacts, run: &Run, scene: &Scene) -> Vec<Html> {
    let candidates = &facts.gathering.candidates;
    let relays: Vec<&CandidateFacts> = candidates
        .iter()
        .filter(|c| c.candidate_type == CandidateType::Relay)
        .collect();
    vec![
        html! { <>{ url(&facts.target.url) }{ username(facts) }</> },
        relay_addresses(facts, &relays, scene),
        match relays.iter().filter_map(|c| c.elapsed_ms).min() {
            Some(ms) => html! { { scene.ms(f64::from(ms)) } },
            None => scene.unmeasured(if relays.is_empty() {
                missing(facts)
            } else {
                keys::WHY_NOT_TOLD
            }),
        },
        match (facts.target.url.scheme, facts.grants_wrong_password) {
            (Scheme::Stun, _) => scene.unmeasured(keys::WHY_STUN),
            (_, Fact::Yes) => html! { <strong>{ scene.text(keys::VALUE_GRANTED) }</strong> },
            (_, Fact::No) => scene.text(keys::VALUE_REFUSED),
            (_, Fact::NotMeasured) => scene.unmeasured(why_no_wrong_password(facts, run)),
        },
        relay_saw(facts, run, scene),
        own_look(facts, run, scene),
    ]
}

fn username(facts: &TargetFacts) -> Html {
    match &facts.username {
        Some(username) => html! { <small class="url">{ username.clone() }</small> },
        None => Html::default(),
    }
}

/// Why a wrong password was not tried here.
fn why_no_wrong_password(facts: &TargetFacts, run: &Run) -> Key {
    let same_server = |other: &&TargetFacts| other.target.server == facts.target.server;
    let mut siblings = run.facts.targets.iter().filter(same_server);
    if siblings.any(|other| other.grants_wrong_password.is_measured()) {
        keys::WHY_ONCE
    } else if run.stopped {
        keys::WHY_STOPPED
    } else {
        keys::WHY_NOT_REACHED
    }
}

/// Why there is no relay address.
fn missing(facts: &TargetFacts) -> Key {
    match facts.gathering.outcome {
        _ if facts.target.url.scheme == Scheme::Stun => keys::WHY_STUN,
        GatheringOutcome::Stopped => keys::WHY_STOPPED,
        _ if target_mark(facts) == Mark::Waiting => keys::WHY_NOT_REACHED,
        _ => keys::WHY_RELAY_MISSING,
    }
}

fn relay_addresses(facts: &TargetFacts, relays: &[&CandidateFacts], scene: &Scene) -> Html {
    if !relays.is_empty() {
        let one = |candidate: &&CandidateFacts| {
            let range = scene.locale.range(candidate.range).to_owned();
            html! {
                <div>
                    <span class="url">{ socket(&candidate.address, candidate.port) }</span>
                    { " " }<small>{ range }</small>
                </div>
            }
        };
        return relays.iter().map(one).collect();
    }
    let words = match &facts.gathering.outcome {
        GatheringOutcome::Refused(words) => words.clone(),
        _ => facts
            .gathering
            .errors
            .iter()
            .rev()
            .find(|error| error.counts())
            .map(|error| format!("{} {}", error.code, error.text))
            .unwrap_or_default(),
    };
    html! { <>{ scene.unmeasured(missing(facts)) }{ " " }{ words }</> }
}

fn relay_saw(facts: &TargetFacts, run: &Run, scene: &Scene) -> Html {
    if !facts.target.own {
        return scene.unmeasured(keys::WHY_NOT_OWN);
    }
    let Some(sightings) = &run.facts.sightings else {
        return scene.unmeasured(keys::WHY_NO_WORD);
    };
    let seen = sightings.transport(facts.target.url.transport);
    match seen.seen {
        Fact::NotMeasured => return scene.unmeasured(keys::WHY_NO_WORD),
        Fact::No => {
            return html! { <strong>{ scene.text(keys::VALUE_SAW_NOTHING) }</strong> };
        }
        Fact::Yes => {}
    }
    let counts = [
        ("requests", &*seen.requests.to_string()),
        ("answers", &*seen.answers.to_string()),
    ];
    let refusals = seen.refusals.iter().map(|refusal| {
        let values = [
            ("code", &*refusal.code.to_string()),
            ("count", &*refusal.count.to_string()),
        ];
        html! { <div>{ scene.locale.fill(keys::VALUE_SAW_REFUSED, &values) }</div> }
    });
    html! {
        <>
            <div>{ scene.locale.fill(keys::VALUE_SAW, &counts) }</div>
            { packets(facts, sightings, scene) }
            { for refusals }
            { for seen.tls_alerts.iter().map(|alert| html! { <div>{ alert.clone() }</div> }) }
        </>
    }
}

fn packets(facts: &TargetFacts, sightings: &Sightings, scene: &Scene) -> Html {
    let mine = |transport| transport == facts.target.url.transport;
    let allocations = sightings.allocations.iter().filter(|a| mine(a.transport));
    let (sent, received) = allocations.fold((0, 0), |(sent, received), a| {
        (sent + a.sent_packets, received + a.received_packets)
    });
    let values = [
        ("sent", &*sent.to_string()),
        ("received", &*received.to_string()),
    ];
    html! { <div>{ scene.locale.fill(keys::VALUE_SAW_PACKETS, &values) }</div> }
}

fn own_look(facts: &TargetFacts, run: &Run, scene: &Scene) -> Html {
    let url = &facts.target.url;
    let Some(probe) = run.facts.native_probes.iter().find(|p| p.url == *url) else {
        return scene.unmeasured(if run.origin == Origin::AdHoc {
            keys::WHY_TYPED
        } else {
            keys::WHY_NOT_REACHED
        });
    };
    let lines = looked(probe);
    if lines.is_empty() {
        return scene.unmeasured(keys::WHY_NOT_REACHED);
    }
    let line = |(key, name, value): (Key, &str, String)| {
        html! { <div>{ scene.locale.fill(key, &[(name, &value)]) }</div> }
    };
    lines.into_iter().map(line).collect()
}

/// What the program saw there: a text, and its placeholder's name and value.
fn looked(probe: &NativeProbe) -> Vec<(Key, &'static str, String)> {
    let mut lines = Vec::new();
    let mut say = |key, name, value| lines.push((key, name, value));
    if probe.resolves.is_no() {
        say(keys::LOOK_UNRESOLVED, "", String::new());
    } else if probe.answers.is_no() {
        say(keys::LOOK_SILENT, "", String::new());
    } else if probe.speaks_stun.is_no() {
        let answer = probe.other_answer.clone().unwrap_or_default();
        say(keys::LOOK_NOT_STUN, "answer", answer);
    } else if probe.speaks_turn.is_no() && probe.url.scheme == Scheme::Turn {
        say(keys::LOOK_NOT_TURN, "", String::new());
    }
    if let Some(error) = &probe.certificate_error {
        say(keys::LOOK_CERTIFICATE, "error", error.clone());
    }
    if probe.anonymous == AllocateAnswer::Success {
        say(keys::LOOK_OPEN, "", String::new());
    }
    match probe.authenticated {
        AllocateAnswer::Success => say(keys::LOOK_GRANTED, "", String::new()),
        AllocateAnswer::Error(code) => say(keys::LOOK_ERROR, "code", code.to_string()),
        AllocateAnswer::NotAsked | AllocateAnswer::Silent => {}
    }
    if lines.is_empty() && probe.answers.is_yes() {
        lines.push((keys::LOOK_ANSWERS, "", String::new()));
    }
    lines
}
