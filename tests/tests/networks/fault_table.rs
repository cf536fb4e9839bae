//! Every fault: what it breaks, and that everything else still passes; lifted, everything passes again.

use crate::survey::Survey;
use earshot_tests::lab::net::{Families, Family, Fault, Layout, Nat, Network};
use std::collections::BTreeSet;

/// UDP between the user and anybody.
fn user_udp(name: &str) -> bool {
    name.ends_with(" out") || name.ends_with(" back")
}

/// UDP from outside to the relay's host.
fn into_relay(name: &str) -> bool {
    let from_user = name.ends_with(" out") && !name.starts_with("elsewhere");
    from_user || name == "second user" || name.starts_with("stranger")
}

/// What a fault breaks: a name of the survey that is broken while the fault is in force.
fn breaks(fault: Fault, name: &str) -> bool {
    let tcp = name.starts_with("tcp");
    match fault {
        Fault::UdpDropped | Fault::UdpRejected => user_udp(name),
        Fault::UdpAnswersDropped => name.ends_with(" back"),
        Fault::OnlyTcp443 => user_udp(name) || tcp && name != "tcp 443",
        Fault::OnlyWeb => user_udp(name) || tcp && name != "tcp page",
        Fault::TcpDropped | Fault::TcpRejected => tcp && name != "tcp page",
        Fault::RelayToUserDropped => name.ends_with(" back") && !name.starts_with("elsewhere"),
        Fault::RtpDropped => name.starts_with("rtp"),
        Fault::RtpDroppedFromUser => name.starts_with("rtp") && name.ends_with(" out"),
        Fault::RtpDroppedToUser => name.starts_with("rtp") && name.ends_with(" back"),
        Fault::DtlsDropped => name.starts_with("dtls"),
        Fault::LargePacketsDropped => name.starts_with("large"),
        Fault::Loss(_) => user_udp(name) || tcp,
        Fault::RelayPortsClosedAtHost => {
            ["relayed out", "stranger to relayed", "relay to itself"].contains(&name)
        }
        Fault::RelayPortsClosedAtEdge => ["relayed out", "stranger to relayed"].contains(&name),
        Fault::ServerUdpDroppedAtEdge => into_relay(name),
        Fault::ServerBlackholed => into_relay(name) || tcp && name != "tcp elsewhere",
        // What it answers before it dies is an Allocate request, and the survey makes none.
        Fault::OnlyWebIntoServer | Fault::RelayDiesWhenAsked => {
            into_relay(name) || tcp && !["tcp page", "tcp elsewhere"].contains(&name)
        }
        // Everything into the relay's host, but not before its calls have sound.
        Fault::ServerDiesInCalls | Fault::RelayDiesInCalls => breaks(Fault::ServerBlackholed, name),
        // Nobody listens where it is sent.
        Fault::TlsIntercepted => name == "tcp 443",
    }
}

/// One after the other in one network: what is lifted leaves nothing behind.
fn prove(faults: &[Fault], relay_behind_nat: bool) {
    let layout = Layout {
        families: Families::Dual,
        second_user: Some(Nat::Double),
        relay_behind_nat,
        ..Layout::default()
    };
    let Some(network) = Network::real(&layout) else {
        return;
    };
    let surveys = [Family::V4, Family::V6].map(|family| Survey::new(&network, family));
    expect(&surveys, |_| false, "nothing is wrong yet");
    for &fault in faults {
        network.apply(fault).expect("it can be made wrong");
        expect(&surveys, |name| breaks(fault, name), &fault.to_string());
        network.lift().expect("it can be mended");
    }
    expect(&surveys, |_| false, "everything is mended");
}

/// Takes the surveys, side by side: what is broken in each is what should be.
fn expect(surveys: &[Survey<'_>], is_broken: impl Fn(&str) -> bool + Sync, when: &str) {
    let taken: Vec<_> = std::thread::scope(|scope| {
        let under_way: Vec<_> = surveys
            .iter()
            .map(|survey| scope.spawn(|| survey.take(|name| !is_broken(name))))
            .collect();
        under_way
            .into_iter()
            .map(|survey| survey.join().expect("a survey does not panic"))
            .collect()
    });
    for taken in taken {
        let broken: BTreeSet<_> = taken.tried.difference(&taken.passed).collect();
        let expected: BTreeSet<_> = taken.tried.iter().filter(|name| is_broken(name)).collect();
        assert_eq!(broken, expected, "{when}; besides: {:?}", taken.besides);
    }
}

fn udp_faults() -> Vec<Fault> {
    use Fault::*;
    vec![
        UdpDropped,
        UdpRejected,
        UdpAnswersDropped,
        RelayToUserDropped,
    ]
}

fn tcp_faults() -> Vec<Fault> {
    use Fault::*;
    vec![
        OnlyTcp443,
        OnlyWeb,
        TcpDropped,
        TcpRejected,
        TlsIntercepted,
        Loss(100),
    ]
}

fn media_faults() -> Vec<Fault> {
    use Fault::*;
    vec![
        RtpDropped,
        RtpDroppedFromUser,
        RtpDroppedToUser,
        DtlsDropped,
        LargePacketsDropped,
    ]
}

fn server_faults() -> Vec<Fault> {
    use Fault::*;
    vec![
        RelayPortsClosedAtHost,
        RelayPortsClosedAtEdge,
        ServerUdpDroppedAtEdge,
        ServerBlackholed,
        OnlyWebIntoServer,
        RelayDiesWhenAsked,
    ]
}

/// Proved by `a_host_dies_when_its_calls_have_sound`.
fn faults_of_calls() -> Vec<Fault> {
    use Fault::*;
    vec![ServerDiesInCalls, RelayDiesInCalls]
}

#[test]
fn faults_of_udp_in_the_users_network() {
    prove(&udp_faults(), false);
}

#[test]
fn faults_of_tcp_in_the_users_network() {
    prove(&tcp_faults(), false);
}

#[test]
fn faults_of_media_in_the_users_network() {
    prove(&media_faults(), false);
}

#[test]
fn faults_at_the_relay() {
    prove(&server_faults(), false);
}

#[test]
fn faults_at_a_relay_behind_nat() {
    prove(&server_faults(), true);
}

#[test]
fn no_fault_is_without_a_proof() {
    let proved = [
        udp_faults(),
        tcp_faults(),
        media_faults(),
        server_faults(),
        faults_of_calls(),
    ]
    .concat();
    for fault in Fault::all_named() {
        assert!(proved.contains(&fault), "{fault}");
    }
}
