//! The picture: You — your network — relay — the other side.

use super::{Scene, icons};
use crate::{
    locale::{Key, keys},
    state::{Hop, Lane, Light, Path, Run},
};
use yew::prelude::*;

const NODES: [Key; 4] = [
    keys::PATH_YOU,
    keys::PATH_NETWORK,
    keys::PATH_RELAY,
    keys::PATH_OTHER,
];

/// The picture of `run`.
pub(super) fn picture(run: &Run, scene: &Scene) -> Html {
    let path = Path::of(run);
    let nodes = (0..path.nodes.len()).map(|index| {
        let before = index.checked_sub(1).and_then(|hop| path.hops.get(hop));
        html! {
            <>
                if let Some(one) = before { { hop(one, index - 1, scene) } }
                { node(path.nodes[index], index, scene) }
            </>
        }
    });
    html! {
        <ol class="path" aria-label={scene.locale.text(keys::PATH_TITLE).to_owned()}>{ for nodes }</ol>
    }
}

fn node(light: Light, index: usize, scene: &Scene) -> Html {
    let hurt = matches!(light, Light::Poor | Light::Broken);
    html! {
        <li class={classes!("node", class(light))}>
            <span class="face">{ icons::node(index) }{ icons::badge(light) }</span>
            <span class="name">
                { scene.text(NODES[index]) }
                if hurt { <span class="where">{ scene.text(word(light)) }</span> }
            </span>
        </li>
    }
}

fn hop(hop: &Hop, index: usize, scene: &Scene) -> Html {
    let [here, there] = [NODES[index], NODES[index + 1]];
    html! {
        <li class="hop">
            { lane(hop.out, "out", [here, there], scene) }
            { lane(hop.back, "back", [there, here], scene) }
        </li>
    }
}

fn lane(lane: Lane, way: &'static str, [from, to]: [Key; 2], scene: &Scene) -> Html {
    let words = scene.locale.fill(
        keys::PATH_LANE,
        &[
            ("from", scene.locale.text(from)),
            ("to", scene.locale.text(to)),
            ("state", scene.locale.text(word(lane.light))),
        ],
    );
    let bar = |step: u8| html! { <i class={(step < lane.level).then_some("lit")}></i> };
    html! {
        <span class={classes!("lane", way, class(lane.light))}>
            <span class="unseen">{ words }</span>
            <span class="line" aria-hidden="true">{ icons::badge(lane.light) }</span>
            <span class={classes!("meter", (lane.level > 0).then_some("sounding"))} aria-hidden="true">
                { for (0..Lane::STEPS).map(bar) }
            </span>
        </span>
    }
}

fn word(light: Light) -> Key {
    match light {
        Light::Idle => keys::LIGHT_IDLE,
        Light::Trying => keys::LIGHT_TRYING,
        Light::Proved => keys::LIGHT_PROVED,
        Light::Poor => keys::LIGHT_POOR,
        Light::Broken => keys::LIGHT_BROKEN,
    }
}

fn class(light: Light) -> &'static str {
    match light {
        Light::Idle => "idle",
        Light::Trying => "trying",
        Light::Proved => "proved",
        Light::Poor => "poor",
        Light::Broken => "broken",
    }
}
