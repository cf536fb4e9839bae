//! What kind of NAT is in front of this machine: what two ports of a STUN server see of one socket.

use super::{direct::DirectEnd, legs::candidate};
use crate::native;
use earshot_report::{
    candidate::nat_mapping,
    facts::{CandidateFacts, CandidateType, Gathering, GatheringOutcome, NatMapping},
};
use std::{net::SocketAddr, time::Duration};
use tokio::{net::UdpSocket, time::Instant};

/// A port that answers does so within this.
const ANSWER: Duration = Duration::from_millis(700);

/// Asks the server's port and another one; `None`: not both answer. Where none is known, the next port is tried: there
/// the second STUN port of coturn and earshot is by default.
pub(super) async fn mapping(server: SocketAddr, other: Option<u16>) -> Option<NatMapping> {
    let direct = DirectEnd::open(server).await?;
    let base = base(&direct, server).await?;
    let other = other.or(server.port().checked_add(1))?;
    let end = Instant::now() + ANSWER;
    let one = native::stun(&direct.socket, server, end).await?;
    let other = SocketAddr::new(server.ip(), other);
    let other = native::stun(&direct.socket, other, end).await?;
    let mut candidates = vec![candidate(CandidateType::Host, base)];
    for mapped in [one, other] {
        let seen = CandidateFacts {
            related: Some((base.ip().into(), base.port())),
            ..candidate(CandidateType::Srflx, mapped)
        };
        if !candidates.contains(&seen) {
            candidates.push(seen);
        }
    }
    let gathering = Gathering {
        outcome: GatheringOutcome::Complete,
        candidates,
        ..Gathering::default()
    };
    nat_mapping(&gathering, None)
}

/// The address from which this machine sends to the server.
async fn base(direct: &DirectEnd, server: SocketAddr) -> Option<SocketAddr> {
    let any = SocketAddr::new(direct.socket.local_addr().ok()?.ip(), 0);
    let probe = UdpSocket::bind(any).await.ok()?;
    probe.connect(server).await.ok()?;
    let port = direct.socket.local_addr().ok()?.port();
    Some(SocketAddr::new(probe.local_addr().ok()?.ip(), port))
}
