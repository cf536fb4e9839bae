//! What coturn does with a configuration, and what is said of it.

use super::{ENDING, earshot, names};
use earshot_tests::{
    child::Running,
    net::{free_port, host_address},
    real_part,
    turn_client::TurnClient,
};
use std::{net::SocketAddr, process::Command};

/// What `check-conf` says of a configuration is what coturn then does.
#[test]
fn coturn_does_with_a_configuration_what_is_said_of_it() {
    let Some(turnserver) = real_part("turnserver", "coturn") else {
        return;
    };
    for (lines, expected, answer) in [
        ("", "fault access-for-anybody server-open", Does::Opens),
        (
            "lt-cred-mech\nuser=user:password",
            "fault realm-missing realm-missing",
            Does::AsksWithoutRealm,
        ),
        (
            "lt-cred-mech # users\nrealm=v\nuser=user:password",
            "fault value-with-appendix server-unreachable",
            Does::NotStart,
        ),
        (
            "lt-cred-mech\nno-auth\nrealm=v",
            "fault access-contradicted server-unreachable",
            Does::NotStart,
        ),
        (
            "lt-cred-mech\nrealm=v\nuser=user:password\nmin-port=50000\nmax-port=40000",
            "fault ports-inverted server-unreachable",
            Does::BreakDown,
        ),
        (
            "lt-cred-mech\nrealm=v\nuser=user:password\nbps-capacity=9999",
            "fault capacity-without-session server-unreachable",
            Does::NotStart,
        ),
        (
            "realm=v\nuser=user:password\nstatic-auth-secret=s3cret",
            "fault secret-and-users credentials-wrong",
            Does::Refuses,
        ),
        (
            "realm=v\nuser=user:password\nuse-auth-secret=false\nlt-cred-mech",
            "fault secret-and-users credentials-wrong",
            Does::Refuses,
        ),
        (
            "realm=v\nlt-cred-mech",
            "fault access-for-nobody credentials-wrong",
            Does::Refuses,
        ),
    ] {
        let dir = tempfile::tempdir().expect("a temporary directory can be made");
        let conf = dir.path().join("turnserver.conf");
        std::fs::write(&conf, format!("{lines}\n")).expect("the folder can be written to");
        let output = earshot(&["check-conf", "--json", &conf.display().to_string()], "");
        assert_eq!(output.status.code(), Some(1), "{lines}");
        let found = names(&output);
        assert!(
            found.iter().any(|name| name == expected),
            "{lines}: {found:?}"
        );

        let at = SocketAddr::from((host_address(), free_port()));
        let beside = format!(
            "{lines}\nlog-file=stdout\nsimple-log\nverbose\nno-tls\nno-dtls\nno-cli\nlistening-ip={}\nlistening-port={}\n\
             pidfile={dir}/pid\nuserdb={dir}/userdb\n",
            at.ip(),
            at.port(),
            dir = dir.path().display()
        );
        std::fs::write(&conf, beside).expect("the folder can be written to");
        let mut command = Command::new(&turnserver);
        command.arg("-c").arg(&conf).current_dir(dir.path());
        let mut running = Running::start(&mut command);
        if answer == Does::NotStart {
            let status = running.wait(ENDING);
            assert!(!status.success(), "{lines}\n{}", running.log());
            continue;
        }
        running.wait_for("Total General servers", ENDING);
        if answer == Does::BreakDown {
            // A busy coturn may lose its own nonce (438), so several ask; who gets no answer ends.
            let ask = move || TurnClient::new(at, "user", "password").allocate();
            let answered = (0..10).all(|_| std::thread::spawn(ask).join().is_ok());
            assert!(!answered, "{lines}\n{}", running.log());
            let status = running.wait(ENDING);
            assert!(!status.success(), "{lines}\n{}", running.log());
            continue;
        }
        let mut client = TurnClient::new(at, "user", "password");
        // What it should say is awaited on a busy machine, too.
        let patience = match answer {
            Does::AsksWithoutRealm => 6 * ENDING,
            _ => ENDING / 10,
        };
        let does = match client.allocate_unasked() {
            Ok(_) => Does::Opens,
            Err(_) if running.says("realm <> user", patience) => Does::AsksWithoutRealm,
            Err(_) => match TurnClient::new(at, "user", "password").allocate() {
                Ok(_) => Does::Relays,
                Err(_) => Does::Refuses,
            },
        };
        assert_eq!(does, answer, "{lines}\n{}", running.log());
    }
}

/// What a coturn does when a client comes.
#[derive(Debug, PartialEq, Eq)]
enum Does {
    NotStart,
    BreakDown,
    Opens,
    AsksWithoutRealm,
    Refuses,
    Relays,
}
