//! The page: asks for a plan, runs the probes in the browser, shows the verdict.
//!
//! [`state`] is a pure reducer, tested natively. `probe` is the only code that touches WebRTC and WebAudio,
//! [`browser`] the only other code that touches the browser. [`view`] draws the state.

pub mod api;
pub mod app;
pub mod browser;
pub mod json;
pub mod live;
pub mod locale;
pub mod probe;
pub mod report_file;
pub mod runner;
pub mod state;
pub mod summary;
pub mod update;
pub mod view;

/// Draws the page into the element `app`; where there is none (a test of the probes) nothing is drawn.
#[cfg(target_family = "wasm")]
#[wasm_bindgen::prelude::wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
    if let Some(root) = browser::element("app") {
        root.set_text_content(None);
        yew::Renderer::<app::App>::with_root(root).render();
    }
}
