//! The second page: a link at both its sides, and the check of microphone and speaker. A bundle of its own, so that
//! whoever only tests their connection does not wait for it.
//!
//! [`state`] is a pure reducer, [`view`] draws it, as those of the start page do; the pieces of a test (its run, picture,
//! steps, verdict and details) are the start page's own. `session` does what the state cannot: line, tests and calls.

mod devices;
mod live;
mod messages;
mod session;
pub mod state;
mod talk;
pub mod view;

use crate::{
    Props, api, browser,
    locale::Speech,
    outlets, owner,
    probe::devices::DeviceUpdate,
    state::Msg as TestMsg,
    view::{Action, HEADING, Scene},
};
use devices::Checking;
pub use devices::DeviceAction;
use session::{Session, SessionNews};
use state::{Deletion, Msg, Page, RoomNews, Screen, State, reduce};
use view::LinkScene;
use yew::prelude::*;

/// What happens on this page.
#[derive(Debug)]
pub enum LinkAction {
    /// Something this page's state deals with.
    Tell(Msg),
    /// Ask for the link once more.
    Open,
    /// What a piece of the start page asks for.
    Shared(Action),
    /// What the person does with the link.
    Do(Deed),
    /// What happens in the session.
    Session(SessionNews),
    /// What the check of microphone and speaker is asked for.
    Devices(DeviceAction),
    /// What that check tells.
    News(DeviceUpdate),
}

/// What a person can do with a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Begin a test.
    Test,
    /// Call the other side.
    Call,
    /// Answer the other side's call.
    Answer,
    /// Do not answer, or end the call.
    HangUp,
    /// Allow the microphone, and speak.
    Speak,
    /// Play what the browser blocked.
    Play,
    /// I hear the other, or I do not.
    Heard(bool),
    /// Back from a call that is over.
    CloseCall,
    /// Copy the address of the link.
    CopyLink,
    /// Send it by the system's share sheet.
    ShareLink,
    /// Delete the link: ask first.
    AskDeletion,
    /// No, keep it.
    KeepLink,
    /// Yes, delete it.
    DeleteLink,
}

/// The page.
pub struct LinkApp {
    state: State,
    speech: Speech,
    can_share: bool,
    /// The heading must take the focus after the next drawing.
    focus: bool,
    /// What is done with the link; `None`: this page is about devices.
    session: Option<Session>,
    /// The check of microphone and speaker.
    checking: Checking,
}

impl Component for LinkApp {
    type Message = LinkAction;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let (path, query) = browser::location();
        let mut secret = None;
        let mut page = Page::at(&path, |token| {
            secret = owner::secret(token.as_str());
            secret.is_some()
        });
        let act = ctx.link().callback(|action| action);
        let auto = crate::app::asks_for_auto(&query);
        let session = match &mut page {
            Page::Devices(_) => None,
            Page::Link(link) => {
                link.url = browser::absolute(&format!("/s/{}", link.token.as_str()));
                Some(Session::new(&link.token, secret, auto, act))
            }
        };
        ctx.link().send_message(LinkAction::Open);
        let app = Self {
            state: State::new(page),
            speech: ctx.props().speech.clone(),
            can_share: browser::can_share(),
            focus: false,
            session,
            checking: Checking::default(),
        };
        app.show_in_document();
        app
    }

    fn update(&mut self, ctx: &Context<Self>, action: LinkAction) -> bool {
        match action {
            LinkAction::Tell(msg) => self.tell(msg),
            LinkAction::Open => self.open(ctx),
            LinkAction::Shared(action) => self.share(action, ctx),
            LinkAction::Do(deed) => self.perform(deed, ctx),
            LinkAction::Devices(action) => self.act(action, ctx),
            LinkAction::News(update) => self.news(update, ctx),
            LinkAction::Session(news) => self.hear(news),
        }
        self.show_in_document();
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let shared = ctx.link().callback(LinkAction::Shared);
        let act = ctx.link().callback(|action| action);
        let shared = Scene {
            locale: self.speech.locale(),
            act: &shared,
            can_share: self.can_share,
            has_no_texts: self.speech.has_failed(),
        };
        view::page(&self.state, &LinkScene { shared, act: &act })
    }

    fn rendered(&mut self, _ctx: &Context<Self>, _first: bool) {
        if std::mem::take(&mut self.focus) {
            browser::focus(HEADING);
        }
        if let Some(devices) = self.devices() {
            view::devices::show_choices(devices);
        }
    }
}

impl LinkApp {
    /// Changes the state, and does what follows from it.
    fn tell(&mut self, msg: Msg) {
        let screen = self.state.screen();
        self.reduce(msg);
        self.focus |= screen != Screen::Words && self.state.screen() != screen;
        if let (Some(session), Page::Link(link)) = (&mut self.session, &self.state.page) {
            session.follow(link);
        }
    }

    fn reduce(&mut self, msg: Msg) {
        self.state = reduce(std::mem::take(&mut self.state), msg);
    }

    fn hear(&mut self, news: SessionNews) {
        if let (Some(session), Page::Link(link)) = (&mut self.session, &self.state.page)
            && let Some(news) = session.hear(news, link)
        {
            self.tell(Msg::Room(news));
        }
    }

    /// Asks the program for the link, or looks at the devices.
    fn open(&mut self, ctx: &Context<Self>) {
        if let Page::Devices(_) = &self.state.page {
            return self.open_devices(ctx);
        }
        if let (Some(session), Page::Link(link)) = (&self.session, &self.state.page) {
            let token = link.token.clone();
            let secret = session.owner_secret();
            ctx.link().send_future(async move {
                let asked = api::link("", token.as_str(), secret.as_deref());
                LinkAction::Tell(match asked.await {
                    Ok(info) => Msg::Opened(info),
                    Err(failure) => Msg::NotOpened(failure),
                })
            });
        }
        self.tell(Msg::Opening);
    }

    fn share(&mut self, action: Action, ctx: &Context<Self>) {
        let run = match &self.state.page {
            Page::Link(link) => link.room.shown(),
            Page::Devices(_) => None,
        };
        match action {
            Action::Speak(language) => {
                if let Some(texts) = self.speech.speak(language) {
                    ctx.link().send_future(async move {
                        LinkAction::Shared(Action::Texts(language, texts.await))
                    });
                }
            }
            Action::Texts(language, texts) => self.speech.take(language, texts),
            Action::Copy(audience) => {
                if let Some(run) = run {
                    self.copy(outlets::copy(run, self.speech.locale(), audience), ctx);
                }
            }
            Action::Share => {
                if let Some(run) = run {
                    outlets::share(run, self.speech.locale());
                }
            }
            Action::Download => {
                if let Some(run) = run {
                    outlets::download(run);
                }
            }
            Action::Tell(TestMsg::Stop) => {
                if let Some(session) = &self.session {
                    session.stop();
                }
                self.tell(Msg::Room(RoomNews::Stop));
            }
            Action::Tell(TestMsg::Again) => self.perform(Deed::Test, ctx),
            // What only the start page has.
            Action::Tell(_) | Action::Help => {}
        }
    }

    fn copy(
        &self,
        copied: impl Future<Output = crate::state::Copied> + 'static,
        ctx: &Context<Self>,
    ) {
        ctx.link().send_future(async move {
            LinkAction::Tell(Msg::Room(RoomNews::Copied(copied.await)))
        });
    }

    fn perform(&mut self, deed: Deed, ctx: &Context<Self>) {
        let (Some(session), Page::Link(link)) = (&mut self.session, &self.state.page) else {
            return;
        };
        let news = match deed {
            Deed::CopyLink => {
                let url = link.url.clone();
                ctx.link().send_future(async move {
                    let copied = browser::copy(&url).await;
                    LinkAction::Tell(Msg::Room(RoomNews::LinkCopied(copied)))
                });
                None
            }
            Deed::ShareLink => {
                let locale = self.speech.locale();
                let words = locale.text(crate::locale::keys::link::SHARE_WORDS);
                browser::share(
                    locale.text(crate::locale::keys::APP_TITLE),
                    words,
                    &link.url,
                );
                None
            }
            Deed::AskDeletion => Some(RoomNews::Deletion(Deletion::Asked)),
            Deed::KeepLink => Some(RoomNews::Deletion(Deletion::No)),
            Deed::DeleteLink => {
                let (token, secret) = (link.token.clone(), session.owner_secret());
                ctx.link().send_future(async move {
                    let secret = secret.unwrap_or_default();
                    let deleted = api::delete_link("", token.as_str(), &secret).await;
                    LinkAction::Tell(Msg::Room(RoomNews::Deletion(match deleted {
                        Ok(()) => Deletion::Done,
                        Err(failure) => Deletion::Failed(failure),
                    })))
                });
                None
            }
            deed => session.act(deed, &link.room),
        };
        if let Some(news) = news {
            self.tell(Msg::Room(news));
        }
    }

    /// Language and title, and what scripts read from `<html>`.
    fn show_in_document(&self) {
        let locale = self.speech.locale();
        browser::set_title(locale.text(view::title(&self.state)));
        browser::set_root_attribute("lang", Some(locale.language.tag()));
        if let Some(devices) = self.devices() {
            return outlets::show_to_scripts(Some(&devices.run), self.devices_word());
        }
        let words = self.state.words();
        for (name, word) in [
            ("data-report", words.report),
            ("data-cause", words.cause),
            ("data-call-report", words.call_report),
            ("data-call-cause", words.call_cause),
            // Last: who waits for these reads the others at once.
            ("data-line", words.line),
            ("data-call", words.call),
            ("data-run", words.run),
        ] {
            browser::set_root_attribute(name, word);
        }
    }
}
