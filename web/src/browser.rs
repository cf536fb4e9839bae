//! The page's few doors to the browser: address bar, clipboard, share sheet, download, languages. Each does nothing
//! where the browser lacks it.

use crate::probe::{ignore, words};
use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, Blob, BlobPropertyBag, Document, Element, Headers, HtmlAnchorElement,
    HtmlDocument, HtmlElement, HtmlTextAreaElement, RequestInit, Response, Storage, Url, Window,
};

const LANGUAGE: &str = "language";

fn window() -> Option<Window> {
    web_sys::window()
}

fn document() -> Option<Document> {
    window()?.document()
}

/// There is a page around this code: neither a worker nor something without a browser.
pub fn is_page() -> bool {
    document().is_some()
}

/// The element of this id.
pub fn element(id: &str) -> Option<Element> {
    document()?.get_element_by_id(id)
}

/// Gives the element of this id the focus.
pub fn focus(id: &str) {
    if let Some(element) = element(id).and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Sets an attribute of `<html>`, or takes it away. What it is already is not set: a language that is set, be it the same,
/// makes browsers work out the style of the whole page anew.
pub fn set_root_attribute(name: &str, value: Option<&str>) {
    let Some(root) = document().and_then(|document| document.document_element()) else {
        return;
    };
    if root.get_attribute(name).as_deref() == value {
        return;
    }
    let _ = match value {
        Some(value) => root.set_attribute(name, value),
        None => root.remove_attribute(name),
    };
}

/// Sets the title of the page, if it is another one: browsers tell their windows of each.
pub fn set_title(title: &str) {
    if let Some(document) = document()
        && document.title() != title
    {
        document.set_title(title);
    }
}

/// The path and the query of the address bar.
pub fn location() -> (String, String) {
    let read = || {
        let location = window()?.location();
        Some((location.pathname().ok()?, location.search().ok()?))
    };
    read().unwrap_or_default()
}

/// What stands after the `#` of the address bar.
pub fn fragment() -> String {
    let read = || window()?.location().hash().ok();
    let hash = read().unwrap_or_default();
    hash.strip_prefix('#').unwrap_or_default().to_owned()
}

/// 128 random bits or more, as letters; `None`: this browser has no source of them.
pub fn random_name() -> Option<String> {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz012345";
    let window = window()?;
    let crypto = Reflect::get(&window, &"crypto".into()).ok()?;
    let bytes = js_sys::Uint8Array::new_with_length(32);
    method(&crypto, "getRandomValues")?
        .call1(&crypto, &bytes)
        .ok()?;
    // Five bits of each.
    let letter = |byte: u8| char::from(LETTERS[usize::from(byte % 32)]);
    Some(bytes.to_vec().into_iter().map(letter).collect())
}

/// The address of `path` on this page's server.
pub fn absolute(path: &str) -> String {
    let origin = window().and_then(|window| window.location().origin().ok());
    format!("{}{path}", origin.unwrap_or_default())
}

/// Shows `path` in the address bar, without loading it and without a new entry in the history.
pub fn show_path(path: &str) {
    if let Some(history) = window().and_then(|window| window.history().ok()) {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(path));
    }
}

/// The browser knows of a network.
pub fn is_online() -> bool {
    window().is_none_or(|window| window.navigator().on_line())
}

/// Until this event happens to the window.
pub async fn happens(event: &str) {
    let told = Promise::new(&mut |resolve, _| {
        if let Some(window) = window() {
            let _ = window.add_event_listener_with_callback(event, &resolve);
        }
    });
    let _ = JsFuture::from(told).await;
}

/// Opens `path` of this page's server.
pub fn open_path(path: &str) {
    if let Some(window) = window() {
        let _ = window.location().assign(path);
    }
}

/// The languages that the person prefers, the first choice first.
pub fn languages() -> Vec<String> {
    let Some(window) = window() else {
        return Vec::new();
    };
    let tags = window.navigator().languages();
    tags.iter().filter_map(|tag| tag.as_string()).collect()
}

/// This is Firefox, or built on its engine. Others only say that they are like it.
pub fn is_gecko() -> bool {
    let agent = window().and_then(|window| window.navigator().user_agent().ok());
    agent.is_some_and(|agent| agent.contains("Gecko/"))
}

/// The device has a touch screen.
pub fn has_touch() -> bool {
    window().is_some_and(|window| window.navigator().max_touch_points() > 0)
}

/// Has the `select` of this id show the option with this value.
pub fn choose(id: &str, value: &str) {
    if let Some(select) = element(id) {
        let _ = Reflect::set(&select, &"value".into(), &value.into());
    }
}

fn storage() -> Option<Storage> {
    window()?.local_storage().ok()?
}

/// Remembers the language chosen; the boot script asks for it.
pub fn remember_language(tag: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(LANGUAGE, tag);
    }
}

/// What this tab keeps under `name`, also over a reload. `None` too where the browser keeps nothing for this page.
pub fn kept_in_tab(name: &str) -> Option<String> {
    tab_storage()?.get_item(name).ok()?
}

/// The browser keeps something for this page as long as the tab is open.
pub fn keeps_in_tab() -> bool {
    tab_storage().is_some()
}

/// Keeps `value` under `name` as long as the tab is open; `false`: the browser keeps nothing for this page.
pub fn keep_in_tab(name: &str, value: &str) -> bool {
    tab_storage().is_some_and(|storage| storage.set_item(name, value).is_ok())
}

fn tab_storage() -> Option<Storage> {
    window()?.session_storage().ok()?
}

/// The boot script's function that fetches the texts of a language.
#[derive(Clone, Debug, PartialEq)]
pub struct TextSource(Function);

impl TextSource {
    /// A function from a language's tag to a promise of its texts.
    pub fn new(function: Function) -> Self {
        Self(function)
    }

    /// The texts of the language of this tag; `None`: they did not come.
    pub async fn fetch(&self, tag: &str) -> Option<String> {
        let promise = self.0.call1(&JsValue::NULL, &tag.into()).ok()?;
        let texts = JsFuture::from(promise.dyn_into::<Promise>().ok()?).await;
        texts.ok()?.as_string()
    }
}

/// A method that this browser may lack.
fn method(object: &JsValue, name: &str) -> Option<Function> {
    Reflect::get(object, &name.into()).ok()?.dyn_into().ok()
}

/// Puts `text` on the clipboard; `false` when the browser does not allow it.
pub async fn copy(text: &str) -> bool {
    copy_by_clipboard(text).await || copy_by_selection(text).is_some()
}

async fn copy_by_clipboard(text: &str) -> bool {
    let promise = || {
        let navigator = window()?.navigator();
        // Absent on plain http.
        let clipboard = Reflect::get(&navigator, &"clipboard".into()).ok()?;
        let write = method(&clipboard, "writeText")?;
        let promise = write.call1(&clipboard, &text.into()).ok()?;
        promise.dyn_into::<Promise>().ok()
    };
    match promise() {
        Some(promise) => JsFuture::from(promise).await.is_ok(),
        None => false,
    }
}

/// The old way, which plain http allows too.
fn copy_by_selection(text: &str) -> Option<()> {
    let document = document()?;
    let area = document.create_element("textarea").ok()?;
    let area = area.dyn_into::<HtmlTextAreaElement>().ok()?;
    area.set_value(text);
    area.set_class_name("unseen");
    document.body()?.append_child(&area).ok()?;
    area.select();
    let document = document.dyn_into::<HtmlDocument>().ok()?;
    let copied = document.exec_command("copy").unwrap_or(false);
    area.remove();
    copied.then_some(())
}

/// The browser has a share sheet.
pub fn can_share() -> bool {
    window().is_some_and(|window| method(&window.navigator(), "share").is_some())
}

/// Opens the share sheet. That the person closes it again is no error.
pub fn share(title: &str, text: &str, url: &str) {
    let Some(window) = window() else { return };
    let navigator = window.navigator();
    let data = js_sys::Object::new();
    for (name, value) in [("title", title), ("text", text), ("url", url)] {
        let _ = Reflect::set(&data, &name.into(), &value.into());
    }
    let Some(share) = method(&navigator, "share") else {
        return;
    };
    let Ok(promise) = share.call1(&navigator, &data) else {
        return;
    };
    if let Ok(promise) = promise.dyn_into::<Promise>() {
        ignore(promise);
    }
}

/// Offers `text` as a file.
pub fn download(name: &str, text: &str) {
    let offer = || {
        let url = Url::create_object_url_with_blob(&json_blob(text).ok()?).ok()?;
        let anchor = document()?.create_element("a").ok()?;
        let anchor = anchor.dyn_into::<HtmlAnchorElement>().ok()?;
        anchor.set_href(&url);
        anchor.set_download(name);
        anchor.click();
        Url::revoke_object_url(&url).ok()
    };
    let _ = offer();
}

/// Asks the server, with a body that is JSON, and with a secret for the header Authorization. The status and the body of
/// the answer; an error in the browser's words. Dropping it aborts the request.
pub async fn fetch(
    method: &str,
    url: &str,
    body: Option<&str>,
    secret: Option<&str>,
) -> Result<(u16, String), String> {
    let exchanged = exchange(method, url, body, secret).await;
    exchanged.map_err(|error| words(&error))
}

async fn exchange(
    method: &str,
    url: &str,
    body: Option<&str>,
    secret: Option<&str>,
) -> Result<(u16, String), JsValue> {
    let abort = AbortOnDrop(AbortController::new()?);
    let init = RequestInit::new();
    init.set_signal(Some(&abort.0.signal()));
    init.set_method(method);
    if let Some(body) = body {
        init.set_body(json_blob(body)?.as_ref());
    }
    if let Some(secret) = secret {
        let headers = Headers::new()?;
        headers.set("Authorization", &format!("Bearer {secret}"))?;
        init.set_headers(&headers);
    }
    let window = window().ok_or("there is no window")?;
    let response = JsFuture::from(window.fetch_with_str_and_init(url, &init)).await?;
    let response: Response = response.unchecked_into();
    let body = JsFuture::from(response.text()?).await?;
    Ok((response.status(), body.as_string().unwrap_or_default()))
}

/// Aborts a request when it is dropped; one that is over does not mind.
struct AbortOnDrop(AbortController);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// It tells its type by itself, to a server and to a disk.
fn json_blob(text: &str) -> Result<Blob, JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type("application/json");
    Blob::new_with_str_sequence_and_options(&js_sys::Array::of1(&text.into()), &options)
}
