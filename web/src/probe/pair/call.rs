//! What all parts of a call share.

mod course;

use super::{
    PairEnd, PairPhase, PairRole, PairUpdate,
    facts::{half, no_leg, note_told, read_voice},
    leg::LegMessage,
    legs::pair_legs,
};
use crate::probe::{
    connection::{Policy, Server},
    devices::microphone::Asked,
    js::{elapsed_ms, now_ms},
    player::Player,
    wait::{Inbox, Signal},
};
pub(super) use course::run;
use earshot_report::{
    IceUrl, Scheme,
    api::{RunTicket, link::CallMessage},
    facts::{Fact, LegOutcome, PairFacts, PairLegFacts, PairReady, PairRoute, VoiceEnd},
    limits,
};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use web_sys::MediaStream;

/// Messages for one leg that wait to be read: two descriptions and all candidates of a browser, more than twice.
const LEG_ROOM: usize = 160;
/// Messages that came before the call was agreed on.
const EARLY_ROOM: usize = 160;
/// Firefox warns where a connection knows five servers or more; one answer is enough.
const MAX_STUN: usize = 3;
/// Questions for the microphone that wait: each is a click.
const CLICKS: usize = 4;

/// One end of a call.
pub(super) struct Shared {
    pub(super) role: PairRole,
    ticket: Rc<RunTicket>,
    ready: PairReady,
    send: Box<dyn Fn(CallMessage)>,
    emit: Box<dyn Fn(PairUpdate)>,
    facts: RefCell<PairFacts>,
    /// The page does not know all of the facts yet.
    is_news: Cell<bool>,
    inboxes: RefCell<Vec<Inbox<LegMessage>>>,
    early: RefCell<Vec<CallMessage>>,
    /// Both have agreed.
    agreed: Signal,
    /// The leg for the voices, when it is chosen.
    chosen: Cell<Option<usize>>,
    has_chosen: Signal,
    /// Clicks of the person who wants to speak.
    pub(super) asked: Inbox<Asked>,
    /// What comes on the leg of the voices.
    pub(super) incoming: RefCell<Option<MediaStream>>,
    /// What plays it.
    pub(super) player: RefCell<Option<Rc<Player>>>,
    /// The way of the voices is broken just now.
    pub(super) is_broken: Cell<bool>,
    /// When the other end said something last.
    heard_at: Cell<f64>,
    /// Messages are carried just now.
    pub(super) has_line: Cell<bool>,
    over: Signal,
}

impl Shared {
    pub(super) fn new(
        role: PairRole,
        ticket: Rc<RunTicket>,
        ready: PairReady,
        send: Box<dyn Fn(CallMessage)>,
        emit: Box<dyn Fn(PairUpdate)>,
    ) -> Self {
        Self {
            role,
            ticket,
            ready,
            send,
            emit,
            facts: RefCell::default(),
            is_news: Cell::new(false),
            inboxes: RefCell::default(),
            early: RefCell::default(),
            agreed: Signal::default(),
            chosen: Cell::new(None),
            has_chosen: Signal::default(),
            asked: Inbox::new(CLICKS),
            incoming: RefCell::default(),
            player: RefCell::default(),
            is_broken: Cell::new(false),
            heard_at: Cell::new(now_ms()),
            has_line: Cell::new(true),
            over: Signal::default(),
        }
    }

    pub(super) fn ring(&self) {
        self.say(CallMessage::Ring(self.ready.clone()));
        self.tell(PairUpdate::Phase(PairPhase::Ringing));
    }

    /// Says something to the other end. Nothing of the call may be borrowed meanwhile: the answer may come at once.
    pub(super) fn say(&self, message: CallMessage) {
        if !self.over.is_given() {
            (self.send)(message);
        }
    }

    pub(super) fn tell(&self, update: PairUpdate) {
        (self.emit)(update);
    }

    pub(super) fn facts(&self) -> PairFacts {
        self.facts.borrow().clone()
    }

    /// Reads or changes the leg at this place.
    pub(super) fn leg<T>(&self, place: usize, work: impl FnOnce(&mut PairLegFacts) -> T) -> T {
        self.is_news.set(true);
        work(&mut self.facts.borrow_mut().legs[place])
    }

    /// Reads or changes what is known of this end's voice, and of the other's.
    pub(super) fn voices<T>(&self, work: impl FnOnce(&mut VoiceEnd, &VoiceEnd) -> T) -> T {
        self.is_news.set(true);
        let facts = &mut *self.facts.borrow_mut();
        work(&mut facts.you, &facts.them)
    }

    /// Tells the page all facts, if there is news.
    fn tell_facts(&self) {
        if self.is_news.take() {
            let facts = self.facts.borrow().clone();
            self.tell(PairUpdate::Facts(Box::new(facts)));
        }
    }

    /// What this end's connection of the leg at this place works with; `None`: this page knows no such relay.
    pub(super) fn servers(&self, place: usize) -> Option<(Vec<Server>, Policy)> {
        let id = match (self.leg(place, |facts| facts.route), self.role) {
            (PairRoute::Direct, _) => return Some((self.stun(), Policy::All)),
            (PairRoute::Relay { caller, .. }, PairRole::Caller) => caller,
            (PairRoute::Relay { called, .. }, PairRole::Called) => called,
        };
        let target = self.ticket.plan.targets.iter().find(|it| it.id == id)?;
        let server = Server::of(target, &self.ticket.ice_servers);
        Some((vec![server], Policy::Relay))
    }

    /// Where a direct end learns its outer address: every TURN server tells it too.
    fn stun(&self) -> Vec<Server> {
        let own = self.ticket.stun_pair.iter().flatten().cloned();
        let targets = self.ticket.plan.targets.iter().map(|it| &it.url);
        let of_target = |url: &IceUrl| match url.scheme {
            Scheme::Stun => Some(url.clone()),
            Scheme::Turn => url.as_stun(),
        };
        let mut urls: Vec<IceUrl> = Vec::new();
        for url in own.take(1).chain(targets.filter_map(of_target)) {
            if urls.len() < MAX_STUN && !urls.contains(&url) {
                urls.push(url);
            }
        }
        urls.iter()
            .map(|url| Server::open(url.to_string()))
            .collect()
    }

    pub(super) fn hear(&self, message: CallMessage) {
        if self.over.is_given() {
            return;
        }
        self.heard_at.set(now_ms());
        match (message, self.role) {
            (CallMessage::Ring(theirs), PairRole::Called) => {
                // Before the legs begin: their offers are heard in order.
                self.say(CallMessage::Accept(self.ready.clone()));
                self.agree(theirs);
            }
            (CallMessage::Accept(theirs), PairRole::Caller) => self.agree(theirs),
            // Of the other role's.
            (CallMessage::Ring(_) | CallMessage::Accept(_), _) => {}
            // Closing the way, they break it here too, and their word may come late.
            (CallMessage::HangUp, _) => self.close(PairEnd::TheyHungUp, false),
            (CallMessage::WayLost, _) => self.close(PairEnd::WayLost, true),
            (message, _) if !self.agreed.is_given() => {
                let mut early = self.early.borrow_mut();
                if early.len() < EARLY_ROOM {
                    early.push(message);
                }
            }
            (message, _) => self.hear_of_call(message),
        }
    }

    fn agree(&self, theirs: PairReady) {
        if self.agreed.is_given() {
            return;
        }
        let (caller, called) = match self.role {
            PairRole::Caller => (&self.ready, &theirs),
            PairRole::Called => (&theirs, &self.ready),
        };
        let routes = pair_legs(caller, called, &self.ticket.plan.targets);
        let inboxes = routes.iter().map(|_| Inbox::new(LEG_ROOM)).collect();
        self.inboxes.replace(inboxes);
        self.facts.replace(PairFacts {
            own: self.ready.clone(),
            partner: theirs,
            legs: routes.into_iter().map(no_leg).collect(),
            ..PairFacts::default()
        });
        self.is_news.set(true);
        self.agreed.give();
        self.tell(PairUpdate::Phase(PairPhase::Testing));
        for message in self.early.take() {
            self.hear_of_call(message);
        }
    }

    fn hear_of_call(&self, message: CallMessage) {
        match message {
            CallMessage::Description { leg, sdp_type, sdp } => {
                let is_offer = sdp_type == "offer";
                self.pass(leg, LegMessage::Description { is_offer, sdp });
            }
            CallMessage::Candidate { leg, candidate } => {
                let line = candidate.map(|(line, _)| line);
                self.pass(leg, LegMessage::Candidate(line));
            }
            CallMessage::Measured { leg, arrived, sent } => {
                let place = usize::from(leg);
                if place >= self.inboxes.borrow().len() {
                    return;
                }
                let is_news = self.leg(place, |facts| note_told(facts, &arrived, sent));
                // They go on measuring what is over here: this end's last word may have been lost.
                if let Some(last) = self.last_word(place).filter(|_| is_news) {
                    self.say(last);
                }
            }
            CallMessage::Speak { leg } => {
                let place = usize::from(leg);
                let is_known = place < self.inboxes.borrow().len();
                if self.role == PairRole::Called && is_known {
                    self.choose(place);
                }
            }
            CallMessage::Voice(theirs) => {
                self.facts.borrow_mut().them = read_voice(theirs);
                self.is_news.set(true);
            }
            // Heard already.
            CallMessage::Ring(_)
            | CallMessage::Accept(_)
            | CallMessage::HangUp
            | CallMessage::WayLost => {}
        }
    }

    fn pass(&self, leg: u16, message: LegMessage) {
        let inbox = self.inboxes.borrow().get(usize::from(leg)).cloned();
        if let Some(inbox) = inbox {
            inbox.put(message);
        }
    }

    fn last_word(&self, place: usize) -> Option<CallMessage> {
        self.leg(place, |facts| {
            let is_over = !matches!(facts.outcome, LegOutcome::NotStarted | LegOutcome::Running);
            is_over.then(|| CallMessage::Measured {
                leg: place as u16,
                arrived: half(&facts.to_you),
                sent: facts.from_you.packets_sent,
            })
        })
    }

    fn choose(&self, place: usize) {
        if self.chosen.get().is_none() {
            self.chosen.set(Some(place));
            self.has_chosen.give();
        }
    }

    pub(super) fn speak(&self) {
        if self.over.is_given() || self.incoming.borrow().is_none() {
            return;
        }
        self.asked.put(Asked::new(None));
        self.play();
    }

    /// Plays what comes from the other end, or goes on.
    pub(super) fn play(&self) {
        if self.over.is_given() {
            return;
        }
        if self.player.borrow().is_none() {
            let incoming = self.incoming.borrow();
            let player = incoming.as_ref().and_then(|it| Player::of_stream(it).ok());
            self.player.replace(player.map(Rc::new));
        }
        if let Some(player) = &*self.player.borrow() {
            player.play();
        }
    }

    pub(super) fn answer_heard(&self, heard: Fact) {
        if !self.over.is_given() {
            self.voices(|you, _| you.heard = heard);
        }
    }

    /// The other end says something still: it is there, whatever became of the way.
    pub(super) fn they_talk(&self) -> bool {
        elapsed_ms(self.heard_at.get()) < limits::VOICE_WORD_MS
    }

    /// Ends the call, unless it is over.
    pub(super) fn end(&self, why: PairEnd) {
        if self.over.is_given() {
            return;
        }
        let only_way_is_gone = self.is_broken.get() && self.they_talk();
        if matches!(why, PairEnd::HungUp | PairEnd::WayLost) {
            // What was measured last counts for the other end too.
            let you = self.voices(|you, _| you.clone());
            if self.has_chosen.is_given() {
                self.say(CallMessage::Voice(you));
            }
            self.say(match only_way_is_gone {
                true => CallMessage::WayLost,
                false => CallMessage::HangUp,
            });
        }
        self.close(why, only_way_is_gone);
    }

    /// Is over. `is_way_lost`: the way of the voices broke while both ends were there.
    fn close(&self, why: PairEnd, is_way_lost: bool) {
        self.over.give();
        self.player.replace(None);
        self.incoming.replace(None);
        if self.agreed.is_given() {
            let is_measured = self.has_chosen.is_given() || self.legs_are_over();
            let left = match why {
                PairEnd::HungUp | PairEnd::WayLost => false,
                PairEnd::TheyHungUp => !is_measured,
                PairEnd::TheyLeft => true,
            };
            self.stop_legs();
            if let Some(place) = self.chosen.get().filter(|_| is_way_lost) {
                self.leg(place, |facts| facts.outcome = LegOutcome::Failed);
            }
            self.facts.borrow_mut().partner_left = Fact::from(left);
            self.is_news.set(true);
        }
        self.tell_facts();
        self.tell(PairUpdate::Phase(PairPhase::Over(why)));
    }

    fn legs_are_over(&self) -> bool {
        let facts = self.facts.borrow();
        let mut legs = facts.legs.iter();
        legs.all(|leg| leg.outcome != LegOutcome::Running)
    }

    /// What is under way still ends without a word about itself.
    fn stop_legs(&self) {
        for leg in &mut self.facts.borrow_mut().legs {
            if leg.outcome == LegOutcome::Running {
                leg.outcome = LegOutcome::Stopped;
            }
        }
    }
}
