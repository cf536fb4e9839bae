//! A TURN server (RFC 8489, RFC 8656) as a pure state machine: packets and time in, actions and events out.
//!
//! No sockets, no clock, no randomness of its own: whoever owns the sockets calls [`Server`] with what arrived and
//! does what it says.

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

pub use config::{Config, Credentials, Limits};
pub use credentials::{expiry_of, scope_of, scoped_username, time_limited_password};
pub use event::{Event, SessionId};
pub use peers::{admissible_in_scope, peer_denied};
pub use server::{Action, Forward, HEADROOM, Server};
pub use stun::answer_binding;
pub use types::{ChannelNumber, Client, Now, PeerAddr, RelayedAddr, Transport};
pub use witness::witness_password;
