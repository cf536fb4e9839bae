//! For those who watch the program: alive, and able to serve.

use super::Site;
use axum::{extract::State, http::StatusCode};
use std::time::Duration;
use tokio::time::timeout;

/// A storage that needs longer to say that it is there is not.
const STORAGE_TIMEOUT: Duration = Duration::from_secs(2);

/// `GET /healthz`
pub(super) async fn alive() -> &'static str {
    "alive\n"
}

/// `GET /readyz`: everything listens and storage answers; else 503 and what does not.
pub(super) async fn ready(State(site): State<Site>) -> (StatusCode, String) {
    let troubles = troubles(&site).await;
    match troubles.is_empty() {
        true => (StatusCode::OK, "ready\n".to_owned()),
        false => (StatusCode::SERVICE_UNAVAILABLE, troubles.join("\n") + "\n"),
    }
}

/// What keeps the program from serving.
pub(super) async fn troubles(site: &Site) -> Vec<String> {
    let mut troubles = Vec::new();
    let relay = site.0.config.relay.as_ref();
    if relay.is_some_and(|relay| !(relay.is_listening)()) {
        troubles.push(
            "relay: a worker has ended, so not everything listens; restart the program".to_owned(),
        );
    }
    match timeout(STORAGE_TIMEOUT, site.0.store.ping()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::error!("not ready: {error}");
            troubles.push("storage: the database gives an error; the log says which".to_owned());
        }
        Err(_) => troubles.push("storage: the database does not answer".to_owned()),
    }
    troubles
}
