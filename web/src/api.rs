//! The page's requests to the program. Dropping one under way aborts it.

use crate::{
    browser, json,
    probe::wait::{Timer, all},
};
use earshot_report::{
    Report,
    api::{ApiError, ReportRequest, RunRequest, RunTicket},
    limits,
};
use serde::{Serialize, de::DeserializeOwned};

/// Why the program did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Nothing that this program would say came back. In a sentence.
    Unreachable(String),
    /// It said no. Its sentence.
    Refused(String),
}

impl Failure {
    /// The sentence.
    pub fn into_sentence(self) -> String {
        match self {
            Self::Unreachable(sentence) | Self::Refused(sentence) => sentence,
        }
    }
}

/// Begins a run. `base` is the program's address; empty: where the page comes from.
///
/// # Errors
/// See [`Failure`].
pub async fn begin_run(base: &str, request: &RunRequest) -> Result<RunTicket, Failure> {
    post(&format!("{base}/api/runs"), request).await
}

/// Saves what the page measured in `run`; the answer is the report with all that the program knows.
///
/// # Errors
/// See [`Failure`].
pub async fn save(base: &str, run: &str, request: &ReportRequest) -> Result<Report, Failure> {
    post(&format!("{base}/api/runs/{run}/report"), request).await
}

async fn post<T: DeserializeOwned>(url: &str, body: &impl Serialize) -> Result<T, Failure> {
    let body = json::write(body, 0)
        .map_err(|error| Failure::Unreachable(format!("The request cannot be written: {error}")))?;
    let answer = exchange(url, &body).await?;
    json::read(&answer).map_err(|error| {
        Failure::Unreachable(format!(
            "The answer is not one of the program behind this page: {error}"
        ))
    })
}

/// The body of the answer. One that is not of this program's form comes from something between, or the page lies
/// elsewhere.
async fn exchange(url: &str, body: &str) -> Result<String, Failure> {
    let timer = Timer::new(limits::API_MS);
    let mut answer = None;
    let exchange = async { answer = Some(browser::fetch(url, Some(body)).await) };
    all(vec![Box::pin(exchange)], &timer.over).await;
    Err(Failure::Unreachable(match answer {
        Some(Ok((200..300, text))) => return Ok(text),
        Some(Ok((status, text))) => match json::read::<ApiError>(&text) {
            Ok(refusal) => return Err(Failure::Refused(refusal.error)),
            Err(_) => format!(
                "The program behind this page does not answer; something else says HTTP {status}"
            ),
        },
        Some(Err(words)) => format!("The program behind this page does not answer: {words}"),
        None => {
            let seconds = limits::API_MS / 1_000;
            format!("The program behind this page did not answer within {seconds} s")
        }
    }))
}
