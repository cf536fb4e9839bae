//! What is done with a link: the line to the program, the tests, and what follows from what happens.

mod calls;
mod runs;

use super::{
    Deed, LinkAction,
    live::{Line, LineNews},
    state::{Call, CallNews, CallPhase, Link, Room, RoomNews, Token, Word},
    talk::Talk,
};
use crate::{
    api::Failure,
    browser, owner,
    probe::{
        pair::{PairPhase, PairRole, PairUpdate},
        sound::Sound,
    },
    runner::RunHandle,
    state::{Phase, Run},
};
use earshot_report::{
    Report,
    api::{
        RunTicket,
        link::{CallMessage, FromLink, LinkEvent, LinkPass, LinkReport, Who},
    },
};
use std::{collections::VecDeque, rc::Rc};
use wasm_bindgen_futures::spawn_local;
use yew::Callback;

/// Who watches a test is told of it so often at most.
const PROGRESS_MS: u32 = 500;
/// After the last of the voices, and after the last way that carries none, the one who called hangs up so much later.
const AFTER_MS: u32 = 1_000;
/// By itself a call lasts no longer after it can carry voices, whatever happens.
const LONGEST_AUTO_MS: u32 = 15_000;

/// Who is away for so long in a call has left it. Until then they may only have lost their line, which comes back by
/// itself; whoever closes the page hangs up.
const AWAY_MS: u32 = 5_000;

/// Of a guest's reports so many of the latest are fetched: the last of one person alone is among them.
const REPORTS_FETCHED: usize = 4;

/// What happens in a session.
#[derive(Debug)]
pub enum SessionNews {
    /// On the line.
    Line(LineNews),
    /// The test of this number goes on.
    Update(u32, crate::update::Update),
    /// Time to tell how far this page's test is.
    Progress,
    /// A report of the guest, or this page's own from before.
    Fetched(Option<Who>, Result<Box<Report>, Failure>),
    /// What the call of that name needs.
    Ticket(String, Result<Box<RunTicket>, Failure>),
    /// What the call of that name tells.
    Pair(String, PairUpdate),
    /// The call of that name ends by itself; `None`: in whatever phase it is.
    End(String, Option<PairPhase>),
    /// The other side went away some time ago, for the time of this number.
    StillAway(u32),
    /// The report of the call of that name was saved.
    Saved(String, Box<Report>),
    /// It was not yet, or never will be; why.
    NotSaved(Failure),
    /// The page is left or loaded again.
    Hidden,
}

/// One side of a link, as long as the page is open.
pub(super) struct Session {
    token: Token,
    key: String,
    is_owner: bool,
    /// Nobody is there to click.
    auto: bool,
    act: Callback<LinkAction>,
    line: Option<Rc<Line>>,
    runner: Option<RunHandle>,
    test_began: f64,
    progress_at: f64,
    progress_waits: bool,
    /// A guest's report is being fetched.
    fetches: bool,
    /// And these after it: the latest ones.
    to_fetch: VecDeque<LinkReport>,
    talk: Option<Talk>,
    /// Audio that the person's click has allowed, for a call after the test.
    sound: Option<Sound>,
    has_called: bool,
    /// The other side is away in a call.
    is_alone: bool,
    /// How often it was: who comes back has not left.
    times_alone: u32,
    /// Reports that this tab is let read.
    listed: usize,
    /// Signals up to this number were of calls that this page has left.
    heard: u64,
}

impl Session {
    /// A session of this side; `secret` is the owner's.
    pub(super) fn new(
        token: &Token,
        secret: Option<String>,
        auto: bool,
        act: Callback<LinkAction>,
    ) -> Self {
        let is_owner = secret.is_some();
        let key = secret.unwrap_or_else(|| guest_key(token));
        let heard = browser::kept_in_tab(&place("heard", token));
        let session = Self {
            token: token.clone(),
            key,
            is_owner,
            auto,
            act,
            line: None,
            runner: None,
            test_began: 0.0,
            progress_at: 0.0,
            progress_waits: false,
            fetches: false,
            to_fetch: VecDeque::new(),
            talk: None,
            sound: None,
            has_called: false,
            is_alone: false,
            times_alone: 0,
            listed: 0,
            heard: heard.and_then(|it| it.parse().ok()).unwrap_or(0),
        };
        if let Some(id) = browser::kept_in_tab(&place("test", token)) {
            session.fetch(None, id);
        }
        session.say_when_hidden();
        session
    }

    /// The secret by which the owner is known.
    pub(super) fn owner_secret(&self) -> Option<String> {
        self.is_owner.then(|| self.key.clone())
    }

    /// Ends the test under way.
    pub(super) fn stop(&self) {
        if let Some(runner) = &self.runner {
            runner.stop();
        }
    }

    fn pass(&self) -> LinkPass {
        LinkPass {
            token: self.token.as_str().to_owned(),
            key: self.key.clone(),
        }
    }

    fn teller(&self) -> impl Fn(SessionNews) + Clone + 'static {
        let act = self.act.clone();
        move |news| act.emit(LinkAction::Session(news))
    }

    fn say_when_hidden(&self) {
        let tell = self.teller();
        spawn_local(async move {
            loop {
                browser::happens("pagehide").await;
                tell(SessionNews::Hidden);
            }
        });
    }

    /// Does what follows from the state.
    pub(super) fn follow(&mut self, link: &Link) {
        let room = &link.room;
        if self.line.is_none() && matches!(&link.word, Word::Known(info) if info.open) {
            let tell = self.teller();
            let line = Line::open(self.token.as_str(), self.key.clone(), move |news| {
                tell(SessionNews::Line(news));
            });
            self.line = Some(Rc::new(line));
        }
        if let Some(own) = room.own.as_ref().and_then(|own| own.saved.as_ref()) {
            browser::keep_in_tab(&place("test", &self.token), &own.id);
        }
        if self.listed != room.reports.len() {
            self.listed = room.reports.len();
            for report in &room.reports {
                owner::keep_report_secret(&report.id, &self.key);
            }
        }
        let waits = |call: &Call| call.phase == CallPhase::TestingFirst;
        let is_wanted = self.talk.is_none() && room.call.as_ref().is_some_and(waits);
        if is_wanted && is_over(room.own.as_ref()) {
            let sound = self.sound.take();
            if let Some(news) = self.prepare(PairRole::Caller, None, sound, room) {
                self.act.emit(LinkAction::Tell(super::Msg::Room(news)));
            }
        }
        self.note_presence(room);
        if self.auto
            && self.is_owner
            && !self.has_called
            && room
                .watched
                .as_ref()
                .is_some_and(|it| it.run.saved.is_some())
        {
            self.has_called = true;
            self.act.emit(LinkAction::Do(Deed::Call));
        }
    }

    /// Does what the person asks for.
    pub(super) fn act(&mut self, deed: Deed, room: &Room) -> Option<RoomNews> {
        match deed {
            Deed::Test => Some(self.test(room)),
            Deed::Call => {
                if room.call.as_ref().is_some_and(Call::is_alive) {
                    return None;
                }
                self.talk = None;
                let sound = Sound::new();
                if room.has_tested() {
                    return self.prepare(PairRole::Caller, None, sound, room);
                }
                self.sound = sound;
                if !is_under_way(room.own.as_ref()) {
                    let news = self.test(room);
                    self.act.emit(LinkAction::Tell(super::Msg::Room(news)));
                }
                Some(RoomNews::Call(CallNews::Wanted))
            }
            Deed::Answer => {
                let id = room.call.as_ref()?.id.clone();
                self.prepare(PairRole::Called, Some(id), Sound::new(), room)
            }
            Deed::HangUp => {
                let call = room.call.as_ref()?;
                if let Some(talk) = &self.talk
                    && talk.hang_up()
                {
                    return None;
                }
                if !call.id.is_empty() {
                    self.signal(&call.id, &CallMessage::HangUp);
                }
                self.talk = None;
                Some(RoomNews::Call(CallNews::Closed))
            }
            Deed::Speak => {
                self.talk.as_ref()?.speak();
                Some(RoomNews::Call(CallNews::Speaks))
            }
            Deed::Play => {
                self.talk.as_ref()?.play();
                None
            }
            Deed::Heard(heard) => {
                self.talk.as_ref()?.answer_heard(heard);
                Some(RoomNews::Call(CallNews::Heard(heard)))
            }
            Deed::CloseCall => {
                self.talk = None;
                Some(RoomNews::Call(CallNews::Closed))
            }
            _ => None,
        }
    }

    /// Takes in what happens; what of it the state must know.
    pub(super) fn hear(&mut self, news: SessionNews, link: &Link) -> Option<RoomNews> {
        let room = &link.room;
        match news {
            SessionNews::Line(news) => self.heard_on_line(news, room),
            SessionNews::Update(serial, update) => {
                self.progress();
                Some(RoomNews::Update(serial, update))
            }
            SessionNews::Progress => {
                self.progress_waits = false;
                self.tell_progress(room);
                None
            }
            SessionNews::Fetched(who, report) => self.fetched(who, report),
            SessionNews::Ticket(id, ticket) => self.begin_call(id, ticket),
            SessionNews::Pair(id, update) => Some(self.pair(id, update, room)),
            SessionNews::End(id, phase) => {
                let call = room.call.as_ref().filter(|call| call.id == id)?;
                if phase.is_none_or(|phase| call.phase == CallPhase::Pair(phase)) {
                    self.talk.as_ref()?.hang_up();
                }
                None
            }
            SessionNews::StillAway(time) => {
                if self.is_alone && time == self.times_alone {
                    self.partner_left(room);
                }
                None
            }
            SessionNews::Saved(id, report) => Some(RoomNews::Call(CallNews::Saved(id, report))),
            SessionNews::NotSaved(failure) => Some(RoomNews::Call(CallNews::NotSaved(failure))),
            SessionNews::Hidden => {
                room.call.as_ref().filter(|call| call.is_alive())?;
                self.act(Deed::HangUp, room)
            }
        }
    }

    fn heard_on_line(&mut self, news: LineNews, room: &Room) -> Option<RoomNews> {
        if let Some(talk) = &self.talk {
            talk.note_line(matches!(news, LineNews::Told(_)));
        }
        match news {
            LineNews::Lost => Some(RoomNews::Lost),
            LineNews::Told(told) => self.told(told, room),
        }
    }

    fn told(&mut self, told: Box<FromLink>, room: &Room) -> Option<RoomNews> {
        match &*told {
            FromLink::Welcome { .. } => {
                // It was told when the line was away, or never.
                self.progress();
                let is_first = room.you.is_none() && room.own.is_none();
                let has_tested = browser::kept_in_tab(&place("test", &self.token)).is_some();
                if self.auto && !self.is_owner && is_first && !has_tested {
                    self.act.emit(LinkAction::Do(Deed::Test));
                }
            }
            FromLink::Event { number, event } => match event {
                LinkEvent::Signal(signal) => {
                    if let Some(news) = self.heard_signal(*number, signal, room) {
                        let is_ring = matches!(news, RoomNews::Call(CallNews::Incoming(_)));
                        self.act.emit(LinkAction::Tell(super::Msg::Room(news)));
                        if is_ring && self.auto {
                            self.act.emit(LinkAction::Do(Deed::Answer));
                        }
                    }
                }
                LinkEvent::Report(report) if self.is_owner && report.who != Who::Owner => {
                    self.to_fetch.push_back(report.clone());
                    if self.to_fetch.len() > REPORTS_FETCHED {
                        self.to_fetch.pop_front();
                    }
                    self.fetch_next();
                }
                _ => {}
            },
            FromLink::Refused { .. } => {}
        }
        Some(RoomNews::Told(told))
    }
}

fn closed() -> LinkAction {
    LinkAction::Tell(super::Msg::Room(RoomNews::Call(CallNews::Closed)))
}

/// The key of this tab for that link, as a guest.
fn guest_key(token: &Token) -> String {
    let place = place("guest", token);
    if let Some(key) = browser::kept_in_tab(&place) {
        return key;
    }
    // Without a source of random bits the program refuses what is no key, and says so.
    let key = browser::random_name().unwrap_or_default();
    browser::keep_in_tab(&place, &key);
    key
}

fn place(what: &str, token: &Token) -> String {
    format!("earshot.{what}.{}", token.as_str())
}

fn is_over(run: Option<&Run>) -> bool {
    run.is_some_and(|run| run.phase == Phase::Over)
}

fn is_under_way(run: Option<&Run>) -> bool {
    run.is_some_and(|run| run.phase != Phase::Over)
}
