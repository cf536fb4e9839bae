//! STUN and TURN URLs (RFC 7064, RFC 7065).

use serde::{Deserialize, Serialize};
use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
};

/// What is asked of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// Only to say what address it sees.
    Stun,
    /// To relay.
    Turn,
}

/// The way between client and server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// `stun:`, `turn:` and `turn:…?transport=udp`.
    Udp,
    /// `turn:…?transport=tcp`.
    Tcp,
    /// `turns:` and `stuns:`.
    Tls,
    /// `turns:…?transport=udp` (RFC 7350): browsers have no such way.
    Dtls,
}

impl Transport {
    /// What is sent may be lost, or arrive in another order.
    pub fn is_datagram(self) -> bool {
        matches!(self, Self::Udp | Self::Dtls)
    }

    /// The server shows a certificate.
    pub fn is_secure(self) -> bool {
        matches!(self, Self::Tls | Self::Dtls)
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Dtls => "DTLS",
        })
    }
}

/// A parsed STUN or TURN URL. On the wire it is its text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct IceUrl {
    /// STUN or TURN.
    pub scheme: Scheme,
    /// Host name or address, an IPv6 address without its brackets.
    pub host: String,
    /// The port: 3478 by default, 5349 for TLS.
    pub port: u16,
    /// The way to the server.
    pub transport: Transport,
}

/// Why a text is not a STUN or TURN URL. Each sentence names the thing and the way out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IceUrlError {
    /// No scheme that we know.
    #[error(
        "“{0}” does not begin with stun:, stuns:, turn: or turns: — write for example turn:relay.example.org:3478"
    )]
    Scheme(String),
    /// `turn://…`.
    #[error("“{0}” has slashes after the scheme — write turn:host:port, without them")]
    Slashes(String),
    /// Nothing where the host should be, or letters that no host has.
    #[error("“{0}” names no host — write for example turn:relay.example.org:3478")]
    Host(String),
    /// Not a port.
    #[error("“{0}” has no valid port — a port is a number from 1 to 65535")]
    Port(String),
    /// A query other than `transport=udp|tcp`.
    #[error(
        "“{0}” ends in a part that is not understood — only ?transport=udp and ?transport=tcp are"
    )]
    Query(String),
    /// `?transport` on a `stun:` URL, which browsers reject, or UDP on `turns:` (DTLS), which they do not support.
    #[error(
        "“{0}” asks for a transport that browsers do not support with this scheme — leave ?transport away, or write turns:…?transport=tcp"
    )]
    Transport(String),
}

impl FromStr for IceUrl {
    type Err = IceUrlError;

    /// A URL that browsers take.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match Self::of_any_client(text)? {
            url if url.transport == Transport::Dtls => Err(IceUrlError::Transport(shown(text))),
            url => Ok(url),
        }
    }
}

impl IceUrl {
    /// A URL that some client takes: browsers do not know `turns:…?transport=udp`.
    ///
    /// # Errors
    /// It is no STUN or TURN URL, and why.
    pub fn of_any_client(text: &str) -> Result<Self, IceUrlError> {
        let text = text.trim();
        let bad = |error: fn(String) -> IceUrlError| error(shown(text));
        let (scheme, rest) = text
            .split_once(':')
            .ok_or_else(|| bad(IceUrlError::Scheme))?;
        let (scheme, secure) = match scheme.to_ascii_lowercase().as_str() {
            "stun" => (Scheme::Stun, false),
            "stuns" => (Scheme::Stun, true),
            "turn" => (Scheme::Turn, false),
            "turns" => (Scheme::Turn, true),
            _ => return Err(bad(IceUrlError::Scheme)),
        };
        if rest.starts_with("//") {
            return Err(bad(IceUrlError::Slashes));
        }
        let (authority, query) = match rest.split_once('?') {
            Some((authority, query)) => (authority, Some(query)),
            None => (rest, None),
        };
        let asked = match query {
            None => None,
            Some("transport=udp") => Some(Transport::Udp),
            Some("transport=tcp") => Some(Transport::Tcp),
            Some(_) => return Err(bad(IceUrlError::Query)),
        };
        let transport = match (scheme, secure, asked) {
            (Scheme::Stun, _, Some(_)) => return Err(bad(IceUrlError::Transport)),
            (_, true, Some(Transport::Udp)) => Transport::Dtls,
            (_, true, _) => Transport::Tls,
            (_, false, asked) => asked.unwrap_or(Transport::Udp),
        };
        let (host, port) = split_authority(authority).ok_or_else(|| bad(IceUrlError::Host))?;
        let port = match port {
            None => {
                if secure {
                    5349
                } else {
                    3478
                }
            }
            Some(port) => port
                .parse()
                .ok()
                .filter(|&number| number != 0 && !port.starts_with('+'))
                .ok_or_else(|| bad(IceUrlError::Port))?,
        };
        Ok(Self {
            scheme,
            host,
            port,
            transport,
        })
    }
}

/// As much of a text as an error shows.
fn shown(text: &str) -> String {
    text.trim().chars().take(200).collect()
}

fn split_authority(authority: &str) -> Option<(String, Option<&str>)> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, rest) = rest.split_once(']')?;
        host.parse::<Ipv6Addr>().ok()?;
        return match rest {
            "" => Some((host.to_owned(), None)),
            rest => Some((host.to_owned(), Some(rest.strip_prefix(':')?))),
        };
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    (!host.is_empty() && host.len() <= 253 && host.chars().all(valid))
        .then(|| (host.to_ascii_lowercase(), port))
}

impl IceUrl {
    /// The host as an address, where it is one.
    pub fn literal_address(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }

    /// The same host and port asked for a reflexive address only: every TURN server answers Binding requests on its UDP
    /// port (RFC 8656, section 5), which by default is that of its TCP. `None`: a TLS port says nothing of UDP.
    pub fn as_stun(&self) -> Option<Self> {
        (!self.transport.is_secure()).then(|| Self {
            scheme: Scheme::Stun,
            transport: Transport::Udp,
            ..self.clone()
        })
    }
}

impl fmt::Display for IceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match (self.scheme, self.transport) {
            (Scheme::Stun, transport) if transport.is_secure() => "stuns",
            (Scheme::Stun, _) => "stun",
            (Scheme::Turn, transport) if transport.is_secure() => "turns",
            (Scheme::Turn, _) => "turn",
        };
        let host = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        write!(f, "{scheme}:{host}:{}", self.port)?;
        match (self.scheme, self.transport) {
            (Scheme::Stun, _) => Ok(()),
            (Scheme::Turn, Transport::Udp | Transport::Dtls) => f.write_str("?transport=udp"),
            (Scheme::Turn, Transport::Tcp | Transport::Tls) => f.write_str("?transport=tcp"),
        }
    }
}

impl From<IceUrl> for String {
    fn from(url: IceUrl) -> Self {
        url.to_string()
    }
}

impl TryFrom<String> for IceUrl {
    type Error = IceUrlError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::of_any_client(&text)
    }
}
