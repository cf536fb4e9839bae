//! Candidate lines of RFC 8839, of Chromium and of Firefox, and lines of nobody.

use earshot_report::{
    AddressRange, Transport,
    candidate::{Candidate, CandidateParseError, MAX_LINE, parse_candidate},
    facts::CandidateType,
};
use proptest::prelude::*;

#[test]
fn lines_as_browsers_write_them() {
    use AddressRange::*;
    use CandidateType::*;
    for (line, kind, address, port, protocol, range) in [
        // RFC 8839 section 5.1.
        (
            "a=candidate:1 1 UDP 2130706431 203.0.113.141 8998 typ host",
            Host,
            "203.0.113.141",
            8998,
            "udp",
            Documentation,
        ),
        (
            "a=candidate:2 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport 8998",
            Srflx,
            "192.0.2.3",
            45664,
            "udp",
            Documentation,
        ),
        // Chromium.
        (
            "candidate:842163049 1 udp 2113937151 5e9f1c2b-3d7a-4e2d-9d3b-1c2a3b4c5d6e.local 53312 typ host generation 0 ufrag EsAw network-cost 999",
            Host,
            "5e9f1c2b-3d7a-4e2d-9d3b-1c2a3b4c5d6e.local",
            53312,
            "udp",
            Mdns,
        ),
        (
            "candidate:3 1 udp 41885439 10.1.2.3 50123 typ relay raddr 0.0.0.0 rport 0 generation 0",
            Relay,
            "10.1.2.3",
            50123,
            "udp",
            Private,
        ),
        (
            "candidate:4 1 tcp 1518280447 192.168.1.5 9 typ host tcptype active generation 0",
            Host,
            "192.168.1.5",
            9,
            "tcp",
            Private,
        ),
        // Firefox, with upper case, and IPv6.
        (
            "candidate:0 1 UDP 2122252543 2001:db8::7 60769 typ host",
            Host,
            "2001:db8::7",
            60769,
            "udp",
            Documentation,
        ),
        // Without the prefix, as in a=candidate's value; a mapped address is the address it maps.
        (
            "9 1 udp 5 ::ffff:100.64.3.4 1 typ prflx",
            Prflx,
            "100.64.3.4",
            1,
            "udp",
            Cgnat,
        ),
        (
            "9 1 udp 5 64:ff9b::c000:201 1 typ srflx",
            Srflx,
            "64:ff9b::c000:201",
            1,
            "udp",
            Nat64,
        ),
        (
            "9 1 udp 5 fd00::1 1 typ host",
            Host,
            "fd00::1",
            1,
            "udp",
            UniqueLocal,
        ),
    ] {
        let facts = parse_candidate(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        let got = (
            facts.candidate_type,
            facts.address.as_str(),
            facts.port,
            facts.protocol.as_str(),
            facts.range,
        );
        assert_eq!(got, (kind, address, port, protocol, range), "{line}");
        assert_eq!(
            facts.relay_transport, None,
            "the line does not tell: {line}"
        );
    }
}

#[test]
fn the_related_address_is_kept_unless_hidden() {
    let related = |line: &str| parse_candidate(line).unwrap().related;
    assert_eq!(
        related("candidate:2 1 udp 1 192.0.2.3 4 typ srflx raddr 10.0.0.1 rport 8998"),
        Some(("10.0.0.1".into(), 8998))
    );
    for hidden in [
        "raddr 0.0.0.0 rport 0",
        "raddr :: rport 9",
        "raddr 10.0.0.1",
        "generation 0 raddr",
    ] {
        let line = format!("candidate:2 1 udp 1 192.0.2.3 4 typ srflx {hidden}");
        assert_eq!(related(&line), None, "{hidden}");
    }
}

/// libwebrtc: `ICE_TYPE_PREFERENCE_RELAY_UDP` 2, `_TCP` 1, `_TLS` 0 in the top byte.
#[test]
fn the_priority_hints_at_the_way_to_the_relay() {
    let hint = |priority: u32, kind: &str| {
        let line = format!("candidate:1 1 udp {priority} 192.0.2.3 4 typ {kind}");
        line.parse::<Candidate>().unwrap().relay_transport_hint()
    };
    assert_eq!(hint(41_885_439, "relay"), Some(Transport::Udp));
    assert_eq!(hint(25_108_223, "relay"), Some(Transport::Tcp));
    assert_eq!(hint(8_331_007, "relay"), Some(Transport::Tls));
    assert_eq!(hint(92_217_343, "relay"), None);
    assert_eq!(hint(41_885_439, "host"), None);
}

#[test]
fn what_is_no_candidate_names_its_fault() {
    use CandidateParseError::*;
    for (line, error) in [
        ("", Empty),
        ("candidate:", Empty),
        ("candidate:1 1 udp 1 192.0.2.3 4", Part("type")),
        ("candidate:1 1 udp 1 192.0.2.3 4 typ", Part("type")),
        ("candidate:1 1 udp 1 192.0.2.3 4 typ magic", Part("type")),
        ("candidate:1 1 udp 1 192.0.2.3 65536 typ host", Part("port")),
        ("candidate:1 1 udp 1 192.0.2.3 +4 typ host", Part("port")),
        (
            "candidate:1 1 udp 4294967296 192.0.2.3 4 typ host",
            Part("priority"),
        ),
        (
            "candidate:1 257 udp 1 192.0.2.3 4 typ host",
            Part("component"),
        ),
        ("candidate:1 1 udp 1 <script> 4 typ host", Part("address")),
        (
            "candidate:1 1 udp 1 192.0.2.999 4 typ host",
            Part("address"),
        ),
        (
            "candidate:é 1 udp 1 192.0.2.3 4 typ host",
            Part("foundation"),
        ),
        (
            "candidate:1 1 udp 1 192.0.2.3 4 typ srflx raddr ? rport 1",
            Part("raddr"),
        ),
    ] {
        assert_eq!(parse_candidate(line), Err(error), "{line}");
    }
    let long = format!(
        "candidate:1 1 udp 1 192.0.2.3 4 typ host {}",
        "x ".repeat(MAX_LINE)
    );
    assert_eq!(parse_candidate(&long), Err(TooLong));
}

proptest! {
    #[test]
    fn no_line_is_too_strange(line in ".{0,200}") {
        let _ = parse_candidate(&line);
    }

    #[test]
    fn no_order_of_words_is_too_strange(words in prop::collection::vec(
        prop::sample::select(vec![
            "candidate:1", "1", "udp", "typ", "host", "relay", "raddr", "rport", "192.0.2.1", "::1", "9", "tcptype", "é",
        ]), 0..16,
    )) {
        let _ = parse_candidate(&words.join(" "));
    }
}
