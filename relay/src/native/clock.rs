//! The clock of a server's host, by the Date of a web server there.

use std::net::IpAddr;
use time::{OffsetDateTime, format_description::well_known::Rfc2822};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout_at},
};

/// Where web servers answer without TLS, if only to send a browser on: with a Date all the same.
pub(super) const HTTP: u16 = 80;
/// Headers longer than this are not looked at.
const LONGEST_HEAD: u64 = 8 * 1024;

/// Seconds by which the clock there is ahead of ours; `None`: nobody tells the time there.
pub(super) async fn ahead_s(host: &str, address: IpAddr, port: u16, end: Instant) -> Option<i64> {
    let exchange = async {
        let mut stream = TcpStream::connect((address, port)).await.ok()?;
        let request = format!("HEAD / HTTP/1.0\r\nHost: {host}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut head = Vec::new();
        stream
            .take(LONGEST_HEAD)
            .read_to_end(&mut head)
            .await
            .ok()?;
        date(&String::from_utf8_lossy(&head))
    };
    let date = timeout_at(end, exchange).await.ok()??;
    Some((date - OffsetDateTime::now_utc()).whole_seconds())
}

/// RFC 9110 section 6.6.1. The obsolete forms of a date are written by nobody any more.
fn date(head: &str) -> Option<OffsetDateTime> {
    let mut lines = head.lines();
    lines.next()?.starts_with("HTTP/").then_some(())?;
    let mut headers = lines.filter_map(|line| line.split_once(':'));
    let (_, value) = headers.find(|(name, _)| name.eq_ignore_ascii_case("date"))?;
    OffsetDateTime::parse(value.trim(), &Rfc2822).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::net::TcpListener;

    /// The example of RFC 9110 section 5.6.7.
    #[test]
    fn a_date_is_read() {
        let expected = Some(784_111_777);
        for (head, expected) in [
            (
                "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n",
                expected,
            ),
            (
                "HTTP/1.0 301 Moved\r\nServer: a:b\r\ndate:Sun, 06 Nov 1994 08:49:37 GMT",
                expected,
            ),
            ("HTTP/1.1 200 OK\r\nDate: yesterday\r\n\r\n", None),
            ("HTTP/1.1 200 OK\r\n\r\n", None),
            ("SSH-2.0\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n", None),
            ("", None),
        ] {
            assert_eq!(
                date(head).map(OffsetDateTime::unix_timestamp),
                expected,
                "{head}"
            );
        }
    }

    #[tokio::test]
    async fn the_difference_of_two_clocks_is_told() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let hour = time::Duration::hours(1);
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 512];
            let length = stream.read(&mut request).await.unwrap();
            let date = (OffsetDateTime::now_utc() + hour).format(&Rfc2822).unwrap();
            let head = format!("HTTP/1.1 200 OK\r\nDate: {date}\r\n\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
            String::from_utf8_lossy(&request[..length]).into_owned()
        });
        let end = Instant::now() + Duration::from_secs(60);
        let ahead = ahead_s("relay.example.org", address.ip(), address.port(), end).await;
        // A Date has whole seconds.
        assert!(
            ahead.is_some_and(|ahead| (3_590..=3_600).contains(&ahead)),
            "{ahead:?}"
        );
        let request = server.await.unwrap();
        assert!(request.starts_with("HEAD / HTTP/1.0\r\nHost: relay.example.org\r\n"));
        assert_eq!(
            ahead_s("x", address.ip(), address.port(), end).await,
            None,
            "nobody is there"
        );
    }
}
