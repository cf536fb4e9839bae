//! Which address clients are told.

use super::{Around, Conf, Finding, fault, note, read::Line, warning, writing};
use crate::coturn::text::plain;
use earshot_report::{Code, address::AddressRange};
use std::net::IpAddr;

/// Public addresses of coturn's sample configuration: they are somebody else's.
const OF_THE_SAMPLE: [&str; 2] = ["60.70.80.91", "60.70.80.92"];

/// The addresses that packets leave from, as far as the file names them: all zero and loopback left out.
pub(super) fn own(conf: &Conf) -> Vec<(&Line, IpAddr)> {
    let named = |name| -> Vec<(&Line, IpAddr)> {
        conf.lines
            .iter()
            .filter(|line| line.name == name)
            .filter_map(|line| Some((line, line.value.parse::<IpAddr>().ok()?.to_canonical())))
            .collect()
    };
    let relaying = named("relay-ip");
    let mut own = match relaying.is_empty() {
        true => named("listening-ip"),
        false => relaying,
    };
    own.retain(|(_, address)| !address.is_unspecified() && !address.is_loopback());
    own
}

/// The lines that tell clients another address, with the two halves.
fn mapped(conf: &Conf) -> impl Iterator<Item = (&Line, &str, Option<&str>)> {
    conf.lines
        .iter()
        .filter(|line| line.name == "external-ip" && !line.value.is_empty())
        .map(|line| match line.value.split_once('/') {
            Some((outer, inner)) => (line, outer, Some(inner)),
            None => (line, line.value.as_str(), None),
        })
}

pub(super) fn external_ip(conf: &Conf, _: &Around<'_>, found: &mut Vec<Finding>) {
    const RULE: &str = "external-ip";
    const WRITE: &str = "external-ip=<the public address of this server>";
    for (line, outer, inner) in mapped(conf) {
        if writing::is_told(line) {
            continue;
        }
        let inner = inner.map(|inner| inner.parse::<IpAddr>());
        let Ok(outer) = outer.parse::<IpAddr>() else {
            found.push(not_an_address(line, outer, WRITE));
            continue;
        };
        if let Some(Err(_)) = inner {
            let what = "What stands behind the slash of external-ip is no address";
            let why = "coturn ignores the line, and tells clients its own address.";
            found.push(
                fault(RULE, what, why)
                    .cause(Code::RelayAddressPrivate)
                    .at(line.number)
                    .replace(line.number, format!("external-ip={outer}")),
            );
            continue;
        }
        let inner = inner.and_then(Result::ok);
        if let Some(finding) = unreachable(line, outer, inner) {
            found.push(finding);
        }
    }
}

fn not_an_address(line: &Line, outer: &str, write: &str) -> Finding {
    let is_name = outer.contains(|c: char| c.is_ascii_alphabetic())
        && outer
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    if is_name {
        let what = "external-ip is a name";
        let why = "coturn looks it up once, at its start. If that fails, or the address changes later, clients are told \
                   a wrong one.";
        return note("external-ip-by-name", what, why).at(line.number);
    }
    let what = "external-ip is no address";
    let why = "coturn ignores the line and tells clients its own address, which nobody outside reaches if it is behind \
               NAT.";
    fault("external-ip", what, why)
        .cause(Code::RelayAddressPrivate)
        .at(line.number)
        .replace(line.number, write)
}

fn unreachable(line: &Line, outer: IpAddr, inner: Option<IpAddr>) -> Option<Finding> {
    let range = AddressRange::from(outer);
    let swapped = inner.filter(|inner| AddressRange::from(*inner) == AddressRange::Public);
    if let (Some(inner), true) = (swapped, range.is_local()) {
        let what = "The two addresses of external-ip are the wrong way round";
        let why = "The public one stands first. As it is, clients are told the private one, which nobody reaches.";
        return Some(
            fault("external-ip", what, why)
                .cause(Code::RelayAddressPrivate)
                .at(line.number)
                .replace(line.number, format!("external-ip={inner}/{outer}")),
        );
    }
    let (what, cause) = match range {
        AddressRange::Public if OF_THE_SAMPLE.contains(&outer.to_string().as_str()) => (
            "external-ip is the one of coturn's sample: it is somebody else's",
            Code::RelayAddressWrong,
        ),
        AddressRange::Public => return None,
        AddressRange::Documentation => (
            "external-ip is an address that stands in descriptions only",
            Code::RelayAddressWrong,
        ),
        range if range.is_local() || range == AddressRange::Unspecified => (
            "external-ip is a private address",
            Code::RelayAddressPrivate,
        ),
        _ => (
            "external-ip is an address that no server can have",
            Code::RelayAddressWrong,
        ),
    };
    let why = "Clients send to the address that they are told, and nothing arrives at this server.";
    let own = inner.map(|inner| format!("/{inner}")).unwrap_or_default();
    Some(
        fault("external-ip", what, why)
            .cause(cause)
            .at(line.number)
            .replace(
                line.number,
                format!("external-ip=<the public address of this server>{own}"),
            ),
    )
}

pub(super) fn second_external_ip(conf: &Conf, _: &Around<'_>, found: &mut Vec<Finding>) {
    let mut alone = mapped(conf).filter(|(_, _, inner)| inner.is_none());
    let Some(first) = alone.next() else {
        return;
    };
    for (line, outer, _) in alone {
        let what = "coturn takes the first external-ip alone and ignores this one";
        let why = "Where there are several addresses, each line names the public one and the server's own.";
        found.push(
            warning("second-external-ip", what, why)
                .at(first.0.number)
                .at(line.number)
                .replace(
                    line.number,
                    format!("external-ip={}/<the own address behind it>", plain(outer)),
                ),
        );
    }
}

/// Seen with coturn 4.6.1: it maps the told address back to 0.0.0.0, and refuses that as a peer.
pub(super) fn all_zero(conf: &Conf, _: &Around<'_>, found: &mut Vec<Finding>) {
    let relaying = ["relay-ip", "listening-ip"]
        .into_iter()
        .find(|name| conf.last(name).is_some());
    let Some(name) = relaying else {
        return;
    };
    let zero = conf.lines.iter().find(|line| {
        line.name == name
            && line
                .value
                .parse::<IpAddr>()
                .is_ok_and(|ip| ip.is_unspecified())
    });
    let told =
        mapped(conf).find(|(_, outer, inner)| inner.is_none() && outer.parse::<IpAddr>().is_ok());
    let (Some(zero), Some((told, outer, _))) = (zero, told) else {
        return;
    };
    let what = "Two people who both need the relay do not reach each other";
    let why = "With 0.0.0.0 and a plain external-ip, coturn takes its own external address for 0.0.0.0 and refuses to \
               relay there. Without the line it listens on all addresses as well.";
    found.push(
        fault("all-zero", what, why)
            .cause(Code::PeerForbidden)
            .at(zero.number)
            .at(told.number)
            .replace(
                told.number,
                format!("external-ip={outer}/<the own address behind it>"),
            )
            .delete(zero.number),
    );
}

pub(super) fn behind_nat(conf: &Conf, around: &Around<'_>, found: &mut Vec<Finding>) {
    if mapped(conf).next().is_some() {
        return;
    }
    let why = |address: &str| {
        format!(
            "Clients are told {address}, which nobody outside reaches. If the server has a public address in front of \
             it, name both."
        )
    };
    let is_public_v4 =
        |address: &IpAddr| address.is_ipv4() && !AddressRange::from(*address).is_local();
    let own = own(conf);
    let private = own
        .iter()
        .find(|(_, address)| address.is_ipv4() && AddressRange::from(*address).is_local());
    if let Some((line, address)) = private {
        if own.iter().any(|(_, address)| is_public_v4(address)) {
            return;
        }
        let what = "The server is behind NAT, and external-ip is missing";
        found.push(nat(what, why(&address.to_string()), *address).at(line.number));
        return;
    }
    if !own.is_empty() {
        return;
    }
    let machine = around.addresses.as_deref().unwrap_or_default();
    let reachable = machine.iter().filter(|address| !address.is_loopback());
    let v4: Vec<&IpAddr> = reachable.filter(|address| address.is_ipv4()).collect();
    if v4.is_empty() || v4.iter().any(|address| is_public_v4(address)) {
        return;
    }
    let what = "external-ip is missing, and this machine has private addresses alone";
    found.push(nat(what, why(&v4[0].to_string()), *v4[0]));
}

fn nat(what: &str, why: String, own: IpAddr) -> Finding {
    warning("external-ip-missing", what, why)
        .cause(Code::RelayAddressPrivate)
        .likely()
        .adding(format!("external-ip=<the public address>/{own}"))
}
