//! A chromedriver with the one Chromium that it has started.

use crate::{child::Running, devices::Devices, http, net::free_loopback, real_part};
use serde_json::{Value, json};
use std::{
    fs,
    net::SocketAddr,
    path::Path,
    process::{ChildStdin, Command},
    time::Duration,
};

/// Starts and ends it.
const SCRIPT: &str = include_str!("driver.sh");
/// Chromium's first start on a cold disk.
const START: Duration = Duration::from_secs(30);
/// A browser that is told to end writes its profile first.
const END: Duration = Duration::from_secs(20);

/// Runs until this is dropped, or until the process of the tests ends, however it ends.
pub(super) struct Driver {
    pub(super) address: SocketAddr,
    /// WebDriver's name for the session with that browser.
    pub(super) session: String,
    /// Where the browser itself is told what to do.
    pub(super) debugger: SocketAddr,
    _process: Process,
}

/// A chromedriver and what it starts, be it a browser that does not come up. Runs as long as its lifeline is open.
struct Process {
    running: Running,
    lifeline: Option<ChildStdin>,
}

impl Driver {
    /// `None`: a part is not installed, and that was said.
    pub(super) fn start(authority: Option<&Path>, devices: Option<Devices>) -> Option<Self> {
        let chromium = real_part("chromium", "chromium")?;
        let driver = real_part("chromedriver", "chromium-driver")?;
        real_part("curl", "curl")?;
        // The script removes it.
        let home = tempfile::tempdir().expect("a temporary directory can be made");
        if let Some(authority) = authority {
            trust(home.path(), authority)?;
        }
        let home = home.keep();
        let address = free_loopback();
        let mut command = Command::new("sh");
        command
            .args(["-c", SCRIPT, "driver.sh"])
            .arg(driver)
            .arg(address.port().to_string())
            .arg(&home);
        let (running, lifeline) = Running::start_on_a_lifeline(&mut command);
        let mut process = Process {
            running,
            lifeline: Some(lifeline),
        };
        process.running.wait_for("started successfully", START);
        let wanted = capabilities(&chromium, &home, devices);
        let body = json!({ "capabilities": { "alwaysMatch": wanted } }).to_string();
        let begun = http::request(address, "POST", "/session", &[], &body);
        assert_eq!(begun.status, 200, "a browser can be started: {begun:?}");
        let begun = begun.json();
        let text = |value: &Value| value.as_str().expect("it is told").to_owned();
        let session = &begun["value"];
        let debugger = text(&session["capabilities"]["goog:chromeOptions"]["debuggerAddress"]);
        Some(Self {
            address,
            session: text(&session["sessionId"]),
            debugger: debugger
                .replace("localhost", "127.0.0.1")
                .parse()
                .expect("an address"),
            _process: process,
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        self.running.ends(END);
    }
}

/// Chromium on Linux asks the NSS database in its user's home whom to trust.
fn trust(home: &Path, authority: &Path) -> Option<()> {
    let certutil = real_part("certutil", "libnss3-tools")?;
    let database = home.join(".pki/nssdb");
    fs::create_dir_all(&database).expect("a directory can be made");
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

fn capabilities(chromium: &Path, home: &Path, devices: Option<Devices>) -> Value {
    let text = include_str!("../../../web/webdriver.json");
    let mut capabilities: Value = serde_json::from_str(text).expect("web/webdriver.json is JSON");
    capabilities["goog:loggingPrefs"] = json!({ "browser": "ALL" });
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
