//! The socket of a link: who is let in, what they are told, and that nothing is lost or told twice.

use super::*;

const HERE: bool = true;

#[tokio::test]
async fn the_owner_sees_the_guests_test_and_the_guest_sees_no_more_than_their_own() {
    let fixture = fixture(|_| ()).await;
    let address = served(&fixture).await;
    let ticket = fixture.link().await;
    let (mut owner, who) = Page::welcome(address, &ticket, &ticket.owner, 0).await;
    assert_eq!(who, Who::Owner);
    assert_eq!(owner.presence().await, (Who::Owner, HERE));
    let (mut guest, who) = Page::welcome(address, &ticket, ANNA, 0).await;
    assert_eq!(who, Who::Guest(1));
    assert_eq!(guest.presence().await, (Who::Owner, HERE));
    assert_eq!(guest.presence().await, (Who::Guest(1), HERE));
    assert_eq!(owner.presence().await, (Who::Guest(1), HERE));

    guest.say(&progress(1_000)).await;
    let LinkEvent::Progress { who, progress } = owner.event().await else {
        panic!("it is progress");
    };
    assert_eq!((who, progress.elapsed_ms), (Who::Guest(1), 1_000));
    let shown = serde_json::to_string(&progress).unwrap();
    assert!(
        shown.contains("198.51.x.x") && !shown.contains("198.51.100.7"),
        "{shown}"
    );
    assert!(!shown.contains("abcdefghijkmnpqrstuvwxyz23"), "{shown}");
    // The owner's own test is nothing for the guest.
    owner.say(&super::progress(2_000)).await;
    let LinkEvent::Progress {
        who: Who::Owner, ..
    } = owner.event().await
    else {
        panic!("it is the owner's progress, for the owner's other pages");
    };

    let (_, id) = fixture.tested_by(&ticket, ANNA).await;
    for page in [&mut owner, &mut guest] {
        let LinkEvent::Report(report) = page.event().await else {
            panic!("it is a report");
        };
        assert_eq!((report.who, &report.id), (Who::Guest(1), &id));
    }
    fixture.tested_by(&ticket, &ticket.owner).await;
    let LinkEvent::Report(report) = owner.event().await else {
        panic!("it is a report");
    };
    assert_eq!(report.who, Who::Owner);
    owner.signal("call", "hello, guest").await;
    assert_eq!(
        guest.signalled().await,
        "hello, guest",
        "and nothing before it"
    );
    guest.signal("call", "hello, owner").await;
    assert_eq!(owner.signalled().await, "hello, owner");

    guest.say(&ToLink::Leave).await;
    assert_eq!(owner.presence().await, (Who::Guest(1), !HERE));
}

#[tokio::test]
async fn who_comes_back_is_told_what_was_missed_and_nothing_twice() {
    let fixture = fixture(|_| ()).await;
    let address = served(&fixture).await;
    let ticket = fixture.link().await;
    let (mut owner, _) = Page::welcome(address, &ticket, &ticket.owner, 0).await;
    let (mut guest, _) = Page::welcome(address, &ticket, ANNA, 0).await;
    for nth in 0..10 {
        guest.signal("call", &nth.to_string()).await;
    }
    while owner.event().await
        != (LinkEvent::Signal(Signal {
            call: "call".into(),
            body: "4".into(),
            nth: 0,
        }))
    {}
    // Lost, and not closed in good order.
    let seen = owner.last;
    drop(owner);
    for nth in 10..20 {
        guest.signal("call", &nth.to_string()).await;
    }
    let (mut owner, _) = Page::welcome(address, &ticket, &ticket.owner, seen).await;
    let mut next = 5;
    while next < 20 {
        match owner.event().await {
            LinkEvent::Signal(signal) => {
                assert_eq!(signal.body, next.to_string());
                next += 1;
            }
            LinkEvent::Presence { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    // Somebody who has nothing is told of each thing that counts.
    let (mut again, _) = Page::welcome(address, &ticket, &ticket.owner, 0).await;
    let mut bodies = Vec::new();
    while bodies.len() < 20 {
        if let LinkEvent::Signal(signal) = again.event().await {
            bodies.push(signal.body);
        }
    }
    assert_eq!(
        bodies,
        (0..20).map(|nth| nth.to_string()).collect::<Vec<_>>()
    );
    // The guest comes back to the same seat.
    drop(guest);
    let (_, who) = Page::welcome(address, &ticket, ANNA, 0).await;
    assert_eq!(who, Who::Guest(1));
}

#[tokio::test]
async fn what_was_lost_with_a_socket_is_said_again_and_comes_once() {
    let fixture = fixture(|_| ()).await;
    let address = served(&fixture).await;
    let ticket = fixture.link().await;
    let (mut owner, _) = Page::welcome(address, &ticket, &ticket.owner, 0).await;
    let (mut guest, _) = Page::welcome(address, &ticket, ANNA, 0).await;
    let say = |call: &str, nth: u64| {
        let (call, body) = (call.to_owned(), nth.to_string());
        ToLink::Signal(Signal { call, body, nth })
    };
    for nth in [5, 6] {
        guest.say(&say("call", nth)).await;
    }
    assert_eq!(owner.heard().await, "5");
    assert_eq!(owner.heard().await, "6");
    drop(guest);
    // As far as the page knows, both may be lost.
    let mut guest = Page::open(address, &ticket, ANNA, 0).await;
    let FromLink::Welcome { taken, .. } = guest.next().await else {
        panic!("it is let in");
    };
    assert_eq!((taken.call.as_str(), taken.nth), ("call", 6));
    for nth in [5, 6, 7] {
        guest.say(&say("call", nth)).await;
    }
    // A new call forgets what was said in the one before, so the owner reads that first.
    assert_eq!(owner.heard().await, "7");
    // Another page counts for itself, and so does another call.
    owner.say(&say("call", 1)).await;
    assert_eq!(guest.heard().await, "1");
    guest.say(&say("another call", 1)).await;
    assert_eq!(owner.heard().await, "1");
}

#[tokio::test]
async fn only_the_latest_progress_counts_and_the_last_one_is_never_lost() {
    let fixture = fixture(|_| ()).await;
    let address = served(&fixture).await;
    let ticket = fixture.link().await;
    let (mut guest, _) = Page::welcome(address, &ticket, ANNA, 0).await;
    for nth in 1..=50 {
        guest.say(&progress(nth)).await;
    }
    guest.say(&ToLink::Leave).await;
    while guest.socket.next().await.is_some() {}
    let (mut owner, _) = Page::welcome(address, &ticket, &ticket.owner, 0).await;
    let LinkEvent::Progress { progress, .. } = owner.event().await else {
        panic!("there is one progress");
    };
    assert_eq!(progress.elapsed_ms, 50);
    assert_eq!(owner.presence().await, (Who::Guest(1), !HERE));
    assert_eq!(owner.presence().await, (Who::Owner, HERE));
}

#[tokio::test]
async fn a_third_person_is_refused_until_the_seat_is_free_and_sees_nothing_of_who_was_before() {
    let fixture = fixture(|_| ()).await;
    let address = served(&fixture).await;
    let ticket = fixture.link().await;
    let (mut owner, _) = Page::welcome(address, &ticket, &ticket.owner, 0).await;
    let (mut anna, _) = Page::welcome(address, &ticket, ANNA, 0).await;
    fixture.tested_by(&ticket, ANNA).await;
    owner.signal("call", "for Anna").await;
    while !matches!(anna.event().await, LinkEvent::Signal(_)) {}
    let why = Page::open(address, &ticket, BORIS, 0).await.refusal().await;
    assert!(why.contains("somebody else is using this link"), "{why}");
    // A page that is lost, and may only be loaded again, keeps its seat.
    drop(anna);
    let why = Page::open(address, &ticket, BORIS, 0).await.refusal().await;
    assert!(why.contains("somebody else is using this link"), "{why}");
    let (mut anna, _) = Page::welcome(address, &ticket, ANNA, 0).await;
    anna.say(&ToLink::Leave).await;
    while anna.socket.next().await.is_some() {}

    let (mut boris, who) = Page::welcome(address, &ticket, BORIS, 0).await;
    assert_eq!(who, Who::Guest(2));
    assert_eq!(boris.presence().await, (Who::Owner, HERE));
    assert_eq!(boris.presence().await, (Who::Guest(2), HERE));
    owner.signal("another call", "for Boris").await;
    assert_eq!(boris.signalled().await, "for Boris");
}

#[tokio::test]
async fn a_guests_newest_page_counts_and_an_owner_has_up_to_four() {
    let fixture = fixture(|_| ()).await;
    let address = served(&fixture).await;
    let ticket = fixture.link().await;
    let (older, _) = Page::welcome(address, &ticket, ANNA, 0).await;
    let (mut newer, who) = Page::welcome(address, &ticket, ANNA, 0).await;
    assert_eq!(who, Who::Guest(1));
    let why = older.refusal().await;
    assert!(why.contains("opened again elsewhere"), "{why}");
    let (first, _) = Page::welcome(address, &ticket, &ticket.owner, 0).await;
    let mut owners = Vec::new();
    for _ in 0..4 {
        let (page, _) = Page::welcome(address, &ticket, &ticket.owner, 0).await;
        owners.push(page);
    }
    let why = first.refusal().await;
    assert!(why.contains("opened again elsewhere"), "{why}");
    newer.signal("call", "to all").await;
    for owner in &mut owners {
        while !matches!(owner.event().await, LinkEvent::Signal(_)) {}
    }
}

#[tokio::test]
async fn what_an_older_call_says_is_forgotten_when_a_new_one_begins() {
    let fixture = fixture(|_| ()).await;
    let address = served(&fixture).await;
    let ticket = fixture.link().await;
    let (mut owner, _) = Page::welcome(address, &ticket, &ticket.owner, 0).await;
    let (mut guest, _) = Page::welcome(address, &ticket, ANNA, 0).await;
    guest.signal("first", "old").await;
    guest.signal("second", "new").await;
    guest.signal("first", "late").await;
    guest.signal("second", "newer").await;
    while owner.event().await
        != (LinkEvent::Signal(Signal {
            call: "second".into(),
            body: "newer".into(),
            nth: 0,
        }))
    {}
    let (mut again, _) = Page::welcome(address, &ticket, &ticket.owner, 0).await;
    let mut bodies = Vec::new();
    while bodies.last().is_none_or(|body| body != "newer") {
        if let LinkEvent::Signal(signal) = again.event().await {
            bodies.push(signal.body);
        }
    }
    assert_eq!(bodies, ["new", "newer"]);
}

#[tokio::test]
async fn everybody_is_told_when_a_link_is_deleted() {
    let fixture = fixture(|_| ()).await;
    let address = served(&fixture).await;
    let ticket = fixture.link().await;
    let (owner, _) = Page::welcome(address, &ticket, &ticket.owner, 0).await;
    let (guest, _) = Page::welcome(address, &ticket, ANNA, 0).await;
    fixture
        .send(by(delete(&path(&ticket)), &ticket.owner))
        .await;
    for page in [owner, guest] {
        let why = page.refusal().await;
        assert!(why.contains("deleted"), "{why}");
    }
    for key in [ticket.owner.as_str(), ANNA] {
        let why = Page::open(address, &ticket, key, 0).await.refusal().await;
        assert!(why.contains("deleted"), "{why}");
    }
}

#[tokio::test]
async fn everybody_is_told_when_a_link_closes_and_nobody_comes_in_after_that() {
    // Times of links are whole seconds; before, a busy machine opens two pages.
    let fixture = fixture(|config| config.links.lifetime = Duration::from_secs(6)).await;
    let address = served(&fixture).await;
    let ticket = fixture.link().await;
    let (owner, _) = Page::welcome(address, &ticket, &ticket.owner, 0).await;
    let (guest, _) = Page::welcome(address, &ticket, ANNA, 0).await;
    for page in [owner, guest] {
        let why = page.refusal().await;
        assert!(why.contains("closed"), "{why}");
    }
    let why = Page::open(address, &ticket, ANNA, 0).await.refusal().await;
    assert!(why.contains("closed"), "{why}");
}
