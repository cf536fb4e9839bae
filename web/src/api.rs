//! The page's requests to the program. Dropping one under way aborts it.

use crate::{json, probe::words};
use earshot_report::{
    Report,
    api::{ApiError, ReportRequest, RunRequest, RunTicket},
    limits,
};
use futures_util::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use serde::{Serialize, de::DeserializeOwned};
use std::pin::pin;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, Headers, RequestInit, Response};

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
    let exchange = pin!(exchange(url, &body));
    let (status, text) = match select(exchange, TimeoutFuture::new(limits::API_MS)).await {
        Either::Left((answer, _)) => answer.map_err(|error| {
            let words = words(&error);
            Failure::Unreachable(format!(
                "The program behind this page does not answer: {words}"
            ))
        })?,
        Either::Right(_) => {
            let seconds = limits::API_MS / 1_000;
            let sentence =
                format!("The program behind this page did not answer within {seconds} s");
            return Err(Failure::Unreachable(sentence));
        }
    };
    read(status, &text)
}

/// An answer that is not of this program's form comes from something between, or the page lies elsewhere.
fn read<T: DeserializeOwned>(status: u16, text: &str) -> Result<T, Failure> {
    if !(200..300).contains(&status) {
        return Err(match json::read::<ApiError>(text) {
            Ok(refusal) => Failure::Refused(refusal.error),
            Err(_) => Failure::Unreachable(format!(
                "The program behind this page does not answer; something else says HTTP {status}"
            )),
        });
    }
    json::read(text).map_err(|error| {
        Failure::Unreachable(format!(
            "The answer is not one of the program behind this page: {error}"
        ))
    })
}

/// Aborts a request when it is dropped; one that is over does not mind.
struct AbortOnDrop(AbortController);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn exchange(url: &str, body: &str) -> Result<(u16, String), JsValue> {
    let abort = AbortOnDrop(AbortController::new()?);
    let headers = Headers::new()?;
    headers.set("content-type", "application/json")?;
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_headers(&headers);
    init.set_body(&body.into());
    init.set_signal(Some(&abort.0.signal()));
    let window = web_sys::window().ok_or("there is no window")?;
    let response = JsFuture::from(window.fetch_with_str_and_init(url, &init)).await?;
    let response: Response = wasm_bindgen::JsCast::dyn_into(response)?;
    let text = JsFuture::from(response.text()?).await?;
    Ok((response.status(), text.as_string().unwrap_or_default()))
}
