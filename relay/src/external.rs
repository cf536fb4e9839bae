//! By which addresses people reach this machine.

use crate::workers::RelayBind;
use earshot_report::AddressRange;
use if_addrs::Interface;
use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
};

/// The announced addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct External {
    /// The IPv4 address; there is always one, be it of no use outside.
    pub v4: Found<Ipv4Addr>,
    /// The IPv6 address, where there is a public one.
    pub v6: Option<Found<Ipv6Addr>>,
    /// Whether `v4` and `v6` are addresses of an interface of this machine.
    own: (bool, bool),
}

/// An address and how it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<A> {
    /// The address.
    pub address: A,
    /// How it was found.
    pub how: How,
}

/// How an address was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// By the setting.
    Set,
    /// It is the public address of this interface.
    Public(String),
    /// Traffic to the outside leaves from it.
    DefaultRoute,
    /// It is the address of this interface, and there is no way to the outside.
    Interface(String),
    /// There is no interface but loopback.
    Loopback,
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Set => f.write_str("set by EXTERNAL_IP"),
            Self::Public(name) => write!(f, "public address of {name}"),
            Self::DefaultRoute => f.write_str("traffic to the outside leaves from it"),
            Self::Interface(name) => write!(f, "address of {name}"),
            Self::Loopback => f.write_str("there is no other interface"),
        }
    }
}

impl External {
    /// Looks at the settings first, then at the machine. Nothing is sent.
    pub fn find(set: &[IpAddr]) -> Self {
        let interfaces = if_addrs::get_if_addrs().unwrap_or_else(|error| {
            tracing::warn!(%error, "the addresses of this machine cannot be read");
            Vec::new()
        });
        Self::choose(set, &interfaces, default_route_v4())
    }

    fn choose(set: &[IpAddr], interfaces: &[Interface], default_route: Option<Ipv4Addr>) -> Self {
        let v4s = || {
            interfaces
                .iter()
                .filter_map(|interface| match interface.ip() {
                    IpAddr::V4(ip) => Some((ip, interface.name.clone())),
                    IpAddr::V6(_) => None,
                })
        };
        let v6s = || {
            interfaces
                .iter()
                .filter_map(|interface| match interface.ip() {
                    IpAddr::V6(ip) => Some((ip, interface.name.clone())),
                    IpAddr::V4(_) => None,
                })
        };
        let v4 = set
            .iter()
            .find_map(|ip| found_v4(*ip, How::Set))
            .or_else(|| {
                let (address, name) = v4s().find(|(ip, _)| is_public((*ip).into()))?;
                Some(Found {
                    address,
                    how: How::Public(name),
                })
            })
            .or_else(|| {
                Some(Found {
                    address: default_route?,
                    how: How::DefaultRoute,
                })
            })
            .or_else(|| {
                let (address, name) =
                    v4s().find(|(ip, _)| !ip.is_loopback() && !ip.is_link_local())?;
                Some(Found {
                    address,
                    how: How::Interface(name),
                })
            })
            .unwrap_or(Found {
                address: Ipv4Addr::LOCALHOST,
                how: How::Loopback,
            });
        let v6 = set
            .iter()
            .find_map(|ip| match ip {
                IpAddr::V6(address) => Some(Found {
                    address: *address,
                    how: How::Set,
                }),
                IpAddr::V4(_) => None,
            })
            .or_else(|| {
                let (address, name) = v6s().find(|(ip, _)| is_public((*ip).into()))?;
                Some(Found {
                    address,
                    how: How::Public(name),
                })
            });
        let own_v4 = v4s().any(|(ip, _)| ip == v4.address && !ip.is_loopback());
        let own_v6 = v6s()
            .any(|(ip, _)| v6.as_ref().is_some_and(|v6| v6.address == ip) && !ip.is_loopback());
        Self {
            v4,
            v6,
            own: (own_v4, own_v6),
        }
    }

    /// Where relayed sockets are bound. An announced address that is this machine's own is also what peers must see
    /// as the source, whatever route a packet takes. One that a NAT translates is nobody's here: then the address at
    /// which TURN is said to `listen` is the one that is translated.
    pub fn bind(&self, listen: &[SocketAddr]) -> RelayBind {
        let named = || {
            let ips = listen.iter().map(SocketAddr::ip);
            ips.filter(|ip| !ip.is_unspecified() && !ip.is_loopback())
        };
        let named_v4 = named().find_map(|ip| match ip {
            IpAddr::V4(ip) => Some(ip),
            IpAddr::V6(_) => None,
        });
        let named_v6 = named().find_map(|ip| match ip {
            IpAddr::V6(ip) => Some(ip),
            IpAddr::V4(_) => None,
        });
        let v4 = Some(self.v4.address).filter(|_| self.own.0);
        let v6 = self.v6.as_ref().map(|v6| v6.address);
        RelayBind {
            v4: v4.or(named_v4).unwrap_or(Ipv4Addr::UNSPECIFIED),
            v6: v6
                .filter(|_| self.own.1)
                .or(named_v6)
                .unwrap_or(Ipv6Addr::UNSPECIFIED),
        }
    }

    /// The announced IPv4 address, where it is one of this machine's interfaces.
    pub fn own_v4(&self) -> Option<Ipv4Addr> {
        self.own.0.then_some(self.v4.address)
    }

    /// One line for the operator where people outside cannot reach the relay.
    pub fn warning(&self) -> Option<String> {
        (!is_public(self.v4.address.into())).then(|| {
            format!(
                "people outside this network cannot reach {} ({}): set EXTERNAL_IP to the public address of this \
                 machine",
                self.v4.address, self.v4.how
            )
        })
    }
}

fn found_v4(ip: IpAddr, how: How) -> Option<Found<Ipv4Addr>> {
    match ip {
        IpAddr::V4(address) => Some(Found { address, how }),
        IpAddr::V6(_) => None,
    }
}

/// Documentation addresses count: whoever builds a laboratory with them means them to be public.
fn is_public(ip: IpAddr) -> bool {
    matches!(
        AddressRange::from(ip),
        AddressRange::Public | AddressRange::Documentation
    )
}

/// The source address of packets to the outside. Connecting a UDP socket asks the routing table and sends nothing.
fn default_route_v4() -> Option<Ipv4Addr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    // Any public address will do; this one belongs to a root name server.
    socket.connect((Ipv4Addr::new(198, 41, 0, 4), 53)).ok()?;
    match socket.local_addr().ok()? {
        SocketAddr::V4(local) if !local.ip().is_unspecified() && !local.ip().is_loopback() => {
            Some(*local.ip())
        }
        _ => None,
    }
}

/// All addresses of this machine, for its own certificate.
pub fn own_addresses() -> Vec<IpAddr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    interfaces.iter().map(Interface::ip).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use if_addrs::{IfAddr, IfOperStatus, Ifv4Addr, Ifv6Addr};

    fn interface(name: &str, ip: &str) -> Interface {
        let addr = match ip.parse().unwrap() {
            IpAddr::V4(ip) => IfAddr::V4(Ifv4Addr {
                ip,
                netmask: Ipv4Addr::BROADCAST,
                prefixlen: 32,
                broadcast: None,
            }),
            IpAddr::V6(ip) => IfAddr::V6(Ifv6Addr {
                ip,
                netmask: Ipv6Addr::LOCALHOST,
                prefixlen: 128,
                broadcast: None,
            }),
        };
        let oper_status = IfOperStatus::Up;
        Interface {
            name: name.into(),
            addr,
            index: None,
            oper_status,
            is_p2p: false,
        }
    }

    struct Case {
        why: &'static str,
        set: &'static [&'static str],
        interfaces: &'static [(&'static str, &'static str)],
        default_route: Option<&'static str>,
        v4: (&'static str, How),
        v6: Option<&'static str>,
        bind: &'static str,
        warned: bool,
    }

    #[test]
    fn the_address_is_chosen_as_an_operator_would() {
        let public = || How::Public("eth0".into());
        let cases = [
            Case {
                why: "a public address on an interface is the machine's own, whatever the default route says",
                set: &[],
                interfaces: &[
                    ("lo", "127.0.0.1"),
                    ("docker0", "172.17.0.1"),
                    ("eth0", "8.8.4.4"),
                    ("eth0", "2a00::1"),
                ],
                default_route: Some("10.0.0.1"),
                v4: ("8.8.4.4", public()),
                v6: Some("2a00::1"),
                bind: "8.8.4.4",
                warned: false,
            },
            Case {
                why: "behind a 1:1 NAT the set address is nobody's here, so sockets are bound to any",
                set: &["8.8.8.8"],
                interfaces: &[("eth0", "10.0.0.5")],
                default_route: Some("10.0.0.5"),
                v4: ("8.8.8.8", How::Set),
                v6: None,
                bind: "0.0.0.0",
                warned: false,
            },
            Case {
                why: "the default route tells the right one of several private addresses",
                set: &[],
                interfaces: &[
                    ("docker0", "172.17.0.1"),
                    ("eth0", "10.0.0.5"),
                    ("eth0", "fe80::1"),
                    ("eth0", "fd00::1"),
                ],
                default_route: Some("10.0.0.5"),
                v4: ("10.0.0.5", How::DefaultRoute),
                v6: None,
                bind: "10.0.0.5",
                warned: true,
            },
            Case {
                why: "a machine without a network can still be tried out",
                set: &[],
                interfaces: &[("lo", "127.0.0.1"), ("lo", "::1")],
                default_route: None,
                v4: ("127.0.0.1", How::Loopback),
                v6: None,
                bind: "0.0.0.0",
                warned: true,
            },
        ];
        for case in cases {
            let set: Vec<IpAddr> = case.set.iter().map(|ip| ip.parse().unwrap()).collect();
            let interfaces: Vec<Interface> = case
                .interfaces
                .iter()
                .map(|(name, ip)| interface(name, ip))
                .collect();
            let route = case.default_route.map(|ip| ip.parse().unwrap());
            let external = External::choose(&set, &interfaces, route);
            let expected = Found {
                address: case.v4.0.parse().unwrap(),
                how: case.v4.1,
            };
            assert_eq!(external.v4, expected, "{}", case.why);
            let v6 = external.v6.as_ref().map(|v6| v6.address.to_string());
            assert_eq!(v6.as_deref(), case.v6, "{}", case.why);
            let listen = ["0.0.0.0:3478", "[::]:3478"].map(|at| at.parse().unwrap());
            let bind = external.bind(&listen);
            assert_eq!(bind.v4.to_string(), case.bind, "{}", case.why);
            assert_eq!(external.warning().is_some(), case.warned, "{}", case.why);
        }
    }
    #[test]
    fn behind_a_nat_the_address_that_turn_listens_at_is_the_one_that_is_translated() {
        let set = ["203.0.113.9".parse().unwrap()];
        let interfaces = [
            interface("eth0", "172.19.0.2"),
            interface("eth0", "172.19.0.3"),
        ];
        let external = External::choose(&set, &interfaces, None);
        let bind = |listen: &[&str]| {
            let listen: Vec<SocketAddr> = listen.iter().map(|at| at.parse().unwrap()).collect();
            external.bind(&listen).v4.to_string()
        };
        assert_eq!(bind(&["0.0.0.0:3478"]), "0.0.0.0");
        assert_eq!(bind(&["0.0.0.0:3478", "172.19.0.3:3478"]), "172.19.0.3");
        assert_eq!(
            bind(&["127.0.0.1:3478"]),
            "0.0.0.0",
            "peers are not on this machine"
        );
        // What is announced and ours comes first.
        let own = External::choose(&["172.19.0.2".parse().unwrap()], &interfaces, None);
        let listen = ["172.19.0.3:3478".parse().unwrap()];
        assert_eq!(own.bind(&listen).v4.to_string(), "172.19.0.2");
    }
}
