//! What is on the screen, as a pure reducer: news in, a new state out. No browser, no clock.

mod form;
mod path;
mod run;
mod steps;
#[cfg(test)]
mod tests;

pub use form::{Form, FormError, MAX_URLS};
pub use path::{Hop, Lane, Light, Path, Place, place};
pub use run::{Origin, Phase, Run, Saved};
pub use steps::{Mark, Step, StepKind, leg_mark, steps, target_mark};

use crate::{api::Failure, update::Update};
use earshot_report::{Report, api::IceServer};

/// Everything the view needs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// What is shown.
    pub screen: Screen,
    /// The run under way, over, or loaded.
    pub run: Option<Run>,
    /// What was typed of another server.
    pub form: Form,
    /// What became of the last attempt to copy.
    pub copied: Option<Copied>,
    /// What became of the wish to help somebody.
    pub help: Help,
    /// How many runs there have been: news of an earlier one is ignored.
    serial: u32,
}

/// The screens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Screen {
    /// The large button.
    #[default]
    Start,
    /// The form for another server.
    Form,
    /// A run is under way.
    Running,
    /// A run is over, or a saved one is shown.
    Verdict,
    /// A saved report is being fetched.
    Loading,
    /// It could not be fetched.
    LoadFailed(LoadError),
}

/// Why a saved report could not be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadError {
    /// There is none of this name.
    Missing,
    /// Anything else; in words.
    Other(String),
}

/// What was copied, and whether it could be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copied {
    /// The summary.
    Summary,
    /// The text for an administrator.
    ForAdministrator,
    /// The browser did not let it be copied.
    Failed,
}

/// What became of the wish to help somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Help {
    /// Nobody wished it, or the link is made.
    #[default]
    Idle,
    /// A link is being made.
    Asking,
    /// The program made none; why.
    Refused(Failure),
    /// The browser keeps nothing for this page, so the link would not know who made it.
    Forgetful,
}

/// What happens.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// Test the configured servers.
    Start,
    /// Show the form for another server.
    OpenForm,
    /// Back to the start.
    CloseForm,
    /// The URLs were typed.
    TypedUrls(String),
    /// The user name was typed.
    TypedUsername(String),
    /// The password was typed.
    TypedPassword(String),
    /// Test what was typed.
    SubmitForm,
    /// Stop the run.
    Stop,
    /// The same test once more.
    Again,
    /// News of the run with this number.
    Update(u32, Update),
    /// A saved report is being fetched.
    Load,
    /// It came.
    Loaded(Box<Report>),
    /// It did not come.
    LoadFailed(LoadError),
    /// Something was copied, or not.
    Copied(Copied),
    /// So far is the wish to help somebody.
    Help(Help),
}

impl State {
    /// The number of the latest run.
    pub fn serial(&self) -> u32 {
        self.serial
    }

    /// The servers that the run now under way must test; `None` for the configured ones.
    pub fn ad_hoc_servers(&self) -> Option<Vec<IceServer>> {
        let ad_hoc = self.run.as_ref()?.origin == Origin::AdHoc;
        ad_hoc.then(|| self.form.servers().unwrap_or_default())
    }

    fn begin(&mut self, origin: Origin) {
        self.serial += 1;
        self.run = Some(Run::new(origin));
        self.screen = Screen::Running;
        self.copied = None;
    }
}

/// The state after `msg`.
pub fn reduce(mut state: State, msg: Msg) -> State {
    match msg {
        Msg::Start => state.begin(Origin::Configured),
        Msg::OpenForm => state.screen = Screen::Form,
        Msg::CloseForm => state.screen = Screen::Start,
        Msg::TypedUrls(text) => state.form.type_urls(text),
        Msg::TypedUsername(text) => state.form.type_username(text),
        Msg::TypedPassword(text) => state.form.type_password(text),
        Msg::SubmitForm => {
            if state.form.check() {
                state.begin(Origin::AdHoc);
            }
        }
        Msg::Again => {
            let ad_hoc = state
                .run
                .as_ref()
                .is_some_and(|run| run.origin == Origin::AdHoc);
            state.begin(if ad_hoc {
                Origin::AdHoc
            } else {
                Origin::Configured
            });
        }
        Msg::Stop => {
            if let Some(run) = &mut state.run
                && run.phase == Phase::Measuring
            {
                run.stop();
                state.screen = Screen::Verdict;
            }
        }
        Msg::Update(serial, update) => {
            if serial == state.serial
                && let Some(run) = &mut state.run
            {
                run.apply(update);
                if run.phase != Phase::Measuring {
                    state.screen = Screen::Verdict;
                }
            }
        }
        Msg::Load => state.screen = Screen::Loading,
        Msg::Loaded(report) => {
            state.run = Some(Run::loaded(*report));
            state.screen = Screen::Verdict;
        }
        Msg::LoadFailed(error) => state.screen = Screen::LoadFailed(error),
        Msg::Copied(what) => state.copied = Some(what),
        Msg::Help(help) => state.help = help,
    }
    state
}
