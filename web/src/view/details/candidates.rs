//! Every candidate, classified, and every error that the browser reported.

use super::{super::Scene, socket, table, url};
use crate::{
    locale::{Key, keys},
    state::Run,
};
use earshot_report::facts::{CandidateFacts, CandidateType};
use yew::prelude::*;

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

/// Candidates and errors of `run`.
pub(super) fn section(run: &Run, scene: &Scene) -> Html {
    let after = |ms: Option<u32>| match ms {
        Some(ms) => html! { { scene.ms(f64::from(ms)) } },
        None => scene.unmeasured(keys::VALUE_UNKNOWN),
    };
    let mut candidates = Vec::new();
    let mut errors = Vec::new();
    for facts in &run.facts.targets {
        let server = url(&facts.target.url);
        for candidate in &facts.gathering.candidates {
            candidates.push(vec![
                server.clone(),
                html! { { type_name(candidate) } },
                address(candidate),
                html! { { scene.locale.range(candidate.range).to_owned() } },
                html! { { candidate.protocol.clone() } },
                after(candidate.elapsed_ms),
            ]);
        }
        for error in &facts.gathering.errors {
            errors.push(vec![
                server.clone(),
                html! { { error.code } },
                html! { { error.text.clone() } },
                after(error.elapsed_ms),
            ]);
        }
    }
    html! {
        <>
            { table(keys::DETAILS_CANDIDATES, &CANDIDATE_HEADS, candidates, scene) }
            if !errors.is_empty() {
                { table(keys::DETAILS_ERRORS, &ERROR_HEADS, errors, scene) }
            }
        </>
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

fn address(candidate: &CandidateFacts) -> Html {
    let related = candidate.related.as_ref().map(|(address, port)| {
        html! { <small class="url">{ "← " }{ socket(address, *port) }</small> }
    });
    html! {
        <>
            <span class="url">{ socket(&candidate.address, candidate.port) }</span>
            { related.unwrap_or_default() }
        </>
    }
}
