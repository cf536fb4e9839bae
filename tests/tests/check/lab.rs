//! Against each fault of a server in the lab: the same cause as on the page.

use earshot_report::Code;
use earshot_tests::lab::{
    case::{self, Case},
    check::{self, Checked},
};
use std::sync::Mutex;

/// What a check may take, by its own word: it begins in a namespace beside others, and its start is the machine's matter.
const DEADLINE_MS: u64 = 5_000;
/// A check waits more than it works.
const JOBS: usize = 4;

/// The cases of the table in which the fault lies with the server, and those in which a healthy server looks odd.
const CASES: &[&str] = &[
    "healthy",
    "healthy-coturn",
    "no-nat",
    "symmetric-coturn",
    "ipv6-only",
    "dead-ipv6",
    "relay-behind-nat",
    "relay-behind-nat-coturn",
    "time-limited-coturn",
    "clock-behind",
    "without-authentication",
    "without-realm",
    "wrong-password",
    "wrong-user",
    "expired",
    "wrong-secret",
    "clock-ahead",
    "certificate-expired",
    "certificate-wrong-name",
    "certificate-self-signed",
    "stopped",
    "blackholed",
    "unknown-name",
    "web-server",
    "silent",
    "stun-only",
    "user-quota",
    "no-relayed-ports",
    "no-relayed-ports-ours",
    "external-ip-wrong",
    "external-ip-wrong-coturn",
    "peers-denied",
    "external-ip-missing",
    "external-ip-missing-coturn",
    "relay-ports-closed-at-host",
    "relay-ports-closed-at-edge",
    "server-udp-closed",
];

#[test]
fn each_fault_of_a_server_has_the_cause_that_the_page_names() {
    let table = case::read(case::TABLE).expect("a table of cases");
    let only = std::env::var("EARSHOT_CHECK_ONLY").ok();
    let named = |name: &&&str| {
        only.as_ref()
            .is_none_or(|only| name.contains(only.as_str()))
    };
    let names = CASES.iter().filter(named);
    let cases: Vec<&Case> = names
        .map(|name| {
            let case = table.iter().find(|case| case.name == *name);
            case.unwrap_or_else(|| panic!("there is no case {name}"))
        })
        .collect();
    let queue = Mutex::new(cases.into_iter());
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..JOBS {
            scope.spawn(|| {
                while let Some(case) = { queue.lock().unwrap().next() } {
                    match check::check(case) {
                        None => {}
                        Some(Err(error)) => wrong
                            .lock()
                            .unwrap()
                            .push(format!("{}: {error}", case.name)),
                        Some(Ok(checked)) => {
                            let found = verdict(&checked);
                            let took = &checked.json["duration_ms"];
                            println!("{}: {found}, {took} ms", case.name);
                            if let Err(error) = judged(case, &checked) {
                                let (json, said) = (&checked.json, &checked.said);
                                let story = format!("{}: {error}\n{said}\n{json:#}", case.name);
                                wrong.lock().unwrap().push(story);
                            }
                        }
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn verdict(checked: &Checked) -> String {
    let word = |name: &str| {
        checked.json["verdict"][name]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    format!("{} {} {}", word("status"), word("cause"), word("actor"))
}

/// Whether a check says what the page says, exits as it must and in time, and whether JUnit's file says the same.
fn judged(case: &Case, checked: &Checked) -> Result<(), String> {
    let (found, expected) = (verdict(checked), case.expected.to_string());
    let [found_cause, expected_cause] = [&found, &expected].map(|it| it.split(' ').nth(1));
    let took = checked.json["duration_ms"].as_u64();
    let is_good = case.expected.cause == Code::Good.as_str();
    let ends = [
        (
            found_cause == expected_cause,
            format!("{found} instead of {expected}"),
        ),
        (
            checked.code == Some(i32::from(!is_good)),
            format!("exit code {:?}", checked.code),
        ),
        (
            took.is_some_and(|ms| ms < DEADLINE_MS),
            format!("took {took:?} ms"),
        ),
    ];
    if let Some((_, error)) = ends.into_iter().find(|(is_right, _)| !is_right) {
        return Err(error);
    }
    let suites =
        junit_parser::from_reader(checked.junit.as_bytes()).map_err(|it| it.to_string())?;
    let failed: Vec<_> = suites
        .suites
        .iter()
        .flat_map(|suite| &suite.cases)
        .filter(|case| case.status.is_failure())
        .collect();
    let count = suites
        .suites
        .iter()
        .map(|suite| suite.cases.len())
        .sum::<usize>();
    match (is_good, failed.is_empty(), count > 3) {
        (true, true, true) | (false, false, true) => Ok(()),
        _ => Err(format!("JUnit: {count} cases, {} failures", failed.len())),
    }
}
