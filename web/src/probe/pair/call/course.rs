//! The course of a call: the legs, then the voices on one of them.

use super::Shared;
use crate::probe::{
    attention::Patience,
    pair::{
        PairPhase, PairRole, PairUpdate,
        leg::{self, PairLeg},
        legs::leg_for_voices,
        voice,
    },
    sound::Sound,
    wait::{Work, all, sleep},
};
use earshot_report::{api::link::CallMessage, limits};
use std::rc::Rc;

/// The whole call, until it is over. It owns everything that it makes in the browser.
pub(in crate::probe::pair) async fn run(call: Rc<Shared>, sound: Option<Sound>) {
    let course: Vec<Work> = vec![
        Box::pin(course(&call, sound.as_ref())),
        Box::pin(tell_facts(&call)),
    ];
    all(course, &call.over).await;
    // Questions for the microphone that nobody waits for any more.
    while call.asked.take().is_some() {}
}

/// Tells the page what is new, often enough for a living picture.
async fn tell_facts(call: &Shared) {
    loop {
        sleep(limits::PAIR_TELL_MS).await;
        call.tell_facts();
    }
}

async fn course(call: &Shared, sound: Option<&Sound>) {
    call.agreed.wait().await;
    let mut legs = measure_legs(call, sound).await;
    call.tell_facts();
    call.tell(PairUpdate::Phase(PairPhase::Tested));
    if call.role == PairRole::Caller {
        let is_usable = |place: usize| legs[place].as_ref().is_some_and(PairLeg::is_connected);
        let best = leg_for_voices(&call.facts.borrow().legs, is_usable);
        if let Some(place) = best {
            call.say(CallMessage::Speak { leg: place as u16 });
            call.choose(place);
        }
    }
    call.has_chosen.wait().await;
    let Some(place) = call.chosen.get() else {
        return;
    };
    let chosen = legs.get_mut(place).and_then(Option::take);
    drop(legs);
    // The other end may have chosen what is broken here; then its page hears nothing, and says so.
    if let Some(leg) = chosen {
        voice::run(call, sound, place, leg).await;
    }
}

/// All legs at once; what is connected still at the end.
async fn measure_legs(call: &Shared, sound: Option<&Sound>) -> Vec<Option<PairLeg>> {
    let inboxes = call.inboxes.borrow().clone();
    let mut legs: Vec<Option<PairLeg>> = inboxes.iter().map(|_| None).collect();
    let time = Patience::new(limits::PAIR_MS);
    let work = legs.iter_mut().zip(&inboxes).enumerate();
    let work = work.map(|(place, (leg, inbox))| {
        let work: Work = Box::pin(async move {
            *leg = leg::measure(call, sound, place, inbox).await;
        });
        work
    });
    all(work.collect(), &time.over).await;
    call.stop_legs();
    legs
}
