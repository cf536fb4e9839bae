//! The call: two faces of the path, a level for each direction, *Can you hear me?*, and the verdict for both.

use super::{LinkScene, pair_details};
use crate::{
    link::{
        Deed, LinkAction,
        state::{Call, CallPhase, Link, PairPicture},
    },
    locale::{Key, keys as shared, keys::link as keys},
    probe::pair::{PairEnd, PairPhase},
    state::Run,
    view::{
        element::{Element, element},
        path, steps, verdict,
    },
};
use earshot_report::facts::Fact;

/// The five places of the picture.
const NODES: [Key; 5] = [
    shared::PATH_YOU,
    shared::PATH_NETWORK,
    shared::PATH_RELAY,
    keys::PATH_THEIR_NETWORK,
    keys::PATH_THEM,
];
/// Their signs.
const SIGNS: [usize; 5] = [0, 1, 2, 1, 3];
/// Steps of a level, of five decibels each.
const LEVELS: i32 = 12;

/// The whole screen.
pub(super) fn screen(call: &Call, link: &Link, scene: &LinkScene) -> Element {
    let whole = element("div").class("call");
    match &call.phase {
        CallPhase::TestingFirst => whole.with(testing_first(link, scene)),
        CallPhase::Incoming => whole.with(incoming(link, scene)),
        CallPhase::Preparing | CallPhase::Pair(PairPhase::Ringing) => {
            let section = words(keys::CALL_RINGING, keys::CALL_RINGING_LEAD, scene);
            whole.with(section.with(actions([hang_up(scene)])))
        }
        CallPhase::Failed(failure) => {
            let section = element("section").with(scene.heading(keys::CALL_FAILED));
            let section = section.with(
                element("p")
                    .set("role", "alert")
                    .text(scene.locale.failure(failure).into_owned()),
            );
            whole.with(section.with(actions([back("primary", scene)])))
        }
        CallPhase::Pair(PairPhase::Testing | PairPhase::Tested) => whole
            .with(words(keys::CALL_TESTING, keys::CALL_TESTING_LEAD, scene))
            .with(picture(call, scene))
            .with(pair_details::marks(call, link, scene))
            .with(actions([hang_up(scene)])),
        CallPhase::Pair(PairPhase::CanSpeak(_)) => speaking(whole, call, link, scene),
        CallPhase::Pair(PairPhase::Over(end)) => over(whole, *end, call, link, scene),
    }
}

fn words(title: Key, lead: Key, scene: &LinkScene) -> Element {
    element("section")
        .with(scene.heading(title))
        .with(scene.say("p", "lead", lead))
}

fn testing_first(link: &Link, scene: &LinkScene) -> Element {
    let section = words(keys::CALL_FIRST, keys::CALL_FIRST_LEAD, scene);
    let steps = link.room.own.as_ref().map(|run| steps::list(run, scene));
    section.each(steps).with(actions([hang_up(scene)]))
}

fn incoming(link: &Link, scene: &LinkScene) -> Element {
    let answer = scene.act_button("primary large", "answer", keys::CALL_ANSWER, || {
        LinkAction::Do(Deed::Answer)
    });
    let later = scene.act_button("quiet", "not-now", keys::CALL_NOT_NOW, || {
        LinkAction::Do(Deed::HangUp)
    });
    let lead = match link.is_owner {
        true => keys::CALL_INCOMING_GUEST,
        false => keys::CALL_INCOMING_OWNER,
    };
    words(keys::CALL_INCOMING, lead, scene)
        .with(actions([answer, later]))
        .with(scene.say("p", "hint", keys::CALL_ADDRESSES))
}

fn speaking(whole: Element, call: &Call, link: &Link, scene: &LinkScene) -> Element {
    let asks = !call.speaks || call.lacks_microphone();
    let consent = asks.then(|| {
        let key = match call.lacks_microphone() {
            true => keys::CALL_SPEAK_AGAIN,
            false => keys::CALL_SPEAK,
        };
        let speak = scene.act_button("primary large", "speak", key, || {
            LinkAction::Do(Deed::Speak)
        });
        element("div")
            .class("consent")
            .with(scene.plain("p", keys::CALL_CONSENT))
            .with(actions([speak]))
    });
    let blocked = call.facts.you.played.is_no().then(|| {
        let play = scene.act_button("primary", "play", keys::CALL_PLAY, || {
            LinkAction::Do(Deed::Play)
        });
        element("div")
            .with(scene.plain("p", keys::CALL_BLOCKED))
            .with(actions([play]))
    });
    let question = call.speaks.then(|| question(call, scene));
    whole
        .with(words(keys::CALL_SPEAKING, keys::CALL_SPEAKING_LEAD, scene))
        .each(consent)
        .each(blocked)
        .with(levels(call, scene))
        .each(question)
        .with(actions([hang_up(scene)]))
        .with(picture(call, scene))
        .with(pair_details::marks(call, link, scene))
}

/// *Can you hear me?*
fn question(call: &Call, scene: &LinkScene) -> Element {
    let heard = call.facts.you.heard;
    let yes = scene
        .act_button("quiet", "heard-yes", keys::CALL_YES, || {
            LinkAction::Do(Deed::Heard(true))
        })
        .set("aria-pressed", heard.is_yes().to_string());
    let no = scene
        .act_button("quiet", "heard-no", keys::CALL_NO, || {
            LinkAction::Do(Deed::Heard(false))
        })
        .set("aria-pressed", heard.is_no().to_string());
    // Always there: a reader of the screen says what comes into it, and no button below it moves under a finger.
    let theirs = element("p").class("told").set("role", "status");
    let theirs = match call.facts.them.heard {
        Fact::Yes => theirs.text(scene.text(keys::CALL_THEY_HEAR)),
        Fact::No => theirs.text(scene.text(keys::CALL_THEY_DO_NOT)),
        Fact::NotMeasured => theirs,
    };
    element("div")
        .class("question")
        .with(scene.plain("h2", keys::CALL_HEAR))
        .with(actions([yes, no]))
        .with(theirs)
}

fn levels(call: &Call, scene: &LinkScene) -> Element {
    let [sent, arrived] = call.meters;
    let you = &call.facts.you;
    element("div")
        .class("voices")
        .with(level(keys::LEVEL_SENT, sent, you.sent_dbfs, scene))
        .with(level(keys::LEVEL_ARRIVED, arrived, you.arrived_dbfs, scene))
}

/// A level just now, and, for those who want nothing to move, the loudest so far.
fn level(name: Key, now: Option<f64>, loudest: Option<f64>, scene: &LinkScene) -> Element {
    let steps = |dbfs: Option<f64>| dbfs.map_or(0, |dbfs| LEVELS + (dbfs / 5.0).ceil() as i32);
    let (now, loudest) = (steps(now), steps(loudest));
    let bars = (0..LEVELS).map(|step| match (step < now, step < loudest) {
        (true, _) => element("i").class("lit reached"),
        (false, true) => element("i").class("reached"),
        (false, false) => element("i"),
    });
    let bars = element("div")
        .class("level")
        .set("aria-hidden", "true")
        .each(bars);
    element("div")
        .with(scene.say("span", "name", name))
        .with(bars)
}

fn over(whole: Element, end: PairEnd, call: &Call, link: &Link, scene: &LinkScene) -> Element {
    if let Some(run) = &call.saved {
        let screen = verdict_of(run, call, link, scene);
        return screen.into_iter().fold(whole, Element::with);
    }
    let title = match end {
        PairEnd::HungUp => keys::CALL_OVER,
        PairEnd::TheyHungUp if !call.has_measured() => keys::CALL_REFUSED,
        PairEnd::TheyHungUp => keys::CALL_THEY_HUNG_UP,
        PairEnd::TheyLeft => keys::CALL_THEY_LEFT,
        PairEnd::WayLost => keys::CALL_WAY_LOST,
    };
    let section = element("section").with(scene.heading(title));
    let told = match (&call.not_saved, call.has_measured()) {
        (Some(failure), _) => {
            let sentence = scene.locale.failure(failure);
            let values = [("sentence", &*sentence)];
            Some(scene.locale.fill(keys::CALL_NOT_SAVED, &values))
        }
        (None, true) => Some(scene.text(shared::VERDICT_SAVING).to_owned()),
        (None, false) => None,
    };
    let told = told.map(|words| element("p").set("role", "status").text(words));
    whole.with(section.each(told).with(actions([back("primary", scene)])))
}

fn verdict_of(run: &Run, call: &Call, link: &Link, scene: &LinkScene) -> [Element; 5] {
    [
        verdict::statement(run, scene),
        actions([back("primary", scene)]),
        picture(call, scene),
        verdict::outlets(run, link.room.copied, scene),
        pair_details::fold(run, link, scene),
    ]
}

fn picture(call: &Call, scene: &LinkScene) -> Element {
    let picture = PairPicture::of(call);
    path::draw(&NODES, &SIGNS, &picture.nodes, &picture.hops, scene)
}

fn actions<const N: usize>(buttons: [Element; N]) -> Element {
    element("p").class("actions").each(buttons)
}

fn hang_up(scene: &LinkScene) -> Element {
    scene.act_button("quiet", "hang-up", keys::CALL_HANG_UP, || {
        LinkAction::Do(Deed::HangUp)
    })
}

fn back(class: &'static str, scene: &LinkScene) -> Element {
    scene.act_button(class, "close-call", keys::CALL_BACK, || {
        LinkAction::Do(Deed::CloseCall)
    })
}
