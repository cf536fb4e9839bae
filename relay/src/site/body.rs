//! JSON bodies: bounded, and refused with the name of the field that is wrong.

use super::error::Problem;
use axum::{
    body::Body,
    extract::{FromRequest, Request},
    http::{StatusCode, header::CONTENT_TYPE},
};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// A client that sends slower than this keeps a connection busy for nothing.
const BODY_TIMEOUT: Duration = Duration::from_secs(20);
/// serde's words quote what was sent; a little of it is enough.
const LONGEST_ERROR: usize = 300;

/// What is too large is read to here and thrown away, lest the client, still sending, finds the connection closed and
/// never reads why.
const DISCARDED: usize = 16 << 20;

/// A JSON body of at most `MOST` bytes.
pub(super) struct ApiJson<T, const MOST: usize>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned, const MOST: usize> FromRequest<S> for ApiJson<T, MOST> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
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
        let read = tokio::time::timeout(BODY_TIMEOUT, collect(request.into_body(), MOST)).await;
        let bytes = read.unwrap_or_else(|_| {
            Err(Problem::new(
                StatusCode::REQUEST_TIMEOUT,
                "the body did not arrive in time: send it again",
            ))
        })?;
        parse(&bytes).map(Self)
    }
}

async fn collect(body: Body, most: usize) -> Result<Vec<u8>, Problem> {
    let mut chunks = body.into_data_stream();
    let mut bytes = Vec::new();
    let mut length = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| {
            let sentence = format!("the body did not arrive whole: {error}");
            Problem::new(StatusCode::BAD_REQUEST, sentence)
        })?;
        length += chunk.len();
        if length <= most {
            bytes.extend_from_slice(&chunk);
        } else if length > DISCARDED {
            break;
        }
    }
    if length > most {
        return Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!(
                "the body is larger than the {most} bytes that this request may have: send less"
            ),
        ));
    }
    Ok(bytes)
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
