//! Causes that keep the page from reaching the server at all.

use super::view::{Ground, Reach, View, has, is_silent, reach};
use super::{Evidence, EvidenceValue, Finding, Severity};
use crate::{
    Code, Facts, Scheme, Transport,
    facts::{CandidateError, CandidateType, TargetFacts},
    limits,
};

/// A STUN server without TURN refuses Allocate so (RFC 8489 section 14.8).
const BAD_REQUEST: u16 = 400;

/// The domains under which Render, Heroku, Railway and DigitalOcean App Platform publish what they host. By these
/// names they pass on HTTP and nothing else.
const WEB_ONLY_DOMAINS: [&str; 4] = [
    ".onrender.com",
    ".herokuapp.com",
    ".up.railway.app",
    ".ondigitalocean.app",
];

/// The name has no address, says the program's own lookup; where it does not look, the browser's.
pub(super) fn server_name_unresolved(facts: &Facts) -> Vec<Finding> {
    let view = View::new(facts);
    view.per_server(Code::ServerNameUnresolved, |target| {
        if target.target.url.literal_address().is_some() || reach(target) == Reach::Served {
            return None;
        }
        if view.native(target).is_some() {
            let probe = view.finished_native(target)?;
            probe.resolves.is_no().then_some(())?;
            return Ground::sure(vec![Evidence::new("native_probes.resolves", false)]);
        }
        let lookup_failed = target
            .gathering
            .errors
            .iter()
            .find(|error| error.is_lookup_failure())?;
        Ground::likely(vec![Evidence::new(
            "targets.gathering.errors.text",
            lookup_failed.text.as_str(),
        )])
    })
}

/// The page was given a relay by the server's address, and none by its name. Where TLS is spoken only the name will do,
/// so one URL by address tells of all with that name. A name with several addresses may have led to a dead one.
pub(super) fn server_name_blocked(facts: &Facts) -> Vec<Finding> {
    let view = View::new(facts);
    view.for_run(Code::ServerNameBlocked, |target| {
        let named = |is: fn(&TargetFacts) -> bool| {
            let mut all = view.turn_targets();
            all.any(|other| other.target.url.host == target.target.url.host && is(other))
        };
        let is_failed = reach(target) == Reach::Failed;
        // A name by which the server says anything at all, and be it a refusal, is not hidden.
        let relays = named(|it| it.by_address.is_yes()) && !named(is_heard_by_name);
        (is_failed && relays).then_some(())?;
        Ground::likely(vec![Evidence::new("targets.by_address", true)])
    })
}

/// The server showed itself to the page by its name.
fn is_heard_by_name(target: &TargetFacts) -> bool {
    let told = target.gathering.errors.iter().any(|e| e.from_server());
    reach(target) == Reach::Served || has(target, CandidateType::Srflx) || told
}

/// Nothing answers: neither the page nor the program's own look. Where nobody else looks, and where the program's own
/// look crosses no network, only the likeliest explanation, and only when no URL of the server showed a sign of life.
pub(super) fn server_unreachable(facts: &Facts) -> Vec<Finding> {
    let view = View::new(facts);
    view.per_server(Code::ServerUnreachable, |target| {
        if !is_silent(target) {
            return None;
        }
        let died = died_since(view, target);
        if died.is_none() && relay_saw_something(view, target) {
            return None;
        }
        if let Some(probe) = view.finished_native(target)
            && probe.answers.is_no()
            && !probe.resolves.is_no()
        {
            let has_own_cause = is_udp_beside_tcp(view, target);
            (!has_own_cause).then_some(())?;
            return Ground::sure(vec![Evidence::new("native_probes.answers", false)]);
        }
        if let Some(died) = died {
            return Ground::likely(died);
        }
        if view.native(target).is_some() {
            view.finished_native(target)?;
            return Ground::likely(nobody_comes(view, target)?);
        }
        let siblings_silent = siblings(view, target).all(is_silent);
        let unresolved = target
            .gathering
            .errors
            .iter()
            .any(CandidateError::is_lookup_failure);
        (siblings_silent && !unresolved).then_some(())?;
        Ground::likely(vec![Evidence::new("targets.gathering.candidates", 0_u16)])
    })
}

/// No relay can be reached at a host whose platform forwards web traffic only. Such a platform is known by its domain,
/// or, where this program runs on one, by what never came to its own relay. Where it knows of no relay at all, there is
/// nothing but the page.
pub(super) fn web_only_host(facts: &Facts) -> Vec<Finding> {
    let view = View::new(facts);
    let web_only_here = facts
        .sightings
        .as_ref()
        .is_some_and(|sightings| sightings.platform_web_only.is_yes());
    let is_of_relays = facts.pair().is_none() && !facts.is_of_devices();
    if facts.targets.is_empty() && web_only_here && is_of_relays {
        let finding = Finding::new(Code::WebOnlyHost, Severity::Broken).likely();
        return vec![finding.because("sightings.platform_web_only", true)];
    }
    view.per_server(Code::WebOnlyHost, |target| {
        let url = &target.target.url;
        let host_relays = view
            .turn_targets()
            .any(|other| other.target.url.host == url.host && reach(other) == Reach::Served);
        let is_failed = url.scheme == Scheme::Turn && reach(target) == Reach::Failed;
        if !is_failed || host_relays || view.native_awaited(target) {
            return None;
        }
        if target.target.own && web_only_here {
            let evidence = Evidence::new("sightings.platform_web_only", true);
            return Ground::likely(vec![evidence]);
        }
        let is_known = WEB_ONLY_DOMAINS.iter().any(|it| url.host.ends_with(it));
        let speaks_turn = view
            .native(target)
            .is_some_and(|probe| probe.speaks_turn.is_yes());
        (is_known && !speaks_turn).then_some(())?;
        Ground::sure(vec![Evidence::new(
            "targets.target.url.host",
            url.host.as_str(),
        )])
    })
}

/// Something answers the program there, and it is not TURN.
pub(super) fn not_a_turn_server(facts: &Facts) -> Vec<Finding> {
    let view = View::new(facts);
    view.per_server(Code::NotATurnServer, |target| {
        if target.target.url.scheme != Scheme::Turn || reach(target) != Reach::Failed {
            return None;
        }
        if view.native(target).is_none() {
            let refused = target
                .gathering
                .errors
                .iter()
                .any(|error| error.code == BAD_REQUEST);
            refused.then_some(())?;
            return Ground::likely(vec![Evidence::new(
                "targets.gathering.errors.code",
                BAD_REQUEST,
            )]);
        }
        let probe = view.finished_native(target)?;
        let wrong = probe.speaks_stun.is_no() || probe.speaks_turn.is_no();
        (probe.answers.is_yes() && wrong).then_some(())?;
        let mut evidence = vec![
            Evidence::new("native_probes.answers", true),
            Evidence::new("native_probes.speaks_stun", !probe.speaks_stun.is_no()),
        ];
        if let Some(words) = &probe.other_answer {
            evidence.push(Evidence::new(
                "native_probes.other_answer",
                EvidenceValue::Text(words.clone()),
            ));
        }
        Ground::sure(evidence)
    })
}

/// Nothing of TURN gets out of this network, the web does, and the server lives.
pub(super) fn web_only_network(facts: &Facts) -> Vec<Finding> {
    let view = View::new(facts);
    let all_silent = view.turn_targets().all(is_silent);
    let tried_tcp = view
        .turn_targets()
        .any(|target| !target.target.url.transport.is_datagram());
    let web_works = facts.environment.api_reachable.is_yes();
    if !all_silent || !tried_tcp || !web_works || view.udp_works() {
        return Vec::new();
    }
    view.for_run(Code::WebOnlyNetwork, |target| {
        let transport = target.target.url.transport;
        let evidence = lives_elsewhere(view, target)?;
        // A relay that saw this run over any transport was reached by more than the web.
        (!transport.is_datagram() || !relay_saw_something(view, target)).then_some(())?;
        Ground::likely(vec![
            evidence,
            Evidence::new("environment.api_reachable", true),
        ])
    })
}

/// The server answers others by the very URL that the page finds silent: the program, where the server is not its own
/// relay, or other people's tests, where it is. Its own look at its own relay crosses no network and proves nothing.
pub(super) fn lives_elsewhere(view: View<'_>, target: &TargetFacts) -> Option<Evidence> {
    if !target.target.own {
        let probe = view.finished_native(target)?;
        let turn = probe.answers.is_yes() && !probe.speaks_turn.is_no();
        turn.then_some(())?;
        return Some(Evidence::new("native_probes.answers", true));
    }
    let sightings = view.facts.sightings.as_ref()?;
    let unseen = sightings.transports().iter().all(|it| !it.seen.is_yes());
    (unseen && sightings.others_udp.is_yes()).then_some(())?;
    Some(Evidence::new("sightings.others_udp", true))
}

/// This relay answers its own program, and nobody else has come to it, this run by no transport. Its ports are closed
/// to the world, or it has died since; the user's network may be to blame too, but nobody speaks for the relay.
fn nobody_comes(view: View<'_>, target: &TargetFacts) -> Option<Vec<Evidence>> {
    let sightings = view.testimony(target)?;
    let unseen = siblings(view, target).all(|it| {
        let seen = sightings.transport(it.target.url.transport).seen;
        is_silent(it) && seen.is_no()
    });
    (is_tried_by_tcp(view, target) && unseen && !sightings.others_udp.is_measured()).then(|| {
        let name = match target.target.url.transport {
            Transport::Udp | Transport::Dtls => "sightings.udp.seen",
            Transport::Tcp => "sightings.tcp.seen",
            Transport::Tls => "sightings.tls.seen",
        };
        vec![Evidence::new(name, false)]
    })
}

/// This relay answered the page's first requests by UDP and nobody came back, although whoever hears the challenge comes
/// with the credential, whoever hears nothing asks again within a second (RFC 8489 section 6.2.1), and the page tries
/// on; and no URL of it answers. What it saw before it died is no sign that it is there.
fn died_since(view: View<'_>, target: &TargetFacts) -> Option<Vec<Evidence>> {
    let sightings = view.testimony(target)?;
    let only_first_requests =
        sightings.udp.asked_again.is_no() && !sightings.has_seen_more_than_first_requests();
    let at_once = sightings.arrivals_ms()? < limits::ASKED_AGAIN_MS;
    let all_silent = siblings(view, target).all(is_silent);
    (only_first_requests && at_once && all_silent && is_tried_by_tcp(view, target)).then(|| {
        vec![
            Evidence::new("sightings.udp.answers", sightings.udp.answers),
            Evidence::new("sightings.udp.asked_again", false),
        ]
    })
}

/// Not by UDP alone, which many networks forbid.
fn is_tried_by_tcp(view: View<'_>, target: &TargetFacts) -> bool {
    siblings(view, target).any(|it| !it.target.url.transport.is_datagram())
}

/// All of its server.
fn siblings<'a>(view: View<'a>, target: &TargetFacts) -> impl Iterator<Item = &'a TargetFacts> {
    let server = target.target.server;
    let all = view.facts.targets.iter();
    all.filter(move |other| other.target.server == server)
}

/// This relay's own word: something of this run came by this target's transport.
fn relay_saw_something(view: View<'_>, target: &TargetFacts) -> bool {
    let transport = target.target.url.transport;
    view.testimony(target)
        .is_some_and(|it| it.transport(transport).seen.is_yes())
}

/// A dead UDP port beside a living TCP one has a cause of its own, `server-udp-closed`.
pub(super) fn is_udp_beside_tcp(view: View<'_>, target: &TargetFacts) -> bool {
    target.target.url.transport == Transport::Udp
        && view.turn_targets().any(|other| {
            other.target.server == target.target.server
                && other.target.url.host == target.target.url.host
                && !other.target.url.transport.is_datagram()
                && reach(other) == Reach::Served
        })
}
