//! Takes a network away when it is no longer wanted, however the program that built it ended.
//!
//! A guard is a process of its own that waits until the pipe from its network's program closes: when the network is
//! dropped, and also when the program ends, is interrupted or is killed. Then it ends whatever runs in the network and
//! deletes it. Should a guard itself be killed, the next program that builds a network deletes what is left.

use super::{
    error::LabError,
    namespace::{FILES, NAMESPACES},
    run::ip,
};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    fs, io,
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Stdio},
    sync::{
        Once,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

/// So begin the names of all our namespaces; the process id of their program follows.
const OURS: &str = "es";
/// Processes are killed, so they end at once; a browser is many of them, and starts new ones meanwhile.
const PROCESSES_END: Duration = Duration::from_secs(10);

static NEXT_CASE: AtomicU32 = AtomicU32::new(1);
static LEFT_OVER: Once = Once::new();

/// The guard of one network.
#[derive(Debug)]
pub(super) struct Guard {
    process: Child,
    prefix: String,
}

impl Guard {
    /// Starts a guard for a new case.
    pub(super) fn start() -> Result<Self, LabError> {
        LEFT_OVER.call_once(delete_left_over);
        let case = NEXT_CASE.fetch_add(1, Ordering::Relaxed);
        let prefix = format!("{OURS}{}-{case}-", std::process::id());
        let process = super::agent::command("guard")?
            .arg(&prefix)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            // An interrupt from the keyboard goes to the whole group of the program.
            .process_group(0)
            .spawn()
            .map_err(LabError::system("a guard"))?;
        Ok(Self { process, prefix })
    }

    /// The name of a namespace of this case.
    pub(super) fn name(&self, role: &str) -> String {
        format!("{}{role}", self.prefix)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// What a guard does: waits for the end of its input, then deletes.
pub(super) fn stand(prefix: &str) -> Result<(), LabError> {
    io::copy(&mut io::stdin(), &mut io::sink()).map_err(LabError::system("standard input"))?;
    delete(
        &names()
            .filter(|name| name.starts_with(prefix))
            .collect::<Vec<_>>(),
    )
}

/// Deletes the namespaces of programs that are gone, and those of a program that had this one's process id.
fn delete_left_over() {
    let is_left_over = |name: &String| {
        let Some((process, _)) = name
            .strip_prefix(OURS)
            .and_then(|rest| rest.split_once('-'))
        else {
            return false;
        };
        let Ok(process) = process.parse::<u32>() else {
            return false;
        };
        process == std::process::id() || !Path::new(&format!("/proc/{process}")).exists()
    };
    // Its guard may be at it right now; then there is less to delete, and nothing to report.
    let _ = delete(&names().filter(is_left_over).collect::<Vec<_>>());
}

/// Every namespace of this machine, and every folder of files for one.
fn names() -> impl Iterator<Item = String> {
    [NAMESPACES, FILES]
        .into_iter()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
}

fn delete(names: &[String]) -> Result<(), LabError> {
    end_processes(names);
    let mut outcome = Ok(());
    for name in names {
        let _ = fs::remove_dir_all(Path::new(FILES).join(name));
        let deleted = ip(&["netns", "delete", name]);
        if Path::new(NAMESPACES).join(name).exists() {
            outcome = deleted.map(drop);
        }
    }
    outcome
}

/// A namespace lives as long as a process in it.
fn end_processes(names: &[String]) {
    let deadline = Instant::now() + PROCESSES_END;
    loop {
        let said: Vec<String> = names
            .iter()
            .filter_map(|name| ip(&["netns", "pids", name]).ok())
            .collect();
        let mut processes = said
            .iter()
            .flat_map(|said| said.split_whitespace())
            .filter_map(|word| Pid::from_raw(word.parse().ok()?))
            .peekable();
        if processes.peek().is_none() || Instant::now() > deadline {
            return;
        }
        for process in processes {
            let _ = kill_process(process, Signal::KILL);
        }
        // Killed is not yet gone, and who is not our child cannot be waited for.
        std::thread::sleep(Duration::from_millis(5));
    }
}
