//! Real packets: sockets opened inside namespaces, used from the test's own thread.

use earshot_tests::lab::net::Namespace;
use std::{
    collections::HashMap,
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs, UdpSocket},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

/// What has not arrived by then is lost. A round trip takes less than a millisecond, on a busy machine a few.
const LOST: Duration = Duration::from_millis(400);
/// So long a connection is tried.
const REFUSED: Duration = Duration::from_millis(700);

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A UDP socket of this host.
pub(crate) fn udp(host: &Namespace, address: impl ToSocketAddrs + Send) -> UdpSocket {
    let socket = host.enter(|| UdpSocket::bind(address));
    socket
        .expect("the namespace is there")
        .expect("the address is free")
}

/// A TCP listener of this host.
pub(crate) fn listener(host: &Namespace, address: impl ToSocketAddrs + Send) -> TcpListener {
    let listener = host.enter(|| TcpListener::bind(address));
    listener
        .expect("the namespace is there")
        .expect("the address is free")
}

/// A datagram on its way.
pub(crate) struct Shot<'a> {
    pub(crate) name: String,
    pub(crate) from: &'a UdpSocket,
    pub(crate) to: &'a UdpSocket,
    pub(crate) at: SocketAddr,
    pub(crate) datagram: Vec<u8>,
}

impl<'a> Shot<'a> {
    /// A datagram that no other test sends.
    pub(crate) fn new(name: &str, from: &'a UdpSocket, to: &'a UdpSocket, at: SocketAddr) -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self {
            name: name.to_owned(),
            from,
            to,
            at,
            datagram: format!("{name} {number}").into_bytes(),
        }
    }
}

/// Sends them all; of those that arrive where they should, the name and the source address seen there.
pub(crate) fn send_all(shots: &[Shot<'_>]) -> HashMap<String, SocketAddr> {
    for shot in shots {
        // A rejection of an earlier datagram is told to the next sender, once.
        if shot.from.send_to(&shot.datagram, shot.at).is_err() {
            let _ = shot.from.send_to(&shot.datagram, shot.at);
        }
    }
    let mut arrived = HashMap::new();
    let deadline = Instant::now() + LOST;
    let mut buffer = [0; 2_048];
    for shot in shots {
        while !arrived.contains_key(&shot.name) {
            // A moment even after the deadline: what lies in a socket's queue has arrived.
            let rest = deadline.saturating_duration_since(Instant::now());
            let rest = rest.max(Duration::from_millis(1));
            shot.to.set_read_timeout(Some(rest)).expect("a timeout");
            let (length, source) = match shot.to.recv_from(&mut buffer) {
                Ok(arrival) => arrival,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // A rejection; the datagrams come after it.
                Err(_) => continue,
            };
            let same = |other: &&Shot<'_>| {
                other.datagram == buffer[..length] && std::ptr::eq(other.to, shot.to)
            };
            if let Some(found) = shots.iter().find(same) {
                arrived.insert(found.name.clone(), source);
            }
        }
    }
    arrived
}

/// Sends one datagram: the source address seen where it should arrive, or `None`.
pub(crate) fn send(from: &UdpSocket, to: &UdpSocket, at: SocketAddr) -> Option<SocketAddr> {
    let shot = Shot::new("one", from, to, at);
    send_all(&[shot]).remove("one")
}

/// A TCP connection that carried a byte each way: the two ends, the listener's last.
pub(crate) fn connect(
    host: &Namespace,
    listener: &TcpListener,
    at: SocketAddr,
) -> io::Result<(TcpStream, TcpStream)> {
    let stream = host.enter(|| TcpStream::connect_timeout(&at, REFUSED));
    let mut stream = stream.expect("the namespace is there")?;
    let (mut accepted, _) = listener.accept()?;
    carry(&mut stream, &mut accepted)?;
    carry(&mut accepted, &mut stream)?;
    Ok((stream, accepted))
}

/// Carries a byte over a connection.
pub(crate) fn carry(from: &mut TcpStream, to: &mut TcpStream) -> io::Result<()> {
    to.set_read_timeout(Some(LOST))?;
    from.write_all(b"x")?;
    to.read_exact(&mut [0])
}
