//! One call: its two ends, their candidates carried by hand, and what is seen and heard of it.

use super::{
    Far, Spec,
    end::End,
    figures::{Flow, is_enough, median, named, note_direction},
};
use crate::probe::{
    attention::Attention,
    connection::{Connection, PeerEvent, Policy},
    direct::{self, Use},
    js::{elapsed_ms, now_ms},
    sound::Sound,
    stats::{self, EndStats},
    wait::Timer,
};
use earshot_report::{
    candidate::Candidate,
    facts::{CandidateType, Fact, LegFacts, LegOutcome, Sample},
    limits,
};
use std::{future::poll_fn, net::IpAddr, task::Poll};
use wasm_bindgen::JsValue;
use web_sys::RtcPeerConnectionState;

/// No leg lasts as long as this many samples take.
const MAX_SAMPLES: usize = 200;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    /// The first end.
    Near,
    /// The second.
    Far,
}

/// A call under way. Dropping it ends it.
pub(super) struct Call<'a> {
    spec: &'a Spec,
    sound: Option<&'a Sound>,
    near: End,
    far: End,
    start: f64,
    /// When the first end had its relay candidate: only then is there anything to connect.
    relay_at: Option<f64>,
    relayed: Option<IpAddr>,
    /// Candidates of a direct end that wait for the relayed address.
    waiting: Vec<String>,
    /// Candidates of a direct end that are passed if no better one comes.
    kept: Vec<String>,
    /// A direct end has shown an address, of the family that the relayed address is not of.
    is_of_other_family: bool,
    /// When the first end could ask the other one; `None` also where that says nothing.
    checked_at: Option<f64>,
    ice_at: Option<f64>,
    connected_at: Option<f64>,
    last_sample: f64,
    attention: Attention,
    flow: Flow,
    /// It stalls: that may be its end, or a pause.
    is_silent: bool,
}

impl<'a> Call<'a> {
    /// Two ends that have agreed on a call; their candidates are still to come.
    pub(super) async fn begin(spec: &'a Spec, sound: Option<&'a Sound>) -> Result<Self, JsValue> {
        let start = now_ms();
        let [from_you, to_you] = spec.tones;
        let relay = std::slice::from_ref(&spec.server);
        let near = End::new(relay, Policy::Relay, sound, from_you)?;
        let far = match &spec.far {
            Far::Relay => End::new(relay, Policy::Relay, sound, to_you)?,
            Far::Direct { stun, .. } => End::new(stun, Policy::All, sound, to_you)?,
        };
        let offer = near.connection.offer().await?;
        let answer = far.connection.answer(&offer).await?;
        near.connection.accept(&answer).await?;
        Ok(Self {
            spec,
            sound,
            near,
            far,
            start,
            relay_at: None,
            relayed: None,
            waiting: Vec::new(),
            kept: Vec::new(),
            is_of_other_family: false,
            checked_at: None,
            ice_at: None,
            connected_at: None,
            last_sample: start,
            attention: Attention::new(start),
            flow: Flow::default(),
            is_silent: false,
        })
    }

    /// Runs it until all is measured, it has failed, or its time is over.
    pub(super) async fn run(
        mut self,
        facts: &mut LegFacts,
        tell: &dyn Fn(&LegFacts),
        tell_levels: &dyn Fn([f32; 2]),
    ) -> LegOutcome {
        let mut look = Timer::new(limits::LOOK_MS);
        loop {
            let news = self.next(&look).await;
            let is_look = news.is_none();
            if let Some((side, event)) = news {
                self.take(side, event, facts);
            }
            let states = |it: &LegFacts| (it.ice_connected, it.dtls_connected, it.direct_usable);
            let before = states(facts);
            self.note_states(facts);
            if is_look {
                look = Timer::new(limits::LOOK_MS);
                let levels = self.listen(facts);
                tell_levels(levels);
                if elapsed_ms(self.last_sample) >= limits::SAMPLE_MS && self.ice_at.is_some() {
                    self.sample(facts, levels).await;
                    tell(facts);
                }
            }
            if states(facts) != before {
                tell(facts);
            }
            self.attention.note(now_ms());
            if let Some(outcome) = self.outcome(facts) {
                self.sample(facts, [0.0; 2]).await;
                return outcome;
            }
        }
    }

    /// Waits for what happens next to one of the ends; `None`: it is time for a look.
    async fn next(&self, look: &Timer) -> Option<(Side, PeerEvent)> {
        poll_fn(|cx| {
            for (side, end) in [(Side::Near, &self.near), (Side::Far, &self.far)] {
                if let Poll::Ready(event) = end.connection.poll_next(cx) {
                    return Poll::Ready(Some((side, event)));
                }
            }
            look.over.poll(cx).map(|_| None)
        })
        .await
    }

    fn take(&mut self, side: Side, event: PeerEvent, facts: &mut LegFacts) {
        let [from_you, to_you] = self.spec.tones;
        let (end, expected) = match side {
            Side::Near => (&mut self.near, to_you),
            Side::Far => (&mut self.far, from_you),
        };
        match event {
            PeerEvent::Candidate(candidate) => {
                let line = candidate.candidate();
                end.note_shown(&line);
                match side {
                    Side::Near => self.take_near(&line, facts),
                    Side::Far => self.take_far(line, facts),
                }
            }
            PeerEvent::GatheringComplete => {
                end.gathered = true;
                self.pass_kept(facts);
            }
            PeerEvent::Track(track) => {
                if let Some(sound) = self.sound {
                    end.listen(sound, &track, expected);
                }
            }
            // The states are read after each event; errors belong to the gathering.
            PeerEvent::State | PeerEvent::Error { .. } => {}
        }
    }

    fn take_near(&mut self, line: &str, facts: &mut LegFacts) {
        self.far.connection.add_candidate(line);
        let Ok(candidate) = line.parse::<Candidate>() else {
            return;
        };
        if candidate.candidate_type != CandidateType::Relay || self.relay_at.is_some() {
            return;
        }
        self.relay_at = Some(now_ms());
        self.relayed = candidate.address.ip();
        for line in std::mem::take(&mut self.waiting) {
            self.take_far(line, facts);
        }
        self.pass_kept(facts);
    }

    fn take_far(&mut self, line: String, facts: &mut LegFacts) {
        let same_machine = match self.spec.far {
            Far::Relay => {
                self.near.connection.add_candidate(&line);
                self.note_check();
                return;
            }
            Far::Direct { same_machine, .. } => same_machine,
        };
        match direct::judge(&line, self.relayed, same_machine) {
            Use::Pass(line) => {
                self.near.connection.add_candidate(&line);
                self.note_check();
                facts.direct_usable = Fact::Yes;
            }
            Use::Keep(line) => self.kept.push(line),
            Use::Wait => self.waiting.push(line),
            Use::OtherFamily => self.is_of_other_family = true,
            Use::Drop => {}
        }
    }

    /// A relay that refuses one address ends the whole call in some browsers, so the host candidates, which it often
    /// refuses, come last, and only when both sides are known.
    fn pass_kept(&mut self, facts: &mut LegFacts) {
        let is_direct = matches!(self.spec.far, Far::Direct { .. });
        if !is_direct || !self.far.gathered || self.relay_at.is_none() {
            return;
        }
        for line in std::mem::take(&mut self.kept) {
            self.near.connection.add_candidate(&line);
            facts.direct_usable = Fact::Yes;
            // A refused inner address, which is no fault, ends some calls as fast.
            self.checked_at = None;
        }
        if !facts.direct_usable.is_yes() {
            facts.direct_usable = Fact::No;
        }
    }

    /// The first end has a way to ask the other one.
    fn note_check(&mut self) {
        if self.relay_at.is_some() {
            self.checked_at.get_or_insert_with(now_ms);
        }
    }

    fn note_states(&mut self, facts: &mut LegFacts) {
        let both =
            |is: fn(&Connection) -> bool| is(&self.near.connection) && is(&self.far.connection);
        if self.ice_at.is_none() && both(Connection::ice_is_connected) {
            self.ice_at = Some(now_ms());
            facts.ice_connected = Fact::Yes;
        }
        let is_connected =
            |connection: &Connection| connection.state() == RtcPeerConnectionState::Connected;
        if self.connected_at.is_none() && both(is_connected) {
            self.ice_at.get_or_insert_with(now_ms);
            self.connected_at = Some(now_ms());
            facts.ice_connected = Fact::Yes;
            facts.dtls_connected = Fact::Yes;
            facts.connected_ms = Some(elapsed_ms(self.start));
        }
    }

    /// One look at both sounds; the levels from the person and to the person.
    fn listen(&mut self, facts: &mut LegFacts) -> [f32; 2] {
        let Some(connected_at) = self.connected_at else {
            return [0.0; 2];
        };
        [
            self.far.look(self.sound, connected_at, &mut facts.from_you),
            self.near.look(self.sound, connected_at, &mut facts.to_you),
        ]
    }

    async fn sample(&mut self, facts: &mut LegFacts, levels: [f32; 2]) {
        self.last_sample = now_ms();
        let near = stats::read(&self.near.connection).await.unwrap_or_default();
        let far = stats::read(&self.far.connection).await.unwrap_or_default();
        let heard = |end: &End, level| end.ear.as_ref().map(|_| level);
        let [from_you, to_you] = levels;
        if self.ice_at.is_some() && facts.samples.len() < MAX_SAMPLES {
            facts.samples.push(Sample {
                at_ms: elapsed_ms(self.start),
                rtt_ms: near.rtt_ms,
                level_from_you: heard(&self.far, from_you),
                level_to_you: heard(&self.near, to_you),
                received_from_you: far.received,
                received_to_you: near.received,
            });
        }
        facts.rtt_ms = median(facts.samples.iter().filter_map(|sample| sample.rtt_ms));
        note_direction(&mut facts.from_you, &near, &far, facts.rtt_ms);
        note_direction(&mut facts.to_you, &far, &near, facts.rtt_ms);
        let both = |it: fn(&EndStats) -> Option<u64>| {
            it(&near).unwrap_or_default() + it(&far).unwrap_or_default()
        };
        let (received, sent) = (both(|it| it.received), both(|it| it.sent));
        let silent_ms = self.flow.silent_ms(received, sent, self.last_sample);
        self.is_silent = silent_ms.is_some();
        if let (Some(connected_at), Some(silent_ms)) = (self.connected_at, silent_ms)
            && silent_ms >= f64::from(limits::LOST_MS)
        {
            facts.lost_after_ms = Some((self.flow.news_at - connected_at) as u32);
        }
        // A pair that failed vanishes from the statistics: what was seen stays.
        let local = near.local.map(|it| named(it, &self.near.shown));
        let remote = far.local.map(|it| named(it, &self.far.shown));
        facts.local = local.or(facts.local.take());
        facts.remote = remote.or(facts.remote.take());
    }

    /// How the leg ends, if it does now.
    fn outcome(&self, facts: &mut LegFacts) -> Option<LegOutcome> {
        if let Some(connected_at) = self.connected_at {
            return self.outcome_of_sound(facts, connected_at);
        }
        let is_failed = self.near.has_failed() || self.far.has_failed();
        if let Some(ice_at) = self.ice_at {
            let timed_out = self.attention.is_over(ice_at, limits::DTLS_MS);
            if is_failed || timed_out {
                facts.dtls_connected = Fact::No;
            }
            return match (is_failed, timed_out) {
                (true, _) => Some(LegOutcome::Failed),
                (_, true) => Some(LegOutcome::TimedOut),
                _ => None,
            };
        }
        let Some(relay_at) = self.relay_at else {
            // The first end got no relay candidate this time: nothing was tried.
            let gave_up =
                self.near.gathered || self.attention.is_over(self.start, limits::LENT_AGAIN_MS);
            return gave_up.then_some(LegOutcome::TimedOut);
        };
        if facts.direct_usable.is_no() {
            return Some(LegOutcome::Done);
        }
        // Better candidates may still come while an end gathers.
        if is_failed && self.near.gathered && self.far.gathered {
            facts.ice_connected = Fact::No;
            facts.refused_after_ms = self.checked_at.map(elapsed_ms);
            return Some(LegOutcome::Failed);
        }
        // What has an address of one family alone has told so: a browser in such a network may go on asking for ever.
        let is_settled = self.is_of_other_family && !facts.direct_usable.is_yes();
        let limit = match is_settled {
            true => limits::GATHERING_SETTLE_MS,
            false => limits::LEG_CONNECT_MS,
        };
        if !self.attention.is_over(relay_at, limit) {
            return None;
        }
        match self.spec.far {
            // STUN told no address of use in all this time, so the direct end has none to be reached at.
            Far::Direct { .. } if !facts.direct_usable.is_yes() => facts.direct_usable = Fact::No,
            _ => facts.ice_connected = Fact::No,
        }
        Some(LegOutcome::TimedOut)
    }

    fn outcome_of_sound(&self, facts: &mut LegFacts, connected_at: f64) -> Option<LegOutcome> {
        if self.near.has_failed() || self.far.has_failed() {
            facts.lost_after_ms = Some(elapsed_ms(connected_at));
        }
        if facts.lost_after_ms.is_some() {
            return Some(LegOutcome::Failed);
        }
        let is_waking = self.sound.is_some_and(|sound| !sound.is_running());
        if is_waking && !self.attention.is_over(self.start, limits::AUDIO_START_MS) {
            return None;
        }
        let can_hear = self.sound.is_some_and(Sound::is_running)
            && self.near.ear.is_some()
            && self.far.ear.is_some();
        let directions = [&facts.from_you, &facts.to_you];
        let heard = directions.iter().all(|it| it.sound.is_yes());
        let enough = directions.into_iter().all(is_enough);
        let has_rtt =
            facts.rtt_ms.is_some() || self.attention.is_over(connected_at, limits::RTT_MS);
        if has_rtt && (!can_hear || (heard && enough)) {
            return Some(LegOutcome::Done);
        }
        let is_unsure = self.far.is_unsure(&facts.from_you) || self.near.is_unsure(&facts.to_you);
        let limit = match (heard && has_rtt) || self.is_silent || (can_hear && is_unsure) {
            true => limits::QUALITY_MS,
            false => limits::SOUND_MS,
        };
        if !self.attention.is_over(connected_at, limit) {
            return None;
        }
        if heard || !can_hear {
            return Some(LegOutcome::Done);
        }
        self.far.deny(&mut facts.from_you);
        self.near.deny(&mut facts.to_you);
        Some(LegOutcome::TimedOut)
    }
}
