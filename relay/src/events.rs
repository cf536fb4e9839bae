//! What the workers tell the rest of the program. Logs, sightings and metrics are made from this one stream.

use earshot_turn::{Client, Event};
use std::net::SocketAddr;
use std::time::SystemTime;

/// One thing that happened at a socket of this program.
#[derive(Clone, Debug)]
pub struct RelayEvent {
    /// When.
    pub at: SystemTime,
    /// On which worker: a session's number is unique on one worker only.
    pub worker: usize,
    /// What.
    pub what: Happening,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Happening {
    /// The TURN server says so.
    Turn(Event),
    /// A stream connection was opened, before anything was said on it.
    Connected(Client),
    /// A TLS handshake ended badly.
    TlsFailed {
        /// Who tried.
        peer: SocketAddr,
        /// The alert the client sent, in the names of RFC 8446 section 6; `None`: it just went away.
        alert: Option<String>,
    },
}
