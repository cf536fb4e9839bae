//! Opening sockets, several to one port where each worker has its own.

use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::{
    io,
    net::{IpAddr, SocketAddr, TcpListener, UdpSocket},
};

/// What the kernel may hold for a UDP listener while its worker is busy. Bursts of video from many clients share it;
/// the kernel gives less where its own bound is lower.
const LISTENER_BUFFER: usize = 4 << 20;
const TCP_BACKLOG: i32 = 1024;
/// How many ports of the system's choice are tried, until one is free.
pub(super) const MOST_ATTEMPTS: u32 = 16;

/// An address that cannot be listened on. The sentence names the setting and the way out.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct BindError {
    /// The setting it comes from.
    pub setting: &'static str,
    /// The address.
    pub address: SocketAddr,
    /// `UDP` or `TCP`.
    pub protocol: &'static str,
    /// What the system says.
    pub source: io::Error,
}

impl BindError {
    fn sentence(&self) -> String {
        let Self {
            setting,
            address,
            protocol,
            source,
        } = self;
        let port = address.port();
        match source.kind() {
            io::ErrorKind::AddrInUse => {
                let flags = if *protocol == "UDP" { "-lunp" } else { "-ltnp" };
                format!(
                    "{setting}: port {port} ({protocol}, {address}) is taken by another program, perhaps coturn or \
                     another earshot: `ss {flags} 'sport = :{port}'` shows which. Stop that one, or set {setting} to \
                     another port"
                )
            }
            io::ErrorKind::PermissionDenied => format!(
                "{setting}: this user may not listen on {address} ({protocol}): ports below 1024 need the capability \
                 CAP_NET_BIND_SERVICE. Grant it, or set {setting} to a higher port"
            ),
            io::ErrorKind::AddrNotAvailable => format!(
                "{setting}: {} is no address of this machine: set {setting} to one of its own, or to {}",
                address.ip(),
                if address.is_ipv4() { "0.0.0.0" } else { "[::]" },
            ),
            _ => format!("{setting}: {address} ({protocol}) cannot be listened on: {source}"),
        }
    }

    /// The host has no such address family, which is no error for a default that asks for both.
    pub fn is_family_missing(&self) -> bool {
        // EAFNOSUPPORT has no kind of its own; “address not available” is what a host says whose IPv6 is turned off.
        self.source.raw_os_error() == Some(rustix::io::Errno::AFNOSUPPORT.raw_os_error())
            || self.source.kind() == io::ErrorKind::AddrNotAvailable
    }
}

/// One UDP socket for each worker, all on one port.
pub(super) fn udp_listeners(
    setting: &'static str,
    address: SocketAddr,
    workers: usize,
) -> Result<Vec<UdpSocket>, BindError> {
    let sockets = shared(address, workers, Type::DGRAM, |socket| {
        let _ = socket.set_recv_buffer_size(LISTENER_BUFFER);
        let _ = socket.set_send_buffer_size(LISTENER_BUFFER);
        Ok(())
    });
    match sockets {
        Ok(sockets) => Ok(sockets.into_iter().map(UdpSocket::from).collect()),
        Err(source) => Err(BindError {
            setting,
            address,
            protocol: "UDP",
            source,
        }),
    }
}

/// One TCP listener for each worker, all on one port.
pub(super) fn tcp_listeners(
    setting: &'static str,
    address: SocketAddr,
    workers: usize,
) -> Result<Vec<TcpListener>, BindError> {
    let sockets = shared(address, workers, Type::STREAM, |socket| {
        socket.listen(TCP_BACKLOG)
    });
    match sockets {
        Ok(sockets) => Ok(sockets.into_iter().map(TcpListener::from).collect()),
        Err(source) => Err(BindError {
            setting,
            address,
            protocol: "TCP",
            source,
        }),
    }
}

/// The listener of page and API.
///
/// # Errors
/// The port cannot be listened on.
pub fn http_listener(address: SocketAddr) -> Result<TcpListener, BindError> {
    let listen = || {
        let socket = open(address, Type::STREAM)?;
        if address.is_ipv6() && address.ip().is_unspecified() {
            // It is one address: `[::]` means everywhere, as in most web servers.
            socket.set_only_v6(false)?;
        }
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(TCP_BACKLOG)?;
        Ok(socket.into())
    };
    listen().map_err(|source| BindError {
        setting: "HTTP_LISTEN",
        address,
        protocol: "TCP",
        source,
    })
}

/// The socket of a relayed address.
pub(super) fn relayed(bind: IpAddr, port: u16) -> io::Result<UdpSocket> {
    let address = SocketAddr::new(bind, port);
    let socket = open(address, Type::DGRAM)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

/// One socket for each worker, all on one port.
fn shared(
    address: SocketAddr,
    workers: usize,
    kind: Type,
    finish: impl Fn(&Socket) -> io::Result<()>,
) -> io::Result<Vec<Socket>> {
    let mut attempt = 1;
    loop {
        match on_one_port(address, workers, kind, &finish) {
            // Nobody asked for just that port, and somebody else was quicker.
            Err(error)
                if address.port() == 0
                    && error.kind() == io::ErrorKind::AddrInUse
                    && attempt < MOST_ATTEMPTS =>
            {
                attempt += 1;
            }
            outcome => return outcome,
        }
    }
}

fn on_one_port(
    mut address: SocketAddr,
    workers: usize,
    kind: Type,
    finish: impl Fn(&Socket) -> io::Result<()>,
) -> io::Result<Vec<Socket>> {
    // With SO_REUSEPORT a second program of the same user would get the port too, and half of the packets with it.
    // Binding without it first finds that out.
    let probe = open(address, kind)?;
    if kind == Type::STREAM {
        probe.set_reuse_address(true)?;
    }
    probe.bind(&address.into())?;
    if kind == Type::STREAM {
        probe.listen(1)?;
    }
    // Port 0 asks for any one. The probe's is nobody else's; asked again with SO_REUSEPORT, the system may choose one
    // that such sockets of this user share already.
    if let Some(bound) = probe.local_addr()?.as_socket() {
        address.set_port(bound.port());
    }
    drop(probe);

    let mut sockets = Vec::with_capacity(workers);
    for _ in 0..workers {
        let socket = open(address, kind)?;
        socket.set_reuse_port(true)?;
        if kind == Type::STREAM {
            socket.set_reuse_address(true)?;
        }
        socket.bind(&address.into())?;
        finish(&socket)?;
        sockets.push(socket);
    }
    Ok(sockets)
}

fn open(address: SocketAddr, kind: Type) -> io::Result<Socket> {
    let protocol = match kind {
        Type::DGRAM => Protocol::UDP,
        _ => Protocol::TCP,
    };
    let socket = Socket::new(Domain::for_address(address), kind, Some(protocol))?;
    if address.is_ipv6() {
        // IPv4 has sockets of its own, so that no address is ever seen in its IPv6 disguise.
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// Sends one datagram, or says that it was not sent. Nothing waits: a relay does not queue media.
pub(super) fn send_to(
    socket: &tokio::net::UdpSocket,
    packet: &[u8],
    to: SocketAddr,
) -> io::Result<usize> {
    socket2::SockRef::from(socket).send_to(packet, &SockAddr::from(to))
}

#[cfg(test)]
mod tests {
    use super::{http_listener, udp_listeners};
    use std::{
        collections::HashSet,
        net::{Ipv4Addr, TcpStream, UdpSocket},
    };

    /// So many that of ports chosen by chance, out of the 28,232 that Linux hands out, two would be the same.
    #[test]
    fn a_port_of_the_systems_choice_is_given_once() {
        let any = "127.0.0.1:0".parse().unwrap();
        let open = |_| udp_listeners("TURN_LISTEN", any, 1).unwrap().remove(0);
        let sockets: Vec<UdpSocket> = (0..400).map(open).collect();
        let ports: HashSet<u16> = sockets
            .iter()
            .map(|socket| socket.local_addr().unwrap().port())
            .collect();
        assert_eq!(ports.len(), sockets.len());
    }

    #[test]
    fn a_page_that_listens_everywhere_is_reached_by_ipv4_too() {
        let listener = http_listener("[::]:0".parse().unwrap()).unwrap();
        let port = listener.local_addr().unwrap().port();
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    }
}
