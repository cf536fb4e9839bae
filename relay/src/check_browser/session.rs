//! One browser, as W3C WebDriver has it: a session, a page, scripts in it.

use super::{
    LOAD_SECONDS, Options, RUN_SECONDS,
    driver::{Driver, agent},
};
use serde_json::{Value, json};
use std::time::Duration;
use ureq::Agent;

/// An answer that never comes is given up: the driver has limits of its own that are shorter.
const ANSWER: Duration = Duration::from_secs(RUN_SECONDS + 30);

/// A browser with one empty page. Dropping it ends it.
pub(super) struct Session {
    agent: Agent,
    /// Of this session at the driver.
    url: String,
    /// Its name and version.
    pub(super) browser: String,
}

impl Session {
    pub(super) fn begin(driver: &Driver, options: &Options) -> Result<Self, String> {
        let mut session = Self {
            agent: agent(ANSWER),
            url: format!("{}/session", driver.url),
            browser: String::new(),
        };
        let begun = session
            .post(
                "",
                &json!({ "capabilities": { "alwaysMatch": capabilities(options) } }),
            )
            .map_err(|words| format!("the browser cannot be started: {words}{}", advice(&words)))?;
        let id = begun["sessionId"].as_str();
        let id = id.ok_or("the browser's driver names no session: is it chromedriver?")?;
        session.url = format!("{}/{id}", session.url);
        let named = |name: &str| begun["capabilities"][name].as_str().unwrap_or("?");
        session.browser = format!("{} {}", named("browserName"), named("browserVersion"));
        Ok(session)
    }

    /// Opens a page and waits until it has loaded; `name` is what it is called in words.
    pub(super) fn open(&self, page: &str, name: &str) -> Result<(), String> {
        let opened = self.post("/url", &json!({ "url": page }));
        opened.map(drop).map_err(|words| {
            let advice = match words.contains("ERR_CERT_") {
                true => {
                    "its certificate is not trusted here: mend that, or test on with --insecure"
                }
                false => "does earshot run there, and is it reached from here?",
            };
            format!("{name} cannot be opened ({words}): {advice}")
        })
    }

    /// Runs a script in the page that calls `done` with what it has found.
    pub(super) fn run_later(&self, script: &str) -> Result<Value, String> {
        let script = format!("const done = arguments[0]; {script}");
        self.post("/execute/async", &json!({ "script": script, "args": [] }))
            .map_err(|words| format!("the page did not end its test: {words}"))
    }

    /// What the driver answers, or the first line of what it says is wrong.
    fn post(&self, path: &str, body: &Value) -> Result<Value, String> {
        let url = format!("{}{path}", self.url);
        let sent = self
            .agent
            .post(url)
            .content_type("application/json")
            .send(body.to_string());
        let text = sent
            .and_then(|mut answer| answer.body_mut().read_to_string())
            .map_err(|error| format!("the browser's driver does not answer: {error}"))?;
        let mut answer: Value = serde_json::from_str(&text)
            .map_err(|_| "the browser's driver answers something else than WebDriver")?;
        let value = answer["value"].take();
        match value["error"].as_str() {
            None => Ok(value),
            Some(error) => {
                let message = value["message"].as_str().unwrap_or_default();
                let line = message.lines().next().unwrap_or_default();
                Err(match line {
                    "" => error.to_owned(),
                    line => line.to_owned(),
                })
            }
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // The driver's own end would end it as well.
        let _ = self.agent.delete(&self.url).call();
    }
}

fn capabilities(options: &Options) -> Value {
    let mut arguments = vec![
        "--headless=new",
        // Containers give little shared memory.
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        // For people the click on the button lets sound run.
        "--autoplay-policy=no-user-gesture-required",
    ];
    // Chromium refuses to start as root with it.
    if options.no_sandbox || rustix::process::geteuid().is_root() {
        arguments.push("--no-sandbox");
    }
    let mut browser = json!({ "args": arguments });
    if let Some(chrome) = &options.chrome {
        browser["binary"] = json!(chrome);
    }
    json!({
        "browserName": "chrome",
        "acceptInsecureCerts": options.insecure,
        "timeouts": { "script": RUN_SECONDS * 1000, "pageLoad": LOAD_SECONDS * 1000 },
        "goog:chromeOptions": browser,
    })
}

/// What helps where a browser does not start.
fn advice(words: &str) -> &'static str {
    if words.contains("binary") {
        ". Install Chromium (Debian and Ubuntu: apt-get install chromium), or say by CHROME where it lies"
    } else if words.contains("only supports Chrome version") {
        ". Browser and driver must be of one version: install both from one place"
    } else if words.contains("failed to start") || words.contains("exited") {
        ". Inside a container it may need --no-sandbox"
    } else {
        ""
    }
}
