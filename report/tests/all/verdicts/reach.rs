//! Servers and networks that cannot be reached.

use super::*;

const EVERY_TRANSPORT: [Transport; 3] = [Transport::Udp, Transport::Tcp, Transport::Tls];

pub(super) fn servers_out_of_reach() -> Vec<Case> {
    vec![
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
                facts
                    .silence(None)
                    .sightings(asked_again_by_udp)
                    .native_probes
                    .clear();
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
            "nobody has come to the own relay",
            own_relay(),
            nobody_comes,
            broken(Code::ServerUnreachable),
            "it answers itself, and a closed firewall of its host keeps everybody else out",
        ),
        case(
            "the own relay is silent, and others came by TCP",
            own_relay(),
            |facts| {
                nobody_comes(facts);
                facts.sightings(|sightings| sightings.others_udp = Fact::No);
            },
            broken(Code::Unknown),
            "it is open to others, by TCP at least",
        ),
        case(
            "the own relay has UDP only, and is silent",
            own_relay(),
            |facts| {
                nobody_comes(facts);
                facts
                    .targets
                    .retain(|target| target.target.url.transport == Transport::Udp);
            },
            broken(Code::Unknown),
            "many networks forbid UDP",
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
            "a resolver that is silent of the name",
            other_server(),
            |facts| {
                facts.cut_udp().silence(None).targets[0].by_address = Fact::Yes;
            },
            broken(Code::ServerNameBlocked),
            "by its address the server relays to this very browser, so more than the web gets out",
        ),
        case(
            "a resolver that denies the name, and TLS",
            other_server_by_tls(),
            |facts| {
                facts.refuse(UDP, 701, "TURN host lookup received error.");
                facts.refuse(TLS, 701, "Failed to establish connection");
                facts.targets[0].by_address = Fact::Yes;
            },
            broken(Code::ServerNameBlocked),
            "the certificate holds for the name only, so TLS is not tried by address",
        ),
        case(
            "a quota that the try by address was let through",
            other_server(),
            |facts| {
                facts.refuse(None, 486, "Allocation Quota Reached").targets[0].by_address =
                    Fact::Yes;
            },
            broken(Code::QuotaReached),
            "who refuses by the name is not hidden",
        ),
        case(
            "a slow resolver",
            other_server(),
            |facts| facts.targets[0].by_address = Fact::Yes,
            GOOD,
            "the name served in the end",
        ),
        case(
            "nothing but the web, tried by address too",
            other_server(),
            |facts| {
                facts.cut_udp().silence(None).targets[0].by_address = Fact::No;
            },
            broken(Code::WebOnlyNetwork),
            "it is not the name",
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
        case(
            "TLS intercepted, says the alert",
            own_relay(),
            |facts| {
                facts.silence(TLS);
                facts.sightings(|sightings| sightings.tls.tls_alerts = vec!["unknown_ca".into()]);
            },
            degraded(Code::TlsIntercepted),
            "the program's handshake with the same listener is fine",
        ),
        case(
            "TLS given up for another reason",
            own_relay(),
            |facts| {
                facts.silence(TLS);
                facts.sightings(|it| it.tls.tls_alerts = vec!["protocol_version".into()]);
            },
            degraded(Code::Unknown),
            "the certificate was not what it minded",
        ),
        case(
            "TLS intercepted, as the page sees it",
            other_server_by_tls(),
            |facts| {
                facts.refuse(TLS, 701, "Failed to establish connection");
            },
            degraded(Code::Unknown),
            "only UDP relays beside it: the port of TLS may be closed to this network",
        ),
        case(
            "TLS intercepted beside TCP that relays",
            both(),
            |facts| {
                facts.refuse(TLS, 701, "Failed to establish connection");
            },
            degraded(Code::TlsIntercepted),
            "connections get out, the server's TLS is fine, and the browser's fails at once",
        ),
        case(
            "a proxy that refuses all but the page's port",
            own_relay(),
            |facts| {
                let probes = facts.native_probes.clone();
                unseen_by_relay(facts);
                facts.native_probes = probes;
                facts.refuse(TLS, 701, "Failed to establish connection");
                facts.environment.https_port = Some(8443);
            },
            broken(Code::WebOnlyNetwork),
            "nothing shows that TLS to that port gets out, whatever its certificate",
        ),
        case(
            "TLS on the page's own port intercepted, nothing else gets out",
            own_relay(),
            |facts| {
                let probes = facts.native_probes.clone();
                unseen_by_relay(facts);
                facts.native_probes = probes;
                facts.refuse(TLS, 701, "Failed to establish connection");
            },
            broken(Code::TlsIntercepted),
            "the page came by that port, so TLS would get out if nothing looked into it",
        ),
        case(
            "TLS refused, and the certificate is bad",
            both(),
            |facts| {
                facts
                    .refuse(TLS, 701, "Failed to establish connection")
                    .sightings(|it| it.tls.tls_alerts = vec!["unknown_ca".into()])
                    .probes(complaint("UnknownIssuer"));
            },
            degraded(Code::TlsCertificateUntrusted),
            "a fault of the certificate itself goes first",
        ),
        case(
            "a name that the browser cannot look up",
            both(),
            |facts| {
                facts.refuse(TLS, 701, "TURN host lookup received error.");
            },
            degraded(Code::Unknown),
            "no handshake was begun",
        ),
        case(
            "a platform for the web, known by its domain",
            on_a_web_platform(),
            |facts| {
                facts
                    .cut_udp()
                    .silence(None)
                    .probes(|probe| match probe.url.transport {
                        Transport::Udp => dead(probe),
                        _ => {
                            probe.speaks_stun = Fact::No;
                            probe.speaks_turn = Fact::No;
                            probe.other_answer = Some("HTTP/1.1 404 Not Found".to_owned());
                        }
                    });
            },
            broken(Code::WebOnlyHost),
            "the platform documents that it forwards HTTP only",
        ),
        case(
            "a platform for the web that has learned TURN",
            on_a_web_platform(),
            |_| (),
            GOOD,
            "who relays is believed",
        ),
        case(
            "a platform for the web, known by its PORT",
            own_relay(),
            |facts| {
                unseen_by_relay(facts);
                facts.sightings(|sightings| {
                    sightings.platform_web_only = Fact::Yes;
                    sightings.others_udp = Fact::NotMeasured;
                });
            },
            broken(Code::WebOnlyHost),
            "nothing ever came to this relay from outside",
        ),
        case(
            "a page on a platform for the web, and no relay anywhere",
            own_relay(),
            |facts| {
                facts.targets.clear();
                facts.legs.clear();
                facts.native_probes.clear();
                facts.sightings(|sightings| sightings.platform_web_only = Fact::Yes);
            },
            broken(Code::WebOnlyHost),
            "there is nothing that could carry a call, and here nothing can",
        ),
        case(
            "PORT is set, and others came",
            own_relay(),
            |facts| {
                unseen_by_relay(facts);
                facts.sightings(|sightings| sightings.platform_web_only = Fact::No);
            },
            broken(Code::WebOnlyNetwork),
            "the platform lets them through, so it is this network",
        ),
    ]
}

/// Nothing of this run came to the own relay, nor of anybody else's, and its own look finds all in order.
fn nobody_comes(facts: &mut Facts) {
    facts.cut_udp().silence(None).sightings(|sightings| {
        sightings.others_udp = Fact::NotMeasured;
        unseen(sightings, &EVERY_TRANSPORT);
    });
}

/// Nothing of this run came to the own relay, and its own look found no address to look at.
fn unseen_by_relay(facts: &mut Facts) {
    facts
        .cut_udp()
        .silence(None)
        .probes(|probe| {
            *probe = NativeProbe::new(probe.url.clone());
            probe.finished = true;
        })
        .sightings(|sightings| unseen(sightings, &EVERY_TRANSPORT));
}

fn on_a_web_platform() -> Facts {
    let urls = [
        "turn:voice.onrender.com:3478?transport=udp",
        "turns:voice.onrender.com:443?transport=tcp",
    ];
    healthy(Facts::planned(&plan(&[&urls], None)))
}

fn complaint(words: &'static str) -> impl Fn(&mut NativeProbe) {
    move |probe| {
        if probe.url.transport == Transport::Tls {
            probe.certificate_error = Some(words.to_owned());
        }
    }
}
