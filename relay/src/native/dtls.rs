//! A DTLS 1.2 client (RFC 6347) on a UDP socket, as TURN over DTLS needs it (RFC 7350).
//!
//! The handshake proves that the server has the key of its certificate. Whether the certificate is a good one is the
//! caller's to judge.

use super::link::connected;
use crate::tls::alert_name;
use bytes::BytesMut;
use rtc_dtls::{
    cipher_suite::CipherSuiteId::{self, *},
    config::{ConfigBuilder, HandshakeConfig},
    endpoint::{Endpoint, EndpointEvent},
};
use rtc_shared::TransportProtocol;
use rustls::AlertDescription;
use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant as StdInstant},
};
use tokio::{
    net::UdpSocket,
    time::{Instant, timeout_at},
};

/// A flight that is not answered is sent again after this. RFC 6347 section 4.2.4.1 proposes a second; what waits for a
/// check of five seconds waits less.
const REPEATED: Duration = Duration::from_millis(400);
/// The parts of a flight come together: where one of them is missing for so long, it is lost.
const STALLED: Duration = Duration::from_millis(600);
/// No datagram that arrives is longer.
const LONGEST_DATAGRAM: usize = 16 * 1024;
/// Everything that proves the server's identity and that the library has. It has no AES-256-GCM.
const CIPHERS: [CipherSuiteId; 8] = [
    Tls_Ecdhe_Ecdsa_With_Aes_128_Gcm_Sha256,
    Tls_Ecdhe_Rsa_With_Aes_128_Gcm_Sha256,
    Tls_Ecdhe_Ecdsa_With_ChaCha20_Poly1305_Sha256,
    Tls_Ecdhe_Rsa_With_ChaCha20_Poly1305_Sha256,
    Tls_Ecdhe_Ecdsa_With_Aes_128_Ccm,
    Tls_Ecdhe_Ecdsa_With_Aes_128_Ccm_8,
    Tls_Ecdhe_Ecdsa_With_Aes_256_Cbc_Sha,
    Tls_Ecdhe_Rsa_With_Aes_256_Cbc_Sha,
];
/// The header of a record (RFC 6347 section 4.1), and an alert in it.
const RECORD_HEADER: usize = 13;
const ALERT: u8 = 21;
const FATAL: u8 = 2;
/// The server takes none of our ciphers (RFC 5246 section 7.2.2).
const NOTHING_IN_COMMON: [AlertDescription; 2] = [
    AlertDescription::HandshakeFailure,
    AlertDescription::InsufficientSecurity,
];

/// A connection whose handshake is done.
pub(super) struct Dtls {
    socket: UdpSocket,
    server: SocketAddr,
    endpoint: Endpoint,
    /// What came and was not taken yet.
    heard: VecDeque<Vec<u8>>,
    buffer: Vec<u8>,
    is_open: bool,
}

/// Why there is no connection.
#[derive(Debug)]
pub(super) enum Unshaken {
    /// The other host says that nobody listens there (ICMP).
    Refused,
    /// We could not send: nothing follows about the server.
    NotSent,
    /// Nothing came that is DTLS; what came instead.
    Silent(Option<Vec<u8>>),
    /// The server takes none of our ciphers: it may take another client's. The alert's name.
    NothingInCommon(String),
    /// DTLS was begun, and nothing more came.
    Stalled,
    /// DTLS was begun and broken off, and why.
    Broken(String),
}

/// A handshake.
pub(super) struct Shaken {
    pub(super) outcome: Result<Dtls, Unshaken>,
    /// The certificates that the server showed, its own first, in DER.
    pub(super) chain: Vec<Vec<u8>>,
    /// From the first ClientHello to the first answer.
    pub(super) round_trip: Option<Duration>,
}

/// Shakes hands with the server, until `end` at the latest. Where a part of a flight is lost it is begun anew.
pub(super) async fn shake(server: SocketAddr, host: &str, end: Instant) -> Shaken {
    let mut shaken = Shaken {
        outcome: Err(Unshaken::NotSent),
        chain: Vec::new(),
        round_trip: None,
    };
    loop {
        shaken.outcome = Dtls::open(server, host, end, &mut shaken).await;
        if !matches!(shaken.outcome, Err(Unshaken::Stalled)) || Instant::now() >= end {
            return shaken;
        }
    }
}

/// No certificate of ours, every certificate of theirs: see above.
fn config(host: &str, server: SocketAddr) -> anyhow::Result<Arc<HandshakeConfig>> {
    let config = ConfigBuilder::default()
        .with_crypto_provider(rtc_crypto::default_provider()?)
        .with_server_name(host.to_owned())
        .with_cipher_suites(CIPHERS.to_vec())
        .with_insecure_skip_verify(true)
        .with_flight_interval(REPEATED)
        .build(true, Some(server))?;
    Ok(Arc::new(config))
}

impl Dtls {
    async fn open(
        server: SocketAddr,
        host: &str,
        end: Instant,
        shaken: &mut Shaken,
    ) -> Result<Self, Unshaken> {
        let socket = connected(server).await.map_err(|_| Unshaken::NotSent)?;
        let local = socket.local_addr().map_err(|_| Unshaken::NotSent)?;
        let config = config(host, server).map_err(|_| Unshaken::NotSent)?;
        let mut dtls = Self {
            socket,
            server,
            endpoint: Endpoint::new(local, TransportProtocol::UDP, None),
            heard: VecDeque::new(),
            buffer: vec![0; LONGEST_DATAGRAM],
            is_open: false,
        };
        let done = dtls.shake(config, end, &mut shaken.round_trip).await;
        if let Some(state) = dtls.endpoint.get_connection_state(server) {
            shaken.chain.clone_from(&state.peer_certificates);
        }
        // What is broken off is told to the server, where that can be.
        let _ = dtls.flush().await;
        done.map(|()| dtls)
    }

    async fn shake(
        &mut self,
        config: Arc<HandshakeConfig>,
        end: Instant,
        round_trip: &mut Option<Duration>,
    ) -> Result<(), Unshaken> {
        let begun = Instant::now();
        let mut last = begun;
        let broken = |error: rtc_shared::error::Error| Unshaken::Broken(error.to_string());
        self.endpoint
            .connect(StdInstant::now(), self.server, config, None)
            .map_err(|_| Unshaken::NotSent)?;
        let mut other = None;
        while !self.is_open {
            self.flush().await.map_err(|error| not_sent(&error))?;
            // While a part of a flight is there, the library sends nothing again.
            let again = self.endpoint.poll_timeout(&self.server);
            let wake = end.min(again.map_or(last + STALLED, Instant::from_std));
            let length = match timeout_at(wake, self.socket.recv(&mut self.buffer)).await {
                Ok(Ok(length)) => length,
                Ok(Err(error)) => return Err(not_sent(&error)),
                Err(_) if again.is_some() && wake < end => {
                    let now = StdInstant::now();
                    self.endpoint
                        .handle_timeout(self.server, now)
                        .map_err(broken)?;
                    continue;
                }
                Err(_) if round_trip.is_some() => return Err(Unshaken::Stalled),
                Err(_) => return Err(Unshaken::Silent(other)),
            };
            let datagram = &self.buffer[..length];
            if !is_dtls(datagram) {
                other.get_or_insert_with(|| datagram.to_vec());
                continue;
            }
            last = Instant::now();
            round_trip.get_or_insert(last - begun);
            if let Some(alert) = fatal_alert(datagram) {
                let name = alert_name(alert);
                let state = self.endpoint.get_connection_state(self.server);
                let is_early = state.is_none_or(|state| state.peer_certificates.is_empty());
                return Err(match is_early && NOTHING_IN_COMMON.contains(&alert) {
                    true => Unshaken::NothingInCommon(name),
                    false => Unshaken::Broken(format!("the server breaks it off with {name}")),
                });
            }
            self.take(length).map_err(broken)?;
        }
        // The end of our last flight.
        self.flush().await.map_err(|error| not_sent(&error))
    }

    /// Sends as one record.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        if !self.is_open {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.endpoint
            .write(StdInstant::now(), self.server, bytes)
            .map_err(io::Error::other)?;
        self.flush().await
    }

    /// What comes next. Nothing is lost where the future is dropped.
    pub(super) async fn receive(&mut self) -> io::Result<Vec<u8>> {
        loop {
            if let Some(heard) = self.heard.pop_front() {
                return Ok(heard);
            }
            if !self.is_open {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let length = self.socket.recv(&mut self.buffer).await?;
            if is_dtls(&self.buffer[..length]) {
                // Records that cannot be read are nobody's (RFC 6347 section 4.1.2.7).
                let _ = self.take(length);
                self.flush().await?;
            }
        }
    }

    /// Takes in what lies in the buffer.
    fn take(&mut self, length: usize) -> Result<(), rtc_shared::error::Error> {
        let datagram = BytesMut::from(&self.buffer[..length]);
        let events = self
            .endpoint
            .read(StdInstant::now(), self.server, None, datagram)?;
        for event in events {
            match event {
                EndpointEvent::HandshakeComplete => self.is_open = true,
                EndpointEvent::ApplicationData(bytes) => self.heard.push_back(bytes.to_vec()),
                EndpointEvent::PeerClosed => self.is_open = false,
                _ => {}
            }
        }
        Ok(())
    }

    async fn flush(&mut self) -> io::Result<()> {
        while let Some(datagram) = self.endpoint.poll_transmit() {
            self.socket.send(&datagram.message).await?;
        }
        Ok(())
    }
}

impl Drop for Dtls {
    /// The server need not keep what is over.
    fn drop(&mut self) {
        let _ = self.endpoint.close(StdInstant::now());
        while let Some(datagram) = self.endpoint.poll_transmit() {
            let _ = self.socket.try_send(&datagram.message);
        }
    }
}

fn not_sent(error: &io::Error) -> Unshaken {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Unshaken::Refused,
        _ => Unshaken::NotSent,
    }
}

/// RFC 7983 section 7, and the version of a record, which counts down from 254.
fn is_dtls(datagram: &[u8]) -> bool {
    datagram.len() > RECORD_HEADER && (20..64).contains(&datagram[0]) && datagram[1] == 254
}

/// A fatal alert that nothing encrypts yet.
fn fatal_alert(datagram: &[u8]) -> Option<AlertDescription> {
    let (header, alert) = datagram.split_at_checked(RECORD_HEADER)?;
    let is_plain = header[0] == ALERT && header[3..5] == [0, 0];
    let alert: [u8; 2] = alert.try_into().ok()?;
    (is_plain && alert[0] == FATAL).then(|| alert[1].into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Records as RFC 6347 section 4.1 draws them: type, version 254.253, epoch, sequence number, length.
    #[test]
    fn an_alert_is_named() {
        let alert = |epoch: u8, level: u8, description: u8| {
            let header = [ALERT, 254, 253, 0, epoch, 0, 0, 0, 0, 0, 1, 0, 2];
            [&header[..], &[level, description]].concat()
        };
        let told = [
            (alert(0, 2, 70), Some("protocol_version")),
            (alert(0, 2, 40), Some("handshake_failure")),
            (alert(0, 2, 100), Some("alert_100")),
            // A warning ends nothing, and what is encrypted says nothing here.
            (alert(0, 1, 0), None),
            (alert(1, 2, 40), None),
            (b"\x16\xfe\xfd\0\0\0\0\0\0\0\0\0\x02\x02\x28".to_vec(), None),
        ];
        for (datagram, expected) in told {
            assert!(is_dtls(&datagram));
            let name = fatal_alert(&datagram).map(alert_name);
            assert_eq!(name.as_deref(), expected, "{datagram:?}");
        }
        let stun = b"\x01\x01\0\0\x21\x12\xa4\x42transaction-";
        assert!(!is_dtls(stun) && !is_dtls(b"HTTP/1.1 400 Bad Request") && !is_dtls(&[22, 254]));
    }
}
