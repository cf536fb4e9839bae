//! Real packets: sockets opened inside namespaces, used from the test's own thread.
//!
//! Whoever sends says whether it should arrive. What should is awaited with patience, however busy the machine is, and
//! no longer than it takes; only what should not arrive is given up soon.

use earshot_tests::lab::net::Namespace;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use std::{
    collections::HashMap,
    io::{self, ErrorKind, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs, UdpSocket},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

/// What should arrive has this long. A round trip takes less than a millisecond; a machine can stand still for seconds.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// What should not arrive, and has not by then, is lost.
const LOST: Duration = Duration::from_millis(400);

static NEXT: AtomicU32 = AtomicU32::new(0);

/// How long is waited for what should come, or should not.
pub(crate) fn patience(is_expected: bool) -> Duration {
    if is_expected { PATIENCE } else { LOST }
}

/// A UDP socket of this host.
#[track_caller]
pub(crate) fn udp(host: &Namespace, address: impl ToSocketAddrs + Send) -> UdpSocket {
    let socket = host.enter(|| UdpSocket::bind(address));
    socket
        .expect("the namespace is there")
        .expect("the address is free")
}

/// A TCP listener of this host.
#[track_caller]
pub(crate) fn listener(host: &Namespace, address: impl ToSocketAddrs + Send) -> TcpListener {
    let listener = host.enter(|| TcpListener::bind(address));
    listener
        .expect("the namespace is there")
        .expect("the address is free")
}

/// Receives a datagram; `WouldBlock`: none came in time.
pub(crate) fn receive(
    socket: &UdpSocket,
    buffer: &mut [u8],
    within: Duration,
) -> io::Result<(usize, SocketAddr)> {
    let deadline = Instant::now() + within;
    loop {
        // A moment even after the deadline: what lies in a socket's queue has arrived.
        let rest = deadline.saturating_duration_since(Instant::now());
        socket.set_read_timeout(Some(rest.max(Duration::from_millis(1))))?;
        match socket.recv_from(buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
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

/// What became of some datagrams.
#[derive(Debug, Default)]
pub(crate) struct Arrivals {
    /// Of those that arrived where they should, the name and the source address seen there.
    pub(crate) sources: HashMap<String, SocketAddr>,
    /// What else happened meanwhile, for who wonders why one did not arrive.
    pub(crate) besides: Vec<String>,
}

/// Sends them all, and waits for those that should arrive.
pub(crate) fn send_all(shots: &[Shot<'_>], should_arrive: impl Fn(&str) -> bool) -> Arrivals {
    let mut arrivals = Arrivals::default();
    for shot in shots {
        // A rejection of an earlier datagram is told to the next sender, once.
        if shot.from.send_to(&shot.datagram, shot.at).is_err()
            && let Err(error) = shot.from.send_to(&shot.datagram, shot.at)
        {
            let told = format!("“{}” could not be sent: {error}", shot.name);
            arrivals.besides.push(told);
        }
    }
    let sent = Instant::now();
    let (expected, others): (Vec<_>, Vec<_>) =
        shots.iter().partition(|shot| should_arrive(&shot.name));
    for (shots_of_kind, is_expected) in [(expected, true), (others, false)] {
        let deadline = sent + patience(is_expected);
        for shot in shots_of_kind {
            arrivals.take_from(shot, shots, deadline);
        }
    }
    arrivals
}

impl Arrivals {
    /// Takes what comes to a datagram's destination until it is there.
    fn take_from(&mut self, shot: &Shot<'_>, shots: &[Shot<'_>], deadline: Instant) {
        let mut buffer = [0; 2_048];
        while !self.sources.contains_key(&shot.name) {
            let rest = deadline.saturating_duration_since(Instant::now());
            let (length, source) = match receive(shot.to, &mut buffer, rest) {
                Ok(arrival) => arrival,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                // A rejection; the datagrams come after it.
                Err(error) => {
                    self.besides
                        .push(format!("{} was told: {error}", own(shot.to)));
                    continue;
                }
            };
            let same = |other: &&Shot<'_>| {
                other.datagram == buffer[..length] && std::ptr::eq(other.to, shot.to)
            };
            match shots.iter().find(same) {
                Some(found) => {
                    self.sources.insert(found.name.clone(), source);
                }
                None => self.besides.push(format!(
                    "to {} came from {source}: {:?}",
                    own(shot.to),
                    String::from_utf8_lossy(&buffer[..length])
                )),
            }
        }
    }
}

/// Sends one datagram that should arrive: the source address seen there.
#[track_caller]
pub(crate) fn arrives(from: &UdpSocket, to: &UdpSocket, at: SocketAddr) -> SocketAddr {
    arrives_if(true, from, to, at).expect("it is proved to arrive")
}

/// Sends one datagram that should not arrive.
#[track_caller]
pub(crate) fn is_lost(from: &UdpSocket, to: &UdpSocket, at: SocketAddr) {
    arrives_if(false, from, to, at);
}

/// Sends one datagram that should arrive, or should not: the source address seen where it does.
#[track_caller]
pub(crate) fn arrives_if(
    is_expected: bool,
    from: &UdpSocket,
    to: &UdpSocket,
    at: SocketAddr,
) -> Option<SocketAddr> {
    let mut arrivals = send_all(&[Shot::new("one", from, to, at)], |_| is_expected);
    let source = arrivals.sources.remove("one");
    assert_eq!(
        source.is_some(),
        is_expected,
        "sent by {} to {at}, seen at {} as from {source:?}; besides: {:?}",
        own(from),
        own(to),
        arrivals.besides
    );
    source
}

/// A TCP connection that should carry a byte each way, and does: the two ends, the listener's last.
#[track_caller]
pub(crate) fn connects(
    host: &Namespace,
    listener: &TcpListener,
    at: SocketAddr,
) -> (TcpStream, TcpStream) {
    connect(host, listener, at, true)
        .unwrap_or_else(|error| panic!("{} to {at}, for {listener:?}: {error}", host.name()))
}

/// A TCP connection that should not come about, and does not.
#[track_caller]
pub(crate) fn is_refused(host: &Namespace, listener: &TcpListener, at: SocketAddr) {
    let outcome = connect(host, listener, at, false);
    assert!(outcome.is_err(), "{} to {at}: {outcome:?}", host.name());
}

/// A TCP connection that carried a byte each way: the two ends, the listener's last.
pub(crate) fn connect(
    host: &Namespace,
    listener: &TcpListener,
    at: SocketAddr,
    is_expected: bool,
) -> io::Result<(TcpStream, TcpStream)> {
    let mut stream = try_connect(host, at, is_expected)?;
    let mut accepted = accept(listener, is_expected)?;
    carry(&mut stream, &mut accepted, is_expected)?;
    carry(&mut accepted, &mut stream, is_expected)?;
    Ok((stream, accepted))
}

/// Connects to an address at which somebody should listen, or nobody should.
pub(crate) fn try_connect(
    host: &Namespace,
    at: SocketAddr,
    is_expected: bool,
) -> io::Result<TcpStream> {
    let stream = host.enter(|| TcpStream::connect_timeout(&at, patience(is_expected)));
    stream.expect("the namespace is there")
}

/// Takes a connection that has come about for its other end.
pub(crate) fn accept(listener: &TcpListener, is_expected: bool) -> io::Result<TcpStream> {
    // socket(7): on a listening socket the timeout is that of accept(2).
    set_socket_timeout(listener, Timeout::Recv, Some(patience(is_expected)))?;
    Ok(listener.accept()?.0)
}

/// Carries a byte over a connection.
pub(crate) fn carry(from: &mut TcpStream, to: &mut TcpStream, is_expected: bool) -> io::Result<()> {
    to.set_read_timeout(Some(patience(is_expected)))?;
    from.write_all(b"x")?;
    to.read_exact(&mut [0])
}

fn own(socket: &UdpSocket) -> String {
    let address = socket.local_addr();
    address.map_or_else(|error| error.to_string(), |address| address.to_string())
}
