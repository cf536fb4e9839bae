//! Addresses as facts: classified, and able to be masked.

use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An IP address, the `.local` name that hides one, or a masked address. On the wire it is a string.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Address(String);

impl Address {
    /// The address, where it is one and is not masked.
    pub fn ip(&self) -> Option<IpAddr> {
        self.0.parse().ok()
    }

    /// What it says.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first half of an IPv4 address, the first two groups of an IPv6 one, the rest hidden. A `.local` name hides enough by itself.
    pub fn masked(&self) -> Self {
        match self.ip() {
            Some(IpAddr::V4(ip)) => {
                let [a, b, ..] = ip.octets();
                Self(format!("{a}.{b}.x.x"))
            }
            Some(IpAddr::V6(ip)) => {
                let [a, b, ..] = ip.segments();
                Self(format!("{a:x}:{b:x}:x"))
            }
            None if self.hides_itself() => self.clone(),
            // A host name, or an address with a zone: what cannot be told apart is hidden whole.
            None => Self("x".to_owned()),
        }
    }

    /// A `.local` name or an address masked before.
    fn hides_itself(&self) -> bool {
        self.0.ends_with(".local") || self.0.ends_with(".x.x") || self.0.ends_with(":x")
    }
}

impl From<IpAddr> for Address {
    fn from(ip: IpAddr) -> Self {
        Self(ip.to_canonical().to_string())
    }
}

impl From<&str> for Address {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What kind of address it is. Stays with a fact when the address itself is masked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AddressRange {
    /// Reachable from everywhere.
    Public,
    /// RFC 1918.
    Private,
    /// Shared address space behind a carrier's NAT, RFC 6598.
    Cgnat,
    /// Unique local IPv6, RFC 4193.
    UniqueLocal,
    /// RFC 3927, RFC 4291 section 2.5.6.
    LinkLocal,
    /// The machine itself.
    Loopback,
    /// Reserved for documentation: RFC 5737, RFC 3849, RFC 9637.
    Documentation,
    /// IPv4 embedded by a NAT64: RFC 6052, RFC 8215.
    Nat64,
    /// `0.0.0.0` and `::`.
    Unspecified,
    /// Multicast and broadcast.
    Multicast,
    /// Benchmarking, IETF protocol assignments, reserved.
    Reserved,
    /// A `.local` name that hides the address (mDNS).
    Mdns,
    /// A host name, or nothing that can be told.
    Unknown,
}

impl AddressRange {
    /// Only machines of the same network can reach it.
    pub fn is_local(self) -> bool {
        matches!(
            self,
            Self::Private | Self::Cgnat | Self::UniqueLocal | Self::LinkLocal | Self::Loopback
        )
    }
}

impl From<IpAddr> for AddressRange {
    fn from(ip: IpAddr) -> Self {
        match ip.to_canonical() {
            IpAddr::V4(ip) => v4_range(ip),
            IpAddr::V6(ip) => v6_range(ip),
        }
    }
}

impl From<&Address> for AddressRange {
    fn from(address: &Address) -> Self {
        match address.ip() {
            Some(ip) => ip.into(),
            None if address.as_str().ends_with(".local") => Self::Mdns,
            None => Self::Unknown,
        }
    }
}

fn v4_range(ip: Ipv4Addr) -> AddressRange {
    match ip.octets() {
        [0, 0, 0, 0] => AddressRange::Unspecified,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => AddressRange::Private,
        [100, 64..=127, ..] => AddressRange::Cgnat,
        [127, ..] => AddressRange::Loopback,
        [169, 254, ..] => AddressRange::LinkLocal,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => AddressRange::Documentation,
        [224..=239, ..] | [255, 255, 255, 255] => AddressRange::Multicast,
        [0, ..] | [192, 0, 0, _] | [198, 18..=19, ..] | [240..=255, ..] => AddressRange::Reserved,
        _ => AddressRange::Public,
    }
}

fn v6_range(ip: Ipv6Addr) -> AddressRange {
    match ip.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => AddressRange::Unspecified,
        [0, 0, 0, 0, 0, 0, 0, 1] => AddressRange::Loopback,
        [0x64, 0xff9b, 0, 0, 0, 0, ..] | [0x64, 0xff9b, 1, ..] => AddressRange::Nat64,
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0x0fff, ..] => AddressRange::Documentation,
        [0x2001, 0..=0x1ff, ..] | [0x100, 0, 0, 0, ..] => AddressRange::Reserved,
        [first, ..] => match first {
            0xfc00..=0xfdff => AddressRange::UniqueLocal,
            0xfe80..=0xfebf => AddressRange::LinkLocal,
            0xff00..=0xffff => AddressRange::Multicast,
            0x2000..=0x3fff => AddressRange::Public,
            _ => AddressRange::Reserved,
        },
    }
}
