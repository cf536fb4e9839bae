//! Where a request comes from.

use crate::external::own_addresses;
use axum::http::HeaderMap;
use std::net::{IpAddr, SocketAddr};

/// The client's address: the TCP connection's, or what a reverse proxy on this very host says. Good for showing, for
/// telling tests apart and for rates; it never opens anything.
pub(super) fn address(connection: SocketAddr, headers: &HeaderMap) -> IpAddr {
    let peer = connection.ip().to_canonical();
    if !peer.is_loopback() {
        return peer;
    }
    // The last entry is the one that our own proxy added.
    let last = headers.get_all("x-forwarded-for").iter().next_back();
    last.and_then(|last| last.to_str().ok())
        .and_then(|last| last.rsplit(',').next())
        .and_then(|entry| parse(entry.trim()))
        .unwrap_or(peer)
}

/// Some proxies add a port.
fn parse(entry: &str) -> Option<IpAddr> {
    let bare = entry.trim_start_matches('[').trim_end_matches(']');
    let ip = bare.parse::<IpAddr>().ok();
    ip.or_else(|| {
        entry
            .parse::<SocketAddr>()
            .ok()
            .map(|with_port| with_port.ip())
    })
    .map(|ip| ip.to_canonical())
}

/// The addresses from which the same client may send to the relay. A page on this very machine is loaded from
/// 127.0.0.1, and its media come from an interface's address.
pub(super) fn homes(client: IpAddr) -> Vec<IpAddr> {
    let own = own_addresses();
    if client.is_loopback() || own.contains(&client) {
        let mut homes = own;
        homes.push(client);
        return homes;
    }
    vec![client]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_proxy_on_this_host_is_believed() {
        let cases = [
            ("203.0.113.1:5000", &["198.51.100.1"][..], "203.0.113.1"),
            ("127.0.0.1:5000", &[], "127.0.0.1"),
            ("127.0.0.1:5000", &["198.51.100.1"], "198.51.100.1"),
            (
                "127.0.0.1:5000",
                &["10.9.9.9, 198.51.100.1"],
                "198.51.100.1",
            ),
            (
                "127.0.0.1:5000",
                &["10.9.9.9", "198.51.100.1"],
                "198.51.100.1",
            ),
            ("127.0.0.1:5000", &["198.51.100.1:4711"], "198.51.100.1"),
            ("127.0.0.1:5000", &["nonsense"], "127.0.0.1"),
            ("127.0.0.1:5000", &["198.51.100.1, unknown"], "127.0.0.1"),
            ("[::1]:5000", &["2001:db8::1"], "2001:db8::1"),
            ("[::1]:5000", &["[2001:db8::1]:80"], "2001:db8::1"),
            ("[::ffff:203.0.113.1]:5000", &[], "203.0.113.1"),
        ];
        for (connection, forwarded, expected) in cases {
            let mut headers = HeaderMap::new();
            for value in forwarded {
                headers.append("x-forwarded-for", value.parse().unwrap());
            }
            let found = address(connection.parse().unwrap(), &headers);
            let expected: IpAddr = expected.parse().unwrap();
            assert_eq!(found, expected, "{connection} {forwarded:?}");
        }
    }
}
