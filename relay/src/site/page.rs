//! The page, out of the program itself.

use axum::{
    body::Body,
    http::{
        HeaderMap, Method, StatusCode, Uri,
        header::{
            ACCEPT, ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG,
            IF_NONE_MATCH, VARY,
        },
    },
    response::{IntoResponse, Response},
};

/// One file of the page.
pub(super) struct File {
    path: &'static str,
    content_type: &'static str,
    /// Weak, because it is the same for each coding.
    etag: &'static str,
    /// The name changes with the content, so it can be kept for ever.
    immutable: bool,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

include!(concat!(env!("OUT_DIR"), "/page.rs"));

/// Everything that is no API: a file of the page, or the page itself for a path that the page understands.
pub(super) async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, HEAD")]).into_response();
    }
    let path = uri.path().trim_start_matches('/');
    if let Some(file) = find(path) {
        return answer(file, &headers);
    }
    let is_for_people = path.is_empty()
        || headers.get_all(ACCEPT).iter().any(|accept| {
            accept
                .to_str()
                .is_ok_and(|accept| accept.contains("text/html"))
        });
    let is_second = is_of_second_page(path);
    // A program without its page has but the one file that says so.
    let page = find("link.html").filter(|_| is_second);
    let page = page.or_else(|| find("index.html"));
    match page.filter(|_| is_for_people || is_second) {
        Some(page) => answer(page, &headers),
        None => (
            StatusCode::NOT_FOUND,
            "There is nothing here. The page is at /\n",
        )
            .into_response(),
    }
}

/// A link, `/s/<token>`; the check of microphone and speaker; or a saved report, which may be of either, `/r/<id>`.
fn is_of_second_page(path: &str) -> bool {
    let path = path.strip_suffix('/').unwrap_or(path);
    let token = path.strip_prefix("s/").or_else(|| path.strip_prefix("r/"));
    path == "devices" || token.is_some_and(|token| !token.is_empty() && !token.contains('/'))
}

fn find(path: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.path == path)
}

fn answer(file: &'static File, headers: &HeaderMap) -> Response {
    let kept = match file.immutable {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    let always = [
        (ETAG, file.etag),
        (CACHE_CONTROL, kept),
        (VARY, "accept-encoding"),
    ];
    let has_it = headers.get_all(IF_NONE_MATCH).iter().any(|given| {
        given.to_str().is_ok_and(|given| {
            given
                .split(',')
                .any(|tag| tag.trim() == file.etag || tag.trim() == "*")
        })
    });
    if has_it {
        return (StatusCode::NOT_MODIFIED, always).into_response();
    }
    let packed = [("br", file.brotli), ("gzip", file.gzip)]
        .into_iter()
        .find_map(|(coding, bytes)| Some((coding, bytes?)).filter(|_| accepts(headers, coding)));
    let typed = (always, [(CONTENT_TYPE, file.content_type)]);
    match packed {
        Some((coding, bytes)) => {
            (typed, [(CONTENT_ENCODING, coding)], Body::from(bytes)).into_response()
        }
        None => (typed, Body::from(file.plain)).into_response(),
    }
}

/// Whether the client takes this coding (RFC 9110 section 12.5.3); `q=0` says no.
fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let given = headers.get_all(ACCEPT_ENCODING).iter();
    given
        .filter_map(|given| given.to_str().ok())
        .flat_map(|given| given.split(','))
        .any(|given| {
            let mut parts = given.split(';').map(str::trim);
            let named = parts
                .next()
                .is_some_and(|name| name.eq_ignore_ascii_case(coding));
            let weight = parts.find_map(|part| part.strip_prefix("q="));
            let refused = weight.and_then(|weight| weight.parse::<f32>().ok()) == Some(0.0);
            named && !refused
        })
}

#[cfg(test)]
mod tests {
    use super::is_of_second_page;

    #[test]
    fn the_second_page_is_known_by_its_paths() {
        for path in ["s/abc", "s/abc/", "devices", "devices/", "r/abc"] {
            assert!(is_of_second_page(path), "{path}");
        }
        for path in [
            "",
            "s",
            "s/",
            "s//",
            "s/a/b",
            "r/",
            "devices/x",
            "style.css",
        ] {
            assert!(!is_of_second_page(path), "{path}");
        }
    }
}
