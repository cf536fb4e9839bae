//! Which peers are denied by default: everything that is not a public unicast address, in whatever disguise.
//!
//! A relay stands inside somebody's network. A peer address chosen by a stranger must not reach what only that network
//! may reach (CVE-2020-26262, CVE-2026-27624).

use crate::types::{Client, Transport};
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Kinds of addresses, as far as the relay treats them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// Public unicast. The documentation ranges too: nothing answers there but a laboratory.
    Public,
    /// RFC 1918, CGNAT (RFC 6598), ULA (RFC 4193): a network behind a NAT.
    Private,
    /// Loopback, link-local, multicast, broadcast, unspecified, reserved: never a peer's.
    Special,
}

/// Whether a peer's address is denied unless a setting allows it: unspecified, loopback, link-local, private, CGNAT,
/// unique local, multicast, broadcast, benchmarking and reserved ranges, and every IPv6 address that hides an IPv4 one
/// of those: v4-mapped, v4-compatible, v4-translated, NAT64, 6to4, Teredo, ISATAP.
pub fn peer_denied(ip: IpAddr) -> bool {
    kind(ip) != Kind::Public
}

/// Whether a test that comes from this address may have it as a peer (RFC 8656 leaves peers to the server): public
/// addresses always, private ones if the test was seen there over UDP (behind a TCP proxy it is the proxy's), others
/// only if a setting allows them.
pub fn admissible_in_scope(ip: IpAddr, transport: Transport, allowed: &[IpNet]) -> bool {
    match kind(ip) {
        Kind::Public => true,
        Kind::Private if transport == Transport::Udp => true,
        Kind::Private | Kind::Special => is_listed(ip, allowed),
    }
}

/// Where the test of this client is, for [`crate::Server::allow_in_scope`]: where it comes from, if that is admissible.
///
/// What comes over UDP from the loopback is on this very machine, and its other sockets are seen at the machine's own
/// address, which is the `relay`'s. Over a stream both may be a proxy beside us, and its other ports are nobody's
/// business.
pub fn addresses_of_test(client: Client, relay: &[IpAddr], allowed: &[IpNet]) -> Vec<IpAddr> {
    let ip = client.addr.ip().to_canonical();
    let is_datagram = client.transport == Transport::Udp;
    if !is_datagram && relay.contains(&ip) {
        return Vec::new();
    }
    let here = std::iter::once(ip);
    let machine = relay.iter().filter(|_| is_datagram && ip.is_loopback());
    here.chain(machine.copied())
        .filter(|ip| admissible_in_scope(*ip, client.transport, allowed))
        .collect()
}

/// Whether a setting names this address.
pub(crate) fn is_listed(ip: IpAddr, allowed: &[IpNet]) -> bool {
    let ip = ip.to_canonical();
    allowed.iter().any(|net| net.contains(&ip))
}

fn kind(ip: IpAddr) -> Kind {
    match ip {
        IpAddr::V4(ip) => kind_v4(ip),
        IpAddr::V6(ip) => kind_v6(ip),
    }
}

fn kind_v4(ip: Ipv4Addr) -> Kind {
    match ip.octets() {
        [10, ..] | [192, 168, ..] => Kind::Private,
        [172, second, ..] if second & 0xF0 == 16 => Kind::Private,
        [100, second, ..] if second & 0xC0 == 64 => Kind::Private,
        // "This network", loopback, link-local.
        [0 | 127, ..] | [169, 254, ..] => Kind::Special,
        // Protocol assignments, the former 6to4 anycast, benchmarking (RFC 6890).
        [192, 0, 0, _] | [192, 88, 99, _] | [198, 18 | 19, ..] => Kind::Special,
        // Multicast, reserved, broadcast.
        [224..=255, ..] => Kind::Special,
        _ => Kind::Public,
    }
}

fn kind_v6(ip: Ipv6Addr) -> Kind {
    let segments = ip.segments();
    let embedded =
        |high: u16, low: u16| kind_v4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)));
    match segments {
        // Unspecified and loopback are v4-compatible by form; 0.0.0.0/8 makes them special.
        [0, 0, 0, 0, 0, 0 | 0xFFFF, high, low] => embedded(high, low),
        [0, 0, 0, 0, 0xFFFF, 0, high, low] => embedded(high, low),
        [0x64, 0xFF9B, 0, 0, 0, 0, high, low] => embedded(high, low),
        [0x2002, high, low, ..] => embedded(high, low),
        // Teredo (RFC 4380): its server in clear, its client inverted.
        [0x2001, 0, server_high, server_low, _, _, high, low] => {
            embedded(server_high, server_low).max(embedded(!high, !low))
        }
        [0xFC00..=0xFDFF, ..] => Kind::Private,
        // Global unicast is 2000::/3. With an ISATAP interface id (RFC 5214) it goes to an IPv4 address.
        [0x2000..=0x3FFF, _, _, _, 0 | 0x200, 0x5EFE, high, low] => embedded(high, low),
        [0x2000..=0x3FFF, ..] => Kind::Public,
        _ => Kind::Special,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: [&str; 12] = [
        "8.8.8.8",
        "100.63.255.255",
        "100.128.0.1",
        "172.15.0.1",
        "172.32.0.1",
        "192.0.2.1",
        "198.51.100.1",
        "203.0.113.1",
        "2001:db8::1",
        "2606:4700::1111",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
    ];
    const PRIVATE: [&str; 10] = [
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "100.64.0.1",
        "100.127.255.255",
        "fc00::1",
        "fdff::1",
        "::ffff:10.0.0.1",
        "2002:a00:1::1",
    ];
    const SPECIAL: [&str; 34] = [
        "0.0.0.0",
        "0.1.2.3",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.169.254",
        "192.0.0.1",
        "192.88.99.1",
        "198.18.0.1",
        "198.19.255.255",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::2",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:0:127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "2001:0:7f00:1::1",
        "2001:0:808:808::80ff:fffe",
        "2001:db8::5efe:7f00:1",
        "2001:db8::200:5efe:7f00:1",
        "fe80::1",
        "fec0::1",
        "febf::1",
        "ff02::1",
        "100::1",
        "4000::1",
        "5f00::1",
    ];

    #[test]
    fn each_address_is_of_its_kind() {
        let all = [
            (&PUBLIC[..], Kind::Public),
            (&PRIVATE, Kind::Private),
            (&SPECIAL, Kind::Special),
        ];
        for (addresses, expected) in all {
            for ip in addresses {
                assert_eq!(kind(ip.parse().unwrap()), expected, "{ip}");
            }
        }
    }

    #[test]
    fn every_disguise_of_a_denied_address_is_denied() {
        for ip in PRIVATE.iter().chain(&SPECIAL) {
            let Ok(IpAddr::V4(ip)) = ip.parse() else {
                continue;
            };
            let bits = u128::from(ip.to_bits());
            for disguise in [
                bits,
                0xFFFF << 32 | bits,
                0xFFFF << 48 | bits,
                0x64_FF9B << 96 | bits,
                0x2002 << 112 | bits << 80,
                0x2001 << 112 | bits << 64 | !0x0808_0808 & 0xFFFF_FFFF,
                0x2001 << 112 | 0x0808_0808 << 64 | !bits & 0xFFFF_FFFF,
                0x2001_0DB8 << 96 | 0x5EFE << 32 | bits,
            ] {
                let disguise = Ipv6Addr::from_bits(disguise);
                assert!(peer_denied(disguise.into()), "{disguise}");
            }
        }
    }

    #[test]
    fn a_test_is_reached_where_it_comes_from_but_not_at_a_proxy() {
        let admissible = |ip: &str, transport, allowed: &[IpNet]| {
            admissible_in_scope(ip.parse().unwrap(), transport, allowed)
        };
        assert!(admissible("192.0.2.1", Transport::Tcp, &[]));
        assert!(admissible("192.168.1.7", Transport::Udp, &[]));
        assert!(!admissible("192.168.1.7", Transport::Tls, &[]));
        assert!(!admissible("127.0.0.1", Transport::Udp, &[]));
        assert!(!admissible("fe80::1", Transport::Udp, &[]));
        assert!(!admissible("::ffff:127.0.0.1", Transport::Udp, &[]));
        let loopback = ["127.0.0.0/8".parse().unwrap()];
        assert!(admissible("127.0.0.1", Transport::Tls, &loopback));
        assert!(admissible("::ffff:127.0.0.1", Transport::Udp, &loopback));
    }
}
