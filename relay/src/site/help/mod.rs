//! A page about each cause, at `/help/<code>`: what people see, why, and how it is mended. The texts are those of
//! `docs/troubleshooting/`.

mod html;
mod language;
#[cfg(test)]
mod tests;
mod text;

use axum::{
    extract::{Path, Query, rejection::QueryRejection},
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY},
    },
    response::{IntoResponse, Response},
};
use earshot_report::Code;
use language::Language;
use serde::Deserialize;
use text::Text;

/// A text with a style sheet and one picture: nothing runs, nothing is sent.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'",
);
const PERMISSIONS: (HeaderName, HeaderValue) = (
    HeaderName::from_static("permissions-policy"),
    HeaderValue::from_static("microphone=(), camera=(), geolocation=(), payment=(), usb=()"),
);

/// Where the page about `code` is, of an Earshot whose own page is at `base`, with or without a slash at its end.
pub fn address(base: &str, code: Code) -> String {
    format!("{}/help/{code}", base.trim_end_matches('/'))
}

/// `?lang=`: what a link from a page in that language asks for.
#[derive(Default, Deserialize)]
pub(super) struct Asked {
    lang: Option<String>,
}

/// What a query that cannot be read asks for is nothing.
type Wish = Result<Query<Asked>, QueryRejection>;

/// Every cause there is.
pub(super) async fn index(query: Wish, headers: HeaderMap) -> Response {
    let language = chosen(query, &headers);
    answer(StatusCode::OK, language, html::index(language))
}

/// One cause.
pub(super) async fn page(Path(name): Path<String>, query: Wish, headers: HeaderMap) -> Response {
    let language = chosen(query, &headers);
    let code = Code::ALL.iter().find(|code| code.as_str() == name);
    let found = code.and_then(|&code| {
        let of_one = code.of_partner().unwrap_or(code);
        Some(html::cause(
            code,
            Text::find(language, of_one.as_str())?,
            language,
        ))
    });
    match found {
        Some(html) => answer(StatusCode::OK, language, html),
        None => answer(StatusCode::NOT_FOUND, language, html::missing(language)),
    }
}

fn chosen(query: Wish, headers: &HeaderMap) -> Language {
    let asked = query.ok().and_then(|Query(asked)| asked.lang);
    asked
        .and_then(|tag| Language::from_tag(&tag))
        .unwrap_or_else(|| Language::preferred(headers))
}

fn answer(status: StatusCode, language: Language, html: String) -> Response {
    let headers = [
        (
            CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        ),
        (CONTENT_LANGUAGE, HeaderValue::from_static(language.tag())),
        (VARY, HeaderValue::from_static("accept-language")),
        // The next version of the program may say it better.
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (CONTENT_SECURITY_POLICY, POLICY),
        PERMISSIONS,
    ];
    (status, headers, html).into_response()
}
