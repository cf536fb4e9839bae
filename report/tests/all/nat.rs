//! NAT mapping (RFC 4787 section 4.1) from the reflexive ports that two STUN ports of one server show.

use earshot_report::{
    Address,
    candidate::{nat_mapping, parse_candidate},
    facts::{CandidateError, Gathering, GatheringOutcome, NatMapping},
};

fn gathering(candidates: &[&str]) -> Gathering {
    Gathering {
        outcome: GatheringOutcome::Complete,
        candidates: candidates
            .iter()
            .map(|rest| parse_candidate(&format!("candidate:1 1 udp 1 {rest}")).unwrap())
            .collect(),
        ..Gathering::default()
    }
}

fn timed_out(mut gathering: Gathering) -> Gathering {
    gathering.errors.push(CandidateError {
        code: 701,
        text: "STUN binding request timed out.".to_owned(),
        elapsed_ms: None,
    });
    gathering
}

const HOST: &str = "a.local 5000 typ host";
const HIDDEN: &str = "raddr 0.0.0.0 rport 0";

#[test]
fn mappings_are_told_apart() {
    let srflx = |port: u16| format!("198.51.100.7 {port} typ srflx {HIDDEN}");
    let based = |port: u16, base: u16| {
        format!("198.51.100.7 {port} typ srflx raddr 10.0.0.{base} rport 5000")
    };
    let (one, two) = (srflx(6000), srflx(6001));
    let (first, second, third) = (based(6000, 1), based(6001, 1), based(6001, 2));
    let client: Address = "198.51.100.7".into();
    for (name, gathering, expected) in [
        (
            "one port for both",
            gathering(&[HOST, &one]),
            Some(NatMapping::EndpointIndependent),
        ),
        (
            "two ports, one base hidden",
            gathering(&[HOST, &one, &two]),
            Some(NatMapping::EndpointDependent),
        ),
        (
            "two ports of one base",
            gathering(&[&first, &second]),
            Some(NatMapping::EndpointDependent),
        ),
        (
            "a port each of two bases",
            gathering(&[&first, &third]),
            Some(NatMapping::EndpointIndependent),
        ),
        (
            "two interfaces, bases hidden",
            gathering(&[HOST, "b.local 5001 typ host", &one, &two]),
            None,
        ),
        (
            "one STUN port was silent",
            timed_out(gathering(&[HOST, &one])),
            None,
        ),
        (
            "two ports, and another interface silent",
            timed_out(gathering(&[&first, &second])),
            Some(NatMapping::EndpointDependent),
        ),
        (
            "the outer address is the machine's",
            gathering(&["198.51.100.7 5000 typ host"]),
            Some(NatMapping::None),
        ),
        (
            "no reflexive candidate, host hidden",
            gathering(&[HOST]),
            None,
        ),
        ("nothing", gathering(&[]), None),
        (
            "not ended",
            Gathering {
                outcome: GatheringOutcome::TimedOut,
                ..gathering(&[HOST, &one])
            },
            None,
        ),
        (
            "IPv6 without NAT beside IPv4 with",
            gathering(&[
                HOST,
                "2001:db8::7 5000 typ host",
                "2001:db8::7 5000 typ srflx",
                &one,
            ]),
            Some(NatMapping::EndpointIndependent),
        ),
    ] {
        assert_eq!(nat_mapping(&gathering, Some(&client)), expected, "{name}");
    }
}
