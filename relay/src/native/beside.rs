//! What a look at a server shows beside the facts of a report.

use std::{net::SocketAddr, sync::OnceLock, time::Duration};

/// Noted once each, as it is found; empty: not measured.
#[derive(Debug, Default)]
pub struct Beside {
    /// How long it took to find the addresses of the name.
    pub looked_up: OnceLock<Duration>,
    /// The address at which the server was reached.
    pub server: OnceLock<SocketAddr>,
    /// One round trip: a Binding over UDP, or the opening of a TCP connection.
    pub round_trip: OnceLock<Duration>,
    /// Our own address as the server sees it over UDP.
    pub mapped: OnceLock<Option<SocketAddr>>,
    /// What came of the DTLS handshake.
    pub dtls: OnceLock<DtlsSeen>,
    /// What the server showed in the TLS or DTLS handshake.
    pub certificate: OnceLock<Certificate>,
}

/// What came of a DTLS handshake where something was heard of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DtlsSeen {
    /// It succeeded, in that time.
    Spoken(Duration),
    /// It was not answered, and STUN without DTLS was, at the same port.
    OnlyPlain,
    /// The server takes none of our ciphers, which says nothing of it; the name of its alert.
    NothingInCommon(String),
    /// It was begun, and nothing more came: its packets are lost on the way.
    Stalled,
    /// It was begun and broken off, and why.
    Broken(String),
}

/// The certificate of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificate {
    /// What is wrong with it, in rustls' words; `None`: nothing.
    pub complaint: Option<String>,
    /// The end of its validity, in seconds since 1970; `None`: it cannot be read.
    pub not_after_s: Option<i64>,
    /// The names and addresses that it is for.
    pub names: Vec<String>,
    /// Who signed it.
    pub issuer: Option<String>,
}

impl Beside {
    /// The first word stands.
    pub(super) fn note<T>(place: &OnceLock<T>, value: T) {
        let _ = place.set(value);
    }
}
