//! From text to value. Every error is advice: what is wrong, and what to write instead.

use axum::http::Uri;
use earshot_report::{IceUrl, api::IceServer, ice_url::Scheme};
use ipnet::IpNet;
use std::{
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    ops::RangeInclusive,
    path::PathBuf,
};

/// RFC 8489 section 14.3: a user name is shorter than 509 bytes.
const LONGEST_USERNAME: usize = 508;
/// RFC 8489 section 14.9: a realm is shorter than 128 characters.
const LONGEST_REALM: usize = 127;

type Read<T> = Result<T, String>;

fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

pub(super) fn username(text: &str) -> Read<String> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST_USERNAME || text.chars().any(char::is_control) {
        return Err(format!(
            "a user name has 1 to {LONGEST_USERNAME} bytes and no control characters"
        ));
    }
    // `1700000000:name` is how time-limited user names are told from static ones.
    if let Some((expiry, _)) = text.split_once(':')
        && expiry.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Err(
            "digits before a colon mark a time-limited user name: choose one without".into(),
        );
    }
    Ok(text.to_owned())
}

pub(super) fn realm(text: &str) -> Read<String> {
    let text = text.trim();
    if text.is_empty() {
        return Err(
            "browsers retry for ever with an empty realm: name one, or leave the setting away"
                .into(),
        );
    }
    let unfit = |c: char| c.is_control() || matches!(c, '"' | '\\');
    if text.chars().count() > LONGEST_REALM || text.chars().any(unfit) {
        return Err(format!(
            "a realm has 1 to {LONGEST_REALM} characters and no quotes or backslashes"
        ));
    }
    Ok(text.to_owned())
}

pub(super) fn secret(text: &str) -> Read<String> {
    // Secrets are often read from files, whose last line ends somewhere.
    let text = text.trim_end_matches(['\r', '\n']);
    match text.is_empty() {
        true => Err("it is empty: give one, or leave it away to have a strong one made".into()),
        false => Ok(text.to_owned()),
    }
}

/// A secret that is shown in a header, where the spaces at its end are lost (RFC 9110 section 5.5).
pub(super) fn key(text: &str) -> Read<String> {
    let key = secret(text)?;
    let fits = |c: char| c.is_ascii_graphic() || c == ' ';
    match key.chars().all(fits) && !key.ends_with(' ') {
        true => Ok(key),
        false => Err(
            "it is sent in a header, which takes the letters A to Z, digits and the signs of ASCII alone: choose such a \
             one, or leave it away to have a strong one made"
                .into(),
        ),
    }
}

/// Socket addresses; `none` is an empty list.
pub(super) fn listeners(text: &str) -> Read<Vec<SocketAddr>> {
    if text.trim().eq_ignore_ascii_case("none") {
        return Ok(Vec::new());
    }
    let addresses = items(text).map(addresses).collect::<Read<Vec<_>>>()?;
    let addresses = addresses.concat();
    match addresses.is_empty() {
        true => Err("it names no address: write for example 0.0.0.0:3478, or none".into()),
        false => Ok(addresses),
    }
}

/// An address, or those of a name: on Fly.io the address of UDP traffic has no number that one could write down.
fn addresses(text: &str) -> Read<Vec<SocketAddr>> {
    let plain = address(text);
    let is_name = |host: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        host.bytes().all(allowed) && host.bytes().any(|byte| byte.is_ascii_alphabetic())
    };
    let Some((host, port)) = text
        .trim()
        .rsplit_once(':')
        .filter(|(host, _)| is_name(host))
    else {
        return plain.map(|address| vec![address]);
    };
    let found = (host, self::port(port)?).to_socket_addrs();
    let found: Vec<SocketAddr> = found.into_iter().flatten().collect();
    match found.is_empty() {
        true => Err(format!(
            "the name “{}” has no address here: write the address itself, for example 0.0.0.0:3478",
            shown(host)
        )),
        false => Ok(found),
    }
}

pub(super) fn address(text: &str) -> Read<SocketAddr> {
    let text = text.trim();
    text.parse().map_err(|_| {
        format!(
            "“{}” is no address with a port: write for example 0.0.0.0:3478, or [::]:3478 for IPv6",
            shown(text)
        )
    })
}

/// URLs of our own relay.
pub(super) fn turn_urls(text: &str) -> Read<Vec<IceUrl>> {
    items(text)
        .map(|item| {
            let url = item.parse::<IceUrl>().ok();
            url.filter(|url| url.scheme == Scheme::Turn).ok_or_else(|| {
                format!(
                    "“{}” is no URL of a relay: write for example turn:relay.example.org:3478?transport=tcp",
                    shown(item)
                )
            })
        })
        .collect()
}

pub(super) fn port(text: &str) -> Read<u16> {
    text.trim()
        .parse()
        .map_err(|_| "a port is a number from 0 to 65535".into())
}

pub(super) fn networks(text: &str) -> Read<Vec<IpNet>> {
    items(text)
        .map(|item| {
            let network = item.parse::<IpNet>().ok();
            network
                .or_else(|| item.parse::<IpAddr>().ok().map(IpNet::from))
                .ok_or_else(|| {
                    format!(
                        "“{}” is no network: write for example 10.1.0.0/16,fd00::/8",
                        shown(item)
                    )
                })
        })
        .collect()
}

pub(super) fn ports(text: &str) -> Read<RangeInclusive<u16>> {
    let range = text.split_once('-').and_then(|(first, last)| {
        let first = first.trim().parse::<u16>().ok()?;
        let last = last.trim().parse::<u16>().ok()?;
        (first != 0 && first <= last).then_some(first..=last)
    });
    range.ok_or_else(|| "write the first and the last port, for example 49152-65535".into())
}

/// Addresses, and one line for each item that is ignored: a wrong external address keeps no relay from starting,
/// because it is found by itself as well.
pub(super) fn external_ips(text: &str) -> (Vec<IpAddr>, Vec<String>) {
    let (mut ips, mut ignored) = (Vec::<IpAddr>::new(), Vec::new());
    for item in items(text) {
        let usable = |ip: &IpAddr| !ip.is_unspecified() && !ip.is_multicast();
        match item.parse::<IpAddr>().ok().filter(usable) {
            None => ignored.push(format!(
                "EXTERNAL_IP “{}” is no IP address and is ignored",
                shown(item)
            )),
            Some(ip) if ips.iter().any(|known| known.is_ipv4() == ip.is_ipv4()) => {
                ignored.push(format!(
                    "EXTERNAL_IP “{ip}” is ignored: it names two addresses of one family, and the first one counts"
                ));
            }
            Some(ip) => ips.push(ip),
        }
    }
    (ips, ignored)
}

/// An origin: scheme, host, and a port where it is not the usual one.
pub(super) fn public_url(text: &str) -> Read<String> {
    let uri = text.trim().parse::<Uri>().ok();
    let origin = uri.and_then(|uri| {
        let scheme = uri
            .scheme_str()
            .filter(|scheme| matches!(*scheme, "http" | "https"))?;
        let authority = uri.authority()?;
        let plain = !authority.as_str().contains('@')
            && !authority.host().is_empty()
            && matches!(uri.path(), "" | "/")
            && uri.query().is_none();
        plain.then(|| format!("{scheme}://{authority}"))
    });
    origin.ok_or_else(|| {
        "write scheme and host without a path, for example https://hear.example.org".into()
    })
}

/// An origin on this machine; without a port it means any.
pub(super) fn local_origin(text: &str) -> Read<String> {
    let origin = public_url(text)?;
    let uri = origin.parse::<Uri>().ok();
    let host = uri.as_ref().and_then(Uri::host);
    match matches!(host, Some("localhost" | "127.0.0.1" | "[::1]")) {
        true => Ok(origin),
        false => Err(
            "only pages on this machine may be let in: write for example http://127.0.0.1".into(),
        ),
    }
}

pub(super) fn file(text: &str) -> Read<PathBuf> {
    let path = PathBuf::from(text.trim());
    match std::fs::File::open(&path) {
        Ok(_) => Ok(path),
        Err(error) => Err(format!(
            "the file cannot be read ({error}): check its path and its permissions"
        )),
    }
}

pub(super) fn ice_servers(text: &str) -> Read<Vec<IceServer>> {
    let example =
        r#"[{"urls": "turn:relay.example.org:3478", "username": "…", "credential": "…"}]"#;
    // serde's own words would quote the text, and there is a password in it.
    let servers: Vec<IceServer> = serde_json::from_str(text).map_err(|error| {
        format!(
            "it is no JSON list of servers (wrong at line {}, column {}): write for example {example}",
            error.line(),
            error.column()
        )
    })?;
    for server in &servers {
        if server.urls.is_empty() {
            return Err(format!(
                "a server without “urls” is in it: write for example {example}"
            ));
        }
        for url in &server.urls {
            let parsed = url.parse::<IceUrl>().map_err(|error| error.to_string())?;
            let named = server
                .username
                .as_ref()
                .is_some_and(|name| !name.is_empty());
            if parsed.scheme == Scheme::Turn && !(named && server.credential.is_some()) {
                return Err(format!(
                    "{parsed} is a TURN server and needs “username” and “credential”: browsers refuse it otherwise"
                ));
            }
        }
    }
    Ok(servers)
}

pub(super) fn yes_or_no(text: &str) -> Read<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "yes" | "true" | "on" | "1" => Ok(true),
        "no" | "false" | "off" | "0" => Ok(false),
        _ => Err("write yes or no".into()),
    }
}

/// A whole number within these bounds.
pub(super) fn number(bounds: RangeInclusive<u32>) -> impl Fn(&str) -> Read<u32> {
    move |text| {
        let number = text.trim().parse().ok();
        number
            .filter(|number| bounds.contains(number))
            .ok_or_else(|| format!("write a number from {} to {}", bounds.start(), bounds.end()))
    }
}

/// Published in examples everywhere, so the first ones that are tried.
pub(super) fn is_well_known(secret: &str) -> bool {
    const PUBLISHED: [&str; 22] = [
        "turn123456",
        "turn123",
        "turnserver",
        "turn",
        "coturn",
        "password",
        "password1",
        "passw0rd",
        "secret",
        "admin",
        "test",
        "user",
        "guest",
        "changeme",
        "change-me",
        "changeit",
        "123456",
        "12345678",
        "youhavetoberealistic",
        "north",
        "your-password",
        "logen",
    ];
    let secret = secret.to_ascii_lowercase();
    PUBLISHED.contains(&secret.as_str())
}

fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}
