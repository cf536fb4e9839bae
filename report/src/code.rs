//! The causes: stable names that scripts, tests and texts rely on. A code may be added, never renamed.

use serde::{Deserialize, Serialize};

macro_rules! codes {
    (
        $($(#[$doc:meta])* $name:ident = $text:literal, $actor:ident;)*
        @ the other end: $($there:ident = $there_text:literal, $here:ident;)*
    ) => {
        /// A cause, by its stable name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
            $(
                #[doc = concat!("`", $there_text, "`: [`Code::", stringify!($here), "`] at the other end of a link.")]
                #[serde(rename = $there_text)] $there,
            )*
        }

        impl Code {
            /// Every code there is; those of the other end last.
            pub const ALL: &[Code] = &[$(Code::$name,)* $(Code::$there),*];

            /// The stable name.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Code::$name => $text,)*
                    $(Code::$there => $there_text),*
                }
            }

            /// Who can mend it.
            pub fn actor(self) -> Actor {
                match self {
                    $(Code::$name => Actor::$actor,)*
                    $(Code::$there)|* => Actor::Partner,
                }
            }

            /// The same at the other end of a link. `None`: it is not a matter of one end, or nobody who has it could
            /// tell of it.
            pub fn at_partner(self) -> Option<Code> {
                match self {
                    $(Code::$here => Some(Code::$there),)*
                    _ => None,
                }
            }

            /// What a `partner-` cause is for the person at the other end. `None`: it is none.
            pub fn of_partner(self) -> Option<Code> {
                match self {
                    $(Code::$there => Some(Code::$here),)*
                    _ => None,
                }
            }
        }
    };
}

impl Code {
    /// It is found where there was a look at microphone and speaker, or a call of two: by no test of one person alone.
    /// Such causes come after all others of one end.
    pub fn is_of_devices_or_pair(self) -> bool {
        self >= Self::PlaybackNotHeard
    }

    /// One measurement shows it, and none that comes later takes it back: it may be told before a run is over. What
    /// rests on several, or on what did not come, waits for all of them.
    pub fn is_lasting(self) -> bool {
        matches!(
            self,
            Self::InsecurePage
                | Self::WebrtcUnavailable
                | Self::Offline
                | Self::ServerNameUnresolved
                | Self::NotATurnServer
                | Self::ServerOpen
                | Self::RealmMissing
                | Self::TlsCertificateExpired
                | Self::TlsCertificateWrongName
                | Self::TlsCertificateUntrusted
                | Self::QuotaReached
                | Self::CapacityReached
        )
    }
}

codes! {
    /// Every transport relays, sound is recognised both ways.
    Good = "good", Nobody;
    /// The page is not in a secure context.
    InsecurePage = "insecure-page", ServerAdmin;
    /// No RTCPeerConnection, or something removes every candidate.
    WebrtcUnavailable = "webrtc-unavailable", You;
    /// A policy of the browser allows no direct UDP.
    WebrtcProxiedOnly = "webrtc-proxied-only", You;
    /// The page lost the network.
    Offline = "offline", YourNetwork;
    /// HTTPS works, WebSocket does not.
    LiveLinkBlocked = "live-link-blocked", YourNetwork;
    /// No UDP reaches the relay from here, TCP or TLS works.
    UdpBlocked = "udp-blocked", YourNetwork;
    /// The relay saw the UDP and answered; nothing came back.
    UdpAnswersLost = "udp-answers-lost", YourNetwork;
    /// Nothing but the web gets out of this network.
    WebOnlyNetwork = "web-only-network", YourNetwork;
    /// The relay's UDP is reachable for nobody.
    ServerUdpClosed = "server-udp-closed", ServerAdmin;
    /// Nothing answers on any transport, for the server's own probe neither.
    ServerUnreachable = "server-unreachable", ServerAdmin;
    /// The host name of the URL does not exist.
    ServerNameUnresolved = "server-name-unresolved", ServerAdmin;
    /// By its address the server relays, by its name it does not: this network hides the name, or misleads.
    ServerNameBlocked = "server-name-blocked", YourNetwork;
    /// The hosting platform forwards web traffic only: no relay can be reached there.
    WebOnlyHost = "web-only-host", ServerAdmin;
    /// Something answers there that is not TURN.
    NotATurnServer = "not-a-turn-server", ServerAdmin;
    /// The server grants relays without credentials, or with wrong ones.
    ServerOpen = "server-open", ServerAdmin;
    /// Authentication is on, the realm is empty: browsers retry for ever.
    RealmMissing = "realm-missing", ServerAdmin;
    /// User or password refused.
    CredentialsWrong = "credentials-wrong", ServerAdmin;
    /// A time-limited credential is over its time.
    CredentialsExpired = "credentials-expired", ServerAdmin;
    /// The clocks of the relay and of whoever issues its credentials disagree.
    ClockWrong = "clock-wrong", ServerAdmin;
    /// The certificate of the TLS relay is over its time, or before it.
    TlsCertificateExpired = "tls-certificate-expired", ServerAdmin;
    /// The certificate of the TLS relay names another host.
    TlsCertificateWrongName = "tls-certificate-wrong-name", ServerAdmin;
    /// Nobody that browsers trust has signed the certificate of the TLS relay.
    TlsCertificateUntrusted = "tls-certificate-untrusted", ServerAdmin;
    /// The certificate is fine at the server, and the client refuses what it is shown.
    TlsIntercepted = "tls-intercepted", YourNetwork;
    /// The user has as many allocations as the server allows (486).
    QuotaReached = "quota-reached", ServerAdmin;
    /// The server has no relayed port left (508).
    CapacityReached = "capacity-reached", ServerAdmin;
    /// The relay refuses to talk to the other end's address (403).
    PeerForbidden = "peer-forbidden", ServerAdmin;
    /// The relay announces a private address.
    RelayAddressPrivate = "relay-address-private", ServerAdmin;
    /// The relay announces an address that is not its own.
    RelayAddressWrong = "relay-address-wrong", ServerAdmin;
    /// Allocations work, nothing reaches the relay's port range.
    RelayPortsClosed = "relay-ports-closed", ServerAdmin;
    /// The allocation vanished during the call.
    RelayLost = "relay-lost", ServerAdmin;
    /// ICE connects, DTLS or large packets do not pass.
    MediaBlocked = "media-blocked", YourNetwork;
    /// Sound passes to you, not from you.
    OneWayFromYou = "one-way-from-you", YourNetwork;
    /// Sound passes from you, not to you.
    OneWayToYou = "one-way-to-you", YourNetwork;
    /// So many packets are lost that speech is hard to follow.
    HeavyLoss = "heavy-loss", YourNetwork;
    /// Sound takes so long that people talk at once.
    HighDelay = "high-delay", YourNetwork;
    /// Packets come so unevenly that speech has gaps, or waits for them.
    HighJitter = "high-jitter", YourNetwork;
    /// The browser does not let the page make or play sound until it is touched.
    PlaybackBlocked = "playback-blocked", You;
    /// Something fails that none of the others explains.
    Unknown = "unknown", Nobody;
    /// It is played, and the person does not hear it.
    PlaybackNotHeard = "playback-not-heard", You;
    /// The person, or a setting of the browser, forbids the page the microphone.
    MicrophoneDenied = "microphone-denied", You;
    /// The page may use the microphone, and the system forbids it to the browser.
    MicrophoneDeniedBySystem = "microphone-denied-by-system", You;
    /// There is no microphone.
    MicrophoneMissing = "microphone-missing", You;
    /// Another program has the microphone, or it fails.
    MicrophoneBusy = "microphone-busy", You;
    /// The microphone is open, and nothing comes from it.
    MicrophoneSilent = "microphone-silent", You;
    /// The two cannot reach each other without a relay, and through it they can.
    DirectImpossible = "direct-impossible", Nobody;

    @ the other end:
    PartnerWebrtcUnavailable = "partner-webrtc-unavailable", WebrtcUnavailable;
    PartnerWebrtcProxiedOnly = "partner-webrtc-proxied-only", WebrtcProxiedOnly;
    PartnerUdpBlocked = "partner-udp-blocked", UdpBlocked;
    PartnerUdpAnswersLost = "partner-udp-answers-lost", UdpAnswersLost;
    PartnerWebOnlyNetwork = "partner-web-only-network", WebOnlyNetwork;
    PartnerServerNameBlocked = "partner-server-name-blocked", ServerNameBlocked;
    PartnerTlsIntercepted = "partner-tls-intercepted", TlsIntercepted;
    PartnerMediaBlocked = "partner-media-blocked", MediaBlocked;
    PartnerOneWayFromYou = "partner-one-way-from-you", OneWayFromYou;
    PartnerOneWayToYou = "partner-one-way-to-you", OneWayToYou;
    PartnerHeavyLoss = "partner-heavy-loss", HeavyLoss;
    PartnerHighDelay = "partner-high-delay", HighDelay;
    PartnerHighJitter = "partner-high-jitter", HighJitter;
    PartnerPlaybackBlocked = "partner-playback-blocked", PlaybackBlocked;
    PartnerPlaybackNotHeard = "partner-playback-not-heard", PlaybackNotHeard;
    PartnerMicrophoneDenied = "partner-microphone-denied", MicrophoneDenied;
    PartnerMicrophoneDeniedBySystem = "partner-microphone-denied-by-system", MicrophoneDeniedBySystem;
    PartnerMicrophoneMissing = "partner-microphone-missing", MicrophoneMissing;
    PartnerMicrophoneBusy = "partner-microphone-busy", MicrophoneBusy;
    PartnerMicrophoneSilent = "partner-microphone-silent", MicrophoneSilent;
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who can mend a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Actor {
    /// The person in front of the page.
    You,
    /// The administrator of the person's network.
    YourNetwork,
    /// The administrator of the service.
    ServerAdmin,
    /// The person at the other end.
    Partner,
    /// There is nothing to mend, or nobody is known.
    Nobody,
}

/// How bad a finding is for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing, harms nothing.
    Information,
    /// A call works, worse than it could.
    Degraded,
    /// A call does not work.
    Broken,
}

/// The verdict in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Everything that was planned was measured and works.
    Good,
    /// A call works, worse than it could.
    Degraded,
    /// A call does not work.
    Broken,
    /// Not enough is known.
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever is offline or has no live link cannot tell the other end of it.
    const UNTOLD: [Code; 2] = [Code::Offline, Code::LiveLinkBlocked];

    #[test]
    fn what_lies_with_a_person_can_lie_with_the_other_one() {
        for &code in Code::ALL {
            let of_one_end = matches!(code.actor(), Actor::You | Actor::YourNetwork);
            let expected = of_one_end && !UNTOLD.contains(&code);
            assert_eq!(code.at_partner().is_some(), expected, "{code}");
            if let Some(there) = code.at_partner() {
                assert_eq!(there.as_str(), format!("partner-{code}"));
                assert_eq!(there.of_partner(), Some(code));
                assert_eq!(there.actor(), Actor::Partner);
            }
        }
    }
}
