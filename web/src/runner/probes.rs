//! All probes of a plan, at once. A leg waits until its target has shown a relay candidate.

use super::{
    board::Board,
    setup::{Setup, legs},
};
use crate::probe::{
    attention::Patience,
    environment, gather,
    leg::{self, Far, Spec},
    nat_mapping,
    sound::Sound,
    tone,
    wait::{Signal, Timer, Work, all, sleep},
    witness, wrong_password,
};
use earshot_report::{
    IceUrl, Probe,
    facts::{CandidateError, Fact, Gathering, LegFacts},
    limits,
};

/// All of them, until the last has ended or `over` is given.
///
/// Two of them only describe the network, so a run does not wait for them alone: with IPv6 and nothing else Chromium
/// never says that it has gathered all.
pub(super) async fn run(board: &Board, setup: &Setup, sound: Option<&Sound>, over: &Signal) {
    let settled = Timer::new(limits::GATHERING_SETTLE_MS);
    let enough = Signal::default();
    let deciding = work(board, setup, sound);
    let deciding = async {
        all(deciding, over).await;
        settled.over.wait().await;
        enough.give();
    };
    let mut describing: Vec<Work> = vec![Box::pin(host_candidates(board, &enough))];
    for probe in &setup.plan().probes {
        if let Probe::NatMapping { stun_pair } = probe {
            describing.push(Box::pin(nat_mapping(board, setup, stun_pair, &enough)));
        }
    }
    let describing = async {
        all(describing, over).await;
        settled.over.give();
    };
    all(vec![Box::pin(deciding), Box::pin(describing)], over).await;
}

/// Asks those servers once more that have shown a relay through which no call connected: they may be gone since. Until
/// all have answered or `over` is given.
pub(super) async fn ask_again(board: &Board, setup: &Setup, over: &Signal) {
    let places = 0..setup.targets.len();
    let again = places.filter(|place| board.is_mute(*place));
    let again = again.map(|place| -> Work { Box::pin(gather_again(board, setup, place)) });
    all(again.collect(), over).await;
}

async fn gather_again(board: &Board, setup: &Setup, place: usize) {
    let target = &setup.targets[place];
    let servers = std::slice::from_ref(&target.server);
    let transport = target.target.url.transport;
    let tell = &mut |gathering: &Gathering| gather::has_relay(gathering);
    let time = Patience::new(limits::LENT_AGAIN_MS);
    let gathering = gather::gather(servers, transport, &time.over, tell).await;
    // What it refuses it answers, so it is there.
    if gathering.errors.iter().any(CandidateError::from_server) {
        return;
    }
    let is_granted = gather::has_relay(&gathering);
    board.target(place, |facts| facts.grants_again = is_granted.into());
}

fn work<'a>(board: &'a Board, setup: &'a Setup, sound: Option<&'a Sound>) -> Vec<Work<'a>> {
    let mut work: Vec<Work> = vec![Box::pin(audio(board, sound))];
    for probe in &setup.plan().probes {
        match probe {
            Probe::Gather { target } => {
                work.push(Box::pin(gather(board, setup, *target)));
                work.push(Box::pin(by_address(board, setup, *target)));
            }
            Probe::WrongPassword { target } => {
                work.push(Box::pin(wrong_password(board, setup, *target)));
            }
            Probe::NatMapping { .. }
            | Probe::RelayToRelay { .. }
            | Probe::RelayToDirect { .. }
            | Probe::Witness { .. } => {}
        }
    }
    for (place, probe) in legs(setup.plan()) {
        work.push(Box::pin(run_leg(board, setup, sound, place, probe)));
    }
    work
}

async fn host_candidates(board: &Board, enough: &Signal) {
    let count = environment::host_candidates(enough).await;
    board.environment(|environment| environment.host_candidates = count);
}

async fn audio(board: &Board, sound: Option<&Sound>) {
    let runs = environment::audio_runs(sound).await;
    board.environment(|environment| environment.audio_context_running = runs);
}

async fn nat_mapping(board: &Board, setup: &Setup, stun: &[IceUrl; 2], enough: &Signal) {
    let mapping = nat_mapping::measure(stun, setup.client_address(), enough).await;
    board.environment(|environment| environment.nat_mapping = mapping);
}

async fn gather(board: &Board, setup: &Setup, id: u16) {
    let Some((place, target)) = setup.target(id) else {
        return;
    };
    let servers = std::slice::from_ref(&target.server);
    let transport = target.target.url.transport;
    let tell = &mut |gathering: &Gathering| {
        board.target(place, |facts| facts.gathering.clone_from(gathering));
        if gather::has_relay(gathering) {
            target.relays.give();
        }
        false
    };
    let (stop, ended) = (Signal::default(), Signal::default());
    let gather = async {
        gather::gather(servers, transport, &stop, tell).await;
        ended.give();
    };
    let patience = async {
        // Some browsers take an empty realm: they have shown a relay a moment later.
        if target.asks_for_ever.wait().await {
            stop.give_in(limits::GATHERING_SETTLE_MS);
        }
    };
    all(vec![Box::pin(gather), Box::pin(patience)], &ended).await;
    target.relays.give_up();
}

/// A second try by the server's address, beside the first where its name shows nothing for a while or fails: a network
/// may hide names. It ends with the first, unless that has ended.
async fn by_address(board: &Board, setup: &Setup, id: u16) {
    let Some((place, target)) = setup.target(id) else {
        return;
    };
    all(vec![Box::pin(sleep(limits::BY_ADDRESS_MS))], &target.relays).await;
    if target.relays.is_given() {
        return;
    }
    if target.relays.is_settled() {
        // It failed before the program could have told an address.
        sleep(limits::BY_ADDRESS_MS).await;
    }
    let servers = target.by_address.take();
    if servers.is_empty() {
        return;
    }
    let give_up = match target.relays.is_settled() {
        true => Signal::default(),
        false => target.relays.clone(),
    };
    let transport = target.target.url.transport;
    let tell = &mut |gathering: &Gathering| gather::has_relay(gathering);
    let gathering = gather::gather(&servers, transport, &give_up, tell).await;
    let is_granted = gather::has_relay(&gathering);
    board.target(place, |facts| facts.by_address = is_granted.into());
}

async fn wrong_password(board: &Board, setup: &Setup, id: u16) {
    let Some((place, target)) = setup.target(id) else {
        return;
    };
    // Without a user name the browser would refuse to begin, and its gathering says so.
    if target.server.username.is_none() {
        return;
    }
    let transport = target.target.url.transport;
    let give_up = &target.asks_for_ever;
    let granted = wrong_password::is_granted(&target.server, transport, give_up).await;
    // The credential holds for all URLs of a server, and so does the answer.
    if granted != Fact::NotMeasured {
        board.target(place, |facts| facts.grants_wrong_password = granted);
    }
}

async fn run_leg(board: &Board, setup: &Setup, sound: Option<&Sound>, place: usize, probe: &Probe) {
    let Some((_, target)) = probe.target().and_then(|id| setup.target(id)) else {
        return;
    };
    if !target.relays.wait().await {
        return;
    }
    let Some(mut facts) = board.leg(place) else {
        return;
    };
    let tell = &|facts: &LegFacts| board.put_leg(place, facts);
    let far = match probe {
        Probe::RelayToRelay { .. } => Far::Relay,
        Probe::RelayToDirect { stun, .. } => Setup::direct(&target.target, stun.as_ref()),
        Probe::Witness { .. } => {
            if let Some(witness) = &setup.witness {
                witness::measure(&target.server, witness, &mut facts, tell).await;
            }
            return;
        }
        Probe::Gather { .. } | Probe::WrongPassword { .. } | Probe::NatMapping { .. } => return,
    };
    let spec = Spec {
        server: target.server.clone(),
        far,
        tones: tone::tones_of_leg(place),
    };
    let tell_levels = &|levels| board.put_levels(place, levels);
    leg::measure(&spec, sound, &mut facts, tell, tell_levels).await;
}
