//! A machine that stands still while a packet is under way, and goes on: that one is lost, and the next is not.

use super::{
    super::{
        link::{self, Link, Outcome},
        message::{self, Answer},
        reached::Granted,
    },
    *,
};
use tokio::net::UdpSocket;

/// Longer than anything that is waited for here.
const STALL: Duration = Duration::from_millis(1500);
const END: Duration = Duration::from_secs(60);

/// A socket at which the first packet is lost, while all that this test does stands still: it all runs on one thread.
struct Stalling(UdpSocket);

impl Stalling {
    async fn bind() -> (Self, SocketAddr) {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        (Self(socket), address)
    }

    /// The packet after the first, and who sent it.
    async fn second(&self) -> (Vec<u8>, SocketAddr) {
        let mut buffer = [0; 512];
        self.0.recv_from(&mut buffer).await.unwrap();
        std::thread::sleep(STALL);
        let (length, from) = self.0.recv_from(&mut buffer).await.unwrap();
        (buffer[..length].to_vec(), from)
    }
}

/// An allocation at `relayed` for whoever is at the other end of the link to `server`.
async fn granted(server: SocketAddr, relayed: SocketAddr) -> (Link, Granted, SocketAddr) {
    let link = Link::udp(server).await.unwrap();
    let Link::Udp(socket) = &link else {
        unreachable!("it was made so");
    };
    let client = socket.local_addr().unwrap();
    let answer = Answer {
        relayed: Some(relayed),
        mapped: Some(client),
        ..Answer::default()
    };
    (link, Granted::of(&answer, server).unwrap(), client)
}

#[tokio::test]
async fn a_relay_is_not_called_closed() {
    let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let (relay, relayed) = Stalling::bind().await;
    let (mut link, granted, client) = granted(server.local_addr().unwrap(), relayed).await;
    tokio::spawn(async move {
        let (packet, _) = relay.second().await;
        server.send_to(&packet, client).await.unwrap();
    });
    let end = Instant::now() + END;
    let reached = granted.is_reached(&mut link, end).await.unwrap();
    assert_eq!(reached, Fact::Yes);
}

#[tokio::test]
async fn what_a_relay_sends_is_heard() {
    let relay = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let (server, address) = Stalling::bind().await;
    let (mut link, granted, _) = granted(address, relay.local_addr().unwrap()).await;
    tokio::spawn(async move {
        let (indication, _) = server.second().await;
        let (peer, data) = sent(&indication);
        relay.send_to(&data, peer).await.unwrap();
    });
    let end = Instant::now() + END;
    let from = granted.sends_from(&mut link, end).await.unwrap();
    assert_eq!(from, Some("127.0.0.1".parse().unwrap()));
}

/// To whom a Send indication is, and what (RFC 8656 section 11.1).
fn sent(indication: &[u8]) -> (SocketAddr, Vec<u8>) {
    use stun_types::message::Message;
    use turn_types::attribute::{Data, XorPeerAddress};
    let message = Message::from_bytes(indication).unwrap();
    let peer = message.attribute::<XorPeerAddress>().unwrap();
    let data = message.attribute::<Data>().unwrap();
    (peer.addr(message.transaction_id()), data.data().to_vec())
}

/// Both ways of asking by datagrams.
#[tokio::test]
async fn a_request_is_sent_again_once_and_not_as_often_as_was_missed() {
    for connected in [true, false] {
        let (server, address) = Stalling::bind().await;
        let answering = tokio::spawn(async move {
            let (request, client) = server.second().await;
            let third = server.0.try_recv(&mut [0; 512]);
            let success = success(&request);
            server.0.send_to(&success, client).await.unwrap();
            third
        });
        let request = message::binding().unwrap();
        let end = Instant::now() + END;
        if connected {
            let mut link = Link::udp(address).await.unwrap();
            let outcome = link.ask(&request, end).await;
            assert!(matches!(outcome, Outcome::Answer(_)), "{outcome:?}");
        } else {
            let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            let answer = link::ask_from(&socket, address, &request, end).await;
            assert!(answer.is_some());
        }
        let third = answering.await.unwrap();
        assert_eq!(third.unwrap_err().kind(), io::ErrorKind::WouldBlock);
    }
}

fn success(request: &[u8]) -> Vec<u8> {
    use stun_types::message::{Message, MessageWrite, MessageWriteVec};
    let request = Message::from_bytes(request).unwrap();
    Message::builder_success(&request, MessageWriteVec::new()).finish()
}
