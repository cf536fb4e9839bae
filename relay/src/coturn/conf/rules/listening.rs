//! Over what clients come, and whether anything is relayed.

use super::{Around, Conf, Finding, fault, note, warning};
use crate::coturn::conf::{read::Line, tls_is_on};
use earshot_report::Code;
use std::net::IpAddr;

pub(super) fn nothing_listens(conf: &Conf, _: &Around<'_>, found: &mut Vec<Finding>) {
    let tls = tls_is_on(conf);
    match (conf.on("no-udp"), conf.on("no-tcp")) {
        (Some(udp), Some(tcp)) if !tls => {
            let what = "No client can come: UDP, TCP and TLS are all turned off";
            let why = "Nothing answers on any port.";
            found.push(
                fault("nothing-listens", what, why)
                    .cause(Code::ServerUnreachable)
                    .at(udp.number)
                    .at(tcp.number)
                    .delete(udp.number)
                    .delete(tcp.number),
            );
        }
        (Some(udp), _) => {
            let what = "No client can come over UDP";
            let why = "Over TCP and TLS a call has gaps and delays as soon as a packet is lost.";
            found.push(
                warning("no-udp", what, why)
                    .cause(Code::ServerUdpClosed)
                    .at(udp.number)
                    .delete(udp.number),
            );
        }
        (None, Some(tcp)) if !tls => {
            let what = "Clients can come over UDP alone";
            let why = "In offices and hotels that block UDP, nobody reaches this server.";
            found.push(
                warning("udp-alone", what, why)
                    .at(tcp.number)
                    .delete(tcp.number),
            );
        }
        (None, Some(tcp)) => {
            let what = "No client can come over plain TCP";
            let why = "TLS remains for networks that block UDP.";
            found.push(note("no-tcp", what, why).at(tcp.number));
        }
        (None, None) => {}
    }
}

pub(super) fn nothing_relays(conf: &Conf, _: &Around<'_>, found: &mut Vec<Finding>) {
    if let Some(line) = conf.on("stun-only") {
        let what = "Nothing is relayed: stun-only is on";
        let why = "Who cannot reach the other side directly hears nothing.";
        found.push(
            fault("nothing-relayed", what, why)
                .cause(Code::NotATurnServer)
                .at(line.number)
                .delete(line.number),
        );
    }
    if let Some(line) = conf.on("no-udp-relay") {
        let what = "No UDP is relayed, and browsers ask for nothing else";
        let why = match conf.on("no-tcp-relay") {
            Some(_) => "With no-tcp-relay beside it coturn does not even start.",
            None => "Each of their requests is refused.",
        };
        found.push(
            fault("nothing-relayed", what, why)
                .at(line.number)
                .delete(line.number),
        );
    }
}

/// All lines with this name, if each of them is an address of the machine for itself alone.
fn loopback_alone<'a>(conf: &'a Conf, names: &'a [&str]) -> Vec<&'a Line> {
    let lines: Vec<_> = conf
        .all(names)
        .filter(|line| !line.value.is_empty())
        .collect();
    let loopback = |line: &&Line| {
        line.value
            .parse::<IpAddr>()
            .is_ok_and(|address| address.to_canonical().is_loopback())
    };
    match lines.iter().all(loopback) {
        true => lines,
        false => Vec::new(),
    }
}

pub(super) fn this_machine_only(conf: &Conf, _: &Around<'_>, found: &mut Vec<Finding>) {
    let listening = loopback_alone(conf, &["listening-ip"]);
    let relaying = loopback_alone(conf, &["relay-ip"]);
    for (lines, rule, what, cause) in [
        (
            listening,
            "listens-for-itself",
            "It listens for clients on this very machine alone",
            Code::ServerUnreachable,
        ),
        (
            relaying,
            "relays-for-itself",
            "It relays from an address that only this very machine reaches",
            Code::RelayAddressPrivate,
        ),
    ] {
        if lines.is_empty() {
            continue;
        }
        let why = "Without the line coturn takes the machine's own addresses.";
        let mut finding = fault(rule, what, why).cause(cause);
        for line in lines {
            finding = finding.at(line.number).delete(line.number);
        }
        found.push(finding);
    }
}
