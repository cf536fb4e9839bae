//! Ports for tests.

use std::{
    collections::HashSet,
    net::{Ipv4Addr, TcpListener, UdpSocket},
    ops::Range,
    sync::Mutex,
};

/// Below the ports that systems hand out (32768 and more on Linux, RFC 6335's 49152 elsewhere): whoever asks the system
/// for any port is not given one of these.
const PORTS: Range<u16> = 20_000..32_000;

/// Given out already: tests run side by side in one process.
static GIVEN: Mutex<Option<HashSet<u16>>> = Mutex::new(None);

/// A port free for UDP and TCP on every address, given to no other test.
pub(crate) fn free_port() -> u16 {
    for _ in 0..256 {
        let port = rand::random_range(PORTS);
        if UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port)).is_err()
            || TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_err()
        {
            continue;
        }
        let mut given = GIVEN.lock().unwrap();
        if given.get_or_insert_default().insert(port) {
            return port;
        }
    }
    panic!("no port is free for both UDP and TCP");
}
