//! STUN and TURN URLs (RFC 7064, RFC 7065).

use earshot_report::{IceUrl, Scheme, Transport, ice_url::IceUrlError};
use proptest::prelude::*;

#[test]
fn examples_of_the_standards() {
    use Scheme::*;
    use Transport::*;
    for (text, scheme, host, port, transport) in [
        ("stun:example.org", Stun, "example.org", 3478, Udp),
        ("stuns:example.org", Stun, "example.org", 5349, Tls),
        ("stun:example.org:8000", Stun, "example.org", 8000, Udp),
        ("turn:example.org", Turn, "example.org", 3478, Udp),
        ("turns:example.org", Turn, "example.org", 5349, Tls),
        ("turn:example.org:8000", Turn, "example.org", 8000, Udp),
        (
            "turn:example.org?transport=udp",
            Turn,
            "example.org",
            3478,
            Udp,
        ),
        (
            "turn:example.org?transport=tcp",
            Turn,
            "example.org",
            3478,
            Tcp,
        ),
        (
            "turns:example.org?transport=tcp",
            Turn,
            "example.org",
            5349,
            Tls,
        ),
        ("turn:[2001:db8::1]:1", Turn, "2001:db8::1", 1, Udp),
        (" TURN:Example.ORG ", Turn, "example.org", 3478, Udp),
    ] {
        let url: IceUrl = text
            .parse()
            .unwrap_or_else(|error| panic!("{text}: {error}"));
        let got = (url.scheme, url.host.as_str(), url.port, url.transport);
        assert_eq!(got, (scheme, host, port, transport), "{text}");
    }
}

/// RFC 7350 section 2 adds it to RFC 7065; browsers have no DTLS towards a relay.
#[test]
fn turn_over_dtls_is_a_url_of_other_clients_alone() {
    for (text, written) in [
        (
            "turns:example.org?transport=udp",
            "turns:example.org:5349?transport=udp",
        ),
        (
            "turns:[2001:db8::1]:443?transport=udp",
            "turns:[2001:db8::1]:443?transport=udp",
        ),
    ] {
        let url = IceUrl::of_any_client(text).unwrap();
        assert_eq!((url.scheme, url.transport), (Scheme::Turn, Transport::Dtls));
        assert_eq!(url.to_string(), written);
        assert_eq!(IceUrl::of_any_client(written).unwrap(), url);
        assert_eq!(url.as_stun(), None);
        let error = text.parse::<IceUrl>().unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
    }
    // RFC 7064 has no transport, so neither has STUN over TLS.
    for text in ["stuns:a?transport=udp", "turns:a?transport=dtls"] {
        assert!(IceUrl::of_any_client(text).is_err(), "{text}");
    }
}

#[test]
fn what_is_no_url_names_the_fault() {
    for (text, is_right) in [
        (
            "",
            (|e| matches!(e, IceUrlError::Scheme(_))) as fn(&IceUrlError) -> bool,
        ),
        ("http:example.org", |e| matches!(e, IceUrlError::Scheme(_))),
        ("turn://example.org", |e| {
            matches!(e, IceUrlError::Slashes(_))
        }),
        ("turn:", |e| matches!(e, IceUrlError::Host(_))),
        ("turn:a b", |e| matches!(e, IceUrlError::Host(_))),
        ("turn:[::1", |e| matches!(e, IceUrlError::Host(_))),
        ("turn:a:0", |e| matches!(e, IceUrlError::Port(_))),
        ("turn:a:70000", |e| matches!(e, IceUrlError::Port(_))),
        ("turn:a:+1", |e| matches!(e, IceUrlError::Port(_))),
        ("turn:a:", |e| matches!(e, IceUrlError::Port(_))),
        ("turn:a?x=1", |e| matches!(e, IceUrlError::Query(_))),
        ("stun:a?transport=udp", |e| {
            matches!(e, IceUrlError::Transport(_))
        }),
        ("turns:a?transport=udp", |e| {
            matches!(e, IceUrlError::Transport(_))
        }),
    ] {
        let error = text.parse::<IceUrl>().unwrap_err();
        assert!(is_right(&error), "{text}: {error}");
        assert!(error.to_string().len() > 20, "a sentence: {error}");
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        scheme in "stuns?|turns?", host in "[a-z0-9][a-z0-9.-]{0,20}", port in 1u16.., query in prop::option::of("udp|tcp"),
    ) {
        let query = query.map(|transport| format!("?transport={transport}")).unwrap_or_default();
        if let Ok(url) = format!("{scheme}:{host}:{port}{query}").parse::<IceUrl>() {
            prop_assert_eq!(url.to_string().parse::<IceUrl>(), Ok(url));
        }
    }

    #[test]
    fn no_text_is_too_strange(text in ".{0,80}", scheme in "(stuns?|turns?):") {
        for text in [format!("{scheme}{text}"), text] {
            if let Ok(url) = IceUrl::of_any_client(&text) {
                prop_assert_eq!(IceUrl::of_any_client(&url.to_string()), Ok(url));
            }
        }
    }
}
