//! An RTCPeerConnection that tells what happens by a stream, and ends when it is dropped.

use super::js;
use futures_channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use gloo_events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    MediaStream, MediaStreamTrack, RtcConfiguration, RtcIceCandidate, RtcIceCandidateInit,
    RtcIceConnectionState, RtcIceGatheringState, RtcIceServer, RtcIceTransportPolicy,
    RtcPeerConnection, RtcPeerConnectionIceEvent, RtcPeerConnectionState, RtcSdpType,
    RtcSessionDescriptionInit, RtcTrackEvent,
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
    /// Its state is another.
    State,
    /// The other end sends this.
    Track(MediaStreamTrack),
}

/// One end of a call. Dropping it closes it.
pub(crate) struct Connection {
    peer: RtcPeerConnection,
    _listeners: [EventListener; 6],
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.peer.close();
    }
}

impl Connection {
    /// A connection that knows these servers, and what it will tell.
    ///
    /// # Errors
    /// The browser's words, where it does not accept a URL or a credential.
    pub(crate) fn new(
        servers: &[Server],
        policy: Policy,
    ) -> Result<(Self, UnboundedReceiver<PeerEvent>), String> {
        let peer = RtcPeerConnection::new_with_configuration(&configuration(servers, policy))
            .map_err(|error| js::words(&error))?;
        let (tell, events) = unbounded();
        let connection = Self {
            _listeners: listeners(&peer, &tell),
            peer,
        };
        Ok((connection, events))
    }

    /// Makes gathering begin: with a data channel, which every browser accepts as a reason to.
    pub(crate) async fn gather(&self) -> Result<(), String> {
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
    pub(crate) async fn offer(&self) -> Result<String, String> {
        let offer = settled(self.peer.create_offer()).await?;
        self.take_local(offer).await
    }

    /// An answer to `offer`, which is the local description from now on.
    pub(crate) async fn answer(&self, offer: &str) -> Result<String, String> {
        self.take_remote(RtcSdpType::Offer, offer).await?;
        let answer = settled(self.peer.create_answer()).await?;
        self.take_local(answer).await
    }

    /// Takes the other end's answer.
    pub(crate) async fn accept(&self, answer: &str) -> Result<(), String> {
        self.take_remote(RtcSdpType::Answer, answer).await
    }

    /// Takes a candidate of the other end. One that the browser does not like is none: that is not an error here.
    pub(crate) fn add_candidate(&self, line: &str) {
        let init = RtcIceCandidateInit::new(line);
        init.set_sdp_m_line_index(Some(0));
        let added = self
            .peer
            .add_ice_candidate_with_opt_rtc_ice_candidate_init(Some(&init));
        ignore(added);
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

    /// The browser's statistics.
    pub(crate) async fn stats(&self) -> Result<js_sys::Map, String> {
        let report = settled(self.peer.get_stats()).await?;
        // A map by its methods, not by its class.
        Ok(report.unchecked_into())
    }

    async fn take_local(&self, made: JsValue) -> Result<String, String> {
        let sdp = js::text(&made, "sdp").unwrap_or_default();
        settled(self.peer.set_local_description(made.unchecked_ref())).await?;
        Ok(sdp)
    }

    async fn take_remote(&self, kind: RtcSdpType, sdp: &str) -> Result<(), String> {
        let description = RtcSessionDescriptionInit::new(kind);
        description.set_sdp(sdp);
        settled(self.peer.set_remote_description(&description)).await?;
        Ok(())
    }
}

/// Whether this browser makes connections at all.
pub(crate) fn can_connect() -> bool {
    let made = web_sys::window()
        .is_some_and(|window| js::has_function(&window, "RTCPeerConnection"))
        .then(RtcPeerConnection::new);
    match made {
        Some(Ok(peer)) => {
            peer.close();
            true
        }
        Some(Err(_)) | None => false,
    }
}

async fn settled(promise: js_sys::Promise) -> Result<JsValue, String> {
    JsFuture::from(promise)
        .await
        .map_err(|error| js::words(&error))
}

/// Lets a promise end as it may; a rejection that nobody takes would be written to the console as an error.
pub(super) fn ignore(promise: js_sys::Promise) {
    wasm_bindgen_futures::spawn_local(async move {
        let _ = JsFuture::from(promise).await;
    });
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

fn listeners(peer: &RtcPeerConnection, tell: &UnboundedSender<PeerEvent>) -> [EventListener; 6] {
    let listener =
        |name: &'static str, event: fn(&RtcPeerConnection, &JsValue) -> Option<PeerEvent>| {
            let (tell, peer_now) = (tell.clone(), peer.clone());
            EventListener::new(peer, name, move |what| {
                if let Some(event) = event(&peer_now, what) {
                    // Nobody listens any more: the probe has ended.
                    let _ = tell.unbounded_send(event);
                }
            })
        };
    [
        listener("icecandidate", |_, what| {
            let what: &RtcPeerConnectionIceEvent = what.unchecked_ref();
            match what.candidate() {
                // An empty candidate marks the end of one generation, as null does.
                Some(candidate) if candidate.candidate().is_empty() => None,
                Some(candidate) => Some(PeerEvent::Candidate(candidate)),
                None => Some(PeerEvent::GatheringComplete),
            }
        }),
        listener("icecandidateerror", |_, what| {
            Some(PeerEvent::Error {
                code: js::count(what, "errorCode").unwrap_or_default() as u16,
                text: js::text(what, "errorText").unwrap_or_default(),
            })
        }),
        listener("icegatheringstatechange", |peer, _| {
            (peer.ice_gathering_state() == RtcIceGatheringState::Complete)
                .then_some(PeerEvent::GatheringComplete)
        }),
        listener("connectionstatechange", |_, _| Some(PeerEvent::State)),
        listener("iceconnectionstatechange", |_, _| Some(PeerEvent::State)),
        listener("track", |_, what| {
            let what: &RtcTrackEvent = what.unchecked_ref();
            Some(PeerEvent::Track(what.track()))
        }),
    ]
}
