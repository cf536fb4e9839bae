//! The start page: the test and its report. A page runs in a browser only; elsewhere this binary is empty.
#![cfg_attr(target_family = "wasm", no_main)]

#[cfg(target_family = "wasm")]
use earshot_web::{app::App, locale::keys, open};
#[cfg(target_family = "wasm")]
use wasm_bindgen::prelude::*;

/// What the boot script calls: see [`open`].
///
/// # Errors
/// As [`open`].
#[cfg(target_family = "wasm")]
#[wasm_bindgen]
pub fn start(language: &str, texts: String, source: js_sys::Function) -> Result<(), JsValue> {
    open::<App>(language, texts, keys::COUNT, source)
}

#[cfg(not(target_family = "wasm"))]
fn main() {}
