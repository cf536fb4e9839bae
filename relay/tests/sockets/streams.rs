//! TURN over TCP, byte by byte.

use crate::house::House;
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// A Binding request by hand (RFC 8489 section 5): type, length, magic cookie, transaction.
pub(crate) fn binding_request(transaction: u8) -> Vec<u8> {
    let mut request = vec![0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xA4, 0x42];
    request.extend([transaction; 12]);
    request
}

/// The answer's transaction, after checking that it is a Binding success response.
pub(crate) async fn binding_answer(stream: &mut (impl AsyncReadExt + Unpin)) -> u8 {
    let mut header = [0; 20];
    timeout(Duration::from_secs(10), stream.read_exact(&mut header))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(header[..2], [0x01, 0x01]);
    let mut body = vec![0; usize::from(u16::from_be_bytes([header[2], header[3]]))];
    stream.read_exact(&mut body).await.unwrap();
    header[8]
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_found_however_the_stream_is_cut() {
    let house = House::start(&[]).await;
    let mut stream = TcpStream::connect(house.turn()).await.unwrap();
    let requests = [binding_request(1), binding_request(2), binding_request(3)].concat();
    // Each answer proves that what was sent with its request has arrived too: the beginning of the next one.
    for (transaction, piece) in [(1, 0..21), (2, 21..59), (3, 59..60)] {
        stream.write_all(&requests[piece]).await.unwrap();
        assert_eq!(binding_answer(&mut stream).await, transaction);
    }
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_protocols_are_disconnected() {
    let house = House::start(&[]).await;
    for opening in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        b"SSH-2.0-x\r\n",
        &[0xFF; 64],
    ] {
        let mut stream = TcpStream::connect(house.turn()).await.unwrap();
        stream.write_all(opening).await.unwrap();
        let mut answer = Vec::new();
        let ended = timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await;
        // It may be reset, because what was sent was not read to its end.
        let _ = ended.unwrap();
        assert!(answer.is_empty(), "{answer:?}");
    }
    house.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_message_is_taken_and_does_not_upset_what_follows() {
    let house = House::start(&[]).await;
    let mut stream = TcpStream::connect(house.turn()).await.unwrap();
    // ChannelData of the greatest length on a channel that nobody bound: dropped (RFC 8656 section 12.6).
    let mut longest = vec![0x40, 0x00, 0xFF, 0xFF];
    longest.resize(4 + 65_536, 7);
    stream.write_all(&binding_request(1)).await.unwrap();
    stream.write_all(&longest).await.unwrap();
    stream.write_all(&binding_request(2)).await.unwrap();
    assert_eq!(binding_answer(&mut stream).await, 1);
    assert_eq!(binding_answer(&mut stream).await, 2);
    house.end().await;
}
