//! Servers and networks that cannot be reached.

use super::*;

#[test]
fn servers_out_of_reach() {
    check(vec![
        case(
            "stopped",
            other_server(),
            |facts| {
                facts.silence(None).probes(dead);
            },
            broken(Code::ServerUnreachable),
            "neither page nor program hears anything",
        ),
        case(
            "silent to the page, seen by the relay",
            own_relay(),
            |facts| {
                facts.silence(None).native_probes.clear();
            },
            broken(Code::Unknown),
            "a relay that sees the test is not out of reach",
        ),
        case(
            "stopped, typed by the person",
            ad_hoc(),
            |facts| {
                facts.silence(None);
            },
            broken(Code::ServerUnreachable),
            "the likeliest, as nobody else looks",
        ),
        case(
            "no such name",
            other_server(),
            |facts| {
                facts
                    .refuse(None, 701, "TURN host lookup received error.")
                    .probes(|probe| {
                        *probe = NativeProbe::new(probe.url.clone());
                        probe.finished = true;
                        probe.resolves = Fact::No;
                    });
            },
            broken(Code::ServerNameUnresolved),
            "the program's own lookup finds nothing either",
        ),
        case(
            "no such name, typed by the person",
            ad_hoc(),
            |facts| {
                facts.refuse(UDP, 701, "TURN host lookup received error.");
                facts.refuse(TCP, 701, "Failed to establish connection");
            },
            broken(Code::ServerNameUnresolved),
            "the browser says so by UDP; by TCP it has no words for it",
        ),
        case(
            "a web server on that port",
            other_server(),
            |facts| {
                facts
                    .silence(None)
                    .probes(|probe| match probe.url.transport {
                        Transport::Udp => dead(probe),
                        _ => {
                            probe.speaks_stun = Fact::No;
                            probe.speaks_turn = Fact::No;
                            probe.other_answer = Some("HTTP/1.1 400 Bad Request".to_owned());
                        }
                    });
            },
            broken(Code::NotATurnServer),
            "something answers and it is not STUN; that UDP is silent follows from it",
        ),
        case(
            "STUN only",
            other_server(),
            |facts| {
                facts
                    .silence(None)
                    .probes(|probe| probe.speaks_turn = Fact::No);
            },
            broken(Code::NotATurnServer),
            "it says what address it sees and relays nothing",
        ),
        case(
            "STUN only or open, typed by the person",
            ad_hoc(),
            |facts| {
                facts.refuse(None, 701, "TURN allocate request timed out.");
                for target in facts.targets_by(None) {
                    target.gathering.candidates = vec![reflexive()];
                }
            },
            broken(Code::Unknown),
            "the page alone cannot tell the two apart",
        ),
        case(
            "nothing but the web",
            other_server(),
            |facts| {
                facts.cut_udp().silence(None);
            },
            broken(Code::WebOnlyNetwork),
            "the server answers the program, the page answers HTTPS, and TURN is silent",
        ),
        case(
            "no network",
            own_relay(),
            |facts| {
                facts.cut_udp().silence(None);
                facts.environment.online = Fact::No;
                facts.environment.api_reachable = Fact::No;
            },
            broken(Code::Offline),
            "the program does not answer either",
        ),
        case(
            "certificate expired",
            other_server_by_tls(),
            |facts| {
                facts
                    .refuse(TLS, 701, "Failed to establish connection")
                    .probes(complaint("invalid peer certificate: Expired"));
            },
            degraded(Code::TlsCertificateExpired),
            "the program's handshake names what the browser hides behind 701",
        ),
        case(
            "certificate for another host",
            other_server_by_tls(),
            |facts| {
                facts
                    .refuse(TLS, 701, "")
                    .probes(complaint("certificate not valid for name \"a\""));
            },
            degraded(Code::TlsCertificateWrongName),
            "as rustls says it",
        ),
        case(
            "certificate of nobody",
            other_server_by_tls(),
            |facts| {
                facts
                    .refuse(TLS, 701, "")
                    .probes(complaint("UnknownIssuer"));
            },
            degraded(Code::TlsCertificateUntrusted),
            "as rustls says it",
        ),
        case(
            "a certificate that only the browser trusts",
            other_server_by_tls(),
            |facts| {
                facts.probes(|probe| {
                    probe.certificate_error = Some("UnknownIssuer".to_owned());
                });
            },
            GOOD,
            "who gets a relay has no trouble with the certificate",
        ),
    ]);
}

fn complaint(words: &'static str) -> impl Fn(&mut NativeProbe) {
    move |probe| {
        if probe.url.transport == Transport::Tls {
            probe.certificate_error = Some(words.to_owned());
        }
    }
}
