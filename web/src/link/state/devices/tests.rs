use super::*;
use crate::probe::devices::EchoFailure;
use earshot_report::facts::MicrophoneFacts;
#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn after(msgs: impl IntoIterator<Item = Msg>) -> Devices {
    let mut devices = Devices::default();
    for msg in msgs {
        devices.take(msg);
    }
    devices
}

fn facts(change: impl FnOnce(&mut DeviceFacts)) -> Msg {
    let mut facts = DeviceFacts {
        microphone: MicrophoneFacts {
            opened: MicrophoneOpened::Yes,
            muted: Fact::No,
            loudest_dbfs: Some(-30.0),
            listened_ms: Some(limits::VOICE_MS),
        },
        ..DeviceFacts::default()
    };
    change(&mut facts);
    Msg::Update(DeviceUpdate::Facts(Box::new(facts)))
}

fn opened(opened: MicrophoneOpened) -> Msg {
    facts(|facts| {
        facts.microphone = MicrophoneFacts {
            opened,
            ..MicrophoneFacts::default()
        };
    })
}

fn cause(devices: &Devices) -> (Status, Code) {
    let verdict = &devices.run.judgement.verdict;
    (verdict.status, verdict.cause)
}

#[test]
fn what_was_seen_and_said_makes_the_verdict() {
    let cases = [
        (
            "nothing was asked for",
            Msg::Chime,
            (Status::Unknown, Code::Unknown),
        ),
        (
            "the person said no",
            opened(MicrophoneOpened::Denied),
            (Status::Broken, Code::MicrophoneDenied),
        ),
        (
            "nothing comes",
            facts(|facts| facts.microphone.loudest_dbfs = Some(-90.0)),
            (Status::Broken, Code::MicrophoneSilent),
        ),
        (
            "nobody said whether they hear",
            facts(|facts| facts.speaker.played = Fact::Yes),
            (Status::Unknown, Code::Unknown),
        ),
        (
            "all of it works",
            facts(|facts| {
                facts.speaker.played = Fact::Yes;
                facts.speaker.heard = Fact::Yes;
            }),
            (Status::Good, Code::Good),
        ),
        (
            "the browser wants a touch",
            facts(|facts| facts.speaker.played = Fact::No),
            (Status::Broken, Code::PlaybackBlocked),
        ),
    ];
    for (name, msg, expected) in cases {
        let devices = after([msg]);
        assert_eq!(cause(&devices), expected, "{name}");
        assert_eq!(
            devices.has_verdict(),
            expected.0 != Status::Unknown,
            "{name}"
        );
    }
}

#[test]
fn a_refusal_undone_is_noticed() {
    let mut devices = after([opened(MicrophoneOpened::Denied)]);
    assert!(devices.is_denied() && !devices.is_allowed_since());
    devices.take(Msg::Update(DeviceUpdate::Permission(Permission::Denied)));
    assert!(devices.is_denied());
    devices.take(Msg::Update(DeviceUpdate::Permission(Permission::Prompt)));
    assert!(!devices.is_denied() && devices.is_allowed_since());
    let known = after([Msg::Update(DeviceUpdate::Permission(Permission::Denied))]);
    assert!(known.is_denied(), "before it is asked for");
}

#[test]
fn the_meter_is_full_at_a_shout_and_empty_in_a_quiet_room() {
    for (dbfs, expected) in [
        (-90.0, 0),
        (-61.0, 0),
        (-35.0, 5),
        (-10.0, 10),
        (0.0, 10),
        (f64::NEG_INFINITY, 0),
    ] {
        let devices = after([Msg::Update(DeviceUpdate::Level(dbfs))]);
        assert_eq!(devices.level, expected, "{dbfs}");
    }
    let closed = after([
        Msg::Update(DeviceUpdate::Level(-10.0)),
        opened(MicrophoneOpened::Missing),
    ]);
    assert_eq!(closed.level, 0);
}

#[test]
fn only_changes_are_said_aloud() {
    let mut devices = after([Msg::Asking]);
    assert_eq!(devices.said, Some(Said::Asking));
    let quiet = |facts: &mut DeviceFacts| facts.microphone.loudest_dbfs = None;
    devices.take(facts(quiet));
    assert_eq!(devices.said, Some(Said::Open));
    devices.take(Msg::Update(DeviceUpdate::Level(-20.0)));
    assert_eq!(devices.said, Some(Said::Open));
    devices.take(facts(|_| ()));
    assert_eq!(devices.said, Some(Said::Heard));
    devices.take(Msg::Update(DeviceUpdate::Echo(EchoPhase::Recording)));
    devices.take(facts(|facts| facts.microphone.listened_ms = Some(9_000)));
    assert_eq!(devices.said, Some(Said::Echo(EchoPhase::Recording)));
    devices.take(opened(MicrophoneOpened::Busy));
    assert_eq!(devices.said, Some(Said::Verdict));
}

#[test]
fn a_saved_report_holds_as_long_as_its_verdict() {
    let mut devices = after([opened(MicrophoneOpened::Denied)]);
    devices.take(Msg::Report(Box::new(Update::Finished { duration_ms: 1 })));
    devices.take(Msg::Report(Box::new(Update::NotSaved("no".to_owned()))));
    assert_eq!(devices.run.phase, Phase::Over);
    devices.take(opened(MicrophoneOpened::Denied));
    assert_eq!(devices.run.phase, Phase::Over);
    devices.take(facts(|_| ()));
    assert_eq!(devices.run.phase, Phase::Measuring);
    assert_eq!(devices.run.not_saved, None);
}

#[test]
fn by_itself_it_goes_through_everything_and_saves() {
    let begin = || {
        after([Msg::Opened {
            environment: Box::default(),
            has_touch: false,
            is_auto: true,
        }])
    };
    assert_eq!(after([]).next_step(), None, "nobody wished it");
    let mut devices = begin();
    let mut next = |msg: Msg| {
        devices.take(msg);
        devices.next_step()
    };
    let answered = || Msg::Update(DeviceUpdate::Answered);
    let echo = |phase| Msg::Update(DeviceUpdate::Echo(phase));
    assert_eq!(next(Msg::Copied(Copied::Failed)), Some(Step::Microphone));
    assert_eq!(next(Msg::Asking), None);
    let soon = |facts: &mut DeviceFacts| facts.microphone.listened_ms = Some(500);
    assert_eq!(next(facts(soon)), None);
    assert_eq!(next(answered()), None, "the level is not known yet");
    assert_eq!(next(facts(|_| ())), Some(Step::Sound));
    assert_eq!(next(Msg::Chime), None);
    let played = || facts(|facts| facts.speaker.played = Fact::Yes);
    assert_eq!(next(played()), Some(Step::Echo));
    assert_eq!(next(Msg::EchoAsked), None);
    assert_eq!(next(echo(EchoPhase::Recording)), None);
    assert_eq!(next(echo(EchoPhase::Played)), Some(Step::Save));
    let finished = Msg::Report(Box::new(Update::Finished { duration_ms: 1 }));
    assert_eq!(next(finished), None);

    let mut devices = begin();
    let mut next = |msg: Msg| {
        devices.take(msg);
        devices.next_step()
    };
    next(Msg::Asking);
    next(opened(MicrophoneOpened::Denied));
    assert_eq!(next(answered()), Some(Step::Sound));
    next(Msg::Chime);
    let blocked = facts(|facts| {
        facts.microphone = MicrophoneFacts {
            opened: MicrophoneOpened::Denied,
            ..MicrophoneFacts::default()
        };
        facts.speaker.played = Fact::No;
    });
    assert_eq!(next(blocked), Some(Step::Save), "there is nothing to echo");
}

#[test]
fn an_echo_is_over_when_it_was_heard_or_failed() {
    for (phase, over) in [
        (EchoPhase::Connecting, false),
        (EchoPhase::Playing, false),
        (EchoPhase::Played, true),
        (EchoPhase::Failed(EchoFailure::NoWay), true),
    ] {
        let devices = after([Msg::Update(DeviceUpdate::Echo(phase))]);
        assert_eq!(devices.is_echo_over(), over, "{phase:?}");
    }
    assert!(after([Msg::NoRelay(Failure::Unreachable("no".to_owned()))]).is_echo_over());
}
