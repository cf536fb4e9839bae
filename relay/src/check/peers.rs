//! Whom a relay lets its users reach that nobody should reach through it. Nothing is sent to these addresses: only the
//! permission is asked for (RFC 8656 section 9), and the answer tells.

use crate::native::Session;
use earshot_report::{AddressRange, Fact};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::time::Instant;

/// The peer's address is not allowed.
const FORBIDDEN: u16 = 403;

/// Where clouds tell a machine its secrets is among the link-local ones.
const V4: [Ipv4Addr; 6] = [
    Ipv4Addr::LOCALHOST,
    Ipv4Addr::new(169, 254, 169, 254),
    Ipv4Addr::new(100, 64, 0, 1),
    Ipv4Addr::new(10, 0, 0, 1),
    Ipv4Addr::new(172, 16, 0, 1),
    Ipv4Addr::new(192, 168, 0, 1),
];
const V6: [Ipv6Addr; 3] = [
    Ipv6Addr::LOCALHOST,
    Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1),
    Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1),
];

/// An address that was asked for, and whether the relay permits it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PeerAnswer {
    pub(super) address: IpAddr,
    pub(super) permitted: Fact,
}

/// Which addresses are asked for. What lies in the server's own kind of network is its users' business.
pub(super) fn addresses(relayed: SocketAddr, server: SocketAddr) -> Vec<IpAddr> {
    let all: Vec<IpAddr> = match relayed {
        SocketAddr::V4(_) => V4.map(IpAddr::V4).to_vec(),
        SocketAddr::V6(_) => V6.map(IpAddr::V6).to_vec(),
    };
    let of_server = AddressRange::from(server.ip());
    let is_asked = |address: &IpAddr| match AddressRange::from(*address) {
        AddressRange::Loopback => of_server != AddressRange::Loopback,
        AddressRange::LinkLocal => true,
        _ => !of_server.is_local(),
    };
    all.into_iter().filter(is_asked).collect()
}

/// Asks for a permission for each of them.
pub(super) async fn ask(
    session: &mut Session,
    addresses: &[IpAddr],
    end: Instant,
) -> Vec<PeerAnswer> {
    let mut answers = Vec::new();
    for &address in addresses {
        let permitted = match session.permit(SocketAddr::new(address, 9), end).await {
            Ok(None) => Fact::Yes,
            Ok(Some(FORBIDDEN)) => Fact::No,
            _ => Fact::NotMeasured,
        };
        answers.push(PeerAnswer { address, permitted });
    }
    answers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_of_a_private_network_may_serve_it() {
        let asked = |server: &str| {
            let server = server.parse().unwrap();
            addresses("203.0.113.7:50000".parse().unwrap(), server).len()
        };
        assert_eq!(asked("203.0.113.7:3478"), 6);
        assert_eq!(asked("10.1.2.3:3478"), 2);
        assert_eq!(asked("127.0.0.1:3478"), 1);
    }
}
