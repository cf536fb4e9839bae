//! UDP: where clients knock, and where peers answer.

use super::{counters::Counters, worker::Worker};
use crate::events::Happening;
use earshot_turn::{Client, Event, HEADROOM, PeerAddr, RelayedAddr, Transport};
use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use std::{
    cell::RefCell,
    io::{self, IoSliceMut},
    net::SocketAddr,
    rc::Rc,
};
use tokio::{io::Interest, net::UdpSocket};

/// The longest datagram, and the longest run of them that the kernel hands over as one.
const LONGEST: usize = 65_535;
/// Datagrams taken from one relayed socket before others get their turn.
const RELAY_BATCH: usize = 32;

/// Room for one batch of datagrams, used by all sockets of a worker in turn.
pub(super) struct Buffers(Vec<Vec<u8>>);

impl Default for Buffers {
    fn default() -> Self {
        Self(vec![vec![0; HEADROOM + LONGEST]; BATCH_SIZE])
    }
}

/// What a listener is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// TURN, STUN and the witness.
    Turn,
    /// Binding requests alone.
    Binding,
}

/// A UDP socket that clients send to.
pub(super) struct Listener {
    socket: UdpSocket,
    state: UdpSocketState,
    purpose: Purpose,
    /// As it was bound, with the port it really has.
    pub(super) local: SocketAddr,
}

impl Listener {
    pub(super) fn new(socket: std::net::UdpSocket, purpose: Purpose) -> io::Result<Self> {
        // This also asks for the address each datagram was sent to: answers must leave from that one.
        let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
        allow_fragments(&socket);
        let socket = UdpSocket::from_std(socket)?;
        let local = socket.local_addr()?;
        Ok(Self {
            socket,
            state,
            purpose,
            local,
        })
    }

    /// Sends to the client from the address it sent to. `false`: the kernel did not take it.
    pub(super) fn send(&self, packet: &[u8], client: Client) -> bool {
        let transmit = Transmit {
            destination: client.addr,
            ecn: None,
            contents: packet,
            segment_size: None,
            src_ip: self
                .local
                .ip()
                .is_unspecified()
                .then_some(client.local.ip()),
        };
        self.state
            .try_send(UdpSockRef::from(&self.socket), &transmit)
            .is_ok()
    }

    fn receive(
        &self,
        buffers: &mut Buffers,
        meta: &mut [RecvMeta; BATCH_SIZE],
    ) -> io::Result<usize> {
        let mut free = buffers.0.iter_mut();
        let mut slices: [IoSliceMut<'_>; BATCH_SIZE] = std::array::from_fn(|_| {
            let buffer = free
                .next()
                .map_or(&mut [][..], |buffer| &mut buffer[HEADROOM..]);
            IoSliceMut::new(buffer)
        });
        self.socket.try_io(Interest::READABLE, || {
            self.state
                .recv(UdpSockRef::from(&self.socket), &mut slices, meta)
        })
    }
}

/// Long packets are cut on the way, as on any other socket: a relay passes on what it is given. `UdpSocketState` is made
/// for QUIC, which forbids that.
fn allow_fragments(socket: &std::net::UdpSocket) {
    #[cfg(target_os = "linux")]
    {
        use rustix::net::sockopt::{
            Ipv4PathMtuDiscovery, Ipv6PathMtuDiscovery, set_ip_mtu_discover, set_ipv6_mtu_discover,
        };
        // Without it packets longer than the path allows are lost, and shorter ones are none the worse.
        let _ = set_ip_mtu_discover(socket, Ipv4PathMtuDiscovery::WANT);
        let _ = set_ipv6_mtu_discover(socket, Ipv6PathMtuDiscovery::WANT);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = socket;
}

/// Reads a listener until it fails, which it never should.
pub(super) async fn read_listener(
    worker: Rc<RefCell<Worker>>,
    listener: Rc<Listener>,
) -> io::Error {
    let buffers = worker.borrow().buffers();
    loop {
        if let Err(error) = listener.socket.readable().await {
            return error;
        }
        let mut meta = [RecvMeta::default(); BATCH_SIZE];
        let mut buffers = buffers.borrow_mut();
        let count = match listener.receive(&mut buffers, &mut meta) {
            Ok(count) => count,
            Err(error) if is_passing(&error) => continue,
            Err(error) => return error,
        };
        let mut worker = worker.borrow_mut();
        let now = worker.now();
        for (buffer, meta) in buffers.0.iter_mut().zip(&meta[..count]) {
            let local = SocketAddr::new(
                meta.dst_ip.unwrap_or(listener.local.ip()),
                listener.local.port(),
            );
            let client = Client {
                transport: Transport::Udp,
                addr: meta.addr,
                local,
            };
            // Runs of datagrams of one size come as one buffer. Each is done with before the header of the next one
            // may be written over its end; what follows it is kept out of reach.
            let end = HEADROOM + meta.len;
            let mut start = HEADROOM;
            while start < end {
                let packet = start..end.min(start + meta.stride.max(1));
                start = packet.end;
                if listener.purpose == Purpose::Binding {
                    answer_binding(&worker, &listener, client, &buffer[packet]);
                    continue;
                }
                let reach = if start < end { start } else { buffer.len() };
                worker.take_from_client(now, client, &mut buffer[..reach], packet);
            }
        }
        worker.settle();
    }
}

fn answer_binding(worker: &Worker, listener: &Listener, client: Client, packet: &[u8]) {
    let Some(answer) = earshot_turn::answer_binding(packet, client.addr) else {
        return;
    };
    if !listener.send(&answer, client) {
        Counters::count(&worker.counters().unsent);
    }
    worker.tell(Happening::Turn(Event::Bound { client }));
}

/// Reads a relayed socket until it is closed.
pub(super) async fn read_relay(
    worker: Rc<RefCell<Worker>>,
    socket: Rc<UdpSocket>,
    relayed: RelayedAddr,
) {
    let buffers = worker.borrow().buffers();
    while socket.readable().await.is_ok() {
        let mut buffers = buffers.borrow_mut();
        let Some(buffer) = buffers.0.first_mut() else {
            return;
        };
        let mut worker = worker.borrow_mut();
        let now = worker.now();
        for _ in 0..RELAY_BATCH {
            match socket.try_recv_from(&mut buffer[HEADROOM..]) {
                Ok((length, peer)) => {
                    let packet = HEADROOM..HEADROOM + length;
                    worker.take_from_peer(now, relayed, PeerAddr(peer), buffer, packet);
                }
                // An earlier datagram could not be delivered; the socket is as good as before.
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
                Err(_) => break,
            }
        }
        worker.settle();
    }
}

/// The socket will go on after this.
fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock
            | io::ErrorKind::Interrupted
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
    )
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use rustix::net::sockopt::{Ipv4PathMtuDiscovery, ip_mtu_discover};

    #[tokio::test]
    async fn long_packets_may_be_cut_on_the_way() {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        let listener = Listener::new(socket, Purpose::Turn).unwrap();
        let found = ip_mtu_discover(&listener.socket).unwrap();
        assert_eq!(found, Ipv4PathMtuDiscovery::WANT);
    }
}
