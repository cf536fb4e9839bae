//! JSON bodies: bounded, and refused with the name of the field that is wrong.

use super::error::Problem;
use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{StatusCode, header::CONTENT_TYPE},
};
use serde::de::DeserializeOwned;
use std::time::Duration;

/// A client that sends slower than this keeps a connection busy for nothing.
const BODY_TIMEOUT: Duration = Duration::from_secs(20);
/// serde's words quote what was sent; a little of it is enough.
const LONGEST_ERROR: usize = 300;

/// A JSON body. The route's `DefaultBodyLimit` bounds it.
pub(super) struct ApiJson<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for ApiJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        // A form on a foreign page can send anything but this type without asking first.
        let given = request.headers().get(CONTENT_TYPE);
        let is_json = given
            .and_then(|given| given.to_str().ok())
            .is_some_and(|given| given.trim().starts_with("application/json"));
        if !is_json {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "the body must be JSON: send the header content-type: application/json",
            ));
        }
        let read = tokio::time::timeout(BODY_TIMEOUT, Bytes::from_request(request, state)).await;
        let bytes = match read {
            Ok(Ok(bytes)) => bytes,
            Ok(Err(rejection)) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                return Err(Problem::new(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "the body is larger than this request may have: send less",
                ));
            }
            Ok(Err(rejection)) => {
                return Err(Problem::new(rejection.status(), rejection.body_text()));
            }
            Err(_) => {
                return Err(Problem::new(
                    StatusCode::REQUEST_TIMEOUT,
                    "the body did not arrive in time: send it again",
                ));
            }
        };
        parse(&bytes).map(Self)
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let parsed = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        let (status, place) = match (inner.is_data(), path.as_str()) {
            (false, _) => (StatusCode::BAD_REQUEST, "the body".to_owned()),
            (true, ".") => (StatusCode::UNPROCESSABLE_ENTITY, "the body".to_owned()),
            (true, path) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                format!("the field “{path}”"),
            ),
        };
        let sentence = format!("{place} cannot be read: {inner}");
        Problem::new(
            status,
            sentence.chars().take(LONGEST_ERROR).collect::<String>(),
        )
    })?;
    deserializer.end().map_err(|error| {
        let sentence = format!("something follows the JSON in the body: {error}");
        Problem::new(StatusCode::BAD_REQUEST, sentence)
    })?;
    Ok(parsed)
}
