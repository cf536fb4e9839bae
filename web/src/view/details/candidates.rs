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

/// The candidates of `run`.
pub(super) fn section(run: &Run, scene: &Scene) -> Element {
    let mut rows = Vec::new();
    for facts in &run.facts.targets {
        for candidate in &facts.gathering.candidates {
            rows.push(vec![
                cell().with(url(&facts.target.url)),
                cell().text(type_name(candidate)),
                address(candidate),
                cell().text(scene.locale.range(candidate.range)),
                cell().text(candidate.protocol.clone()),
                after(candidate.elapsed_ms, scene),
            ]);
        }
    }
    table(keys::DETAILS_CANDIDATES, &CANDIDATE_HEADS, rows, scene)
}

/// The errors of `run`, where there are any.
pub(super) fn errors(run: &Run, scene: &Scene) -> Option<Element> {
    let mut rows = Vec::new();
    for facts in &run.facts.targets {
        for error in &facts.gathering.errors {
            rows.push(vec![
                cell().with(url(&facts.target.url)),
                cell().text(digits(error.code)),
                cell().text(error.text.clone()),
                after(error.elapsed_ms, scene),
            ]);
        }
    }
    (!rows.is_empty()).then(|| table(keys::DETAILS_ERRORS, &ERROR_HEADS, rows, scene))
}

fn after(ms: Option<u32>, scene: &Scene) -> Element {
    match ms {
        Some(ms) => cell().text(scene.ms(f64::from(ms))),
        None => cell().with(scene.unmeasured(keys::VALUE_UNKNOWN)),
    }
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
    let related = candidate.related.as_ref().map(|(address, port)| {
        element("small")
            .class("url")
            .text("← ")
            .text(socket(address, *port))
    });
    cell.each(related)
}
