//! A TURN server (RFC 8489, RFC 8656) as a pure state machine: packets and time in, actions and events out.
//!
//! No sockets, no clock, no randomness of its own: whoever owns the sockets calls [`Server`] with what arrived and
//! does what it says.

pub mod config;
pub mod event;
mod server;
pub mod types;

pub use config::{Config, Credentials, Limits};
pub use event::{Event, SessionId};
pub use server::{Action, Forward, HEADROOM, Server};
pub use types::{ChannelNumber, Client, Now, PeerAddr, RelayedAddr, Transport};
