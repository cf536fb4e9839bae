//! Causes in who may use the server.

use super::view::{Ground, Reach, View, reach};
use super::{Evidence, Finding};
use crate::{
    Code, Facts, Severity,
    facts::{AllocateAnswer, RefusalReason, TargetFacts, expiry_of_username},
    limits,
};

/// The codes by which a server refuses user and password (RFC 8489 section 9.2, RFC 8656 section 7).
const REFUSED: [u16; 2] = [401, 441];
const QUOTA_REACHED: u16 = 486;
const CAPACITY_REACHED: u16 = 508;

/// Refused with the configured credentials, and they were over their time.
pub(super) fn credentials_expired(facts: &Facts) -> Vec<Finding> {
    let view = View::new(facts);
    view.per_server(Code::CredentialsExpired, |target| {
        let mut evidence = refusal(view, target)?;
        evidence.push(expiry(facts, target)?);
        Ground::sure(evidence)
    })
}

/// Refused although the credential is good for some time yet: by the clock of the server's host it is over.
pub(super) fn clock_wrong(facts: &Facts) -> Vec<Finding> {
    let view = View::new(facts);
    view.per_server(Code::ClockWrong, |target| {
        let mut evidence = refusal(view, target)?;
        evidence.push(expired_there(view, target)?);
        Ground::likely(evidence)
    })
}

/// Refused with the configured credentials, for no other reason that we know. The probe with a wrong password on
/// purpose counts for nothing here: neither its own refusal nor what the relay saw of it.
pub(super) fn credentials_wrong(facts: &Facts) -> Vec<Finding> {
    let view = View::new(facts);
    view.per_server(Code::CredentialsWrong, |target| {
        let evidence = refusal(view, target)?;
        if expiry(facts, target).is_some() || expired_there(view, target).is_some() {
            return None;
        }
        let granted_natively = view
            .finished_native(target)
            .is_some_and(|probe| probe.authenticated == AllocateAnswer::Success);
        if granted_natively {
            return Ground::likely(evidence);
        }
        Ground::sure(evidence)
    })
}

/// Whoever asks is given a relay. Browsers drop its answers, because they carry no proof of the password.
pub(super) fn server_open(facts: &Facts) -> Vec<Finding> {
    let view = View::new(facts);
    let ground = |target: &TargetFacts| {
        if target.grants_wrong_password.is_yes() {
            return Ground::sure(vec![Evidence::new("targets.grants_wrong_password", true)]);
        }
        let probe = view.native(target)?;
        let granted = [
            ("native_probes.anonymous", probe.anonymous),
            ("native_probes.wrong_password", probe.wrong_password),
        ];
        let (name, _) = granted
            .into_iter()
            .find(|(_, answer)| *answer == AllocateAnswer::Success)?;
        Ground::sure(vec![Evidence::new(name, "success")])
    };
    mild_where_it_relays(view, view.per_server(Code::ServerOpen, ground))
}

/// The challenge has an empty realm.
pub(super) fn realm_missing(facts: &Facts) -> Vec<Finding> {
    let view = View::new(facts);
    let ground = |target: &TargetFacts| {
        (view.native(target)?.realm.as_deref() == Some("")).then_some(())?;
        Ground::sure(vec![Evidence::new("native_probes.realm", "")])
    };
    mild_where_it_relays(view, view.per_server(Code::RealmMissing, ground))
}

/// The server says 486.
pub(super) fn quota_reached(facts: &Facts) -> Vec<Finding> {
    answered_with(
        facts,
        Code::QuotaReached,
        QUOTA_REACHED,
        RefusalReason::Quota,
    )
}

/// The server says 508.
pub(super) fn capacity_reached(facts: &Facts) -> Vec<Finding> {
    answered_with(
        facts,
        Code::CapacityReached,
        CAPACITY_REACHED,
        RefusalReason::Capacity,
    )
}

/// Told to the page; or, where its browser does not tell every code, by our own relay.
fn answered_with(facts: &Facts, cause: Code, code: u16, reason: RefusalReason) -> Vec<Finding> {
    View::new(facts).per_server(cause, |target| {
        let seen = || {
            let failed =
                reach(target) == Reach::Failed && was_seen_to_refuse(facts, target, reason);
            failed.then(|| Evidence::new("sightings.refusals.reason", reason.as_str()))
        };
        let evidence = code_from_gathering(target, &[code]).or_else(seen)?;
        Ground::sure(vec![evidence])
    })
}

/// Our own relay tells that it refused something on this way for this reason.
pub(super) fn was_seen_to_refuse(
    facts: &Facts,
    target: &TargetFacts,
    reason: RefusalReason,
) -> bool {
    let transport = target.target.url.transport;
    let sightings = View::new(facts).testimony(target).into_iter();
    let mut refusals = sightings.flat_map(|it| &it.transport(transport).refusals);
    refusals.any(|refusal| refusal.reason == reason)
}

/// No relay candidate, and user and password were refused: to the page, or where its browser does not tell codes, to
/// the program.
fn refusal(view: View<'_>, target: &TargetFacts) -> Option<Vec<Evidence>> {
    if let Some(evidence) = code_from_gathering(target, &REFUSED) {
        return Some(vec![evidence]);
    }
    let told_otherwise = target.gathering.errors.iter().any(|e| e.from_server());
    if reach(target) != Reach::Failed || told_otherwise {
        return None;
    }
    match view.finished_native(target)?.authenticated {
        AllocateAnswer::Error(code) if REFUSED.contains(&code) => {
            Some(vec![Evidence::new("native_probes.authenticated", code)])
        }
        _ => None,
    }
}

/// An error counts only where that URL yields no relay candidate.
fn code_from_gathering(target: &TargetFacts, codes: &[u16]) -> Option<Evidence> {
    if reach(target) != Reach::Failed {
        return None;
    }
    let mut errors = target.gathering.errors.iter();
    let error = errors.find(|error| codes.contains(&error.code))?;
    Some(Evidence::new("targets.gathering.errors.code", error.code))
}

/// By the clock of the server's host the credential is over, by this program's it is not.
fn expired_there(view: View<'_>, target: &TargetFacts) -> Option<Evidence> {
    let ahead = view.finished_native(target)?.clock_ahead_s?;
    let expiry_s = expiry_of_username(target.username.as_deref()?)?;
    let now_s = view.facts.environment.server_time_ms? / 1_000;
    let there_s = now_s.saturating_add_signed(ahead);
    let disagree = there_s > now_s + limits::CLOCK_SKEW_S;
    (disagree && now_s <= expiry_s && expiry_s < there_s)
        .then(|| Evidence::new("native_probes.clock_ahead_s", ahead as f64))
}

fn expiry(facts: &Facts, target: &TargetFacts) -> Option<Evidence> {
    let expired_by_name = target
        .username
        .as_deref()
        .and_then(expiry_of_username)
        .zip(facts.environment.server_time_ms)
        .is_some_and(|(expiry_s, now_ms)| expiry_s.saturating_mul(1_000) < now_ms);
    if expired_by_name {
        let username = target.username.as_deref().unwrap_or_default();
        return Some(Evidence::new("targets.username", username));
    }
    was_seen_to_refuse(facts, target, RefusalReason::Expired)
        .then(|| Evidence::new("sightings.refusals.reason", RefusalReason::Expired.as_str()))
}

/// Calls pass where the page was given relays all the same; strangers may use the server, so it is no small thing.
fn mild_where_it_relays(view: View<'_>, mut findings: Vec<Finding>) -> Vec<Finding> {
    for finding in &mut findings {
        let relays = view.turn_targets().any(|target| {
            finding.targets.contains(&target.target.id) && reach(target) == Reach::Served
        });
        if relays {
            finding.severity = Severity::Degraded;
        }
    }
    findings
}
