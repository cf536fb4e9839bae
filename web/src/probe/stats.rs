//! The browser's statistics of one end of a call (W3C webrtc-stats). What is missing is missing, never zero.

use super::{
    connection::Connection,
    gather::relay_transport,
    js::{count, number, property, text},
};
use earshot_report::{
    Address, AddressRange,
    facts::{CandidateFacts, CandidateType},
};
use wasm_bindgen::{JsCast, JsValue};

/// What one end has counted so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct EndStats {
    /// Round-trip time of the selected pair, in milliseconds.
    pub(crate) rtt_ms: Option<f64>,
    /// This end's candidate of the selected pair.
    pub(crate) local: Option<CandidateFacts>,
    /// The other end's.
    pub(crate) remote: Option<CandidateFacts>,
    /// RTP packets of the sound sent.
    pub(crate) sent: Option<u64>,
    /// RTP packets of the sound received.
    pub(crate) received: Option<u64>,
    /// RTP packets that should have come and did not.
    pub(crate) lost: Option<u64>,
    /// Inter-arrival jitter in milliseconds.
    pub(crate) jitter_ms: Option<f64>,
}

impl EndStats {
    /// RTP packets received, or none: a stream that comes has an entry from its first packet on (W3C webrtc-stats, of
    /// the lifetime of RTP monitored objects), so where the browser counts what is sent and has no such entry, nothing
    /// came.
    pub(crate) fn arrived(&self) -> Option<u64> {
        let is_counted = self.sent.is_some_and(|sent| sent > 0);
        self.received.or(is_counted.then_some(0))
    }

    /// The lost share of the packets expected, 0 to 1.
    pub(crate) fn loss(&self) -> Option<f64> {
        let (lost, received) = (self.lost?, self.received?);
        let expected = lost + received;
        (expected > 0).then(|| lost as f64 / expected as f64)
    }
}

/// Reads them; `None` where the browser gives none.
pub(crate) async fn read(connection: &Connection) -> Option<EndStats> {
    let report: js_sys::Map = connection.stats().await.ok()?.unchecked_into();
    let (mut id, mut pair, mut outbound, mut inbound) = (None, None, None, None);
    report.for_each(&mut |entry, _| {
        let is_audio = text(&entry, "kind").as_deref() == Some("audio");
        let place = match text(&entry, "type").unwrap_or_default().as_str() {
            "transport" => {
                id = id.take().or(property(&entry, "selectedCandidatePairId"));
                return;
            }
            "candidate-pair" if is_selected(&entry) => &mut pair,
            "outbound-rtp" if is_audio => &mut outbound,
            "inbound-rtp" if is_audio => &mut inbound,
            _ => return,
        };
        place.get_or_insert(entry);
    });

    let mut stats = EndStats::default();
    let by_id = |id| Some(report.get(&id)).filter(|entry| !entry.is_undefined());
    if let Some(pair) = id.and_then(by_id).or(pair) {
        stats.rtt_ms = number(&pair, "currentRoundTripTime").map(|seconds| seconds * 1_000.0);
        let named = |name| property(&pair, name).and_then(by_id);
        stats.local = named("localCandidateId").and_then(|it| candidate(&it));
        stats.remote = named("remoteCandidateId").and_then(|it| candidate(&it));
    }
    if let Some(outbound) = outbound {
        stats.sent = count(&outbound, "packetsSent");
    }
    if let Some(inbound) = inbound {
        stats.received = count(&inbound, "packetsReceived");
        // Duplicates can make it negative (RFC 3550 section 6.4.1).
        stats.lost = number(&inbound, "packetsLost").map(|lost| lost.max(0.0) as u64);
        stats.jitter_ms = number(&inbound, "jitter").map(|seconds| seconds * 1_000.0);
    }
    Some(stats)
}

/// Firefox before 153 has no transport to say which pair is selected.
fn is_selected(pair: &JsValue) -> bool {
    let yes = |name| property(pair, name).and_then(|value| value.as_bool()) == Some(true);
    yes("selected") || (yes("nominated") && text(pair, "state").as_deref() == Some("succeeded"))
}

fn candidate(entry: &JsValue) -> Option<CandidateFacts> {
    let candidate_type = match text(entry, "candidateType")?.as_str() {
        "host" => CandidateType::Host,
        "srflx" => CandidateType::Srflx,
        "prflx" => CandidateType::Prflx,
        "relay" => CandidateType::Relay,
        _ => return None,
    };
    // Empty where the browser hides the address.
    let shown = text(entry, "address").unwrap_or_default();
    let address = match shown.parse::<std::net::IpAddr>() {
        Ok(ip) => Address::from(ip),
        Err(_) => Address::from(shown.as_str()),
    };
    Some(CandidateFacts {
        candidate_type,
        range: AddressRange::from(&address),
        address,
        port: u16::try_from(count(entry, "port")?).ok()?,
        protocol: text(entry, "protocol").unwrap_or_else(|| "udp".to_owned()),
        related: None,
        relay_transport: text(entry, "relayProtocol").and_then(|word| relay_transport(&word)),
        elapsed_ms: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn no_entry_is_no_packet_where_the_browser_counts() {
        let arrived = |sent, received| {
            EndStats {
                sent,
                received,
                ..EndStats::default()
            }
            .arrived()
        };
        assert_eq!(arrived(Some(50), Some(7)), Some(7));
        assert_eq!(arrived(Some(50), None), Some(0));
        assert_eq!(arrived(Some(0), None), None, "it has not begun");
        assert_eq!(arrived(None, None), None);
    }

    #[test]
    fn loss_needs_both_counts_and_a_packet() {
        let loss = |lost, received| {
            EndStats {
                lost,
                received,
                ..EndStats::default()
            }
            .loss()
        };
        assert_eq!(loss(None, Some(50)), None);
        assert_eq!(loss(Some(0), None), None);
        assert_eq!(loss(Some(0), Some(0)), None);
        assert_eq!(loss(Some(0), Some(50)), Some(0.0));
        assert_eq!(loss(Some(10), Some(30)), Some(0.25));
    }
}
