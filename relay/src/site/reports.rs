//! Reports: saved once a run is over, and read by whoever has the link.

use super::{REPORT_REQUEST, Site, body::ApiJson, error::Problem, lock, runs::Run};
use crate::{mint, store::StoreError};
use axum::{
    Json,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
};
use earshot_report::{Facts, Report, api::ReportRequest, report, verdict};
use serde::{Deserialize, Serialize};
use std::time::{Duration, SystemTime};
use subtle::ConstantTimeEq;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::time::timeout;

/// The program's own probes of dead servers may still be under way when the page has done; they are worth this wait.
const PROBES_WAIT: Duration = Duration::from_millis(1_500);
/// More than any plan has; judging takes longer the more there are.
const MOST_TARGETS: usize = 64;
const MOST_LEGS: usize = 256;
/// What the list of reports holds when nobody says otherwise, and at most.
const USUALLY_LISTED: u32 = 50;
const MOST_LISTED: u32 = 1_000;

/// `POST /api/runs/<run>/report`
pub(super) async fn save(
    State(site): State<Site>,
    Path(run): Path<String>,
    ApiJson(request): ApiJson<ReportRequest, REPORT_REQUEST>,
) -> Result<Json<Report>, Problem> {
    let run = site.run(&run)?;
    if request.facts.targets.len() > MOST_TARGETS || request.facts.legs.len() > MOST_LEGS {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            format!(
                "“facts” has more than {MOST_TARGETS} targets or {MOST_LEGS} legs: no test has so many"
            ),
        ));
    }
    if !run.claim_report() {
        return Err(already_saved());
    }
    let saved = judge_and_save(&site, &run, request).await;
    match &saved {
        Ok(_) => {
            lock(&site.0.ledger).end(&run.id, SystemTime::now());
            run.end();
        }
        Err(_) => run.release_report(),
    }
    saved.map(Json)
}

/// `GET /api/reports/<id>`
pub(super) async fn read(
    State(site): State<Site>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Report>, Problem> {
    let is_operator = is_operator(&site, &headers)?;
    let none = || {
        Problem::not_found(
            "there is no such report: its link is wrong, or it is older than 30 days",
        )
    };
    if !mint::is_id(&id) {
        return Err(none());
    }
    let found = site.0.store.report(&id, SystemTime::now()).await;
    let report = found
        .map_err(|error| Problem::internal("reading the report", &error))?
        .ok_or_else(none)?;
    Ok(Json(match is_operator {
        true => report,
        false => report.masked(),
    }))
}

/// `GET /api/reports?limit=<n>`: the newest reports, for the operator alone, who could not know their ids otherwise.
pub(super) async fn list(
    State(site): State<Site>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Json<Vec<Entry>>, Problem> {
    if !is_operator(&site, &headers)? {
        return Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "the list of reports is the operator's: send the key that `earshot status --show-key` prints, as \
             `Authorization: Bearer <key>`",
        ));
    }
    let listing = "listing the reports";
    let most = asked.limit.unwrap_or(USUALLY_LISTED).min(MOST_LISTED);
    let latest = site.0.store.latest(most, SystemTime::now()).await;
    let latest = latest.map_err(|error| Problem::internal(listing, &error))?;
    let entries = latest.into_iter().map(|report| {
        let started = OffsetDateTime::from(report.started).format(&Rfc3339);
        Ok(Entry {
            id: report.id,
            started: started.map_err(|error| Problem::internal(listing, &error))?,
            status: report.status,
            cause: report.cause,
        })
    });
    entries.collect::<Result<_, _>>().map(Json)
}

/// How many are wanted.
#[derive(Deserialize)]
pub(super) struct Asked {
    limit: Option<u32>,
}

/// One line of the list.
#[derive(Serialize)]
pub(super) struct Entry {
    id: String,
    started: String,
    status: String,
    cause: String,
}

async fn judge_and_save(site: &Site, run: &Run, request: ReportRequest) -> Result<Report, Problem> {
    let saving = "saving the report";
    wait_for_probes(run).await;
    let facts = Facts {
        // The page has no say in what others saw.
        sightings: site.sightings(run),
        native_probes: lock(&run.probes).clone(),
        ..request.facts
    };
    let judged = verdict::judge(&facts);
    let started = OffsetDateTime::from(run.started).format(&Rfc3339);
    let report = Report {
        version: report::VERSION,
        id: mint::id().map_err(|error| Problem::internal(saving, &error))?,
        started: started.map_err(|error| Problem::internal(saving, &error))?,
        duration_ms: request.duration_ms,
        verdict: judged.verdict,
        findings: judged.findings,
        servers: judged.servers,
        facts,
    };
    match site.0.store.save(&report, &run.id, run.started).await {
        Ok(()) => {}
        Err(StoreError::Duplicate) => return Err(already_saved()),
        Err(error) => return Err(Problem::internal(saving, &error)),
    }
    // The report's id opens it, so it stays out of the log.
    tracing::info!(
        "test {}: {}, {} ms",
        run.id,
        report.verdict.cause,
        report.duration_ms
    );
    lock(&site.0.metrics).report(report.verdict.cause);
    Ok(report)
}

async fn wait_for_probes(run: &Run) {
    let mut progress = run.watch();
    let finished = async {
        while lock(&run.probes).iter().any(|probe| !probe.finished) {
            if progress.changed().await.is_err() {
                return;
            }
        }
    };
    // What is not finished by then says so in the report.
    let _ = timeout(PROBES_WAIT, finished).await;
}

fn already_saved() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "the report of this test is saved already: begin a new test for a new report",
    )
}

/// Whether the request shows the operator's key. A wrong one is refused, lest the operator wonders about masked
/// addresses.
fn is_operator(site: &Site, headers: &HeaderMap) -> Result<bool, Problem> {
    let Some(given) = headers.get(AUTHORIZATION) else {
        return Ok(false);
    };
    let key = site.0.config.operator_key.expose().as_bytes();
    let bytes = given.as_bytes();
    let is_right = bytes
        .split_at_checked(b"Bearer ".len())
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case(b"Bearer "))
        .is_some_and(|(_, given)| bool::from(given.ct_eq(key)));
    match is_right {
        true => Ok(true),
        false => Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "this is not the operator's key: `earshot status --show-key` prints it; without a key the report is shown \
             with masked addresses",
        )),
    }
}
