//! Who may use the server as a relay, and how calls through it go.

use super::{Check, State, Steps, harmless, passed, rounded, worse};
use crate::check::{call::Call, sentences};
use earshot_report::{
    AddressRange, Code, Fact, Probe,
    facts::{AllocateAnswer, LegFacts},
};

impl Steps<'_> {
    pub(super) fn turn(&mut self) {
        self.who_may();
        let call = self.seen.call.as_ref();
        self.address();
        self.call(true, call);
        self.call(false, call);
        self.policy(call);
        let kept = call.map_or(Fact::NotMeasured, |call| call.refreshed);
        let lifetime = call.and_then(|call| call.lifetime_s);
        let says = match (kept, lifetime) {
            (Fact::Yes, Some(seconds)) => format!("can be kept; granted for {seconds} s"),
            (Fact::Yes, None) => "can be kept".to_owned(),
            (Fact::No, _) => "the server refuses to keep an allocation".to_owned(),
            (Fact::NotMeasured, _) => "there was no call".to_owned(),
        };
        self.add(Check::Refresh, harmless(kept), says, None);
        let freed = call.map_or(Fact::NotMeasured, |call| call.freed);
        let says = match freed {
            Fact::Yes => "can be given back",
            Fact::No => "the server does not take an allocation back",
            Fact::NotMeasured => "not answered",
        };
        self.add(Check::Expiry, harmless(freed), says, None);
    }

    fn who_may(&mut self) {
        let refused = "refused, as it must be";
        let (state, says) = match self.probe.anonymous {
            AllocateAnswer::Success => (State::Failed, "grants a relay to anybody".to_owned()),
            _ if self.probe.speaks_turn.is_no() => {
                (State::NotMeasured, "this is no TURN server".to_owned())
            }
            AllocateAnswer::Error(401) => (State::Passed, refused.to_owned()),
            AllocateAnswer::Error(code) => (State::Failed, format!("refused with {code}")),
            AllocateAnswer::Silent | AllocateAnswer::NotAsked => {
                (State::NotMeasured, "not answered".to_owned())
            }
        };
        self.add(Check::Anonymous, state, says, None);
        if self.probe.anonymous == AllocateAnswer::Success {
            self.blame(Code::ServerOpen);
        }
        let (state, says) = match &self.probe.realm {
            Some(realm) if realm.is_empty() => (State::Failed, "it is empty".to_owned()),
            Some(realm) => (State::Passed, realm.clone()),
            None => (State::NotMeasured, "not told".to_owned()),
        };
        self.add(Check::Realm, state, says, None);
        let (state, says) = match self.probe.wrong_password {
            AllocateAnswer::Success => (State::Failed, "granted".to_owned()),
            AllocateAnswer::Error(_) => (State::Passed, refused.to_owned()),
            _ => (State::NotMeasured, "not asked".to_owned()),
        };
        self.add(Check::WrongPassword, state, says, None);
        if self.probe.wrong_password == AllocateAnswer::Success {
            self.blame(Code::ServerOpen);
        }
        let refused = self.seen.call.as_ref().and_then(|call| call.refused);
        let (state, says) = match (self.probe.authenticated, refused) {
            (AllocateAnswer::Success, Some(code)) => (
                State::Failed,
                format!("a further relay is refused with {code}"),
            ),
            (AllocateAnswer::Success, None) => (State::Passed, "grants a relay".to_owned()),
            (AllocateAnswer::Error(code), _) => (State::Failed, format!("refused with {code}")),
            (AllocateAnswer::Silent, _) => (State::Failed, "not answered".to_owned()),
            (AllocateAnswer::NotAsked, _) => (State::NotMeasured, "not asked".to_owned()),
        };
        self.add(Check::Login, state, says, None);
    }

    /// The step added last shows this cause.
    fn blame(&mut self, cause: Code) {
        if let Some(last) = self.steps.last_mut() {
            last.cause = Some(cause);
        }
    }

    fn address(&mut self) {
        match &self.probe.relayed {
            Some((address, _)) => {
                let range = sentences::range(AddressRange::from(address));
                let sent_from = self
                    .probe
                    .sent_from
                    .as_ref()
                    .filter(|from| *from != address);
                let says = match sent_from {
                    Some(from) => format!("{address} ({range}), and it sends from {from}"),
                    None => format!("{address} ({range})"),
                };
                self.add(Check::RelayedAddress, State::Passed, says, None);
            }
            None => self.add(
                Check::RelayedAddress,
                State::NotMeasured,
                "none granted",
                None,
            ),
        }
    }

    fn call(&mut self, is_of_relays: bool, call: Option<&Call>) {
        let (check, leg) = match is_of_relays {
            true => (
                Check::RelayToRelay,
                call.and_then(|call| call.relay.as_ref()),
            ),
            false => (
                Check::RelayToDirect,
                call.and_then(|call| call.direct.as_ref()),
            ),
        };
        let Some(leg) = leg else {
            let reason = call.and_then(|call| call.no_direct.filter(|_| !is_of_relays));
            let says = reason.unwrap_or("there was no call");
            self.add(check, State::NotMeasured, says, None);
            return;
        };
        let is_heard = leg.from_you.sound.is_yes() && leg.to_you.sound.is_yes();
        let state = passed(is_heard.into());
        let says = match is_heard {
            true => figures(leg),
            false => unheard(leg),
        };
        self.add(check, state, says, leg.rtt_ms.map(rounded));
    }

    fn policy(&mut self, call: Option<&Call>) {
        let peers = call.map_or(&[][..], |call| &call.peers);
        let reached: Vec<String> = peers
            .iter()
            .filter(|peer| peer.permitted.is_yes())
            .map(|peer| peer.address.to_string())
            .collect();
        let (state, says) = match (
            reached.is_empty(),
            peers.iter().any(|it| it.permitted.is_no()),
        ) {
            (false, _) => (State::Warning, format!("permits {}", reached.join(", "))),
            (true, true) => (State::Passed, "permits no private address".to_owned()),
            (true, false) => (State::NotMeasured, "there was no call".to_owned()),
        };
        self.add(Check::PeerPolicy, state, says, None);
    }
}

/// Loss, round trip, jitter and score: the worse direction's.
fn figures(leg: &LegFacts) -> String {
    let mut says = Vec::new();
    if let Some(rtt) = leg.rtt_ms {
        says.push(format!("{rtt:.0} ms"));
    }
    if let Some(loss) = worse(leg, |it| it.loss) {
        says.push(format!("loss {:.0} %", loss * 100.0));
    }
    if let Some(jitter) = worse(leg, |it| it.jitter_ms) {
        says.push(format!("jitter {jitter:.0} ms"));
    }
    let scores = [leg.from_you.mos, leg.to_you.mos];
    if let Some(mos) = scores.into_iter().flatten().reduce(f64::min) {
        says.push(format!("MOS {mos:.1}"));
    }
    says.join(", ")
}

fn unheard(leg: &LegFacts) -> String {
    let ends = match leg.probe {
        Probe::RelayToDirect { .. } => ["from the relay", "to the relay"],
        _ => ["there", "back"],
    };
    let [out, back] = [&leg.from_you, &leg.to_you].map(|direction| direction.sound.is_yes());
    match (out, back) {
        (true, false) => format!("packets pass only {}", ends[0]),
        (false, true) => format!("packets pass only {}", ends[1]),
        _ => "no packet passes".to_owned(),
    }
}
