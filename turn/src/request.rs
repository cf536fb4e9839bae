//! Requests that need credentials: who may, what is understood, and what goes wrong.

use crate::{
    auth::{Denied, Identity},
    event::{Event, Refusal},
    reply::{self, Head},
    server::{Action, Server},
    types::{Client, Now},
};
use stun_types::{
    attribute::{AttributeStaticType, AttributeType, ErrorCode},
    message::{Message, Method},
    prelude::AttributeFromRaw,
};
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, REFRESH};

/// Comprehension-required attributes that are understood (RFC 8489 section 18.3, RFC 8656 section 18, RFC 8445 section
/// 16.1). DONT-FRAGMENT and RFC 6062's CONNECTION-ID are missing on purpose.
const KNOWN: [u16; 22] = [
    0x0001, // MAPPED-ADDRESS
    0x0006, // USERNAME
    0x0008, // MESSAGE-INTEGRITY
    0x0009, // ERROR-CODE
    0x000A, // UNKNOWN-ATTRIBUTES
    0x000C, // CHANNEL-NUMBER
    0x000D, // LIFETIME
    0x0012, // XOR-PEER-ADDRESS
    0x0013, // DATA
    0x0014, // REALM
    0x0015, // NONCE
    0x0016, // XOR-RELAYED-ADDRESS
    0x0017, // REQUESTED-ADDRESS-FAMILY
    0x0018, // EVEN-PORT
    0x0019, // REQUESTED-TRANSPORT
    0x001C, // MESSAGE-INTEGRITY-SHA256
    0x001D, // PASSWORD-ALGORITHM
    0x001E, // USERHASH
    0x0020, // XOR-MAPPED-ADDRESS
    0x0022, // RESERVATION-TOKEN
    0x0024, // PRIORITY
    0x0025, // USE-CANDIDATE
];

/// The attributes of a message that would have to be understood and are not.
pub(crate) fn unknown_attributes(message: &Message) -> Vec<AttributeType> {
    let mut unknown = Vec::new();
    for (_, attribute) in message.iter_attributes() {
        let kind = attribute.header.get_type();
        let is_known = !kind.comprehension_required() || KNOWN.contains(&kind.value());
        if !is_known && !unknown.contains(&kind) {
            unknown.push(kind);
        }
    }
    unknown
}

/// A request that failed: the error *is* the answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) code: u16,
    pub(crate) reason: Refusal,
    unknown: Vec<AttributeType>,
}

impl Failure {
    /// An error code, and the finer reason.
    pub(crate) fn new(code: u16, reason: Refusal) -> Self {
        Self {
            code,
            reason,
            unknown: Vec::new(),
        }
    }

    /// A code that says all there is to say.
    pub(crate) fn plain(code: u16) -> Self {
        Self::new(code, Refusal::BadRequest)
    }
}

/// What a request comes to.
pub(crate) type Outcome = Result<Answer, Failure>;

/// What is said to a request that was in order.
pub(crate) enum Answer {
    /// Send this.
    Message(Vec<u8>),
    /// Nothing yet: the answer comes when the relayed socket is open.
    Later,
}

/// A required attribute: its absence and its malformation are both 400.
pub(crate) fn required<'a, A: AttributeFromRaw<'a> + AttributeStaticType>(
    message: &'a Message<'a>,
) -> Result<A, Failure> {
    message
        .attribute::<A>()
        .map_err(|_| Failure::plain(ErrorCode::BAD_REQUEST))
}

/// An optional attribute: its malformation is 400.
pub(crate) fn optional<'a, A: AttributeFromRaw<'a> + AttributeStaticType>(
    message: &'a Message<'a>,
) -> Result<Option<A>, Failure> {
    message
        .has_attribute(A::TYPE)
        .then(|| required(message))
        .transpose()
}

impl Server {
    /// Whether requests of this method are served. Others are dropped (RFC 8489 section 6.3).
    pub(crate) fn serves(method: Method) -> bool {
        [ALLOCATE, REFRESH, CREATE_PERMISSION, CHANNEL_BIND].contains(&method)
    }

    /// A request of one of the methods of TURN.
    pub(crate) fn handle_request(&mut self, now: Now, client: Client, message: &Message) {
        let identity = match self.auth.check(now, client, message) {
            Ok(identity) => identity,
            Err(denied) => return self.deny(now, client, message, denied),
        };
        let head = Head::of(message);
        match self.serve(now, client, message, &identity) {
            Ok(Answer::Message(message)) => self.send(client, message),
            Ok(Answer::Later) => {}
            Err(failure) => {
                let signer = &identity.signer;
                let answer = reply::error(head, failure.code, &failure.unknown, signer);
                self.send(client, answer);
                self.refused(client, Some(identity.username.to_string()), &failure);
            }
        }
    }

    fn serve(
        &mut self,
        now: Now,
        client: Client,
        message: &Message,
        identity: &Identity,
    ) -> Outcome {
        let unknown = unknown_attributes(message);
        if !unknown.is_empty() {
            return Err(Failure {
                code: ErrorCode::UNKNOWN_ATTRIBUTE,
                reason: Refusal::BadRequest,
                unknown,
            });
        }
        match message.method() {
            ALLOCATE => self.allocate(now, client, message, identity),
            REFRESH => self.refresh(now, client, message, identity),
            CREATE_PERMISSION => self.create_permission(now, client, message, identity),
            _ => self.channel_bind(now, client, message, identity),
        }
    }

    fn deny(&mut self, now: Now, client: Client, message: &Message, denied: Denied) {
        // Over the limit nothing is said and nothing is told: both would be a stranger's to multiply.
        if !self.challenges.allow(now.monotonic, client.addr.ip()) {
            return;
        }
        let head = Head::of(message);
        let (code, event) = match denied {
            Denied::Challenge => (ErrorCode::UNAUTHORIZED, Event::Challenged { client }),
            Denied::Malformed => {
                let event = Event::Refused {
                    client,
                    username: None,
                    code: ErrorCode::BAD_REQUEST,
                    reason: Refusal::BadRequest,
                };
                self.send(client, reply::bare_error(head, ErrorCode::BAD_REQUEST));
                return self.events.push_back(event);
            }
            Denied::Refused { username, reason } => {
                let code = match reason {
                    Refusal::StaleNonce => ErrorCode::STALE_NONCE,
                    _ => ErrorCode::UNAUTHORIZED,
                };
                let event = Event::Refused {
                    client,
                    username,
                    code,
                    reason,
                };
                (code, event)
            }
        };
        let answer = reply::challenge(head, code, &self.auth, now, client);
        self.send(client, answer);
        self.events.push_back(event);
    }

    pub(crate) fn refused(&mut self, client: Client, username: Option<String>, failure: &Failure) {
        self.events.push_back(Event::Refused {
            client,
            username,
            code: failure.code,
            reason: failure.reason,
        });
    }

    pub(crate) fn send(&mut self, client: Client, message: Vec<u8>) {
        self.actions.push_back(Action::Send { client, message });
    }
}
