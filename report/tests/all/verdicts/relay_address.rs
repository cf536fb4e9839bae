//! What the relay announces, and its ports.

use super::*;

#[test]
fn relay_addresses_and_ports() {
    check(vec![
        case(
            "private address",
            own_relay(),
            |facts| {
                facts.announce("10.0.0.5").legs_of(true, did_not_connect);
            },
            degraded(Code::RelayAddressPrivate),
            "relay ↔ relay passes inside the server, relay ↔ direct does not",
        ),
        case(
            "private address, nothing passes",
            other_server(),
            |facts| {
                facts
                    .announce("172.17.0.2")
                    .legs_of(true, did_not_connect)
                    .legs_of(false, did_not_connect);
            },
            broken(Code::RelayAddressPrivate),
            "no leg is heard",
        ),
        case(
            "private address, the checks reveal the true one",
            own_relay(),
            |facts| {
                facts.announce("10.0.0.5").legs_of(true, revealed(SERVER));
            },
            degraded(Code::RelayAddressPrivate),
            "it passes here because this end was open; behind a NAT it would not",
        ),
        case(
            "private address, UDP blocked here",
            own_relay(),
            |facts| {
                facts
                    .announce("10.0.0.5")
                    .cut_udp()
                    .sightings(|s| s.udp.seen = Fact::No);
            },
            degraded(Code::UdpBlocked),
            "both are found; the way there is mended first",
        ),
        case(
            "private address that is the server's own, ports closed",
            own_relay(),
            |facts| {
                facts.environment.client_address = address("192.168.1.9");
                facts
                    .announce("192.168.1.5")
                    .probes(|probe| probe.addresses = vec!["192.168.1.5".into()])
                    .legs_of(true, did_not_connect);
            },
            degraded(Code::RelayPortsClosed),
            "the address is right, so it must be the ports",
        ),
        case(
            "ports closed at the edge",
            own_relay(),
            |facts| {
                facts.legs_of(true, did_not_connect);
            },
            degraded(Code::RelayPortsClosed),
            "every other tester says green: relay ↔ relay passes",
        ),
        case(
            "ports closed on the host",
            other_server(),
            |facts| {
                facts
                    .legs_of(true, did_not_connect)
                    .legs_of(false, did_not_connect)
                    .probes(|probe| probe.relay_reached = Fact::No);
            },
            broken(Code::RelayPortsClosed),
            "no leg connects, the program's packet was lost too",
        ),
        case(
            "ports open to the program",
            other_server(),
            |facts| {
                facts.legs_of(true, did_not_connect);
            },
            degraded(Code::Unknown),
            "the program's packet came through: something else is in the way",
        ),
        case(
            "one transport's relay ↔ direct only",
            own_relay(),
            |facts| did_not_connect(&mut facts.legs[4]),
            degraded(Code::Unknown),
            "the other transports' relayed ports were reached, and they share them",
        ),
    ]);
}
