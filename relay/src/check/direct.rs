//! The end of a test call that is no relay: a socket of this machine, as somebody outside has one.

use crate::native;
use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};
use tokio::{net::UdpSocket, time::Instant};

/// A STUN server that is there answers within this; where it is not, its address by TCP has to do.
const STUN: Duration = Duration::from_millis(600);

/// The socket.
pub(super) struct DirectEnd {
    pub(super) socket: UdpSocket,
}

impl DirectEnd {
    /// A socket of the server's family.
    pub(super) async fn open(server: SocketAddr) -> Option<Self> {
        let any = match server {
            SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
        };
        let socket = UdpSocket::bind(any).await.ok()?;
        Some(Self { socket })
    }

    /// Its address as the world outside sees it.
    pub(super) async fn outer(&self, stun: Option<SocketAddr>) -> Option<SocketAddr> {
        native::stun(&self.socket, stun?, Instant::now() + STUN).await
    }
}
