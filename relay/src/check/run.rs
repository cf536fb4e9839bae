//! One check of all servers: every URL at once, then the verdict.

use super::{
    call::{self, Call, Setup},
    gathering, nat, sentences,
    servers::Server,
};
use crate::native::{self, Beside, Credentials, Reach};
use earshot_report::{
    Address, Code, Fact, Facts, IceUrl, Plan, Scheme, Status, Target, Transport,
    facts::{AllocateAnswer, NatMapping, NativeProbe, TargetFacts},
    findings::Certainty,
    plan::Circumstances,
    verdict::{self, Judgement},
};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::{
    sync::watch,
    time::{Instant, timeout_at},
};

/// What finding the way and the end take beside the calls: with calls of three seconds all is over before five.
const BESIDE_TALK: Duration = Duration::from_millis(1_700);

/// What was found.
pub(super) struct Checked {
    pub(super) facts: Facts,
    pub(super) judgement: Judgement,
    /// One for each target of the facts, in their order.
    pub(super) beside: Vec<Seen>,
    pub(super) began: SystemTime,
    pub(super) took: Duration,
}

/// What was seen of one URL that is no fact of a report.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) beside: Beside,
    pub(super) call: Option<Call>,
}

impl Checked {
    /// Whether the cause of the verdict is proved.
    pub(super) fn is_sure(&self) -> bool {
        let cause = self.judgement.verdict.cause;
        let mut causes = self.judgement.findings.iter();
        causes
            .find(|it| it.code == cause)
            .is_none_or(|it| it.certainty == Certainty::Sure)
    }

    /// What the verdict says. Through a server for STUN alone nobody calls, so of sound nothing is known.
    pub(super) fn sentence(&self) -> String {
        let cause = self.judgement.verdict.cause;
        if cause == Code::Good && self.facts.legs.is_empty() {
            return sentences::STUN_ANSWERS.to_owned();
        }
        sentences::sentence(cause, self.is_sure())
    }

    /// 0: all is well; 1: a fault was found; 2: nothing can be said.
    pub(super) fn exit_code(&self) -> u8 {
        match self.judgement.verdict.status {
            Status::Good => 0,
            Status::Unknown if self.judgement.findings.is_empty() => 2,
            _ => 1,
        }
    }
}

/// Looks at all servers and calls through them. `tell` is told of what goes on with each target.
pub(super) async fn check(
    servers: &[Server],
    talk: Duration,
    tell: impl Fn(u16, &'static str) + Sync,
) -> Checked {
    let (begun, began) = (Instant::now(), SystemTime::now());
    let plan = Plan::new(&Circumstances {
        servers: servers.iter().map(|server| server.urls.clone()).collect(),
        ..Circumstances::default()
    });
    let end = begun + BESIDE_TALK + talk;
    let looks = plan.targets.iter().map(|target| {
        let server = &servers[usize::from(target.server)];
        let look = Look {
            target,
            server,
            plan: &plan,
            talk,
            end,
            tell: &tell,
        };
        look.all()
    });
    let looked = futures_util::future::join_all(looks).await;
    let mut facts = Facts::planned_ad_hoc(&plan);
    facts.legs.clear();
    let now = began.duration_since(UNIX_EPOCH).unwrap_or_default();
    facts.environment.server_time_ms = Some(now.as_millis() as u64);
    let mut beside = Vec::new();
    for (target, looked) in facts.targets.iter_mut().zip(looked) {
        let (probe, seen, nat) = looked;
        let server = &servers[usize::from(target.target.server)];
        fill(target, &probe, &seen, server);
        let environment = &mut facts.environment;
        environment.nat_mapping = environment.nat_mapping.or(nat);
        let mapped = seen.beside.mapped.get().copied().flatten();
        environment.client_address = environment
            .client_address
            .take()
            .or(mapped.map(|mapped| Address::from(mapped.ip())));
        let legs = seen
            .call
            .iter()
            .flat_map(|call| [&call.relay, &call.direct]);
        facts.legs.extend(legs.flatten().cloned());
        facts.native_probes.push(probe);
        beside.push(seen);
    }
    Checked {
        judgement: judge(&facts),
        facts,
        beside,
        began,
        took: begun.elapsed(),
    }
}

fn fill(target: &mut TargetFacts, probe: &NativeProbe, seen: &Seen, server: &Server) {
    target.username = server.username.clone();
    target.gathering = gathering::of(probe, &seen.beside, seen.call.as_ref());
    target.grants_wrong_password = match probe.wrong_password {
        AllocateAnswer::Success => Fact::Yes,
        AllocateAnswer::Error(_) => Fact::No,
        AllocateAnswer::NotAsked | AllocateAnswer::Silent => Fact::NotMeasured,
    };
}

/// The verdict of the page, with what only a second pair of eyes could make sure left likely: silence and closed ports
/// could lie with this machine's network.
fn judge(facts: &Facts) -> Judgement {
    let mut judgement = verdict::judge(facts);
    for finding in &mut judgement.findings {
        if matches!(
            finding.code,
            Code::ServerUnreachable | Code::ServerUdpClosed | Code::RelayPortsClosed
        ) {
            finding.certainty = Certainty::Likely;
        }
    }
    // Where nothing relays, there is no call: then the servers' own verdicts are all there is.
    let is_stun_only = |target: &TargetFacts| target.target.url.scheme == Scheme::Stun;
    if facts.targets.iter().all(is_stun_only) {
        let rank = |status: Status| match status {
            Status::Good => 0,
            Status::Unknown => 1,
            Status::Degraded => 2,
            Status::Broken => 3,
        };
        let worst = judgement
            .servers
            .iter()
            .map(|server| &server.verdict)
            .max_by_key(|verdict| rank(verdict.status));
        if let Some(worst) = worst {
            judgement.verdict = worst.clone();
        }
    }
    judgement
}

struct Look<'a, T> {
    target: &'a Target,
    server: &'a Server,
    plan: &'a Plan,
    talk: Duration,
    end: Instant,
    tell: &'a T,
}

impl<T: Fn(u16, &'static str)> Look<'_, T> {
    async fn all(self) -> (NativeProbe, Seen, Option<NatMapping>) {
        let url = &self.target.url;
        let credentials = match (&self.server.username, &self.server.password) {
            (Some(username), Some(password)) => Some(Credentials {
                username,
                password: password.expose(),
            }),
            _ => None,
        };
        let (sender, facts) = watch::channel(NativeProbe::new(url.clone()));
        let beside = Beside::default();
        (self.tell)(self.target.id, "looking");
        let look = async {
            native::probe_noting(credentials, Reach::Everywhere, &sender, &beside).await;
        };
        let call = timeout_at(self.end, self.call(facts.clone(), &beside, credentials));
        let nat = self.nat(facts, &beside);
        let ((), call, nat) = tokio::join!(look, call, nat);
        (self.tell)(self.target.id, "done");
        let mut probe = sender.borrow().clone();
        let call = call.ok().flatten();
        if let Some(call) = &call {
            probe.peer_refused = first(call.peer_refused, probe.peer_refused);
            probe.relay_reached = match (call.reached, probe.relay_reached) {
                (Fact::Yes, _) | (_, Fact::Yes) => Fact::Yes,
                (reached, known) => first(known, reached),
            };
            let met = call.sent_from.map(Address::from);
            probe.sent_from = probe.sent_from.or(met);
        }
        (probe, Seen { beside, call }, nat)
    }

    /// As soon as the server has granted a relay, and would to a browser.
    async fn call(
        &self,
        mut facts: watch::Receiver<NativeProbe>,
        beside: &Beside,
        credentials: Option<Credentials<'_>>,
    ) -> Option<Call> {
        let is_known =
            |facts: &NativeProbe| facts.finished || facts.authenticated != AllocateAnswer::NotAsked;
        let granted = {
            let facts = facts.wait_for(is_known).await.ok()?;
            gathering::is_granted(&facts)
        };
        let (true, Some(&server), Some(credentials)) = (granted, beside.server.get(), credentials)
        else {
            return None;
        };
        (self.tell)(self.target.id, "calling");
        let setup = Setup {
            target: self.target.id,
            url: &self.target.url,
            server,
            stun: self.stun_port().map(|port| (server.ip(), port).into()),
            credentials,
            talk: self.talk,
            end: self.end,
        };
        Some(call::call(&setup).await)
    }

    /// Once for each check, at its first URL by UDP.
    async fn nat(
        &self,
        mut facts: watch::Receiver<NativeProbe>,
        beside: &Beside,
    ) -> Option<NatMapping> {
        let mut by_udp = self
            .plan
            .targets
            .iter()
            .filter(|target| is_udp(&target.url));
        if by_udp.next()?.id != self.target.id {
            return None;
        }
        let is_known = |facts: &NativeProbe| facts.finished || facts.speaks_stun.is_measured();
        facts.wait_for(is_known).await.ok()?;
        let server = *beside.server.get()?;
        let other = by_udp.find(|other| {
            other.url.host == self.target.url.host && other.url.port != self.target.url.port
        });
        nat::mapping(server, other.map(|other| other.url.port)).await
    }

    /// Every TURN server answers Binding requests on its UDP port, by default that of its TCP (RFC 8656 section 5).
    fn stun_port(&self) -> Option<u16> {
        if !self.target.url.transport.is_secure() {
            return Some(self.target.url.port);
        }
        let mut others = self.plan.targets.iter().map(|target| &target.url);
        others
            .find(|url| is_udp(url) && url.host == self.target.url.host)
            .map(|url| url.port)
    }
}

fn is_udp(url: &IceUrl) -> bool {
    url.transport == Transport::Udp
}

/// The first that was measured.
fn first(one: Fact, other: Fact) -> Fact {
    match one.is_measured() {
        true => one,
        false => other,
    }
}
