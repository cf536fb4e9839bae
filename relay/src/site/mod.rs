//! Page and API: what a browser asks of this program.

mod body;
mod client;
mod error;
mod headers;
mod health;
mod live;
mod metrics;
mod own;
mod page;
mod probes;
mod rate;
mod reports;
mod runs;
mod start;
#[cfg(test)]
mod tests;

pub use own::OwnRelay;

use crate::{
    events::RelayEvent,
    ledger::Ledger,
    settings::{NonceKey, Secret},
    store::Store,
};
use axum::{
    Router, middleware,
    routing::{any, get, post},
};
use earshot_report::{IceUrl, api::IceServer};
use error::Problem;
use metrics::Metrics;
use probes::Probes;
use rate::RateLimit;
use runs::Runs;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

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
    /// This program's own relay, if there is one.
    pub relay: Option<OwnRelay>,
    /// A hosting platform says by `PORT` where it wants its web traffic served: many forward nothing else.
    pub platform_port: bool,
    /// Further servers to test.
    pub ice_servers: Vec<IceServer>,
    /// A page at this other origin may use the API: for tests on this machine, so only a loopback origin counts.
    /// Without a port it means any port.
    pub cors_origin: Option<String>,
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
    rate: Mutex<RateLimit>,
    probes: Probes,
}

impl Site {
    /// Ready to serve. URLs of configured servers that cannot be parsed are left out: the settings refuse them.
    pub fn new(config: SiteConfig, store: Store) -> Self {
        let listening = config.relay.as_ref().map(OwnRelay::listening);
        let parse = |server: &IceServer| -> Vec<IceUrl> {
            let urls = server.urls.iter();
            urls.filter_map(|url| url.parse().ok()).collect()
        };
        Self(Arc::new(Inner {
            servers: config.ice_servers.iter().map(parse).collect(),
            ledger: Mutex::new(Ledger::new(
                listening.unwrap_or_default(),
                config.platform_port,
            )),
            config,
            store,
            runs: Mutex::default(),
            metrics: Mutex::default(),
            rate: Mutex::default(),
            probes: Probes::default(),
        }))
    }

    /// Takes note of what happened at the relay. Call it for each event.
    pub fn observe(&self, event: &RelayEvent) {
        lock(&self.0.metrics).observe(event);
        let news = lock(&self.0.ledger).observe(event);
        if news.is_empty() {
            return;
        }
        let runs = lock(&self.0.runs);
        for run in news.iter().filter_map(|run| runs.get(run)) {
            run.changed();
        }
    }

    /// Forgets runs and deletes reports when their time is over. Never ends.
    pub async fn keep_tidy(self) {
        let mut sweeps = tokio::time::interval(SWEEP);
        for sweep in (0..PURGE_EVERY).cycle() {
            sweeps.tick().await;
            let now = SystemTime::now();
            let expired = lock(&self.0.runs).expire(now);
            for run in expired {
                lock(&self.0.ledger).forget(&run);
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
        .route("/api/runs/{run}/report", post(reports::save))
        .route("/api/reports", get(reports::list))
        .route("/api/reports/{id}", get(reports::read))
        .route("/api", any(unknown))
        .route("/api/{*rest}", any(unknown))
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn_with_state(cors, headers::cors))
        .layer(middleware::map_response(headers::not_stored));
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::text))
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
