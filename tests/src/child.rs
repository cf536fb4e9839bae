//! A program that runs for one test, with what it says.

use rustix::process::{Pid, Signal, kill_process};
use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex},
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// Killed when dropped.
pub struct Running {
    child: Child,
    said: Arc<Said>,
    listeners: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Said {
    text: Mutex<String>,
    more: Condvar,
}

impl Running {
    /// Starts `command` and listens to what it says on both outputs.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} could not be started: {error}"));
        let said = Arc::new(Said::default());
        let outputs: [Option<Box<dyn Read + Send>>; 2] = [
            child.stdout.take().map(|output| Box::new(output) as _),
            child.stderr.take().map(|output| Box::new(output) as _),
        ];
        let listen = |output: Box<dyn Read + Send>| {
            let said = said.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    said.text
                        .lock()
                        .expect("a listener panicked")
                        .push_str(&(line + "\n"));
                    said.more.notify_all();
                }
            })
        };
        let listeners = outputs.into_iter().flatten().map(listen).collect();
        Self {
            child,
            said,
            listeners,
        }
    }

    /// Everything said so far.
    pub fn log(&self) -> String {
        self.said.text.lock().expect("a listener panicked").clone()
    }

    /// Waits until `wanted` has been said. Panics when it is not, or when the program ends before.
    pub fn wait_for(&mut self, wanted: &str, within: Duration) {
        let deadline = Instant::now() + within;
        loop {
            if self.log().contains(wanted) {
                return;
            }
            let ended = self.child.try_wait().expect("a child can be asked");
            let log = self.log();
            assert!(
                ended.is_none() || log.contains(wanted),
                "ended ({ended:?}) before it said “{wanted}”:\n{log}"
            );
            assert!(Instant::now() < deadline, "did not say “{wanted}”:\n{log}");
            let text = self.said.text.lock().expect("a listener panicked");
            drop(self.said.more.wait_timeout(text, Duration::from_millis(50)));
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
        let deadline = Instant::now() + within;
        let mut text = self.said.text.lock().expect("a listener panicked");
        while !wanted(&text) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let woken = self.said.more.wait_timeout(text, left);
            text = woken.expect("a listener panicked").0;
        }
        true
    }

    /// Waits for the end, and for its last words.
    pub fn wait(&mut self, within: Duration) -> ExitStatus {
        let Some(status) = self.ends(within) else {
            panic!("did not end:\n{}", self.log());
        };
        for listener in self.listeners.drain(..) {
            listener.join().expect("a listener panicked");
        }
        status
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

    /// Ends it at once, as `kill -9` does.
    pub fn kill(&mut self) {
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
        self.kill();
    }
}
