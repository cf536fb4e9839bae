//! A real Chromium, driven through its WebDriver.

mod click;
mod outcome;

use crate::{child::Running, devices::Devices, http, net::free_loopback, real_part};
use fantoccini::{Client, ClientBuilder, Locator, elements::Element, error::CmdError};
use hyper_util::client::legacy::connect::HttpConnector;
pub use outcome::Outcome;
use serde_json::{Value, json};
use std::{net::SocketAddr, path::Path, process::Command, time::Duration};
use tempfile::TempDir;
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
/// Chromium's first start on a cold disk.
const START: Duration = Duration::from_secs(30);

/// A browser that is told to end writes its profile first.
const END: Duration = Duration::from_secs(10);

/// One browser with a profile of its own, ended when dropped.
pub struct Browser {
    client: Client,
    driver: Driver,
    _home: TempDir,
}

/// A running chromedriver.
struct Driver {
    address: SocketAddr,
    running: Running,
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Killed before it has ended its browsers, it would leave them running.
        if http::try_request(self.address, "GET", "/shutdown", &[], "").is_ok() {
            self.running.ends(END);
        }
    }
}

impl Browser {
    /// Starts Chromium; `None`: it is not installed.
    pub async fn start() -> Option<Self> {
        Self::trusting(None).await
    }

    /// Starts Chromium so that it trusts a certificate authority.
    pub async fn trusting(authority: Option<&Path>) -> Option<Self> {
        Self::launch(authority, None).await
    }

    /// Starts Chromium with this microphone and speaker.
    pub async fn with_devices(devices: Devices) -> Option<Self> {
        Self::launch(None, Some(devices)).await
    }

    async fn launch(authority: Option<&Path>, devices: Option<Devices>) -> Option<Self> {
        let chromium = real_part("chromium", "chromium")?;
        let driver = real_part("chromedriver", "chromium-driver")?;
        let home = tempfile::tempdir().expect("a temporary directory can be made");
        if let Some(authority) = authority {
            trust(home.path(), authority)?;
        }
        let address = free_loopback();
        let mut command = Command::new(driver);
        command
            .arg(format!("--port={}", address.port()))
            .env("HOME", home.path());
        let mut running = Running::start(&mut command);
        running.wait_for("started successfully", START);
        let driver = Driver { address, running };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(&chromium, home.path(), devices))
            .connect(&format!("http://{address}"))
            .await
            .expect("a browser can be started");
        Some(Self {
            client,
            driver,
            _home: home,
        })
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
        format!("The page:\n{page}\nIts console:\n{}", self.console().await)
    }

    /// Runs a script in every page that is opened from now on, before the page's own.
    pub async fn prepare(&self, script: &str) {
        let source = json!({ "source": script });
        self.devtools("Page.addScriptToEvaluateOnNewDocument", source)
            .await;
    }

    /// Lets nothing be loaded whose address fits one of these patterns with `*`.
    pub async fn block(&self, patterns: &[&str]) {
        self.devtools("Network.enable", json!({})).await;
        self.devtools("Network.setBlockedURLs", json!({ "urls": patterns }))
            .await;
    }

    /// Gives the page this width in CSS pixels, and light or dark.
    pub async fn show_at(&self, width: u32, scheme: &str) {
        let metrics =
            json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)
            .await;
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.devtools(
            "Emulation.setEmulatedMedia",
            json!({ "features": features }),
        )
        .await;
    }

    /// The page as it would be printed: a PDF in base64.
    pub async fn printed(&self) -> String {
        let answer = self.devtools("Page.printToPDF", json!({})).await;
        let pdf = answer["data"].as_str().expect("it is printed");
        pdf.to_owned()
    }

    /// A command of the Chrome DevTools Protocol, and what it answers.
    async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let session = self.client.session_id().await.expect("it can be asked");
        let path = format!("/session/{}/goog/cdp/execute", session.unwrap_or_default());
        let body = json!({ "cmd": command, "params": parameters }).to_string();
        let answer = http::try_request(self.driver.address, "POST", &path, &[], &body);
        let answer = answer.expect("the driver answers");
        assert_eq!(answer.status, 200, "{command}: {answer:?}");
        answer.json()["value"].take()
    }

    /// What the page wrote to the console since this was last asked.
    async fn console(&self) -> String {
        let Ok(Some(session)) = self.client.session_id().await else {
            return String::new();
        };
        let path = format!("/session/{session}/se/log");
        let asked = http::try_request(
            self.driver.address,
            "POST",
            &path,
            &[],
            r#"{"type":"browser"}"#,
        );
        let Ok(answer) = asked else {
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

/// Chromium on Linux asks the NSS database in its user's home whom to trust.
fn trust(home: &Path, authority: &Path) -> Option<()> {
    let certutil = real_part("certutil", "libnss3-tools")?;
    let database = home.join(".pki/nssdb");
    std::fs::create_dir_all(&database).expect("a directory can be made");
    let database = format!("sql:{}", database.display());
    let run = |arguments: &[&str]| {
        let done = Command::new(&certutil)
            .args(arguments)
            .output()
            .expect("certutil starts");
        assert!(
            done.status.success(),
            "certutil {arguments:?}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
    };
    run(&["-N", "-d", &database, "--empty-password"]);
    run(&[
        "-A",
        "-d",
        &database,
        "-n",
        "earshot",
        "-t",
        "C,,",
        "-i",
        &authority.display().to_string(),
    ]);
    Some(())
}

fn capabilities(
    chromium: &Path,
    home: &Path,
    devices: Option<Devices>,
) -> fantoccini::wd::Capabilities {
    let text = include_str!("../../web/webdriver.json");
    let mut capabilities: fantoccini::wd::Capabilities =
        serde_json::from_str(text).expect("web/webdriver.json is JSON");
    capabilities.insert("goog:loggingPrefs".into(), json!({ "browser": "ALL" }));
    let options = &mut capabilities["goog:chromeOptions"];
    options["binary"] = json!(chromium);
    let profile = format!("--user-data-dir={}", home.join("profile").display());
    let arguments = options["args"].as_array_mut().expect("a list of arguments");
    if let Some(devices) = devices {
        let about_devices = ["autoplay-policy", "fake-ui", "fake-device"];
        arguments.retain(|it| {
            let word = it.as_str().unwrap_or_default();
            !about_devices.iter().any(|about| word.contains(about))
        });
        arguments.extend(devices.chromium(home).into_iter().map(Value::from));
    }
    arguments.push(json!(profile));
    capabilities
}
