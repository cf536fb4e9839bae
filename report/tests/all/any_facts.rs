//! Facts by chance: anything at all, and healthy runs of which some things were not measured.

use crate::{
    any_people::{devices, pair, without_contradiction_of_people},
    build::*,
};
use earshot_report::{
    Fact, Facts, Transport,
    candidate::parse_candidate,
    facts::{
        AllocateAnswer, CandidateError, DirectionFacts, GatheringOutcome, LegFacts, LegOutcome,
        NatMapping, NativeProbe, Refusal, RefusalReason, Sightings, TargetFacts, WitnessSighting,
    },
    plan::Probe,
};
use proptest::{prelude::*, sample::select};
use serde_json::{Value, json};

/// An address that is not the server's.
const ELSEWHERE: &str = "203.0.113.66";

pub(crate) fn fact() -> impl Strategy<Value = Fact> {
    select(vec![Fact::Yes, Fact::No, Fact::NotMeasured])
}

/// Of the page itself: what is wrong there hides all the rest.
pub(crate) fn well() -> impl Strategy<Value = Fact> {
    prop_oneof![8 => Just(Fact::Yes), 1 => Just(Fact::No), 1 => Just(Fact::NotMeasured)]
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
    let relay = prop::option::of(select(vec![
        SERVER,
        ELSEWHERE,
        "10.0.0.5",
        "127.0.0.1",
        "2001:db8::5",
    ]));
    let error = prop::option::of(select(vec![400u16, 401, 441, 486, 508, 600, 701]));
    let text = select(vec!["", "TURN host lookup received error."]);
    let elapsed = prop::option::of(0u32..6_000);
    let username = prop::option::of(select(vec![
        "",
        "1:a",
        "1000000001:a",
        "1795219500:a",
        "9999999999",
        "é",
    ]));
    (
        outcome,
        relay,
        (error, text),
        elapsed,
        username,
        [fact(), fact(), fact()],
    )
        .prop_map(
            move |(
                outcome,
                relay,
                (error, text),
                elapsed,
                username,
                [grants, by_address, again],
            )| {
                let mut target = target.clone();
                target.gathering.outcome = outcome;
                target.gathering.elapsed_ms = elapsed;
                target.gathering.candidates =
                    relay.map(|ip| relayed(ip, 50_000)).into_iter().collect();
                target.gathering.errors = error
                    .map(|code| CandidateError {
                        code,
                        text: text.to_owned(),
                        elapsed_ms: None,
                    })
                    .into_iter()
                    .collect();
                target.username = username.map(str::to_owned);
                target.grants_wrong_password = grants;
                target.by_address = by_address;
                target.grants_again = again;
                target
            },
        )
}

pub(crate) fn leg(probe: Probe) -> impl Strategy<Value = LegFacts> {
    let outcome = select(vec![
        LegOutcome::NotStarted,
        LegOutcome::Running,
        LegOutcome::Done,
        LegOutcome::Failed,
        LegOutcome::TimedOut,
        LegOutcome::Stopped,
    ]);
    let packets = || prop::option::of(select(vec![0u64, 1, 50, 100, u64::MAX]));
    let local = prop::option::of((
        select(vec!["relay", "prflx"]),
        select(vec![SERVER, ELSEWHERE, "10.0.0.5", "127.0.0.1"]),
    ));
    let after = || prop::option::of(select(vec![0u32, 4, 5_000]));
    let share = || prop::option::of(select(vec![0.0, 0.05, 0.1, 0.6, 1.0, f64::NAN]));
    let ms = || prop::option::of(select(vec![0.0, 20.0, 80.0, 900.0, f64::INFINITY]));
    (
        outcome,
        [fact(), fact(), fact(), fact(), fact()],
        [packets(), packets(), packets(), packets()],
        local,
        [after(), after()],
        [share(), share()],
        [ms(), ms(), ms()],
    )
        .prop_map(
            move |(
                outcome,
                [usable, ice, dtls, from, to],
                packets,
                local,
                [refused, lost],
                [loss_from, loss_to],
                [rtt, jitter_from, jitter_to],
            )| {
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
                leg.local = local.map(|(kind, ip)| {
                    let line = format!("candidate:2 1 udp 1 {ip} 50100 typ {kind}");
                    parse_candidate(&line).unwrap()
                });
                leg.refused_after_ms = refused;
                leg.lost_after_ms = lost;
                leg.rtt_ms = rtt;
                (leg.from_you.loss, leg.to_you.loss) = (loss_from, loss_to);
                (leg.from_you.jitter_ms, leg.to_you.jitter_ms) = (jitter_from, jitter_to);
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
        [fact(), fact(), fact(), fact(), fact(), fact()],
        [answer(), answer(), answer()],
        words,
        prop::option::of(select(vec![-3_600i64, 0, 3_600, i64::MIN, i64::MAX])),
        prop::option::of(select(vec![SERVER, ELSEWHERE, "10.0.0.5"])),
    )
        .prop_map(
            move |(
                finished,
                [resolves, answers, stun, turn, reached, refused],
                [anonymous, wrong, authenticated],
                words,
                ahead,
                sent_from,
            )| {
                let mut probe = probe.clone();
                probe.finished = finished;
                probe.resolves = resolves;
                probe.answers = answers;
                probe.speaks_stun = stun;
                probe.speaks_turn = turn;
                probe.relay_reached = reached;
                probe.anonymous = anonymous;
                probe.wrong_password = wrong;
                probe.authenticated = authenticated;
                probe.peer_refused = refused;
                probe.clock_ahead_s = ahead;
                probe.sent_from = sent_from.map(Into::into);
                probe.relayed = Some((SERVER.into(), 51_000));
                probe.realm = words.map(str::to_owned);
                probe.certificate_error = words.map(str::to_owned);
                probe
            },
        )
}

fn sightings() -> impl Strategy<Value = Option<Sightings>> {
    let time = || prop::option::of(select(vec![10, 900, 4_000]));
    let seen = || (fact(), 0u64..3, fact(), time(), time());
    prop::option::of(
        (
            [fact(), fact()],
            [seen(), seen(), seen()],
            prop::option::of(select(vec![
                RefusalReason::Expired,
                RefusalReason::PeerForbidden,
            ])),
            prop::option::of(0u64..200),
            prop::option::of(select(vec![SERVER, "203.0.113.99", "10.0.0.5"])),
            prop::option::of(select(vec!["unknown_ca", "protocol_version"])),
        )
            .prop_map(|([others, web_only], seen, refusal, sent, source, alert)| {
                let mut sightings = Sightings {
                    others_udp: others,
                    platform_web_only: web_only,
                    ..Sightings::default()
                };
                let by = [Transport::Udp, Transport::Tcp, Transport::Tls];
                for (transport, seen) in by.into_iter().zip(seen) {
                    let at = sightings.transport_mut(transport);
                    (at.seen, at.answers, at.asked_again, at.first_ms, at.last_ms) = seen;
                    at.refusals = refusal
                        .map(|reason| Refusal {
                            code: 401,
                            reason,
                            count: 1,
                        })
                        .into_iter()
                        .collect();
                }
                let allocations = sent.map(|sent| allocation(50_100, sent));
                sightings.allocations = allocations.into_iter().collect();
                sightings.tls.tls_alerts = alert.map(str::to_owned).into_iter().collect();
                sightings.witness = source
                    .map(|source| WitnessSighting {
                        source: (source.into(), 50_000),
                        at_ms: 200,
                    })
                    .into_iter()
                    .collect();
                sightings
            }),
    )
}

/// Anything at all, possible or not: a test alone, one with devices, a call of two with a test and without.
pub(crate) fn any_facts() -> impl Strategy<Value = Facts> {
    let devices = prop::option::of(devices());
    let pair = prop::option::of(pair());
    (
        any_test().boxed(),
        devices.boxed(),
        pair.boxed(),
        any::<bool>(),
    )
        .prop_map(|(facts, devices, pair, alone)| {
            let facts = match alone && pair.is_some() {
                true => Facts {
                    environment: facts.environment,
                    sightings: facts.sightings,
                    ..Facts::default()
                },
                false => facts,
            };
            Facts {
                devices,
                pair,
                ..facts
            }
        })
}

/// A test of one end, possible or not.
fn any_test() -> impl Strategy<Value = Facts> {
    let planned = select(vec![
        Facts::planned(&plan(&[&OWN, &OTHER], Some(0))),
        Facts::planned_ad_hoc(&plan(&[&OTHER], None)),
        Facts::planned(&plan(&[&["stun:s.example.org"], &OTHER], None)),
        Facts::planned(&plan(
            &[&["turns:a.onrender.com:443?transport=tcp"], &OTHER],
            None,
        )),
        Facts::planned_ad_hoc(&plan(
            &[&[OTHER[0], "turns:other.example.net:5349?transport=udp"]],
            None,
        )),
    ]);
    planned.prop_flat_map(|facts| {
        let targets: Vec<_> = facts.targets.iter().cloned().map(gathered).collect();
        let legs: Vec<_> = facts.legs.iter().map(|it| leg(it.probe.clone())).collect();
        let natives: Vec<_> = facts.native_probes.iter().cloned().map(native).collect();
        let environment = (
            [well(), well(), well(), well(), well(), well()],
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
                // A leg begins when its target has shown a relay candidate.
                let served = |leg: &LegFacts| {
                    let id = leg.probe.target();
                    let mut targets = facts.targets.iter();
                    targets
                        .any(|it| Some(it.target.id) == id && !it.gathering.candidates.is_empty())
                };
                let begun: Vec<bool> = facts.legs.iter().map(served).collect();
                for (leg, begun) in facts.legs.iter_mut().zip(begun) {
                    if !begun {
                        *leg = LegFacts::new(leg.probe.clone());
                    }
                }
                facts
            },
        )
    })
}

/// A healthy run of which some things were not measured (yet).
pub(crate) fn partly_measured() -> impl Strategy<Value = Facts> {
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

/// A healthy run but for one leg, of which a thing or two are otherwise.
pub(crate) fn all_but_healthy() -> impl Strategy<Value = Facts> {
    let runs = select(vec![own_relay(), other_server(), both(), ad_hoc()]);
    let lost = prop::option::of(Just(2_000u32));
    (runs, any::<prop::sample::Index>(), fact(), fact(), lost).prop_map(
        |(mut facts, place, from_you, to_you, lost)| {
            let place = place.index(facts.legs.len());
            let leg = &mut facts.legs[place];
            leg.from_you.sound = from_you;
            leg.to_you.sound = to_you;
            leg.lost_after_ms = lost;
            facts
        },
    )
}

/// Anything at all, and the same with one thing less measured, for each thing that was measured: whatever in a report
/// may say “not measured”, known today or added tomorrow.
pub(crate) fn all_measured() -> impl Strategy<Value = (Facts, Vec<Facts>)> {
    any_facts().prop_map(|mut facts| {
        facts.legs.iter_mut().for_each(without_contradiction);
        without_contradiction_of_servers(&mut facts);
        without_contradiction_of_people(&mut facts);
        let is_of_people = |facts: &Facts| facts.pair.is_some() || facts.devices.is_some();
        let (of_servers, of_people) = (!facts.targets.is_empty(), is_of_people(&facts));
        let json = serde_json::to_value(facts).unwrap();
        let less = with_one_less(&json).into_iter();
        // What must be there is no fact, nor is what a report is of.
        let less = less.filter_map(|json| serde_json::from_value(json).ok());
        let less = less.filter(|less| of_servers || is_of_people(less) == of_people);
        (
            serde_json::from_value(json.clone()).unwrap(),
            less.collect(),
        )
    })
}

/// No call connects to an end that has no address, and what is not connected has no figures.
fn without_contradiction(leg: &mut LegFacts) {
    if leg.direct_usable.is_no() && leg.ice_connected.is_yes() {
        leg.direct_usable = Fact::Yes;
    }
    if leg.ice_connected.is_no() {
        leg.dtls_connected = Fact::No;
    }
    // Whoever has figures knows that it was connected.
    if !leg.ice_connected.is_yes() {
        leg.rtt_ms = None;
        without_figures(&mut leg.from_you);
        without_figures(&mut leg.to_you);
    }
    if leg.dtls_connected.is_no() {
        for direction in [&mut leg.from_you, &mut leg.to_you] {
            without_figures(direction);
        }
    }
}

pub(crate) fn without_figures(direction: &mut DirectionFacts) {
    (direction.loss, direction.jitter_ms) = (None, None);
}

/// Only a server through which no call connected is asked again.
fn without_contradiction_of_servers(facts: &mut Facts) {
    for target in &mut facts.targets {
        let mut calls = facts.legs.iter();
        if calls
            .any(|leg| leg.probe.target() == Some(target.target.id) && leg.ice_connected.is_yes())
        {
            target.grants_again = Fact::NotMeasured;
        }
    }
}

fn with_one_less(json: &Value) -> Vec<Value> {
    let nothing = |json: &Value| match json {
        Value::String(fact) if fact == "yes" || fact == "no" => Value::from("not-measured"),
        Value::Object(it) if it.contains_key("answer") => json!({ "answer": "not-asked" }),
        _ => Value::Null,
    };
    let mut less = vec![nothing(json)];
    match json {
        Value::Object(fields) => {
            for (name, value) in fields {
                less.extend(with_one_less(value).into_iter().map(|value| {
                    let mut fields = fields.clone();
                    fields.insert(name.clone(), value);
                    Value::Object(fields)
                }));
            }
        }
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                less.extend(with_one_less(item).into_iter().map(|item| {
                    let mut items = items.clone();
                    items[place] = item;
                    Value::Array(items)
                }));
            }
        }
        _ => {}
    }
    less
}
