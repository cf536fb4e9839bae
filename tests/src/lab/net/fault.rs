//! What can be wrong with a network, by name, and the nftables rules that make it so.
//!
//! Faults of the user's network leave DNS alone: a network's own resolver answers in most of them, and how names fail
//! is the layout's matter. They hold for IPv4 and IPv6.

use super::{layout::Ports, media, names::UnknownName};
use std::{fmt, str::FromStr};

/// No home router has a smaller limit: the least that every host must take in one IPv4 packet (RFC 791), less its
/// header of 20 bytes.
const LONGEST_UDP: u16 = 576 - 20;

/// The ports of TLS: of the web, and of TURN (RFC 7065).
const HTTPS: u16 = 443;
const TURNS: u16 = 5_349;
/// The port of TURN by UDP (RFC 7065), and the first two bytes of an Allocate request (RFC 8489, section 5).
const TURN: u16 = 3_478;
const ALLOCATE: u16 = 0x0003;

/// A call by relay ↔ relay and one by relay ↔ direct.
const CALL_ENDS: u8 = 4;
/// A few packets of sound, of all ends together.
const FIRST_BYTES: u32 = 600;
/// About ten, of one end: after twenty the page has heard enough.
const BEGINNING_BYTES: u32 = 1_500;

/// Something wrong with a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The user's network drops UDP.
    UdpDropped,
    /// The user's network rejects UDP (ICMP: administratively prohibited).
    UdpRejected,
    /// UDP leaves the user's network, and nothing of it gets in.
    UdpAnswersDropped,
    /// Only TCP to port 443 leaves the user's network.
    OnlyTcp443,
    /// Only TCP to the page's ports leaves the user's network.
    OnlyWeb,
    /// The user's network drops TCP but the page's.
    TcpDropped,
    /// The user's network rejects TCP but the page's (by a reset).
    TcpRejected,
    /// The user's network drops UDP from the relay's address.
    RelayToUserDropped,
    /// The user's network drops RTP and RTCP over UDP, in whatever it is wrapped; STUN and DTLS pass.
    RtpDropped,
    /// The same, of what the user sends.
    RtpDroppedFromUser,
    /// The same, of what the user is sent.
    RtpDroppedToUser,
    /// The user's network drops DTLS over UDP, in whatever it is wrapped.
    DtlsDropped,
    /// The user's network drops UDP in packets longer than 576 bytes. (TCP adapts to such a path by itself.)
    LargePacketsDropped,
    /// The user's network loses this percentage of packets each way, of every protocol.
    Loss(u8),
    /// Something in the user's network ends TLS to the relay's ports itself: whatever listens on the router at
    /// [`INTERCEPTOR`].
    TlsIntercepted,
    /// The firewall of the relay's host drops what comes to its relayed ports, from itself too.
    RelayPortsClosedAtHost,
    /// A firewall in front of the relay's host drops what comes from outside to its relayed ports, in answer or not.
    RelayPortsClosedAtEdge,
    /// A firewall in front of the relay's host drops all UDP from outside.
    ServerUdpDroppedAtEdge,
    /// A firewall in front of the relay's host drops everything from outside.
    ServerBlackholed,
    /// The relay's host is gone from the moment on when it has sent sound to the four ends of the page's two calls by UDP.
    ServerDiesInCalls,
    /// The relay's program is, likewise: what comes to its ports is refused.
    RelayDiesInCalls,
    /// The relay is gone when it has answered the first Allocate request by UDP: all ports but the page's refuse what
    /// comes then.
    RelayDiesWhenAsked,
    /// What stands in front of the relay's host lets only TCP to the page's ports in, as platforms for web services do.
    OnlyWebIntoServer,
}

/// Where an interceptor of TLS listens on the user's router.
pub const INTERCEPTOR: u16 = 8_443;

/// Those without a number.
const NAMED: &[(&str, Fault)] = &[
    ("udp-dropped", Fault::UdpDropped),
    ("udp-rejected", Fault::UdpRejected),
    ("udp-answers-dropped", Fault::UdpAnswersDropped),
    ("only-tcp-443", Fault::OnlyTcp443),
    ("only-web", Fault::OnlyWeb),
    ("tcp-dropped", Fault::TcpDropped),
    ("tcp-rejected", Fault::TcpRejected),
    ("relay-to-user-dropped", Fault::RelayToUserDropped),
    ("rtp-dropped", Fault::RtpDropped),
    ("rtp-dropped-from-user", Fault::RtpDroppedFromUser),
    ("rtp-dropped-to-user", Fault::RtpDroppedToUser),
    ("dtls-dropped", Fault::DtlsDropped),
    ("large-packets-dropped", Fault::LargePacketsDropped),
    ("tls-intercepted", Fault::TlsIntercepted),
    ("relay-ports-closed-at-host", Fault::RelayPortsClosedAtHost),
    ("relay-ports-closed-at-edge", Fault::RelayPortsClosedAtEdge),
    ("server-udp-dropped-at-edge", Fault::ServerUdpDroppedAtEdge),
    ("server-blackholed", Fault::ServerBlackholed),
    ("only-web-into-server", Fault::OnlyWebIntoServer),
    ("server-dies-in-calls", Fault::ServerDiesInCalls),
    ("relay-dies-in-calls", Fault::RelayDiesInCalls),
    ("relay-dies-when-asked", Fault::RelayDiesWhenAsked),
];
const LOSS: &str = "loss-";

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Loss(percent) = self {
            return write!(f, "{LOSS}{percent}");
        }
        let named = NAMED.iter().find(|(_, fault)| fault == self);
        f.write_str(named.map_or("", |(name, _)| name))
    }
}

impl FromStr for Fault {
    type Err = UnknownName;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        let named = NAMED.iter().find(|(name, _)| *name == given);
        let loss = || {
            let percent = given.strip_prefix(LOSS)?.parse().ok()?;
            (percent <= 100).then_some(Self::Loss(percent))
        };
        named.map(|&(_, fault)| fault).or_else(loss).ok_or_else(|| {
            let known = NAMED.iter().map(|(name, _)| *name);
            UnknownName::new(given, known.chain(["loss-<percent>"]))
        })
    }
}

/// Where a fault sits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The user's router. Its inner interface is `lan`, its outer `wan`.
    Home,
    /// The firewall in front of the relay's host, likewise.
    Edge,
    /// The relay's host.
    Relay,
}

/// What the rules of a fault speak of.
pub(super) struct Surroundings<'a> {
    pub(super) ports: &'a Ports,
    /// The relay's public addresses, IPv4 and IPv6.
    pub(super) relay: [&'a str; 2],
}

impl Surroundings<'_> {
    /// The page's ports, as a set's members.
    fn page(&self) -> String {
        let ports: Vec<String> = self.ports.page.iter().map(ToString::to_string).collect();
        ports.join(", ")
    }
}

impl Fault {
    /// Every fault without a number.
    pub fn all_named() -> impl Iterator<Item = Self> {
        NAMED.iter().map(|&(_, fault)| fault)
    }

    pub(super) fn place(self) -> Place {
        match self {
            Self::RelayPortsClosedAtHost => Place::Relay,
            Self::RelayPortsClosedAtEdge
            | Self::ServerUdpDroppedAtEdge
            | Self::ServerBlackholed
            | Self::ServerDiesInCalls
            | Self::RelayDiesInCalls
            | Self::RelayDiesWhenAsked
            | Self::OnlyWebIntoServer => Place::Edge,
            _ => Place::Home,
        }
    }

    /// The table of this fault.
    pub(super) fn table(self, name: &str, surroundings: &Surroundings<'_>) -> String {
        if self == Self::TlsIntercepted {
            return format!(
                "table inet {name} {{ chain faults {{\n\
                 type nat hook prerouting priority dstnat - 10;\n\
                 iifname lan tcp dport {{ {HTTPS}, {TURNS} }} redirect to :{INTERCEPTOR}\n}}\n}}\n"
            );
        }
        if matches!(self, Self::ServerDiesInCalls | Self::RelayDiesInCalls) {
            return self.dies_in_calls(name);
        }
        if self == Self::RelayDiesWhenAsked {
            return dies_when_asked(name, surroundings);
        }
        let (hook, dns) = match self.place() {
            Place::Home => ("forward", DNS_PASSES),
            Place::Relay => ("input", DNS_ANSWERS_PASS),
            Place::Edge => ("forward", ""),
        };
        let rules = self.rules(surroundings);
        format!(
            "table inet {name} {{ chain faults {{\n\
             type filter hook {hook} priority filter - 10;\n{dns}\n{rules}\n}}\n}}\n"
        )
    }

    fn rules(self, surroundings: &Surroundings<'_>) -> String {
        let Surroundings { ports, relay } = surroundings;
        let relayed = format!("{}-{}", ports.relayed.start(), ports.relayed.end());
        let page = surroundings.page();
        let [v4, v6] = relay;
        match self {
            Self::UdpDropped => "meta l4proto udp drop".to_owned(),
            Self::UdpRejected => {
                "iifname lan meta l4proto udp reject with icmpx admin-prohibited\n\
                                  meta l4proto udp drop"
                    .to_owned()
            }
            Self::UdpAnswersDropped => "iifname wan meta l4proto udp drop".to_owned(),
            Self::OnlyTcp443 => format!("{}\ndrop", tcp_passes("443")),
            Self::OnlyWeb => format!("{}\ndrop", tcp_passes(&page)),
            Self::TcpDropped => format!("{}\nmeta l4proto tcp drop", tcp_passes(&page)),
            Self::TcpRejected => format!(
                "{}\niifname lan meta l4proto tcp reject with tcp reset\nmeta l4proto tcp drop",
                tcp_passes(&page)
            ),
            Self::RelayToUserDropped => format!(
                "iifname wan ip saddr {v4} meta l4proto udp drop\n\
                 iifname wan ip6 saddr {v6} meta l4proto udp drop"
            ),
            Self::RtpDropped => media::dropped("", media::RTP),
            Self::RtpDroppedFromUser => media::dropped("iifname lan", media::RTP),
            Self::RtpDroppedToUser => media::dropped("iifname wan", media::RTP),
            Self::DtlsDropped => media::dropped("", media::DTLS),
            Self::LargePacketsDropped => format!("udp length > {LONGEST_UDP} drop"),
            // Not “< percent”: nftables refuses a comparison that every number passes.
            Self::Loss(percent) => percent.checked_sub(1).map_or_else(String::new, |most| {
                format!("numgen random mod 100 <= {most} drop")
            }),
            Self::RelayPortsClosedAtHost => format!("udp dport {relayed} drop"),
            Self::RelayPortsClosedAtEdge => format!("iifname wan udp dport {relayed} drop"),
            Self::ServerUdpDroppedAtEdge => "iifname wan meta l4proto udp drop".to_owned(),
            Self::ServerBlackholed => "iifname wan drop".to_owned(),
            Self::OnlyWebIntoServer => format!(
                "iifname wan tcp dport {{ {page} }} accept\n{DNS_ANSWERS_PASS}\niifname wan drop"
            ),
            // Tables of their own kind.
            Self::TlsIntercepted
            | Self::ServerDiesInCalls
            | Self::RelayDiesInCalls
            | Self::RelayDiesWhenAsked => String::new(),
        }
    }

    /// The kernel counts the flows by which sound leaves the host, and the packet that makes them enough marks it as
    /// dead: so nothing is between the event and the fault. Until then no flow brings more than a call's beginning, or
    /// one call might be over before the other has sound.
    fn dies_in_calls(self, name: &str) -> String {
        let death = match self {
            Self::ServerDiesInCalls => "drop",
            _ => {
                "iifname wan meta l4proto tcp reject with tcp reset\n\
                 meta nfproto @dead iifname wan reject with icmpx port-unreachable\n\
                 meta nfproto @dead drop"
            }
        };
        let sound = media::matched("iifname lan", media::RTP, "jump sound");
        format!(
            "table inet {name} {{\n\
             set dead {{ typeof meta nfproto; size 2; flags dynamic; }}\n\
             set flows {{ typeof udp sport . udp dport; size 1024; flags dynamic; }}\n\
             chain sound {{\nct count over {} quota over {FIRST_BYTES} bytes add @dead {{ meta nfproto }}\n\
             add @flows {{ udp sport . udp dport quota over {BEGINNING_BYTES} bytes }} drop\n}}\n\
             chain faults {{ type filter hook forward priority filter - 10;\n\
             meta nfproto @dead {death}\n{sound}\n}}\n}}\n",
            CALL_ENDS - 1
        )
    }
}

/// What comes after the one request, the same again too, is refused; its answer passes.
fn dies_when_asked(name: &str, surroundings: &Surroundings<'_>) -> String {
    format!(
        "table inet {name} {{\n\
         set asked {{ typeof meta nfproto; size 2; flags dynamic; }}\n\
         chain faults {{ type filter hook forward priority filter - 10;\n\
         iifname wan tcp dport {{ {} }} accept\n{DNS_ANSWERS_PASS}\n\
         iifname wan udp dport {TURN} @th,64,16 {ALLOCATE} meta nfproto != @asked add @asked {{ meta nfproto }} accept\n\
         iifname wan meta l4proto tcp reject with tcp reset\n\
         iifname wan reject with icmpx port-unreachable\n}}\n}}\n",
        surroundings.page()
    )
}

const DNS_PASSES: &str = "meta l4proto { tcp, udp } th dport 53 accept\n\
                          meta l4proto { tcp, udp } th sport 53 accept";
const DNS_ANSWERS_PASS: &str = "meta l4proto { tcp, udp } th sport 53 accept";

/// TCP from inside to these ports, and what answers it.
fn tcp_passes(ports: &str) -> String {
    format!(
        "iifname lan tcp dport {{ {ports} }} accept\n\
         iifname wan tcp sport {{ {ports} }} accept"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_known_by_its_name() {
        for fault in Fault::all_named().chain([Fault::Loss(0), Fault::Loss(100)]) {
            assert_eq!(fault.to_string().parse::<Fault>().ok(), Some(fault));
        }
        for wrong in ["", "loss-", "loss-101", "udp"] {
            assert!(wrong.parse::<Fault>().is_err(), "{wrong}");
        }
    }
}
