//! `GET /metrics`: numbers in Prometheus' text form, made from the stream of events.

use super::{Site, lock};
use crate::events::{Happening, RelayEvent};
use axum::{
    extract::State,
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use earshot_report::Code;
use earshot_turn::{
    Event, SessionId,
    event::{Refusal, Usage},
};
use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write,
};

/// Counted since the start of the program.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    runs: u64,
    reports: BTreeMap<Code, u64>,
    sessions: u64,
    /// The open sessions, and what each has carried so far.
    open: HashMap<(usize, SessionId), Usage>,
    challenges: u64,
    refusals: BTreeMap<&'static str, u64>,
    from_clients: u64,
    to_clients: u64,
}

impl Metrics {
    pub(super) fn run(&mut self) {
        self.runs += 1;
    }

    pub(super) fn report(&mut self, cause: Code) {
        *self.reports.entry(cause).or_default() += 1;
    }

    pub(super) fn observe(&mut self, event: &RelayEvent) {
        let Happening::Turn(what) = &event.what else {
            return;
        };
        match what {
            Event::Challenged { .. } => self.challenges += 1,
            Event::Refused { reason, .. } => *self.refusals.entry(name(*reason)).or_default() += 1,
            Event::Allocated { session, .. } => {
                self.sessions += 1;
                self.open.insert((event.worker, *session), Usage::default());
            }
            Event::Usage { session, usage } => {
                if let Some(before) = self.open.get_mut(&(event.worker, *session)) {
                    let more = |now: u64, before: u64| now.saturating_sub(before);
                    self.from_clients += more(usage.received_bytes, before.received_bytes);
                    self.to_clients += more(usage.sent_bytes, before.sent_bytes);
                    *before = *usage;
                }
            }
            Event::Closed { session, .. } => {
                self.open.remove(&(event.worker, *session));
            }
            _ => {}
        }
    }

    /// Bytes from clients and to clients, as far as sessions have told.
    pub(super) fn relayed(&self) -> (u64, u64) {
        (self.from_clients, self.to_clients)
    }

    fn text(&self) -> String {
        let mut text = String::new();
        let plain = |value: u64| vec![(String::new(), value)];
        let reports = self.reports.iter();
        let refusals = self.refusals.iter();
        let families = [
            (
                "earshot_runs_total",
                "counter",
                "Tests begun.",
                plain(self.runs),
            ),
            (
                "earshot_reports_total",
                "counter",
                "Reports saved, by cause.",
                reports
                    .map(|(cause, count)| (format!("{{cause=\"{cause}\"}}"), *count))
                    .collect(),
            ),
            (
                "earshot_sessions_total",
                "counter",
                "Allocations made.",
                plain(self.sessions),
            ),
            (
                "earshot_sessions",
                "gauge",
                "Allocations open now.",
                plain(self.open.len() as u64),
            ),
            (
                "earshot_challenges_total",
                "counter",
                "Normal first requests answered with 401.",
                plain(self.challenges),
            ),
            (
                "earshot_refusals_total",
                "counter",
                "Requests refused, by reason.",
                refusals
                    .map(|(reason, count)| (format!("{{reason=\"{reason}\"}}"), *count))
                    .collect(),
            ),
            (
                "earshot_relayed_bytes_total",
                "counter",
                "Payload relayed, as far as sessions have told.",
                vec![
                    ("{direction=\"from-client\"}".to_owned(), self.from_clients),
                    ("{direction=\"to-client\"}".to_owned(), self.to_clients),
                ],
            ),
        ];
        for (name, kind, help, samples) in families {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
            for (labels, value) in samples {
                let _ = writeln!(text, "{name}{labels} {value}");
            }
        }
        text
    }
}

pub(super) async fn text(State(site): State<Site>) -> Response {
    let text = lock(&site.0.metrics).text();
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(CONTENT_TYPE, kind)], text).into_response()
}

fn name(reason: Refusal) -> &'static str {
    match reason {
        Refusal::UnknownUser => "unknown-user",
        Refusal::WrongPassword => "wrong-password",
        Refusal::Expired => "expired",
        Refusal::StaleNonce => "stale-nonce",
        Refusal::WrongCredentials => "wrong-credentials",
        Refusal::Quota => "quota",
        Refusal::Capacity => "capacity",
        Refusal::PeerDenied => "peer-denied",
        Refusal::PeerOutOfScope => "peer-out-of-scope",
        Refusal::BadRequest => "bad-request",
    }
}
