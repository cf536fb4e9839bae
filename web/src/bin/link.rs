//! The second page: a link at both its sides, the check of microphone and speaker, and a saved report, which may be of
//! either. A page runs in a browser only; elsewhere this binary is empty.
#![cfg_attr(target_family = "wasm", no_main)]

#[cfg(target_family = "wasm")]
use earshot_web::{app::App, browser, link::LinkApp, locale::keys, open};
#[cfg(target_family = "wasm")]
use wasm_bindgen::prelude::*;

/// What the boot script calls: see [`open`].
///
/// # Errors
/// As [`open`].
#[cfg(target_family = "wasm")]
#[wasm_bindgen]
pub fn start(language: &str, texts: String, source: js_sys::Function) -> Result<(), JsValue> {
    let count = keys::link::COUNT;
    match browser::location().0.starts_with("/r/") {
        true => open::<App>(language, texts, count, source),
        false => open::<LinkApp>(language, texts, count, source),
    }
}

#[cfg(not(target_family = "wasm"))]
fn main() {}
