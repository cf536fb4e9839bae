//! Opening all listeners before anything runs.

use super::{Options, sockets, sockets::BindError};
use std::net::{SocketAddr, TcpListener, UdpSocket};

/// Where to listen.
#[derive(Clone, Debug, Default)]
pub struct Listen {
    /// The addresses; port 0: any free one.
    pub addresses: Vec<SocketAddr>,
    /// Nobody asked for just these: an address family that the host does not have is no error.
    pub by_default: bool,
}

/// The sockets of all workers: one of each kind and address per worker.
#[derive(Default)]
pub(super) struct Sockets {
    /// The addresses really bound.
    pub(super) turn: Vec<SocketAddr>,
    pub(super) stun: Vec<SocketAddr>,
    pub(super) tls: Vec<SocketAddr>,
    pub(super) warnings: Vec<String>,
    turn_udp: Vec<Vec<UdpSocket>>,
    turn_tcp: Vec<Vec<TcpListener>>,
    stun_udp: Vec<Vec<UdpSocket>>,
    tls_tcp: Vec<Vec<TcpListener>>,
}

/// The sockets of one worker.
pub(super) struct OfWorker {
    pub(super) turn_udp: Vec<UdpSocket>,
    pub(super) turn_tcp: Vec<TcpListener>,
    pub(super) stun_udp: Vec<UdpSocket>,
    pub(super) tls_tcp: Vec<TcpListener>,
}

impl Sockets {
    pub(super) fn open(options: &Options, workers: usize) -> anyhow::Result<Self> {
        let mut all = Self::default();
        for &address in &options.turn_listen.addresses {
            match turn_pair(address, workers) {
                Ok((bound, udp, tcp)) => {
                    all.turn.push(bound);
                    all.turn_udp.push(udp);
                    all.turn_tcp.push(tcp);
                }
                Err(error) if options.turn_listen.by_default && error.is_family_missing() => {
                    all.warnings.push(format!(
                        "this machine has no {}, so nothing listens on {address}",
                        family(address)
                    ));
                }
                Err(error) => return Err(error.into()),
            }
        }
        if all.turn.is_empty() && !options.turn_listen.addresses.is_empty() {
            anyhow::bail!("TURN_LISTEN: this machine has neither IPv4 nor IPv6");
        }
        for &address in &options.stun_listen.addresses {
            match sockets::udp_listeners("STUN_LISTEN", address, workers) {
                Ok(udp) => {
                    all.stun.extend(bound_udp(&udp));
                    all.stun_udp.push(udp);
                }
                // A test goes without the second port; it is merely less able to tell one NAT from another.
                Err(error) if options.stun_listen.by_default => {
                    if !error.is_family_missing() {
                        all.warnings.push(format!("no second STUN port: {error}"));
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        for &address in options.tls.iter().flat_map(|(listen, _)| listen) {
            let tcp = sockets::tcp_listeners("TLS_LISTEN", address, workers)?;
            all.tls
                .extend(tcp.first().and_then(|socket| socket.local_addr().ok()));
            all.tls_tcp.push(tcp);
        }
        Ok(all)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.turn.is_empty() && self.stun.is_empty() && self.tls.is_empty()
    }

    /// To be called once for each worker.
    pub(super) fn take_one(&mut self) -> OfWorker {
        OfWorker {
            turn_udp: take(&mut self.turn_udp),
            turn_tcp: take(&mut self.turn_tcp),
            stun_udp: take(&mut self.stun_udp),
            tls_tcp: take(&mut self.tls_tcp),
        }
    }
}

fn take<T>(sockets: &mut [Vec<T>]) -> Vec<T> {
    sockets.iter_mut().filter_map(Vec::pop).collect()
}

fn turn_pair(
    address: SocketAddr,
    workers: usize,
) -> Result<(SocketAddr, Vec<UdpSocket>, Vec<TcpListener>), BindError> {
    let mut attempt = 1;
    loop {
        let udp = sockets::udp_listeners("TURN_LISTEN", address, workers)?;
        // With port 0, TCP takes the port that UDP was given.
        let bound = bound_udp(&udp).unwrap_or(address);
        match sockets::tcp_listeners("TURN_LISTEN", bound, workers) {
            Ok(tcp) => return Ok((bound, udp, tcp)),
            // Nobody asked for just that port, and a connection of this machine may have it.
            Err(_) if address.port() == 0 && attempt < sockets::MOST_ATTEMPTS => attempt += 1,
            Err(error) => return Err(error),
        }
    }
}

fn bound_udp(sockets: &[UdpSocket]) -> Option<SocketAddr> {
    sockets.first()?.local_addr().ok()
}

fn family(address: SocketAddr) -> &'static str {
    if address.is_ipv4() { "IPv4" } else { "IPv6" }
}
