//! The page: asks for a plan, runs the probes in the browser, shows the verdict.
//!
//! [`state`] is a pure reducer. `probe` is the only code that touches WebRTC and WebAudio,
//! [`browser`] the only other code that touches the browser. `view` draws the state.
//!
//! For tests of another project there is [`probe()`](fn@probe): the same probes, in one call. It needs nothing of the
//! pages, so without the feature `page` they are left out.

pub mod api;
#[cfg(feature = "page")]
pub mod app;
pub mod browser;
pub mod json;
#[cfg(feature = "page")]
pub mod link;
pub mod live;
#[cfg(feature = "page")]
pub mod locale;
#[cfg(feature = "page")]
pub mod outlets;
#[cfg(feature = "page")]
pub mod owner;
pub mod probe;
mod probing;
pub mod report_file;
pub mod runner;
pub mod state;
#[cfg(feature = "page")]
pub mod summary;
pub mod update;
#[cfg(feature = "page")]
pub mod view;

// Where the page runs its tests do.
#[cfg(all(test, target_family = "wasm"))]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

/// Facts, findings and verdict, as [`probe()`](fn@probe) returns them.
pub use earshot_report as report;
pub use probing::{Outcome, ProbeError, ProbeRequest, probe};

/// What a page is started with.
#[cfg(feature = "page")]
#[derive(Clone, Debug, PartialEq, yew::Properties)]
pub struct Props {
    /// The language it speaks first.
    pub speech: locale::Speech,
}

/// Draws a page into the element `app`, in the language of this tag with its `count` texts, as the boot script fetched
/// them; `source` is its function that fetches those of another language.
///
/// # Errors
/// The texts are not whole. The boot script says so.
#[cfg(feature = "page")]
pub fn open<Page: yew::Component<Properties = Props>>(
    language: &str,
    texts: String,
    count: usize,
    source: js_sys::Function,
) -> Result<(), wasm_bindgen::JsValue> {
    console_error_panic_hook::set_once();
    let source = browser::TextSource::new(source);
    let speech =
        locale::Speech::new(language, texts, count, source).ok_or("the texts are not whole")?;
    let root = browser::element("app").ok_or("there is no element for the page")?;
    root.set_text_content(None);
    yew::Renderer::<Page>::with_root_and_props(root, Props { speech }).render();
    Ok(())
}
