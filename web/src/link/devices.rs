//! What the check of microphone and speaker does in the browser when the person, or nobody, wishes it.

use super::{
    LinkAction, LinkApp,
    state::{
        self, Page,
        devices::{Devices, Msg, Step},
    },
};
use crate::{
    api::{self, Failure},
    app::asks_for_auto,
    browser, outlets,
    probe::{
        Server,
        devices::{DeviceCheck, DeviceUpdate, EchoFailure, EchoPhase},
        environment, now_ms,
        sound::Sound,
    },
    state::Phase,
    summary::Audience,
    update::Update,
};
use earshot_report::{
    Scheme, Transport,
    api::{ReportRequest, RunRequest, RunTicket},
    facts::Fact,
};
use std::rc::Rc;
use yew::prelude::*;

/// Where voices are sent through the relay, in this order: the next one where nothing comes through.
const WAYS: [Transport; 3] = [Transport::Udp, Transport::Tcp, Transport::Tls];

/// What can be wished.
#[derive(Debug)]
pub enum DeviceAction {
    /// Something the state deals with.
    Tell(Msg),
    /// Open this microphone, or the one that the browser chooses.
    OpenMicrophone(Option<String>),
    /// Play through this speaker.
    ChooseSpeaker(String),
    /// Play the sound.
    PlaySound,
    /// The person heard it, or not.
    Heard(bool),
    /// Make the echo test.
    Echo,
    /// The program lends these relays for it, or none; why not.
    Relays(Result<Rc<RunTicket>, Failure>),
    /// The person heard themselves, or not.
    HeardYourself(bool),
    /// Play what the browser has blocked.
    Resume,
    /// Save the report.
    Save,
    /// Copy the verdict in plain text.
    Copy(Audience),
    /// Open the share sheet.
    Share,
    /// Save the report as a file.
    Download,
}

/// What the check needs of the browser.
#[derive(Default)]
pub(super) struct Checking {
    check: Option<DeviceCheck>,
    /// It was begun by a click, so its sound may run.
    has_sound: bool,
    began_ms: f64,
    /// A run by which a report can be saved.
    run: Option<Rc<RunTicket>>,
    /// Ways of the echo test that were not tried yet.
    ways: Vec<Server>,
}

impl std::fmt::Debug for Checking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Checking")
            .field("has_sound", &self.has_sound)
            .finish_non_exhaustive()
    }
}

impl LinkApp {
    /// Looks at what can be seen without asking anybody.
    pub(super) fn open_devices(&mut self, ctx: &Context<Self>) {
        self.checking.began_ms = now_ms();
        self.checking.check = Some(check(None, ctx));
        let opened = Msg::Opened {
            environment: Box::new(environment::look()),
            has_touch: browser::has_touch(),
            is_auto: asks_for_auto(&browser::location().1),
        };
        self.act(DeviceAction::Tell(opened), ctx);
    }

    /// Does what is wished.
    pub(super) fn act(&mut self, action: DeviceAction, ctx: &Context<Self>) {
        match action {
            DeviceAction::Tell(msg) => self.told(msg),
            DeviceAction::OpenMicrophone(id) => {
                self.told(Msg::Asking);
                self.check(ctx).open_microphone(id.as_deref());
            }
            DeviceAction::ChooseSpeaker(id) => {
                self.check(ctx).choose_speaker(&id);
                self.told(Msg::Speaker(id));
            }
            DeviceAction::PlaySound => {
                self.told(Msg::Chime);
                self.check(ctx).play_sound();
            }
            DeviceAction::Heard(heard) => self.check(ctx).answer_heard(heard),
            DeviceAction::Echo => {
                self.told(Msg::EchoAsked);
                begin_run(ctx, DeviceAction::Relays);
            }
            DeviceAction::Relays(Ok(ticket)) => {
                self.told(Msg::Api(Fact::Yes));
                self.checking.ways = ways(&ticket);
                self.checking.run = Some(ticket);
                self.try_next_way(ctx);
            }
            DeviceAction::Relays(Err(failure)) => {
                let answers = !matches!(failure, Failure::Unreachable(_));
                self.told(Msg::Api(Fact::from(answers)));
                self.told(Msg::NoRelay(failure));
            }
            DeviceAction::HeardYourself(heard) => {
                self.check(ctx).answer_heard_yourself(heard);
                self.focus = true;
            }
            DeviceAction::Resume => self.check(ctx).resume(),
            DeviceAction::Save => self.save(ctx),
            DeviceAction::Copy(audience) => {
                if let Some(run) = self.devices().map(|it| &it.run) {
                    let copied = outlets::copy(run, self.speech.locale(), audience);
                    let copied = async move { tell(Msg::Copied(copied.await)) };
                    ctx.link().send_future(copied);
                }
            }
            DeviceAction::Share => {
                if let Some(run) = self.devices().map(|it| &it.run) {
                    outlets::share(run, self.speech.locale());
                }
            }
            DeviceAction::Download => {
                if let Some(run) = self.devices().map(|it| &it.run) {
                    outlets::download(run);
                }
            }
        }
        self.go_on(ctx);
    }

    pub(super) fn devices(&self) -> Option<&Devices> {
        match &self.state.page {
            Page::Devices(devices) => Some(devices),
            Page::Link(_) => None,
        }
    }

    fn told(&mut self, msg: Msg) {
        self.reduce(state::Msg::Devices(msg));
    }

    /// The check, from the first click on one with sound.
    fn check(&mut self, ctx: &Context<Self>) -> &DeviceCheck {
        if !self.checking.has_sound {
            self.checking.has_sound = true;
            self.checking.check = None;
            // One more, to be waited for while the check has its own.
            let sound = Sound::new();
            ctx.link().send_future(async move {
                tell(Msg::Audio(environment::audio_runs(sound.as_ref()).await))
            });
            return self.checking.check.insert(check(Sound::new(), ctx));
        }
        self.checking.check.get_or_insert_with(|| check(None, ctx))
    }

    fn try_next_way(&mut self, ctx: &Context<Self>) {
        if self.checking.ways.is_empty() {
            return self.told(Msg::Update(DeviceUpdate::Echo(EchoPhase::Failed(
                EchoFailure::NoWay,
            ))));
        }
        let server = self.checking.ways.remove(0);
        self.check(ctx).echo(server);
    }

    /// News of the check. An echo that did not come through is tried by the next way.
    pub(super) fn news(&mut self, update: DeviceUpdate, ctx: &Context<Self>) {
        let no_way = DeviceUpdate::Echo(EchoPhase::Failed(EchoFailure::NoWay));
        if update == no_way && !self.checking.ways.is_empty() {
            return self.try_next_way(ctx);
        }
        self.act(DeviceAction::Tell(Msg::Update(update)), ctx);
    }

    /// Saves the facts, by the run of the echo test or by one of its own.
    fn save(&mut self, ctx: &Context<Self>) {
        let duration_ms = (now_ms() - self.checking.began_ms).max(0.0).round() as u64;
        self.told(Msg::Report(Box::new(Update::Finished { duration_ms })));
        let Some(devices) = self.devices() else {
            return;
        };
        let request = ReportRequest {
            duration_ms,
            facts: devices.run.facts.clone(),
        };
        let known = self.checking.run.take();
        ctx.link().send_future(async move {
            tell(Msg::Report(Box::new(match save(known, request).await {
                Ok(report) => Update::Saved(Box::new(report)),
                Err(failure) => Update::NotSaved(failure.into_sentence()),
            })))
        });
    }

    /// Goes on by itself where that is wished.
    fn go_on(&mut self, ctx: &Context<Self>) {
        let Some(step) = self.devices().and_then(Devices::next_step) else {
            return;
        };
        let action = match step {
            Step::Microphone => DeviceAction::OpenMicrophone(None),
            Step::Sound => DeviceAction::PlaySound,
            Step::Echo => DeviceAction::Echo,
            Step::Save => DeviceAction::Save,
        };
        self.act(action, ctx);
    }

    /// What scripts read: how far a report of the devices is.
    pub(super) fn devices_word(&self) -> Option<&'static str> {
        let devices = self.devices()?;
        match devices.run.phase {
            Phase::Over => Some("done"),
            Phase::Saving => Some("running"),
            Phase::Measuring => devices.is_auto.then_some("running"),
        }
    }
}

fn tell(msg: Msg) -> LinkAction {
    LinkAction::Devices(DeviceAction::Tell(msg))
}

fn check(sound: Option<Sound>, ctx: &Context<LinkApp>) -> DeviceCheck {
    let link = ctx.link().clone();
    DeviceCheck::new(sound, move |update| {
        link.send_message(LinkAction::News(update))
    })
}

fn begin_run(ctx: &Context<LinkApp>, then: fn(Result<Rc<RunTicket>, Failure>) -> DeviceAction) {
    ctx.link().send_future(async move {
        let ticket = api::begin_run("", &RunRequest::default()).await;
        LinkAction::Devices(then(ticket.map(Rc::new)))
    });
}

/// One relay for each way, the program's own first.
fn ways(ticket: &RunTicket) -> Vec<Server> {
    let targets = &ticket.plan.targets;
    let way = |transport: Transport| {
        let of_way = || {
            let turn = targets.iter().filter(|it| it.url.scheme == Scheme::Turn);
            turn.filter(move |it| it.url.transport == transport)
        };
        let target = of_way().find(|it| it.own).or_else(|| of_way().next())?;
        Some(Server::of(target, &ticket.ice_servers))
    };
    WAYS.into_iter().filter_map(way).collect()
}

async fn save(
    known: Option<Rc<RunTicket>>,
    mut request: ReportRequest,
) -> Result<earshot_report::Report, Failure> {
    let ticket = match known {
        Some(ticket) => ticket,
        None => Rc::new(api::begin_run("", &RunRequest::default()).await?),
    };
    let environment = &mut request.facts.environment;
    environment.api_reachable = Fact::Yes;
    environment.client_address = ticket.client_address.clone();
    environment.server_time_ms = Some(ticket.server_time_ms);
    api::save("", &ticket.run, &request).await
}
