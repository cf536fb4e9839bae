//! Which ways between two ends are tried, and which of them carries their voices. Pure.

use earshot_report::{
    Scheme, Target, Transport,
    facts::{LegOutcome, PairLegFacts, PairReady, PairRoute},
};

/// No call of two has more legs, whatever the ends say of themselves.
pub const MAX_LEGS: usize = 6;

/// The way to a relay that is preferred where several work: sound does not wait behind a lost packet over UDP.
const BEST_FIRST: [Transport; 3] = [Transport::Udp, Transport::Tcp, Transport::Tls];

/// The ways to try: direct, and through the relay over each transport that worked at either end. An end at which it did
/// not takes its best other one. Both ends make the same list of the same two words.
///
/// An end that has made no test says nothing of its relays, so any of `targets` may work there.
pub fn pair_legs(caller: &PairReady, called: &PairReady, targets: &[Target]) -> Vec<PairRoute> {
    let (caller, called) = (relays(caller, targets), relays(called, targets));
    let mut routes = vec![PairRoute::Direct];
    for transport in BEST_FIRST {
        let of = |end: &[(u16, Transport)]| {
            let mut all = end.iter();
            all.find(|(_, it)| *it == transport).map(|(id, _)| *id)
        };
        let (by_caller, by_called) = (of(&caller), of(&called));
        if by_caller.is_none() && by_called.is_none() {
            continue;
        }
        let ends = by_caller
            .or_else(|| best(&caller))
            .zip(by_called.or_else(|| best(&called)));
        let route = ends.map(|(caller, called)| PairRoute::Relay { caller, called });
        routes.extend(route.filter(|route| !routes.contains(route)));
    }
    routes.truncate(MAX_LEGS);
    routes
}

/// What may work at an end.
fn relays(ready: &PairReady, targets: &[Target]) -> Vec<(u16, Transport)> {
    if ready.cause.is_some() || !ready.relays.is_empty() {
        return ready.relays.clone();
    }
    let relays = targets.iter().filter(|it| it.url.scheme == Scheme::Turn);
    relays.map(|it| (it.id, it.url.transport)).collect()
}

fn best(relays: &[(u16, Transport)]) -> Option<u16> {
    let of = |transport| relays.iter().find(move |(_, it)| *it == transport);
    BEST_FIRST.into_iter().find_map(of).map(|(id, _)| *id)
}

/// The leg for the voices: the direct one, else the relay with the shortest round trip; one through which both were
/// heard before any other. `usable`: the leg at this place is connected still.
pub(super) fn leg_for_voices(
    legs: &[PairLegFacts],
    usable: impl Fn(usize) -> bool,
) -> Option<usize> {
    let rank = |leg: &PairLegFacts| {
        let both_heard = leg.from_you.sound.is_yes() && leg.to_you.sound.is_yes();
        let is_relayed = leg.route != PairRoute::Direct;
        // A round trip that was not measured is no short one.
        let rtt = leg.rtt_ms.unwrap_or(f64::INFINITY);
        (!both_heard, is_relayed, rtt)
    };
    let places = (0..legs.len()).filter(|&place| {
        legs[place].dtls_connected.is_yes()
            && legs[place].outcome != LegOutcome::Failed
            && usable(place)
    });
    places.min_by(|&one, &other| {
        let (one, other) = (rank(&legs[one]), rank(&legs[other]));
        one.partial_cmp(&other).unwrap_or(std::cmp::Ordering::Equal)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use earshot_report::facts::{DirectionFacts, Fact};
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn ready(relays: &[(u16, Transport)]) -> PairReady {
        PairReady {
            relays: relays.to_vec(),
            cause: Some(earshot_report::Code::Good),
        }
    }

    fn targets() -> Vec<Target> {
        let urls = [
            "stun:relay.example.org",
            "turn:relay.example.org",
            "turns:relay.example.org",
        ];
        let target = |(id, url): (usize, &&str)| Target {
            id: id as u16,
            server: 0,
            url: url.parse().unwrap(),
            own: true,
        };
        urls.iter().enumerate().map(target).collect()
    }

    fn relay(caller: u16, called: u16) -> PairRoute {
        PairRoute::Relay { caller, called }
    }

    #[test]
    fn each_transport_that_works_at_either_end_is_a_leg() {
        use PairRoute::Direct;
        use Transport::{Tcp, Tls, Udp};
        let all = ready(&[(0, Udp), (1, Tcp), (2, Tls)]);
        let without_udp = ready(&[(2, Tls), (1, Tcp)]);
        let tls = ready(&[(5, Tls)]);
        let nothing = ready(&[]);
        let untested = PairReady::default();
        let cases = [
            (
                "all at both",
                &all,
                &all,
                vec![Direct, relay(0, 0), relay(1, 1), relay(2, 2)],
            ),
            (
                "TCP is the best without UDP",
                &all,
                &without_udp,
                vec![Direct, relay(0, 1), relay(1, 1), relay(2, 2)],
            ),
            (
                "one way for all at the caller",
                &tls,
                &all,
                vec![Direct, relay(5, 0), relay(5, 1), relay(5, 2)],
            ),
            ("the same pair once", &tls, &tls, vec![Direct, relay(5, 5)]),
            ("no relay at one end", &nothing, &all, vec![Direct]),
            (
                "no test was made: any relay may work",
                &untested,
                &tls,
                vec![Direct, relay(1, 5), relay(2, 5)],
            ),
        ];
        for (name, caller, called, expected) in cases {
            assert_eq!(pair_legs(caller, called, &targets()), expected, "{name}");
        }
    }

    fn leg(route: PairRoute, heard: bool, rtt_ms: Option<f64>) -> PairLegFacts {
        let direction = || DirectionFacts {
            sound: Fact::from(heard),
            ..DirectionFacts::default()
        };
        PairLegFacts {
            dtls_connected: Fact::Yes,
            rtt_ms,
            from_you: direction(),
            to_you: direction(),
            ..super::super::facts::no_leg(route)
        }
    }

    #[test]
    fn voices_take_the_direct_way_or_the_fastest() {
        use PairRoute::Direct;
        let legs = [
            leg(Direct, true, None),
            leg(relay(0, 0), true, Some(50.0)),
            leg(relay(1, 1), true, Some(20.0)),
            leg(relay(2, 2), true, None),
        ];
        let best = |usable: &[usize]| leg_for_voices(&legs, |place| usable.contains(&place));
        assert_eq!(best(&[0, 1, 2, 3]), Some(0));
        assert_eq!(best(&[1, 2, 3]), Some(2));
        assert_eq!(best(&[3]), Some(3));
        assert_eq!(best(&[]), None);
        let deaf = [
            leg(Direct, false, Some(1.0)),
            leg(relay(0, 0), true, Some(90.0)),
        ];
        assert_eq!(
            leg_for_voices(&deaf, |_| true),
            Some(1),
            "sound comes before speed"
        );
    }

    #[test]
    fn no_word_of_an_end_makes_many_legs() {
        let many = (0..10_000_u16).map(|id| (id, BEST_FIRST[usize::from(id % 3)]));
        let many = ready(&many.collect::<Vec<_>>());
        assert!(pair_legs(&many, &many, &targets()).len() <= MAX_LEGS);
        assert!(pair_legs(&many, &ready(&[]), &targets()).len() <= MAX_LEGS);
    }
}
