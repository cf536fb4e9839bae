//! The state, what it does to the browser, and the runner that feeds it.

use crate::{
    Props, browser, json,
    locale::{Locale, Speech, keys},
    outlets, owner,
    state::{Help, LoadError, Msg, Phase, Run, State, reduce},
    view::{self, Action, Scene},
};
use yew::prelude::*;

/// The page.
#[derive(Debug)]
pub struct App {
    state: State,
    speech: Speech,
    can_share: bool,
    /// The heading must take the focus after the next drawing.
    focus: bool,
    /// The run under way; dropping it ends it.
    runner: Option<crate::runner::RunHandle>,
}

impl Component for App {
    type Message = Action;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let app = Self {
            state: State::default(),
            speech: ctx.props().speech.clone(),
            can_share: browser::can_share(),
            focus: false,
            runner: None,
        };
        let (path, query) = browser::location();
        if let Some(id) = path.strip_prefix("/r/") {
            load(id.strip_suffix('/').unwrap_or(id), ctx);
        } else if asks_for_auto(&query) {
            ctx.link().send_message(Action::Tell(Msg::Start));
        }
        app.show_in_document();
        app
    }

    fn update(&mut self, ctx: &Context<Self>, action: Action) -> bool {
        match action {
            Action::Tell(msg) => self.tell(msg, ctx),
            Action::Copy(audience) => {
                if let Some(run) = &self.state.run {
                    let copied = outlets::copy(run, self.locale(), audience);
                    let copied = async move { Action::Tell(Msg::Copied(copied.await)) };
                    ctx.link().send_future(copied);
                }
                return false;
            }
            Action::Share => {
                if let Some(run) = &self.state.run {
                    outlets::share(run, self.locale());
                }
                return false;
            }
            Action::Download => {
                if let Some(run) = &self.state.run {
                    outlets::download(run);
                }
                return false;
            }
            Action::Help => self.help(ctx),
            Action::Speak(language) => {
                if let Some(texts) = self.speech.speak(language) {
                    let texts = async move { Action::Texts(language, texts.await) };
                    ctx.link().send_future(texts);
                }
            }
            Action::Texts(language, texts) => self.speech.take(language, texts),
        }
        self.show_in_document();
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let act = ctx.link().callback(|action| action);
        let scene = Scene {
            locale: self.locale(),
            act: &act,
            can_share: self.can_share,
            has_no_texts: self.speech.has_failed(),
        };
        view::page(&self.state, &scene)
    }

    fn rendered(&mut self, _ctx: &Context<Self>, _first: bool) {
        if std::mem::take(&mut self.focus) {
            browser::focus(view::HEADING);
        }
    }
}

impl App {
    fn locale(&self) -> &Locale {
        self.speech.locale()
    }

    fn tell(&mut self, msg: Msg, ctx: &Context<Self>) {
        let (screen, serial) = (self.state.screen.clone(), self.state.serial());
        let had_report = self.report_path();
        let stops = msg == Msg::Stop;
        self.state = reduce(std::mem::take(&mut self.state), msg);
        self.focus |= self.state.screen != screen;

        if self.state.serial() != serial {
            self.run(ctx);
        }
        if stops && let Some(runner) = &self.runner {
            runner.stop();
        }
        match self.report_path() {
            path if path == had_report => {}
            Some(path) => browser::show_path(&path),
            None => browser::show_path("/"),
        }
    }

    /// Starts the run that the state has begun; an earlier one ends.
    fn run(&mut self, ctx: &Context<Self>) {
        use crate::runner::{RunRequestKind, start};
        let kind = match self.state.ad_hoc_servers() {
            Some(servers) => RunRequestKind::AdHoc(servers),
            None => RunRequestKind::Configured,
        };
        let serial = self.state.serial();
        let link = ctx.link().clone();
        self.runner = Some(start(kind, move |update| {
            link.send_message(Action::Tell(Msg::Update(serial, update)));
        }));
    }

    /// Makes a link and goes there; one at a time.
    fn help(&mut self, ctx: &Context<Self>) {
        if self.state.help == Help::Asking {
            return;
        }
        self.tell(Msg::Help(Help::Asking), ctx);
        ctx.link()
            .send_future(async { Action::Tell(Msg::Help(owner::make_link().await)) });
    }

    fn report_path(&self) -> Option<String> {
        outlets::report_path(self.state.run.as_ref()?)
    }

    /// Language and title, and what scripts read from `<html>`: how far the run is, its report and its cause.
    fn show_in_document(&self) {
        browser::set_title(self.locale().text(keys::APP_TITLE));
        browser::set_root_attribute("lang", Some(self.locale().language.tag()));
        let run = self.state.run.as_ref();
        let is_over = |run: &Run| run.phase == Phase::Over;
        let word = run.map(|run| if is_over(run) { "done" } else { "running" });
        outlets::show_to_scripts(run, word);
    }
}

/// Fetches the saved report of this id.
fn load(id: &str, ctx: &Context<App>) {
    ctx.link().send_message(Action::Tell(Msg::Load));
    let path = format!("/api/reports/{id}");
    let secret = owner::report_secret(id);
    ctx.link().send_future(async move {
        let fetched = browser::fetch("GET", &path, None, secret.as_deref());
        Action::Tell(match fetched.await {
            Ok((200, body)) => match json::read(&body) {
                Ok(report) => Msg::Loaded(Box::new(report)),
                Err(error) => Msg::LoadFailed(LoadError::Other(error.to_string())),
            },
            Ok((404, _)) => Msg::LoadFailed(LoadError::Missing),
            Ok((status, _)) => Msg::LoadFailed(LoadError::Other(format!("HTTP {status}"))),
            Err(words) => Msg::LoadFailed(LoadError::Other(words)),
        })
    });
}

/// The query has `auto` among its parts, with or without a value: nothing waits for a click.
pub(crate) fn asks_for_auto(query: &str) -> bool {
    let parts = query.strip_prefix('?').unwrap_or_default().split('&');
    let mut names = parts.map(|part| part.split('=').next().unwrap_or_default());
    names.any(|name| name == "auto")
}

#[cfg(test)]
mod tests {
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn auto_is_a_name_in_the_query() {
        assert!(super::asks_for_auto("?auto"));
        assert!(super::asks_for_auto("?a=b&auto=1"));
        assert!(!super::asks_for_auto("?automatic"));
        assert!(!super::asks_for_auto(""));
    }
}
