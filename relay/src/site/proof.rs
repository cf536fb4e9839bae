//! Whether the announced address is ours: an allocation is asked for there with a credential that only this relay (or
//! one that shares its secret) grants, and a packet is sent through it to ourselves.
//!
//! Behind many routers a machine does not reach itself by its public address. Then nothing is known, and only a test
//! from outside tells.

use super::{Site, lock};
use crate::{
    external::own_addresses,
    mint,
    native::{self, Credentials, Reach},
    status::{Announced, Proof},
};
use earshot_report::{
    Fact, IceUrl, Scheme, Transport,
    facts::{AllocateAnswer, NativeProbe},
};
use std::{
    net::IpAddr,
    sync::Mutex,
    time::{Duration, Instant, SystemTime},
};
use tokio::{sync::watch, time::timeout};

/// A health check asks twice a minute, and an address seldom changes.
const FRESH: Duration = Duration::from_secs(300);
/// Who asks waits no longer: within this time a packet has come through, or comes through no more soon.
const PATIENCE: Duration = Duration::from_secs(2);

/// The last try, or the one under way.
#[derive(Default)]
pub(super) struct Proofs(Mutex<Option<Try>>);

#[derive(Clone)]
struct Try {
    begun: Instant,
    facts: watch::Receiver<NativeProbe>,
}

impl Site {
    /// What is known of the announced addresses; tried now where that is long ago.
    pub(super) async fn proofs(&self) -> Vec<Proof> {
        let Some(story) = &self.0.config.story else {
            return Vec::new();
        };
        let mut proofs = Vec::new();
        for Announced { address, .. } in &story.external {
            let port = story
                .listeners
                .turn
                .iter()
                .find(|it| it.is_ipv4() == address.is_ipv4());
            let Some(port) = port.map(|it| it.port()) else {
                continue;
            };
            proofs.push(match address {
                IpAddr::V4(_) => self.prove(*address, port).await,
                IpAddr::V6(_) => Proof {
                    address: *address,
                    proved: Fact::NotMeasured,
                    words: "not tried".to_owned(),
                    ago_s: 0,
                },
            });
        }
        proofs
    }

    async fn prove(&self, address: IpAddr, port: u16) -> Proof {
        let Some(Try { begun, mut facts }) = self.try_now(address, port) else {
            return proof(
                address,
                &(Fact::NotMeasured, "it could not be tried"),
                Duration::ZERO,
            );
        };
        // Whatever is known when the time is over.
        let _ = timeout(PATIENCE, facts.wait_for(|facts| facts.finished)).await;
        let is_here = own_addresses().contains(&address);
        let found = judged(&facts.borrow(), is_here);
        proof(address, &found, begun.elapsed())
    }

    fn try_now(&self, address: IpAddr, port: u16) -> Option<Try> {
        let mut last = lock(&self.0.proofs.0);
        if let Some(last) = last.as_ref().filter(|last| last.begun.elapsed() < FRESH) {
            return Some(last.clone());
        }
        let url = IceUrl {
            scheme: Scheme::Turn,
            host: address.to_string(),
            port,
            transport: Transport::Udp,
        };
        // A name of its own, lest this is taken for something of a visitor's.
        let prober = mint::id().ok()?;
        lock(&self.0.watch).ignore(&prober);
        let secret = &self.0.config.turn_secret;
        let server = mint::scoped(Vec::new(), secret, &prober, SystemTime::now());
        let (sender, facts) = watch::channel(NativeProbe::new(url));
        tokio::spawn(async move {
            if let (Some(username), Some(password)) = (&server.username, &server.credential) {
                let credentials = Some(Credentials { username, password });
                native::probe(credentials, Reach::Everywhere, &sender).await;
            }
        });
        let begun = Instant::now();
        *last = Some(Try { begun, facts });
        last.clone()
    }
}

fn proof(address: IpAddr, (proved, words): &(Fact, &str), ago: Duration) -> Proof {
    Proof {
        address,
        proved: *proved,
        words: (*words).to_owned(),
        ago_s: ago.as_secs(),
    }
}

/// `is_here`: the address is one of this machine's interfaces, and what is sent there does not leave it.
fn judged(facts: &NativeProbe, is_here: bool) -> (Fact, &'static str) {
    match (facts.authenticated, facts.relay_reached) {
        (AllocateAnswer::Success, Fact::Yes) if is_here => (
            Fact::Yes,
            "proved to be this machine's: what was sent to it came back through this relay; a test from outside tells \
             whether a firewall lets others in",
        ),
        (AllocateAnswer::Success, Fact::Yes) => (
            Fact::Yes,
            "proved: what was sent to it came back through this relay",
        ),
        (AllocateAnswer::Success, Fact::No) => (
            Fact::No,
            "the relay answers there, but nothing comes to its relayed ports: open them, and map each to the same port",
        ),
        (AllocateAnswer::Error(401 | 441), _) => (
            Fact::No,
            "another relay answers there: EXTERNAL_IP is wrong, or TURN_SECRET is not the same for all relays behind it",
        ),
        _ if !facts.finished => (Fact::NotMeasured, "still being tried"),
        (AllocateAnswer::Success, Fact::NotMeasured) => (
            Fact::NotMeasured,
            "the relay answers there; whether its relayed ports are reached could not be tried",
        ),
        _ => (
            Fact::NotMeasured,
            "not proved: this machine does not reach itself there, as behind many routers; a test from outside tells",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_tried_from_inside_is_held_against_nothing() {
        use AllocateAnswer::{Error, NotAsked, Silent, Success};
        let cases = [
            (Success, Fact::Yes, true, Fact::Yes),
            (Success, Fact::No, true, Fact::No),
            (Success, Fact::NotMeasured, true, Fact::NotMeasured),
            (Error(401), Fact::NotMeasured, true, Fact::No),
            (Silent, Fact::NotMeasured, true, Fact::NotMeasured),
            (NotAsked, Fact::NotMeasured, true, Fact::NotMeasured),
            (NotAsked, Fact::NotMeasured, false, Fact::NotMeasured),
            // No free port, a full quota: no word about the address.
            (Error(508), Fact::NotMeasured, true, Fact::NotMeasured),
        ];
        for (authenticated, relay_reached, finished, expected) in cases {
            let url = "turn:192.0.2.1:3478".parse().unwrap();
            let facts = NativeProbe {
                authenticated,
                relay_reached,
                finished,
                ..NativeProbe::new(url)
            };
            assert_eq!(
                judged(&facts, false).0,
                expected,
                "{authenticated:?} {relay_reached:?}"
            );
        }
    }
}
