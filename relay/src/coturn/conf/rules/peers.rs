//! Whom it relays to: a relay stands inside of a network, and strangers must not look around there.

use super::{Around, Conf, Finding, addresses, fault, read::Line, warning, writing};
use earshot_report::{Code, address::AddressRange};
use ipnet::IpNet;
use std::{net::IpAddr, ops::RangeInclusive};

/// Networks of one's own, as coturn writes ranges: RFC 1918, 6598, 3927, 4193, 4291.
const PRIVATE: [&str; 7] = [
    "10.0.0.0-10.255.255.255",
    "100.64.0.0-100.127.255.255",
    "169.254.0.0-169.254.255.255",
    "172.16.0.0-172.31.255.255",
    "192.168.0.0-192.168.255.255",
    "fc00::-fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "fe80::-febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
];

/// A range of addresses of one family, as numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Range {
    v4: bool,
    bounds: RangeInclusive<u128>,
}

impl Range {
    fn of(first: IpAddr, last: IpAddr) -> Option<Self> {
        let range = Self {
            v4: first.is_ipv4(),
            bounds: number(first)..=number(last),
        };
        (first.is_ipv4() == last.is_ipv4() && !range.bounds.is_empty()).then_some(range)
    }

    /// As coturn writes it: one address, or two with a dash.
    fn read(text: &str) -> Option<Self> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        Self::of(first.trim().parse().ok()?, last.trim().parse().ok()?)
    }

    fn contains(&self, address: IpAddr) -> bool {
        self.v4 == address.is_ipv4() && self.bounds.contains(&number(address))
    }

    fn touches(&self, other: &Self) -> bool {
        self.v4 == other.v4
            && self.bounds.start() <= other.bounds.end()
            && other.bounds.start() <= self.bounds.end()
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    }
}

/// Whether all of this range is in those together.
fn covered(range: &Range, by: &[Range]) -> bool {
    let mut parts: Vec<_> = by.iter().filter(|part| part.touches(range)).collect();
    parts.sort_by_key(|part| *part.bounds.start());
    let mut next = *range.bounds.start();
    for part in parts {
        if *part.bounds.start() > next {
            return false;
        }
        if part.bounds.end() >= range.bounds.end() {
            return true;
        }
        next = next.max(part.bounds.end() + 1);
    }
    false
}

fn ranges_of<'a>(conf: &'a Conf, name: &str) -> Vec<(&'a Line, Range)> {
    conf.lines
        .iter()
        .filter(|line| line.name == name)
        .filter_map(|line| Some((line, Range::read(&line.value)?)))
        .collect()
}

fn denied(conf: &Conf) -> Vec<Range> {
    let ranges = ranges_of(conf, "denied-peer-ip");
    ranges.into_iter().map(|(_, range)| range).collect()
}

pub(super) fn ranges(conf: &Conf, _: &Around<'_>, found: &mut Vec<Finding>) {
    for line in conf.all(&["allowed-peer-ip", "denied-peer-ip"]) {
        let value = line.value.as_str();
        if writing::is_told(line) || Range::read(value).is_some() {
            continue;
        }
        let why = "coturn ignores the line; newer ones do not start with it. A range is written with a dash: \
                   first-last.";
        let what = format!("{} is no address and no range of addresses", line.name);
        let finding = fault("peer-range-is-none", what, why).at(line.number);
        found.push(match value.parse::<IpNet>() {
            Ok(net) => {
                let write = format!("{}={}-{}", line.name, net.network(), last(net));
                finding.replace(line.number, write)
            }
            Err(_) => finding,
        });
    }
}

fn last(net: IpNet) -> IpAddr {
    match net {
        IpNet::V4(net) => net.broadcast().into(),
        IpNet::V6(net) => net.broadcast().into(),
    }
}

/// Seen with coturn 4.6.1: of two who both use the relay, each is a peer at the relay's own address.
pub(super) fn own_address_denied(conf: &Conf, around: &Around<'_>, found: &mut Vec<Finding>) {
    let denied = ranges_of(conf, "denied-peer-ip");
    let guessed = addresses::own(conf).is_empty();
    for address in own_and_closed(conf, around) {
        let Some((line, _)) = denied.iter().find(|(_, range)| range.contains(address)) else {
            continue;
        };
        let what = format!("The server's own address, {address}, is among the denied peers");
        let why = "Two people who both need the relay do not reach each other: each is a peer at that address.";
        let mut finding = fault("own-address-denied", what, why)
            .cause(Code::PeerForbidden)
            .at(line.number)
            .adding(format!("allowed-peer-ip={address}"));
        finding.likely = guessed;
        found.push(finding);
    }
}

pub(super) fn loopback(conf: &Conf, _: &Around<'_>, found: &mut Vec<Finding>) {
    let Some(line) = conf.on("allow-loopback-peers") else {
        return;
    };
    let what = "Whoever may relay reaches the services of this very machine";
    let why = match conf.on("no-cli").is_none() && conf.last("cli-password").is_none() {
        true => {
            "What listens on 127.0.0.1 counts on nobody else being there. Older versions do not start with it unless \
             no-cli or cli-password stands beside it."
        }
        false => "What listens on 127.0.0.1 counts on nobody else being there.",
    };
    found.push(
        fault("loopback-peers", what, why)
            .at(line.number)
            .delete(line.number),
    );
}

pub(super) fn private_allowed(conf: &Conf, _: &Around<'_>, found: &mut Vec<Finding>) {
    let own: Vec<IpAddr> = addresses::own(conf).into_iter().map(|(_, ip)| ip).collect();
    let mapped: Vec<&str> = conf
        .all(&["external-ip"])
        .filter_map(|line| Some(line.value.split_once('/')?.1))
        .collect();
    for (line, range) in ranges_of(conf, "allowed-peer-ip") {
        let single = line.value.parse::<IpAddr>().ok();
        let is_own =
            single.is_some_and(|ip| own.contains(&ip) || mapped.contains(&line.value.as_str()));
        let single_private = single.is_some_and(|ip| AddressRange::from(ip).is_local());
        let private = PRIVATE
            .iter()
            .filter_map(|text| Range::read(text))
            .any(|private| private.touches(&range));
        if is_own || !(private || single_private) {
            continue;
        }
        // One address alone is mostly the server's own, which others have to reach.
        if single.is_some() && own.is_empty() {
            continue;
        }
        let what = "Whoever may relay reaches machines of a private network";
        let why = "That is right only where the people you relay for may reach them anyway. The server's own address \
                   alone is enough for two people who both need the relay.";
        found.push(
            warning("private-peers-allowed", what, why)
                .at(line.number)
                .delete(line.number),
        );
    }
}

pub(super) fn private_not_denied(conf: &Conf, around: &Around<'_>, found: &mut Vec<Finding>) {
    if conf.on("stun-only").is_some() {
        return;
    }
    let denied = denied(conf);
    let open: Vec<&str> = PRIVATE
        .into_iter()
        .filter(|text| Range::read(text).is_some_and(|range| !covered(&range, &denied)))
        .collect();
    if open.is_empty() {
        return;
    }
    let what = "Whoever may relay reaches the private networks of this server";
    let why = "Data bases, consoles and the cloud's own services (169.254.169.254) count on nobody else being there. If \
               the server's own address is a private one, it must stay allowed.";
    let mut finding = warning("private-peers-open", what, why);
    for range in open {
        finding = finding.adding(format!("denied-peer-ip={range}"));
    }
    let own = own_and_closed(conf, around);
    for address in own
        .iter()
        .filter(|address| AddressRange::from(**address).is_local())
    {
        finding = finding.adding(format!("allowed-peer-ip={address}"));
    }
    found.push(finding);
}

/// The addresses that are relayed from, and that no line keeps open: two who both need the relay are peers there.
fn own_and_closed(conf: &Conf, around: &Around<'_>) -> Vec<IpAddr> {
    let allowed = ranges_of(conf, "allowed-peer-ip");
    let mapped: Vec<&str> = conf
        .all(&["external-ip"])
        .filter_map(|line| Some(line.value.split_once('/')?.1))
        .collect();
    let named: Vec<IpAddr> = addresses::own(conf).into_iter().map(|(_, ip)| ip).collect();
    let mut own = match named.is_empty() {
        // An IPv6 address of this machine that nobody is told of relays nothing.
        true => around
            .addresses
            .iter()
            .flatten()
            .copied()
            .filter(IpAddr::is_ipv4)
            .collect(),
        false => named,
    };
    own.retain(|address| {
        let open = allowed.iter().any(|(_, range)| range.contains(*address))
            || mapped.contains(&address.to_string().as_str());
        !open && !address.is_loopback()
    });
    own
}

pub(super) fn from_anybody(conf: &Conf, _: &Around<'_>, found: &mut Vec<Finding>) {
    let Some(line) = conf.on("server-relay") else {
        return;
    };
    let what = "Anybody may send to those who use the relay, without their permission";
    let why = "server-relay turns off what the standard asks for; no browser needs it.";
    found.push(
        warning("server-relay", what, why)
            .at(line.number)
            .delete(line.number),
    );
}
