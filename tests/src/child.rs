//! A program that runs for one test, with what it says.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex},
    time::{Duration, Instant},
};

/// Killed when dropped.
pub struct Running {
    child: Child,
    said: Arc<Said>,
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
        for output in outputs.into_iter().flatten() {
            let said = said.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    said.text
                        .lock()
                        .expect("a listener panicked")
                        .push_str(&(line + "\n"));
                    said.more.notify_all();
                }
            });
        }
        Self { child, said }
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

    /// Waits for the end.
    pub fn wait(&mut self, within: Duration) -> ExitStatus {
        let deadline = Instant::now() + within;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child can be asked") {
                return status;
            }
            assert!(Instant::now() < deadline, "did not end:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
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
