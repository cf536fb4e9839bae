use super::*;
use earshot_turn::{Client, RelayedAddr, Transport};

fn lines(log: &mut SessionLog, at: u64, event: Event) -> Vec<(Weight, String)> {
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(at);
    let event = RelayEvent {
        at,
        worker: 1,
        what: Happening::Turn(event),
    };
    let mut lines = Vec::new();
    log.lines(&event, true, |weight, line| lines.push((weight, line)));
    lines
}

fn client() -> Client {
    Client {
        transport: Transport::Udp,
        addr: "192.0.2.7:4000".parse().unwrap(),
        local: "192.0.2.1:3478".parse().unwrap(),
    }
}

fn refused(name: &str, reason: Refusal) -> Event {
    Event::Refused {
        client: client(),
        username: Some(name.into()),
        code: 401,
        reason,
    }
}

/// The lines that the users of coturn look for, as it writes them.
#[test]
fn a_session_is_told_as_coturn_tells_it() {
    let mut log = SessionLog::new("voicechat".into());
    let session = SessionId(1);
    let new = lines(
        &mut log,
        0,
        Event::Allocated {
            session,
            client: client(),
            username: "voicechat".into(),
            relayed: RelayedAddr("192.0.2.1:50000".parse().unwrap()),
            lifetime: Duration::from_secs(600),
        },
    );
    assert_eq!(new[0].0, Weight::Info);
    assert!(
        new[0].1.starts_with(
            "session 001000000000000001: new, realm=<voicechat>, username=<voicechat>, lifetime=600"
        ),
        "{new:?}"
    );
    let usage = Usage {
        received_packets: 1,
        received_bytes: 2,
        sent_packets: 3,
        sent_bytes: 4,
        ..Usage::default()
    };
    let told = lines(&mut log, 1, Event::Usage { session, usage });
    assert_eq!(
        told[0].0,
        Weight::Debug,
        "from time to time is not for the operator"
    );
    let reason = Closed::Expired;
    let closed = lines(&mut log, 2, Event::Closed { session, reason });
    assert_eq!(
        closed[0],
        (
            Weight::Info,
            "session 001000000000000001: usage: realm=<voicechat>, username=<voicechat>, rp=1, rb=2, sp=3, sb=4"
                .to_owned()
        )
    );
    assert!(
        closed[1].1.contains(": closed, user <voicechat>"),
        "{closed:?}"
    );
    assert!(
        closed[1].1.ends_with("reason: allocation timeout"),
        "{closed:?}"
    );
    assert!(log.sessions.is_empty());
}

#[test]
fn who_tries_passwords_cannot_fill_the_disk() {
    let mut log = SessionLog::new("r".into());
    let told: usize = (0..1000)
        .map(|_| lines(&mut log, 5, refused("root", Refusal::WrongPassword)).len())
        .sum();
    assert_eq!(told, REFUSALS_PER_WINDOW as usize);
    let next = lines(&mut log, 60, refused("root", Refusal::WrongPassword));
    assert_eq!(next[0].1, "980 more requests were refused");
    assert_eq!(next.len(), 2);
}

#[test]
fn a_name_cannot_forge_a_line() {
    let mut log = SessionLog::new("r".into());
    let forged = "x>\nINFO session 1: closed";
    let told = lines(&mut log, 0, refused(forged, Refusal::UnknownUser));
    assert!(!told[0].1.contains('\n'), "{told:?}");
}

#[test]
fn the_tests_of_the_page_are_not_for_the_operator() {
    let mut log = SessionLog::new("r".into());
    for (name, reason, weight) in [
        ("1700000000:test.abc", Refusal::WrongPassword, Weight::Debug),
        ("voicechat", Refusal::StaleNonce, Weight::Debug),
        ("voicechat", Refusal::WrongPassword, Weight::Info),
        ("1700000000:alice", Refusal::Expired, Weight::Info),
    ] {
        let told = lines(&mut log, 0, refused(name, reason));
        assert_eq!(told[0].0, weight, "{name} {reason:?}");
    }
    for (name, weight) in [
        ("1700000000:test.abc", Weight::Debug),
        ("1700000000:alice", Weight::Info),
    ] {
        let session = SessionId(7);
        let allocated = Event::Allocated {
            session,
            client: client(),
            username: name.into(),
            relayed: RelayedAddr("192.0.2.2:50000".parse().unwrap()),
            lifetime: Duration::from_secs(600),
        };
        let reason = Closed::ByClient;
        let events = [allocated, Event::Closed { session, reason }];
        let told = events.map(|event| lines(&mut log, 0, event)).concat();
        assert_eq!(told.len(), 3, "new, usage, closed: {told:?}");
        assert!(told.iter().all(|(told, _)| *told == weight), "{told:?}");
    }
}
