//! A process that is killed in the middle of a test.

use super::{Run, nobody, two};
use earshot_report::facts::Fact;
use earshot_tests::{postgres::Postgres, program::Settings};

#[tokio::test(flavor = "multi_thread")]
async fn the_other_relay_goes_on_with_the_test() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let (mut one, other) = two(server);
    let run = Run::begin(&one);
    let mut page = run.watch(&other).await.unwrap();
    let _lost = run.session(&one);
    page.sightings(|seen| seen.allocations.len() == 1).await;
    page.probe(|probe| probe.finished && probe.answers.is_no())
        .await;
    one.running.kill();

    // What the other one said last is still known.
    let _session = run.session(&other);
    let both = page.sightings(|seen| seen.allocations.len() == 2).await;
    assert_eq!(both.udp.seen, Fact::Yes);
    let (sightings, probes) = run.saved(&other);
    assert_eq!(sightings.allocations.len(), 2, "{sightings:?}");
    assert!(
        probes.iter().any(|probe| probe.answers.is_no()),
        "{probes:?}"
    );
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_outlives_a_restart() {
    let program = Settings::new().set("ICE_SERVERS", &nobody()).start();
    let run = Run::begin(&program);
    let mut page = run.watch(&program).await.unwrap();
    page.sightings(|seen| seen.udp.seen.is_no()).await;
    let program = program.restart();
    page.close().await;

    let mut page = run.watch(&program).await.unwrap();
    // Something may have come before.
    page.sightings(|seen| seen.udp.seen == Fact::NotMeasured)
        .await;
    let _session = run.session(&program);
    page.sightings(|seen| seen.udp.seen.is_yes()).await;
    // The program looks again, too.
    let (sightings, probes) = run.saved(&program);
    assert_eq!(sightings.allocations.len(), 1, "{sightings:?}");
    assert_eq!(sightings.tcp.seen, Fact::NotMeasured);
    assert!(probes.iter().all(|probe| probe.finished), "{probes:?}");
    assert!(
        probes.iter().any(|probe| probe.answers.is_no()),
        "{probes:?}"
    );
    page.close().await;

    let program = program.restart();
    assert!(run.watch(&program).await.is_none(), "it is over");
    assert_eq!(run.report(&program).status, 409, "and saved");
}
