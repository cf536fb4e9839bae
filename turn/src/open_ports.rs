//! Which relayed ports of this host are open, in whichever of its servers.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// One bit for each port of each family, shared by the servers of one host.
///
/// A port of the relay's range need not be ours: the system hands out the same ones, and a browser on the relay's own
/// host may have one. Only what is open here is delivered without the kernel.
#[derive(Clone)]
pub struct OpenPorts(Arc<[[AtomicU64; WORDS]; 2]>);

const WORDS: usize = 65_536 / 64;

impl OpenPorts {
    /// Notes that a relayed address has its socket.
    pub(crate) fn open(&self, relayed: SocketAddr) {
        let (word, bit) = self.place(relayed);
        word.fetch_or(bit, Ordering::Relaxed);
    }

    /// Notes that it has none any more.
    pub(crate) fn close(&self, relayed: SocketAddr) {
        let (word, bit) = self.place(relayed);
        word.fetch_and(!bit, Ordering::Relaxed);
    }

    /// Whether a port is one of ours.
    pub fn contains(&self, relayed: SocketAddr) -> bool {
        let (word, bit) = self.place(relayed);
        word.load(Ordering::Relaxed) & bit != 0
    }

    fn place(&self, address: SocketAddr) -> (&AtomicU64, u64) {
        let port = usize::from(address.port());
        let family = usize::from(address.is_ipv6());
        (&self.0[family][port / 64], 1 << (port % 64))
    }
}

impl Default for OpenPorts {
    fn default() -> Self {
        let family = || std::array::from_fn(|_| AtomicU64::new(0));
        Self(Arc::new([family(), family()]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_port_of_each_family_is_by_itself() {
        let ports = OpenPorts::default();
        let at = |ip: &str, port| SocketAddr::new(ip.parse().unwrap(), port);
        for port in [0, 1, 63, 64, 49_152, u16::MAX] {
            assert!(!ports.contains(at("192.0.2.2", port)));
            ports.open(at("192.0.2.2", port));
            assert!(ports.contains(at("192.0.2.2", port)));
            assert!(!ports.contains(at("2001:db8::2", port)));
            assert!(!ports.contains(at("192.0.2.2", port ^ 2)));
        }
        let shared = ports.clone();
        shared.close(at("192.0.2.2", 64));
        assert!(!ports.contains(at("192.0.2.2", 64)));
        assert!(ports.contains(at("192.0.2.2", 63)));
    }
}
