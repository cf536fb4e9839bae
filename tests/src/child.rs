//! A program that runs for one test, with what it says.

use rustix::process::{Pid, Signal, kill_process};
use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex, MutexGuard},
    time::{Duration, Instant},
};

/// Its last words are in the pipe when it has ended. The pipe stays open as long as a process of its own has it, which is
/// not waited for.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// Killed when dropped.
pub struct Running {
    child: Child,
    said: Arc<Said>,
}

#[derive(Default)]
struct Said {
    so_far: Mutex<SoFar>,
    more: Condvar,
}

#[derive(Default)]
struct SoFar {
    text: String,
    /// Outputs that are listened to.
    open: usize,
}

impl Said {
    fn so_far(&self) -> MutexGuard<'_, SoFar> {
        self.so_far.lock().expect("a listener panicked")
    }

    fn add(&self, change: impl FnOnce(&mut SoFar)) {
        change(&mut self.so_far());
        self.more.notify_all();
    }

    /// Waits until all is as `wanted`, and tells whether it came to that.
    fn wait(&self, wanted: impl Fn(&SoFar) -> bool, within: Duration) -> bool {
        let so_far = self.so_far();
        let waited = self
            .more
            .wait_timeout_while(so_far, within, |it| !wanted(it));
        !waited.expect("a listener panicked").1.timed_out()
    }
}

impl Running {
    /// Starts `command` and listens to what it says on both outputs.
    pub fn start(command: &mut Command) -> Self {
        Self::spawn(command.stdin(Stdio::null()))
    }

    /// The same with a program that ends when its input does, and be it because this process has ended.
    pub(crate) fn start_on_a_lifeline(command: &mut Command) -> (Self, ChildStdin) {
        let mut running = Self::spawn(command.stdin(Stdio::piped()));
        let lifeline = running.child.stdin.take();
        (running, lifeline.expect("it is piped"))
    }

    fn spawn(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} could not be started: {error}"));
        let said = Arc::new(Said::default());
        let outputs: [Option<Box<dyn Read + Send>>; 2] = [
            child.stdout.take().map(|output| Box::new(output) as _),
            child.stderr.take().map(|output| Box::new(output) as _),
        ];
        for output in outputs.into_iter().flatten() {
            let said = said.clone();
            said.add(|so_far| so_far.open += 1);
            std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    said.add(|so_far| so_far.text.push_str(&(line + "\n")));
                }
                said.add(|so_far| so_far.open -= 1);
            });
        }
        Self { child, said }
    }

    /// Everything said so far.
    pub fn log(&self) -> String {
        self.said.so_far().text.clone()
    }

    /// Waits until `wanted` has been said. Panics when it is not, or when the program ends before.
    pub fn wait_for(&mut self, wanted: &str, within: Duration) {
        let deadline = Instant::now() + within;
        loop {
            if self.log().contains(wanted) {
                return;
            }
            let ended = self.child.try_wait().expect("a child can be asked");
            if ended.is_some() {
                self.hear_out();
            }
            let log = self.log();
            assert!(
                ended.is_none() || log.contains(wanted),
                "ended ({ended:?}) before it said “{wanted}”:\n{log}"
            );
            assert!(Instant::now() < deadline, "did not say “{wanted}”:\n{log}");
            self.says(wanted, Duration::from_millis(50));
        }
    }

    /// Waits until `wanted` has been said, and tells whether it was.
    pub fn says(&mut self, wanted: &str, within: Duration) -> bool {
        self.says_times(wanted, 1, within)
    }

    /// The same, so many times.
    pub fn says_times(&mut self, wanted: &str, times: usize, within: Duration) -> bool {
        self.says_what(|text| text.matches(wanted).count() >= times, within)
    }

    /// Waits until all that it has said is as `wanted`.
    pub fn says_what(&mut self, wanted: impl Fn(&str) -> bool, within: Duration) -> bool {
        self.said.wait(|so_far| wanted(&so_far.text), within)
    }

    /// Waits for the end, and for its last words.
    pub fn wait(&mut self, within: Duration) -> ExitStatus {
        let Some(status) = self.ends(within) else {
            panic!("did not end:\n{}", self.log());
        };
        self.hear_out();
        status
    }

    /// Of one that has ended: listens until it has said all.
    fn hear_out(&self) {
        self.said.wait(|so_far| so_far.open == 0, LAST_WORDS);
    }

    /// Waits for the end; `None`: it did not end in time.
    pub(crate) fn ends(&mut self, within: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + within;
        loop {
            let status = self.child.try_wait().expect("a child can be asked");
            if status.is_some() || Instant::now() >= deadline {
                return status;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Asks it to end, as `kill` does, and returns everything it said: before its end a line may still be on its way.
    pub fn end(&mut self, within: Duration) -> String {
        self.ask_to_end();
        self.wait(within);
        self.log()
    }

    /// Asks it to end, as systemd does.
    pub fn ask_to_end(&self) {
        if let Some(process) = i32::try_from(self.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(process, Signal::TERM);
        }
    }

    /// Ends it at once, as `kill -9` does; all that it said is in its log then.
    pub fn kill(&mut self) {
        self.put_to_end();
        self.hear_out();
    }

    fn put_to_end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.put_to_end();
    }
}
