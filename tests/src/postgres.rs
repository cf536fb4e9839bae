//! A real PostgreSQL: one server for each process of tests, one database for each test.

use crate::{net::free_port, skip};
use std::{
    fs,
    io::{self, BufRead, BufReader, Write},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

const PROGRAM: &str = include_str!("postgres.sh");
/// With all that has to be written otherwise in a URL.
pub const PASSWORD: &str = "hidden@:/?#%";
const PASSWORD_IN_URL: &str = "hidden%40%3A%2F%3F%23%25";
/// What the server keeps of it (`rolpassword` in PostgreSQL's catalog `pg_authid`), with one iteration where it would make
/// 4,096: a debug build takes its time for these, and each connection has to compute them.
const VERIFIER: &str = "SCRAM-SHA-256$1:ZWFyc2hvdCdzIHRlc3RzIQ==$\
    /nRhDjSviUxX9sC7Q8ej47ZYGdbI55VDr01u/JaYBF4=:CPFNnkelSMTIseI3EgGr++FjmHqUJlaEUEI/AFXKbpE=";
/// PostgreSQL refuses to run as root. This is `nobody` on every Linux.
const NOBODY: &str = "65534";

/// A server that runs until this is dropped, or until the process of the tests ends, however it ends.
pub struct Postgres {
    port: u16,
    databases: AtomicU32,
    shell: Mutex<Shell>,
}

struct Shell {
    child: Child,
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Postgres {
    /// The one server of this process; `None`: PostgreSQL is not installed, and it is said so.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        let programs = programs()?;
        Some(SHARED.get_or_init(|| Self::with(&programs)))
    }

    /// A server for one test, which may stop it; `None`: PostgreSQL is not installed, and it is said so.
    pub fn start() -> Option<Self> {
        Some(Self::with(&programs()?))
    }

    fn with(programs: &Path) -> Self {
        let shell = ["sh", "-c", PROGRAM, "postgres.sh"];
        let as_nobody = [
            "setpriv",
            &format!("--reuid={NOBODY}"),
            &format!("--regid={NOBODY}"),
            "--clear-groups",
        ];
        let mut words = match rustix::process::geteuid().is_root() {
            true => [&as_nobody[..], &shell].concat(),
            false => shell.to_vec(),
        }
        .into_iter();
        let mut child = Command::new(words.next().expect("there is a first word"))
            .args(words)
            .arg(programs)
            .arg(VERIFIER)
            .current_dir("/")
            // Ctrl-C ends the tests; the shell has to live a little longer.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell can be started");
        let mut shell = Shell {
            commands: child.stdin.take(),
            answers: BufReader::new(child.stdout.take().expect("it is piped")),
            child,
        };
        assert_ok("initdb", shell.answer());
        let server = Self {
            port: free_port(),
            databases: AtomicU32::new(0),
            shell: Mutex::new(shell),
        };
        server.resume();
        server
    }

    /// A new database with nothing in it, as a URL.
    pub fn database(&self) -> String {
        let nth = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{nth}");
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        self.url(&name)
    }

    /// The URL of a database that may be missing.
    pub fn url(&self, name: &str) -> String {
        let port = self.port;
        format!("postgres://earshot:{PASSWORD_IN_URL}@127.0.0.1:{port}/{name}")
    }

    /// Does something in a database that an operator may do.
    pub fn sql(&self, database: &str, statement: &str) {
        self.command(&format!("sql {database} {statement}"));
    }

    /// Stops the server; connections are closed.
    pub fn stop(&self) {
        self.command("stop");
    }

    /// Starts it again where it was.
    pub fn resume(&self) {
        self.command(&format!("start {}", self.port));
    }

    fn command(&self, line: &str) {
        let answer = {
            let mut shell = self.shell.lock().expect("a test panicked here");
            shell.ask(line)
        };
        // The other tests may go on with it.
        assert_ok(line, answer);
    }
}

impl Shell {
    fn ask(&mut self, command: &str) -> io::Result<String> {
        if let Some(commands) = &mut self.commands {
            writeln!(commands, "{command}")?;
        }
        self.answer()
    }

    fn answer(&mut self) -> io::Result<String> {
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        Ok(answer)
    }
}

fn assert_ok(command: &str, answer: io::Result<String>) {
    let answer = answer.expect("the shell runs");
    assert_eq!(answer, "ok\n", "PostgreSQL: {command}");
}

impl Drop for Shell {
    fn drop(&mut self) {
        drop(self.commands.take());
        let _ = self.child.wait();
    }
}

/// Where the programs of the newest PostgreSQL lie. Debian has several side by side, none of them in `PATH`.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let newest = versions
        .map_while(Result::ok)
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .max()
        .map(|version| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin")));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = newest
        .into_iter()
        .chain(std::env::split_paths(&path))
        .find(|folder| folder.join("initdb").is_file());
    if found.is_none() {
        skip("PostgreSQL is not installed (Debian's package postgresql)");
    }
    found
}
