//! The page's tests and the probes': WebAssembly in a headless browser, against a program that runs for them.
//!
//! Each test binary is started by a runner, the one in `xtask/runner`.

use crate::{
    command::{cargo, find_program, linted, root, run, target_dir},
    side_by_side::Call,
    test_program::TestProgram,
};
use anyhow::{Context, Result, bail};
use std::{
    env,
    hash::{BuildHasher, Hasher, RandomState},
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket},
    ops::Range,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// A debug build makes its secrets, its certificate and its database within a second.
const START: Duration = Duration::from_secs(20);
/// For all tests of one binary together: each of them runs a whole test or a whole call, and on a busy machine, where
/// one after another waits for what does not come, they say which.
const TEST_SECONDS: &str = "180";
/// Until chromedriver listens at its port.
const DRIVER_SECONDS: &str = "60";

/// The package of what runs a test binary, and its program.
const RUNNER_PACKAGE: &str = "test-runner";
const RUNNER_PROGRAM: &str = "wasm-bindgen-test-runner";

/// Where cargo looks for what runs a test binary of this target.
const RUNNER: &str = "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER";

/// The one of them that takes longest.
const LONGEST: &str = "pair";

/// Compiles what runs them, and has clippy read it.
pub(crate) fn compile_runner() -> Result<()> {
    run(&mut linted(cargo(["build", "-p", RUNNER_PACKAGE])))
}

/// What runs them, as it was compiled.
fn runner() -> PathBuf {
    target_dir().join("debug").join(RUNNER_PROGRAM)
}

/// The page's tests and the probes', compiled for a program at some address.
pub(crate) struct BrowserTests {
    programs: Vec<TestProgram>,
    /// The address of the program that they find when they run: it is told them when they are compiled.
    http: SocketAddr,
}

impl BrowserTests {
    /// Compiles them, and has clippy read them.
    pub(crate) fn compile() -> Result<Self> {
        let http = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let mut programs = TestProgram::compile(test(http))?;
        // The longest first, so that it does not run by itself in the end.
        programs.sort_by_key(|it| it.name != LONGEST);
        Ok(Self { programs, http })
    }

    /// Starts the program that they need.
    pub(crate) fn start(&self, earshot: &Path) -> Result<Program> {
        Program::start(earshot, self.http)
    }

    /// The calls that run them while the program runs.
    pub(crate) fn calls(&self) -> Result<Vec<Call>> {
        let driver = find_program(&["chromedriver"]).context("chromedriver is not installed")?;
        let in_a_browser = |command: &mut Command| {
            command
                .env("CHROMEDRIVER", &driver)
                .env(
                    "WASM_BINDGEN_TEST_WEBDRIVER_JSON",
                    root().join("web/webdriver.json"),
                )
                .env("WASM_BINDGEN_TEST_TIMEOUT", TEST_SECONDS)
                .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", DRIVER_SECONDS);
        };
        let run = |program: &TestProgram| {
            let mut command = program.command_by(Command::new(runner()));
            in_a_browser(&mut command);
            Call::of(&program.name, command)
        };
        // An example in the documentation is only compiled, for it would open a browser's connections; that there is none
        // to run is found by the runner.
        let mut documentation = test(self.http);
        documentation.arg("--doc").env(RUNNER, runner());
        in_a_browser(&mut documentation);
        let documentation = Call::that_may_have_none("the page's documentation", documentation);
        let programs = self.programs.iter().map(run);
        Ok(programs.chain([documentation]).collect())
    }
}

/// `cargo test` of the page's crate in WebAssembly, against the program at this address.
fn test(http: SocketAddr) -> Command {
    let mut command = cargo([
        "test",
        "-p",
        "earshot-web",
        "--target",
        "wasm32-unknown-unknown",
    ]);
    command.env("EARSHOT_TEST_URL", format!("http://{http}"));
    as_all_tests_in_a_browser(&mut command);
    linted(command)
}

/// The command that runs the tests of `examples/ci-probe`, which is a project of its own, by the recipe of docs/ci.md.
pub(crate) fn example(earshot: &Path) -> Result<Command> {
    let reports = target_dir().join("ci-probe").join("reports");
    let mut command = of_the_example(&root().join("deploy/ci/with-earshot.sh"));
    command
        .args(["cargo", "test", "--locked"])
        .env(RUNNER, runner())
        .env("EARSHOT_BIN", earshot)
        .env("EARSHOT_REPORTS", reports)
        .env("EARSHOT_PORT", free_port()?.to_string())
        .env("TURN_LISTEN", format!("0.0.0.0:{}", free_port()?))
        .env("STUN_LISTEN", format!("0.0.0.0:{}", free_port()?))
        .env("WASM_BINDGEN_TEST_TIMEOUT", TEST_SECONDS)
        .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", DRIVER_SECONDS);
    Ok(command)
}

/// Only compiles them.
pub(crate) fn compile_example() -> Result<()> {
    run(of_the_example(Path::new("cargo")).args(["test", "--locked", "--no-run"]))
}

/// What it needs is compiled already, where it is compiled by the workspace's profile and flags.
fn of_the_example(program: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(root().join("examples/ci-probe"))
        .env("CARGO_PROFILE_DEV_BUILD_OVERRIDE_DEBUG", "false");
    as_all_tests_in_a_browser(&mut command);
    command
}

/// Crates compiled in another way are other crates, so it is one way for both. A browser does not know the lines that stand
/// in debug information, and without it the bundler needs half the time.
fn as_all_tests_in_a_browser(command: &mut Command) {
    command
        .env("CARGO_TARGET_DIR", target_dir())
        .env("RUSTFLAGS", "-Dwarnings")
        .env("CARGO_PROFILE_DEV_DEBUG", "false");
}

/// A program that runs until this is dropped.
pub(crate) struct Program {
    child: Child,
    data: PathBuf,
}

impl Program {
    /// Starts `earshot serve` with its page at this address and waits until it is ready.
    fn start(earshot: &Path, http: SocketAddr) -> Result<Self> {
        // The witness answers at the address that is announced, so these listen on all.
        let turn = SocketAddr::from((Ipv4Addr::UNSPECIFIED, free_port()?));
        let stun = SocketAddr::from((Ipv4Addr::UNSPECIFIED, free_port()?));
        let data = env::temp_dir().join(format!("earshot-xtask-{}", std::process::id()));
        let mut command = Command::new(earshot);
        command
            .arg("serve")
            .env("HTTP_LISTEN", http.to_string())
            .env("TURN_LISTEN", turn.to_string())
            .env("STUN_LISTEN", stun.to_string())
            .env("CORS_ORIGIN", "http://127.0.0.1")
            .env("EARSHOT_DATA", &data)
            .stdout(Stdio::null());
        let child = command
            .spawn()
            .with_context(|| format!("{} could not be started", earshot.display()))?;
        let mut program = Self { child, data };
        program.wait_until_ready(http)?;
        Ok(program)
    }

    fn wait_until_ready(&mut self, http: SocketAddr) -> Result<()> {
        let deadline = Instant::now() + START;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                bail!("the program ended before it was ready ({status}); its words are above");
            }
            if is_ready(http).unwrap_or(false) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("the program was not ready after {} s", START.as_secs())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

fn is_ready(http: SocketAddr) -> Result<bool> {
    let mut stream = TcpStream::connect_timeout(&http, Duration::from_secs(1))?;
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    write!(
        stream,
        "GET /readyz HTTP/1.1\r\nHost: {http}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.starts_with("HTTP/1.1 200"))
}

/// Below the ports that systems hand out (32768 and more on Linux): between this look and the program's start no
/// connection of this machine may take the port.
const PORTS: Range<u16> = 20_000..32_000;

/// A port free for UDP and TCP alike on all addresses, each time another one.
fn free_port() -> Result<u16> {
    // The hasher's keys are random, so tasks that run side by side begin at different places.
    let begin = RandomState::new().build_hasher().finish() % u64::from(PORTS.end - PORTS.start);
    PORTS
        .cycle()
        .skip(usize::try_from(begin)?)
        .take(PORTS.len())
        .find(|&port| {
            let address = (Ipv4Addr::UNSPECIFIED, port);
            UdpSocket::bind(address).is_ok() && TcpListener::bind(address).is_ok()
        })
        .context("no port is free for both UDP and TCP")
}
