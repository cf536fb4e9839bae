//! What a network is to be like.

use super::{dns::Dns, names::named, proxy::Proxy, wire::Delay};
use std::{net::IpAddr, ops::RangeInclusive};

/// What a network is to be like. The default: a user behind an ordinary router, with IPv4, and nothing in the way.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// What stands between the user and the internet.
    pub nat: Nat,
    /// What the user's access offers. The internet and the relay have both.
    pub families: Families,
    /// The relay's host has a private address, and a 1:1 NAT in front of it has the public one (IPv4; the IPv6
    /// address stays its own).
    pub relay_behind_nat: bool,
    /// A second user, in a network of their own with both families. Of two routers in a row they have the inner one.
    pub second_user: Option<Nat>,
    /// The user has a second interface, with addresses and a default route of a worse metric, behind which nothing
    /// answers: a VPN whose other end is gone.
    pub second_interface: bool,
    /// Nothing leaves the user's network but DNS and what this proxy carries.
    pub proxy: Option<Proxy>,
    /// Between the user's network and the internet.
    pub delay: Option<Delay>,
    /// How the DNS server answers.
    pub dns: Dns,
    /// Names besides the usual ones (the table in `dns.rs`), or other addresses for them.
    pub hosts: Vec<(String, Vec<IpAddr>)>,
    /// What the relay's host listens on: faults are made for it.
    pub ports: Ports,
}

/// What stands between the user and the internet in IPv4, in the words of RFC 4787. IPv6 is never translated: there,
/// with any NAT, the user's router lets in only what answers the user (RFC 6092).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Nat {
    /// A public address, and no firewall.
    None,
    /// One mapping per port of the user's, open for everybody: endpoint-independent mapping and filtering.
    #[default]
    EndpointIndependent,
    /// One mapping per port of the user's, open for the addresses that it sent to: endpoint-independent mapping,
    /// address-dependent filtering.
    AddressDependent,
    /// Another mapping for each address and port that the user sends to, open only for that one: address and
    /// port-dependent mapping and filtering.
    Symmetric,
    /// Two routers in private networks. Each keeps the mapping, and lets in only the address and port sent to.
    Double,
    /// As two routers, with the shared addresses of RFC 6598 (100.64.0.0/10) between them.
    Cgnat,
}

named!(Nat {
    None => "none",
    EndpointIndependent => "endpoint-independent",
    AddressDependent => "address-dependent",
    Symmetric => "symmetric",
    Double => "double",
    Cgnat => "cgnat",
});

/// The families of IP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Families {
    /// IPv4.
    #[default]
    V4,
    /// IPv6.
    V6,
    /// Both.
    Dual,
}

named!(Families {
    V4 => "ipv4",
    V6 => "ipv6",
    Dual => "dual",
});

impl Families {
    /// IPv4 is there.
    pub fn v4(self) -> bool {
        self != Self::V6
    }

    /// IPv6 is there.
    pub fn v6(self) -> bool {
        self != Self::V4
    }

    /// Their places in the pairs of the table of addresses.
    pub(super) fn each(self) -> Vec<usize> {
        match self {
            Self::V4 => vec![0],
            Self::V6 => vec![1],
            Self::Dual => vec![0, 1],
        }
    }
}

/// One family of IP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// The ports of the relay's host.
#[derive(Clone, Debug)]
pub struct Ports {
    /// TCP ports of the page: faults that leave the web alone leave these.
    pub page: Vec<u16>,
    /// UDP ports that the relay gives to allocations.
    pub relayed: RangeInclusive<u16>,
}

impl Default for Ports {
    fn default() -> Self {
        Self {
            page: vec![80, 8080],
            relayed: 49_152..=65_535,
        }
    }
}
