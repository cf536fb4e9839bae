//! The addresses of every network. They exist only inside, and the public ones are of ranges that browsers and our
//! own rules take for public, which documentation ranges (RFC 5737, RFC 3849) are not.

/// A network, written as `ip` wants it.
pub(super) struct Net {
    /// The router's address on it, IPv4 and IPv6.
    pub(super) router: [&'static str; 2],
    /// The address of the host or of the next router on it.
    pub(super) host: [&'static str; 2],
    /// The lengths of their prefixes.
    pub(super) prefix: [u8; 2],
    /// The network itself in IPv6, which is never translated, with its prefix.
    pub(super) v6: &'static str,
}

/// The user's own network behind a NAT.
pub(super) const USER: Net = Net {
    router: ["192.168.1.1", "2a0e:b100:11::1"],
    host: ["192.168.1.2", "2a0e:b100:11::2"],
    prefix: [24, 64],
    v6: "2a0e:b100:11::/64",
};
/// The user's own network without one.
pub(super) const USER_PUBLIC: Net = Net {
    router: ["45.80.11.1", "2a0e:b100:11::1"],
    host: ["45.80.11.2", "2a0e:b100:11::2"],
    ..USER
};
/// Between the two routers of a double NAT.
pub(super) const BETWEEN: Net = Net {
    router: ["192.168.178.1", "2a0e:b100:12::1"],
    host: ["192.168.178.2", "2a0e:b100:12::2"],
    prefix: [24, 64],
    v6: "2a0e:b100:12::/64",
};
/// Between the user's router and a carrier's NAT (RFC 6598).
pub(super) const CARRIER: Net = Net {
    router: ["100.64.7.1", "2a0e:b100:12::1"],
    host: ["100.64.7.2", "2a0e:b100:12::2"],
    ..BETWEEN
};
/// Between the user's outermost router and the internet.
pub(super) const ACCESS: Net = Net {
    router: ["45.80.10.1", "2a0e:b100:10::1"],
    host: ["45.80.10.2", "2a0e:b100:10::2"],
    prefix: [30, 64],
    v6: "2a0e:b100:10::/64",
};
/// The second user's own network.
pub(super) const SECOND_USER: Net = Net {
    router: ["192.168.2.1", "2a0e:b100:21::1"],
    host: ["192.168.2.2", "2a0e:b100:21::2"],
    prefix: [24, 64],
    v6: "2a0e:b100:21::/64",
};
/// Between the second user's router and the internet.
pub(super) const SECOND_ACCESS: Net = Net {
    router: ["45.80.20.1", "2a0e:b100:20::1"],
    host: ["45.80.20.2", "2a0e:b100:20::2"],
    prefix: [30, 64],
    v6: "2a0e:b100:20::/64",
};
/// Between the internet and what stands in front of the relay.
pub(super) const HOSTING: Net = Net {
    router: ["45.80.40.1", "2a0e:b100:40::1"],
    host: ["45.80.40.2", "2a0e:b100:40::2"],
    prefix: [30, 64],
    v6: "2a0e:b100:40::/64",
};
/// The relay's network where its address is public.
pub(super) const RELAY: Net = Net {
    router: ["45.80.30.1", "2a0e:b100:30::1"],
    host: ["45.80.30.2", "2a0e:b100:30::2"],
    prefix: [24, 64],
    v6: "2a0e:b100:30::/64",
};
/// The relay's network behind a 1:1 NAT.
pub(super) const RELAY_PRIVATE: Net = Net {
    router: ["10.30.0.1", "2a0e:b100:30::1"],
    host: ["10.30.0.2", "2a0e:b100:30::2"],
    ..RELAY
};
/// The user's second interface. The router is not there.
pub(super) const VPN: Net = Net {
    router: ["10.8.0.1", "fd00:8::1"],
    host: ["10.8.0.2", "fd00:8::2"],
    prefix: [24, 64],
    v6: "fd00:8::/64",
};

/// Two hosts on the internet.
pub(super) const HOSTS: [[&str; 2]; 2] = [
    ["45.90.0.1", "2a0e:b100:90::1"],
    ["45.90.0.2", "2a0e:b100:90::2"],
];
/// The DNS server.
pub(super) const DNS: [&str; 2] = ["45.90.0.53", "2a0e:b100:90::53"];
/// A public address at which nobody is.
pub(super) const DEAD_V6: &str = "2a0e:b100:dead::1";
