//! One row for each server URL: what the page, the relay and the program saw of it.

use super::{
    super::{
        Scene,
        element::{Element, element},
        text::digits,
    },
    cell, socket, table, url,
};
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

const HEADS: [Key; 6] = [
    keys::HEAD_SERVER,
    keys::HEAD_RELAY_ADDRESS,
    keys::HEAD_FOUND,
    keys::HEAD_WRONG_PASSWORD,
    keys::HEAD_RELAY_SAW,
    keys::HEAD_OWN_LOOK,
];

/// The servers of `run`.
pub(super) fn section(run: &Run, scene: &Scene) -> Element {
    let rows = run.facts.targets.iter().map(|facts| row(facts, run, scene));
    table(keys::DETAILS_SERVERS, &HEADS, rows.collect(), scene)
}

fn row(facts: &TargetFacts, run: &Run, scene: &Scene) -> Vec<Element> {
    let candidates = &facts.gathering.candidates;
    let relays: Vec<&CandidateFacts> = candidates
        .iter()
        .filter(|c| c.candidate_type == CandidateType::Relay)
        .collect();
    let server = cell().with(url(&facts.target.url));
    let username = facts.username.clone();
    let username = username.map(|username| element("small").class("url").text(username));
    let found = match relays.iter().filter_map(|c| c.elapsed_ms).min() {
        Some(ms) => cell().text(scene.ms(f64::from(ms))),
        None => cell().with(scene.unmeasured(if relays.is_empty() {
            missing(facts)
        } else {
            keys::WHY_NOT_TOLD
        })),
    };
    let wrong_password = match (facts.target.url.scheme, facts.grants_wrong_password) {
        (Scheme::Stun, _) => cell().with(scene.unmeasured(keys::WHY_STUN)),
        (_, Fact::Yes) => cell().with(scene.plain("strong", keys::VALUE_GRANTED)),
        (_, Fact::No) => cell().text(scene.text(keys::VALUE_REFUSED)),
        (_, Fact::NotMeasured) => cell().with(scene.unmeasured(why_no_wrong_password(facts, run))),
    };
    vec![
        server.each(username),
        relay_addresses(facts, &relays, scene),
        found,
        wrong_password,
        relay_saw(facts, run, scene),
        own_look(facts, run, scene),
    ]
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

fn relay_addresses(facts: &TargetFacts, relays: &[&CandidateFacts], scene: &Scene) -> Element {
    if !relays.is_empty() {
        return cell().each(relays.iter().map(|candidate| {
            let address = socket(&candidate.address, candidate.port);
            let range = scene.locale.range(candidate.range);
            element("div")
                .with(element("span").class("url").text(address))
                .text(" ")
                .with(element("small").text(range))
        }));
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
    cell()
        .with(scene.unmeasured(missing(facts)))
        .text(" ")
        .text(words)
}

fn relay_saw(facts: &TargetFacts, run: &Run, scene: &Scene) -> Element {
    if !facts.target.own {
        return cell().with(scene.unmeasured(keys::WHY_NOT_OWN));
    }
    let Some(sightings) = &run.facts.sightings else {
        return cell().with(scene.unmeasured(keys::WHY_NO_WORD));
    };
    let seen = sightings.transport(facts.target.url.transport);
    match seen.seen {
        Fact::NotMeasured => return cell().with(scene.unmeasured(keys::WHY_NO_WORD)),
        Fact::No => return cell().with(scene.plain("strong", keys::VALUE_SAW_NOTHING)),
        Fact::Yes => {}
    }
    let counts = [
        ("requests", &*digits(seen.requests)),
        ("answers", &*digits(seen.answers)),
    ];
    let mut cell = cell()
        .with(line(scene.locale.fill(keys::VALUE_SAW, &counts)))
        .with(packets(facts, sightings, scene));
    for refusal in &seen.refusals {
        let values = [
            ("code", &*digits(refusal.code)),
            ("count", &*digits(refusal.count)),
        ];
        cell = cell.with(line(scene.locale.fill(keys::VALUE_SAW_REFUSED, &values)));
    }
    cell.each(seen.tls_alerts.iter().cloned().map(line))
}

/// A line of a cell.
fn line(words: String) -> Element {
    element("div").text(words)
}

fn packets(facts: &TargetFacts, sightings: &Sightings, scene: &Scene) -> Element {
    let mine = |transport| transport == facts.target.url.transport;
    let allocations = sightings.allocations.iter().filter(|a| mine(a.transport));
    let (sent, received) = allocations.fold((0, 0), |(sent, received), a| {
        (sent + a.sent_packets, received + a.received_packets)
    });
    let values = [("sent", &*digits(sent)), ("received", &digits(received))];
    line(scene.locale.fill(keys::VALUE_SAW_PACKETS, &values))
}

fn own_look(facts: &TargetFacts, run: &Run, scene: &Scene) -> Element {
    let url = &facts.target.url;
    let Some(probe) = run.facts.native_probes.iter().find(|p| p.url == *url) else {
        return cell().with(scene.unmeasured(if run.origin == Origin::AdHoc {
            keys::WHY_TYPED
        } else {
            keys::WHY_NOT_REACHED
        }));
    };
    let lines = looked(probe);
    if lines.is_empty() {
        return cell().with(scene.unmeasured(keys::WHY_NOT_REACHED));
    }
    let lines = lines.into_iter();
    cell().each(lines.map(|(key, name, value)| line(scene.locale.fill(key, &[(name, &value)]))))
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
    if [probe.anonymous, probe.wrong_password].contains(&AllocateAnswer::Success) {
        say(keys::LOOK_OPEN, "", String::new());
    }
    match probe.authenticated {
        AllocateAnswer::Success => say(keys::LOOK_GRANTED, "", String::new()),
        AllocateAnswer::Error(code) => say(keys::LOOK_ERROR, "code", digits(code)),
        AllocateAnswer::NotAsked | AllocateAnswer::Silent => {}
    }
    if lines.is_empty() && probe.answers.is_yes() {
        lines.push((keys::LOOK_ANSWERS, "", String::new()));
    }
    lines
}
