//! The newest result as numbers, in Prometheus' text form.

use super::{
    run::Checked,
    steps::{self, State, worse},
};
use axum::{
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use earshot_report::{Code, Status, facts::LegFacts};
use std::{
    fmt::Write,
    sync::{Mutex, PoisonError},
    time::UNIX_EPOCH,
};

/// The numbers.
#[derive(Default)]
pub(super) struct Metrics(Mutex<Counted>);

#[derive(Default)]
struct Counted {
    runs: u64,
    not_run: u64,
    newest: String,
}

impl Metrics {
    /// A check is over.
    pub(super) fn note(&self, checked: &Checked) {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counted.runs += 1;
        counted.newest = newest(checked);
    }

    /// A check could not be run.
    pub(super) fn not_run(&self) {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counted.not_run += 1;
    }

    /// `GET /metrics`.
    pub(super) fn response(&self) -> Response {
        let text = {
            let counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let mut text = String::new();
            let runs = [(String::new(), counted.runs as f64)];
            family(&mut text, "runs_total", "counter", "Checks made.", &runs);
            let not_run = [(String::new(), counted.not_run as f64)];
            let help = "Checks that could not be run.";
            family(&mut text, "not_run_total", "counter", help, &not_run);
            text + &counted.newest
        };
        let kind = "text/plain; version=0.0.4; charset=utf-8";
        ([(CONTENT_TYPE, kind)], text).into_response()
    }
}

fn newest(checked: &Checked) -> String {
    let mut text = String::new();
    let verdict = &checked.judgement.verdict;
    let began = checked.began.duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut gauge = |name: &str, help: &str, samples: &[(String, f64)]| {
        family(&mut text, name, "gauge", help, samples);
    };
    let plain = |value: f64| [(String::new(), value)];
    gauge(
        "timestamp_seconds",
        "When the newest check began.",
        &plain(began.as_secs_f64()),
    );
    gauge(
        "duration_seconds",
        "How long it took.",
        &plain(checked.took.as_secs_f64()),
    );
    let is = |is: bool| f64::from(u8::from(is));
    gauge(
        "good",
        "1: all is well.",
        &plain(is(verdict.status == Status::Good)),
    );
    gauge(
        "cause",
        "The cause of the verdict.",
        &[(format!("{{cause=\"{}\"}}", verdict.cause), 1.0)],
    );
    let found: Vec<Code> = checked
        .judgement
        .findings
        .iter()
        .map(|it| it.code)
        .collect();
    let found: Vec<(String, f64)> = found
        .iter()
        .map(|code| (format!("{{cause=\"{code}\"}}"), 1.0))
        .collect();
    gauge("finding", "Everything that was found.", &unique(found));
    let mut failed = Vec::new();
    let mut measured: [Vec<(String, f64)>; 6] = Default::default();
    for (place, target) in checked.facts.targets.iter().enumerate() {
        // Two servers of a document may have one URI, and differ in their users.
        let uri = format!(
            "server=\"{}\",uri=\"{}\"",
            target.target.server, target.target.url
        );
        for step in steps::of(checked, place) {
            if step.state != State::NotMeasured {
                let labels = format!("{{{uri},check=\"{}\"}}", step.check.as_str());
                failed.push((labels, is(step.state == State::Failed)));
            }
        }
        let seen = &checked.beside[place];
        let mut add = |place: usize, labels: String, value: Option<f64>| {
            measured[place].extend(value.map(|value| (labels, value)));
        };
        let round_trip = seen.beside.round_trip.get().map(|it| it.as_secs_f64());
        add(0, format!("{{{uri}}}"), round_trip);
        let end = seen.beside.certificate.get().and_then(|it| it.not_after_s);
        add(1, format!("{{{uri}}}"), end.map(|end| end as f64));
        let call = seen.call.as_ref();
        let legs = [
            ("relay-to-relay", call.and_then(|call| call.relay.as_ref())),
            (
                "relay-to-direct",
                call.and_then(|call| call.direct.as_ref()),
            ),
        ];
        for (name, leg) in legs {
            let Some(leg) = leg else {
                continue;
            };
            let labels = || format!("{{{uri},call=\"{name}\"}}");
            add(2, labels(), leg.rtt_ms.map(|ms| ms / 1_000.0));
            add(3, labels(), worse(leg, |it| it.loss));
            add(
                4,
                labels(),
                worse(leg, |it| it.jitter_ms).map(|ms| ms / 1_000.0),
            );
            add(5, labels(), worst_mos(leg));
        }
    }
    gauge("failed", "1: this check failed, 0: it passed.", &failed);
    let names = [
        ("round_trip_seconds", "One round trip to the server."),
        (
            "certificate_end_timestamp_seconds",
            "The end of the certificate's validity.",
        ),
        (
            "call_round_trip_seconds",
            "There and back through the relay.",
        ),
        ("call_loss_ratio", "Lost packets, of the worse direction."),
        (
            "call_jitter_seconds",
            "Jitter (RFC 3550), of the worse direction.",
        ),
        ("call_mos", "Mean opinion score, of the worse direction."),
    ];
    for ((name, help), samples) in names.into_iter().zip(&measured) {
        gauge(name, help, samples);
    }
    text
}

fn worst_mos(leg: &LegFacts) -> Option<f64> {
    let scores = [leg.from_you.mos, leg.to_you.mos];
    scores.into_iter().flatten().reduce(f64::min)
}

/// Two servers may have one cause.
fn unique(mut samples: Vec<(String, f64)>) -> Vec<(String, f64)> {
    samples.sort_by(|one, other| one.0.cmp(&other.0));
    samples.dedup_by(|one, other| one.0 == other.0);
    samples
}

fn family(text: &mut String, name: &str, kind: &str, help: &str, samples: &[(String, f64)]) {
    if samples.is_empty() {
        return;
    }
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "# HELP earshot_check_{name} {help}\n# TYPE earshot_check_{name} {kind}"
    );
    for (labels, value) in samples {
        let _ = writeln!(text, "earshot_check_{name}{labels} {value}");
    }
}
