//! The page's surroundings.

use super::super::Scene;
use crate::{
    locale::{Key, keys},
    state::Run,
};
use earshot_report::facts::{Fact, NatMapping};
use yew::prelude::*;

/// The surroundings of `run`.
pub(super) fn section(run: &Run, scene: &Scene) -> Html {
    let environment = &run.facts.environment;
    let fact = |key: Key, fact: Fact| (key, scene.fact(fact));
    let words = |key: Key, words: Option<String>| {
        let value = words.map(|words| html! { { words } });
        (
            key,
            value.unwrap_or_else(|| scene.unmeasured(keys::VALUE_UNKNOWN)),
        )
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
    let row = |(key, value): (Key, Html)| {
        html! { <><dt>{ scene.text(key) }</dt><dd>{ value }</dd></> }
    };
    html! {
        <section>
            <h2>{ scene.text(keys::DETAILS_ENVIRONMENT) }</h2>
            <dl>{ for rows.into_iter().map(row) }</dl>
        </section>
    }
}
