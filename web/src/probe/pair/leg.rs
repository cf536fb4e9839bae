//! One end of one leg: from its description until both halves are measured.

mod outcome;

use super::{PairRole, call::Shared, facts::half};
use crate::probe::{
    attention::Attention,
    connection::{Description, PeerEvent},
    js::{elapsed_ms, now_ms},
    leg::{
        end::End,
        figures::{median, named, note_direction},
    },
    sound::Sound,
    stats::{self, EndStats},
    tone::tones_of_leg,
    wait::{Inbox, Timer},
};
use earshot_report::{
    api::link::CallMessage,
    candidate::parse_candidate,
    facts::{CandidateFacts, DirectionFacts, LegOutcome, Sample},
    limits,
};
use std::{future::poll_fn, task::Poll};
use wasm_bindgen::JsValue;
use web_sys::{MediaStreamTrack, RtcPeerConnectionState, RtcSdpType};

/// No leg lasts as long as this many samples take.
const MAX_SAMPLES: usize = 200;
/// No browser has so many candidates for one leg; what comes beyond is not kept.
const MAX_CANDIDATES: usize = 64;

/// What the other end says about a leg.
#[derive(Debug)]
pub(super) enum LegMessage {
    /// Its description.
    Description {
        /// An offer, not an answer.
        is_offer: bool,
        /// The description.
        sdp: String,
    },
    /// A candidate; `None`: that was the last.
    Candidate(Option<String>),
}

enum News {
    Event(PeerEvent),
    Message(LegMessage),
    Look,
}

/// This end of a leg. Dropping it ends it.
pub(super) struct PairLeg {
    place: usize,
    pub(super) end: End,
    /// What comes from the other end.
    pub(super) incoming: Option<MediaStreamTrack>,
    /// The tone that is expected from the other end, in hertz.
    expected: f32,
    start: f64,
    is_described: bool,
    /// Candidates that came before the description.
    early: Vec<String>,
    /// What the other end has shown of itself.
    shown: Vec<CandidateFacts>,
    /// The other end has no more candidates.
    they_gathered: bool,
    ice_at: Option<f64>,
    connected_at: Option<f64>,
    /// When all of this end's half was measured.
    half_at: Option<f64>,
    last_sample: f64,
    attention: Attention,
    last_told: f64,
    told: DirectionFacts,
}

/// Measures the leg at this place. What is connected still at its end is given back.
pub(super) async fn measure(
    call: &Shared,
    sound: Option<&Sound>,
    place: usize,
    inbox: &Inbox<LegMessage>,
) -> Option<PairLeg> {
    call.leg(place, |facts| facts.outcome = LegOutcome::Running);
    let mut leg = match PairLeg::begin(call, sound, place).await {
        Ok(leg) => leg,
        Err(error) => {
            call.leg(place, |facts| {
                facts.outcome = crate::probe::leg::give_up(&error)
            });
            return None;
        }
    };
    let outcome = leg.run(call, sound, inbox).await;
    leg.tell(call);
    call.leg(place, |facts| facts.outcome = outcome);
    leg.is_connected().then_some(leg)
}

impl PairLeg {
    async fn begin(call: &Shared, sound: Option<&Sound>, place: usize) -> Result<Self, JsValue> {
        let (servers, policy) = call
            .servers(place)
            .ok_or("its relay is none of this page's")?;
        let [from_caller, from_called] = tones_of_leg(place);
        let (own, expected) = match call.role {
            PairRole::Caller => (from_caller, from_called),
            PairRole::Called => (from_called, from_caller),
        };
        let leg = Self {
            place,
            end: End::new(&servers, policy, sound, own)?,
            incoming: None,
            expected,
            start: now_ms(),
            is_described: false,
            early: Vec::new(),
            shown: Vec::new(),
            they_gathered: false,
            ice_at: None,
            connected_at: None,
            half_at: None,
            last_sample: 0.0,
            attention: Attention::new(now_ms()),
            last_told: 0.0,
            told: DirectionFacts::default(),
        };
        if call.role == PairRole::Caller {
            let offer = leg.end.connection.offer().await?;
            leg.describe(call, &offer);
        }
        Ok(leg)
    }

    /// Runs it until both halves are measured, it has failed, or its time is over.
    async fn run(
        &mut self,
        call: &Shared,
        sound: Option<&Sound>,
        inbox: &Inbox<LegMessage>,
    ) -> LegOutcome {
        let mut look = Timer::new(limits::LOOK_MS);
        loop {
            match self.next(inbox, &look).await {
                News::Event(event) => self.take(call, sound, event),
                News::Message(message) => self.hear(call, message).await,
                News::Look => {
                    look = Timer::new(limits::LOOK_MS);
                    let level = self.listen(call, sound);
                    if elapsed_ms(self.last_sample) >= limits::SAMPLE_MS && self.ice_at.is_some() {
                        self.sample(call, level).await;
                    }
                    if elapsed_ms(self.last_told) >= limits::PAIR_TELL_MS {
                        self.tell(call);
                    }
                }
            }
            self.note_states(call);
            self.attention.note(now_ms());
            if let Some(outcome) = self.outcome(call, sound) {
                self.sample(call, 0.0).await;
                return outcome;
            }
        }
    }

    async fn next(&self, inbox: &Inbox<LegMessage>, look: &Timer) -> News {
        poll_fn(|cx| {
            if let Poll::Ready(event) = self.end.connection.poll_next(cx) {
                return Poll::Ready(News::Event(event));
            }
            if let Poll::Ready(message) = inbox.poll(cx) {
                return Poll::Ready(News::Message(message));
            }
            look.over.poll(cx).map(|_| News::Look)
        })
        .await
    }

    fn take(&mut self, call: &Shared, sound: Option<&Sound>, event: PeerEvent) {
        let leg = self.place as u16;
        match event {
            PeerEvent::Candidate(candidate) => {
                let line = candidate.candidate();
                self.end.note_shown(&line);
                let mid = candidate.sdp_mid().unwrap_or_default();
                let candidate = Some((line, mid));
                call.say(CallMessage::Candidate { leg, candidate });
            }
            PeerEvent::GatheringComplete => {
                self.end.gathered = true;
                let candidate = None;
                call.say(CallMessage::Candidate { leg, candidate });
            }
            PeerEvent::Track(track) => {
                if let Some(sound) = sound {
                    self.end.listen(sound, &track, self.expected);
                }
                self.incoming = Some(track);
            }
            // The states are read after each event; errors belong to the tests of each end by itself.
            PeerEvent::State | PeerEvent::Error { .. } => {}
        }
    }

    /// What the browser does not accept of it is a leg that never connects.
    async fn hear(&mut self, call: &Shared, message: LegMessage) {
        match message {
            LegMessage::Description { is_offer, sdp } => {
                let is_awaited = is_offer == (call.role == PairRole::Called);
                if self.is_described || !is_awaited {
                    return;
                }
                self.is_described = self.accept(call, is_offer, &sdp).await.is_ok();
                if self.is_described {
                    for line in std::mem::take(&mut self.early) {
                        self.end.connection.add_candidate(&line);
                    }
                }
            }
            LegMessage::Candidate(None) => self.they_gathered = true,
            LegMessage::Candidate(Some(line)) => {
                if self.shown.len() + self.early.len() >= MAX_CANDIDATES {
                    return;
                }
                self.shown.extend(parse_candidate(&line));
                if self.is_described {
                    self.end.connection.add_candidate(&line);
                } else {
                    self.early.push(line);
                }
            }
        }
    }

    async fn accept(&self, call: &Shared, is_offer: bool, sdp: &str) -> Result<(), JsValue> {
        let connection = &self.end.connection;
        if is_offer {
            let offer = description(RtcSdpType::Offer, sdp);
            let answer = connection.answer(&offer).await?;
            self.describe(call, &answer);
        } else {
            let answer = description(RtcSdpType::Answer, sdp);
            connection.accept(&answer).await?;
        }
        Ok(())
    }

    fn describe(&self, call: &Shared, made: &Description) {
        let sdp_type = match call.role {
            PairRole::Caller => "offer",
            PairRole::Called => "answer",
        };
        call.say(CallMessage::Description {
            leg: self.place as u16,
            sdp_type: sdp_type.to_owned(),
            sdp: made.get_sdp().unwrap_or_default(),
        });
    }

    /// One look at the sound that comes here; its level.
    fn listen(&mut self, call: &Shared, sound: Option<&Sound>) -> f32 {
        let Some(connected_at) = self.connected_at else {
            return 0.0;
        };
        let end = &mut self.end;
        call.leg(self.place, |facts| {
            end.look(sound, connected_at, &mut facts.to_you)
        })
    }

    async fn sample(&mut self, call: &Shared, level: f32) {
        self.last_sample = now_ms();
        let mut own = stats::read(&self.end.connection).await.unwrap_or_default();
        own.received = own.arrived().filter(|_| self.connected_at.is_some());
        let other = EndStats::default();
        let at_ms = elapsed_ms(self.start);
        let has_ice = self.ice_at.is_some();
        let (end, shown) = (&self.end, &self.shown);
        call.leg(self.place, |facts| {
            if has_ice && facts.samples.len() < MAX_SAMPLES {
                facts.samples.push(Sample {
                    at_ms,
                    rtt_ms: own.rtt_ms,
                    level_from_you: None,
                    level_to_you: end.ear.as_ref().map(|_| level),
                    received_from_you: facts.from_you.packets_received,
                    received_to_you: own.received,
                });
            }
            facts.rtt_ms = median(facts.samples.iter().filter_map(|sample| sample.rtt_ms));
            note_direction(&mut facts.to_you, &other, &own, facts.rtt_ms);
            note_direction(&mut facts.from_you, &own, &other, facts.rtt_ms);
            // A pair that failed vanishes from the statistics: what was seen stays.
            let local = own.local.map(|it| named(it, &end.shown));
            let remote = own.remote.map(|it| named(it, shown));
            facts.local = local.or(facts.local.take());
            facts.remote = remote.or(facts.remote.take());
        });
    }

    /// Tells the other end what has arrived here, if there is news.
    fn tell(&mut self, call: &Shared) {
        self.last_told = now_ms();
        let (arrived, sent) = call.leg(self.place, |facts| {
            (half(&facts.to_you), facts.from_you.packets_sent)
        });
        if arrived != self.told {
            self.told = arrived.clone();
            let leg = self.place as u16;
            call.say(CallMessage::Measured { leg, arrived, sent });
        }
    }

    fn note_states(&mut self, call: &Shared) {
        if self.ice_at.is_none() && self.end.connection.ice_is_connected() {
            self.ice_at = Some(now_ms());
            call.leg(self.place, |facts| facts.ice_connected = true.into());
        }
        if self.connected_at.is_none() && self.is_connected() {
            self.connected_at = Some(now_ms());
            self.ice_at.get_or_insert_with(now_ms);
            call.leg(self.place, |facts| {
                facts.ice_connected = true.into();
                facts.dtls_connected = true.into();
            });
        }
    }

    pub(super) fn is_connected(&self) -> bool {
        self.end.connection.state() == RtcPeerConnectionState::Connected
    }
}

fn description(sdp_type: RtcSdpType, sdp: &str) -> Description {
    let description = Description::new(sdp_type);
    description.set_sdp(sdp);
    description
}
