//! What single lines tell.

use crate::coturn::log::event::{Event, Refused, event};

/// Lines of coturn 4.6.1 as it wrote them, of other versions as their sources write them, and of Earshot.
#[test]
fn lines_are_understood() {
    let session = Some(1_000_000_000_000_001);
    for (line, expected) in [
        (
            "0: : session 001000000000000001: new, realm=<>, username=<>, lifetime=600",
            Event::New {
                session,
                realm: "",
                user: "",
            },
        ),
        (
            "5: (77): INFO: session 001000000000000001: new, realm=<v>, username=<1795293798:alice>, lifetime=600, cipher=X, method=TLSv1.3",
            Event::New {
                session,
                realm: "v",
                user: "1795293798:alice",
            },
        ),
        (
            "INFO: session: new, username=voicechat, realm=voicechat",
            Event::New {
                session: None,
                realm: "voicechat",
                user: "voicechat",
            },
        ),
        (
            "INFO: session: usage: realm=<>, username=<>, rp=0, rb=0, sp=0, sb=0",
            Event::Usage {
                session: None,
                realm: "",
                user: "",
                packets: 0,
            },
        ),
        (
            "5: : session 001000000000000001: usage: realm=<v>, username=<a rp=7, sp=8>, rp=27, rb=2368, sp=3, sb=2500",
            Event::Usage {
                session,
                realm: "v",
                user: "a rp=7, sp=8",
                packets: 30,
            },
        ),
        (
            "5: : session 001000000000000001: peer usage: realm=<v>, username=<u>, rp=20, rb=2000, sp=20, sb=2000",
            Event::PeerUsage {
                session,
                packets: 40,
            },
        ),
        (
            "1: : session 001000000000000001: closed (2nd stage), user <> realm <> origin <>, local 127.0.0.1:43478, remote 127.0.0.1:35600, reason: allocation timeout",
            Event::Closed { session },
        ),
        (
            "0: : session 001000000000000001: realm <voicechat> user <>: incoming packet message processed, error 401: Unauthorized",
            Event::Error {
                realm: "voicechat",
                user: "",
                method: "message",
                code: 401,
            },
        ),
        (
            "2026-11-21T20:00:00+0000 INFO session 001000000000000001: origin <https://a.b> realm <v> user <u>: incoming packet ALLOCATE processed, error 486: Allocation Quota Reached",
            Event::Error {
                realm: "v",
                user: "u",
                method: "ALLOCATE",
                code: 486,
            },
        ),
        (
            "0: : session 001000000000000001: realm <> user <>: incoming packet ALLOCATE processed, success",
            Event::Usual,
        ),
        (
            "0: : ERROR: check_stun_auth: Cannot find credentials of user <nobody>",
            Event::Refused {
                user: "nobody",
                why: Refused::Unknown,
            },
        ),
        (
            "2026-11-21T20:00:00+0000 ERROR session 001000000000000001: check_stun_auth: Cannot find credentials of user <nobody>",
            Event::Refused {
                user: "nobody",
                why: Refused::Unknown,
            },
        ),
        (
            "0: : ERROR: check_stun_auth: user user credentials are incorrect",
            Event::Refused {
                user: "user",
                why: Refused::Password,
            },
        ),
        (
            "0: : ERROR: A peer IP 10.0.0.1 denied in the range: 10.0.0.0-10.255.255.255",
            Event::PeerDenied { peer: "10.0.0.1" },
        ),
        (
            "0: (1): ERROR: session 001000000000000001: A peer IP 10.0.0.1 denied in the range: 10.0.0.0-10.255.255.255 in server 1 ",
            Event::PeerDenied { peer: "10.0.0.1" },
        ),
        (
            "0: : create_relay_ioa_sockets: no available ports 3",
            Event::NoPorts,
        ),
        (
            "0: : Trying to bind fd 12 to <127.0.0.1:43478>: errno=98",
            Event::NotBound {
                address: "127.0.0.1:43478",
                taken: true,
            },
        ),
        (
            "Version Coturn-4.6.1 'Gorst'",
            Event::Program {
                name: "coturn",
                version: "4.6.1",
            },
        ),
        ("0: : Default realm: ", Event::Realm("")),
        (
            "0: : ERROR: -X : Wrong address format: $EXTERNAL_IP",
            Event::Complaint("-X : Wrong address format: $EXTERNAL_IP"),
        ),
        (
            "0: : Check config! The following line ends with semicolon: \"user=a:secret;\" ",
            Event::Complaint("Check config! The following line ends with semicolon"),
        ),
        (
            "2026-11-21T20:00:00.000001Z  INFO user <a>: refused (the credential is over its time, 401) from 192.0.2.7:4000",
            Event::Refused {
                user: "a",
                why: Refused::Expired,
            },
        ),
        (
            "2026-11-21T20:00:00.000001Z  INFO user <a>: refused (the user has all allocations it may have, 486) from 192.0.2.7:4000",
            Event::Error {
                realm: "-",
                user: "a",
                method: "ALLOCATE",
                code: 486,
            },
        ),
        (
            "2026-11-21T20:00:00.000001Z  INFO 980 more requests were refused",
            Event::RefusedMore(980),
        ),
        (
            "2026-11-21T20:00:00.000001Z  INFO test 5c1b: udp-blocked, 4512 ms",
            Event::Test {
                cause: "udp-blocked",
            },
        ),
        (
            "2026-11-21T20:00:00.000001Z ERROR not ready: x",
            Event::Trouble("not ready: x"),
        ),
        ("2026-11-21T20:00:00.000001Z  INFO ending", Event::Usual),
        (
            "earshot 0.1.0, process 23820",
            Event::Program {
                name: "earshot",
                version: "0.1.0",
            },
        ),
    ] {
        assert_eq!(event(line), Some(expected), "{line}");
    }
}

#[test]
fn what_is_not_known_is_nothing() {
    for line in [
        "",
        "session",
        "session x: y",
        "GET / HTTP/1.1 200",
        "a session was opened for root",
        "username=<realm=<>",
        "user <a>: refused (b",
    ] {
        assert_eq!(event(line), None, "{line}");
    }
}
