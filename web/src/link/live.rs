//! The socket of a link. It comes back by itself, and says what it had last, so that nothing is lost and nothing comes
//! twice: neither what the program says, nor what this page said when the socket was lost under it.

use super::messages::read_from_link;
use crate::{
    browser, json,
    live::open,
    probe::wait::{Events, Inbox, Signal, Timer, Work, all},
};
use earshot_report::{
    api::link::{FromLink, Hello, LinkEvent, Signal as ToPage, Taken, ToLink},
    limits,
};
use std::{cell::Cell, collections::VecDeque, future::poll_fn, rc::Rc, task::Poll};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{MessageEvent, WebSocket};

/// Messages that wait while the socket is away: those of a call with all its legs.
const ROOM: usize = 400;
/// Calls that are told apart by age: of those before, nobody speaks any more.
const CALLS: usize = 16;
/// The first wait before the socket is opened again; each is twice the one before.
const FIRST_WAIT_MS: u32 = 250;
/// The longest.
const LONGEST_WAIT_MS: u32 = 5_000;

/// What happens on the line.
#[derive(Debug)]
pub enum LineNews {
    /// The program says something.
    Told(Box<FromLink>),
    /// The socket is lost; it is being opened again.
    Lost,
}

/// The line to what happens under a link. Dropping it ends it.
pub(super) struct Line {
    out: Inbox<ToLink>,
    is_open: Rc<Cell<bool>>,
    over: Signal,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.over.give();
    }
}

impl Line {
    /// Opens the line of the link of `token` for who has `key`.
    pub(super) fn open(token: &str, key: String, tell: impl Fn(LineNews) + 'static) -> Self {
        let line = Self {
            out: Inbox::new(ROOM),
            is_open: Rc::default(),
            over: Signal::default(),
        };
        let course = Course {
            path: format!("/api/links/{token}/live"),
            key,
            last: 0,
            out: line.out.clone(),
            said: Said::new(js_sys::Date::now() as u64),
            is_open: line.is_open.clone(),
            tell: Box::new(tell),
        };
        let over = line.over.clone();
        spawn_local(async move { all(vec![Box::pin(course.run())], &over).await });
        line
    }

    /// Says something to the program, now or when the socket is back. How far a test is is told anew then.
    pub(super) fn say(&self, message: ToLink) {
        if self.is_open.get() || !matches!(message, ToLink::Progress(_)) {
            self.out.put(message);
        }
    }
}

/// How a socket ended.
enum End {
    /// It was never open.
    NotOpened,
    /// It was open.
    Lost,
    /// It need not be tried again.
    Refused,
}

enum News {
    Happened(web_sys::Event),
    Say(ToLink),
}

struct Course {
    path: String,
    key: String,
    /// The number of the last event.
    last: u64,
    out: Inbox<ToLink>,
    said: Said,
    is_open: Rc<Cell<bool>>,
    tell: Box<dyn Fn(LineNews)>,
}

impl Course {
    async fn run(mut self) {
        let mut wait_ms = FIRST_WAIT_MS;
        loop {
            let end = self.converse().await;
            self.is_open.set(false);
            match end {
                End::Refused => return,
                End::Lost => wait_ms = FIRST_WAIT_MS,
                End::NotOpened => {}
            }
            (self.tell)(LineNews::Lost);
            let again = Timer::new(wait_ms);
            let back: Vec<Work> = vec![Box::pin(browser::happens("online"))];
            all(back, &again.over).await;
            wait_ms = (wait_ms * 2).min(LONGEST_WAIT_MS);
        }
    }

    async fn converse(&mut self) -> End {
        let Ok((socket, events)) = open("", &self.path) else {
            return End::NotOpened;
        };
        let socket = Socket(socket);
        let in_time = Timer::new(limits::API_MS);
        loop {
            let opened = self.is_open.get();
            match self.next(&events, (!opened).then_some(&in_time.over)).await {
                // Something between lets the socket hang.
                None => return End::NotOpened,
                Some(News::Say(message)) => socket.send(&self.said.note(message)),
                Some(News::Happened(event)) => match event.type_().as_str() {
                    "open" => socket.send(&ToLink::Hello(Hello {
                        key: self.key.clone(),
                        after: self.last,
                    })),
                    "close" if opened => return End::Lost,
                    "close" => return End::NotOpened,
                    _ => {
                        let event: &MessageEvent = event.unchecked_ref();
                        let text = event.data().as_string();
                        let told = text.and_then(|text| read_from_link(&text));
                        if let Some(FromLink::Welcome { taken, .. }) = &told {
                            for lost in self.said.after(taken) {
                                socket.send(&ToLink::Signal(lost));
                            }
                            self.said.know(&taken.call);
                        }
                        if let Some(FromLink::Event {
                            event: LinkEvent::Signal(signal),
                            ..
                        }) = &told
                        {
                            self.said.know(&signal.call);
                        }
                        if self.take(told).is_some() {
                            return End::Refused;
                        }
                    }
                },
            }
        }
    }

    /// Tells the page; `Some`: that was the end.
    fn take(&mut self, told: Option<FromLink>) -> Option<()> {
        let told = told?;
        match &told {
            FromLink::Welcome { .. } => self.is_open.set(true),
            FromLink::Event { number, .. } if *number <= self.last => return None,
            FromLink::Event { number, .. } => self.last = *number,
            FromLink::Refused { .. } => {}
        }
        let is_end = matches!(told, FromLink::Refused { .. });
        (self.tell)(LineNews::Told(Box::new(told)));
        is_end.then_some(())
    }

    async fn next(&self, events: &Events, limit: Option<&Signal>) -> Option<News> {
        poll_fn(|cx| {
            if let Poll::Ready(event) = events.poll(cx) {
                return Poll::Ready(Some(News::Happened(event)));
            }
            if self.is_open.get()
                && let Poll::Ready(message) = self.out.poll(cx)
            {
                return Poll::Ready(Some(News::Say(message)));
            }
            match limit.map(|limit| limit.poll(cx)) {
                Some(Poll::Ready(_)) => Poll::Ready(None),
                _ => Poll::Pending,
            }
        })
        .await
    }
}

/// What this page has said to the other side in the newest call. What was under way when a socket was lost may have
/// come or not: the program says what it has.
struct Said {
    /// The number of the last one.
    nth: u64,
    call: String,
    messages: VecDeque<ToPage>,
    /// The calls that this page knows of, the newest last.
    calls: VecDeque<String>,
}

impl Said {
    /// Nothing yet. Numbers begin above those that this page had before it was loaded again: at `now`, in milliseconds.
    fn new(now: u64) -> Self {
        Self {
            nth: now,
            call: String::new(),
            messages: VecDeque::new(),
            calls: VecDeque::new(),
        }
    }

    /// There is such a call.
    fn know(&mut self, call: &str) {
        if call.is_empty() || self.calls.iter().any(|known| known == call) {
            return;
        }
        if self.calls.len() == CALLS {
            self.calls.pop_front();
        }
        self.calls.push_back(call.to_owned());
    }

    /// Gives a message to the other side its number, and keeps it.
    fn note(&mut self, message: ToLink) -> ToLink {
        let ToLink::Signal(mut signal) = message else {
            return message;
        };
        self.nth += 1;
        signal.nth = self.nth;
        if self.call != signal.call {
            self.call.clone_from(&signal.call);
            self.messages.clear();
            self.know(&signal.call);
        }
        if self.messages.len() == ROOM {
            self.messages.pop_front();
        }
        self.messages.push_back(signal.clone());
        ToLink::Signal(signal)
    }

    /// What the program does not have, in order. Where it knows a newer call it wants nothing of this one.
    fn after(&self, taken: &Taken) -> Vec<ToPage> {
        let place = |call: &str| self.calls.iter().position(|known| known == call);
        let has = match taken.call.as_str() {
            call if call == self.call => taken.nth,
            // The first message of this call did not come.
            "" => 0,
            call if place(call).is_some_and(|older| Some(older) < place(&self.call)) => 0,
            _ => return Vec::new(),
        };
        let lost = self.messages.iter().filter(|it| it.nth > has);
        lost.cloned().collect()
    }
}

struct Socket(WebSocket);

impl Socket {
    /// What cannot be sent any more is followed by the end of the socket.
    fn send(&self, message: &ToLink) {
        if let Ok(text) = json::write(message, 0) {
            let _ = self.0.send_with_str(&text);
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // It fails only for a code or a reason, and none is given.
        let _ = self.0.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn say(said: &mut Said, call: &str, body: &str) -> u64 {
        let (call, body) = (call.to_owned(), body.to_owned());
        match said.note(ToLink::Signal(ToPage { call, body, nth: 0 })) {
            ToLink::Signal(signal) => signal.nth,
            other => panic!("{other:?}"),
        }
    }

    fn bodies(said: &Said, call: &str, nth: u64) -> Vec<String> {
        let call = call.to_owned();
        let lost = said.after(&Taken { call, nth }).into_iter();
        lost.map(|signal| signal.body).collect()
    }

    #[test]
    fn what_the_program_does_not_have_is_said_again() {
        let mut said = Said::new(1_000);
        let numbers: Vec<u64> = ["a", "b", "c"]
            .iter()
            .map(|body| say(&mut said, "call", body))
            .collect();
        assert!(numbers.is_sorted() && numbers[0] > 1_000);
        assert_eq!(bodies(&said, "call", numbers[0]), ["b", "c"]);
        assert!(bodies(&said, "call", numbers[2]).is_empty());
        // A new call leaves the old one behind.
        let newer = say(&mut said, "newer", "d");
        assert!(newer > numbers[2]);
        assert_eq!(bodies(&said, "call", numbers[0]), ["d"]);
    }

    #[test]
    fn all_is_said_again_to_who_knows_nothing_of_the_call() {
        let mut said = Said::new(0);
        for older in ["heard", "heard and answered", "asked of the program"] {
            said.know(older);
        }
        say(&mut said, "heard and answered", "a");
        say(&mut said, "never came", "b");
        say(&mut said, "call", "c");
        say(&mut said, "call", "d");
        for older in [
            "",
            "heard",
            "heard and answered",
            "asked of the program",
            "never came",
        ] {
            assert_eq!(bodies(&said, older, 9), ["c", "d"], "{older}");
        }
    }

    /// The program would drop each of it, and refuse a page that says too much.
    #[test]
    fn nothing_is_said_again_when_there_is_a_newer_call() {
        let mut said = Said::new(0);
        said.know("call");
        say(&mut said, "call", "a");
        assert!(bodies(&said, "begun meanwhile", 0).is_empty());
        said.know("ringing");
        assert!(bodies(&said, "ringing", 0).is_empty());
        // Until this page speaks in it.
        say(&mut said, "ringing", "b");
        assert_eq!(bodies(&said, "ringing", 0), ["b"]);
        // Nobody made so many calls for a page to listen to them all.
        for nth in 0..2 * CALLS {
            said.know(&nth.to_string());
        }
        assert_eq!(said.calls.len(), CALLS);
        assert!(bodies(&said, "begun meanwhile", 0).is_empty());
    }

    #[test]
    fn no_more_is_kept_than_there_is_room() {
        let mut said = Said::new(0);
        for nth in 0..2 * ROOM {
            say(&mut said, "call", &nth.to_string());
        }
        let kept = bodies(&said, "call", 0);
        assert_eq!(kept.len(), ROOM);
        assert_eq!(kept[0], ROOM.to_string());
    }
}
