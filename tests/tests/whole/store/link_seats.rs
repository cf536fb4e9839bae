//! Who is at a link and what they are told, on both databases. The clock is an argument.

use super::{Place, on_both};
use earshot::{
    mint,
    store::{
        Store,
        link_events::{LinkId, Signalled},
        link_seats::{AWAY, Join, SocketId},
        link_sockets::Standing,
    },
};
use earshot_report::{
    Facts,
    api::link::{LinkEvent, Progress, Signal, Who},
};
use futures_util::{StreamExt, stream};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const OWNER: &str = "the-owners-secret";
const ANNA: &str = "annas-key";
const BORIS: &str = "boris-key";
const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

on_both!(
    a_seat_is_held_for_a_while_and_known_again,
    who_leaves_frees_the_seat_at_once,
    a_process_that_died_is_noticed,
    a_process_that_ends_says_so,
    an_older_page_is_replaced_across_processes,
    numbers_grow_and_slots_are_replaced,
    many_write_at_once_and_no_number_is_lost_or_doubled,
    a_call_takes_no_more_than_a_call_may,
    a_message_that_comes_again_is_known,
    what_happened_goes_when_the_link_is_over,
);

fn start() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

async fn link(store: &Store) -> LinkId {
    let token = mint::id().unwrap();
    let until = start() + HOUR;
    store
        .make_link(&token, OWNER, None, start(), until)
        .await
        .unwrap();
    LinkId::of(&token)
}

/// The socket with this number of the first process.
fn socket(id: i64) -> SocketId {
    SocketId { id, node: 1 }
}

async fn join(
    store: &Store,
    link: &LinkId,
    key: &str,
    id: i64,
    now: SystemTime,
) -> Result<Who, Join> {
    match store.join_link(link, key, socket(id), now).await.unwrap() {
        Join::In { who, .. } => Ok(who),
        refused => Err(refused),
    }
}

async fn events(store: &Store, link: &LinkId, who: Who, after: u64) -> Vec<(u64, LinkEvent)> {
    let events = store.link_events(link, who, after, 1_000).await.unwrap();
    let parse = |(number, json): (u64, String)| (number, serde_json::from_str(&json).unwrap());
    events.into_iter().map(parse).collect()
}

async fn presences(store: &Store, link: &LinkId, who: Who) -> Vec<(Who, bool)> {
    let events = events(store, link, who, 0).await.into_iter();
    let presence = |event| match event {
        LinkEvent::Presence { who, here } => Some((who, here)),
        _ => None,
    };
    events.filter_map(|(_, event)| presence(event)).collect()
}

fn signal(call: &str, body: &str) -> Signal {
    let (call, body) = (call.to_owned(), body.to_owned());
    Signal { call, body, nth: 0 }
}

async fn a_seat_is_held_for_a_while_and_known_again(place: Place) {
    let store = place.open().await;
    let link = link(&store).await;
    let now = start();
    assert_eq!(join(&store, &link, ANNA, 1, now).await, Ok(Who::Guest(1)));
    assert_eq!(
        store.seated(&link, ANNA).await.unwrap(),
        Some(Who::Guest(1))
    );
    assert_eq!(join(&store, &link, BORIS, 2, now).await, Err(Join::Taken));
    assert_eq!(store.seated(&link, BORIS).await.unwrap(), None);
    // Lost, not left.
    let lost = now + SECOND;
    store
        .leave_link(&link, socket(1), false, lost)
        .await
        .unwrap();
    assert_eq!(
        presences(&store, &link, Who::Owner).await,
        [(Who::Guest(1), false)]
    );
    assert_eq!(
        join(&store, &link, BORIS, 3, lost + AWAY).await,
        Err(Join::Taken)
    );
    assert_eq!(
        join(&store, &link, ANNA, 4, lost + AWAY).await,
        Ok(Who::Guest(1))
    );
    store
        .leave_link(&link, socket(4), false, lost + AWAY)
        .await
        .unwrap();
    let later = lost + 2 * AWAY + SECOND;
    assert_eq!(
        join(&store, &link, BORIS, 5, later).await,
        Ok(Who::Guest(2))
    );
    assert_eq!(store.seated(&link, ANNA).await.unwrap(), None);
    assert_eq!(join(&store, &link, ANNA, 6, later).await, Err(Join::Taken));
    // The first one again, by the first number.
    store
        .leave_link(&link, socket(5), true, later)
        .await
        .unwrap();
    assert_eq!(join(&store, &link, ANNA, 7, later).await, Ok(Who::Guest(1)));
    assert_eq!(presences(&store, &link, Who::Guest(2)).await, []);
    // Neither after its end, nor where there is none.
    assert_eq!(
        join(&store, &link, ANNA, 8, now + HOUR).await,
        Err(Join::Closed)
    );
    let other = LinkId::of("another");
    assert_eq!(join(&store, &other, ANNA, 9, now).await, Err(Join::NoLink));
}

async fn who_leaves_frees_the_seat_at_once(place: Place) {
    let store = place.open().await;
    let link = link(&store).await;
    join(&store, &link, ANNA, 1, start()).await.unwrap();
    store
        .signal(&link, Who::Guest(1), signal("call", "Anna's"))
        .await
        .unwrap();
    store
        .leave_link(&link, socket(1), true, start())
        .await
        .unwrap();
    let nobody = store
        .signal(&link, Who::Owner, signal("call", "to nobody"))
        .await;
    assert_eq!(nobody.unwrap(), Signalled::Dropped);
    assert_eq!(
        join(&store, &link, BORIS, 2, start()).await,
        Ok(Who::Guest(2))
    );
    let late = store
        .signal(&link, Who::Guest(1), signal("call", "Anna's"))
        .await;
    assert_eq!(late.unwrap(), Signalled::Dropped);
    let signals = events(&store, &link, Who::Owner, 0).await;
    assert_eq!(signals.len(), 1, "only who is there: {signals:?}");
}

async fn a_process_that_died_is_noticed(place: Place) {
    let store = place.open().await;
    let link = link(&store).await;
    let now = start();
    join(&store, &link, ANNA, 1, now).await.unwrap();
    let owner = SocketId { id: 2, node: 2 };
    store.join_link(&link, OWNER, owner, now).await.unwrap();
    // The first process beats once more, the second goes on.
    store.keep_sockets(1, now + 30 * SECOND).await.unwrap();
    let mut at = now;
    for _ in 0..4 {
        at += 15 * SECOND;
        store.keep_sockets(2, at).await.unwrap();
        assert_eq!(
            store.standing(&link, socket(1)).await.unwrap(),
            Standing::Open
        );
        assert_eq!(join(&store, &link, BORIS, 3, at).await, Err(Join::Taken));
    }
    store.keep_sockets(2, now + 76 * SECOND).await.unwrap();
    assert_eq!(
        store.standing(&link, socket(1)).await.unwrap(),
        Standing::Lost
    );
    assert_eq!(store.standing(&link, owner).await.unwrap(), Standing::Open);
    assert_eq!(
        presences(&store, &link, Who::Owner).await,
        [(Who::Owner, true), (Who::Guest(1), false)]
    );
    assert_eq!(
        join(&store, &link, BORIS, 4, now + 76 * SECOND).await,
        Ok(Who::Guest(2))
    );
}

async fn a_process_that_ends_says_so(place: Place) {
    let store = place.open().await;
    let link = link(&store).await;
    join(&store, &link, ANNA, 1, start()).await.unwrap();
    let owner = SocketId { id: 2, node: 2 };
    store.join_link(&link, OWNER, owner, start()).await.unwrap();
    store.close_sockets(1).await.unwrap();
    assert_eq!(
        store.standing(&link, socket(1)).await.unwrap(),
        Standing::Lost
    );
    assert_eq!(store.standing(&link, owner).await.unwrap(), Standing::Open);
    assert_eq!(
        presences(&store, &link, Who::Owner).await,
        [(Who::Owner, true), (Who::Guest(1), false)]
    );
    // The seat waits for who may come back by another process.
    assert_eq!(
        join(&store, &link, BORIS, 3, start()).await,
        Err(Join::Taken)
    );
}

async fn an_older_page_is_replaced_across_processes(place: Place) {
    let store = place.open().await;
    let link = link(&store).await;
    join(&store, &link, ANNA, 1, start()).await.unwrap();
    let newer = SocketId { id: 2, node: 2 };
    store.join_link(&link, ANNA, newer, start()).await.unwrap();
    assert_eq!(
        store.standing(&link, socket(1)).await.unwrap(),
        Standing::Replaced
    );
    assert_eq!(store.standing(&link, newer).await.unwrap(), Standing::Open);
    // Its end says nothing of the newer one.
    store
        .leave_link(&link, socket(1), true, start())
        .await
        .unwrap();
    assert_eq!(
        presences(&store, &link, Who::Owner).await,
        [(Who::Guest(1), true)]
    );
    assert_eq!(
        join(&store, &link, BORIS, 3, start()).await,
        Err(Join::Taken)
    );
    for id in 10..15 {
        assert_eq!(
            join(&store, &link, OWNER, id, start() + SECOND * id as u32).await,
            Ok(Who::Owner)
        );
    }
    assert_eq!(
        store.standing(&link, socket(10)).await.unwrap(),
        Standing::Replaced
    );
    assert_eq!(
        store.standing(&link, socket(11)).await.unwrap(),
        Standing::Open
    );
}

async fn numbers_grow_and_slots_are_replaced(place: Place) {
    let store = place.open().await;
    let link = link(&store).await;
    join(&store, &link, ANNA, 1, start()).await.unwrap();
    for elapsed_ms in [1, 2, 3] {
        let progress = Progress {
            facts: Facts::default(),
            elapsed_ms,
            over: false,
        };
        store
            .tell_progress(&link, Who::Guest(1), progress)
            .await
            .unwrap();
    }
    let told = events(&store, &link, Who::Owner, 0).await;
    assert_eq!(
        told.iter().map(|(number, _)| *number).collect::<Vec<_>>(),
        [1, 4]
    );
    let LinkEvent::Progress { progress, .. } = &told[1].1 else {
        panic!("{told:?}");
    };
    assert_eq!(progress.elapsed_ms, 3);
    assert_eq!(events(&store, &link, Who::Owner, 3).await, told[1..]);
    assert_eq!(events(&store, &link, Who::Owner, 4).await, []);
    assert_eq!(events(&store, &link, Who::Guest(1), 1).await, []);
    let first = store.link_events(&link, Who::Owner, 0, 1).await.unwrap();
    assert_eq!(first.len(), 1);
}

async fn many_write_at_once_and_no_number_is_lost_or_doubled(place: Place) {
    let (one, other) = (place.open().await, place.open().await);
    let link = link(&one).await;
    join(&one, &link, ANNA, 1, start()).await.unwrap();
    let write = |nth: usize| {
        let store = if nth.is_multiple_of(2) {
            one.clone()
        } else {
            other.clone()
        };
        let link = link.clone();
        async move {
            let from = if nth % 4 < 2 {
                Who::Owner
            } else {
                Who::Guest(1)
            };
            store
                .signal(&link, from, signal("call", &nth.to_string()))
                .await
        }
    };
    // Who reads while they write misses nothing, either.
    let reads = {
        let (store, link) = (other.clone(), link.clone());
        tokio::spawn(async move {
            let (mut seen, mut last) = (Vec::new(), 0);
            while seen.len() < 50 {
                for (number, event) in events(&store, &link, Who::Owner, last).await {
                    last = number;
                    if let LinkEvent::Signal(signal) = event {
                        seen.push(signal.body);
                    }
                }
                tokio::task::yield_now().await;
            }
            seen
        })
    };
    // As many as find a connection without waiting: who waits for one too long is refused.
    let mut written = stream::iter((0..100).map(write)).buffer_unordered(8);
    while let Some(signalled) = written.next().await {
        assert_eq!(signalled.unwrap(), Signalled::Sent);
    }
    let mut seen = reads.await.unwrap();
    seen.sort();
    let mut expected: Vec<_> = (0..100)
        .filter(|nth| nth % 4 >= 2)
        .map(|nth: i32| nth.to_string())
        .collect();
    expected.sort();
    assert_eq!(seen, expected);
}

async fn a_call_takes_no_more_than_a_call_may(place: Place) {
    let store = place.open().await;
    let link = link(&store).await;
    join(&store, &link, ANNA, 1, start()).await.unwrap();
    let body = "x".repeat(1 << 20);
    let mut sent = 0;
    while store
        .signal(&link, Who::Guest(1), signal("first", &body))
        .await
        .unwrap()
        == Signalled::Sent
    {
        sent += 1;
        assert!(sent < 10);
    }
    assert_eq!(sent, 3, "four megabytes, with what is around them");
    let next = store
        .signal(&link, Who::Guest(1), signal("second", &body))
        .await;
    assert_eq!(next.unwrap(), Signalled::Sent);
    let kept = events(&store, &link, Who::Owner, 0).await;
    assert_eq!(kept.len(), 2, "who is there, and one message");
}

async fn a_message_that_comes_again_is_known(place: Place) {
    let (one, other) = (place.open().await, place.open().await);
    let link = link(&one).await;
    join(&one, &link, ANNA, 1, start()).await.unwrap();
    let say = async |store: &Store, nth: u64| {
        let signal = Signal {
            nth,
            ..signal("call", &nth.to_string())
        };
        let said = store.signal(&link, Who::Guest(1), signal).await.unwrap();
        assert_eq!(said, Signalled::Sent);
    };
    for nth in [8, 9] {
        say(&one, nth).await;
    }
    // The page comes to another process, which has what came to the first.
    let newer = SocketId { id: 2, node: 2 };
    let joined = other.join_link(&link, ANNA, newer, start()).await.unwrap();
    let Join::In { taken, .. } = joined else {
        panic!("{joined:?}");
    };
    assert_eq!((taken.call.as_str(), taken.nth), ("call", 9));
    for nth in [8, 9, 10] {
        say(&other, nth).await;
    }
    let told = events(&one, &link, Who::Owner, 0).await.into_iter();
    let bodies: Vec<String> = told
        .filter_map(|(_, event)| match event {
            LinkEvent::Signal(signal) => Some(signal.body),
            _ => None,
        })
        .collect();
    assert_eq!(bodies, ["8", "9", "10"]);
}

async fn what_happened_goes_when_the_link_is_over(place: Place) {
    let store = place.open().await;
    let link = link(&store).await;
    join(&store, &link, ANNA, 1, start()).await.unwrap();
    store.purge(start() + HOUR).await.unwrap();
    assert_eq!(events(&store, &link, Who::Owner, 0).await.len(), 1);
    store.purge(start() + 2 * HOUR).await.unwrap();
    assert_eq!(events(&store, &link, Who::Owner, 0).await.len(), 0);
    assert_eq!(
        store.standing(&link, socket(1)).await.unwrap(),
        Standing::NoLink
    );
}
