//! The calls of a session: from the first message or click to the saved report.

use super::{AFTER_MS, AWAY_MS, LONGEST_AUTO_MS, Session, SessionNews, closed, place};
use crate::{
    api::{self, Failure},
    browser,
    link::{
        Deed, LinkAction,
        messages::read_call_message,
        state::{Call, CallNews, CallPhase, Room, RoomNews},
        talk::{self, Talk},
    },
    probe::{
        pair::{PairPhase, PairRole, PairUpdate},
        sound::Sound,
        wait::sleep,
    },
    state::Run,
};
use earshot_report::{
    api::{
        RunTicket,
        link::{CallMessage, Signal, ToLink},
    },
    limits,
};
use wasm_bindgen_futures::spawn_local;

impl Session {
    pub(super) fn say(&self, message: ToLink) {
        if let Some(line) = &self.line {
            line.say(message);
        }
    }

    pub(super) fn signal(&self, call: &str, message: &CallMessage) {
        if let Some(line) = self.line.as_deref() {
            talk::signal(line, call, message);
        }
    }

    pub(super) fn heard_signal(
        &mut self,
        number: u64,
        signal: &Signal,
        room: &Room,
    ) -> Option<RoomNews> {
        if number <= self.heard {
            return None;
        }
        self.heard = number;
        browser::keep_in_tab(&place("heard", &self.token), &number.to_string());
        let message = read_call_message(&signal.body)?;
        if let Some(talk) = self.talk.as_mut().filter(|talk| talk.id == signal.call) {
            let hung_up = message == CallMessage::HangUp;
            if talk.hear(message) || !hung_up {
                return None;
            }
            self.talk = None;
            return Some(RoomNews::Call(CallNews::Closed));
        }
        // A call that is not ours any more, or not yet.
        let CallMessage::Ring(_) = &message else {
            return None;
        };
        let is_calling = room.call.as_ref().is_some_and(Call::is_alive);
        if is_calling && self.is_owner {
            return None;
        }
        self.talk = Some(Talk::new(signal.call.clone(), vec![message]));
        Some(RoomNews::Call(CallNews::Incoming(signal.call.clone())))
    }

    /// Asks for what a call needs. `id` is the name of one that came in.
    pub(super) fn prepare(
        &mut self,
        role: PairRole,
        id: Option<String>,
        sound: Option<Sound>,
        room: &Room,
    ) -> Option<RoomNews> {
        let id = match id {
            Some(id) => {
                // It may be gone already.
                self.talk.as_ref().filter(|talk| talk.id == id)?;
                id
            }
            None => {
                let id = browser::random_name()?;
                self.talk = Some(Talk::new(id.clone(), Vec::new()));
                id
            }
        };
        if let Some(talk) = &mut self.talk {
            talk.prepare(role, sound, room.own.as_ref());
        }
        let (tell, pass, of) = (self.teller(), self.pass(), id.clone());
        spawn_local(async move {
            let ticket = talk::ticket(pass).await;
            tell(SessionNews::Ticket(of, ticket.map(Box::new)));
        });
        Some(RoomNews::Call(CallNews::Preparing(id)))
    }

    pub(super) fn begin_call(
        &mut self,
        id: String,
        ticket: Result<Box<RunTicket>, Failure>,
    ) -> Option<RoomNews> {
        let tell = self.teller();
        let talk = self.talk.as_mut().filter(|talk| talk.id == id)?;
        match (ticket, &self.line) {
            (Ok(ticket), Some(line)) => {
                talk.begin(*ticket, line.clone(), move |update| {
                    tell(SessionNews::Pair(id.clone(), update));
                });
                None
            }
            (Err(failure), _) => {
                self.signal(&id, &CallMessage::HangUp);
                self.talk = None;
                Some(RoomNews::Call(CallNews::Failed(failure)))
            }
            (Ok(_), None) => None,
        }
    }

    pub(super) fn pair(&mut self, id: String, update: PairUpdate, room: &Room) -> RoomNews {
        if let Some(talk) = self.talk.as_mut().filter(|talk| talk.id == id) {
            let is_caller = talk.is_caller();
            match &update {
                PairUpdate::Phase(PairPhase::Tested) if is_caller => {
                    // Where a way carries voices, the next phase comes at once.
                    self.end_in(AFTER_MS, &id, Some(PairPhase::Tested));
                }
                PairUpdate::Phase(PairPhase::CanSpeak(_)) if self.auto => {
                    self.act.emit(LinkAction::Do(Deed::Speak));
                    if is_caller {
                        self.end_in(LONGEST_AUTO_MS, &id, None);
                    }
                }
                PairUpdate::Facts(facts) if self.auto && is_caller => {
                    let long = |ms: Option<u32>| ms.is_some_and(|ms| ms >= limits::VOICE_MS);
                    if long(facts.you.voice_ms)
                        && long(facts.them.voice_ms)
                        && !std::mem::replace(&mut talk.ends, true)
                    {
                        self.end_in(AFTER_MS, &id, None);
                    }
                }
                PairUpdate::Phase(PairPhase::Over(_)) => self.save(room.own.as_ref()),
                _ => {}
            }
        }
        RoomNews::Call(CallNews::Pair(id, update))
    }

    pub(super) fn end_in(&self, ms: u32, id: &str, phase: Option<PairPhase>) {
        let (tell, id) = (self.teller(), id.to_owned());
        spawn_local(async move {
            sleep(ms).await;
            tell(SessionNews::End(id, phase));
        });
    }

    /// Whether the other side is there, in a call.
    pub(super) fn note_presence(&mut self, room: &Room) {
        let is_alone = self.talk.is_some() && room.other.is_some() && !room.is_other_here();
        if is_alone && !self.is_alone {
            self.times_alone += 1;
            let (tell, time) = (self.teller(), self.times_alone);
            spawn_local(async move {
                sleep(AWAY_MS).await;
                tell(SessionNews::StillAway(time));
            });
        }
        self.is_alone = is_alone;
    }

    pub(super) fn partner_left(&mut self, room: &Room) {
        let Some(talk) = &self.talk else { return };
        talk.partner_left();
        let call = room.call.as_ref();
        if call.is_some_and(|call| call.phase == CallPhase::Incoming) {
            self.talk = None;
            self.act.emit(closed());
        }
    }

    /// Saves what a call has shown.
    pub(super) fn save(&mut self, own: Option<&Run>) {
        let Some((id, run, request)) = self.talk.as_mut().and_then(|talk| talk.close(own)) else {
            return;
        };
        let tell = self.teller();
        spawn_local(async move {
            let told = tell.clone();
            let saved = api::save_at_last("", &run, &request, move |failure| {
                told(SessionNews::NotSaved(failure));
            });
            if let Some(report) = saved.await {
                tell(SessionNews::Saved(id, Box::new(report)));
            }
        });
    }
}
