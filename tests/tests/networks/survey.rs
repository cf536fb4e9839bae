//! Everything that can pass between the hosts of a network, tried at once.

use crate::packets::{Shot, arrives, connect, listener, patience, receive, send_all, udp};
use earshot_tests::lab::net::{Family, Network};
use std::{
    collections::BTreeSet,
    io,
    net::{IpAddr, SocketAddr, TcpListener, UdpSocket},
};
use stun_types::{
    attribute::AttributeWrite,
    message::{Message, MessageClass, MessageType, MessageWriteVec, TransactionId},
    prelude::*,
};
use turn_types::{
    attribute::{Data, XorPeerAddress},
    channel::ChannelData,
    message::{DATA, SEND},
};

/// The ports of RFC 8656 and of its usual TLS, and one that is relayed.
const TURN: u16 = 3478;
const RELAYED: u16 = 50_000;
const PAGE: u16 = 8_080;
const TLS: u16 = 443;

/// What became of everything that was tried.
pub(crate) struct Taken {
    pub(crate) tried: BTreeSet<String>,
    pub(crate) passed: BTreeSet<String>,
    /// What else happened, for who wonders about the rest.
    pub(crate) besides: Vec<String>,
}

/// Sockets at every host of a network, and the user's mappings.
pub(crate) struct Survey<'a> {
    network: &'a Network,
    family: Family,
    user: UdpSocket,
    mapped: SocketAddr,
    second: UdpSocket,
    turn: UdpSocket,
    relayed: UdpSocket,
    elsewhere: UdpSocket,
    listeners: Vec<(&'static str, TcpListener, SocketAddr)>,
}

impl<'a> Survey<'a> {
    /// Opens everything, while nothing is wrong yet.
    pub(crate) fn new(network: &'a Network, family: Family) -> Self {
        let any: IpAddr = match family {
            Family::V4 => "0.0.0.0".parse().expect("an address"),
            Family::V6 => "::".parse().expect("an address"),
        };
        let own = network.relay_own_address(family);
        let relay = network.relay_address(family);
        let [host, _] = network.internet_addresses(family);
        let user = udp(network.user(), (any, 0));
        let second = network.second_user().expect("the layout has a second user");
        let turn = udp(network.relay(), (own, TURN));
        let mapped = arrives(&user, &turn, (relay, TURN).into());
        let listeners = [
            ("tcp 443", network.relay(), own, relay, TLS),
            ("tcp page", network.relay(), own, relay, PAGE),
            ("tcp 3478", network.relay(), own, relay, TURN),
            ("tcp elsewhere", network.internet(), host, host, TURN),
        ]
        .map(|(name, at, own, public, port)| {
            (name, listener(at, (own, port)), (public, port).into())
        });
        Self {
            network,
            family,
            mapped,
            second: udp(second, (any, 0)),
            relayed: udp(network.relay(), (own, RELAYED)),
            elsewhere: udp(network.internet(), (host, TURN)),
            user,
            turn,
            listeners: listeners.into(),
        }
    }

    /// Tries everything; what should pass is awaited.
    pub(crate) fn take(&self, should_pass: impl Fn(&str) -> bool) -> Taken {
        let shots = self.shots();
        let mut tried: BTreeSet<String> = shots.iter().map(|shot| shot.name.clone()).collect();
        let arrivals = send_all(&shots, &should_pass);
        let mut passed: BTreeSet<String> = arrivals.sources.into_keys().collect();
        let mut besides = arrivals.besides;
        let mut outcomes: Vec<_> = std::thread::scope(|scope| {
            let attempts: Vec<_> = self
                .listeners
                .iter()
                .map(|&(name, ref socket, at)| {
                    let is_expected = should_pass(name);
                    let attempt = move || connect(self.network.user(), socket, at, is_expected);
                    (name, scope.spawn(move || attempt().map(drop)))
                })
                .collect();
            attempts
                .into_iter()
                .map(|(name, attempt)| (name, attempt.join().expect("an attempt does not panic")))
                .collect()
        });
        outcomes.push(("dns", self.ask_dns(should_pass("dns"))));
        for (name, outcome) in outcomes {
            tried.insert(name.to_owned());
            match outcome {
                Ok(()) => drop(passed.insert(name.to_owned())),
                Err(error) => besides.push(format!("{name}: {error}")),
            }
        }
        Taken {
            tried,
            passed,
            besides,
        }
    }

    fn shots(&self) -> Vec<Shot<'_>> {
        let relay = self.network.relay_address(self.family);
        let turn = SocketAddr::new(relay, TURN);
        let relayed = SocketAddr::new(relay, RELAYED);
        let elsewhere = self.elsewhere.local_addr().expect("it is bound");
        let mut shots = vec![
            Shot::new("turn out", &self.user, &self.turn, turn),
            Shot::new("turn back", &self.turn, &self.user, self.mapped),
            Shot::new("relayed out", &self.user, &self.relayed, relayed),
            Shot::new("relayed back", &self.relayed, &self.user, self.mapped),
            Shot::new("elsewhere out", &self.user, &self.elsewhere, elsewhere),
            Shot::new("elsewhere back", &self.elsewhere, &self.user, self.mapped),
            Shot::new("second user", &self.second, &self.turn, turn),
            Shot::new("stranger to turn", &self.elsewhere, &self.turn, turn),
            Shot::new(
                "stranger to relayed",
                &self.elsewhere,
                &self.relayed,
                relayed,
            ),
            Shot::new("relay to itself", &self.turn, &self.relayed, relayed),
        ];
        for (name, datagram) in datagrams() {
            for (direction, from, to, at) in [
                ("out", &self.user, &self.turn, turn),
                ("back", &self.turn, &self.user, self.mapped),
            ] {
                let mut shot = Shot::new(&format!("{name} {direction}"), from, to, at);
                shot.datagram = datagram.clone();
                shots.push(shot);
            }
        }
        shots
    }

    /// Asks for a name as RFC 1035, section 4.1, says.
    fn ask_dns(&self, is_expected: bool) -> io::Result<()> {
        let server = match self.family {
            Family::V4 => "45.90.0.53:53",
            Family::V6 => "[2a0e:b100:90::53]:53",
        };
        let question =
            b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x05relay\x04test\x07example\0\0\x01\0\x01";
        let any = self.user.local_addr()?.ip();
        let socket = udp(self.network.user(), (any, 0));
        socket.send_to(question, server)?;
        let mut answer = [0; 512];
        receive(&socket, &mut answer, patience(is_expected))?;
        match answer.starts_with(b"\x12\x34") {
            true => Ok(()),
            false => Err(io::Error::other("an answer to something else")),
        }
    }
}

/// Datagrams of a call, by themselves and as TURN carries them. By RFC 7983, 128–191 begins RTP and RTCP, 20–63 DTLS.
fn datagrams() -> Vec<(String, Vec<u8>)> {
    let mut all = vec![
        ("small".to_owned(), vec![b'x'; 548]),
        ("large".to_owned(), vec![b'x'; 549]),
    ];
    let ipv4 = SocketAddr::from(([45, 90, 0, 9], 9));
    let ipv6 = "[2a0e::9]:9".parse().expect("an address");
    let kinds = [
        ("rtp least", 128),
        ("rtp opus", 0x80),
        ("rtp most", 191),
        ("dtls least", 20),
        ("dtls handshake", 22),
        ("dtls most", 63),
        ("stun", 0),
        ("other", 200),
    ];
    for (name, first_byte) in kinds {
        let inner = &[&[first_byte], name.as_bytes()].concat()[..];
        let mut in_channel = vec![0; 4 + inner.len()];
        ChannelData::new(0x4abc, inner).write_into_unchecked(&mut in_channel);
        let wrapped = [
            ("by itself", inner.to_vec()),
            ("in a channel", in_channel),
            ("in Send", indication(true, inner, ipv4, true)),
            ("in Send of IPv6", indication(true, inner, ipv6, true)),
            ("in Data", indication(false, inner, ipv4, true)),
            ("in Data of IPv6", indication(false, inner, ipv6, true)),
            (
                "in Data before its peer",
                indication(false, inner, ipv4, false),
            ),
        ];
        all.extend(wrapped.map(|(wrapping, datagram)| (format!("{name} {wrapping}"), datagram)));
    }
    all
}

fn indication(is_send: bool, data: &[u8], peer: SocketAddr, peer_first: bool) -> Vec<u8> {
    let method = if is_send { SEND } else { DATA };
    let mut message = Message::builder(
        MessageType::from_class_method(MessageClass::Indication, method),
        TransactionId::generate(),
        MessageWriteVec::new(),
    );
    let peer = XorPeerAddress::new(peer, message.transaction_id());
    let data = Data::new(data);
    let attributes: [&dyn AttributeWrite; 2] = if peer_first {
        [&peer, &data]
    } else {
        [&data, &peer]
    };
    for attribute in attributes {
        message.add_attribute(attribute).expect("it fits");
    }
    message.finish()
}
