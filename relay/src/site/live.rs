//! `GET /api/runs/<run>/live`: a WebSocket with what the program sees of a run, as it sees it.

use super::{Site, error::Problem, lock, runs::Run};
use axum::{
    extract::{
        Path, State, WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket, close_code, rejection::WebSocketUpgradeRejection},
    },
    http::StatusCode,
    response::Response,
};
use earshot_report::{
    api::{LiveMessage, Refusal},
    facts::{NativeProbe, Sightings},
};
use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};
use tokio::time::{Instant, sleep_until, timeout};

/// Nothing that a page says here is of interest.
const LONGEST_MESSAGE: usize = 1024;
/// Five times a second: a person sees no more, and a call's packets must not wait behind it.
const BETWEEN: Duration = Duration::from_millis(200);
/// A client that takes nothing for so long is gone.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) async fn live(
    State(site): State<Site>,
    Path(run): Path<String>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let run = site.run(&run).await?;
    let upgrade =
        upgrade.map_err(|rejection| Problem::new(rejection.status(), rejection.body_text()))?;
    let permit = run.sockets.clone().try_acquire_owned().map_err(|_| {
        Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "this test is watched by as many as can: close another page that shows it",
        )
    })?;
    let upgrade = upgrade
        .max_message_size(LONGEST_MESSAGE)
        .max_frame_size(LONGEST_MESSAGE);
    Ok(upgrade.on_upgrade(async move |socket| {
        let following = site.follow(&run);
        tell(&site, &run, socket).await;
        drop(following);
        drop(permit);
    }))
}

impl Site {
    /// The run of that id.
    pub(super) async fn run(&self, id: &str) -> Result<Arc<Run>, Problem> {
        let known = || lock(&self.0.runs).get(id).cloned();
        let mut run = known();
        if run.is_none() {
            self.look_up(id).await;
            run = known();
        }
        run.ok_or_else(|| {
            Problem::not_found(
                "there is no such test, or it was begun too long ago: begin a new one",
            )
            .because(Refusal::NoTest)
        })
    }
}

/// What was told already.
#[derive(Default)]
struct Told {
    sightings: Option<Sightings>,
    probes: Vec<NativeProbe>,
}

async fn tell(site: &Site, run: &Run, mut socket: WebSocket) {
    let mut progress = run.watch();
    let mut told = Told::default();
    loop {
        let over = progress.borrow_and_update().over;
        for message in told.news(site, run) {
            let Ok(text) = serde_json::to_string(&message) else {
                return;
            };
            let sent = timeout(SEND_TIMEOUT, socket.send(Message::text(text))).await;
            if !matches!(sent, Ok(Ok(()))) {
                return;
            }
        }
        if over {
            let close = CloseFrame {
                code: close_code::NORMAL,
                reason: "the test is over".into(),
            };
            // The client may be gone already.
            let _ = timeout(SEND_TIMEOUT, socket.send(Message::Close(Some(close)))).await;
            return;
        }
        let next = Instant::now() + BETWEEN;
        tokio::select! {
            changed = progress.changed() => if changed.is_err() {
                return;
            },
            said = socket.recv() => match said {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {}
            },
        }
        sleep_until(next).await;
    }
}

impl Told {
    fn news(&mut self, site: &Site, run: &Run) -> Vec<LiveMessage> {
        let mut news = Vec::new();
        let sightings = site.sightings(run);
        if sightings != self.sightings
            && let Some(sightings) = &sightings
        {
            news.push(LiveMessage::Sightings(sightings.clone()));
        }
        self.sightings = sightings;
        let probes = lock(&run.probes).clone();
        for (place, probe) in probes.iter().enumerate() {
            if self.probes.get(place) != Some(probe) {
                news.push(LiveMessage::NativeProbe(probe.clone()));
            }
        }
        self.probes = probes;
        news
    }
}

impl Site {
    /// What the relays saw of a run; `None`: there is no relay.
    pub(super) fn sightings(&self, run: &Run) -> Option<Sightings> {
        run.seen(self.own_sightings(&run.id), self.awaited(run))
    }

    /// What the relay here saw of a run; `None`: there is no relay here, and others to test.
    pub(super) fn own_sightings(&self, run: &str) -> Option<Sightings> {
        let config = &self.0.config;
        let is_page_alone = config.platform_port && config.ice_servers.is_empty();
        if config.relay.is_none() && !is_page_alone {
            return None;
        }
        lock(&self.0.ledger).sightings(run, SystemTime::now())
    }
}
