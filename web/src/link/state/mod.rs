//! What is on the second page, as a pure reducer: news in, a new state out. No browser, no clock.

mod call;
pub mod devices;
mod picture;
mod room;
#[cfg(test)]
mod tests;

pub use call::{Call, CallNews, CallPhase, ready};
pub use picture::PairPicture;
pub use room::{Deletion, LineState, Room, RoomNews, Watched};

use crate::{
    api::Failure,
    probe::pair::PairPhase,
    state::{Phase, Run},
};
use devices::Devices;
use earshot_report::api::link::LinkInfo;
use std::fmt;

/// Everything the view needs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// Which of its two purposes the page serves.
    pub page: Page,
}

/// What the page is opened for.
#[derive(Clone, Debug, PartialEq)]
pub enum Page {
    /// Microphone and speaker, `/devices`.
    Devices(Box<Devices>),
    /// A link, `/s/<token>`.
    Link(Box<Link>),
}

impl Default for Page {
    fn default() -> Self {
        Self::Devices(Box::default())
    }
}

/// A link that is opened.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// Its token.
    pub token: Token,
    /// Who looks at it has made it.
    pub is_owner: bool,
    /// Its address, to be sent to somebody.
    pub url: String,
    /// What the program says of it.
    pub word: Word,
    /// What happens under it.
    pub room: Room,
}

/// What the program says of a link.
#[derive(Clone, Debug, PartialEq)]
pub enum Word {
    /// It is being asked.
    Asked,
    /// There is such a link.
    Known(LinkInfo),
    /// It could not be opened; why.
    Refused(Failure),
}

/// The token of a link. It opens the link, so its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// As it stands in the link.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(kept secret)")
    }
}

impl Page {
    /// The page at this path. `is_owner` knows whose link it is.
    pub fn at(path: &str, is_owner: impl FnOnce(&Token) -> bool) -> Self {
        let token = path.strip_prefix("/s/").unwrap_or_default();
        let token = token.strip_suffix('/').unwrap_or(token);
        if token.is_empty() || token.contains('/') {
            return Self::default();
        }
        let token = Token(token.to_owned());
        Self::Link(Box::new(Link {
            is_owner: is_owner(&token),
            token,
            url: String::new(),
            word: Word::Asked,
            room: Room::default(),
        }))
    }
}

/// What happens.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// The program is asked for the link.
    Opening,
    /// There is such a link.
    Opened(LinkInfo),
    /// It could not be opened; why.
    NotOpened(Failure),
    /// What happens under it.
    Room(RoomNews),
    /// News of microphone and speaker.
    Devices(devices::Msg),
}

impl State {
    /// The state of a page that was just opened.
    pub fn new(page: Page) -> Self {
        Self { page }
    }
}

/// The screens: when another one comes up, its heading takes the focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// Microphone and speaker.
    Devices,
    /// A few words: the link is being opened, or is closed.
    Words,
    /// A guest is asked whether they want help.
    Invitation,
    /// A guest's test is under way.
    Running,
    /// It is over.
    Verdict,
    /// Who helps looks at what happens.
    Help,
    /// The other side calls, or is called.
    Ringing,
    /// The call.
    Call,
    /// It is over.
    CallOver,
    /// What it has shown.
    CallVerdict,
}

/// What scripts read from `<html>`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Words<'a> {
    /// How the line is: `opening`, `open`, `lost`, `refused`.
    pub line: Option<&'static str>,
    /// How far this page's own test is: `running`, `done`.
    pub run: Option<&'static str>,
    /// Its report.
    pub report: Option<&'a str>,
    /// Its cause.
    pub cause: Option<&'a str>,
    /// How far the call is: `waiting`, `ringing`, `testing`, `speaking`, `over`, `saved`.
    pub call: Option<&'static str>,
    /// Its report.
    pub call_report: Option<&'a str>,
    /// Its cause.
    pub call_cause: Option<&'a str>,
}

impl State {
    /// What is shown.
    pub fn screen(&self) -> Screen {
        match &self.page {
            Page::Devices(_) => Screen::Devices,
            Page::Link(link) => link.screen(),
        }
    }

    /// What scripts read.
    pub fn words(&self) -> Words<'_> {
        match &self.page {
            Page::Devices(_) => Words::default(),
            Page::Link(link) => link.words(),
        }
    }
}

impl Link {
    fn screen(&self) -> Screen {
        let room = &self.room;
        let is_gone = room.deletion == Deletion::Done;
        match &self.word {
            Word::Known(info) if !is_gone && (info.open || self.is_owner) => {}
            _ => return Screen::Words,
        }
        match room.call.as_ref().map(|call| (call, &call.phase)) {
            Some((call, _)) if call.saved.is_some() => return Screen::CallVerdict,
            Some((call, _)) if !call.is_alive() => return Screen::CallOver,
            Some((_, CallPhase::Pair(PairPhase::Ringing))) => return Screen::Ringing,
            Some((_, CallPhase::Pair(_))) => return Screen::Call,
            Some(_) => return Screen::Ringing,
            None => {}
        }
        match &room.own {
            _ if self.is_owner => Screen::Help,
            None if matches!(room.line, LineState::Refused(_)) => Screen::Words,
            None => Screen::Invitation,
            Some(run) if run.phase == Phase::Measuring => Screen::Running,
            Some(_) => Screen::Verdict,
        }
    }

    fn words(&self) -> Words<'_> {
        let room = &self.room;
        let own = room.own.as_ref();
        let over = own.filter(|run| run.phase == Phase::Over);
        let call = room.call.as_ref();
        let saved = call.and_then(|call| call.saved.as_ref());
        Words {
            line: matches!(self.word, Word::Known(_)).then_some(match room.line {
                LineState::Opening => "opening",
                LineState::Open => "open",
                LineState::Lost => "lost",
                LineState::Refused(_) => "refused",
            }),
            run: own.map(|_| if over.is_some() { "done" } else { "running" }),
            report: over.and_then(report_of),
            cause: over.map(cause_of),
            call: call.map(|call| match &call.phase {
                _ if saved.is_some() => "saved",
                _ if !call.is_alive() => "over",
                CallPhase::Pair(PairPhase::Testing | PairPhase::Tested) => "testing",
                CallPhase::Pair(PairPhase::CanSpeak(_)) => "speaking",
                CallPhase::TestingFirst => "waiting",
                _ => "ringing",
            }),
            call_report: saved.and_then(report_of),
            call_cause: saved.map(cause_of),
        }
    }
}

fn report_of(run: &Run) -> Option<&str> {
    run.saved.as_ref().map(|saved| saved.id.as_str())
}

fn cause_of(run: &Run) -> &'static str {
    run.judgement.verdict.cause.as_str()
}

/// The state after `msg`.
pub fn reduce(mut state: State, msg: Msg) -> State {
    match (&mut state.page, msg) {
        (Page::Devices(devices), Msg::Devices(msg)) => devices.take(msg),
        (Page::Link(link), Msg::Opening) => link.word = Word::Asked,
        (Page::Link(link), Msg::Opened(info)) => {
            link.room.list(&info.reports);
            link.word = Word::Known(info);
        }
        (Page::Link(link), Msg::NotOpened(failure)) => link.word = Word::Refused(failure),
        (Page::Link(link), Msg::Room(news)) => link.room.apply(news),
        _ => {}
    }
    state
}
