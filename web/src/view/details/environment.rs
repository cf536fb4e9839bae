//! The page's surroundings.

use super::{
    super::{
        Scene,
        element::{Element, element},
    },
    fact, words,
};
use crate::{locale::keys, state::Run};
use earshot_report::facts::NatMapping;

/// The surroundings of `run`.
pub(crate) fn section(run: &Run, scene: &Scene) -> Element {
    let environment = &run.facts.environment;
    let fact = |key, it| fact(key, it, scene);
    let words = |key, it| words(key, it, scene);
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
