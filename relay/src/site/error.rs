//! What the API answers when it cannot do what was asked.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use earshot_report::api::{ApiError, Refusal};

/// A status and a sentence that names the thing and the way out.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    sentence: String,
    reason: Option<Refusal>,
    retry_after: Option<u64>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, sentence: impl Into<String>) -> Self {
        Self {
            status,
            sentence: sentence.into(),
            reason: None,
            retry_after: None,
        }
    }

    /// A person at a page may meet it, and is told it in their language.
    pub(super) fn because(self, reason: Refusal) -> Self {
        Self {
            reason: Some(reason),
            ..self
        }
    }

    pub(super) fn not_found(sentence: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, sentence)
    }

    /// Something of ours failed; the details are for the log.
    pub(super) fn internal(doing: &str, error: &dyn std::fmt::Display) -> Self {
        tracing::error!("{doing} failed: {error}");
        let sentence = format!("{doing} failed; the server's log says why");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, sentence).because(Refusal::ServerFault)
    }

    /// Come back in so many seconds.
    pub(super) fn too_many(sentence: &str, retry_after: u64) -> Self {
        Self {
            retry_after: Some(retry_after),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, sentence).because(Refusal::TooOften)
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = Json(ApiError {
            error: self.sentence,
            reason: self.reason,
        });
        let mut response = (self.status, body).into_response();
        if let Some(seconds) = self.retry_after {
            let headers = response.headers_mut();
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
