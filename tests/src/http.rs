//! As much of an HTTP client, and of a server, as tests need.

use crate::again::uninterrupted;
use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

/// For an answer that a busy machine gives late.
const PATIENCE: Duration = Duration::from_secs(60);

/// An answer: status and body.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The head, as it came.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }
}

/// One request over plain HTTP, which must be answered.
pub fn request(
    server: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    try_request(server, method, path, headers, body)
        .unwrap_or_else(|error| panic!("{method} {path} was not answered: {error}"))
}

/// One request over plain HTTP.
///
/// # Errors
/// No connection, or no whole answer: the server may be gone.
pub fn try_request(
    server: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(server)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{head}\r\n{body}").as_bytes())?;
    let mut answer = Vec::new();
    let mut chunk = [0; 16 * 1024];
    loop {
        let length = uninterrupted(|| stream.read(&mut chunk))?;
        answer.extend_from_slice(&chunk[..length]);
        let is_closed = length == 0;
        match read(&String::from_utf8_lossy(&answer), is_closed) {
            Some(answer) => return Ok(answer),
            None if is_closed => return Err(io::ErrorKind::UnexpectedEof.into()),
            None => {}
        }
    }
}

/// An answer, if it is all there. One that tells its length ends there: chromedriver leaves the connection open, though
/// it says that it closes it.
fn read(answer: &str, is_closed: bool) -> Option<Answer> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let mut lengths = head.lines().filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse::<usize>().ok())?
    });
    let is_whole = lengths
        .next_back()
        .map_or(is_closed, |length| length == body.len());
    is_whole.then_some(Answer {
        status: head.split_whitespace().nth(1)?.parse().ok()?,
        head: head.to_owned(),
        body: body.to_owned(),
    })
}

/// `GET`.
pub fn get(server: SocketAddr, path: &str) -> Answer {
    request(server, "GET", path, &[], "")
}

/// `POST` of JSON.
pub fn post(server: SocketAddr, path: &str, body: &str) -> Answer {
    request(
        server,
        "POST",
        path,
        &[("Content-Type", "application/json")],
        body,
    )
}

/// A web server that answers everything with 404, until the test's process ends.
pub fn serve_nothing(address: SocketAddr) {
    let listener = TcpListener::bind(address).expect("the port is free");
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || answer_404(stream));
        }
    });
}

/// A web server that answers everything with this status and body, so often as there are times, until the test's process
/// ends.
pub fn serve_this(address: SocketAddr, status: u16, body: String, times: usize) {
    let listener = TcpListener::bind(address).expect("the port is free");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let _ = stream.read(&mut [0; 1024]);
            let head = format!("HTTP/1.1 {status} Answer\r\nConnection: close\r\n\r\n");
            // Who has read enough hangs up.
            let _ = stream
                .write_all(head.as_bytes())
                .and_then(|()| (0..times).try_for_each(|_| stream.write_all(body.as_bytes())));
        }
    });
}

/// A server that takes connections and never says a word, until the test's process ends.
pub fn serve_silence(address: SocketAddr) {
    let listener = TcpListener::bind(address).expect("the port is free");
    std::thread::spawn(move || {
        let _open: Vec<TcpStream> = listener.incoming().map_while(Result::ok).collect();
    });
}

/// As web servers do, an answer comes also to what is not HTTP.
fn answer_404(mut stream: TcpStream) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(2)));
    let _ = uninterrupted(|| stream.read(&mut [0; 1024]));
    let _ = stream
        .write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}
