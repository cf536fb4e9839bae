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
    probe::{environment, sound::Sound},
    update::Update,
};
use board::Board;
use earshot_report::{
    api::{IceServer, LiveMessage, ReportRequest, RunRequest},
    facts::Fact,
    limits,
};
use futures_util::{
    FutureExt, StreamExt,
    future::{AbortHandle, Abortable, select},
    pin_mut,
};
use gloo_timers::future::TimeoutFuture;
use setup::Setup;
use std::rc::Rc;

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
    abort: AbortHandle,
}

impl RunHandle {
    /// Ends the run at once: no update comes any more, nothing is saved.
    pub fn stop(&self) {
        self.abort.abort();
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
    let (abort, registration) = AbortHandle::new_pair();
    let silenced = abort.clone();
    let board = Board::new(move |update| {
        // Stopped while this very step of the run is under way.
        if !silenced.is_aborted() {
            emit(update);
        }
    });
    let run = run(base.to_owned(), request, board, sound);
    let run = Abortable::new(run, registration);
    wasm_bindgen_futures::spawn_local(async move {
        // Aborted or not: it is over.
        let _ = run.await;
    });
    RunHandle { abort }
}

async fn run(base: String, request: RunRequestKind, board: Board, sound: Option<Sound>) {
    board.environment(|environment| *environment = environment::look());
    let asked = RunRequest {
        ad_hoc: request != RunRequestKind::Configured,
    };
    let ticket = api::begin_run(&base, &asked).await;
    board.environment(|environment| match &ticket {
        Ok(ticket) => {
            environment.api_reachable = Fact::Yes;
            environment.client_address = ticket.client_address.clone();
            environment.server_time_ms = Some(ticket.server_time_ms);
        }
        Err(Failure::Refused(_)) => environment.api_reachable = Fact::Yes,
        Err(Failure::Unreachable(_)) => environment.api_reachable = Fact::No,
    });
    let (run, refusal) = match &ticket {
        Ok(ticket) => (Some((ticket.run.clone(), ticket.live.clone())), None),
        Err(failure) => (None, Some(failure.clone().into_sentence())),
    };
    if let Some(setup) = Setup::new(request, ticket.ok()) {
        board.plan(setup.ticket());
        let path = run.as_ref().map(|(_, path)| path.as_str());
        measure(&base, path, &board, Rc::new(setup), sound).await;
    }
    let duration_ms = board.finish();
    let outcome = match run {
        None => Update::NotSaved(refusal.unwrap_or_default()),
        Some((run, _)) => {
            let request = ReportRequest {
                duration_ms,
                facts: board.facts(),
            };
            match api::save(&base, &run, &request).await {
                Ok(report) => Update::Saved(Box::new(report)),
                Err(failure) => Update::NotSaved(failure.into_sentence()),
            }
        }
    };
    board.tell(outcome);
}

/// All probes, until the last has ended or the time is over; beside them the program's word.
async fn measure(
    base: &str,
    live: Option<&str>,
    board: &Board,
    setup: Rc<Setup>,
    sound: Option<Sound>,
) {
    let probes = probes::all(board, &setup, sound.as_ref());
    let listening = async {
        if let Some(path) = live {
            listen(base, path, board, &setup).await;
        }
        std::future::pending::<()>().await;
    };
    let limit = TimeoutFuture::new(limits::RUN_MS);
    pin_mut!(probes, listening);
    let listening = select(listening, board.tell_levels().boxed_local());
    select(probes, select(limit, listening)).await;
}

/// Hears what the program tells until the link closes.
async fn listen(base: &str, path: &str, board: &Board, setup: &Setup) {
    let opened = |fact| board.environment(|environment| environment.live_link = fact);
    let Ok((_live, mut events)) = Live::open(base, path) else {
        return opened(Fact::No);
    };
    let in_time = TimeoutFuture::new(limits::LIVE_LINK_MS).fuse();
    pin_mut!(in_time);
    let mut is_open = false;
    loop {
        let event = futures_util::select! {
            event = events.next() => event,
            () = in_time => {
                if !is_open {
                    opened(Fact::No);
                }
                continue;
            }
        };
        match event {
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
            Some(LiveEvent::Closed) | None => {
                if !is_open {
                    opened(Fact::No);
                }
                return;
            }
        }
    }
}
