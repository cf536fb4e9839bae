//! What holds whatever was measured.

use crate::build::*;
use earshot_report::{
    Code, Fact, Facts, Status, Transport, Verdict,
    facts::{
        AllocateAnswer, CandidateError, GatheringOutcome, LegFacts, LegOutcome, NatMapping,
        NativeProbe, Refusal, RefusalReason, Sightings, TargetFacts,
    },
    plan::Probe,
    verdict::judge,
};
use proptest::{prelude::*, sample::select};

fn fact() -> impl Strategy<Value = Fact> {
    select(vec![Fact::Yes, Fact::No, Fact::NotMeasured])
}

fn gathered(target: TargetFacts) -> impl Strategy<Value = TargetFacts> {
    let outcome = select(vec![
        GatheringOutcome::NotStarted,
        GatheringOutcome::Running,
        GatheringOutcome::Complete,
        GatheringOutcome::TimedOut,
        GatheringOutcome::Stopped,
        GatheringOutcome::Refused("no".to_owned()),
    ]);
    let relay = prop::option::of(select(vec![SERVER, "10.0.0.5", "127.0.0.1", "::1"]));
    let error = prop::option::of(select(vec![400u16, 401, 441, 486, 508, 600, 701]));
    let elapsed = prop::option::of(0u32..6_000);
    let username = prop::option::of(select(vec!["", "1:a", "1000000001:a", "9999999999", "é"]));
    (outcome, relay, error, elapsed, username, fact()).prop_map(
        move |(outcome, relay, error, elapsed, username, grants)| {
            let mut target = target.clone();
            target.gathering.outcome = outcome;
            target.gathering.elapsed_ms = elapsed;
            target.gathering.candidates = relay.map(|ip| relayed(ip, 50_000)).into_iter().collect();
            target.gathering.errors = error
                .map(|code| CandidateError {
                    code,
                    text: String::new(),
                    elapsed_ms: None,
                })
                .into_iter()
                .collect();
            target.username = username.map(str::to_owned);
            target.grants_wrong_password = grants;
            target
        },
    )
}

fn leg(probe: Probe) -> impl Strategy<Value = LegFacts> {
    let outcome = select(vec![
        LegOutcome::NotStarted,
        LegOutcome::Running,
        LegOutcome::Done,
        LegOutcome::Failed,
        LegOutcome::TimedOut,
        LegOutcome::Stopped,
    ]);
    let packets = || prop::option::of(select(vec![0u64, 1, 50, 100, u64::MAX]));
    let local = prop::option::of(select(vec![SERVER, "10.0.0.5", "127.0.0.1"]));
    (
        outcome,
        [fact(), fact(), fact(), fact(), fact()],
        [packets(), packets(), packets(), packets()],
        local,
    )
        .prop_map(
            move |(outcome, [usable, ice, dtls, from, to], packets, local)| {
                let mut leg = LegFacts::new(probe.clone());
                leg.outcome = outcome;
                leg.direct_usable = usable;
                leg.ice_connected = ice;
                leg.dtls_connected = dtls;
                leg.from_you.sound = from;
                leg.to_you.sound = to;
                [
                    leg.from_you.packets_sent,
                    leg.from_you.packets_received,
                    leg.to_you.packets_sent,
                    leg.to_you.packets_received,
                ] = packets;
                leg.local = local.map(|ip| relayed(ip, 50_100));
                leg
            },
        )
}

fn native(probe: NativeProbe) -> impl Strategy<Value = NativeProbe> {
    let answer = || {
        select(vec![
            AllocateAnswer::NotAsked,
            AllocateAnswer::Silent,
            AllocateAnswer::Success,
            AllocateAnswer::Error(401),
        ])
    };
    let words = prop::option::of(select(vec!["", "Expired", "UnknownIssuer"]));
    (
        any::<bool>(),
        [fact(), fact(), fact(), fact(), fact()],
        [answer(), answer()],
        words,
    )
        .prop_map(
            move |(
                finished,
                [resolves, answers, stun, turn, reached],
                [anonymous, authenticated],
                words,
            )| {
                let mut probe = probe.clone();
                probe.finished = finished;
                probe.resolves = resolves;
                probe.answers = answers;
                probe.speaks_stun = stun;
                probe.speaks_turn = turn;
                probe.relay_reached = reached;
                probe.anonymous = anonymous;
                probe.authenticated = authenticated;
                probe.realm = words.map(str::to_owned);
                probe.certificate_error = words.map(str::to_owned);
                probe
            },
        )
}

fn sightings() -> impl Strategy<Value = Option<Sightings>> {
    let seen = || (fact(), 0u64..3);
    prop::option::of(
        (fact(), [seen(), seen(), seen()], any::<bool>(), 0u64..200).prop_map(
            |(others, seen, expired, sent)| {
                let mut sightings = Sightings {
                    others_udp: others,
                    ..Sightings::default()
                };
                let by = [Transport::Udp, Transport::Tcp, Transport::Tls];
                for (transport, (seen, answers)) in by.into_iter().zip(seen) {
                    let at = sightings.transport_mut(transport);
                    at.seen = seen;
                    at.answers = answers;
                    if expired {
                        at.refusals = vec![Refusal {
                            code: 401,
                            reason: RefusalReason::Expired,
                            count: 1,
                        }];
                    }
                }
                sightings.allocations = vec![allocation(50_100, sent)];
                sightings
            },
        ),
    )
}

/// Anything at all, possible or not.
fn any_facts() -> impl Strategy<Value = Facts> {
    let planned = select(vec![
        Facts::planned(&plan(&[&OWN, &OTHER], Some(0))),
        Facts::planned_ad_hoc(&plan(&[&OTHER], None)),
        Facts::planned(&plan(&[&["stun:s.example.org"], &OTHER], None)),
    ]);
    planned.prop_flat_map(|facts| {
        let targets: Vec<_> = facts.targets.iter().cloned().map(gathered).collect();
        let legs: Vec<_> = facts.legs.iter().map(|it| leg(it.probe.clone())).collect();
        let natives: Vec<_> = facts.native_probes.iter().cloned().map(native).collect();
        let environment = (
            [fact(), fact(), fact(), fact(), fact(), fact()],
            prop::option::of(0u16..2),
            prop::option::of(Just(NatMapping::EndpointDependent)),
            prop::option::of(select(vec![CLIENT, "192.168.1.9", "127.0.0.1", "x"])),
            prop::option::of(Just(NOW_S * 1_000)),
        );
        (targets, legs, natives, sightings(), environment).prop_map(
            move |(
                targets,
                legs,
                native_probes,
                sightings,
                (yes_or_no, hosts, nat, client, now),
            )| {
                let mut facts = Facts {
                    targets,
                    legs,
                    native_probes,
                    sightings,
                    ..Facts::default()
                };
                let environment = &mut facts.environment;
                [
                    environment.secure_context,
                    environment.webrtc,
                    environment.audio_context_running,
                    environment.api_reachable,
                    environment.live_link,
                    environment.online,
                ] = yes_or_no;
                environment.host_candidates = hosts;
                environment.nat_mapping = nat;
                environment.client_address = client.map(Into::into);
                environment.server_time_ms = now;
                facts
            },
        )
    })
}

/// A healthy run of which some things were not measured (yet).
fn partly_measured() -> impl Strategy<Value = Facts> {
    let runs = select(vec![own_relay(), other_server(), both(), ad_hoc()]);
    (runs, prop::collection::vec(any::<bool>(), 32)).prop_map(|(mut facts, forget)| {
        let mut forget = forget.into_iter().cycle();
        let mut forgotten = move || forget.next().unwrap_or_default();
        for target in &mut facts.targets {
            if forgotten() {
                *target = TargetFacts::new(target.target.clone(), None);
            }
        }
        for leg in &mut facts.legs {
            if forgotten() {
                *leg = LegFacts::new(leg.probe.clone());
            }
            if forgotten() {
                leg.to_you.sound = Fact::NotMeasured;
            }
        }
        for probe in &mut facts.native_probes {
            if forgotten() {
                *probe = NativeProbe::new(probe.url.clone());
            }
        }
        if forgotten() {
            facts.sightings = None;
        }
        if forgotten() {
            facts.environment = Default::default();
        }
        facts
    })
}

fn calls(facts: &Facts) -> impl Iterator<Item = &LegFacts> {
    facts
        .legs
        .iter()
        .filter(|leg| !matches!(leg.probe, Probe::Witness { .. }))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn good_means_heard(facts in any_facts()) {
        let judged = judge(&facts);
        if judged.verdict.status == Status::Good {
            prop_assert!(calls(&facts).next().is_some());
            for leg in calls(&facts) {
                prop_assert!(leg.from_you.sound.is_yes() && leg.to_you.sound.is_yes());
            }
        }
        for server in &judged.servers {
            if server.verdict.status != Status::Good {
                continue;
            }
            for target in facts.targets.iter().filter(|it| it.target.server == server.server) {
                for leg in calls(&facts).filter(|leg| leg.probe.target() == Some(target.target.id)) {
                    prop_assert!(leg.from_you.sound.is_yes() && leg.to_you.sound.is_yes());
                }
            }
        }
    }

    #[test]
    fn a_verdict_fits_its_findings(facts in any_facts()) {
        let judged = judge(&facts);
        let Verdict { status, cause, .. } = judged.verdict;
        prop_assert_eq!(status == Status::Good, cause == Code::Good);
        if matches!(status, Status::Broken | Status::Degraded) {
            prop_assert!(judged.findings.iter().any(|f| f.code == cause && f.explained_by.is_none()));
        }
        for finding in &judged.findings {
            prop_assert_eq!(finding.actor, finding.code.actor());
            prop_assert!(!finding.evidence.is_empty(), "{:?} rests on nothing", finding);
            if let Some(root) = finding.explained_by {
                prop_assert!(judged.findings.iter().any(|other| other.code == root));
            }
        }
    }

    #[test]
    fn a_heard_call_is_not_called_broken(facts in any_facts()) {
        let heard = calls(&facts).any(|leg| leg.from_you.sound.is_yes() && leg.to_you.sound.is_yes());
        let judged = judge(&facts);
        if heard && judged.verdict.status == Status::Broken {
            // Only the page itself may take away what the servers give.
            prop_assert!(judged.findings[0].targets.is_empty(), "{:?}", judged.verdict);
        }
    }

    #[test]
    fn what_is_not_measured_is_no_fault(facts in partly_measured()) {
        let judged = judge(&facts);
        prop_assert!(judged.findings.is_empty(), "{:#?}", judged.findings);
        prop_assert!(matches!(judged.verdict.status, Status::Good | Status::Unknown));
    }

    #[test]
    fn judging_changes_nothing(facts in any_facts()) {
        prop_assert_eq!(judge(&facts), judge(&facts));
        let mut masked = facts.clone();
        masked.mask_addresses();
        let _ = judge(&masked);
    }
}
