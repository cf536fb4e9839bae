//! TURN over DTLS, which `earshot check` looks at: its faults are those of UDP and of a certificate.

use super::*;

/// Places of the URLs below.
const BY_UDP: u16 = 0;
const BY_DTLS: u16 = 1;

fn udp_and_dtls() -> Facts {
    let urls = [OTHER[0], "turns:other.example.net:5349?transport=udp"];
    healthy(Facts::planned(&plan(&[&urls], None)))
}

/// Nothing comes by this one.
fn lost(facts: &mut Facts, id: u16) {
    facts_silence_target(facts, id);
    dead(&mut facts.native_probes[usize::from(id)]);
}

pub(super) fn dtls() -> Vec<Case> {
    vec![
        case(
            "DTLS and UDP relay",
            udp_and_dtls(),
            |_| {},
            GOOD,
            "nothing is wrong",
        ),
        case(
            "DTLS is silent",
            udp_and_dtls(),
            |facts| lost(facts, BY_DTLS),
            degraded(Code::ServerUnreachable),
            "what is offered there does not answer, and UDP is open beside it",
        ),
        case(
            "UDP is silent beside DTLS",
            udp_and_dtls(),
            |facts| lost(facts, BY_UDP),
            degraded(Code::ServerUnreachable),
            "DTLS comes by UDP: the relay's UDP is open, and that one port is not",
        ),
        case(
            "the certificate of DTLS is over its time",
            udp_and_dtls(),
            |facts| {
                facts_silence_target(facts, BY_DTLS);
                let words = "invalid peer certificate: Expired".to_owned();
                facts.native_probes[usize::from(BY_DTLS)].certificate_error = Some(words);
            },
            degraded(Code::TlsCertificateExpired),
            "a client refuses it as it does in TLS",
        ),
    ]
}
