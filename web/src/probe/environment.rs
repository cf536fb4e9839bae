//! The page's surroundings.

use super::{
    connection,
    gather::gather_all,
    js::{property, text},
    sound::Sound,
    wait::{Signal, sleep},
};
use crate::browser;
use earshot_report::{
    facts::{CandidateType, Environment, Fact, GatheringOutcome},
    limits,
};
use web_sys::Window;

/// What can be said at once.
pub fn look() -> Environment {
    let Some(window) = web_sys::window() else {
        return Environment::default();
    };
    let navigator = window.navigator();
    let connection = property(&navigator, "connection");
    let network_type = connection.and_then(|connection| {
        text(&connection, "type").or_else(|| text(&connection, "effectiveType"))
    });
    Environment {
        user_agent: navigator.user_agent().ok(),
        languages: browser::languages(),
        secure_context: Fact::from(window.is_secure_context()),
        https_port: https_port(&window),
        webrtc: Fact::from(connection::can_connect()),
        online: Fact::from(browser::is_online()),
        network_type,
        ..Environment::default()
    }
}

/// Browsers leave the usual port of HTTPS away.
fn https_port(window: &Window) -> Option<u16> {
    let location = window.location();
    let is_https = location.protocol().is_ok_and(|it| it == "https:");
    let port = location.port().ok().filter(|_| is_https)?;
    port.parse().ok().or(Some(443))
}

/// The candidates of a connection without any server, until `give_up`.
pub async fn host_candidates(give_up: &Signal) -> Option<u16> {
    let gathering = gather_all(&[], give_up).await;
    if gathering.outcome != GatheringOutcome::Complete {
        return None;
    }
    let hosts = gathering.candidates.iter();
    let hosts = hosts.filter(|candidate| candidate.candidate_type == CandidateType::Host);
    u16::try_from(hosts.count()).ok()
}

/// Whether the browser lets `sound` run; a device that has to wake up is waited for.
pub async fn audio_runs(sound: Option<&Sound>) -> Fact {
    let Some(sound) = sound else {
        return Fact::No;
    };
    for _ in 0..limits::AUDIO_START_MS / limits::LOOK_MS {
        if sound.is_running() {
            return Fact::Yes;
        }
        sleep(limits::LOOK_MS).await;
    }
    Fact::from(sound.is_running())
}
