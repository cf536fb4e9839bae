//! One testimony out of several relays'.

use super::{
    TRANSPORTS,
    flow::{MOST_ALERTS, add_refusal},
    run::{MOST_ALLOCATIONS, MOST_CHECKS},
};
use earshot_report::facts::{Fact, Sightings, TransportSightings, WitnessSighting};

/// What several relays saw of one run, as if they were one; `None`: there is no relay.
pub fn merged(parts: impl IntoIterator<Item = Sightings>) -> Option<Sightings> {
    parts.into_iter().reduce(|mut sum, part| {
        for transport in TRANSPORTS {
            add(sum.transport_mut(transport), part.transport(transport));
        }
        sum.allocations.extend(part.allocations);
        sum.allocations.truncate(MOST_ALLOCATIONS);
        for check in part.witness {
            add_check(&mut sum.witness, check);
        }
        sum.others_udp = yes_before_no(sum.others_udp, part.others_udp);
        sum.platform_web_only = no_before_unknown(sum.platform_web_only, part.platform_web_only);
        sum
    })
}

/// The same, where a relay may have seen more than it has told: that nothing came is not known.
pub fn without_denials(mut sightings: Sightings) -> Sightings {
    for transport in TRANSPORTS {
        let told = sightings.transport_mut(transport);
        for fact in [&mut told.seen, &mut told.asked_again] {
            if fact.is_no() {
                *fact = Fact::NotMeasured;
            }
        }
    }
    sightings
}

fn add(sum: &mut TransportSightings, part: &TransportSightings) {
    sum.asked_again = asked_again(sum, part);
    sum.seen = match (sum.listening.is_yes(), part.listening.is_yes()) {
        // Who does not listen has nothing to say.
        (false, _) if !sum.seen.is_yes() => part.seen,
        (_, false) if !part.seen.is_yes() => sum.seen,
        _ => match (sum.seen, part.seen) {
            (Fact::Yes, _) | (_, Fact::Yes) => Fact::Yes,
            (Fact::No, Fact::No) => Fact::No,
            _ => Fact::NotMeasured,
        },
    };
    sum.listening = yes_before_no(sum.listening, part.listening);
    sum.first_ms = match (sum.first_ms, part.first_ms) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    sum.last_ms = sum.last_ms.max(part.last_ms);
    sum.requests = sum.requests.saturating_add(part.requests);
    sum.answers = sum.answers.saturating_add(part.answers);
    sum.challenges = sum.challenges.saturating_add(part.challenges);
    for refusal in &part.refusals {
        add_refusal(&mut sum.refusals, refusal);
    }
    sum.tls_alerts.extend(part.tls_alerts.iter().cloned());
    sum.tls_alerts.truncate(MOST_ALERTS);
}

/// Whether a client of either asked again. What stands before relays may have led the repetition to another one.
fn asked_again(one: &TransportSightings, other: &TransportSightings) -> Fact {
    let has_nothing_to_say =
        |it: &TransportSightings| !it.listening.is_yes() || it.seen.is_measured();
    match (one.asked_again, other.asked_again) {
        (Fact::Yes, _) | (_, Fact::Yes) => Fact::Yes,
        _ if one.answers > 0 && other.answers > 0 => Fact::NotMeasured,
        (Fact::No, _) if has_nothing_to_say(other) => Fact::No,
        (_, Fact::No) if has_nothing_to_say(one) => Fact::No,
        _ => Fact::NotMeasured,
    }
}

/// A check that reached two relays was sent by one.
fn add_check(checks: &mut Vec<WitnessSighting>, check: WitnessSighting) {
    let is_full = checks.len() >= MOST_CHECKS;
    match checks.iter_mut().find(|known| known.source == check.source) {
        Some(known) => known.at_ms = known.at_ms.min(check.at_ms),
        None if !is_full => checks.push(check),
        None => {}
    }
}

/// What one relay can say for all, whoever else does not know.
fn yes_before_no(one: Fact, other: Fact) -> Fact {
    match (one, other) {
        (Fact::Yes, _) | (_, Fact::Yes) => Fact::Yes,
        (Fact::No, _) | (_, Fact::No) => Fact::No,
        _ => Fact::NotMeasured,
    }
}

/// What is so only if it is so of every relay.
fn no_before_unknown(one: Fact, other: Fact) -> Fact {
    match (one, other) {
        (Fact::No, _) | (_, Fact::No) => Fact::No,
        (Fact::Yes, Fact::Yes) => Fact::Yes,
        _ => Fact::NotMeasured,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Fact::{No, NotMeasured, Yes};
    use earshot_report::{
        Transport,
        facts::{AllocationSighting, Refusal, RefusalReason},
    };

    fn udp(listening: Fact, seen: Fact) -> Sightings {
        Sightings {
            udp: TransportSightings {
                listening,
                seen,
                ..TransportSightings::default()
            },
            ..Sightings::default()
        }
    }

    #[test]
    fn seen_by_one_is_seen_and_unseen_only_where_all_who_listen_say_so() {
        // (why, one relay's listening and seen, the other's, both)
        let cases = [
            ("neither saw it", (Yes, No), (Yes, No), No),
            ("one saw it", (Yes, No), (Yes, Yes), Yes),
            (
                "one saw it, the other cannot tell",
                (Yes, Yes),
                (Yes, NotMeasured),
                Yes,
            ),
            (
                "one did not, the other cannot tell",
                (Yes, No),
                (Yes, NotMeasured),
                NotMeasured,
            ),
            (
                "neither can tell",
                (Yes, NotMeasured),
                (Yes, NotMeasured),
                NotMeasured,
            ),
            (
                "one does not listen: the other's word is all",
                (No, NotMeasured),
                (Yes, No),
                No,
            ),
            (
                "nothing is known of one",
                (NotMeasured, NotMeasured),
                (Yes, No),
                No,
            ),
            (
                "no one listens",
                (No, NotMeasured),
                (No, NotMeasured),
                NotMeasured,
            ),
        ];
        for (why, one, other, expected) in cases {
            for (first, second) in [(one, other), (other, one)] {
                let both = merged([udp(first.0, first.1), udp(second.0, second.1)]).unwrap();
                assert_eq!(both.udp.seen, expected, "{why}");
            }
        }
        assert_eq!(
            merged([udp(No, NotMeasured), udp(Yes, No)])
                .unwrap()
                .udp
                .listening,
            Yes
        );
        assert_eq!(
            merged([udp(No, NotMeasured), udp(No, NotMeasured)])
                .unwrap()
                .udp
                .listening,
            No
        );
    }

    #[test]
    fn no_relay_is_no_testimony_and_one_relay_is_its_own() {
        assert_eq!(merged([]), None);
        let one = udp(Yes, No);
        assert_eq!(merged([one.clone()]), Some(one));
    }

    #[test]
    fn what_a_relay_may_have_seen_is_not_denied() {
        assert_eq!(without_denials(udp(Yes, No)).udp.seen, NotMeasured);
        assert_eq!(without_denials(udp(Yes, Yes)).udp.seen, Yes);
        assert_eq!(without_denials(udp(Yes, No)).udp.listening, Yes);
        for (told, expected) in [(No, NotMeasured), (Yes, Yes)] {
            let told = without_denials(challenged(1, told));
            assert_eq!(told.udp.asked_again, expected);
        }
    }

    fn challenged(answers: u64, fact: Fact) -> Sightings {
        let mut sightings = udp(Yes, Yes);
        sightings.udp.answers = answers;
        sightings.udp.asked_again = fact;
        sightings
    }

    #[test]
    fn who_asked_several_relays_once_each_may_have_asked_again() {
        let never = || challenged(0, NotMeasured);
        let once = || challenged(1, No);
        let again = || challenged(2, Yes);
        let unsure = || udp(Yes, NotMeasured);
        let deaf = || udp(No, NotMeasured);
        let cases = [
            (vec![never(), never()], NotMeasured),
            (vec![never(), once(), never()], No),
            (vec![once(), once()], NotMeasured),
            (vec![once(), once(), once()], NotMeasured),
            (vec![once(), again(), once()], Yes),
            (vec![again(), never()], Yes),
            (vec![once(), unsure()], NotMeasured),
            (vec![unsure(), again()], Yes),
            (vec![deaf(), once()], No),
        ];
        for (told, expected) in cases {
            let all = merged(told.clone()).unwrap();
            assert_eq!(all.udp.asked_again, expected, "{told:?}");
        }
    }

    #[test]
    fn counts_are_added_and_the_times_are_the_earliest_and_the_latest() {
        let refusal = |code, reason, count| Refusal {
            code,
            reason,
            count,
        };
        let part = |first_ms, requests, refusals| {
            let mut part = udp(Yes, Yes);
            part.udp = TransportSightings {
                first_ms,
                last_ms: first_ms.map(|first| first + 10),
                requests,
                answers: requests,
                challenges: 1,
                refusals,
                tls_alerts: vec!["unknown_ca".into(); 3],
                ..part.udp
            };
            part
        };
        let stale = refusal(438, RefusalReason::StaleNonce, 2);
        let quota = refusal(486, RefusalReason::Quota, 1);
        let both = merged([
            part(Some(70), 3, vec![stale.clone()]),
            part(None, 0, vec![]),
            part(Some(40), 5, vec![quota.clone(), stale.clone()]),
        ]);
        let udp = both.unwrap().udp;
        assert_eq!((udp.first_ms, udp.last_ms), (Some(40), Some(80)));
        assert_eq!((udp.requests, udp.answers, udp.challenges), (8, 8, 3));
        assert_eq!(
            udp.refusals,
            [refusal(438, RefusalReason::StaleNonce, 4), quota]
        );
        assert_eq!(udp.tls_alerts.len(), MOST_ALERTS);
    }

    #[test]
    fn allocations_are_joined_and_checks_told_once() {
        let address = |last: u8, port| (std::net::IpAddr::from([192, 0, 2, last]).into(), port);
        let part = |relay, at_ms, source| Sightings {
            allocations: vec![AllocationSighting {
                transport: Transport::Udp,
                client: address(9, 5000),
                relayed: address(relay, 50_000),
                sent_packets: 0,
                sent_bytes: 0,
                received_packets: 0,
                received_bytes: 0,
                unpermitted_packets: 0,
                closed: false,
            }],
            witness: vec![WitnessSighting {
                source: address(source, 60_000),
                at_ms,
            }],
            ..Sightings::default()
        };
        let both = merged([part(1, 90, 1), part(2, 30, 1), part(3, 50, 2)]).unwrap();
        let relayed = both.allocations.iter().map(|one| one.relayed.clone());
        assert!(relayed.eq([address(1, 50_000), address(2, 50_000), address(3, 50_000)]));
        let checks = both
            .witness
            .iter()
            .map(|check| (check.source.clone(), check.at_ms));
        assert!(checks.eq([(address(1, 60_000), 30), (address(2, 60_000), 50)]));
        let many = merged((0..100).map(|_| part(1, 1, 1))).unwrap();
        assert_eq!(many.allocations.len(), MOST_ALLOCATIONS);
    }

    #[test]
    fn what_is_so_of_every_relay_and_what_is_so_of_one() {
        // (one's word, the other's, others' UDP by both, behind a platform by both)
        let cases = [
            (Yes, Yes, Yes, Yes),
            (Yes, No, Yes, No),
            (Yes, NotMeasured, Yes, NotMeasured),
            (No, No, No, No),
            (No, NotMeasured, No, No),
            (NotMeasured, NotMeasured, NotMeasured, NotMeasured),
        ];
        let part = |fact| Sightings {
            others_udp: fact,
            platform_web_only: fact,
            ..Sightings::default()
        };
        for (one, other, others_udp, platform) in cases {
            for (first, second) in [(one, other), (other, one)] {
                let both = merged([part(first), part(second)]).unwrap();
                assert_eq!(both.others_udp, others_udp, "{one:?} {other:?}");
                assert_eq!(both.platform_web_only, platform, "{one:?} {other:?}");
            }
        }
    }
}
