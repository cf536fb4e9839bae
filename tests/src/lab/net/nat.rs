//! The routers' translation and firewalls, as rules of nftables. A router's inner interface is `lan`, its outer `wan`.

use super::layout::Nat;

/// How one router translates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Translation {
    None,
    /// Endpoint-independent mapping; who may answer is in the name.
    OpenForAll,
    OpenForAddress,
    OpenForAddressAndPort,
    /// Address and port-dependent mapping.
    Symmetric,
}

impl Nat {
    /// The translation of the user's own router.
    pub(super) fn home(self) -> Translation {
        match self {
            Self::None => Translation::None,
            Self::EndpointIndependent => Translation::OpenForAll,
            Self::AddressDependent => Translation::OpenForAddress,
            Self::Double | Self::Cgnat => Translation::OpenForAddressAndPort,
            Self::Symmetric => Translation::Symmetric,
        }
    }

    /// There is a second router, the carrier's or another of the user's own.
    pub(super) fn has_two_routers(self) -> bool {
        matches!(self, Self::Double | Self::Cgnat)
    }
}

impl Translation {
    /// The rules of a router with one host, at this IPv4 address, behind it.
    ///
    /// Linux keeps the host's port where it is free, which with one host it always is: one mapping for all
    /// destinations. And it lets in only the address and port that a packet went to. Wider filtering is made by
    /// noting where the host's packets go, and sending newcomers from there to the host.
    pub(super) fn rules(self, host: &str) -> String {
        let (masquerade, noted, newcomers) = match self {
            Self::None => return String::new(),
            Self::OpenForAll => (
                "masquerade",
                "update @open_for_all { udp sport }",
                "udp dport @open_for_all",
            ),
            Self::OpenForAddress => (
                "masquerade",
                "update @open_for_address { udp sport . ip daddr }",
                "udp dport . ip saddr @open_for_address",
            ),
            Self::OpenForAddressAndPort => ("masquerade", "", ""),
            Self::Symmetric => ("masquerade fully-random", "", ""),
        };
        let note = prefixed(r#"oifname "wan" meta nfproto ipv4"#, noted);
        let newcomers = if newcomers.is_empty() {
            String::new()
        } else {
            format!(r#"iifname "wan" {newcomers} dnat ip to {host}"#)
        };
        format!(
            r#"
table inet router {{
  # A mapping lives at least two minutes after the last packet (RFC 4787, REQ-5).
  set open_for_all {{ type inet_service; flags dynamic,timeout; timeout 2m; }}
  set open_for_address {{ type inet_service . ipv4_addr; flags dynamic,timeout; timeout 2m; }}
  chain newcomers {{
    type nat hook prerouting priority dstnat;
    {newcomers}
  }}
  chain translate {{
    type nat hook postrouting priority srcnat;
    oifname "wan" meta nfproto ipv4 {masquerade}
  }}
  chain firewall {{
    type filter hook forward priority filter;
    {note}
    iifname "wan" ct state new meta l4proto ipv6-icmp accept
    iifname "wan" ct state new ct status dnat accept
    iifname "wan" ct state new drop
  }}
  # Accepted here, a stranger's packet would hold its port, and the host's own mapping would be moved to another.
  chain itself {{
    type filter hook input priority filter;
    iifname "wan" meta l4proto {{ tcp, udp }} ct state new drop
  }}
}}
"#
        )
    }
}

/// The rules of a 1:1 NAT between a public and a private address. The relay reaches itself at its public address too.
pub(super) fn one_to_one(public: &str, private: &str) -> String {
    format!(
        r#"
table inet router {{
  chain inwards {{
    type nat hook prerouting priority dstnat;
    ip daddr {public} dnat ip to {private}
  }}
  chain outwards {{
    type nat hook postrouting priority srcnat;
    ip saddr {private} snat ip to {public}
  }}
}}
"#
    )
}

fn prefixed(condition: &str, statement: &str) -> String {
    if statement.is_empty() {
        String::new()
    } else {
        format!("{condition} {statement}")
    }
}
