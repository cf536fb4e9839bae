//! The state, what it does to the browser, and the runner that feeds it.

use crate::{
    browser, json,
    locale::{Language, Locale, keys},
    report_file,
    state::{Copied, LoadError, Msg, Phase, State, reduce},
    summary::{Audience, summary},
    view::{self, Action, Scene},
};
use yew::prelude::*;

/// The page.
#[derive(Debug)]
pub struct App {
    state: State,
    locale: Locale,
    can_share: bool,
    /// The heading must take the focus after the next drawing.
    focus: bool,
    /// The run under way; dropping it ends it.
    runner: Option<crate::runner::RunHandle>,
}

impl Component for App {
    type Message = Action;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> Self {
        let remembered = browser::remembered_language();
        let preferred = browser::languages();
        let tags = remembered.iter().chain(&preferred).map(String::as_str);
        let app = Self {
            state: State::default(),
            locale: Locale::new(Language::preferred(tags)),
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
                self.copy(audience, ctx);
                return false;
            }
            Action::Share => {
                self.share();
                return false;
            }
            Action::Download => {
                if let Some(run) = &self.state.run {
                    browser::download(&report_file::name(run), &report_file::json(run));
                }
                return false;
            }
            Action::Speak(language) => {
                browser::remember_language(language.tag());
                self.locale = Locale::new(language);
            }
        }
        self.show_in_document();
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let act = ctx.link().callback(|action| action);
        let scene = Scene {
            locale: &self.locale,
            act: &act,
            can_share: self.can_share,
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

    fn report_path(&self) -> Option<String> {
        let saved = self.state.run.as_ref()?.saved.as_ref()?;
        Some(format!("/r/{}", saved.id))
    }

    fn copy(&self, audience: Audience, ctx: &Context<Self>) {
        let Some(run) = &self.state.run else { return };
        let link = self.report_path().map(|path| browser::absolute(&path));
        let text = summary(run, &self.locale, audience, link.as_deref());
        let done = match audience {
            Audience::Anybody => Copied::Summary,
            Audience::Administrator => Copied::ForAdministrator,
        };
        ctx.link().send_future(async move {
            let copied = browser::copy(&text).await;
            Action::Tell(Msg::Copied(if copied { done } else { Copied::Failed }))
        });
    }

    fn share(&self) {
        let (Some(run), Some(path)) = (&self.state.run, self.report_path()) else {
            return;
        };
        let text = summary(run, &self.locale, Audience::Anybody, None);
        let title = self.locale.text(keys::SUMMARY_TITLE);
        browser::share(title, &text, &browser::absolute(&path));
    }

    /// Language and title, and what scripts read from `<html>`: how far the run is, its report and its cause.
    fn show_in_document(&self) {
        browser::set_title(self.locale.text(keys::APP_TITLE));
        browser::set_root_attribute("lang", Some(self.locale.language.tag()));
        let run = self.state.run.as_ref();
        let over = run.filter(|run| run.phase == Phase::Over);
        let word = run.map(|_| if over.is_some() { "done" } else { "running" });
        let report = over.and_then(|run| run.saved.as_ref());
        let cause = over.map(|run| run.judgement.verdict.cause.as_str());
        browser::set_root_attribute("data-report", report.map(|saved| saved.id.as_str()));
        browser::set_root_attribute("data-cause", cause);
        // Last: who waits for "done" reads the others at once.
        browser::set_root_attribute("data-run", word);
    }
}

/// Fetches the saved report of this id.
fn load(id: &str, ctx: &Context<App>) {
    ctx.link().send_message(Action::Tell(Msg::Load));
    let path = format!("/api/reports/{id}");
    ctx.link().send_future(async move {
        Action::Tell(match browser::fetch(&path, None).await {
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

/// The query has `auto` among its parts, with or without a value.
fn asks_for_auto(query: &str) -> bool {
    let parts = query.strip_prefix('?').unwrap_or_default().split('&');
    let mut names = parts.map(|part| part.split('=').next().unwrap_or_default());
    names.any(|name| name == "auto")
}

#[cfg(test)]
mod tests {
    #[test]
    fn auto_is_a_name_in_the_query() {
        assert!(super::asks_for_auto("?auto"));
        assert!(super::asks_for_auto("?a=b&auto=1"));
        assert!(!super::asks_for_auto("?automatic"));
        assert!(!super::asks_for_auto(""));
    }
}
