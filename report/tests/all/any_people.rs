//! Devices and calls of two, by chance.

use crate::{
    any_facts::{fact, leg, well, without_figures},
    build::call,
};
use earshot_report::{
    Code, Fact, Facts, Transport,
    facts::{
        DeviceFacts, LegOutcome, MicrophoneFacts, MicrophoneOpened, PairFacts, PairLegFacts,
        PairReady, PairRoute, SpeakerFacts, VoiceEnd,
    },
    plan::Probe,
};
use proptest::{prelude::*, sample::select};

fn opened() -> impl Strategy<Value = MicrophoneOpened> {
    prop_oneof![
        4 => Just(MicrophoneOpened::Yes),
        1 => select(vec![
            MicrophoneOpened::NotAsked,
            MicrophoneOpened::Denied,
            MicrophoneOpened::DeniedBySystem,
            MicrophoneOpened::Missing,
            MicrophoneOpened::Busy,
        ]),
    ]
}

fn level() -> impl Strategy<Value = Option<f64>> {
    prop::option::of(select(vec![-100.0, -70.0, -20.0, 0.0, f64::NAN]))
}

fn time() -> impl Strategy<Value = Option<u32>> {
    prop::option::of(select(vec![0u32, 2_999, 3_000, u32::MAX]))
}

pub(crate) fn devices() -> impl Strategy<Value = DeviceFacts> {
    (opened(), fact(), level(), time(), [well(), well(), well()]).prop_map(
        |(opened, muted, loudest_dbfs, listened_ms, [played, heard, heard_yourself])| DeviceFacts {
            microphone: MicrophoneFacts {
                opened,
                muted,
                loudest_dbfs,
                listened_ms,
            },
            speaker: SpeakerFacts {
                played,
                heard,
                heard_yourself,
            },
        },
    )
}

fn voice() -> impl Strategy<Value = VoiceEnd> {
    let packets = prop::option::of(select(vec![0u64, 19, 20, u64::MAX]));
    (
        opened(),
        time(),
        level(),
        level(),
        packets,
        [well(), well()],
    )
        .prop_map(
            |(microphone, voice_ms, sent_dbfs, arrived_dbfs, packets_received, [played, heard])| {
                VoiceEnd {
                    microphone,
                    voice_ms,
                    sent_dbfs,
                    arrived_dbfs,
                    packets_received,
                    played,
                    heard,
                }
            },
        )
}

fn ready() -> impl Strategy<Value = PairReady> {
    let good = Just(Some(Code::Good));
    let cause = prop_oneof![1 => good, 1 => prop::option::of(select(Code::ALL))];
    cause.prop_map(|cause| PairReady {
        relays: vec![(0, Transport::Udp)],
        cause,
    })
}

/// A leg of a call of two with the course of a leg of a test.
fn pair_leg() -> impl Strategy<Value = PairLegFacts> {
    let relay = |called| PairRoute::Relay { caller: 0, called };
    let route = select(vec![PairRoute::Direct, relay(0), relay(1)]);
    let well = select(call().pair.map(|pair| pair.legs).unwrap_or_default());
    let other = leg(Probe::RelayToRelay { target: 0 }).boxed();
    (route, well, other, any::<bool>()).prop_map(|(route, well, other, is_well)| match is_well {
        true => PairLegFacts { route, ..well },
        false => PairLegFacts {
            route,
            outcome: other.outcome,
            ice_connected: other.ice_connected,
            dtls_connected: other.dtls_connected,
            remote: other.remote,
            local: other.local,
            rtt_ms: other.rtt_ms,
            from_you: other.from_you,
            to_you: other.to_you,
            samples: Vec::new(),
        },
    })
}

pub(crate) fn pair() -> impl Strategy<Value = PairFacts> {
    let legs = prop::collection::vec(pair_leg().boxed(), 0..4);
    (
        ready(),
        ready(),
        legs,
        voice().boxed(),
        voice().boxed(),
        well(),
    )
        .prop_map(|(own, partner, legs, you, them, stayed)| PairFacts {
            own,
            partner,
            legs,
            you,
            them,
            partner_left: match stayed {
                Fact::Yes => Fact::No,
                Fact::No => Fact::Yes,
                Fact::NotMeasured => Fact::NotMeasured,
            },
        })
}

/// Whoever is heard speaks, whoever hears one thing hears, and whoever went away has not failed.
pub(crate) fn without_contradiction_of_people(facts: &mut Facts) {
    let Some(pair) = &mut facts.pair else {
        return;
    };
    for leg in &mut pair.legs {
        if leg.ice_connected.is_no() {
            (leg.dtls_connected, leg.rtt_ms) = (Fact::No, None);
        }
        if leg.dtls_connected.is_no() && !leg.ice_connected.is_yes() {
            leg.rtt_ms = None;
        }
        if leg.dtls_connected.is_no() {
            for direction in [&mut leg.from_you, &mut leg.to_you] {
                without_figures(direction);
                direction.sound = Fact::No;
            }
        }
        // What has ended well by then has failed in nothing.
        let unheard = leg.from_you.sound.is_no() || leg.to_you.sound.is_no();
        let has_failed = leg.dtls_connected.is_no() || unheard;
        if pair.partner_left.is_yes() && (leg.outcome != LegOutcome::Done || has_failed) {
            leg.outcome = LegOutcome::Stopped;
        }
    }
    let PairFacts { you, them, .. } = pair;
    if you.heard.is_yes() {
        (them.sent_dbfs, you.arrived_dbfs) = (Some(-20.0), Some(-20.0));
    }
    if them.heard.is_yes() {
        (you.sent_dbfs, them.arrived_dbfs) = (Some(-20.0), Some(-20.0));
    }
    if pair.partner_left.is_yes() {
        for end in [&mut pair.you, &mut pair.them] {
            end.packets_received = None;
            if end.heard.is_no() {
                end.heard = Fact::NotMeasured;
            }
        }
    }
    if let Some(devices) = &mut facts.devices {
        if pair.you.sent_dbfs == Some(-20.0) {
            devices.microphone.loudest_dbfs = Some(-20.0);
        }
        if pair.you.heard.is_yes() {
            devices.speaker.heard = Fact::Yes;
            devices.speaker.heard_yourself = Fact::Yes;
        }
    }
}
