//! The database is away for a moment.

use super::{PATIENCE, Run, two};
use earshot_report::facts::{Fact, Sightings};
use earshot_tests::postgres::Postgres;
use std::time::Duration;
use tokio::time::{sleep, timeout};

const AWAY: &str = "tests go on, but are not kept";

#[tokio::test(flavor = "multi_thread")]
async fn a_test_goes_on_alone_and_is_shared_again() {
    let Some(server) = Postgres::start() else {
        return;
    };
    let (mut one, other) = two(&server);
    let before = Run::begin(&one);
    let mut page = before.watch(&one).await.unwrap();
    page.sightings(|seen| seen.tcp.seen.is_no()).await;
    server.stop();

    // Under way already, and begun meanwhile: each relay tells what it sees itself.
    let _session = before.session(&one);
    page.sightings(|seen| seen.allocations.len() == 1).await;
    let meanwhile = Run::begin(&one);
    let mut second = meanwhile.watch(&one).await.unwrap();
    let _session = meanwhile.session(&one);
    // The other relay may have seen more.
    let is_alone = |seen: &Sightings| seen.tcp.seen == Fact::NotMeasured;
    second
        .sightings(|seen| seen.allocations.len() == 1 && is_alone(seen))
        .await;
    one.running.wait_for(AWAY, PATIENCE);
    // What was known before is not known any more.
    let _another = before.session(&one);
    page.sightings(|seen| seen.allocations.len() == 2 && is_alone(seen))
        .await;

    server.resume();
    one.running.wait_for("shared again", PATIENCE);
    let known = async {
        loop {
            if let Some(page) = meanwhile.watch(&other).await {
                return page;
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    let mut elsewhere = timeout(PATIENCE, known).await.unwrap();
    elsewhere
        .sightings(|seen| seen.allocations.len() == 1)
        .await;
    // Now it is known again what the other has not seen.
    second.sightings(|seen| seen.tcp.seen.is_no()).await;
    for (run, allocations) in [(before, 2), (meanwhile, 1)] {
        let (sightings, _) = run.saved(&other);
        assert_eq!(sightings.allocations.len(), allocations, "{sightings:?}");
    }
    let log = one.end();
    assert_eq!(log.matches(AWAY).count(), 1, "{log}");
}
