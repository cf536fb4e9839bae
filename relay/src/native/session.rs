//! An allocation that is kept and used, as a caller uses it.

use super::{
    CONNECT, Credentials, certificate, dtls,
    link::{self, Link, Outcome},
    message::{self, Answer, LongTerm, Request},
};
use earshot_report::{IceUrl, Transport};
use std::{io, net::SocketAddr};
use stun_types::message::StunWriteError;
use tokio::{
    net::{TcpStream, UdpSocket},
    time::{Instant, timeout_at},
};
use tokio_rustls::TlsConnector;

/// The nonce is over its time (RFC 8489 section 14.8).
const STALE_NONCE: u16 = 438;

/// Why there is no session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unopened {
    /// The server said so, with this code.
    Refused(u16),
    /// Nothing came.
    Silent,
}

/// An allocation of ours.
pub struct Session {
    link: Link,
    username: String,
    password: String,
    realm: String,
    nonce: String,
    /// The address that the relay gives us.
    pub relayed: SocketAddr,
    /// Our own address as the server sees it.
    pub mapped: Option<SocketAddr>,
    /// For how many seconds it is good.
    pub lifetime_s: Option<u32>,
}

impl Session {
    /// Asks the server at `address` for an allocation, by the transport of the URL.
    ///
    /// # Errors
    /// There is none, and why.
    pub async fn open(
        url: &IceUrl,
        address: SocketAddr,
        credentials: Credentials<'_>,
        end: Instant,
    ) -> Result<Self, Unopened> {
        let mut link = connect(url, address, end).await.ok_or(Unopened::Silent)?;
        let challenge = asked(&mut link, message::allocate(None), end).await?;
        let (Some(realm), Some(nonce)) = (challenge.realm, challenge.nonce) else {
            return Err(challenge.error.map_or(Unopened::Silent, Unopened::Refused));
        };
        let mut session = Self {
            link,
            username: credentials.username.to_owned(),
            password: credentials.password.to_owned(),
            realm,
            nonce,
            relayed: address,
            mapped: None,
            lifetime_s: None,
        };
        let allocate = |credentials: &LongTerm<'_>| message::allocate(Some(credentials));
        let answer = session.ask(allocate, end).await?;
        if let Some(code) = answer.error {
            return Err(Unopened::Refused(code));
        }
        session.relayed = answer.relayed.ok_or(Unopened::Silent)?;
        session.mapped = answer.mapped;
        session.lifetime_s = answer.lifetime_s;
        Ok(session)
    }

    /// Asks that packets from this address be let through; the error code, where it is refused.
    ///
    /// # Errors
    /// Nothing was answered.
    pub async fn permit(
        &mut self,
        peer: SocketAddr,
        end: Instant,
    ) -> Result<Option<u16>, Unopened> {
        let permit = |credentials: &LongTerm<'_>| message::permit(peer, credentials);
        Ok(self.ask(permit, end).await?.error)
    }

    /// Asks that the allocation be kept for so many seconds, none gives it back; the error code, where it is refused.
    ///
    /// # Errors
    /// Nothing was answered.
    pub async fn refresh(
        &mut self,
        lifetime_s: u32,
        end: Instant,
    ) -> Result<Option<u16>, Unopened> {
        let refresh = |credentials: &LongTerm<'_>| message::refresh(lifetime_s, Some(credentials));
        Ok(self.ask(refresh, end).await?.error)
    }

    /// Has the relay send `data` to this address; `false`: it could not be sent.
    pub async fn send(&mut self, peer: SocketAddr, data: &[u8]) -> bool {
        match message::send(peer, data) {
            Ok(indication) => self.link.tell(&indication).await,
            Err(_) => false,
        }
    }

    /// What the next peer sends, and who it is. Nothing is lost where the future is dropped.
    ///
    /// # Errors
    /// The connection is over.
    pub async fn receive(&mut self) -> io::Result<(SocketAddr, Vec<u8>)> {
        loop {
            let message = self.link.receive().await?;
            if let Some(received) = message::data(&message) {
                return Ok(received);
            }
        }
    }

    /// Asks with our credentials; and once more where the nonce has grown stale (RFC 8489 section 9.2.5).
    async fn ask(
        &mut self,
        request: impl Fn(&LongTerm<'_>) -> Result<Request, StunWriteError>,
        end: Instant,
    ) -> Result<Answer, Unopened> {
        let mut answer = Answer::default();
        for _ in 0..2 {
            let credentials = LongTerm {
                username: &self.username,
                password: &self.password,
                realm: &self.realm,
                nonce: &self.nonce,
            };
            answer = asked(&mut self.link, request(&credentials), end).await?;
            match (answer.error, answer.nonce.clone()) {
                (Some(STALE_NONCE), Some(nonce)) => self.nonce = nonce,
                _ => break,
            }
        }
        Ok(answer)
    }
}

async fn asked(
    link: &mut Link,
    request: Result<Request, StunWriteError>,
    end: Instant,
) -> Result<Answer, Unopened> {
    let request = request.map_err(|_| Unopened::Silent)?;
    match link.ask(&request, end).await {
        Outcome::Answer(answer) => Ok(answer),
        _ => Err(Unopened::Silent),
    }
}

/// The certificate is somebody else's matter: whoever keeps an allocation has looked at it before.
async fn connect(url: &IceUrl, address: SocketAddr, end: Instant) -> Option<Link> {
    if url.transport == Transport::Udp {
        return Link::udp(address).await.ok();
    }
    let end = end.min(Instant::now() + CONNECT);
    if url.transport == Transport::Dtls {
        let shaken = dtls::shake(address, &url.host, end).await;
        return shaken.outcome.ok().map(Link::dtls);
    }
    let stream = timeout_at(end, TcpStream::connect(address)).await;
    let stream = stream.ok()?.ok()?;
    // A packet of sound waits for no other one.
    stream.set_nodelay(true).ok()?;
    if url.transport == Transport::Tcp {
        return Some(Link::stream(stream));
    }
    let (config, _) = certificate::noting_config().ok()?;
    let name = rustls_pki_types::ServerName::try_from(url.host.clone()).ok()?;
    let shaken = timeout_at(end, TlsConnector::from(config).connect(name, stream)).await;
    Some(Link::stream(shaken.ok()?.ok()?))
}

/// Asks a STUN server what address it sees of this socket; `None`: it does not say. Whatever else comes in is lost.
pub async fn stun(socket: &UdpSocket, server: SocketAddr, end: Instant) -> Option<SocketAddr> {
    let request = message::binding().ok()?;
    link::ask_from(socket, server, &request, end).await?.mapped
}
