//! One run: the plan becomes probes, the probes become facts.
//!
//! A run is one future that owns all its probes. It ends when every probe has ended, or at [`limits::RUN_MS`];
//! stopping it, or dropping its handle, drops the future and with it everything it made in the browser.

mod board;
mod probes;
mod setup;

use crate::{
    api::{self, Failure},
    live::{Live, LiveEvent},
    probe::{
        Signal, environment,
        sound::Sound,
        wait::{Timer, Work, all},
    },
    update::Update,
};
use board::Board;
use earshot_report::{
    api::{IceServer, LiveMessage, ReportRequest, RunRequest},
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
    let run = run(base.to_owned(), request, board, sound);
    spawn_local(async move { all(vec![Box::pin(run)], &stop).await });
    handle
}

async fn run(base: String, request: RunRequestKind, board: Board, sound: Option<Sound>) {
    board.environment(|environment| *environment = environment::look());
    let asked = RunRequest {
        ad_hoc: request != RunRequestKind::Configured,
    };
    let (ticket, refusal) = match api::begin_run(&base, &asked).await {
        Ok(ticket) => (Some(ticket), None),
        Err(failure) => (None, Some(failure)),
    };
    board.environment(|environment| {
        let is_reachable = !matches!(refusal, Some(Failure::Unreachable(_)));
        environment.api_reachable = Fact::from(is_reachable);
        if let Some(ticket) = &ticket {
            environment.client_address = ticket.client_address.clone();
            environment.server_time_ms = Some(ticket.server_time_ms);
        }
    });
    let setup = Setup::new(request, ticket);
    if let Some(setup) = &setup {
        board.plan(&setup.ticket);
        measure(&base, &board, setup, sound.as_ref()).await;
    }
    drop(sound);
    let duration_ms = board.finish();
    board.tell(match (setup, refusal) {
        (Some(setup), None) => {
            let request = ReportRequest {
                duration_ms,
                facts: board.take_facts(),
            };
            match api::save(&base, &setup.ticket.run, &request).await {
                Ok(report) => Update::Saved(Box::new(report)),
                Err(failure) => Update::NotSaved(failure.into_sentence()),
            }
        }
        (_, refusal) => {
            let sentence = refusal.map(Failure::into_sentence);
            Update::NotSaved(sentence.unwrap_or_default())
        }
    });
}

/// All probes, until the last has ended or the time is over; beside them the program's word.
async fn measure(base: &str, board: &Board, setup: &Setup, sound: Option<&Sound>) {
    let time = Timer::new(limits::RUN_MS);
    let probes = async {
        probes::run(board, setup, sound, &time.over).await;
        time.over.give();
    };
    let beside: Vec<Work> = vec![
        Box::pin(probes),
        Box::pin(listen(base, board, setup)),
        Box::pin(board.tell_levels()),
    ];
    all(beside, &time.over).await;
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
