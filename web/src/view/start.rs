//! The start: one large button.

use super::{Action, HEADING, Scene};
use crate::{locale::keys, state::Msg};
use yew::prelude::*;

/// Screen 1.
pub(super) fn screen(scene: &Scene) -> Html {
    html! {
        <section class="start">
            <h1 id={HEADING} tabindex="-1">{ scene.text(keys::START_TITLE) }</h1>
            <p class="lead">{ scene.text(keys::START_LEAD) }</p>
            <p>{ scene.button("primary large", "test", keys::START_BUTTON, || Action::Tell(Msg::Start)) }</p>
            <p class="promise">{ scene.text(keys::START_PROMISE) }</p>
            <p>{ scene.button("quiet", "other-server", keys::START_OTHER, || Action::Tell(Msg::OpenForm)) }</p>
        </section>
    }
}
