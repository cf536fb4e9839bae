//! An RTCPeerConnection that tells what happens, one thing after another, and ends when it is dropped.

use super::{
    js,
    wait::{Events, Signal},
};
use earshot_report::{Scheme, Target, api::IceServer};
use std::task::{Context, Poll};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
pub(crate) use web_sys::RtcSessionDescriptionInit as Description;
use web_sys::{
    Event, MediaStream, MediaStreamTrack, RtcConfiguration, RtcIceCandidate, RtcIceCandidateInit,
    RtcIceConnectionState, RtcIceServer, RtcIceTransportPolicy, RtcPeerConnection,
    RtcPeerConnectionIceEvent, RtcPeerConnectionState, RtcRtpSender, RtcTrackEvent,
};

/// One URL and what it takes to use it. Its `Debug` does not show the credential.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Server {
    /// The URL.
    pub url: String,
    /// The user name, for TURN.
    pub username: Option<String>,
    /// The password, for TURN.
    pub credential: Option<String>,
}

impl Server {
    /// A server that wants no credential.
    pub fn open(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            ..Self::default()
        }
    }

    /// What it takes to use `target`, a target of a run with these servers.
    pub fn of(target: &Target, servers: &[IceServer]) -> Self {
        let server = servers.get(usize::from(target.server));
        let of = |part: fn(&IceServer) -> &Option<String>| match target.url.scheme {
            // Chromium does not mind credentials for STUN, but what nobody asks for is not given.
            Scheme::Stun => None,
            Scheme::Turn => server.and_then(|server| part(server).clone()),
        };
        Self {
            url: target.url.to_string(),
            username: of(|server| &server.username),
            credential: of(|server| &server.credential),
        }
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("url", &self.url)
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

/// Which candidates a connection may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    /// Any.
    All,
    /// Relayed ones only.
    Relay,
}

/// What is listened to.
const EVENTS: [&str; 5] = [
    "icecandidate",
    "icecandidateerror",
    "connectionstatechange",
    "iceconnectionstatechange",
    "track",
];

/// What a connection tells.
pub(crate) enum PeerEvent {
    /// It has found a candidate.
    Candidate(RtcIceCandidate),
    /// `icecandidateerror`.
    Error {
        /// A STUN error code, or 701.
        code: u16,
        /// The browser's words.
        text: String,
    },
    /// It has found all its candidates.
    GatheringComplete,
    /// One of its states is another.
    State,
    /// The other end sends this.
    Track(MediaStreamTrack),
}

/// One end of a call. Dropping it closes it.
pub(crate) struct Connection {
    peer: RtcPeerConnection,
    events: Events,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.peer.close();
    }
}

impl Connection {
    /// A connection that knows these servers.
    ///
    /// # Errors
    /// The browser does not accept a URL or a credential.
    pub(crate) fn new(servers: &[Server], policy: Policy) -> Result<Self, JsValue> {
        let peer = RtcPeerConnection::new_with_configuration(&configuration(servers, policy))?;
        let events = Events::of(&peer, &EVENTS);
        Ok(Self { peer, events })
    }

    /// Waits for what happens next; `None`: one of `limits` was given before.
    pub(crate) async fn next(&self, limits: &[&Signal]) -> Option<PeerEvent> {
        let event = self.events.next(limits).await?;
        Some(self.read(&event))
    }

    /// Ready when something has happened.
    pub(crate) fn poll_next(&self, cx: &mut Context<'_>) -> Poll<PeerEvent> {
        self.events.poll(cx).map(|event| self.read(&event))
    }

    fn read(&self, event: &Event) -> PeerEvent {
        match event.type_().as_str() {
            "icecandidate" => {
                let event: &RtcPeerConnectionIceEvent = event.unchecked_ref();
                match event.candidate() {
                    // An empty candidate marks the end of one generation, as null does.
                    Some(candidate) if candidate.candidate().is_empty() => PeerEvent::State,
                    Some(candidate) => PeerEvent::Candidate(candidate),
                    // The last word of a gathering. Its state would come too early: it is read when the event is taken up,
                    // and by then candidates may wait behind an older change of it.
                    None => PeerEvent::GatheringComplete,
                }
            }
            "icecandidateerror" => PeerEvent::Error {
                code: js::count(event, "errorCode").unwrap_or_default() as u16,
                text: js::text(event, "errorText").unwrap_or_default(),
            },
            "track" => {
                let event: &RtcTrackEvent = event.unchecked_ref();
                PeerEvent::Track(event.track())
            }
            _ => PeerEvent::State,
        }
    }

    /// Makes gathering begin: with a data channel, which every browser accepts as a reason to.
    pub(crate) async fn gather(&self) -> Result<(), JsValue> {
        self.peer.create_data_channel("");
        self.offer().await.map(drop)
    }

    /// Sends `track` to the other end; without one, silence that is never sent.
    pub(crate) fn send_audio(&self, track: Option<(&MediaStreamTrack, &MediaStream)>) {
        match track {
            Some((track, stream)) => {
                self.peer.add_track_0(track, stream);
            }
            None => {
                self.peer.add_transceiver_with_str("audio");
            }
        }
    }

    /// An offer, which is the local description from now on.
    pub(crate) async fn offer(&self) -> Result<Description, JsValue> {
        let offer = JsFuture::from(self.peer.create_offer()).await?;
        self.take_local(offer).await
    }

    /// An answer to `offer`, which is the local description from now on.
    pub(crate) async fn answer(&self, offer: &Description) -> Result<Description, JsValue> {
        self.accept(offer).await?;
        let answer = JsFuture::from(self.peer.create_answer()).await?;
        self.take_local(answer).await
    }

    async fn take_local(&self, made: JsValue) -> Result<Description, JsValue> {
        let made = made.unchecked_into::<Description>();
        JsFuture::from(self.peer.set_local_description(&made)).await?;
        Ok(made)
    }

    /// Takes the other end's description.
    pub(crate) fn accept(&self, description: &Description) -> JsFuture {
        self.peer.set_remote_description(description).into()
    }

    /// Takes a candidate of the other end. One that the browser does not like is none: that is not an error here.
    pub(crate) fn add_candidate(&self, line: &str) {
        let init = RtcIceCandidateInit::new(line);
        init.set_sdp_m_line_index(Some(0));
        let added = self
            .peer
            .add_ice_candidate_with_opt_rtc_ice_candidate_init(Some(&init));
        js::ignore(added);
    }

    /// Sends `track` in place of what was sent; `None`: nothing any more. The other end needs to know nothing of it.
    pub(crate) fn replace_audio(&self, track: Option<&MediaStreamTrack>) {
        for sender in self.peer.get_senders().iter() {
            let sender: RtcRtpSender = sender.unchecked_into();
            js::ignore(sender.replace_track(track));
        }
    }

    /// Where the whole of it is.
    pub(crate) fn state(&self) -> RtcPeerConnectionState {
        self.peer.connection_state()
    }

    /// ICE has a working pair. Stays true for a while after the pair has broken.
    pub(crate) fn ice_is_connected(&self) -> bool {
        matches!(
            self.peer.ice_connection_state(),
            RtcIceConnectionState::Connected | RtcIceConnectionState::Completed
        )
    }

    /// The browser's statistics: a map by its methods, not by its class.
    pub(crate) fn stats(&self) -> JsFuture {
        self.peer.get_stats().into()
    }
}

/// Whether this browser makes connections at all; where it does not even know the word, making one fails too.
pub(crate) fn can_connect() -> bool {
    RtcPeerConnection::new().is_ok_and(|peer| {
        peer.close();
        true
    })
}

fn configuration(servers: &[Server], policy: Policy) -> RtcConfiguration {
    let list = js_sys::Array::new();
    for server in servers {
        let entry = RtcIceServer::new();
        entry.set_urls_str(&server.url);
        if let Some(username) = &server.username {
            entry.set_username(username);
        }
        if let Some(credential) = &server.credential {
            entry.set_credential(credential);
        }
        list.push(&entry);
    }
    let configuration = RtcConfiguration::new();
    configuration.set_ice_servers(&list);
    if policy == Policy::Relay {
        configuration.set_ice_transport_policy(RtcIceTransportPolicy::Relay);
    }
    configuration
}
