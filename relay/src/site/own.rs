//! This program's own relay, as a page is told of it.

use crate::{ledger::Listening, store::nodes::Place};
use axum::http::{HeaderMap, Uri, header::HOST, uri::Authority};
use earshot_report::{IceUrl, Scheme, Transport};
use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

/// Where it listens, with the ports really bound.
#[derive(Clone)]
pub struct OwnRelay {
    /// TURN by UDP and TCP.
    pub turn: Vec<SocketAddr>,
    /// Binding requests alone, by UDP.
    pub stun: Vec<SocketAddr>,
    /// TURN by TLS, beside page and API.
    pub tls: Vec<SocketAddr>,
    /// Its URLs, where the operator says under which others people reach it.
    pub known_urls: Vec<IceUrl>,
    /// The witness, as peers of the relay see it.
    pub witness: Vec<SocketAddr>,
    /// The address of this machine that the relay announces, where an interface has it.
    pub outer: Option<IpAddr>,
    /// Where tests of other relays reach it.
    pub places: Vec<Place>,
    /// Lets tests reach these places of other relays.
    pub reach: Arc<dyn Fn(Vec<Place>) + Send + Sync>,
    /// Whether all of it still runs.
    pub is_listening: Arc<dyn Fn() -> bool + Send + Sync>,
}

impl fmt::Debug for OwnRelay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnRelay")
            .field("turn", &self.turn)
            .field("stun", &self.stun)
            .field("tls", &self.tls)
            .field("known_urls", &self.known_urls)
            .field("witness", &self.witness)
            .field("outer", &self.outer)
            .finish_non_exhaustive()
    }
}

impl OwnRelay {
    /// The transports it has.
    pub fn listening(&self) -> Listening {
        Listening {
            udp: !self.turn.is_empty(),
            tcp: !self.turn.is_empty(),
            tls: !self.tls.is_empty(),
        }
    }

    /// Its URLs under this host name.
    pub(super) fn urls(&self, host: &str) -> Vec<IceUrl> {
        if !self.known_urls.is_empty() {
            return self.known_urls.clone();
        }
        let url = |listeners: &[SocketAddr], transport| {
            // A certificate names what the page was opened under.
            let host = match transport {
                Transport::Tls => host.to_owned(),
                _ => self.beyond_loopback(host),
            };
            Some(IceUrl {
                scheme: Scheme::Turn,
                host,
                port: listeners.first()?.port(),
                transport,
            })
        };
        [
            url(&self.turn, Transport::Udp),
            url(&self.turn, Transport::Tcp),
            url(&self.tls, Transport::Tls),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// Two STUN ports, where it has them: a NAT that maps each destination differently shows by them.
    pub(super) fn stun_pair(&self, host: &str) -> Option<[IceUrl; 2]> {
        if !self.known_urls.is_empty() {
            // Where its TURN port is forwarded from elsewhere, nobody knows of a second one.
            return None;
        }
        let url = |listeners: &[SocketAddr]| {
            Some(IceUrl {
                scheme: Scheme::Stun,
                host: self.beyond_loopback(host),
                port: listeners.first()?.port(),
                transport: Transport::Udp,
            })
        };
        Some([url(&self.turn)?, url(&self.stun)?])
    }

    /// Firefox asks no server at a loopback address. A page opened there is on this very machine, which the outer
    /// address reaches just as well.
    fn beyond_loopback(&self, host: &str) -> String {
        let is_loopback = host == "localhost"
            || host
                .parse::<IpAddr>()
                .is_ok_and(|ip| ip.to_canonical().is_loopback());
        let listens = |outer: &IpAddr| {
            self.turn.iter().any(|at| {
                let ip = at.ip();
                ip == *outer || ip.is_unspecified() && ip.is_ipv4() == outer.is_ipv4()
            })
        };
        match self.outer.filter(listens) {
            Some(outer) if is_loopback => outer.to_string(),
            _ => host.to_owned(),
        }
    }
}

/// The host that the page was asked for, an IPv6 address without its brackets; `None`: none, or one that cannot be.
pub(super) fn host_of(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let named = headers.get(HOST).and_then(|host| host.to_str().ok());
    let authority = match uri.authority() {
        Some(authority) => authority.clone(),
        None => named?.parse::<Authority>().ok()?,
    };
    // The parser of ICE URLs knows what a host looks like.
    let url = format!("turn:{}:3478", authority.host());
    let url: IceUrl = url.parse().ok()?;
    Some(url.host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_comes_from_the_request_and_is_checked() {
        let cases = [
            ("127.0.0.1:8080", Some("127.0.0.1")),
            ("Hear.Example.org", Some("hear.example.org")),
            ("[2001:db8::1]:443", Some("2001:db8::1")),
            ("user@host", Some("host")),
            ("a b", None),
            ("host?transport=udp", None),
            ("", None),
            ("[nonsense]", None),
        ];
        for (given, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, given.parse().unwrap());
            let found = host_of(&Uri::from_static("/api/runs"), &headers);
            assert_eq!(found.as_deref(), expected, "{given}");
        }
        let uri = Uri::from_static("https://other.example.org/api/runs");
        assert_eq!(
            host_of(&uri, &HeaderMap::new()).as_deref(),
            Some("other.example.org")
        );
        assert_eq!(host_of(&Uri::from_static("/"), &HeaderMap::new()), None);
    }

    #[test]
    fn urls_have_the_ports_that_are_bound() {
        let listener = |text: &str| vec![text.parse().unwrap(), "[::]:1".parse().unwrap()];
        let relay = OwnRelay {
            turn: listener("0.0.0.0:3478"),
            stun: listener("0.0.0.0:3479"),
            tls: listener("0.0.0.0:443"),
            known_urls: Vec::new(),
            witness: Vec::new(),
            outer: None,
            places: Vec::new(),
            reach: Arc::new(|_| ()),
            is_listening: Arc::new(|| true),
        };
        let urls = |relay: &OwnRelay, host| -> Vec<String> {
            relay.urls(host).iter().map(ToString::to_string).collect()
        };
        assert_eq!(
            urls(&relay, "2001:db8::1"),
            [
                "turn:[2001:db8::1]:3478?transport=udp",
                "turn:[2001:db8::1]:3478?transport=tcp",
                "turns:[2001:db8::1]:443?transport=tcp",
            ]
        );
        let pair = relay.stun_pair("localhost").unwrap();
        assert_eq!(
            pair.map(String::from),
            ["stun:localhost:3478", "stun:localhost:3479"]
        );
        let proxied = OwnRelay {
            known_urls: vec![
                "turn:proxy.example.net:15140?transport=tcp"
                    .parse()
                    .unwrap(),
            ],
            ..relay.clone()
        };
        assert_eq!(
            urls(&proxied, "localhost"),
            ["turn:proxy.example.net:15140?transport=tcp"]
        );
        assert_eq!(proxied.stun_pair("localhost"), None);
        let less = OwnRelay {
            stun: vec![],
            tls: vec![],
            ..relay
        };
        assert_eq!(urls(&less, "localhost").len(), 2);
        assert_eq!(less.stun_pair("localhost"), None);
    }

    #[test]
    fn a_page_on_this_machine_is_told_an_address_that_every_browser_asks() {
        let relay = |turn: &str, outer: &str| OwnRelay {
            turn: vec![turn.parse().unwrap()],
            stun: vec!["0.0.0.0:3479".parse().unwrap()],
            tls: vec!["0.0.0.0:443".parse().unwrap()],
            known_urls: Vec::new(),
            witness: Vec::new(),
            outer: Some(outer.parse().unwrap()),
            places: Vec::new(),
            reach: Arc::new(|_| ()),
            is_listening: Arc::new(|| true),
        };
        let hosts = |relay: &OwnRelay, host| -> Vec<String> {
            let urls = relay.urls(host).into_iter();
            urls.chain(relay.stun_pair(host).unwrap())
                .map(|url| url.host)
                .collect()
        };
        let everywhere = relay("0.0.0.0:3478", "192.168.1.7");
        let outer = "192.168.1.7";
        assert_eq!(
            hosts(&everywhere, "127.0.0.1"),
            [outer, outer, "127.0.0.1", outer, outer]
        );
        assert_eq!(hosts(&everywhere, "localhost")[0], outer);
        assert_eq!(hosts(&everywhere, "::1")[0], outer);
        assert_eq!(
            hosts(&everywhere, "hear.example.org")[0],
            "hear.example.org"
        );
        // It does not listen there.
        let inside = relay("127.0.0.1:3478", "192.168.1.7");
        assert_eq!(hosts(&inside, "127.0.0.1")[0], "127.0.0.1");
    }
}
