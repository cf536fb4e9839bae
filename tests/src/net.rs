//! Addresses and ports for tests.

use std::{
    collections::HashSet,
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket},
    ops::Range,
    sync::Mutex,
};

/// Given out already: tests run side by side in one process.
static GIVEN: Mutex<Option<HashSet<u16>>> = Mutex::new(None);

/// An address of this machine that is not the loopback's: browsers gather candidates there.
pub fn host_address() -> Ipv4Addr {
    let interfaces = if_addrs::get_if_addrs().expect("the interfaces can be listed");
    interfaces
        .iter()
        .filter(|interface| !interface.is_loopback() && !interface.is_link_local())
        .find_map(|interface| match interface.ip() {
            IpAddr::V4(ip) => Some(ip),
            IpAddr::V6(_) => None,
        })
        .expect("this machine has no IPv4 address but the loopback's, and a browser gathers nothing there")
}

/// Below the ports that systems hand out (32768 and more on Linux, RFC 6335's 49152 elsewhere): between our look and
/// the start of the program under test, no connection of this machine may take the port.
const PORTS: Range<u16> = 20_000..32_000;

/// A port free for UDP and TCP on every address, given to no other test.
pub fn free_port() -> u16 {
    for _ in 0..256 {
        let port = fastrand::u16(PORTS);
        if UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port)).is_err()
            || TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_err()
        {
            continue;
        }
        let mut given = GIVEN.lock().expect("a test panicked here");
        if given.get_or_insert_default().insert(port) {
            return port;
        }
    }
    panic!("no port is free for both UDP and TCP");
}

/// `127.0.0.1` with a free port.
pub fn free_loopback() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, free_port()).into()
}
