//! One run: the plan becomes probes, the probes become facts.
//!
//! A run is one future that owns all its probes. It ends when every probe has ended, or after [`limits::RUN_MS`];
//! stopping it, or dropping its handle, drops the future and with it everything it made in the browser.

mod allowance;
mod board;
mod probes;
mod setup;

use crate::{
    api::{self, Failure},
    browser,
    live::{Live, LiveEvent},
    probe::{
        Signal, environment,
        sound::Sound,
        wait::{Timer, Work, all, sleep},
    },
    update::Update,
};
use board::Board;
use earshot_report::{
    api::{IceServer, LiveMessage, ReportRequest, RunRequest, link::LinkPass},
    facts::Fact,
    limits,
};
use setup::Setup;
use wasm_bindgen_futures::spawn_local;

/// What is to be tested.
#[derive(Clone, Debug, PartialEq)]
pub enum RunRequestKind {
    /// The servers that the program is configured with, by its plan.
    Configured,
    /// The same by a link, under which the report is kept.
    ByLink(LinkPass),
    /// Servers that the person typed. Nothing of them is sent to the program while the run is under way.
    AdHoc(Vec<IceServer>),
}

/// A run under way. Dropping it ends the run at once.
#[derive(Debug)]
pub struct RunHandle {
    stop: Signal,
}

impl RunHandle {
    /// Ends the run at once: no update comes any more, nothing is saved.
    pub fn stop(&self) {
        self.stop.give();
    }
}

impl Drop for RunHandle {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Starts a run against the program that this page comes from. To be called in the call stack of the person's click:
/// browsers let audio run only then.
pub fn start(request: RunRequestKind, emit: impl Fn(Update) + 'static) -> RunHandle {
    start_at("", request, emit)
}

/// The same against the program at `base`, for example `http://127.0.0.1:8080`.
pub fn start_at(base: &str, request: RunRequestKind, emit: impl Fn(Update) + 'static) -> RunHandle {
    start_beside(Some(base), request, emit)
}

/// The same for servers that are tested by the page alone: no program is asked for anything, and nothing is saved.
pub fn start_alone(servers: Vec<IceServer>, emit: impl Fn(Update) + 'static) -> RunHandle {
    start_beside(None, RunRequestKind::AdHoc(servers), emit)
}

fn start_beside(
    base: Option<&str>,
    request: RunRequestKind,
    emit: impl Fn(Update) + 'static,
) -> RunHandle {
    let sound = Sound::new();
    let stop = Signal::default();
    let stopped = stop.clone();
    let board = Board::new(move |update| {
        // Stopped while this very step of the run is under way.
        if !stopped.is_given() {
            emit(update);
        }
    });
    let handle = RunHandle { stop: stop.clone() };
    let run = run(base.map(str::to_owned), request, board, sound);
    spawn_local(async move { all(vec![Box::pin(run)], &stop).await });
    handle
}

async fn run(base: Option<String>, request: RunRequestKind, board: Board, sound: Option<Sound>) {
    board.environment(|environment| *environment = environment::look());
    let asked = match &request {
        RunRequestKind::Configured => RunRequest::default(),
        RunRequestKind::ByLink(pass) => RunRequest {
            link: Some(pass.clone()),
            ..RunRequest::default()
        },
        RunRequestKind::AdHoc(_) => RunRequest {
            ad_hoc: true,
            ..RunRequest::default()
        },
    };
    let (ticket, refusal) = match &base {
        None => (None, None),
        Some(base) => match api::begin_run(base, &asked).await {
            Ok(ticket) => (Some(ticket), None),
            Err(failure) => (None, Some(failure)),
        },
    };
    board.environment(|environment| {
        let is_reachable = !matches!(refusal, Some(Failure::Unreachable(_)));
        environment.api_reachable = base.as_ref().map(|_| is_reachable).into();
        if let Some(ticket) = &ticket {
            environment.client_address = ticket.client_address.clone();
            environment.server_time_ms = Some(ticket.server_time_ms);
        }
    });
    let setup = Setup::new(request, ticket);
    if let Some(setup) = &setup {
        board.plan(&setup.ticket);
        let program = base.as_deref();
        measure(program.unwrap_or_default(), &board, setup, sound.as_ref()).await;
        // What took all calls away may have taken the page's own way too. A browser is slow to know.
        if let Some(base) = program
            && !board.has_call()
            && !api::is_alive(base).await
        {
            board.environment(|environment| {
                environment.online = Fact::from(browser::is_online());
                environment.api_reachable = Fact::No;
            });
        }
    }
    drop(sound);
    let duration_ms = board.finish();
    let (Some(base), Some(setup), None) = (&base, &setup, &refusal) else {
        let sentence = refusal.map(Failure::into_sentence);
        return board.tell(Update::NotSaved(sentence.unwrap_or_default()));
    };
    let request = ReportRequest {
        duration_ms,
        facts: board.take_facts(),
    };
    let told = |failure: Failure| board.tell(Update::NotSaved(failure.into_sentence()));
    let run = &setup.ticket.run;
    if let Some(report) = api::save_at_last(base, run, &request, told).await {
        board.tell(Update::Saved(Box::new(report)));
    }
}

/// All probes, until the last has ended or the time is over; beside them the program's word.
async fn measure(base: &str, board: &Board, setup: &Setup, sound: Option<&Sound>) {
    let over = Signal::default();
    let probes = async {
        probes::run(board, setup, sound, &over).await;
        probes::ask_again(board, setup, &over).await;
        over.give();
    };
    let beside: Vec<Work> = vec![
        Box::pin(probes),
        Box::pin(allowance::pass(&over)),
        Box::pin(listen(base, board, setup)),
        Box::pin(board.tell_levels()),
        Box::pin(async {
            browser::happens("offline").await;
            sleep(limits::LOST_MS).await;
            if !browser::is_online() {
                over.give();
            }
        }),
    ];
    all(beside, &over).await;
}

/// Hears what the program tells until the link closes.
async fn listen(base: &str, board: &Board, setup: &Setup) {
    let path = &setup.ticket.live;
    if path.is_empty() {
        return;
    }
    let opened = |fact| board.environment(|environment| environment.live_link = fact);
    let Ok(live) = Live::open(base, path) else {
        return opened(Fact::No);
    };
    let in_time = Timer::new(limits::LIVE_LINK_MS);
    let never = Signal::default();
    let mut limit = &in_time.over;
    let mut is_open = false;
    loop {
        match live.next(limit).await {
            Some(LiveEvent::Opened) => {
                is_open = true;
                opened(Fact::Yes);
            }
            Some(LiveEvent::Told(message)) => match *message {
                LiveMessage::Sightings(sightings) => {
                    board.tell(Update::Sightings(Box::new(sightings)));
                }
                LiveMessage::NativeProbe(probe) => {
                    setup.hear(&probe);
                    board.tell(Update::NativeProbe(Box::new(probe)));
                }
            },
            // Not open in time; it may still come.
            None => {
                limit = &never;
                if !is_open {
                    opened(Fact::No);
                }
            }
            Some(LiveEvent::Closed) => {
                if !is_open {
                    opened(Fact::No);
                }
                return;
            }
        }
    }
}
