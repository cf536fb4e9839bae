//! What a browser would gather from a server, by what the server answered us.

use super::{call::Call, legs::candidate};
use crate::native::{Beside, DtlsSeen};
use earshot_report::{
    AddressRange,
    facts::{
        AllocateAnswer, CandidateError, CandidateFacts, CandidateType, Gathering, GatheringOutcome,
        NO_ANSWER, NativeProbe,
    },
};

/// The server gave us a relay, and browsers would take it: they drop answers without a realm, and refuse certificates.
pub(super) fn is_granted(probe: &NativeProbe) -> bool {
    probe.authenticated == AllocateAnswer::Success
        && probe.certificate_error.is_none()
        && probe
            .realm
            .as_deref()
            .is_some_and(|realm| !realm.is_empty())
}

/// The gathering. A user to whom a second relay is refused cannot be called: that counts as none.
pub(super) fn of(probe: &NativeProbe, beside: &Beside, call: Option<&Call>) -> Gathering {
    let mut gathering = Gathering {
        outcome: match is_tried(probe, beside) {
            true => GatheringOutcome::Complete,
            false => GatheringOutcome::NotStarted,
        },
        elapsed_ms: probe.elapsed_ms,
        ..Gathering::default()
    };
    if gathering.outcome == GatheringOutcome::NotStarted {
        return gathering;
    }
    if let Some(mapped) = beside.mapped.get().copied().flatten() {
        gathering
            .candidates
            .push(candidate(CandidateType::Srflx, mapped));
    }
    let refused = call.and_then(|call| call.refused);
    if is_granted(probe) && refused.is_none() {
        gathering.candidates.extend(relayed(probe));
        return gathering;
    }
    let error = |code, text: &str| CandidateError {
        code,
        text: text.to_owned(),
        elapsed_ms: None,
    };
    let code = refused.or(match (probe.authenticated, probe.anonymous) {
        (AllocateAnswer::Error(code), _) => Some(code),
        // The challenge alone is no refusal.
        (_, AllocateAnswer::Error(code)) if code != 401 => Some(code),
        _ => None,
    });
    if let Some(code) = code {
        gathering.errors.push(error(code, ""));
    } else if gathering.candidates.is_empty() {
        gathering
            .errors
            .push(error(NO_ANSWER, "nothing usable was answered"));
    }
    gathering
}

/// We could look: what did not leave this machine says nothing, nor does a handshake for which we have not the means.
fn is_tried(probe: &NativeProbe, beside: &Beside) -> bool {
    let is_able = !matches!(beside.dtls.get(), Some(DtlsSeen::NothingInCommon(_)));
    is_able && (probe.resolves.is_no() || probe.answers.is_measured())
}

fn relayed(probe: &NativeProbe) -> Option<CandidateFacts> {
    let (address, port) = probe.relayed.clone()?;
    Some(CandidateFacts {
        candidate_type: CandidateType::Relay,
        range: AddressRange::from(&address),
        address,
        port,
        protocol: "udp".to_owned(),
        related: None,
        relay_transport: Some(probe.url.transport),
        elapsed_ms: probe.elapsed_ms,
    })
}
