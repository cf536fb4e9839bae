//! Gathering candidates from one server, by a connection of its own: so every candidate and every error is surely
//! that server's, in every browser.
//!
//! When it ends: when the browser says it is complete; a moment after the first relay candidate; at the limit of the
//! transport. A server that challenges without a realm makes Chromium ask thousands of times a second and tells the
//! page nothing, which looks just like a network that loses everything. A slow path with loss is silent for more than
//! two seconds too, so the page does not guess: it stops at once when it is told by the program's own probe, which
//! reads the empty realm (`give_up`), and else at the limit of the transport.

use super::{
    attention::Patience,
    connection::{Connection, PeerEvent, Policy, Server},
    js::{elapsed_ms, now_ms, text, words},
    wait::Signal,
};
use earshot_report::{
    Transport,
    candidate::parse_candidate,
    facts::{CandidateError, CandidateFacts, CandidateType, Gathering, GatheringOutcome},
    limits,
};
use wasm_bindgen::JsValue;
use web_sys::RtcIceCandidate;

/// No browser has so many for one server; what comes beyond is not kept.
const MAX_ENTRIES: usize = 64;

/// How long a gathering over `transport` may show nothing.
pub fn limit_ms(transport: Transport) -> u32 {
    match transport {
        Transport::Udp | Transport::Dtls => limits::UDP_SILENT_MS,
        Transport::Tcp | Transport::Tls => limits::TCP_SILENT_MS,
    }
}

/// Gathers from `servers`, telling the state after each event; the last state told is the whole result. It ends early
/// when `tell` says that this is enough.
///
/// `transport` is the way to the servers; `give_up` ends it early.
pub async fn gather(
    servers: &[Server],
    transport: Transport,
    give_up: &Signal,
    tell: &mut dyn FnMut(&Gathering) -> bool,
) -> Gathering {
    let start = now_ms();
    let mut gathering = Gathering {
        outcome: GatheringOutcome::Running,
        ..Gathering::default()
    };
    tell(&gathering);
    gathering.outcome = match Connection::new(servers, Policy::All) {
        Ok(connection) => watch(&connection, transport, give_up, start, &mut gathering, tell).await,
        Err(error) => Err(error),
    }
    .unwrap_or_else(|error| GatheringOutcome::Refused(words(&error)));
    gathering.elapsed_ms = Some(elapsed_ms(start));
    tell(&gathering);
    gathering
}

/// All that `servers` show over UDP until `give_up`; told to nobody on the way.
pub(super) async fn gather_all(servers: &[Server], give_up: &Signal) -> Gathering {
    gather(servers, Transport::Udp, give_up, &mut |_: &_| false).await
}

async fn watch(
    connection: &Connection,
    transport: Transport,
    give_up: &Signal,
    start: f64,
    gathering: &mut Gathering,
    tell: &mut dyn FnMut(&Gathering) -> bool,
) -> Result<GatheringOutcome, JsValue> {
    let mut deadline = Patience::new(limit_ms(transport));
    connection.gather().await?;
    let mut settling = false;
    while let Some(event) = connection.next(&[&deadline.over, give_up]).await {
        match event {
            PeerEvent::Candidate(candidate) => {
                note_candidate(gathering, &candidate, transport, elapsed_ms(start));
                if !settling && has_relay(gathering) {
                    settling = true;
                    let left = limit_ms(transport).saturating_sub(elapsed_ms(start));
                    deadline = Patience::new(left.min(limits::GATHERING_SETTLE_MS));
                }
            }
            PeerEvent::Error { code, text } => note_error(
                gathering,
                CandidateError {
                    code,
                    text,
                    elapsed_ms: Some(elapsed_ms(start)),
                },
            ),
            PeerEvent::GatheringComplete => return Ok(GatheringOutcome::Complete),
            PeerEvent::State | PeerEvent::Track(_) => continue,
        }
        if tell(gathering) {
            return Ok(GatheringOutcome::Stopped);
        }
    }
    Ok(GatheringOutcome::TimedOut)
}

/// A relay candidate came.
pub(crate) fn has_relay(gathering: &Gathering) -> bool {
    let mut candidates = gathering.candidates.iter();
    candidates.any(|candidate| candidate.candidate_type == CandidateType::Relay)
}

fn note_candidate(
    gathering: &mut Gathering,
    candidate: &RtcIceCandidate,
    transport: Transport,
    elapsed_ms: u32,
) {
    let Ok(mut facts) = parse_candidate(&candidate.candidate()) else {
        return;
    };
    if facts.candidate_type == CandidateType::Relay {
        let told = text(candidate, "relayProtocol").and_then(|word| relay_transport(&word));
        // The connection knows one server only, so where the browser does not tell the way, the URL does.
        facts.relay_transport = Some(told.unwrap_or(transport));
    }
    facts.elapsed_ms = Some(elapsed_ms);
    let known = gathering
        .candidates
        .iter()
        .any(|known| is_same(known, &facts));
    if !known && gathering.candidates.len() < MAX_ENTRIES {
        gathering.candidates.push(facts);
    }
}

fn note_error(gathering: &mut Gathering, error: CandidateError) {
    if gathering.errors.len() < MAX_ENTRIES {
        gathering.errors.push(error);
    }
}

/// `relayProtocol` (W3C WebRTC section 4.8.1.4).
pub(super) fn relay_transport(word: &str) -> Option<Transport> {
    match word {
        "udp" => Some(Transport::Udp),
        "tcp" => Some(Transport::Tcp),
        "tls" => Some(Transport::Tls),
        _ => None,
    }
}

fn is_same(one: &CandidateFacts, other: &CandidateFacts) -> bool {
    let key = |facts: &CandidateFacts| (facts.candidate_type, facts.port, facts.related.clone());
    key(one) == key(other) && one.address == other.address && one.protocol == other.protocol
}
