//! A model of permissions, channels and expiry, written from RFC 8656 alone, against the server.

use crate::support::*;
use earshot_turn::{RelayedAddr, Transport};
use proptest::prelude::*;
use std::collections::HashMap;

const PEERS: [&str; 5] = [
    "203.0.113.1:6000",
    "203.0.113.1:6001",
    "203.0.113.2:6000",
    "203.0.113.3:6000",
    "203.0.113.4:6000",
];

#[derive(Clone, Debug)]
enum Step {
    Allocate,
    Refresh(u32),
    Permit(Vec<usize>),
    Bind(u16, usize),
    Send(usize),
    SendChannel(u16),
    Arrive(usize),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let peer = 0..PEERS.len();
    let number = 0x4000u16..0x4004;
    // Times around the lifetimes, where mistakes are.
    let pass = prop_oneof![
        1u64..50,
        prop::sample::select(vec![1, 299, 300, 301, 599, 600, 601]),
    ];
    prop_oneof![
        1 => Just(Step::Allocate),
        1 => prop::sample::select(vec![0u32, 1, 600, 1200, 7200]).prop_map(Step::Refresh),
        3 => prop::collection::vec(peer.clone(), 1..4).prop_map(Step::Permit),
        4 => (number.clone(), peer.clone()).prop_map(|(number, peer)| Step::Bind(number, peer)),
        4 => peer.clone().prop_map(Step::Send),
        4 => number.prop_map(Step::SendChannel),
        4 => peer.prop_map(Step::Arrive),
        4 => pass.prop_map(Step::Pass),
    ]
}

/// What RFC 8656 says there is, with the time at which it ends.
#[derive(Default)]
struct Model {
    now: u64,
    allocation: Option<(RelayedAddr, u64)>,
    permissions: HashMap<&'static str, u64>,
    channels: HashMap<u16, (usize, u64)>,
}

fn ip(peer: usize) -> &'static str {
    PEERS[peer].split(':').next().unwrap()
}

impl Model {
    fn relayed(&self) -> Option<RelayedAddr> {
        self.allocation
            .filter(|(_, end)| *end > self.now)
            .map(|(relayed, _)| relayed)
    }

    fn permitted(&self, peer: usize) -> bool {
        self.relayed().is_some()
            && self
                .permissions
                .get(ip(peer))
                .is_some_and(|end| *end > self.now)
    }

    fn channel(&self, number: u16) -> Option<usize> {
        let (peer, end) = self.channels.get(&number)?;
        (self.relayed().is_some() && *end > self.now).then_some(*peer)
    }

    fn number(&self, peer: usize) -> Option<u16> {
        self.channels
            .keys()
            .copied()
            .find(|number| self.channel(*number) == Some(peer))
    }

    fn forget(&mut self) {
        self.allocation = None;
        self.permissions.clear();
        self.channels.clear();
    }
}

proptest! {
    #[test]
    fn the_server_does_as_the_model(
        steps in prop::collection::vec(step(), 1..60),
        stream in any::<bool>(),
    ) {
        let mut world = World::new();
        let transport = if stream { Transport::Tcp } else { Transport::Udp };
        let mut speaker = Speaker::new(transport, "198.51.100.7:40000");
        let mut model = Model::default();
        for step in steps {
            // A fresh nonce, so that only the lifetimes of TURN matter.
            speaker.challenge(&mut world);
            let before = model.relayed();
            match step.clone() {
                Step::Allocate => {
                    let result = speaker.allocate_with(&mut world, &[&udp()]);
                    match before {
                        Some(_) => prop_assert_eq!(result, Err(437)),
                        None => {
                            model.forget();
                            model.allocation = Some((result.unwrap(), model.now + 600));
                        }
                    }
                }
                Step::Refresh(seconds) => {
                    let granted = if seconds == 0 { 0 } else { seconds.clamp(600, 3600) };
                    let result = speaker.refresh(&mut world, seconds);
                    let Some(relayed) = before else {
                        prop_assert_eq!(result, Err(437));
                        continue;
                    };
                    prop_assert_eq!(result, Ok(granted));
                    if seconds == 0 {
                        model.forget();
                    } else {
                        model.allocation = Some((relayed, model.now + u64::from(granted)));
                    }
                }
                Step::Permit(peers) => {
                    let names: Vec<_> = peers.iter().map(|peer| PEERS[*peer]).collect();
                    let code = speaker.permit(&mut world, &names);
                    prop_assert_eq!(code, if before.is_some() { 0 } else { 437 });
                    if before.is_some() {
                        for peer in peers {
                            model.permissions.insert(ip(peer), model.now + 300);
                        }
                    }
                }
                Step::Bind(number, peer) => {
                    let fits = match (model.channel(number), model.number(peer)) {
                        (None, None) => true,
                        (Some(bound), Some(other)) => bound == peer && other == number,
                        _ => false,
                    };
                    let expected = match before {
                        None => 437,
                        Some(_) if fits => 0,
                        Some(_) => 400,
                    };
                    prop_assert_eq!(speaker.bind(&mut world, number, PEERS[peer]), expected);
                    if expected == 0 {
                        model.channels.insert(number, (peer, model.now + 600));
                        model.permissions.insert(ip(peer), model.now + 300);
                    }
                }
                Step::Send(to) => {
                    let passed = speaker.send(&mut world, PEERS[to], b"data");
                    let expected = match model.permitted(to) {
                        true => Passed::ToPeer(before.unwrap(), peer(PEERS[to]), b"data".to_vec()),
                        false => Passed::Nothing,
                    };
                    prop_assert_eq!(passed, expected);
                }
                Step::SendChannel(number) => {
                    let passed = speaker.send_channel(&mut world, number, b"data!");
                    let expected = match model.channel(number) {
                        Some(to) => Passed::ToPeer(before.unwrap(), peer(PEERS[to]), b"data!".to_vec()),
                        None => Passed::Nothing,
                    };
                    prop_assert_eq!(passed, expected);
                }
                Step::Arrive(from) => {
                    let Some((relayed, _)) = model.allocation else {
                        continue;
                    };
                    let passed = world.peer_says(relayed, peer(PEERS[from]), b"data!");
                    match (model.permitted(from), model.number(from), passed) {
                        (false, _, passed) => prop_assert_eq!(passed, Passed::Nothing),
                        (true, Some(number), passed) => {
                            let packet = channel_data(number, b"data!", stream);
                            prop_assert_eq!(passed, Passed::ToClient(speaker.client, packet));
                        }
                        (true, None, Passed::ToClient(_, packet)) => {
                            let expected = (peer(PEERS[from]), b"data!".to_vec());
                            prop_assert_eq!(read_data_indication(&packet), expected);
                        }
                        (true, None, other) => prop_assert!(false, "{other:?}"),
                    }
                }
                Step::Pass(seconds) => {
                    // Told by the timer alone, or by what arrives next.
                    model.now += seconds;
                    world.advance(seconds);
                }
            }
            prop_assert_eq!(world.open.iter().next().copied(), model.relayed(), "after {:?}", step);
            if let Some((_, end)) = model.allocation.filter(|_| model.relayed().is_some()) {
                let due = world.server.poll_timeout().unwrap();
                let end = std::time::Duration::from_secs(1000 + end);
                prop_assert!(due <= end, "woken in time");
            }
        }
    }
}
