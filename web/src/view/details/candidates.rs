//! Every candidate, classified, and every error that the browser reported.

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
    state::Run,
};
use earshot_report::facts::{CandidateFacts, CandidateType};

const CANDIDATE_HEADS: [Key; 6] = [
    keys::HEAD_SERVER,
    keys::HEAD_TYPE,
    keys::HEAD_ADDRESS,
    keys::HEAD_RANGE,
    keys::HEAD_PROTOCOL,
    keys::HEAD_AFTER,
];

const ERROR_HEADS: [Key; 4] = [
    keys::HEAD_SERVER,
    keys::HEAD_CODE,
    keys::HEAD_TEXT,
    keys::HEAD_AFTER,
];

/// Adds candidates and errors of `run`.
pub(super) fn add(whole: Element, run: &Run, scene: &Scene) -> Element {
    let after = |ms: Option<u32>| match ms {
        Some(ms) => cell().text(scene.ms(f64::from(ms))),
        None => cell().with(scene.unmeasured(keys::VALUE_UNKNOWN)),
    };
    let mut candidates = Vec::new();
    let mut errors = Vec::new();
    for facts in &run.facts.targets {
        let server = || cell().with(url(&facts.target.url));
        for candidate in &facts.gathering.candidates {
            candidates.push(vec![
                server(),
                cell().text(type_name(candidate)),
                address(candidate),
                cell().text(scene.locale.range(candidate.range)),
                cell().text(candidate.protocol.clone()),
                after(candidate.elapsed_ms),
            ]);
        }
        for error in &facts.gathering.errors {
            errors.push(vec![
                server(),
                cell().text(digits(error.code)),
                cell().text(error.text.clone()),
                after(error.elapsed_ms),
            ]);
        }
    }
    let whole = whole.with(table(
        keys::DETAILS_CANDIDATES,
        &CANDIDATE_HEADS,
        candidates,
        scene,
    ));
    if errors.is_empty() {
        return whole;
    }
    whole.with(table(keys::DETAILS_ERRORS, &ERROR_HEADS, errors, scene))
}

/// The standard's own names (RFC 8839 section 5.1).
fn type_name(candidate: &CandidateFacts) -> &'static str {
    match candidate.candidate_type {
        CandidateType::Host => "host",
        CandidateType::Srflx => "srflx",
        CandidateType::Prflx => "prflx",
        CandidateType::Relay => "relay",
    }
}

fn address(candidate: &CandidateFacts) -> Element {
    let address = socket(&candidate.address, candidate.port);
    let cell = cell().with(element("span").class("url").text(address));
    match &candidate.related {
        Some((address, port)) => cell.with(
            element("small")
                .class("url")
                .text("← ")
                .text(socket(address, *port)),
        ),
        None => cell,
    }
}
