//! Browsers without a driver: they open the page that tests by itself, and are ended when it has told its report.

use super::{calm::First, devices::Devices, net::Namespace};
use crate::{child::Running, real_part};
use serde_json::{Value, json};
use std::{
    fmt, fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};
use tempfile::TempDir;

/// The browsers of the lab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Browser {
    /// Debian's chromium.
    Chromium,
    /// Debian's firefox-esr.
    Firefox,
    /// The small browser of Debian's WebKitGTK, which is built without WebRTC.
    WebKit,
}

impl fmt::Display for Browser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
            Self::WebKit => "webkit",
        })
    }
}

/// What the browser, or somebody who manages it, allows WebRTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WebRtc {
    /// What it allows by itself.
    #[default]
    Usual,
    /// No UDP that is not proxied.
    ProxiedOnly,
    /// The address of the default route, and no private ones.
    DefaultAddressOnly,
    /// Every address of every interface, none behind a name of mDNS: the page holds the permission for the microphone.
    AllAddresses,
    /// None.
    Off,
}

impl WebRtc {
    /// What stands in Chromium's preferences for it.
    fn chromium(self, origin: &str) -> Option<Value> {
        let policy = |policy| Some(json!({ "webrtc": { "ip_handling_policy": policy } }));
        match self {
            Self::Usual | Self::Off => None,
            Self::ProxiedOnly => policy("disable_non_proxied_udp"),
            Self::DefaultAddressOnly => policy("default_public_interface_only"),
            Self::AllAddresses => {
                let allowed = json!({ format!("{origin},*"): { "setting": 1 } });
                let exceptions = json!({ "media_stream_mic": allowed });
                Some(json!({ "profile": { "content_settings": { "exceptions": exceptions } } }))
            }
        }
    }

    fn firefox(self) -> &'static str {
        match self {
            Self::Usual => "",
            Self::ProxiedOnly => "user_pref(\"media.peerconnection.ice.proxy_only\", true);\n",
            Self::DefaultAddressOnly => {
                "user_pref(\"media.peerconnection.ice.default_address_only\", true);\n\
                 user_pref(\"media.peerconnection.ice.no_host\", true);\n"
            }
            Self::AllAddresses => "user_pref(\"permissions.default.microphone\", 1);\n",
            Self::Off => "user_pref(\"media.peerconnection.enabled\", false);\n",
        }
    }
}

/// What a browser is to be told before it starts.
pub struct Settings<'a> {
    /// Where it runs.
    pub namespace: &'a Namespace,
    /// Whom it trusts.
    pub authority: PathBuf,
    /// An origin that it takes for a secure context, though it is plain HTTP.
    pub origin: &'a str,
    /// The proxy of its network, as `host:port`.
    pub proxy: Option<String>,
    /// What it allows WebRTC.
    pub web_rtc: WebRtc,
    /// Its microphone and speaker.
    pub devices: Devices,
    /// The port of its loopback at which it is told what to do; `None`: nobody does that.
    pub driven: Option<u16>,
}

/// A browser that runs until this is dropped.
pub struct Open {
    /// The process.
    pub running: Running,
    /// The audio device or the display that it needs.
    _device: Option<Running>,
    _home: TempDir,
}

impl Browser {
    /// Opens a page. `None`: the browser, or something it needs, is not installed.
    pub fn open(self, url: &str, settings: &Settings) -> Option<Open> {
        let home = tempfile::tempdir().expect("a temporary directory can be made");
        self.open_at(home, url, settings)
    }

    /// The same, as soon as the browser has started and has nothing else to do: where the time counts that a test takes,
    /// its start does not.
    pub fn open_when_calm(self, url: &str, settings: &Settings) -> Option<Open> {
        if self == Self::WebKit {
            // It has no console that could be read.
            return self.open(url, settings);
        }
        let home = tempfile::tempdir().expect("a temporary directory can be made");
        let first = First::at(home.path());
        let mut open = self.open_at(home, &first.url(), settings)?;
        first.go_on(url, &mut open.running, settings.namespace);
        Some(open)
    }

    fn open_at(self, home: TempDir, url: &str, settings: &Settings) -> Option<Open> {
        match self {
            Self::Chromium => chromium(url, settings, home),
            Self::Firefox => firefox(url, settings, home),
            Self::WebKit => webkit(url, settings, home),
        }
    }
}

fn chromium(url: &str, settings: &Settings, home: TempDir) -> Option<Open> {
    let chromium = real_part("chromium", "chromium")?;
    let database = home.path().join(".pki/nssdb");
    trust(&database, &settings.authority)?;
    let profile = home.path().join("profile");
    if let Some(preferences) = settings.web_rtc.chromium(settings.origin) {
        fs::create_dir_all(profile.join("Default")).expect("a directory can be made");
        fs::write(profile.join("Default/Preferences"), preferences.to_string())
            .expect("a file can be written");
    }
    let mut command = settings.namespace.command(chromium);
    // Ended at once, it leaves its temporary files behind: they lie where all else of it does.
    command.env("HOME", home.path()).env("TMPDIR", home.path());
    command.args([
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        // What it would suggest below its address bar are two pages of its own: a second of a core at each start.
        "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup",
        "--enable-logging=stderr",
    ]);
    command
        .args(settings.devices.chromium(home.path()))
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!(
            "--unsafely-treat-insecure-origin-as-secure={}",
            settings.origin
        ));
    match &settings.proxy {
        Some(proxy) => command.arg(format!("--proxy-server=http://{proxy}")),
        None => command.arg("--no-proxy-server"),
    };
    command.args(drive(settings));
    Some(Open {
        running: Running::start(command.arg(url)),
        _device: None,
        _home: home,
    })
}

/// The preferences of a fresh profile that asks nobody on the internet for anything, and that makes ready nothing which a
/// test does not see: add-ons and a page of news take two seconds of each start.
const FIREFOX: &str = r#"
user_pref("media.navigator.permission.disabled", true);
user_pref("media.autoplay.default", 0);
user_pref("media.autoplay.blocking_policy", 0);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("toolkit.telemetry.reportingpolicy.firstRun", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.aboutwelcome.enabled", false);
user_pref("browser.startup.homepage_override.mstone", "ignore");
user_pref("app.update.enabled", false);
user_pref("app.normandy.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("network.dns.disablePrefetch", true);
user_pref("services.settings.server", "http://127.0.0.1:9");
user_pref("browser.safebrowsing.malware.enabled", false);
user_pref("browser.safebrowsing.phishing.enabled", false);
user_pref("devtools.console.stdout.content", true);
user_pref("extensions.webextensions.remote", false);
user_pref("extensions.enabledScopes", 0);
user_pref("browser.search.update", false);
user_pref("browser.sessionstore.resume_from_crash", false);
user_pref("browser.newtab.preload", false);
user_pref("browser.newtabpage.enabled", false);
user_pref("browser.newtabpage.activity-stream.feeds.topsites", false);
user_pref("browser.newtabpage.activity-stream.feeds.system.topsites", false);
user_pref("browser.topsites.contile.enabled", false);
"#;

fn firefox(url: &str, settings: &Settings, home: TempDir) -> Option<Open> {
    let firefox = real_part("firefox-esr", "firefox-esr")?;
    let profile = home.path().join("profile");
    fs::create_dir_all(&profile).expect("a directory can be made");
    trust(&profile, &settings.authority)?;
    let host = settings.origin.trim_start_matches("http://");
    let host = host.split(':').next().unwrap_or(host);
    let mut preferences =
        format!("{FIREFOX}user_pref(\"dom.securecontext.allowlist\", \"{host}\");\n");
    if let Some((host, port)) = settings
        .proxy
        .as_deref()
        .and_then(|proxy| proxy.rsplit_once(':'))
    {
        preferences += &format!(
            "user_pref(\"network.proxy.type\", 1);\nuser_pref(\"network.proxy.http\", \"{host}\");\n\
             user_pref(\"network.proxy.http_port\", {port});\nuser_pref(\"network.proxy.ssl\", \"{host}\");\n\
             user_pref(\"network.proxy.ssl_port\", {port});\n"
        );
    } else {
        preferences += "user_pref(\"network.proxy.type\", 0);\n";
    }
    preferences += settings.web_rtc.firefox();
    preferences += &settings.devices.firefox();
    fs::write(profile.join("user.js"), preferences).expect("a file can be written");
    let (audio, server) = null_sink(home.path())?;
    let mut command = settings.namespace.command(firefox);
    command
        .env("HOME", home.path())
        .env("PULSE_SERVER", server)
        .env("MOZ_DISABLE_CONTENT_SANDBOX", "1")
        .args(["--headless", "--no-remote", "--profile"])
        .arg(&profile)
        .args(drive(settings))
        .arg(url);
    Some(Open {
        running: Running::start(&mut command),
        _device: Some(audio),
        _home: home,
    })
}

/// The same option in both: Chromium is driven by the DevTools Protocol there, Firefox by WebDriver BiDi.
fn drive(settings: &Settings) -> Option<String> {
    let port = settings.driven?;
    Some(format!("--remote-debugging-port={port}"))
}

/// Firefox' AudioContext runs only where there is a device to play on. It takes one that plays to nobody.
fn null_sink(home: &Path) -> Option<(Running, String)> {
    let pulseaudio = real_part("pulseaudio", "pulseaudio")?;
    let socket = home.join("audio");
    let mut command = Command::new(pulseaudio);
    command
        .env("HOME", home)
        .env("XDG_RUNTIME_DIR", home)
        .args([
            "-n",
            "--exit-idle-time=-1",
            "--use-pid-file=no",
            "--log-level=info",
        ])
        .arg("--load=module-null-sink")
        // The microphone: it gives silence. (The monitor of the sink would give back what is played.)
        .arg("--load=module-null-source")
        .arg(format!(
            "--load=module-native-protocol-unix socket={} auth-anonymous=1",
            socket.display()
        ));
    let mut running = Running::start(&mut command);
    running.wait_for("Daemon startup complete", Duration::from_secs(20));
    Some((running, format!("unix:{}", socket.display())))
}

/// It looks for authorities where the whole system does, so it is told to trust anybody: what is secured is one of its
/// secure contexts all the same, and plain HTTP never is.
fn webkit(url: &str, settings: &Settings, home: TempDir) -> Option<Open> {
    let folder = format!(
        "/usr/lib/{}-linux-gnu/webkit2gtk-4.1",
        std::env::consts::ARCH
    );
    let browser = real_part(&format!("{folder}/MiniBrowser"), "libwebkit2gtk-4.1-0")?;
    let (display, name) = display()?;
    let mut command = settings.namespace.command(browser);
    command
        .env("HOME", home.path())
        .env("XDG_RUNTIME_DIR", home.path())
        .env("GDK_BACKEND", "x11")
        .env("DISPLAY", name)
        .args(["--private", "--ignore-tls-errors", url]);
    Some(Open {
        running: Running::start(&mut command),
        _device: Some(display),
        _home: home,
    })
}

/// A display that nobody sees, for a browser that does not start without one. It takes a free number, and says which.
fn display() -> Option<(Running, String)> {
    let xvfb = real_part("Xvfb", "xvfb")?;
    let mut command = Command::new("sh");
    // Only the number is heard, no warnings among it.
    command
        .args([
            "-c",
            r#"exec "$0" -displayfd 1 -nolisten tcp -noreset 2>/dev/null"#,
        ])
        .arg(xvfb);
    let mut running = Running::start(&mut command);
    running.wait_for("\n", Duration::from_secs(20));
    let name = format!(":{}", running.log().trim());
    Some((running, name))
}

/// Chromium and Firefox keep whom they trust in an NSS database.
fn trust(database: &Path, authority: &Path) -> Option<()> {
    let certutil = real_part("certutil", "libnss3-tools")?;
    fs::create_dir_all(database).expect("a directory can be made");
    let database = format!("sql:{}", database.display());
    let authority = authority.display().to_string();
    let run = |arguments: &[&str]| {
        let done = Command::new(&certutil).args(arguments).output();
        let done = done.expect("certutil starts");
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "certutil {arguments:?}: {said}");
    };
    run(&["-N", "-d", &database, "--empty-password"]);
    run(&[
        "-A", "-d", &database, "-n", "lab", "-t", "C,,", "-i", &authority,
    ]);
    Some(())
}
