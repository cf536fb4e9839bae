//! The way out of a relay: a connection that may use only its relay candidate is given a made-up answer, whose only
//! candidates are the witness. What the witness sees needs no answer; an answer shows that the way back is open too.

use super::{
    attention::Patience,
    connection::{Connection, PeerEvent, Policy, Server},
    js::{elapsed_ms, now_ms},
    leg::give_up,
    stats,
};
use earshot_report::{
    api::Witness,
    facts::{Fact, LegFacts, LegOutcome},
    limits,
};
use std::{fmt::Write, net::IpAddr};
use wasm_bindgen::JsValue;
use web_sys::{RtcPeerConnectionState, RtcSdpType, RtcSessionDescriptionInit};

/// Measures from a relay candidate of `server` to the witness. Tells `facts` after each change.
pub async fn measure(
    server: &Server,
    witness: &Witness,
    facts: &mut LegFacts,
    tell: &dyn Fn(&LegFacts),
) {
    facts.outcome = LegOutcome::Running;
    tell(facts);
    let checked = check(server, witness, facts).await;
    facts.outcome = checked.unwrap_or_else(|error| give_up(&error));
    tell(facts);
}

async fn check(
    server: &Server,
    witness: &Witness,
    facts: &mut LegFacts,
) -> Result<LegOutcome, JsValue> {
    let start = now_ms();
    let connection = Connection::new(std::slice::from_ref(server), Policy::Relay)?;
    connection.gather().await?;
    let description = RtcSessionDescriptionInit::new(RtcSdpType::Answer);
    description.set_sdp(&answer(witness));
    connection.accept(&description).await?;
    // First for the relay candidate; when it is there, for the witness.
    let mut deadline = Patience::new(limits::LENT_AGAIN_MS);
    let mut has_candidate = false;
    while let Some(event) = connection.next(&[&deadline.over]).await {
        if matches!(event, PeerEvent::Candidate(_)) && !has_candidate {
            has_candidate = true;
            deadline = Patience::new(limits::WITNESS_MS);
        }
        if connection.ice_is_connected() {
            facts.ice_connected = Fact::Yes;
            facts.connected_ms = Some(elapsed_ms(start));
            if let Some(stats) = stats::read(&connection).await {
                facts.local = stats.local;
                facts.rtt_ms = stats.rtt_ms;
            }
            return Ok(LegOutcome::Done);
        }
        if connection.state() == RtcPeerConnectionState::Failed {
            facts.ice_connected = Fact::No;
            return Ok(LegOutcome::Failed);
        }
    }
    // Without a candidate nothing was sent, and nothing follows.
    if has_candidate {
        facts.ice_connected = Fact::No;
    }
    Ok(LegOutcome::TimedOut)
}

/// An answer of an ICE-lite end (RFC 8839 section 5.3). It says that it will begin DTLS and never does, so the page
/// sends nothing but connectivity checks; the fingerprint is therefore any.
fn answer(witness: &Witness) -> String {
    let fingerprint = ["00"; 32].join(":");
    let mut sdp = format!(
        "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\na=ice-lite\r\n\
         m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n\
         a=ice-ufrag:{}\r\na=ice-pwd:{}\r\na=fingerprint:sha-256 {fingerprint}\r\na=setup:active\r\n\
         a=sctp-port:5000\r\n",
        witness.ufrag, witness.pwd
    );
    for (place, (address, port)) in witness.addresses.iter().enumerate() {
        let Some(ip) = address.ip() else { continue };
        let number = place + 1;
        // RFC 8445 section 5.1.2.1, for a host candidate; the order is the program's.
        let priority = (126u32 << 24) + ((65_535u32.saturating_sub(place as u32)) << 8) + 255;
        // A text is written to without failing.
        let _ = write!(
            sdp,
            "a=candidate:{number} 1 udp {priority} {ip} {port} typ host\r\n"
        );
    }
    sdp.push_str("a=end-of-candidates\r\n");
    sdp
}

/// The witness as this page can use it: addresses only, and names that fit into a description. `None`: not at all.
pub(crate) fn usable(mut witness: Witness) -> Option<Witness> {
    let ice_chars = |text: &str, length: std::ops::RangeInclusive<usize>| {
        let of_ice = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_');
        length.contains(&text.len()) && text.chars().all(of_ice)
    };
    let is_usable = |ip: IpAddr| !ip.is_unspecified();
    let addresses = &mut witness.addresses;
    addresses.retain(|(address, _)| address.ip().is_some_and(is_usable));
    // RFC 8839 section 5.4.
    let described = ice_chars(&witness.ufrag, 4..=256) && ice_chars(&witness.pwd, 22..=256);
    (described && !witness.addresses.is_empty()).then_some(witness)
}

#[cfg(test)]
mod tests {
    use super::*;
    use earshot_report::{Address, candidate::Candidate};
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn witness() -> Witness {
        Witness {
            addresses: vec![
                (Address::from("192.0.2.2"), 3_478),
                (Address::from("2001:db8::2"), 3_479),
                (Address::from("relay.example.org"), 3_478),
            ],
            ufrag: "mmgvta22gki3s3yjt3i79q28hc".to_owned(),
            pwd: "urXcgXuW77X5MBvhrd-g4o5G_YgZqm1L".to_owned(),
        }
    }

    #[test]
    fn the_answer_names_the_witness() {
        let witness = usable(witness()).unwrap();
        let sdp = answer(&witness);
        let value = |name: &str| {
            let mut lines = sdp.split("\r\n");
            lines.find_map(|line| line.strip_prefix(name).map(str::to_owned))
        };
        assert_eq!(value("a=ice-ufrag:").unwrap(), witness.ufrag);
        assert_eq!(value("a=ice-pwd:").unwrap(), witness.pwd);
        let lines = sdp
            .split("\r\n")
            .filter(|line| line.starts_with("a=candidate"));
        let candidates: Vec<Candidate> = lines.map(|line| line.parse().unwrap()).collect();
        let ends: Vec<(&Address, u16)> =
            candidates.iter().map(|it| (&it.address, it.port)).collect();
        let expected: Vec<(&Address, u16)> = witness
            .addresses
            .iter()
            .map(|(a, port)| (a, *port))
            .collect();
        assert_eq!(ends, expected);
        assert!(candidates[0].priority > candidates[1].priority);
    }

    #[test]
    fn what_would_break_the_answer_is_no_witness() {
        let broken = |change: fn(&mut Witness)| {
            let mut witness = witness();
            change(&mut witness);
            usable(witness)
        };
        assert_eq!(broken(|it| it.ufrag = "a\r\na=x".to_owned()), None);
        assert_eq!(broken(|it| it.pwd.truncate(21)), None);
        assert_eq!(broken(|it| it.addresses.truncate(0)), None);
        let names = vec![(Address::from("relay.example.org"), 1)];
        let mut witness = witness();
        witness.addresses = names;
        assert_eq!(usable(witness), None);
    }
}
