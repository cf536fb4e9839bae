//! One call of a session: from its first message to its saved report.

use super::{live::Line, state::ready};
use crate::{
    api::{self, Failure},
    json,
    probe::{
        environment, now_ms,
        pair::{PairCall, PairRole, PairUpdate},
        sound::Sound,
    },
    state::Run,
};
use earshot_report::{
    Facts,
    api::{
        ReportRequest, RunRequest, RunTicket,
        link::{CallMessage, LinkPass, Signal, ToLink},
    },
    facts::PairReady,
};
use std::rc::Rc;

/// Messages that come before the call is answered.
const EARLY_ROOM: usize = 160;

/// One call.
pub(super) struct Talk {
    pub(super) id: String,
    /// It will be hung up by itself.
    pub(super) ends: bool,
    role: PairRole,
    sound: Option<Sound>,
    ready: PairReady,
    early: Vec<CallMessage>,
    began: f64,
    run: String,
    pair: Option<PairCall>,
}

impl Talk {
    /// A call of this name, of which these messages have come.
    pub(super) fn new(id: String, early: Vec<CallMessage>) -> Self {
        Self {
            id,
            ends: false,
            role: PairRole::Called,
            sound: None,
            ready: PairReady::default(),
            early,
            began: now_ms(),
            run: String::new(),
            pair: None,
        }
    }

    pub(super) fn is_caller(&self) -> bool {
        self.role == PairRole::Caller
    }

    pub(super) fn prepare(&mut self, role: PairRole, sound: Option<Sound>, own: Option<&Run>) {
        self.role = role;
        self.sound = sound;
        self.ready = own.map(ready).unwrap_or_default();
    }

    /// Begins it with what the program lends for it.
    pub(super) fn begin(
        &mut self,
        ticket: RunTicket,
        line: Rc<Line>,
        tell: impl Fn(PairUpdate) + 'static,
    ) {
        self.run.clone_from(&ticket.run);
        self.began = now_ms();
        let id = self.id.clone();
        let pair = PairCall::new(
            self.role,
            self.sound.take(),
            Rc::new(ticket),
            self.ready.clone(),
            move |message| signal(&line, &id, &message),
            tell,
        );
        for message in self.early.drain(..) {
            pair.hear(message);
        }
        self.pair = Some(pair);
    }

    /// Takes in what the other side says; `false`: the call has not begun. What is said after its end changes nothing:
    /// who has read how it was goes on reading when the other side, too, finds that it is over.
    pub(super) fn hear(&mut self, message: CallMessage) -> bool {
        let has_begun = !self.run.is_empty();
        match &self.pair {
            Some(pair) => pair.hear(message),
            None if !has_begun && self.early.len() < EARLY_ROOM => self.early.push(message),
            None => {}
        }
        has_begun
    }

    /// Ends it; `false`: it has not begun.
    pub(super) fn hang_up(&self) -> bool {
        self.with(PairCall::hang_up)
    }

    pub(super) fn note_line(&self, is_open: bool) {
        self.with(|pair| pair.note_line(is_open));
    }

    pub(super) fn partner_left(&self) {
        self.with(PairCall::partner_left);
    }

    pub(super) fn speak(&self) {
        self.with(PairCall::speak);
    }

    pub(super) fn play(&self) {
        self.with(PairCall::resume);
    }

    pub(super) fn answer_heard(&self, heard: bool) {
        self.with(|pair| pair.answer_heard(heard));
    }

    fn with(&self, act: impl FnOnce(&PairCall)) -> bool {
        self.pair.as_ref().map(act).is_some()
    }

    /// It is over: its name, its run, and what is to be saved, where anything was measured.
    pub(super) fn close(&mut self, own: Option<&Run>) -> Option<(String, String, ReportRequest)> {
        let facts = self.pair.take()?.facts();
        if facts.legs.is_empty() {
            return None;
        }
        let environment = match own {
            Some(run) => run.facts.environment.clone(),
            None => environment::look(),
        };
        let request = ReportRequest {
            duration_ms: (now_ms() - self.began).max(0.0).round() as u64,
            facts: Facts {
                environment,
                pair: Some(facts),
                ..Facts::default()
            },
        };
        Some((self.id.clone(), self.run.clone(), request))
    }
}

/// Says something to the page at the other side.
pub(super) fn signal(line: &Line, call: &str, message: &CallMessage) {
    if let Ok(body) = json::write(message, 0) {
        let call = call.to_owned();
        line.say(ToLink::Signal(Signal { call, body, nth: 0 }));
    }
}

/// Asks for what a call needs.
pub(super) async fn ticket(pass: LinkPass) -> Result<RunTicket, Failure> {
    let request = RunRequest {
        link: Some(pass),
        ..RunRequest::default()
    };
    api::begin_run("", &request).await
}
