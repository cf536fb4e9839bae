//! The shared TLS port: page and TURN, told apart by their first bytes; certificates that change.

use crate::{
    house::House,
    streams::{binding_answer, binding_request},
};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject};
use std::{path::Path, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn trusting(ca: &Path, alpn: &[&str]) -> TlsConnector {
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(ca).unwrap())
        .unwrap();
    let mut config = rustls::ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    TlsConnector::from(Arc::new(config))
}

async fn connect(
    house: &House,
    name: &str,
    alpn: &[&str],
) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(house.tls()).await.unwrap();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    trusting(&house.file("ca.pem"), alpn)
        .connect(name, stream)
        .await
}

async fn house() -> House {
    House::start(&[
        ("TLS_LISTEN", "127.0.0.1:0"),
        ("PUBLIC_URL", "https://hear.example.org"),
    ])
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn turn_and_http_share_the_port() {
    let house = house().await;
    for alpn in [&[][..], &["stun.turn"]] {
        let mut turn = connect(&house, "127.0.0.1", alpn).await.unwrap();
        turn.write_all(&binding_request(9)).await.unwrap();
        assert_eq!(binding_answer(&mut turn).await, 9);
    }
    for alpn in [&[][..], &["http/1.1"]] {
        let mut page = connect(&house, "localhost", alpn).await.unwrap();
        let request = b"GET /nothing-here HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        page.write_all(request).await.unwrap();
        let mut answer = Vec::new();
        // Some servers close without a TLS goodbye; what was answered is what counts.
        let _ = timeout(Duration::from_secs(10), page.read_to_end(&mut answer))
            .await
            .unwrap();
        assert!(
            answer.starts_with(b"HTTP/1.1 "),
            "{}",
            String::from_utf8_lossy(&answer)
        );
    }
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_certificate_is_good_for_each_of_our_names() {
    let house = house().await;
    for name in ["localhost", "127.0.0.1", "hear.example.org"] {
        connect(&house, name, &[]).await.unwrap();
    }
    let error = connect(&house, "elsewhere.example.org", &[])
        .await
        .unwrap_err();
    assert!(error.to_string().contains("not valid for name"), "{error}");
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_or_broken_handshake_leaves_the_port_usable() {
    let house = house().await;
    let _silent = TcpStream::connect(house.tls()).await.unwrap();
    let mut nonsense = TcpStream::connect(house.tls()).await.unwrap();
    nonsense.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut turn = connect(&house, "localhost", &[]).await.unwrap();
    turn.write_all(&binding_request(1)).await.unwrap();
    assert_eq!(binding_answer(&mut turn).await, 1);
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_relay_the_tls_port_serves_the_page_alone() {
    let house = House::start(&[("TLS_LISTEN", "127.0.0.1:0"), ("TURN_LISTEN", "none")]).await;
    let mut turn = connect(&house, "localhost", &[]).await.unwrap();
    turn.write_all(&binding_request(1)).await.unwrap();
    let mut answer = Vec::new();
    let _ = timeout(Duration::from_secs(10), turn.read_to_end(&mut answer))
        .await
        .unwrap();
    assert!(answer.is_empty(), "{answer:?}");
    let mut page = connect(&house, "localhost", &[]).await.unwrap();
    page.write_all(b"GET /nothing-here HTTP/1.0\r\n\r\n")
        .await
        .unwrap();
    let mut status = [0; 5];
    timeout(Duration::from_secs(10), page.read_exact(&mut status))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(&status, b"HTTP/");
    house.end().await;
}
