//! The page's surroundings.

use crate::{Address, facts::Fact};
use serde::{Deserialize, Serialize};

/// What the page knows of its browser and its network before any probe of a server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Environment {
    /// The browser's own description of itself (`navigator.userAgent`).
    pub user_agent: Option<String>,
    /// Language tags, the preferred first (`navigator.languages`).
    pub languages: Vec<String>,
    /// The page is in a secure context (`isSecureContext`); without it there is no microphone.
    pub secure_context: Fact,
    /// The port that the page came by, where it came by HTTPS: TLS to it gets through this network.
    pub https_port: Option<u16>,
    /// `RTCPeerConnection` exists and could be made.
    pub webrtc: Fact,
    /// The browser's AudioContext runs: without it no sound can be made or recognised.
    pub audio_context_running: Fact,
    /// The API of this program answered the page.
    pub api_reachable: Fact,
    /// The WebSocket for live facts opened.
    pub live_link: Fact,
    /// `navigator.onLine`.
    pub online: Fact,
    /// The kind of network, where the browser tells (`navigator.connection.effectiveType` or `.type`).
    pub network_type: Option<String>,
    /// The person's address as the page's server saw it.
    pub client_address: Option<Address>,
    /// The server's clock at the start of the run, milliseconds since 1970, from [`crate::api::RunTicket`]: what the
    /// expiry of a time-limited credential is compared with.
    pub server_time_ms: Option<u64>,
    /// How the network address translator in front of the person maps ports, from two STUN ports of one server.
    pub nat_mapping: Option<NatMapping>,
    /// The candidates of a connection without any server: what the browser shows of the machine itself.
    pub host_candidates: Option<u16>,
}

/// How a NAT maps the ports of one inner socket (RFC 4787 section 4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NatMapping {
    /// No translation: the outer address is one of the machine's own.
    None,
    /// One outer port whatever the destination.
    EndpointIndependent,
    /// Another outer port for another destination ("symmetric").
    EndpointDependent,
}
