//! Which candidates of a direct end a relay can be pointed at. Pure.
//!
//! No browser pairs a relay candidate with a `.local` name, so the reflexive candidate carries the leg. Where the STUN
//! server is on the person's own machine it sees a loopback address, which no relay may send to. But a machine speaks
//! to its own address from that very address: the direct end will reach the relayed address from the relay's own IP
//! and from the port that the STUN server saw.

use earshot_report::{candidate::Candidate, facts::CandidateType};
use std::net::IpAddr;

/// What to do with a candidate of the direct end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// The relay end takes this line.
    Pass(String),
    /// The same, if nothing better has come when the direct end has gathered all.
    Keep(String),
    /// It depends on the relayed address, which is not known yet.
    Wait,
    /// An address, of the family that the relayed address is not of.
    OtherFamily,
    /// No relay can be pointed at it.
    Drop,
}

/// Judges one candidate line. `relayed` is the relayed address; `same_machine`: the STUN server that was asked and the
/// relay are on one host, so that what is loopback for one is for the other.
pub(crate) fn judge(line: &str, relayed: Option<IpAddr>, same_machine: bool) -> Use {
    let Ok(candidate) = line.parse::<Candidate>() else {
        return Use::Drop;
    };
    let Some(ip) = candidate.address.ip() else {
        return Use::Drop;
    };
    if candidate.protocol != "udp" || ip.is_unspecified() {
        return Use::Drop;
    }
    let is_of_use = match candidate.candidate_type {
        CandidateType::Srflx => !ip.is_loopback() || same_machine,
        CandidateType::Host => !ip.is_loopback(),
        CandidateType::Prflx | CandidateType::Relay => false,
    };
    if !is_of_use {
        return Use::Drop;
    }
    match relayed {
        None => Use::Wait,
        // An address of one family reaches none of the other.
        Some(relayed) if relayed.is_ipv4() != ip.is_ipv4() => Use::OtherFamily,
        Some(_) if candidate.candidate_type == CandidateType::Host => Use::Keep(line.to_owned()),
        Some(relayed) if ip.is_loopback() => Use::Pass(moved(&candidate, relayed)),
        Some(_) => Use::Pass(line.to_owned()),
    }
}

/// The candidate as the relay will see it.
fn moved(candidate: &Candidate, ip: IpAddr) -> String {
    let Candidate {
        foundation,
        component,
        priority,
        port,
        ..
    } = candidate;
    format!("candidate:{foundation} {component} udp {priority} {ip} {port} typ host")
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const SRFLX: &str =
        "candidate:1 1 udp 1677729535 198.51.100.7 40000 typ srflx raddr 0.0.0.0 rport 0";
    const LOOPBACK: &str =
        "candidate:2 1 udp 1677729535 127.0.0.1 54263 typ srflx raddr 0.0.0.0 rport 0";
    const HIDDEN: &str =
        "candidate:3 1 udp 2113937151 e4e53597-8dfe-4765-b0e3-4a696089ef6b.local 54263 typ host";
    const HOST: &str = "candidate:4 1 udp 2113937151 192.168.1.7 54263 typ host";
    const TCP: &str = "candidate:5 1 tcp 1518280447 192.168.1.7 9 typ host tcptype active";
    const RELAY: &str =
        "candidate:6 1 udp 50339839 203.0.113.1 62890 typ relay raddr 0.0.0.0 rport 0";

    fn relayed() -> Option<IpAddr> {
        Some([203, 0, 113, 1].into())
    }

    #[test]
    fn reflexive_ones_are_passed_and_hidden_ones_dropped() {
        let dropped = [HIDDEN, TCP, RELAY, "nonsense", ""];
        for same_machine in [true, false] {
            let judge = |line| judge(line, relayed(), same_machine);
            assert_eq!(judge(SRFLX), Use::Pass(SRFLX.to_owned()));
            assert_eq!(judge(HOST), Use::Keep(HOST.to_owned()));
            for line in dropped {
                assert_eq!(judge(line), Use::Drop, "{line}");
            }
        }
    }

    #[test]
    fn an_address_of_the_other_family_is_of_no_use() {
        let sixth: IpAddr = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1].into();
        for line in [SRFLX, HOST] {
            assert_eq!(judge(line, None, false), Use::Wait);
            assert_eq!(judge(line, Some(sixth), false), Use::OtherFamily);
        }
    }

    #[test]
    fn loopback_becomes_the_relays_own_address() {
        assert_eq!(judge(LOOPBACK, None, true), Use::Wait);
        assert_eq!(judge(LOOPBACK, relayed(), false), Use::Drop);
        let sixth = Some([0; 16].into());
        assert_eq!(judge(LOOPBACK, sixth, true), Use::OtherFamily);
        let Use::Pass(line) = judge(LOOPBACK, relayed(), true) else {
            panic!("it is of use");
        };
        let candidate: Candidate = line.parse().unwrap();
        assert_eq!(candidate.address.ip(), relayed());
        assert_eq!(candidate.port, 54_263);
    }
}
