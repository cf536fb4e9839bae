//! A browser of the lab with somebody at it, who looks and clicks. Each is told what to do in the language that it speaks
//! by itself, over a WebSocket: Chromium the Chrome DevTools Protocol, Firefox WebDriver BiDi of the W3C. So no driver
//! stands between (Debian has none for Firefox), and one client serves both.

use super::{
    browser::{Browser, Open, Settings},
    net::Namespace,
};
use crate::{http, wire::Wire};
use serde_json::{Value, json};
use std::{
    net::{Ipv4Addr, SocketAddr, TcpStream},
    time::Duration,
};
use tokio::time::{Instant, sleep, timeout};

/// Where a browser of the lab is told what to do: it is alone in its namespace.
const PORT: u16 = 9222;
/// A browser's first start on a cold disk.
const START: Duration = Duration::from_secs(60);
/// A run has at most ten seconds, and a busy machine a little more.
const PATIENCE: Duration = Duration::from_secs(40);
/// Between two looks at a page.
const LOOK: Duration = Duration::from_millis(50);

/// A browser with somebody at it.
pub struct Driven {
    /// The browser.
    pub open: Open,
    kind: Browser,
    /// The page, as Firefox names it.
    context: String,
    wire: Wire,
}

impl Driven {
    /// Opens a page. `None`: the browser, or something it needs, is not installed.
    pub async fn open(kind: Browser, url: &str, mut settings: Settings<'_>) -> Option<Self> {
        settings.driven = Some(PORT);
        let mut open = kind.open(url, &settings)?;
        let (said, path) = match kind {
            Browser::Chromium => ("DevTools listening on", ""),
            Browser::Firefox => ("WebDriver BiDi listening on", "/session"),
            Browser::WebKit => panic!("this one is not driven"),
        };
        open.running.wait_for(said, START);
        let path = match path {
            "" => chromium_page(settings.namespace, settings.origin).await,
            path => path.to_owned(),
        };
        let mut driven = Self {
            open,
            kind,
            context: String::new(),
            wire: connect(settings.namespace, &path).await,
        };
        if kind == Browser::Firefox {
            driven.find_page(settings.origin).await;
        }
        Some(driven)
    }

    async fn find_page(&mut self, origin: &str) {
        let capabilities = json!({ "capabilities": {} });
        self.wire.ask("session.new", capabilities).await;
        let found = async {
            loop {
                let tree = self.wire.ask("browsingContext.getTree", json!({})).await;
                if let Some(page) = page_at(&tree["contexts"], origin) {
                    return page["context"].as_str().expect("a name").to_owned();
                }
                sleep(LOOK).await;
            }
        };
        self.context = timeout(START, found).await.expect("the page is opened");
    }

    /// What a script finds in the page.
    async fn find(&mut self, script: &str) -> Value {
        let expression = format!("JSON.stringify({script})");
        let found = if self.kind == Browser::Firefox {
            let target = json!({ "context": self.context });
            let asked =
                json!({ "expression": expression, "target": target, "awaitPromise": false });
            self.wire.ask("script.evaluate", asked).await["result"]["value"].take()
        } else {
            let asked = json!({ "expression": expression, "returnByValue": true });
            self.wire.ask("Runtime.evaluate", asked).await["result"]["value"].take()
        };
        // A page that is just left has nothing in it.
        let found = found.as_str().map(serde_json::from_str);
        found.map_or(Value::Null, |found| found.expect("it is JSON"))
    }

    /// Waits until a script finds something in the page.
    async fn until(&mut self, script: &str, wanted: &str) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let found = self.find(script).await;
            if !found.is_null() {
                return found;
            }
            if Instant::now() > deadline {
                let page = self.find("document.documentElement.outerHTML").await;
                let said = self.open.running.log();
                panic!("{wanted} did not appear\n{page}\nThe browser:\n{said}");
            }
            sleep(LOOK).await;
        }
    }

    /// Waits until a CSS selector finds something.
    pub async fn wait_for(&mut self, css: &str) {
        self.text(css).await;
    }

    /// The text of what a CSS selector finds, once it is there.
    pub async fn text(&mut self, css: &str) -> String {
        let script = format!("document.querySelector({css:?})?.innerText ?? null");
        // The root has no text of its own while the page is being loaded.
        let found = self.until(&script, css).await;
        found.as_str().unwrap_or_default().to_owned()
    }

    /// An attribute of the `html` element.
    pub async fn html_attribute(&mut self, name: &str) -> Option<String> {
        let script = format!("document.documentElement.getAttribute({name:?})");
        self.find(&script).await.as_str().map(str::to_owned)
    }

    /// What this tab keeps under that name.
    pub async fn kept_in_tab(&mut self, name: &str) -> Option<String> {
        let script = format!("sessionStorage.getItem({name:?})");
        self.find(&script).await.as_str().map(str::to_owned)
    }

    /// Clicks what a CSS selector finds, in its middle, once it is there and nothing lies over it. The browser takes it for
    /// a person's click. What has moved away in that moment is missed, and clicked again, as people do.
    pub async fn click(&mut self, css: &str) {
        let aim = format!(
            "(() => {{ \
               const it = document.querySelector({css:?}); \
               if (!it) return null; \
               it.scrollIntoView({{ block: 'center', behavior: 'instant' }}); \
               const box = it.getBoundingClientRect(); \
               const place = [box.left + box.width / 2, box.top + box.height / 2].map(Math.round); \
               if (!it.contains(document.elementFromPoint(...place))) return null; \
               window.isMissed = true; \
               it.addEventListener('click', () => {{ window.isMissed = false; }}, {{ capture: true, once: true }}); \
               return place; \
             }})()"
        );
        loop {
            let place = self.until(&aim, css).await;
            self.click_at(&place[0], &place[1]).await;
            // On another page, to which the click led, there is no such word.
            if self.find("window.isMissed ?? null").await != json!(true) {
                return;
            }
        }
    }

    async fn click_at(&mut self, x: &Value, y: &Value) {
        if self.kind == Browser::Firefox {
            let steps = json!([
                { "type": "pointerMove", "x": x, "y": y },
                { "type": "pointerDown", "button": 0 },
                { "type": "pointerUp", "button": 0 },
            ]);
            let mouse = json!({ "type": "pointer", "id": "mouse", "actions": steps });
            let asked = json!({ "context": self.context, "actions": [mouse] });
            self.wire.ask("input.performActions", asked).await;
            return;
        }
        for what in ["mousePressed", "mouseReleased"] {
            let asked = json!({ "type": what, "x": x, "y": y, "button": "left", "clickCount": 1 });
            self.wire.ask("Input.dispatchMouseEvent", asked).await;
        }
    }
}

/// From within the namespace, for the browser listens at the loopback of that.
async fn connect(namespace: &Namespace, path: &str) -> Wire {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, PORT));
    let connected = namespace.enter(|| TcpStream::connect(address));
    let stream = connected.expect("the namespace is there");
    Wire::over(stream.expect("the browser listens"), path).await
}

fn page_at<'a>(pages: &'a Value, origin: &str) -> Option<&'a Value> {
    let is_it = |page: &&Value| {
        page["url"]
            .as_str()
            .is_some_and(|it| it.starts_with(origin))
    };
    pages.as_array()?.iter().find(is_it)
}

/// Where Chromium is told what to do with the page.
async fn chromium_page(namespace: &Namespace, origin: &str) -> String {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, PORT));
    let deadline = Instant::now() + START;
    loop {
        let listed = namespace.enter(|| http::get(address, "/json/list").json());
        let listed = listed.expect("the namespace is there");
        let socket = page_at(&listed, origin).and_then(|it| it["webSocketDebuggerUrl"].as_str());
        if let Some((_, path)) = socket.and_then(|url| url.split_once(&format!(":{PORT}"))) {
            return path.to_owned();
        }
        assert!(Instant::now() < deadline, "no page is opened: {listed:#}");
        sleep(LOOK).await;
    }
}
