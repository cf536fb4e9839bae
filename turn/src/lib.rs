//! A TURN server (RFC 8489, RFC 8656) as a pure state machine: packets and time in, actions and events out.
//!
//! No sockets, no clock, no randomness of its own: whoever owns the sockets calls [`Server`] with what arrived and
//! does what it says. After every call all actions and events are to be taken out:
//!
//! ```
//! # use earshot_turn::*;
//! # use std::{net::SocketAddr, time::Duration};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut server = Server::new(
//!     Config {
//!         realm: "example.org".into(),
//!         credentials: Credentials {
//!             users: vec![("voicechat".into(), "a password".into())],
//!             secrets: vec![],
//!             nonce_key: [7; 32], // random, and the same on every server of one deployment
//!         },
//!         relay_v4: Some("192.0.2.2".parse()?),
//!         relay_v6: None,
//!         ports: 49152..=65535,
//!         all_ports: 49152..=65535,
//!         open_ports: OpenPorts::default(),
//!         allowed_peers: vec![],
//!         witness: vec![],
//!         limits: Limits::default(),
//!     },
//!     [9; 32], // random, and different on every server
//! );
//! let now = Now { monotonic: Duration::ZERO, unix: Duration::from_secs(1_800_000_000) };
//! let client = Client {
//!     transport: Transport::Udp,
//!     addr: "198.51.100.7:40000".parse()?,
//!     local: "192.0.2.2:3478".parse()?,
//! };
//! // A Binding request, as it was received into the buffer behind the headroom.
//! let request = *b"\x00\x01\x00\x00\x21\x12\xA4\x42abcdefghijkl";
//! let mut buffer = [0; HEADROOM + 1500];
//! let packet = HEADROOM..HEADROOM + request.len();
//! buffer[packet.clone()].copy_from_slice(&request);
//!
//! match server.handle_client(now, client, &mut buffer, packet) {
//!     Forward::ToPeer { from, to, payload } => { /* send buffer[payload] from the relayed socket */ }
//!     Forward::ToClient { client, payload } => { /* send buffer[payload] */ }
//!     Forward::ToSibling { from, to, payload } => { /* hand it to another server of this host */ }
//!     Forward::Nothing => {}
//! }
//! while let Some(action) = server.poll_action() {
//!     match action {
//!         Action::Send { client, message } => assert_eq!(message[..2], [0x01, 0x01]),
//!         Action::OpenRelay { relayed } => server.relay_opened(now, relayed, true),
//!         Action::CloseRelay { relayed } => { /* close its socket */ }
//!         Action::Disconnect { client } => { /* close its stream */ }
//!     }
//! }
//! assert_eq!(server.poll_event(), Some(Event::Bound { client }));
//! assert_eq!(server.poll_timeout(), None);
//! # Ok(())
//! # }
//! ```

mod allocate;
mod allocation;
mod auth;
mod cap;
mod challenges;
pub mod config;
mod credentials;
pub mod event;
pub mod framing;
mod headers;
mod integrity;
mod nonce;
mod open_ports;
mod peers;
mod permission;
mod ports;
mod relaying;
mod reply;
mod request;
mod scope;
mod server;
mod stun;
mod tables;
mod timers;
pub mod types;
#[cfg(test)]
mod vectors;
mod witness;

pub use config::{Config, Credentials, Limits, OtherRelay};
pub use credentials::{expiry_of, scope_of, scoped_username, time_limited_password};
pub use event::{Event, SessionId};
pub use open_ports::OpenPorts;
pub use peers::{addresses_of_test, admissible_in_scope, peer_denied};
pub use server::{Action, Forward, HEADROOM, Server};
pub use stun::answer_binding;
pub use types::{ChannelNumber, Client, Now, PeerAddr, RelayedAddr, Transport};
pub use witness::witness_password;
