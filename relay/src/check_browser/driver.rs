//! The driver that belongs to the browser, as a process of ours.

use std::{
    env,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};
use ureq::Agent;

/// chromedriver says where it listens within a second; a cold disk takes its time.
const START: Duration = Duration::from_secs(20);

/// It ends its browsers first; whatever is left after that is killed.
const END: Duration = Duration::from_secs(5);

const INSTALL: &str = "install Chromium and its driver (Debian and Ubuntu: apt-get install chromium chromium-driver; \
    Fedora: dnf install chromium chromedriver; Alpine: apk add chromium chromium-chromedriver; macOS: brew install \
    chromedriver), or say by CHROMEDRIVER where it lies";

/// Where distributions keep it besides the directories of PATH.
const ELSEWHERE: [&str; 3] = [
    "/usr/lib/chromium",
    "/usr/lib/chromium-browser",
    "/usr/lib64/chromium-browser",
];

/// A running chromedriver. Dropping it ends it, and the browsers that it started.
pub(super) struct Driver {
    child: Child,
    /// Open as long as it may say something.
    said: Receiver<u16>,
    /// Where it listens, on the loopback.
    pub(super) url: String,
}

impl Driver {
    /// Starts it and waits until it listens. `given`: where it lies.
    pub(super) fn start(given: Option<&str>) -> Result<Self, String> {
        let program = match given {
            Some(given) => PathBuf::from(given),
            None => find().ok_or_else(|| {
                format!("the browser's driver, chromedriver, is not installed: {INSTALL}")
            })?,
        };
        let mut child = Command::new(&program)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| {
                format!(
                    "chromedriver at {} cannot be started ({error}): {INSTALL}",
                    program.display()
                )
            })?;
        let said = port_said(&mut child);
        let mut driver = Self {
            child,
            said,
            url: String::new(),
        };
        let Ok(port) = driver.said.recv_timeout(START) else {
            return Err(format!(
                "{} does not say where it listens: is it chromedriver, and of a version that fits the browser?",
                program.display()
            ));
        };
        driver.url = format!("http://127.0.0.1:{port}");
        Ok(driver)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Killed before it has ended its browsers, it would leave them running.
        if !self.url.is_empty() {
            let shutdown = format!("{}/shutdown", self.url);
            if agent(END).get(shutdown).call().is_ok() {
                self.wait_for_its_last_word();
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Driver {
    /// Its output ends with it.
    fn wait_for_its_last_word(&self) {
        let begun = Instant::now();
        while let Some(left) = END.checked_sub(begun.elapsed())
            && self.said.recv_timeout(left).is_ok()
        {}
    }
}

/// Asks the driver, which is on this machine: no proxy is between, whatever the environment says of one.
pub(super) fn agent(patience: Duration) -> Agent {
    Agent::config_builder()
        .timeout_global(Some(patience))
        // WebDriver says in the body what is wrong.
        .http_status_as_error(false)
        .proxy(None)
        .build()
        .into()
}

/// What it says is read to its end, lest it waits for a reader.
fn port_said(child: &mut Child) -> Receiver<u16> {
    let (tell, said) = channel();
    if let Some(output) = child.stdout.take() {
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Some(port) = port_in(&line) {
                    // Nobody waits any more: it took too long.
                    let _ = tell.send(port);
                }
            }
        });
    }
    said
}

/// “ChromeDriver was started successfully on port 40123.”
fn port_in(line: &str) -> Option<u16> {
    let (_, port) = line.split_once("started successfully on port ")?;
    port.trim_end_matches(['.', '\r']).parse().ok()
}

fn find() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let elsewhere = ELSEWHERE.iter().map(PathBuf::from);
    env::split_paths(&path)
        .chain(elsewhere)
        .map(|folder| folder.join("chromedriver"))
        .find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs::Permissions, os::unix::fs::PermissionsExt};

    #[test]
    fn its_port_is_read_from_what_it_says() {
        let line = "ChromeDriver was started successfully on port 40123.";
        assert_eq!(port_in(line), Some(40123));
        assert_eq!(port_in("Only local connections are allowed."), None);
    }

    /// It says a port where somebody else takes connections and never answers.
    #[test]
    fn a_driver_that_hangs_is_not_waited_for_for_ever() {
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = silent.local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("chromedriver");
        let script = format!(
            "#!/bin/sh\necho ChromeDriver was started successfully on port {port}.\nexec sleep 600\n"
        );
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
        let driver = Driver::start(program.to_str()).unwrap();
        let pid = rustix::process::Pid::from_child(&driver.child);
        let begun = Instant::now();
        drop(driver);
        assert!(begun.elapsed() < 3 * END);
        assert!(
            rustix::process::test_kill_process(pid).is_err(),
            "it is gone"
        );
    }

    /// CI often has a proxy in its environment, which does not lead to this machine.
    #[test]
    fn no_proxy_is_asked_for_the_driver() {
        assert!(agent(END).config().proxy().is_none());
    }

    #[test]
    fn what_is_no_chromedriver_is_named() {
        let words = Driver::start(Some("/bin/true")).err().unwrap();
        assert!(words.contains("/bin/true"), "{words}");
    }
}
