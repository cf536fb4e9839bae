//! Small builders: a healthy run, and ways to break it.

use earshot_report::{
    Address, Code, Fact, Facts, IceUrl, Plan, Transport,
    candidate::parse_candidate,
    facts::{
        AllocateAnswer, AllocationSighting, CandidateError, CandidateFacts, DeviceFacts,
        DirectionFacts, GatheringOutcome, LegFacts, LegOutcome, MicrophoneFacts, MicrophoneOpened,
        NatMapping, NativeProbe, PairFacts, PairLegFacts, PairReady, PairRoute, Sightings,
        SpeakerFacts, TargetFacts, TransportSightings, VoiceEnd,
    },
    plan::{Circumstances, Probe},
};

/// The person, the server and its relayed address, as seen from everywhere.
pub(crate) const CLIENT: &str = "198.51.100.7";
pub(crate) const SERVER: &str = "203.0.113.5";
/// 2026-11-21, in seconds since 1970.
pub(crate) const NOW_S: u64 = 1_795_219_200;

pub(crate) const OWN: [&str; 3] = [
    "turn:relay.example.org:3478?transport=udp",
    "turn:relay.example.org:3478?transport=tcp",
    "turns:relay.example.org:443?transport=tcp",
];
pub(crate) const OTHER: [&str; 2] = [
    "turn:other.example.net:3478?transport=udp",
    "turn:other.example.net:3478?transport=tcp",
];

pub(crate) fn url(text: &str) -> IceUrl {
    IceUrl::of_any_client(text).unwrap()
}

pub(crate) fn plan(servers: &[&[&str]], own: Option<u16>) -> Plan {
    Plan::new(&Circumstances {
        servers: servers
            .iter()
            .map(|urls| urls.iter().map(|text| url(text)).collect())
            .collect(),
        own,
        stun_pair: Some([
            url("stun:relay.example.org:3478"),
            url("stun:relay.example.org:3479"),
        ]),
        witness: own.is_some(),
    })
}

/// This program's own relay, healthy.
pub(crate) fn own_relay() -> Facts {
    healthy(Facts::planned(&plan(&[&OWN], Some(0))))
}

/// A configured server of somebody else, healthy.
pub(crate) fn other_server() -> Facts {
    healthy(Facts::planned(&plan(&[&OTHER], None)))
}

/// The own relay and a configured fallback, both healthy.
pub(crate) fn both() -> Facts {
    healthy(Facts::planned(&plan(&[&OWN, &OTHER], Some(0))))
}

/// A server that a person typed, healthy.
pub(crate) fn ad_hoc() -> Facts {
    healthy(Facts::planned_ad_hoc(&plan(&[&OTHER], None)))
}

/// Everything measured, everything well.
pub(crate) fn healthy(mut facts: Facts) -> Facts {
    let environment = &mut facts.environment;
    environment.secure_context = Fact::Yes;
    environment.https_port = Some(443);
    environment.webrtc = Fact::Yes;
    environment.audio_context_running = Fact::Yes;
    environment.api_reachable = Fact::Yes;
    environment.live_link = Fact::Yes;
    environment.online = Fact::Yes;
    environment.client_address = Some(CLIENT.into());
    environment.server_time_ms = Some(NOW_S * 1_000);
    environment.nat_mapping = Some(NatMapping::EndpointIndependent);
    environment.host_candidates = Some(1);
    let own = facts.targets.iter().any(|target| target.target.own);
    for target in &mut facts.targets {
        target.username = Some(format!("{}:test.abc", NOW_S + 600));
        target.grants_wrong_password = Fact::No;
        target.gathering.outcome = GatheringOutcome::Complete;
        target.gathering.elapsed_ms = Some(100);
        target.gathering.candidates = vec![relayed(SERVER, 50_000 + target.target.id)];
    }
    for leg in &mut facts.legs {
        hear(leg);
    }
    for probe in &mut facts.native_probes {
        *probe = answering(&probe.url.clone());
    }
    facts.sightings = own.then(seen);
    facts
}

/// A call between two people behind two NATs, healthy: directly, and through two ways of one relay; with their voices.
pub(crate) fn call() -> Facts {
    let ready = || PairReady {
        relays: vec![(0, Transport::Udp), (2, Transport::Tls)],
        cause: Some(Code::Good),
    };
    let voice = || VoiceEnd {
        microphone: MicrophoneOpened::Yes,
        voice_ms: Some(6_000),
        sent_dbfs: Some(-22.0),
        arrived_dbfs: Some(-24.0),
        packets_received: Some(280),
        played: Fact::Yes,
        heard: Fact::Yes,
    };
    let relay = |id| PairRoute::Relay {
        caller: id,
        called: id,
    };
    let routes = [PairRoute::Direct, relay(0), relay(2)];
    Facts {
        pair: Some(PairFacts {
            own: ready(),
            partner: ready(),
            legs: routes.into_iter().map(heard_by_both).collect(),
            you: voice(),
            them: voice(),
            partner_left: Fact::No,
        }),
        ..healthy(Facts::default())
    }
}

fn heard_by_both(route: PairRoute) -> PairLegFacts {
    let direction = DirectionFacts {
        sound: Fact::Yes,
        packets_sent: Some(100),
        packets_received: Some(100),
        loss: Some(0.0),
        jitter_ms: Some(4.0),
        ..DirectionFacts::default()
    };
    PairLegFacts {
        route,
        outcome: LegOutcome::Done,
        ice_connected: Fact::Yes,
        dtls_connected: Fact::Yes,
        local: Some(relayed(SERVER, 50_100)),
        remote: Some(relayed(SERVER, 50_200)),
        rtt_ms: Some(40.0),
        from_you: direction.clone(),
        to_you: direction,
        samples: Vec::new(),
    }
}

/// Microphone and speaker of a person who has heard their own voice.
pub(crate) fn devices() -> DeviceFacts {
    DeviceFacts {
        microphone: MicrophoneFacts {
            opened: MicrophoneOpened::Yes,
            muted: Fact::No,
            loudest_dbfs: Some(-20.0),
            listened_ms: Some(5_000),
        },
        speaker: SpeakerFacts {
            played: Fact::Yes,
            heard: Fact::Yes,
            heard_yourself: Fact::Yes,
        },
    }
}

pub(crate) fn relayed(address: &str, port: u16) -> CandidateFacts {
    parse_candidate(&format!(
        "candidate:1 1 udp 41885439 {address} {port} typ relay raddr {CLIENT} rport 40000"
    ))
    .unwrap()
}

pub(crate) fn hear(leg: &mut LegFacts) {
    leg.outcome = LegOutcome::Done;
    leg.ice_connected = Fact::Yes;
    leg.dtls_connected = Fact::Yes;
    if matches!(leg.probe, Probe::Witness { .. }) {
        leg.dtls_connected = Fact::NotMeasured;
        return;
    }
    leg.local = Some(relayed(SERVER, 50_100));
    for direction in [&mut leg.from_you, &mut leg.to_you] {
        direction.sound = Fact::Yes;
        direction.packets_sent = Some(100);
        direction.packets_received = Some(100);
    }
}

pub(crate) fn answering(url: &IceUrl) -> NativeProbe {
    let mut probe = NativeProbe::new(url.clone());
    probe.finished = true;
    probe.resolves = Fact::Yes;
    probe.addresses = vec![SERVER.into()];
    probe.answers = Fact::Yes;
    probe.speaks_stun = Fact::Yes;
    probe.speaks_turn = Fact::Yes;
    probe.anonymous = AllocateAnswer::Error(401);
    probe.realm = Some("voicechat".to_owned());
    probe.authenticated = AllocateAnswer::Success;
    probe.relayed = Some((SERVER.into(), 51_000));
    probe.relay_reached = Fact::Yes;
    probe
}

fn seen() -> Sightings {
    let mut sightings = Sightings {
        others_udp: Fact::Yes,
        ..Sightings::default()
    };
    for transport in [Transport::Udp, Transport::Tcp, Transport::Tls] {
        let sighting = sightings.transport_mut(transport);
        sighting.listening = Fact::Yes;
        sighting.seen = Fact::Yes;
        sighting.requests = 6;
        sighting.answers = 6;
        sighting.challenges = 1;
        sighting.asked_again = Fact::No;
    }
    sightings
}

pub(crate) fn allocation(port: u16, sent_packets: u64) -> AllocationSighting {
    AllocationSighting {
        transport: Transport::Udp,
        client: (CLIENT.into(), 40_000),
        relayed: (SERVER.into(), port),
        sent_packets,
        sent_bytes: sent_packets * 100,
        received_packets: 0,
        received_bytes: 0,
        unpermitted_packets: 0,
        closed: false,
    }
}

/// Ways to break a run.
pub(crate) trait Break {
    fn targets_by(&mut self, transport: Option<Transport>) -> Vec<&mut TargetFacts>;
    /// The targets give no candidate and no error, until our limit; their legs never begin.
    fn silence(&mut self, transport: Option<Transport>) -> &mut Self;
    /// The targets answer with this code; their legs never begin.
    fn refuse(&mut self, transport: Option<Transport>, code: u16, text: &str) -> &mut Self;
    /// No UDP of this page passes anywhere.
    fn cut_udp(&mut self) -> &mut Self;
    fn probes(&mut self, change: impl Fn(&mut NativeProbe)) -> &mut Self;
    fn legs_of(&mut self, direct: bool, change: impl Fn(&mut LegFacts)) -> &mut Self;
    fn sightings(&mut self, change: impl Fn(&mut Sightings)) -> &mut Self;
    fn announce(&mut self, address: &str) -> &mut Self;
}

impl Break for Facts {
    fn targets_by(&mut self, transport: Option<Transport>) -> Vec<&mut TargetFacts> {
        self.targets
            .iter_mut()
            .filter(|target| transport.is_none_or(|it| it == target.target.url.transport))
            .collect()
    }

    fn silence(&mut self, transport: Option<Transport>) -> &mut Self {
        let mut silent = Vec::new();
        for target in self.targets_by(transport) {
            target.gathering.candidates.clear();
            target.gathering.outcome = GatheringOutcome::TimedOut;
            target.gathering.elapsed_ms = Some(5_000);
            silent.push(target.target.id);
        }
        for leg in &mut self.legs {
            if leg.probe.target().is_some_and(|id| silent.contains(&id)) {
                *leg = LegFacts::new(leg.probe.clone());
            }
        }
        self
    }

    fn refuse(&mut self, transport: Option<Transport>, code: u16, text: &str) -> &mut Self {
        self.silence(transport);
        for target in self.targets_by(transport) {
            target.gathering.outcome = GatheringOutcome::Complete;
            target.gathering.errors = vec![CandidateError {
                code,
                text: text.to_owned(),
                elapsed_ms: Some(60),
            }];
        }
        self
    }

    fn cut_udp(&mut self) -> &mut Self {
        self.environment.nat_mapping = None;
        self.silence(Some(Transport::Udp));
        self.legs_of(true, did_not_connect)
    }

    fn probes(&mut self, change: impl Fn(&mut NativeProbe)) -> &mut Self {
        self.native_probes.iter_mut().for_each(change);
        self
    }

    fn legs_of(&mut self, direct: bool, change: impl Fn(&mut LegFacts)) -> &mut Self {
        self.legs
            .iter_mut()
            .filter(|leg| match leg.probe {
                Probe::RelayToDirect { .. } => direct,
                Probe::RelayToRelay { .. } => !direct,
                _ => false,
            })
            .filter(|leg| leg.outcome != LegOutcome::NotStarted)
            .for_each(change);
        self
    }

    fn sightings(&mut self, change: impl Fn(&mut Sightings)) -> &mut Self {
        self.sightings.iter_mut().for_each(change);
        self
    }

    fn announce(&mut self, address: &str) -> &mut Self {
        for target in self.targets_by(None) {
            target.gathering.candidates = vec![relayed(address, 50_000)];
        }
        self
    }
}

pub(crate) fn did_not_connect(leg: &mut LegFacts) {
    *leg = LegFacts::new(leg.probe.clone());
    leg.outcome = LegOutcome::TimedOut;
    leg.ice_connected = Fact::No;
    if matches!(leg.probe, Probe::RelayToDirect { .. }) {
        leg.direct_usable = Fact::Yes;
    }
}

pub(crate) fn no_dtls(leg: &mut LegFacts) {
    *leg = LegFacts::new(leg.probe.clone());
    leg.outcome = LegOutcome::TimedOut;
    leg.ice_connected = Fact::Yes;
    leg.dtls_connected = Fact::No;
}

pub(crate) fn unheard_from_you(leg: &mut LegFacts) {
    leg.from_you.sound = Fact::No;
    leg.from_you.packets_received = Some(0);
}

pub(crate) fn unheard_to_you(leg: &mut LegFacts) {
    leg.to_you.sound = Fact::No;
    leg.to_you.packets_received = Some(0);
}

pub(crate) fn revealed(address: &str) -> impl Fn(&mut LegFacts) {
    let candidate =
        parse_candidate(&format!("candidate:2 1 udp 1 {address} 50200 typ prflx")).unwrap();
    move |leg| leg.local = Some(candidate.clone())
}

pub(crate) fn address(text: &str) -> Option<Address> {
    Some(text.into())
}

/// Nothing of the run came by these transports.
pub(crate) fn unseen(sightings: &mut Sightings, transports: &[Transport]) {
    for transport in transports {
        *sightings.transport_mut(*transport) = TransportSightings {
            listening: Fact::Yes,
            seen: Fact::No,
            ..TransportSightings::default()
        };
    }
}

/// A client repeated what the relay had answered by UDP.
pub(crate) fn asked_again_by_udp(sightings: &mut Sightings) {
    sightings.udp.asked_again = Fact::Yes;
}
