//! Networks are gone when they are no longer wanted, however their program ended.

use earshot_tests::{
    child::Running,
    lab::net::{LabError, Layout, Network},
};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::{
    fs,
    os::unix::process::CommandExt,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

const START: Duration = Duration::from_secs(20);
/// Taking a network away.
const GONE: Duration = Duration::from_secs(10);

/// What is left of networks whose names begin so.
fn left(prefix: &str) -> Vec<String> {
    ["/run/netns", "/etc/netns"]
        .into_iter()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.starts_with(prefix))
        .collect()
}

/// Waits until nothing is left.
fn expect_gone(prefix: &str) {
    let deadline = Instant::now() + GONE;
    while !left(prefix).is_empty() {
        assert!(Instant::now() < deadline, "left: {:?}", left(prefix));
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// This test program again, for one test of it.
fn again(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("a test knows where it lies"));
    command.args(["--exact", test, "--ignored", "--nocapture"]);
    command
}

#[test]
fn dropped_it_is_gone_with_all_that_ran_in_it() {
    let Some(network) = Network::real(&Layout::default()) else {
        return;
    };
    let name = network.user().name();
    let prefix = name.strip_suffix("user").expect("it ends so").to_owned();
    assert!(left(&prefix).len() > 4, "{:?}", left(&prefix));
    let mut inside = network
        .user()
        .command("sleep")
        .arg("1000")
        .stdin(Stdio::null())
        .spawn()
        .expect("it starts");
    drop(network);
    assert_eq!(left(&prefix), Vec::<String>::new());
    // It has left its namespace, and its end is known a moment later.
    let deadline = Instant::now() + GONE;
    while inside.try_wait().expect("it can be asked").is_none() {
        assert!(Instant::now() < deadline, "it was ended");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn its_program_interrupted_it_is_gone() {
    // The keyboard's interrupt goes to all of the program's group.
    ended_by(|program| kill_process_group(program, Signal::INT));
}

#[test]
fn its_program_killed_it_is_gone() {
    ended_by(|program| kill_process(program, Signal::KILL));
}

fn ended_by(end: impl Fn(Pid) -> rustix::io::Result<()>) {
    if Network::real(&Layout::default()).is_none() {
        return;
    }
    let mut child = again("life::builds_a_network_and_stays");
    let mut program = Running::start(child.process_group(0));
    program.wait_for("built", START);
    let prefix = format!("es{}-", program.id());
    assert!(!left(&prefix).is_empty());
    let process = Pid::from_raw(program.id().try_into().expect("a process id"));
    end(process.expect("not zero")).expect("it is ours");
    expect_gone(&prefix);
}

#[test]
#[ignore = "the child of the tests that end it"]
fn builds_a_network_and_stays() {
    let _network = Network::build(&Layout::default()).expect("its parent built one");
    println!("built");
    std::thread::park();
}

#[test]
fn what_a_dead_program_left_goes_with_the_next_network() {
    if Network::real(&Layout::default()).is_none() {
        return;
    }
    let mut dead = Command::new("true").spawn().expect("it starts");
    dead.wait().expect("it ends");
    let left_over = format!("es{}-1-user", dead.id());
    let added = Command::new("ip")
        .args(["netns", "add", &left_over])
        .status();
    assert!(added.expect("ip starts").success());
    let mut program = Running::start(&mut again("life::builds_a_network_and_stays"));
    program.wait_for("built", START);
    assert_eq!(left(&left_over), Vec::<String>::new());
}

#[test]
fn it_says_clearly_when_it_may_not() {
    if Network::real(&Layout::default()).is_none() {
        return;
    }
    let child = again("life::may_not_make_namespaces");
    let mut without_rights = Command::new("setpriv");
    without_rights
        .arg("--bounding-set=-sys_admin,-net_admin")
        .arg(child.get_program())
        .args(child.get_args());
    let mut program = Running::start(&mut without_rights);
    let status = program.wait(START);
    assert!(status.success(), "{}", program.log());
}

#[test]
#[ignore = "the child of the test that takes its rights away"]
fn may_not_make_namespaces() {
    let error = Network::build(&Layout::default()).expect_err("it has no right to");
    assert!(matches!(error, LabError::NotAllowed(_)), "{error}");
    let said = error.to_string();
    assert!(said.contains("may not be made here"), "{said}");
    assert!(said.contains("Operation not permitted"), "{said}");
    // Skipped with the reason where that is allowed, and not where nothing may be skipped.
    let required = std::env::var_os("EARSHOT_REQUIRE_REAL").is_some();
    let skipped = std::panic::catch_unwind(|| Network::real(&Layout::default()).is_none());
    assert_eq!(skipped.is_err(), required);
}
