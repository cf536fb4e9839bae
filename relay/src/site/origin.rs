//! Under which address people open the page.

use super::{SiteConfig, error::Problem, own::host_of};
use axum::http::{HeaderMap, StatusCode, Uri, header::HOST, uri::Authority};

/// How a request came, as far as this program saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Without TLS: from a person, or from a reverse proxy.
    Plain,
    /// With TLS.
    Tls,
}

/// Scheme, host and port of the page, without a slash at its end: PUBLIC_URL, or as the request names them. What a
/// request says of itself is believed here, because the answer goes to whoever asks.
pub(super) fn origin_of(
    config: &SiteConfig,
    over: Over,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<String, Problem> {
    if let Some(url) = &config.public_url {
        return Ok(url.clone());
    }
    let forwarded = headers.get("x-forwarded-proto");
    let is_https =
        over == Over::Tls || forwarded.is_some_and(|scheme| scheme.as_bytes() == b"https");
    let scheme = if is_https { "https" } else { "http" };
    let named = headers.get(HOST).and_then(|host| host.to_str().ok());
    let authority = uri
        .authority()
        .cloned()
        .or_else(|| named?.parse::<Authority>().ok());
    // The host is one that can be; the port is taken as it stands.
    let port = authority.as_ref().and_then(Authority::port_u16);
    let Some(host) = host_of(uri, headers) else {
        return Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "the request names no valid host, so the link's address is not known: send a Host header, or set PUBLIC_URL",
        ));
    };
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host
    };
    Ok(match port {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::tests::config;

    #[test]
    fn the_address_is_the_set_one_or_that_of_the_request() {
        let cases = [
            (
                Over::Plain,
                "hear.example.org:8080",
                None,
                "http://hear.example.org:8080",
            ),
            (
                Over::Tls,
                "hear.example.org",
                None,
                "https://hear.example.org",
            ),
            (
                Over::Plain,
                "hear.example.org",
                Some("https"),
                "https://hear.example.org",
            ),
            (
                Over::Plain,
                "[2001:db8::1]:80",
                Some("http"),
                "http://[2001:db8::1]:80",
            ),
        ];
        let uri = Uri::from_static("/api/links");
        for (over, host, forwarded, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, host.parse().unwrap());
            if let Some(scheme) = forwarded {
                headers.insert("x-forwarded-proto", scheme.parse().unwrap());
            }
            let origin = origin_of(&config(), over, &uri, &headers).unwrap();
            assert_eq!(origin, expected);
            let mut set = config();
            set.public_url = Some("https://set.example.org".into());
            let origin = origin_of(&set, over, &uri, &headers).unwrap();
            assert_eq!(origin, "https://set.example.org");
        }
        assert!(origin_of(&config(), Over::Plain, &uri, &HeaderMap::new()).is_err());
    }
}
