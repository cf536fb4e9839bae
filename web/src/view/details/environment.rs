//! The page's surroundings.

use super::super::{
    Scene,
    element::{Element, element},
};
use crate::{
    locale::{Key, keys},
    state::Run,
};
use earshot_report::facts::{Fact, NatMapping};

/// The surroundings of `run`.
pub(super) fn section(run: &Run, scene: &Scene) -> Element {
    let environment = &run.facts.environment;
    let fact = |key: Key, fact: Fact| {
        let value = element("dd");
        let value = match fact {
            Fact::Yes => value.text(scene.text(keys::VALUE_YES)),
            Fact::No => value.with(scene.plain("strong", keys::VALUE_NO)),
            Fact::NotMeasured => value.with(scene.unmeasured(keys::VALUE_UNKNOWN)),
        };
        [scene.plain("dt", key), value]
    };
    let words = |key: Key, words: Option<String>| {
        let value = element("dd");
        let value = match words {
            Some(words) => value.text(words),
            None => value.with(scene.unmeasured(keys::VALUE_UNKNOWN)),
        };
        [scene.plain("dt", key), value]
    };
    let nat = environment.nat_mapping.map(|mapping| {
        scene.locale.text(match mapping {
            NatMapping::None => keys::NAT_NONE,
            NatMapping::EndpointIndependent => keys::NAT_INDEPENDENT,
            NatMapping::EndpointDependent => keys::NAT_DEPENDENT,
        })
    });
    let address = environment.client_address.as_ref();
    let rows = [
        words(keys::ENV_BROWSER, environment.user_agent.clone()),
        fact(keys::ENV_SECURE, environment.secure_context),
        fact(keys::ENV_WEBRTC, environment.webrtc),
        fact(keys::ENV_AUDIO, environment.audio_context_running),
        fact(keys::ENV_API, environment.api_reachable),
        fact(keys::ENV_LIVE, environment.live_link),
        fact(keys::ENV_ONLINE, environment.online),
        words(keys::ENV_NETWORK_TYPE, environment.network_type.clone()),
        words(keys::ENV_ADDRESS, address.map(ToString::to_string)),
        words(keys::ENV_NAT, nat.map(str::to_owned)),
        words(
            keys::ENV_DURATION,
            run.duration_ms.map(|ms| scene.ms(ms as f64)),
        ),
    ];
    element("section")
        .with(scene.plain("h2", keys::DETAILS_ENVIRONMENT))
        .with(element("dl").each(rows.into_iter().flatten()))
}
