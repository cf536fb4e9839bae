//! `GET /api/status`: what `earshot status` shows, for the operator alone.

use super::{Site, bearer, error::Problem, health, lock, watch};
use crate::status::{Sessions, Status};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use std::time::SystemTime;

pub(super) async fn status(
    State(site): State<Site>,
    headers: HeaderMap,
) -> Result<Json<Status>, Problem> {
    if !bearer::shown(&headers).is_operator(&site) {
        return Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "the status is the operator's: send the key that `earshot status --show-key` prints, as \
             `Authorization: Bearer <key>`",
        ));
    }
    let Some(story) = site.0.config.story.as_deref().cloned() else {
        return Err(Problem::not_found(
            "this page stands alone, without the program",
        ));
    };
    let (problems, proofs) = tokio::join!(health::troubles(&site), site.proofs());
    let now = SystemTime::now();
    let (bytes_from_clients, bytes_to_clients) = lock(&site.0.metrics).relayed();
    let watch = lock(&site.0.watch);
    Ok(Json(Status {
        healthy: problems.is_empty(),
        problems,
        uptime_s: watch::seconds(site.0.since, now),
        story,
        proofs,
        web_only_host: lock(&site.0.ledger).platform_web_only(),
        sessions: Sessions {
            bytes_from_clients,
            bytes_to_clients,
            ..watch.sessions()
        },
        heard: watch.heard(now),
        refusals: watch.refusals(now),
    }))
}
