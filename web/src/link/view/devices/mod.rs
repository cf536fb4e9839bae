//! The check of microphone and speaker: the verdict on top once there is one, below it one card for each part.

mod echo;
mod help;
mod microphone;
mod speaker;

use super::{LinkAction, LinkScene};
use crate::{
    browser,
    link::{
        DeviceAction,
        state::devices::{Devices, Said},
    },
    locale::{Key, keys as all, keys::link as keys},
    probe::devices::Device,
    state::{Mark, Phase},
    summary::{Audience, headline},
    view::{
        clickable, details,
        element::{Element, On, element},
        icons, verdict,
    },
};
use earshot_report::{Actor, Code, Status};
use web_sys::{Event, HtmlInputElement};
use yew::TargetCast;

/// The ids of the two choices.
const MICROPHONES: &str = "microphones";
const SPEAKERS: &str = "speakers";

/// Screen 8, in `main`. What is not shown keeps its place: otherwise the cards would be made anew when the verdict comes,
/// and the button that was just pressed would lose the focus.
pub(super) fn screen(main: Element, devices: &Devices, scene: &LinkScene) -> Element {
    let has_verdict = devices.has_verdict();
    let top = match has_verdict {
        true => told(devices, scene),
        false => element("section")
            .with(scene.heading(keys::DEVICES_TITLE))
            .with(scene.say("p", "lead", keys::DEVICES_LEAD)),
    };
    // Without encryption there is no microphone to ask for.
    let is_secure = !devices.is_because_of(Code::InsecurePage);
    main.with(top)
        .each(is_secure.then(|| microphone::card_of(devices, scene)))
        .with(speaker::card_of(devices, scene))
        .each(is_secure.then(|| echo::card_of(devices, scene)))
        .with(announcement(devices, scene))
        .each(has_verdict.then(|| outlets(devices, scene)))
        .each(has_verdict.then(|| details::fold(&devices.run, scene)))
}

/// Shows in both lists what is chosen: a browser keeps what the person has chosen in a list, whatever its options say.
pub(in crate::link) fn show_choices(devices: &Devices) {
    if let Some(id) = &devices.list.microphone {
        browser::choose(MICROPHONES, id);
    }
    browser::choose(SPEAKERS, &devices.speaker);
}

/// The verdict with its next step.
fn told(devices: &Devices, scene: &LinkScene) -> Element {
    let next = element("p")
        .class("actions")
        .each(next_step(devices, scene));
    verdict::statement(&devices.run, scene).with(next)
}

/// What a click can do about the cause.
fn next_step(devices: &Devices, scene: &LinkScene) -> Vec<Element> {
    let verdict = &devices.run.judgement.verdict;
    let ask = |key| {
        scene.device_button("primary", "allow-again", key, || {
            DeviceAction::OpenMicrophone(None)
        })
    };
    match verdict.cause {
        Code::MicrophoneDenied => vec![ask(keys::DEVICES_ALLOW)],
        Code::MicrophoneDeniedBySystem | Code::MicrophoneMissing | Code::MicrophoneBusy => {
            vec![ask(keys::DEVICES_AGAIN)]
        }
        Code::PlaybackBlocked => {
            vec![
                scene.device_button("primary", "resume", keys::DEVICES_UNBLOCK, || {
                    DeviceAction::Resume
                }),
            ]
        }
        _ if verdict.actor == Actor::ServerAdmin => {
            let copy = || DeviceAction::Copy(Audience::Administrator);
            vec![scene.device_button("primary", "copy-admin", all::VERDICT_COPY_ADMIN, copy)]
        }
        Code::Good | Code::Unknown => vec![to_the_test(scene, "quiet")],
        _ => Vec::new(),
    }
}

/// Where the whole connection is tested.
fn to_the_test(scene: &LinkScene, class: &'static str) -> Element {
    scene
        .plain("a", all::START_BUTTON)
        .class(format!("button {class}"))
        .set("href", "/")
}

/// Copy; and, once the person wished a report, share, file and address of it.
fn outlets(devices: &Devices, scene: &LinkScene) -> Element {
    let run = &devices.run;
    let saved = run.saved.as_ref();
    let copy = || DeviceAction::Copy(Audience::Anybody);
    let save = (run.phase == Phase::Measuring)
        .then(|| scene.device_button("plain", "save", keys::DEVICES_SAVE, || DeviceAction::Save));
    let share = (scene.can_share && saved.is_some())
        .then(|| scene.device_button("plain", "share", all::VERDICT_SHARE, || DeviceAction::Share));
    let download = saved.map(|_| {
        let download = || DeviceAction::Download;
        scene.device_button("plain", "download", all::VERDICT_DOWNLOAD, download)
    });
    let link = saved.map(|saved| {
        scene
            .say("a", "button plain", all::VERDICT_LINK)
            .set("id", "report-link")
            .set("href", format!("/r/{}", saved.id))
    });
    let actions = element("p")
        .class("actions")
        .with(scene.device_button("plain", "copy", all::VERDICT_COPY, copy))
        .each(save)
        .each(share)
        .each(download)
        .each(link);
    element("section")
        .class("outlets")
        .with(actions)
        .each(verdict::outlet_word(run, devices.copied, scene))
}

/// Said aloud when something changes, and only then.
fn announcement(devices: &Devices, scene: &LinkScene) -> Element {
    let words = match devices.said {
        None => String::new(),
        Some(Said::Verdict) if devices.run.judgement.verdict.status == Status::Unknown => {
            String::new()
        }
        Some(Said::Verdict) => headline(&devices.run, scene.locale),
        Some(Said::Asking) => scene.text(keys::DEVICES_ASKING).to_owned(),
        Some(Said::Open) => scene.text(keys::DEVICES_SPEAK).to_owned(),
        Some(Said::Heard) => scene.text(keys::DEVICES_ARRIVES).to_owned(),
        Some(Said::Echo(phase)) => scene.text(echo::word(phase)).to_owned(),
    };
    element("p")
        .class("unseen")
        .set("role", "status")
        .text(words)
}

impl LinkScene<'_> {
    /// A button that does something with the devices.
    fn device_button(
        &self,
        class: &'static str,
        id: &'static str,
        key: Key,
        action: fn() -> DeviceAction,
    ) -> Element {
        let act = self.act.reform(LinkAction::Devices);
        clickable(&act, action)
            .set("id", id)
            .class(class)
            .text(self.text(key))
    }

    /// A question that is answered by yes or no, and may be answered anew.
    fn question(
        &self,
        id: &'static str,
        question: Key,
        answer: earshot_report::facts::Fact,
        [yes, no]: [Answer; 2],
    ) -> Element {
        let one = |(id, action): Answer, key, chosen: bool| {
            self.device_button("quiet", id, key, action)
                .set("aria-pressed", chosen.to_string())
        };
        let answers = element("p")
            .class("actions")
            .with(one(yes, keys::DEVICES_YES, answer.is_yes()))
            .with(one(no, keys::DEVICES_NO, answer.is_no()));
        element("div")
            .class("question")
            .set("role", "group")
            .set("aria-labelledby", id)
            .with(self.say("p", "asked", question).set("id", id))
            .with(answers)
    }
}

/// A button's id, and what it does.
type Answer = (&'static str, fn() -> DeviceAction);

/// A card: its name, and how its part is.
fn card(name: Key, mark: Mark, word: Option<Key>, scene: &LinkScene) -> Element {
    let class = match mark {
        Mark::Waiting => "waiting",
        Mark::Running => "under-way",
        Mark::Works => "works",
        Mark::Fails => "fails",
        Mark::NotTested => "not-tested",
    };
    let state = word.map(|word| {
        element("span")
            .class(format!("state {class}"))
            .with(icons::mark(mark))
            .with(scene.plain("span", word))
    });
    let head = element("div")
        .class("head")
        .with(scene.plain("h2", name))
        .each(state);
    element("section").class("card").with(head)
}

/// A list of devices to choose from; nothing where there is no choice or the browser does not name them yet.
fn choice(
    id: &'static str,
    label: Key,
    devices: &[Device],
    chosen: Option<&str>,
    choose: fn(String) -> DeviceAction,
    scene: &LinkScene,
) -> Option<Element> {
    if devices.len() < 2 || devices.iter().any(|device| device.name.is_empty()) {
        return None;
    }
    let act = scene.act.clone();
    let option = |device: &Device| {
        let option = element("option")
            .set("value", device.id.clone())
            .text(device.name.clone());
        match chosen == Some(&device.id) {
            true => option.set("selected", "selected"),
            false => option,
        }
    };
    let list = element("select")
        .set("id", id)
        .on(On::Input, move |event: Event| {
            // A `select` has a value as an `input` has.
            let value = event.target_unchecked_into::<HtmlInputElement>().value();
            act.emit(LinkAction::Devices(choose(value)));
        })
        .each(devices.iter().map(option));
    Some(
        element("div")
            .class("field")
            .with(scene.plain("label", label).set("for", id))
            .with(list),
    )
}
