//! Debian's `turnutils_uclient` against the program as an operator starts it.

use earshot_tests::{
    child::Running,
    net::host_address,
    program::{Program, Settings},
    real_part,
};
use std::{path::Path, process::Command, time::Duration};

const USER: &str = "voicechat";
const PASSWORD: &str = "a password that is long enough";
/// Refused, it tries for some 15 seconds before it gives up.
const PATIENCE: Duration = Duration::from_secs(60);

fn relay() -> Program {
    Settings::new()
        .with_tls()
        .set("TURN_USERNAME", USER)
        .set("TURN_PASSWORD", PASSWORD)
        .start()
}

/// Runs the client to its end, and returns what it said.
fn run(client: &Path, port: u16, arguments: &[&str]) -> String {
    let mut command = Command::new(client);
    command
        // Without RTCP, which would reserve a second port for each allocation; both ends on this relay.
        .args(["-c", "-y", "-z", "5", "-p", &port.to_string()])
        .args(arguments)
        .arg(host_address().to_string());
    let mut running = Running::start(&mut command);
    running.wait(PATIENCE);
    running.log()
}

/// The sum that stands behind this name in the last line that has it.
fn total(output: &str, name: &str) -> Option<u32> {
    let (_, rest) = output.rsplit_once(name)?;
    let end = rest.find(|c: char| !c.is_ascii_digit())?;
    rest[..end].parse().ok()
}

#[test]
fn every_packet_returns_over_every_transport() {
    let Some(client) = real_part("turnutils_uclient", "coturn") else {
        return;
    };
    let program = relay();
    let turn = program.settings.turn_port;
    let tls = program.settings.tls_port.expect("it was asked for");
    // Side by side: they take their time.
    std::thread::scope(|scope| {
        for (port, transport) in [(turn, &[][..]), (turn, &["-t"]), (tls, &["-t", "-S"])] {
            let client = &client;
            scope.spawn(move || {
                let usual = ["-u", USER, "-w", PASSWORD, "-n", "50", "-m", "4"];
                let output = run(client, port, &[&usual[..], transport].concat());
                let totals = ["tot_send_msgs=", "tot_recv_msgs="].map(|name| total(&output, name));
                assert_eq!(totals, [Some(200); 2], "{transport:?}\n{output}");
            });
        }
    });
    let log = program.end();
    let new = "new, realm=<earshot>, username=<voicechat>";
    assert!(log.contains(new) && !log.contains("username=<>"), "{log}");
}

#[test]
fn a_wrong_password_and_none_relay_nothing() {
    let Some(client) = real_part("turnutils_uclient", "coturn") else {
        return;
    };
    let program = relay();
    for credentials in [&["-u", USER, "-w", "not the password"][..], &[]] {
        let arguments = [credentials, &["-n", "5"]].concat();
        let output = run(&client, program.settings.turn_port, &arguments);
        assert_eq!(total(&output, "tot_recv_msgs=").unwrap_or(0), 0, "{output}");
        assert!(output.contains("Cannot complete Allocation"), "{output}");
    }
}
