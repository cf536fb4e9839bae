//! Runs in a real browser, and all that they tell.

use earshot_report::Facts;
use earshot_web::{
    runner::{RunHandle, RunRequestKind, start_at},
    update::Update,
};
use futures_channel::mpsc::{UnboundedReceiver, unbounded};
use futures_util::StreamExt;
use wasm_bindgen_test::console_log;

/// A run and its updates.
pub(crate) fn begin(base: &str, request: RunRequestKind) -> (RunHandle, UnboundedReceiver<Update>) {
    let (tell, updates) = unbounded();
    let handle = start_at(base, request, move |update| {
        // A test that has seen enough has dropped the other end.
        let _ = tell.unbounded_send(update);
    });
    (handle, updates)
}

/// What came of a run that was let run to its end.
pub(crate) struct Outcome {
    pub(crate) facts: Facts,
    pub(crate) duration_ms: u64,
    pub(crate) fate: Update,
}

pub(crate) async fn whole_run(base: &str, request: RunRequestKind) -> Outcome {
    watched_run(base, request, |_| {}).await
}

/// The same; `watch` is shown each update as it comes.
pub(crate) async fn watched_run(
    base: &str,
    request: RunRequestKind,
    mut watch: impl FnMut(&Update),
) -> Outcome {
    let ad_hoc = request != RunRequestKind::Configured;
    let (_handle, mut updates) = begin(base, request);
    let mut facts = Facts::default();
    let mut duration = None;
    loop {
        let update = updates.next().await;
        let update = update.expect("a run ends with the fate of its report");
        watch(&update);
        match update {
            Update::Planned(ticket) => {
                let environment = std::mem::take(&mut facts.environment);
                let planned = if ad_hoc {
                    Facts::planned_ad_hoc
                } else {
                    Facts::planned
                };
                facts = Facts {
                    environment,
                    ..planned(&ticket.plan)
                };
            }
            Update::Environment(environment) => facts.environment = *environment,
            Update::Target(place, target) => facts.targets[place] = *target,
            Update::Leg(place, leg) => facts.legs[place] = *leg,
            Update::Sightings(sightings) => facts.sightings = Some(*sightings),
            Update::NativeProbe(probe) => {
                let place = facts
                    .native_probes
                    .iter()
                    .position(|it| it.url == probe.url);
                facts.native_probes[place.unwrap()] = *probe;
            }
            Update::Levels { .. } => {}
            Update::Finished { duration_ms } => duration = Some(duration_ms),
            fate @ (Update::Saved(_) | Update::NotSaved(_)) => {
                let duration_ms = duration.expect("the end comes before the report");
                return Outcome {
                    facts,
                    duration_ms,
                    fate,
                };
            }
        }
    }
}

pub(crate) fn say(facts: &Facts) {
    console_log!("{:?}", facts.environment);
    for target in &facts.targets {
        let gathering = &target.gathering;
        console_log!(
            "{}: {:?} {:?} ms, {} candidates, errors {:?}, wrong password {:?}",
            target.target.url,
            gathering.outcome,
            gathering.elapsed_ms,
            gathering.candidates.len(),
            gathering.errors,
            target.grants_wrong_password
        );
    }
    for leg in &facts.legs {
        console_log!(
            "{:?}: {:?} usable {:?} ice {:?} dtls {:?} at {:?}, rtt {:?}\n  from {:?}\n  to {:?}\n  local {:?}\n  remote {:?}",
            leg.probe,
            leg.outcome,
            leg.direct_usable,
            leg.ice_connected,
            leg.dtls_connected,
            leg.connected_ms,
            leg.rtt_ms,
            leg.from_you,
            leg.to_you,
            leg.local,
            leg.remote
        );
    }
}
