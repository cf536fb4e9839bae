//! Who may use the server.

use super::*;

pub(super) fn credentials() -> Vec<Case> {
    let old = format!("{}:voice", NOW_S - 60);
    vec![
        case(
            "wrong password",
            own_relay(),
            |facts| {
                facts.refuse(None, 401, "Unauthorized.");
            },
            broken(Code::CredentialsWrong),
            "401 with the configured credentials on every transport",
        ),
        case(
            "wrong password in a browser that tells no codes",
            other_server(),
            |facts| {
                facts.silence(None).probes(|probe| {
                    probe.authenticated = AllocateAnswer::Error(401);
                });
            },
            broken(Code::CredentialsWrong),
            "the program was refused with the same credentials",
        ),
        case(
            "expired",
            other_server(),
            move |facts| {
                facts.refuse(None, 401, "");
                for target in facts.targets_by(None) {
                    target.username = Some(old.clone());
                }
            },
            broken(Code::CredentialsExpired),
            "the time in the user name lies before the server's time",
        ),
        case(
            "expired, says the relay",
            own_relay(),
            |facts| {
                facts.refuse(None, 401, "");
                facts.sightings(|sightings| {
                    for transport in [Transport::Udp, Transport::Tcp, Transport::Tls] {
                        sightings.transport_mut(transport).refusals = vec![Refusal {
                            code: 401,
                            reason: RefusalReason::Expired,
                            count: 1,
                        }];
                    }
                });
            },
            broken(Code::CredentialsExpired),
            "the relay knows why it refused, whatever clock the page was given",
        ),
        case(
            "a user name that happens to be a number",
            ad_hoc(),
            |facts| {
                facts.refuse(None, 401, "");
                for target in facts.targets_by(None) {
                    target.username = Some("1234:alice".to_owned());
                }
            },
            broken(Code::CredentialsWrong),
            "1234 seconds after 1970 is no expiry",
        ),
        case(
            "an old user name that is accepted",
            other_server(),
            |facts| facts.targets[0].username = Some("1000000001:x".to_owned()),
            GOOD,
            "who gives a relay does not mind",
        ),
        case(
            "open to strangers, as coturn --no-auth",
            other_server(),
            |facts| {
                facts
                    .silence(None)
                    .probes(|probe| probe.anonymous = AllocateAnswer::Success);
            },
            broken(Code::ServerOpen),
            "browsers drop an answer without MESSAGE-INTEGRITY",
        ),
        case(
            "any password will do",
            other_server(),
            |facts| facts.targets[0].grants_wrong_password = Fact::Yes,
            degraded(Code::ServerOpen),
            "calls pass, and strangers' calls too",
        ),
        case(
            "any password will do, says the program",
            other_server(),
            |facts| {
                facts.probes(|probe| probe.wrong_password = AllocateAnswer::Success);
            },
            degraded(Code::ServerOpen),
            "a browser that tells no codes cannot tell a grant from silence",
        ),
        case(
            "no realm",
            other_server(),
            |facts| {
                facts
                    .silence(None)
                    .probes(|probe| probe.realm = Some(String::new()));
            },
            broken(Code::RealmMissing),
            "the browser asks thousands of times and shows nothing",
        ),
        case(
            "quota",
            other_server(),
            |facts| {
                facts.refuse(None, 486, "Allocation Quota Reached");
            },
            broken(Code::QuotaReached),
            "RFC 8656 section 7.2: 486",
        ),
        case(
            "no ports left",
            other_server(),
            |facts| {
                facts.refuse(None, 508, "Insufficient Capacity");
            },
            broken(Code::CapacityReached),
            "RFC 8656 section 7.2: 508",
        ),
        case(
            "no ports left, in a browser that tells no such code",
            own_relay(),
            |facts| {
                facts.refuse(None, 65_535, "");
                facts.sightings(|sightings| {
                    for transport in [Transport::Udp, Transport::Tcp, Transport::Tls] {
                        sightings.transport_mut(transport).refusals = vec![Refusal {
                            code: 508,
                            reason: RefusalReason::Capacity,
                            count: 1,
                        }];
                    }
                });
            },
            broken(Code::CapacityReached),
            "the relay knows why it refused",
        ),
        case(
            "the server's clock runs ahead",
            other_server(),
            |facts| {
                facts.refuse(None, 401, "");
                facts.probes(|probe| probe.clock_ahead_s = Some(3_600));
            },
            broken(Code::ClockWrong),
            "good for ten minutes here, over for fifty minutes there",
        ),
        case(
            "the server's clock runs ahead of a longer credential",
            other_server(),
            |facts| {
                facts.refuse(None, 401, "");
                facts.probes(|probe| probe.clock_ahead_s = Some(300));
            },
            broken(Code::CredentialsWrong),
            "the credential is still good there, so something else is wrong with it",
        ),
        case(
            "the server's clock runs behind",
            other_server(),
            |facts| {
                facts.refuse(None, 401, "");
                facts.probes(|probe| probe.clock_ahead_s = Some(-3_600));
            },
            broken(Code::CredentialsWrong),
            "a late clock takes no credential for an old one",
        ),
        case(
            "the last second of a credential",
            other_server(),
            |facts| {
                facts.refuse(None, 401, "");
                facts.probes(|probe| probe.clock_ahead_s = Some(2));
                for target in facts.targets_by(None) {
                    target.username = Some(format!("{}:voice", NOW_S + 1));
                }
            },
            broken(Code::CredentialsWrong),
            "two seconds of difference are no wrong clock",
        ),
        case(
            "over by both clocks",
            other_server(),
            |facts| {
                facts.refuse(None, 401, "");
                facts.probes(|probe| probe.clock_ahead_s = Some(3_600));
                for target in facts.targets_by(None) {
                    target.username = Some(format!("{}:voice", NOW_S - 60));
                }
            },
            broken(Code::CredentialsExpired),
            "a clock that was right would refuse it too",
        ),
    ]
}
