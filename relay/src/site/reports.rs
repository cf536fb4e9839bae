//! Reports: saved once a run is over, and read by whoever has the link.

use super::{
    REPORT_REQUEST, Site,
    bearer::{self, Shown},
    body::ApiJson,
    error::Problem,
    lock,
    runs::{OfLink, Run},
};
use crate::{
    mint,
    store::{StoreError, links::Access},
};
use axum::{
    Json,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
};
use earshot_report::{
    Code, Facts, Report, Status,
    api::{
        Refusal, ReportRequest,
        link::{LinkReport, Who},
    },
    report, verdict,
};
use serde::{Deserialize, Serialize};
use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};
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
    let run = match site.run(&run).await {
        Ok(run) => run,
        Err(unknown) => return Err(site.forgotten(&run, unknown).await),
    };
    let of_pair = request.facts.pair.as_ref().map_or(0, |it| it.legs.len());
    let legs = request.facts.legs.len() + of_pair;
    if request.facts.targets.len() > MOST_TARGETS || legs > MOST_LEGS {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            format!(
                "“facts” has more than {MOST_TARGETS} targets or {MOST_LEGS} legs: no test has so many"
            ),
        ));
    }
    let claim = run.claim_report().ok_or_else(already_saved)?;
    let report = judge_and_save(&site, &run, request).await?;
    claim.keep();
    lock(&site.0.ledger).end(&run.id, SystemTime::now());
    run.end();
    site.tell_end(&run);
    Ok(Json(report))
}

/// `GET /api/runs/<run>/report`: for the page that does not know whether its report was saved, as the answer was lost.
/// Only who was tested knows the run.
pub(super) async fn saved(
    State(site): State<Site>,
    Path(run): Path<String>,
) -> Result<Json<Report>, Problem> {
    let found = site.0.store.report_of_run(&run, SystemTime::now()).await;
    let report = found.map_err(|error| Problem::internal("reading the report", &error))?;
    let missing =
        || Problem::not_found("there is no report of such a test: save it, or begin a new test");
    report.map(Json).ok_or_else(missing)
}

/// `GET /api/reports/<id>`
pub(super) async fn read(
    State(site): State<Site>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Report>, Problem> {
    let access = site.access(&id).await?;
    let sight = access.sight(&site, &bearer::shown(&headers))?;
    let found = site.0.store.report(&id, SystemTime::now()).await;
    let report = found
        .map_err(|error| Problem::internal("reading the report", &error))?
        .ok_or_else(no_report)?;
    Ok(Json(match sight {
        Sight::Whole => report,
        Sight::Masked => report.masked(),
    }))
}

/// `DELETE /api/reports/<id>`
pub(super) async fn delete(
    State(site): State<Site>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let access = site.access(&id).await?;
    let shown = bearer::shown(&headers);
    // Who may read a report of a link has something to do with it; anybody may read another.
    access.sight(&site, &shown)?;
    if shown.secret().is_none() {
        return Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "a report is deleted by who was tested, by who made its link, or by the operator: send the test's id, the \
             link's secret or the operator's key as `Authorization: Bearer <it>`",
        ));
    }
    let deleted = site.0.store.delete(&id).await;
    match deleted.map_err(|error| Problem::internal("deleting the report", &error))? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(no_report()),
    }
}

/// How much of a report somebody sees.
enum Sight {
    Whole,
    Masked,
}

impl Site {
    /// Why a run of that id is not known: a process forgets, in time and by its end, whose report is saved already.
    async fn forgotten(&self, run: &str, unknown: Problem) -> Problem {
        match self.0.store.is_reported(run).await {
            Ok(true) => already_saved(),
            // It is as unknown as it was.
            Ok(false) | Err(_) => unknown,
        }
    }

    /// Who may do what with the report of that id.
    async fn access(&self, id: &str) -> Result<Access, Problem> {
        let found = match mint::is_id(id) {
            true => self.0.store.access(id).await,
            false => Ok(None),
        };
        found
            .map_err(|error| Problem::internal("reading the report", &error))?
            .ok_or_else(no_report)
    }
}

impl Access {
    /// What somebody sees who shows this. A wrong key is refused, lest somebody wonders about masked addresses; that
    /// there is a report of somebody else's link is not even said.
    fn sight(&self, site: &Site, shown: &Shown<'_>) -> Result<Sight, Problem> {
        if shown.is_operator(site) || shown.is(&self.run) {
            return Ok(Sight::Whole);
        }
        let secret = shown.secret();
        if self.is_of_link() {
            return match secret {
                Some(key) if self.is_guests(key) => Ok(Sight::Whole),
                Some(key) if self.is_owned_by(key) && self.who == Some(Who::Owner) => {
                    Ok(Sight::Whole)
                }
                Some(key) if self.is_owned_by(key) => Ok(Sight::Masked),
                _ => Err(no_report()),
            };
        }
        match shown {
            Shown::Nothing => Ok(Sight::Masked),
            Shown::Secret(_) => Err(Problem::new(
                StatusCode::UNAUTHORIZED,
                "this is neither the operator's key, which `earshot status --show-key` prints, nor the id of this \
                 report's test: without a key the report is shown with masked addresses",
            )),
        }
    }
}

fn no_report() -> Problem {
    Problem::not_found(
        "there is no such report: its address is wrong, it was deleted, it is older than 30 days, or it belongs to \
         somebody else's link",
    )
}

/// `GET /api/reports?limit=<n>`: the newest reports, for the operator alone, who could not know their ids otherwise.
pub(super) async fn list(
    State(site): State<Site>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Json<Vec<Entry>>, Problem> {
    if !bearer::shown(&headers).is_operator(&site) {
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
        let started = rfc3339(report.started);
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

async fn judge_and_save(
    site: &Site,
    run: &Arc<Run>,
    request: ReportRequest,
) -> Result<Report, Problem> {
    let saving = "saving the report";
    let _following = site.catch_up(run).await;
    wait_for_probes(run).await;
    let mut facts = Facts {
        // The page has no say in what others saw.
        sightings: site.sightings(run),
        native_probes: lock(&run.probes).clone(),
        ..request.facts
    };
    facts.await_no_more();
    let judged = verdict::judge(&facts);
    let started = rfc3339(run.started);
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
    let store = &site.0.store;
    let saved = match &run.link {
        None => store.save(&report, &run.id, run.started).await,
        Some(OfLink { link, who }) => {
            store
                .save_of_link(&report, &run.id, run.started, link, *who)
                .await
        }
    };
    match saved {
        Ok(()) => {}
        Err(StoreError::Duplicate) => return Err(already_saved()),
        Err(error @ StoreError::NoLink) => {
            let gone = Problem::new(StatusCode::GONE, error.to_string());
            return Err(gone.because(Refusal::NoLink));
        }
        Err(error) => return Err(Problem::internal(saving, &error)),
    }
    if let Some(link) = &run.link {
        tell_link(site, link, &report).await;
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

/// Tells who made the link, and who was tested. The report is saved, and listed under its link, even if this fails.
async fn tell_link(site: &Site, link: &OfLink, report: &Report) {
    let listed = LinkReport {
        id: report.id.clone(),
        who: link.who,
        started: report.started.clone(),
        status: report.verdict.status,
        cause: report.verdict.cause,
    };
    if let Err(error) = site.0.store.tell_report(&link.link, listed).await {
        tracing::warn!("that a test of a link was saved is not told: {error}");
    }
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
    let _ = timeout(PROBES_WAIT, finished).await;
}

fn already_saved() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "the report of this test is saved already: begin a new test for a new report",
    )
    .because(Refusal::AlreadySaved)
}

/// A time as reports have it.
pub(super) fn rfc3339(time: SystemTime) -> Result<String, time::error::Format> {
    OffsetDateTime::from(time).format(&Rfc3339)
}

/// A verdict's status and cause from their names.
pub(super) fn status_and_cause(status: &str, cause: &str) -> serde_json::Result<(Status, Code)> {
    let of = serde_json::Value::from;
    Ok((
        serde_json::from_value(of(status))?,
        serde_json::from_value(of(cause))?,
    ))
}
