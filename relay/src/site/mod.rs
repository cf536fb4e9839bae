//! Page and API: what a browser asks of this program.

mod bearer;
mod body;
mod client;
mod elsewhere;
mod error;
mod headers;
mod health;
pub mod help;
mod links;
mod live;
mod metrics;
mod origin;
mod outbox;
mod own;
mod page;
mod probes;
mod proof;
mod rate;
mod reports;
mod runs;
mod shared;
mod start;
mod status;
#[cfg(test)]
mod tests;
mod watch;

pub use links::LinkLimits;
pub use origin::Over;
pub use own::OwnRelay;

use crate::{
    events::RelayEvent,
    ledger::Ledger,
    settings::{NonceKey, Secret},
    status::Story,
    store::{Store, link_sockets::HEARTBEAT},
};
use axum::{
    Router, middleware,
    routing::{any, get, post},
};
use earshot_report::{IceUrl, api::IceServer};
use error::Problem;
use metrics::Metrics;
use outbox::Outbox;
use probes::Probes;
use proof::Proofs;
use rate::RateLimit;
use runs::Runs;
use shared::Shared;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};
use tokio::sync::Semaphore;
use watch::Watch;

/// The body of `POST /api/runs`.
const RUN_REQUEST: usize = 4 * 1024;
/// The body of `POST /api/runs/<run>/report`: some forty legs with their samples.
const REPORT_REQUEST: usize = 512 * 1024;
/// How often runs over their time are forgotten.
const SWEEP: Duration = Duration::from_secs(60);
/// How often expired reports are deleted, in sweeps: every hour.
const PURGE_EVERY: u32 = 60;

/// What page and API need to know.
#[derive(Clone, Debug)]
pub struct SiteConfig {
    /// Shared secret of the time-limited credentials.
    pub turn_secret: Secret,
    /// Key of the witness passwords.
    pub nonce_key: NonceKey,
    /// Who knows it may read full reports.
    pub operator_key: Secret,
    /// The host of the page's public address, an IPv6 address without its brackets; `None`: as in the request.
    pub public_host: Option<String>,
    /// The origin of the page's public address; `None`: as in the request.
    pub public_url: Option<String>,
    /// Who may make links, and how many.
    pub links: LinkLimits,
    /// This program's own relay, if there is one.
    pub relay: Option<OwnRelay>,
    /// A hosting platform says by `PORT` where it wants its web traffic served: many forward nothing else.
    pub platform_port: bool,
    /// Further servers to test.
    pub ice_servers: Vec<IceServer>,
    /// A page at this other origin may use the API: for tests on this machine, so only a loopback origin counts.
    /// Without a port it means any port.
    pub cors_origin: Option<String>,
    /// What the operator is told of the program; `None`: nothing, as where page and API stand alone.
    pub story: Option<Arc<Story>>,
}

/// Page and API. Cheap to clone.
#[derive(Clone)]
pub struct Site(Arc<Inner>);

struct Inner {
    config: SiteConfig,
    /// The configured servers' URLs, parsed.
    servers: Vec<Vec<IceUrl>>,
    store: Store,
    runs: Mutex<Runs>,
    ledger: Mutex<Ledger>,
    metrics: Mutex<Metrics>,
    watch: Mutex<Watch>,
    proofs: Proofs,
    /// When it began to serve.
    since: SystemTime,
    rate: Mutex<RateLimit>,
    link_rate: Mutex<RateLimit>,
    /// One permit for each open socket of a link.
    link_sockets: Arc<Semaphore>,
    /// Tells this process from others that share the database.
    node: i64,
    probes: Probes,
    outbox: Arc<Outbox>,
    shared: Shared,
}

impl Site {
    /// Ready to serve. URLs of configured servers that cannot be parsed are left out: the settings refuse them.
    pub fn new(config: SiteConfig, store: Store) -> Self {
        let listening = config.relay.as_ref().map(OwnRelay::listening);
        let parse = |server: &IceServer| -> Vec<IceUrl> {
            let urls = server.urls.iter();
            urls.filter_map(|url| url.parse().ok()).collect()
        };
        let since = SystemTime::now();
        Self(Arc::new(Inner {
            servers: config.ice_servers.iter().map(parse).collect(),
            ledger: Mutex::new(
                Ledger::new(listening.unwrap_or_default(), config.platform_port).since(since),
            ),
            since,
            watch: Mutex::default(),
            proofs: Proofs::default(),
            link_sockets: Arc::new(Semaphore::new(
                config.links.most_sockets.try_into().unwrap_or(usize::MAX),
            )),
            link_rate: Mutex::default(),
            node: rand::random(),
            config,
            store,
            runs: Mutex::default(),
            metrics: Mutex::default(),
            rate: Mutex::default(),
            probes: Probes::default(),
            outbox: Arc::default(),
            shared: Shared::default(),
        }))
    }

    /// Takes note of what happened at the relay. Call it for each event.
    pub fn observe(&self, event: &RelayEvent) {
        lock(&self.0.metrics).observe(event);
        lock(&self.0.watch).observe(event);
        let news = lock(&self.0.ledger).observe(event);
        if news.is_empty() {
            return;
        }
        let runs = lock(&self.0.runs);
        for run in news.iter().filter_map(|run| runs.get(run)) {
            run.changed();
        }
    }

    /// Forgets runs, sockets and reports when their time is over, and shares with other relays what is theirs, too.
    /// Never ends.
    pub async fn keep_tidy(self) {
        tokio::join!(self.sweep(), self.beat(), self.share());
    }

    /// Says to others that share the database which sockets of links are open here.
    async fn beat(&self) {
        let mut beats = tokio::time::interval(HEARTBEAT);
        loop {
            beats.tick().await;
            let kept = self
                .0
                .store
                .keep_sockets(self.0.node, SystemTime::now())
                .await;
            if let Err(error) = kept {
                tracing::warn!("others do not learn who is at a link: {error}");
            }
        }
    }

    async fn sweep(&self) {
        let mut sweeps = tokio::time::interval(SWEEP);
        for sweep in (0..PURGE_EVERY).cycle() {
            sweeps.tick().await;
            let now = SystemTime::now();
            let expired = lock(&self.0.runs).expire(now);
            self.forget(&expired);
            if let Err(error) = self.0.store.purge_runs(now).await {
                tracing::error!("tests over their time cannot be deleted: {error}");
            }
            if sweep > 0 {
                continue;
            }
            match self.0.store.purge(now).await {
                Ok(0) => {}
                Ok(deleted) => tracing::info!(deleted, "deleted reports over their time"),
                Err(error) => tracing::error!("reports over their time cannot be deleted: {error}"),
            }
        }
    }
}

/// The routes. Requests must carry `ConnectInfo<SocketAddr>`.
pub fn router(site: Site) -> Router {
    let cors = headers::Cors::new(site.0.config.cors_origin.as_deref());
    let api = Router::new()
        .route("/api/runs", post(start::start))
        .route("/api/runs/{run}/live", get(live::live))
        .route(
            "/api/runs/{run}/report",
            get(reports::saved).post(reports::save),
        )
        .route("/api/reports", get(reports::list))
        .route(
            "/api/reports/{id}",
            get(reports::read).delete(reports::delete),
        )
        .route("/api/status", get(status::status))
        .route("/api/links", post(links::make))
        .route("/api/links/{token}", get(links::read).delete(links::delete))
        .route("/api/links/{token}/live", get(links::live))
        .route("/api", any(unknown))
        .route("/api/{*rest}", any(unknown))
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn_with_state(cors.clone(), headers::cors))
        .layer(middleware::map_response(headers::not_stored));
    // A test that lost its calls asks whether this program is still there.
    let alive = get(health::alive).layer(middleware::from_fn_with_state(cors, headers::cors));
    Router::new()
        .route("/healthz", alive)
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::text))
        .route("/help", get(help::index))
        .route("/help/", get(help::index))
        .route("/help/{code}", get(help::page))
        .merge(api)
        .fallback(page::serve)
        .layer(middleware::map_response(headers::secure))
        .with_state(site)
}

async fn unknown() -> Problem {
    Problem::not_found("there is no such thing in the API: see the README for what there is")
}

async fn wrong_method() -> Problem {
    Problem::new(
        axum::http::StatusCode::METHOD_NOT_ALLOWED,
        "this path of the API is not used with this method",
    )
}

/// A thread that panicked while it held a lock left whole values behind: each change here is one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
