//! What page and program say to each other.

pub mod link;
mod refusal;

pub use refusal::Refusal;

use crate::{
    Address, Facts, IceUrl, Plan,
    facts::{NativeProbe, Sightings},
};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, SeqAccess, Visitor},
};
use std::fmt;

/// An RTCIceServer (W3C WebRTC section 4.2.2). Its `Debug` does not show the credential.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IceServer {
    /// One URL or several, as W3C allows both.
    #[serde(deserialize_with = "one_or_many")]
    pub urls: Vec<String>,
    /// The user name, for TURN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The password, for TURN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

impl fmt::Debug for IceServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IceServer")
            .field("urls", &self.urls)
            .field("username", &self.username)
            .field(
                "credential",
                &self.credential.as_ref().map(|_| "(kept secret)"),
            )
            .finish()
    }
}

/// RTCIceServer allows one URL or a list of them.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    struct Urls;
    impl<'de> Visitor<'de> for Urls {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a URL or a list of URLs")
        }

        fn visit_str<E: de::Error>(self, url: &str) -> Result<Vec<String>, E> {
            Ok(vec![url.to_owned()])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<String>, A::Error> {
            let mut urls = Vec::new();
            while let Some(url) = list.next_element()? {
                urls.push(url);
            }
            Ok(urls)
        }
    }
    deserializer.deserialize_any(Urls)
}

/// The body of `POST /api/runs`. An empty object is a whole request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RunRequest {
    /// The person typed a server of their own: the page makes its own plan for it and the program only lends the
    /// STUN ports, the witness and its word. Nothing of what was typed is sent.
    pub ad_hoc: bool,
    /// The test is made by a link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<link::LinkPass>,
}

/// The answer to `POST /api/runs`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunTicket {
    /// The run's id; also part of the TURN user name.
    pub run: String,
    /// What to measure. Empty for an ad-hoc run.
    pub plan: Plan,
    /// The servers, by [`crate::Target::server`].
    pub ice_servers: Vec<IceServer>,
    /// Two STUN ports of this program's relay, where it has them.
    pub stun_pair: Option<[IceUrl; 2]>,
    /// The witness, where there is one.
    pub witness: Option<Witness>,
    /// The client's address as the server sees it.
    pub client_address: Option<Address>,
    /// The server's clock, in milliseconds since 1970, to judge expiry by.
    pub server_time_ms: u64,
    /// Path of the WebSocket with [`LiveMessage`]s.
    pub live: String,
}

/// How the page reaches the witness: an ICE-lite end without media.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Witness {
    /// Where it listens, as `(address, port)` pairs.
    pub addresses: Vec<(Address, u16)>,
    /// Its `ice-ufrag`: the run's id.
    pub ufrag: String,
    /// Its `ice-pwd`.
    pub pwd: String,
}

impl fmt::Debug for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Witness")
            .field("addresses", &self.addresses)
            .field("ufrag", &self.ufrag)
            .finish_non_exhaustive()
    }
}

/// What the program tells the page while a run is under way. Each message replaces the one of its kind before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "data")]
pub enum LiveMessage {
    /// What the relay has seen of this run so far.
    Sightings(Sightings),
    /// What the program found out itself about one configured server.
    NativeProbe(NativeProbe),
}

/// The body of `POST /api/runs/<run>/report`: what the page measured. The program joins what it saw itself, judges
/// again and answers with the whole [`crate::Report`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportRequest {
    /// Milliseconds from click to the end.
    pub duration_ms: u64,
    /// The page's facts; what it says of sightings and native probes is not believed but for an ad-hoc run, where
    /// there are none.
    pub facts: Facts,
}

/// Every error of the API: `{"error": …}` with a sentence that names the thing and the way out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiError {
    /// The sentence.
    pub error: String,
    /// The reason, where it is one that a person at a page may meet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Refusal>,
}
