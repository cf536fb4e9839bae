//! What came from one client address and port over one transport.

use crate::events::Happening;
use earshot_report::{
    Address, Transport,
    facts::{Refusal, RefusalReason, TransportSightings},
};
use earshot_turn::{Event, event};
use std::{net::SocketAddr, time::SystemTime};

/// TLS alerts kept of one flow; one handshake has one.
pub(super) const MOST_ALERTS: usize = 4;
/// Different refusals kept of one flow.
const MOST_REFUSALS: usize = 16;

/// Different first requests kept of one flow: browsers make one or two.
const MOST_ASKED: usize = 4;

/// What a client asks before it has heard anything, and at which of our addresses.
type Asked = (FirstRequest, SocketAddr);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FirstRequest {
    Binding,
    WithoutCredential,
}

/// A client's end of a flow: the transport, and where it comes from.
pub(super) type FlowKey = (Transport, SocketAddr);

/// What one flow did.
#[derive(Clone, Debug)]
pub(super) struct Flow {
    pub(super) first: SystemTime,
    pub(super) last: SystemTime,
    /// The scope in the user name that was used on it. It need not be that of a run we know.
    pub(super) scope: Option<String>,
    requests: u64,
    answers: u64,
    challenges: u64,
    asked: Vec<Asked>,
    asked_again: bool,
    refusals: Vec<Refusal>,
    alerts: Vec<String>,
}

impl Flow {
    pub(super) fn new(at: SystemTime) -> Self {
        Self {
            first: at,
            last: at,
            scope: None,
            requests: 0,
            answers: 0,
            challenges: 0,
            asked: Vec::new(),
            asked_again: false,
            refusals: Vec::new(),
            alerts: Vec::new(),
        }
    }

    /// A user name with this scope was used on it. A port that served another test before begins anew.
    pub(super) fn name(&mut self, scope: &str, at: SystemTime) {
        if self.scope.as_deref() == Some(scope) {
            return;
        }
        if self.scope.is_some() {
            *self = Self::new(at);
        }
        self.scope = Some(scope.to_owned());
    }

    /// A request was answered.
    pub(super) fn answered(&mut self) {
        self.requests += 1;
        self.answers += 1;
    }

    fn asked(&mut self, what: Asked) {
        if self.asked.contains(&what) {
            self.asked_again = true;
        } else if self.asked.len() < MOST_ASKED {
            self.asked.push(what);
        }
    }

    /// Counts what happened; every event of the server is a request that was answered.
    pub(super) fn count(&mut self, what: &Happening) {
        match what {
            Happening::Turn(Event::Bound { client }) => {
                self.answered();
                self.asked((FirstRequest::Binding, client.local));
            }
            Happening::Turn(Event::Allocated { .. }) => self.answered(),
            Happening::Turn(Event::Challenged { client }) => {
                self.answered();
                self.challenges += 1;
                self.asked((FirstRequest::WithoutCredential, client.local));
            }
            Happening::Turn(Event::Refused { code, reason, .. }) => {
                self.answered();
                let refusal = Refusal {
                    code: *code,
                    reason: reason_of(*reason),
                    count: 1,
                };
                add_refusal(&mut self.refusals, &refusal);
            }
            Happening::TlsFailed {
                alert: Some(alert), ..
            } if self.alerts.len() < MOST_ALERTS => {
                self.alerts.push(alert.clone());
            }
            _ => {}
        }
    }

    /// Adds this flow to what a run's transport has shown.
    pub(super) fn add_to(&self, sum: &mut TransportSightings) {
        sum.requests += self.requests;
        sum.answers += self.answers;
        sum.challenges += self.challenges;
        if !self.asked.is_empty() && !sum.asked_again.is_yes() {
            sum.asked_again = self.asked_again.into();
        }
        for refusal in &self.refusals {
            add_refusal(&mut sum.refusals, refusal);
        }
        let free = MOST_ALERTS.saturating_sub(sum.tls_alerts.len());
        sum.tls_alerts
            .extend(self.alerts.iter().take(free).cloned());
    }
}

/// The flow that an event is about, where it names one.
pub(super) fn flow_of(what: &Happening) -> Option<FlowKey> {
    let client = match what {
        Happening::TlsFailed { peer, .. } => return Some((Transport::Tls, *peer)),
        Happening::Connected(client) => client,
        Happening::Turn(
            Event::Bound { client }
            | Event::Challenged { client }
            | Event::Refused { client, .. }
            | Event::Allocated { client, .. },
        ) => client,
        Happening::Turn(_) => return None,
    };
    Some((transport_of(client.transport), client.addr))
}

pub(super) fn transport_of(transport: earshot_turn::Transport) -> Transport {
    match transport {
        earshot_turn::Transport::Udp => Transport::Udp,
        earshot_turn::Transport::Tcp => Transport::Tcp,
        earshot_turn::Transport::Tls => Transport::Tls,
    }
}

pub(super) fn as_fact(address: SocketAddr) -> (Address, u16) {
    (address.ip().into(), address.port())
}

/// Milliseconds from one time to a later one.
pub(super) fn millis(from: SystemTime, to: SystemTime) -> u32 {
    let since = to.duration_since(from).unwrap_or_default();
    u32::try_from(since.as_millis()).unwrap_or(u32::MAX)
}

/// Adds to the same refusal, or to the list while it is short.
pub(super) fn add_refusal(refusals: &mut Vec<Refusal>, added: &Refusal) {
    let same = |known: &&mut Refusal| (known.code, known.reason) == (added.code, added.reason);
    if let Some(known) = refusals.iter_mut().find(same) {
        known.count = known.count.saturating_add(added.count);
    } else if refusals.len() < MOST_REFUSALS {
        refusals.push(added.clone());
    }
}

fn reason_of(reason: event::Refusal) -> RefusalReason {
    match reason {
        event::Refusal::UnknownUser => RefusalReason::UnknownUser,
        event::Refusal::WrongPassword | event::Refusal::WrongCredentials => {
            RefusalReason::WrongPassword
        }
        event::Refusal::Expired => RefusalReason::Expired,
        event::Refusal::StaleNonce => RefusalReason::StaleNonce,
        event::Refusal::Quota => RefusalReason::Quota,
        event::Refusal::Capacity => RefusalReason::Capacity,
        event::Refusal::PeerDenied | event::Refusal::PeerOutOfScope => RefusalReason::PeerForbidden,
        event::Refusal::BadRequest => RefusalReason::BadRequest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Fact::{No, NotMeasured, Yes};
    use earshot_report::facts::Fact;
    use earshot_turn::Client;
    use std::time::UNIX_EPOCH;

    /// From one port: B asks for a Binding, b does so at our second port, c comes without a credential.
    fn flow(requests: &str) -> Flow {
        let client = |local: &str| Client {
            transport: earshot_turn::Transport::Udp,
            addr: "198.51.100.7:5000".parse().unwrap(),
            local: local.parse().unwrap(),
        };
        let (first, second) = (client("192.0.2.1:3478"), client("192.0.2.1:3479"));
        let mut flow = Flow::new(UNIX_EPOCH);
        for request in requests.chars() {
            flow.count(&Happening::Turn(match request {
                'B' => Event::Bound { client: first },
                'b' => Event::Bound { client: second },
                _ => Event::Challenged { client: first },
            }));
        }
        flow
    }

    #[test]
    fn who_asks_the_same_twice_from_one_port_did_not_hear_the_first_answer() {
        // (what came from each port, what it says of the run)
        let cases: [(&[&str], Fact); 8] = [
            (&[], NotMeasured),
            (&[""], NotMeasured),
            (&["c"], No),
            (&["c", "c", "Bb"], No),
            (&["Bcb"], No),
            (&["ccccc"], Yes),
            (&["c", "cc", "c"], Yes),
            (&["BbB"], Yes),
        ];
        for (ports, expected) in cases {
            let mut sum = TransportSightings::default();
            for requests in ports {
                flow(requests).add_to(&mut sum);
            }
            assert_eq!(sum.asked_again, expected, "{ports:?}");
        }
    }
}
