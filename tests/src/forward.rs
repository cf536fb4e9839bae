//! What stands before several programs, as a load balancer does.

use std::{
    io::{self, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex},
    thread,
    time::Duration,
};

/// An address of the loopback, each of whose connections is passed on to the first of some servers that takes it: the
/// next one's turn comes when one is killed. Until the process of the tests ends.
pub struct ToFirstAlive {
    /// It.
    pub address: SocketAddr,
    answers: Arc<Answers>,
}

/// So much is known of what went to each of those who connected, in bytes.
const KEPT: usize = 32 << 10;

/// What went to those who connected.
#[derive(Default)]
struct Answers {
    by_connections: Mutex<Vec<Vec<u8>>>,
    more: Condvar,
}

impl ToFirstAlive {
    /// Stands before these servers.
    pub fn new(servers: Vec<SocketAddr>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let answers = Arc::new(Answers::default());
        let noted = answers.clone();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let alive = servers.iter().find_map(|it| TcpStream::connect(it).ok());
                // A connection that nobody takes is closed by being dropped.
                if let Some(server) = alive {
                    join(&client, &server, &noted).expect("a connection has two directions");
                }
            }
        });
        Self { address, answers }
    }

    /// Waits until somebody who connected was answered this just now, and tells whether it came to that.
    pub fn has_answered(&self, text: &str, within: Duration) -> bool {
        let is_missing = |answers: &mut Vec<Vec<u8>>| {
            let mut answers = answers.iter().map(|it| String::from_utf8_lossy(it));
            !answers.any(|answer| answer.contains(text))
        };
        let answers = self.answers.by_connections.lock().expect("no note panics");
        let more = &self.answers.more;
        let waited = more.wait_timeout_while(answers, within, is_missing);
        !waited.expect("no note panics").1.timed_out()
    }
}

/// Passes on what comes at each end, until either goes away: then the other one is closed.
fn join(client: &TcpStream, server: &TcpStream, answers: &Arc<Answers>) -> io::Result<()> {
    let answered = Answered::new(client.try_clone()?, answers.clone());
    pass_on(client, server, server.try_clone()?)?;
    pass_on(server, client, answered)
}

fn pass_on(
    from: &TcpStream,
    end: &TcpStream,
    mut to: impl Write + Send + 'static,
) -> io::Result<()> {
    let (mut from, end) = (from.try_clone()?, end.try_clone()?);
    thread::spawn(move || {
        // However it ends, none goes on alone.
        let _ = io::copy(&mut from, &mut to);
        for end in [from, end] {
            let _ = end.shutdown(Shutdown::Both);
        }
    });
    Ok(())
}

/// A connection at which is noted what was answered.
struct Answered {
    to: TcpStream,
    nth: usize,
    answers: Arc<Answers>,
}

impl Answered {
    fn new(to: TcpStream, answers: Arc<Answers>) -> Self {
        let mut all = answers.by_connections.lock().expect("no note panics");
        let nth = all.len();
        all.push(Vec::new());
        drop(all);
        Self { to, nth, answers }
    }
}

impl Write for Answered {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.to.write(bytes)?;
        let mut all = self.answers.by_connections.lock().expect("no note panics");
        let noted = &mut all[self.nth];
        noted.extend_from_slice(&bytes[..count]);
        // Whole pages pass here, and whoever waits for a word of it is in a hurry.
        let surplus = noted.len().saturating_sub(KEPT);
        noted.drain(..surplus);
        drop(all);
        self.answers.more.notify_all();
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
