//! A real Chromium, driven through its WebDriver.

mod click;
mod driver;
mod outcome;

use crate::{devices::Devices, http, wire::Wire};
use driver::Driver;
use fantoccini::{Client, Locator, elements::Element, error::CmdError, wd::WindowHandle};
use hyper_util::client::legacy::connect::HttpConnector;
pub use outcome::Outcome;
use serde_json::{Value, json};
use std::{
    io,
    net::TcpStream,
    path::Path,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// A run has at most ten seconds, and a busy machine a little more.
const RUN: Duration = Duration::from_secs(30);
/// Between two looks at a page that is being left.
const LOOK: Duration = Duration::from_millis(50);
/// A page waits by itself for so long at most, for what changes nothing in the document, as a value that is typed.
const GLANCE: Duration = Duration::from_millis(500);
/// Ends as soon as a selector finds something: when the document changes, or the focus.
const SHOWS: &str = "const [css, ms, done] = arguments; \
    const end = () => { observer.disconnect(); removeEventListener('focusin', look); clearTimeout(timer); done(); }; \
    const look = () => { if (document.querySelector(css)) end(); }; \
    const observer = new MutationObserver(look); \
    const timer = setTimeout(end, ms); \
    observer.observe(document, { attributes: true, childList: true, subtree: true }); \
    addEventListener('focusin', look); \
    look();";

/// A visit of one test to a Chromium, with a profile of its own; ended when dropped.
pub struct Browser {
    client: Client,
    /// As long as it is open the profile and its windows are.
    _visit: Wire,
    /// `None` when it is given back.
    driver: Option<Driver>,
    /// Other tests may have it after this one.
    is_usual: bool,
}

/// Chromiums that were started for a test that has ended: starting one takes longer than most tests need it for.
static IDLE: Mutex<Vec<Driver>> = Mutex::new(Vec::new());

impl Drop for Browser {
    fn drop(&mut self) {
        // What went wrong may have been the browser.
        if !self.is_usual || std::thread::panicking() {
            return;
        }
        let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
        idle.extend(self.driver.take());
    }
}

impl Browser {
    /// Chromium as it is; `None`: it is not installed.
    pub async fn start() -> Option<Self> {
        let idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let driver = match idle {
            Some(driver) => driver,
            None => Driver::start(None, None)?,
        };
        Some(Self::visit(driver, true).await)
    }

    /// A Chromium that nobody has used before: it takes longer to come to a page's connections.
    pub async fn unused() -> Option<Self> {
        let driver = Driver::start(None, None)?;
        Some(Self::visit(driver, false).await)
    }

    /// Starts Chromium so that it trusts a certificate authority.
    pub async fn trusting(authority: &Path) -> Option<Self> {
        let driver = Driver::start(Some(authority), None)?;
        Some(Self::visit(driver, false).await)
    }

    /// Starts Chromium with this microphone and speaker.
    pub async fn with_devices(devices: Devices) -> Option<Self> {
        let driver = Driver::start(None, Some(devices))?;
        Some(Self::visit(driver, false).await)
    }

    /// Opens a window with a profile of its own, which nothing of an earlier visit is in.
    async fn visit(driver: Driver, is_usual: bool) -> Self {
        let version = http::get(driver.debugger, "/json/version").json();
        let url = version["webSocketDebuggerUrl"].as_str();
        let (_, path) = url
            .and_then(|url| url.split_once("/devtools"))
            .expect("it tells where it is told what to do");
        let stream = TcpStream::connect(driver.debugger).expect("the browser listens");
        let mut visit = Wire::over(stream, &format!("/devtools{path}")).await;
        let profile = json!({ "disposeOnDetach": true });
        let profile = visit.ask("Target.createBrowserContext", profile).await;
        let window =
            json!({ "url": "about:blank", "browserContextId": profile["browserContextId"] });
        let window = visit.ask("Target.createTarget", window).await;
        let window = window["targetId"].as_str().expect("a window is opened");

        let url = format!("http://{}", driver.address);
        let client =
            Client::with_existing_session(&url, &driver.session, HttpConnector::new()).await;
        let client = client.expect("the driver is there");
        client.persist().await.expect("the session outlives this");
        let window = WindowHandle::try_from(window.to_owned()).expect("a name of a window");
        let switched = client.switch_to_window(window).await;
        switched.expect("the driver sees the window");
        let browser = Self {
            client,
            _visit: visit,
            driver: Some(driver),
            is_usual,
        };
        // What an earlier page has said there.
        browser.console();
        browser
    }

    /// Asks the driver for what is no part of WebDriver.
    fn ask_driver(&self, path: &str, body: &Value) -> io::Result<http::Answer> {
        let driver = self.driver.as_ref().expect("it is not given back");
        let path = format!("/session/{}/{path}", driver.session);
        http::try_request(driver.address, "POST", &path, &[], &body.to_string())
    }

    /// Opens a page.
    pub async fn open(&self, url: &str) {
        self.client.goto(url).await.expect("the page can be opened");
    }

    /// Types into what a CSS selector finds.
    pub async fn type_into(&self, css: &str, text: &str) {
        let typed = self.wait_for(css).await.send_keys(text).await;
        typed.expect("it can be typed into");
    }

    /// Waits until a CSS selector finds something.
    pub async fn wait_for(&self, css: &str) -> Element {
        match self.appears(css).await {
            Ok(element) => element,
            Err(error) => panic!("{css} did not appear: {error}\n{}", self.story().await),
        }
    }

    /// What a CSS selector finds as soon as it finds something, or why it did not in time.
    async fn appears(&self, css: &str) -> Result<Element, CmdError> {
        let deadline = Instant::now() + RUN;
        loop {
            match self.client.find(Locator::Css(css)).await {
                // Whatever the error: while a page is being left chromedriver may answer “aborted by navigation”, which no
                // standard knows.
                Err(_) if Instant::now() < deadline => self.shows_soon(css).await,
                outcome => return outcome,
            }
        }
    }

    /// Waits in the page itself until a CSS selector finds something, or for [`GLANCE`]: asking again and again from
    /// outside would keep the machine busy that the page needs.
    async fn shows_soon(&self, css: &str) {
        let arguments = vec![json!(css), json!(GLANCE.as_millis() as u64)];
        if self.client.execute_async(SHOWS, arguments).await.is_err() {
            // The page is being left.
            sleep(LOOK).await;
        }
    }

    /// Waits until the address bar holds this.
    pub async fn wait_for_address(&self, part: &str) {
        let deadline = Instant::now() + RUN;
        while !self.address().await.contains(part) {
            assert!(Instant::now() < deadline, "{part}: {}", self.story().await);
            sleep(LOOK).await;
        }
    }

    /// From now on, in the page that is open: when a CSS selector first finds something, be it for a moment, it is noted
    /// in this attribute of the `html` element, with the heading of that moment.
    pub async fn note(&self, css: &str, attribute: &str) {
        let script = format!(
            "const look = () => {{ \
               if (!document.querySelector({css:?})) return; \
               observer.disconnect(); \
               const heading = document.querySelector('#heading')?.textContent ?? ''; \
               document.documentElement.setAttribute({attribute:?}, heading); \
             }}; \
             const observer = new MutationObserver(look); \
             observer.observe(document, {{ attributes: true, childList: true, subtree: true }}); \
             look();"
        );
        self.script(&script).await;
    }

    /// The page as it is, and what it wrote to the console.
    async fn story(&self) -> String {
        let page = self.client.source().await.unwrap_or_default();
        format!("The page:\n{page}\nIts console:\n{}", self.console())
    }

    /// Runs a script in every page that is opened from now on, before the page's own.
    pub async fn prepare(&self, script: &str) {
        let source = json!({ "source": script });
        self.devtools("Page.addScriptToEvaluateOnNewDocument", source);
    }

    /// Lets nothing be loaded whose address fits one of these patterns with `*`.
    pub async fn block(&self, patterns: &[&str]) {
        self.devtools("Network.enable", json!({}));
        self.devtools("Network.setBlockedURLs", json!({ "urls": patterns }));
    }

    /// Gives the page this width in CSS pixels, and light or dark.
    pub async fn show_at(&self, width: u32, scheme: &str) {
        let metrics =
            json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics);
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.devtools(
            "Emulation.setEmulatedMedia",
            json!({ "features": features }),
        );
    }

    /// The page as it would be printed: a PDF in base64.
    pub async fn printed(&self) -> String {
        let answer = self.devtools("Page.printToPDF", json!({}));
        let pdf = answer["data"].as_str().expect("it is printed");
        pdf.to_owned()
    }

    /// A command of the Chrome DevTools Protocol, and what it answers.
    fn devtools(&self, command: &str, parameters: Value) -> Value {
        let body = json!({ "cmd": command, "params": parameters });
        let answer = self.ask_driver("goog/cdp/execute", &body);
        let answer = answer.expect("the driver answers");
        assert_eq!(answer.status, 200, "{command}: {answer:?}");
        answer.json()["value"].take()
    }

    /// What the page wrote to the console since this was last asked.
    fn console(&self) -> String {
        let Ok(answer) = self.ask_driver("se/log", &json!({ "type": "browser" })) else {
            return String::new();
        };
        let entries = answer.json()["value"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let lines = entries.iter().filter_map(|entry| entry["message"].as_str());
        lines.map(|line| format!("{line}\n")).collect()
    }

    /// The text of what a CSS selector finds.
    pub async fn text(&self, css: &str) -> String {
        let text = self.wait_for(css).await.text().await;
        text.expect("it has a text")
    }

    /// Runs a script in the page.
    pub async fn script(&self, script: &str) -> Value {
        self.client
            .execute(script, Vec::new())
            .await
            .expect("the script runs")
    }

    /// Runs a script in the page that calls `done` with what it has found.
    pub async fn script_later(&self, script: &str) -> Value {
        let script = format!("const done = arguments[0]; {script}");
        let found = self.client.execute_async(&script, Vec::new()).await;
        found.expect("the script runs")
    }

    /// An attribute of the `html` element.
    pub async fn html_attribute(&self, name: &str) -> Option<String> {
        let html = self.wait_for("html").await;
        html.attr(name).await.expect("it can be asked")
    }

    /// The address bar.
    pub async fn address(&self) -> String {
        self.client
            .current_url()
            .await
            .expect("it can be asked")
            .to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::SocketAddr;

    impl Browser {
        fn session(&self) -> (String, SocketAddr) {
            let driver = self.driver.as_ref().expect("it is not given back");
            (driver.session.clone(), driver.address)
        }
    }

    /// The one test of what all of this process share.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_visit_finds_nothing_of_an_earlier_one() {
        let Some(first) = Browser::start().await else {
            return;
        };
        let (session, address) = first.session();
        // Any page of which something can be kept.
        let page = format!("http://{address}/status");
        first.open(&page).await;
        let keep = "localStorage.left = 'behind'; document.cookie = 'left=behind';";
        first.script(keep).await;
        drop(first);

        let second = Browser::start().await.expect("there is one");
        assert_eq!(second.session().0, session, "the same Chromium");
        second.open(&page).await;
        let kept = "return [localStorage.length, document.cookie]";
        assert_eq!(second.script(kept).await, json!([0, ""]));
        let deadline = Instant::now() + RUN;
        // Its own first window, and this one.
        while second
            .client
            .windows()
            .await
            .expect("it can be asked")
            .len()
            > 2
        {
            assert!(
                Instant::now() < deadline,
                "the first visit's window is left open"
            );
            sleep(LOOK).await;
        }
    }
}
