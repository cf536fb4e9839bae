//! Waiting until a browser has started. Whoever opens the page has a browser that runs; one that still reads its profile,
//! fills its caches and compiles its own scripts keeps the page waiting for seconds, and says nothing of the page.

use super::net::Namespace;
use crate::child::Running;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread::sleep,
    time::{Duration, Instant},
};

/// Goes on by a script that lies beside it, once there is one.
const PAGE: &str = include_str!("calm.html");
const GO_ON: &str = "go.js";
/// What the page says when it is open.
const OPEN: &str = "the first page is here";
const START: Duration = Duration::from_secs(60);
/// No system says when a process has nothing to do: its CPU time is read so often.
const LOOK: Duration = Duration::from_millis(250);
/// One that starts uses more than a whole core, one that has started a tenth or two of a slow one, for all these looks in
/// a row.
const LOOKS: usize = 5;
const CALM: Duration = Duration::from_millis(100);
/// A browser that is never calm tests all the same.
const PATIENCE: Duration = Duration::from_secs(30);
/// What `/proc` counts CPU time in, on every architecture of Linux.
const TICKS_A_SECOND: u32 = 100;

/// The page that a browser opens first.
pub(super) struct First {
    folder: PathBuf,
}

impl First {
    /// Lies in this folder.
    pub(super) fn at(folder: &Path) -> Self {
        let folder = folder.to_owned();
        fs::write(folder.join("first.html"), PAGE).expect("a file can be written");
        Self { folder }
    }

    pub(super) fn url(&self) -> String {
        format!("file://{}", self.folder.join("first.html").display())
    }

    /// Leads the browser on to `url` as soon as everything that runs in `namespace` is calm.
    pub(super) fn go_on(self, url: &str, browser: &mut Running, namespace: &Namespace) {
        browser.wait_for(OPEN, START);
        let start = Instant::now();
        let mut calm = 0;
        let mut before = cpu_time(namespace);
        while calm < LOOKS && start.elapsed() < PATIENCE {
            sleep(LOOK);
            let now = cpu_time(namespace);
            calm = match now.saturating_sub(before) <= CALM {
                true => calm + 1,
                false => 0,
            };
            before = now;
        }
        // In one step: half a script is none.
        let written = self.folder.join("next.js");
        fs::write(&written, format!("location.replace({url:?});")).expect("a file can be written");
        fs::rename(&written, self.folder.join(GO_ON)).expect("a file can be renamed");
    }
}

/// What all processes in a namespace have used since each began.
fn cpu_time(namespace: &Namespace) -> Duration {
    let listed = Command::new("ip")
        .args(["netns", "pids", namespace.name()])
        .output()
        .expect("ip starts");
    let listed = String::from_utf8_lossy(&listed.stdout);
    // Whoever has ended meanwhile uses nothing any more.
    let ticks: u32 = listed.split_whitespace().filter_map(ticks).sum();
    Duration::from_secs(ticks.into()) / TICKS_A_SECOND
}

/// `utime` and `stime` of proc_pid_stat(5), its fields 14 and 15; the second is a name in brackets, with any signs in it.
fn ticks(process: &str) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, behind_the_name) = stat.rsplit_once(") ")?;
    let mut fields = behind_the_name.split(' ').skip(11);
    let mut next = || fields.next()?.parse::<u32>().ok();
    Some(next()? + next()?)
}
