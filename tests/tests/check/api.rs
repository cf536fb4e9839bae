//! An API that hands out servers to those who say who they are.

use crate::program::{earshot, run};
use earshot_tests::{coturn::Coturn, net::free_loopback};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener},
    process::Command,
    sync::{Arc, Mutex},
};

const TOKEN: &str = "the-token-that-is-shown-nowhere";
const BODY: &str = r#"{"ttl": 600, "key": "the-key-that-is-shown-nowhere"}"#;
/// What cloud providers call theirs.
const PATH: &str = "/v1/turn/keys/1/credentials/generate-ice-servers";

/// Answers a POST with the token and the body, and refuses everything else; at /moved it sends on to itself.
struct Api {
    address: SocketAddr,
    /// First line, headers and body of each request.
    heard: Arc<Mutex<Vec<String>>>,
}

impl Api {
    fn start(document: String) -> Self {
        let listener = TcpListener::bind(free_loopback()).expect("a port is free");
        let address = listener.local_addr().expect("it has an address");
        let heard = Arc::<Mutex<Vec<String>>>::default();
        let noted = heard.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let request = read(&mut BufReader::new(&stream));
                let answer = answer(&request, &document);
                noted.lock().expect("nobody panicked").push(request);
                let _ = (&stream).write_all(answer.as_bytes());
            }
        });
        Self { address, heard }
    }

    fn place(&self, path: &str) -> String {
        format!("--ice-servers=http://{}{path}?key=hidden", self.address)
    }

    fn heard(&self) -> Vec<String> {
        std::mem::take(&mut *self.heard.lock().expect("nobody panicked"))
    }
}

fn read(stream: &mut impl BufRead) -> String {
    let mut request = String::new();
    while !request.ends_with("\r\n\r\n") && stream.read_line(&mut request).is_ok_and(|it| it > 0) {}
    let length = header(&request, "content-length").and_then(|length| length.parse().ok());
    let _ = stream
        .take(length.unwrap_or_default())
        .read_to_string(&mut request);
    request
}

fn header(request: &str, name: &str) -> Option<String> {
    let mut headers = request.lines().filter_map(|line| line.split_once(": "));
    let found = headers.find(|(given, _)| given.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.to_owned())
}

fn answer(request: &str, document: &str) -> String {
    let with = |status: &str, headers: &str, body: &str| {
        let length = body.len();
        format!(
            "HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}Connection: close\r\n\r\n{body}"
        )
    };
    if request.starts_with("POST /moved") {
        return with(
            "307 Temporary Redirect",
            &format!("Location: {PATH}\r\n"),
            "",
        );
    }
    let is_known = header(request, "authorization") == Some(format!("Bearer {TOKEN}"));
    match is_known && request.starts_with(&format!("POST {PATH}")) && request.ends_with(BODY) {
        true => with("201 Created", "", document),
        false => with("401 Unauthorized", "", ""),
    }
}

/// Everything that the program says, and nothing of it secret.
fn told(command: &mut Command) -> (Option<i32>, String) {
    command.env("EARSHOT_LOG", "trace");
    let (code, out, err) = run(command);
    let said = out + &err;
    for secret in [TOKEN, "the-key-that", "key=hidden", "hunter2"] {
        assert!(!said.contains(secret), "{secret}: {said}");
    }
    (code, said)
}

#[test]
fn an_api_is_told_who_asks() {
    let Some(coturn) = Coturn::with_user() else {
        return;
    };
    let servers = coturn.ice_servers("user", "password");
    let api = Api::start(format!(r#"{{"iceServers": {servers}}}"#));
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file can be written");
        path.display().to_string()
    };
    let token = format!(
        "--header=Authorization: Bearer @{}",
        file("token", &format!("{TOKEN}\nanother line\n"))
    );
    let post = format!("--post=@{}", file("body", BODY));
    let place = api.place(PATH);
    let (code, said) = told(&mut earshot(&[
        &place,
        &token,
        "--header=X-Account: mine",
        &post,
        "--seconds=1",
    ]));
    assert_eq!(code, Some(0), "{said}");
    let heard = api.heard();
    let one = |name: &str| header(&heard[0], name);
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert_eq!(one("x-account").as_deref(), Some("mine"));
    assert_eq!(one("content-type").as_deref(), Some("application/json"));
    assert_eq!(one("accept").as_deref(), Some("application/json"));

    // From the environment, before which a flag stands.
    let bearer = format!("Authorization: Bearer {TOKEN}\nContent-Type: text/plain\n");
    let body = format!("--post={BODY}");
    let mut command = earshot(&[&place, &body, "--header=content-type: a/b", "--seconds=1"]);
    let (code, said) = told(command.env("ICE_SERVERS_HEADER", bearer));
    assert_eq!(code, Some(0), "{said}");
    let heard = api.heard();
    assert_eq!(header(&heard[0], "content-type").as_deref(), Some("a/b"));
}

#[test]
fn an_api_that_does_not_answer_is_told_of_without_secrets() {
    let api = Api::start("[]".to_owned());
    let authorization = format!("--header=Authorization: Bearer {TOKEN}");
    let post = format!("--post={BODY}");
    let (code, said) = told(&mut earshot(&[&api.place(PATH), "--post", &authorization]));
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("401") && said.contains("--header"), "{said}");
    assert!(api.heard()[0].ends_with("\r\n\r\n"), "there is no body");

    // What is secret is sent on to nobody.
    let (code, said) = told(&mut earshot(&[&api.place("/moved"), &post, &authorization]));
    assert_eq!((code, api.heard().len()), (Some(2), 1), "{said}");
    assert!(
        said.contains("sends on to") && said.contains(PATH),
        "{said}"
    );

    let place = format!("--ice-servers=http://me:hunter2@{}/ice", free_loopback());
    let (code, said) = told(&mut earshot(&[&place]));
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("/ice gives no answer"), "{said}");
}

#[test]
fn headers_that_cannot_be_used_are_named_at_once() {
    let no_colon = format!("--header={TOKEN}");
    let split = format!("--header=Authorization: a\n{TOKEN}");
    let mut command = earshot(&[
        "--ice-servers=http://127.0.0.1:1/ice",
        &no_colon,
        &split,
        "--header=Authorization: Bearer @/nowhere/token",
        "--post=@/nowhere/body",
    ]);
    let (code, said) = told(command.env("ICE_SERVERS_HEADER", "\nnone"));
    assert_eq!(code, Some(2), "{said}");
    for named in [
        "--header number 1 is no header",
        "the header authorization has characters",
        "/nowhere/token cannot be read",
        "--post @/nowhere/body cannot be read",
        "ICE_SERVERS_HEADER, line 2, is no header",
    ] {
        assert!(said.contains(named), "{named}: {said}");
    }
    for arguments in [
        &["--ice-servers=/etc/hostname", "--post"][..],
        &["stun:a.example", "--header=a: b"],
    ] {
        let (code, said) = told(&mut earshot(arguments));
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("say how an API is asked"), "{said}");
    }
}
