//! Servers out of RTCIceServer JSON, from a file or an API.

use super::servers::Server;
use crate::settings::Secret;
use earshot_report::{IceUrl, Scheme, api::IceServer};
use std::{io::Read, sync::Arc, time::Duration};
use ureq::{
    Agent, RequestBuilder,
    http::{
        HeaderName, HeaderValue,
        header::{ACCEPT, CONTENT_TYPE, LOCATION},
    },
    tls::{Certificate, RootCerts, TlsConfig},
};

/// Such documents have a kilobyte or two.
const LONGEST: u64 = 256 * 1024;
/// An API answers within this, or the check cannot be run.
const PATIENCE: Duration = Duration::from_secs(10);
const MOST_URLS: usize = 32;

/// A document, and how it is asked for.
#[derive(Clone)]
pub(super) struct Document {
    /// A file, or the address of an API.
    pub(super) place: String,
    pub(super) asking: Asking,
}

/// What an API is asked with.
#[derive(Clone, Default)]
pub(super) struct Asking {
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    /// The body; none: with GET.
    pub(super) post: Option<Secret>,
}

/// Reads the document and its servers.
///
/// # Errors
/// A sentence for each thing that is wrong, with the way out.
pub(super) async fn fetch(document: &Document) -> Result<Vec<Server>, Vec<String>> {
    let document = document.clone();
    let read = tokio::task::spawn_blocking(move || {
        let text = text(&document).map_err(|problem| vec![problem])?;
        servers(&document.place, &text)
    });
    read.await
        .unwrap_or_else(|error| Err(vec![format!("--ice-servers could not be read – {error}")]))
}

fn text(Document { place, asking }: &Document) -> Result<String, String> {
    if place.starts_with("http://") || place.starts_with("https://") {
        return from_api(place, asking);
    }
    let unreadable = |error| format!("--ice-servers {place} cannot be read – {error}");
    let file = std::fs::File::open(place).map_err(unreadable)?;
    let mut text = String::new();
    file.take(LONGEST + 1)
        .read_to_string(&mut text)
        .map_err(unreadable)?;
    match text.len() as u64 > LONGEST {
        true => Err(format!(
            "--ice-servers {place} is longer than {LONGEST} bytes – that is no list of servers"
        )),
        false => Ok(text),
    }
}

fn from_api(url: &str, asking: &Asking) -> Result<String, String> {
    let tls = TlsConfig::builder().root_certs(roots()).build();
    // Nobody else is to be given what may be secret.
    let is_secret = !asking.headers.is_empty() || asking.post.is_some();
    let agent: Agent = Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        .max_redirects(if is_secret { 0 } else { 10 })
        .tls_config(tls)
        .build()
        .into();
    let shown = shown(url);
    let failed = |error: ureq::Error| {
        let way_out = match error {
            ureq::Error::StatusCode(401 | 403) => {
                "; what it wants to know who asks goes into --header"
            }
            _ => "",
        };
        format!("--ice-servers {shown} gives no answer – {error}{way_out}")
    };
    let mut answer = match &asking.post {
        None => asking.put(agent.get(url)).call(),
        Some(body) if body.expose().is_empty() => asking.put(agent.post(url)).send_empty(),
        Some(body) => asking.put(agent.post(url)).send(body.expose()),
    }
    .map_err(failed)?;
    if answer.status().is_redirection() {
        let to = answer
            .headers()
            .get(LOCATION)
            .and_then(|to| to.to_str().ok());
        let to = to.map_or("another address", self::shown);
        return Err(format!(
            "--ice-servers {shown} sends on to {to}, which is not followed with --header or --post – give that address \
             if you trust it"
        ));
    }
    let body = answer.body_mut().with_config().limit(LONGEST);
    body.read_to_string().map_err(failed)
}

impl Asking {
    fn put<B>(&self, mut request: RequestBuilder<B>) -> RequestBuilder<B> {
        let is_given = |name| self.headers.iter().any(|(given, _)| *given == name);
        if !is_given(ACCEPT) {
            request = request.header(ACCEPT, "application/json");
        }
        let has_body = self
            .post
            .as_ref()
            .is_some_and(|body| !body.expose().is_empty());
        if has_body && !is_given(CONTENT_TYPE) {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request
    }
}

/// Whom this machine trusts (`SSL_CERT_FILE` names others), else whom browsers do.
fn roots() -> RootCerts {
    let own = rustls_native_certs::load_native_certs().certs;
    if own.is_empty() {
        return RootCerts::WebPki;
    }
    let own = own.iter().map(|it| Certificate::from_der(it).to_owned());
    RootCerts::Specific(Arc::new(own.collect()))
}

/// A query may carry a key, and what stands before the host a password.
fn shown(url: &str) -> &str {
    let url = url.split(['?', '#']).next().unwrap_or(url);
    let Some((_, rest)) = url.split_once("://") else {
        return url;
    };
    let host = rest.split('/').next().unwrap_or(rest);
    host.rfind('@').map_or(url, |at| &rest[at + 1..])
}

/// The servers of a document. What stands in it may be secret, so that no error shows it.
fn servers(place: &str, text: &str) -> Result<Vec<Server>, Vec<String>> {
    let shown = shown(place);
    let wrong = |what: String| vec![format!("--ice-servers {shown} {what}")];
    let json: serde_json::Value = serde_json::from_str(text).map_err(|error| {
        wrong(format!(
            "is no JSON (line {}, column {}) – a list of RTCIceServer is needed",
            error.line(),
            error.column()
        ))
    })?;
    let listed = ["iceServers", "ice_servers"]
        .iter()
        .find_map(|name| json.get(name))
        .unwrap_or(&json);
    let listed = match listed {
        serde_json::Value::Array(listed) => listed.as_slice(),
        one => std::slice::from_ref(one),
    };
    let (mut servers, mut problems) = (Vec::new(), Vec::new());
    for (place, entry) in listed.iter().enumerate() {
        match server(entry) {
            Ok(server) => servers.push(server),
            Err(found) => {
                let named =
                    |problem| format!("--ice-servers {shown}, entry {}: {problem}", place + 1);
                problems.extend(found.into_iter().map(named));
            }
        }
    }
    let count: usize = servers
        .iter()
        .map(|server: &Server| server.urls.len())
        .sum();
    if problems.is_empty() && count == 0 {
        return Err(wrong("names no server – ask who issues it".to_owned()));
    }
    if count > MOST_URLS {
        problems.push(format!(
            "--ice-servers {shown} names {count} URLs – at most {MOST_URLS} can be checked at once"
        ));
    }
    match problems.is_empty() {
        true => Ok(servers),
        false => Err(problems),
    }
}

fn server(entry: &serde_json::Value) -> Result<Server, Vec<String>> {
    let read: Result<IceServer, _> = serde_json::from_value(entry.clone());
    let Ok(read) = read else {
        return Err(vec![
            "is no RTCIceServer – it has urls, and for TURN username and credential".to_owned(),
        ]);
    };
    let mut problems = Vec::new();
    let mut urls: Vec<IceUrl> = Vec::new();
    for text in &read.urls {
        match IceUrl::of_any_client(text) {
            Ok(url) if urls.contains(&url) => {}
            Ok(url) => urls.push(url),
            Err(error) => problems.push(format!("{error}")),
        }
    }
    let has_turn = urls.iter().any(|url| url.scheme == Scheme::Turn);
    if has_turn && (read.username.is_none() || read.credential.is_none()) {
        problems.push(
            "turn: URLs need username and credential – browsers refuse them without".to_owned(),
        );
    }
    match problems.is_empty() {
        true => Ok(Server {
            urls,
            username: read.username,
            password: read.credential.map(Secret::from),
        }),
        false => Err(problems),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Server>, Vec<String>> {
        servers("https://app.example.org/ice?key=hidden", text)
    }

    /// A list as browsers take it, an object with iceServers of a list or of one, and the same in snake case.
    #[test]
    fn the_usual_forms_are_read() {
        let entry = r#"{"urls": ["turn:r.example.org", "turns:r.example.org"], "username": "u", "credential": "c"}"#;
        for text in [
            format!("[{entry}]"),
            format!(r#"{{"iceServers": [{entry}]}}"#),
            format!(r#"{{"iceServers": {entry}}}"#),
            format!(r#"{{"ttl": "86400", "ice_servers": [{entry}]}}"#),
        ] {
            let servers = read(&text).unwrap();
            assert_eq!(servers.len(), 1, "{text}");
            let urls: Vec<String> = servers[0].urls.iter().map(ToString::to_string).collect();
            assert_eq!(
                urls,
                [
                    "turn:r.example.org:3478?transport=udp",
                    "turns:r.example.org:5349?transport=tcp"
                ]
            );
            assert_eq!(servers[0].username.as_deref(), Some("u"));
        }
        let servers = read(r#"[{"urls": "stun:s.example.org"}]"#).unwrap();
        assert!(servers[0].username.is_none());
    }

    #[test]
    fn what_is_wrong_is_named_whole_and_nothing_secret_with_it() {
        let text = r#"[{"urls": "turn://a", "username": "u", "credential": "hidden"},
            {"urls": "turn:b"}, {"url": "turn:c", "credential": "hidden"}]"#;
        let problems = read(text).unwrap_err();
        assert_eq!(problems.len(), 3, "{problems:?}");
        let named = [
            "entry 1: “turn://a” has slashes",
            "entry 2: turn: URLs need",
            "entry 3: is no RTCIceServer",
        ];
        for (problem, named) in problems.iter().zip(named) {
            assert!(
                problem.contains(named) && !problem.contains("hidden"),
                "{problem}"
            );
        }
        for text in ["hidden", "[]", "{\"hidden\": 1}", "{\"iceServers\": []}"] {
            let problems = read(text).unwrap_err();
            assert!(
                problems.len() == 1 && !problems[0].contains("hidden"),
                "{problems:?}"
            );
        }
    }
}
