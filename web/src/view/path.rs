//! The picture: You — your network — relay — the other side.

use super::{
    Scene,
    element::{Element, element},
    icons,
};
use crate::{
    locale::{Key, keys},
    state::{Hop, Lane, Light, Path, Run},
};

const NODES: [Key; 4] = [
    keys::PATH_YOU,
    keys::PATH_NETWORK,
    keys::PATH_RELAY,
    keys::PATH_OTHER,
];

/// The picture of `run`.
pub(crate) fn picture(run: &Run, scene: &Scene) -> Element {
    picture_named(run, &NODES, scene)
}

/// The same, with other names of the four places: it may be somebody else's run.
pub(crate) fn picture_named(run: &Run, names: &[Key; 4], scene: &Scene) -> Element {
    let path = Path::of(run);
    draw(names, &[0, 1, 2, 3], &path.nodes, &path.hops, scene)
}

/// A picture of places with these names, signs ([`icons::node`]) and lights, and of the ways between them.
pub(crate) fn draw(
    names: &[Key],
    signs: &[usize],
    nodes: &[Light],
    hops: &[Hop],
    scene: &Scene,
) -> Element {
    let mut list = element("ol")
        .class("path")
        .set("aria-label", scene.text(keys::PATH_TITLE));
    for (index, light) in nodes.iter().enumerate() {
        if let Some(before) = index.checked_sub(1) {
            list = list.with(hop(&hops[before], [names[before], names[index]], scene));
        }
        list = list.with(node(*light, names[index], signs[index], scene));
    }
    list
}

fn node(light: Light, name: Key, sign: usize, scene: &Scene) -> Element {
    let hurt = matches!(light, Light::Poor | Light::Broken);
    let face = element("span").class("face").with(icons::node(sign));
    let name = scene.say("span", "name", name);
    element("li")
        .class(format!("node {}", class(light)))
        .with(face.each(icons::badge(light)))
        .with(name.each(hurt.then(|| scene.say("span", "where", word(light)))))
}

fn hop(hop: &Hop, [here, there]: [Key; 2], scene: &Scene) -> Element {
    element("li")
        .class("hop")
        .with(lane(hop.out, "out", [here, there], scene))
        .with(lane(hop.back, "back", [there, here], scene))
}

fn lane(lane: Lane, way: &str, [from, to]: [Key; 2], scene: &Scene) -> Element {
    let words = scene.locale.fill(
        keys::PATH_LANE,
        &[
            ("from", scene.text(from)),
            ("to", scene.text(to)),
            ("state", scene.text(word(lane.light))),
        ],
    );
    let line = element("span")
        .class("line")
        .set("aria-hidden", "true")
        .each(icons::badge(lane.light));
    let bars = (0..Lane::STEPS).map(|step| {
        let bar = element("i");
        if step < lane.level {
            bar.class("lit")
        } else {
            bar
        }
    });
    let meter = element("span")
        .class(if lane.level > 0 {
            "meter sounding"
        } else {
            "meter"
        })
        .set("aria-hidden", "true")
        .each(bars);
    element("span")
        .class(format!("lane {way} {}", class(lane.light)))
        .with(element("span").class("unseen").text(words))
        .with(line)
        .with(meter)
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
