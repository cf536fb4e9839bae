//! Who was let in, and who was not.

use super::{fault, number, warning};
use crate::coturn::{
    finding::{Finding, Seen},
    log::tally::{Tally, expiry},
    text::utc,
};
use earshot_report::Code;

/// So many 401 for each allocation: a browser needs one, or two when it comes back. Somebody is trying again and again.
const STORM_FACTOR: u64 = 20;
/// Fewer than this are no storm, whatever they are compared with.
const STORM: u64 = 200;

pub(super) fn anonymous(tally: &Tally, found: &mut Vec<Finding>) {
    const WHY: &str = "The server asks nobody for a password. Browsers drop the answers of such a server, so the people do not \
                       hear one another; and strangers send their traffic through it. Write lt-cred-mech, a realm and \
                       a user into its configuration: `earshot check-conf` says how.";
    let count = tally.anonymous.count;
    if count > 0 {
        let sessions = number(count, "session was", "sessions were");
        let what = format!("{sessions} anonymous: realm=<…>, username=<>");
        found.push(
            fault("sessions-anonymous", what.replace("<…>", "<>"), WHY)
                .cause(Code::ServerOpen)
                .seen(tally.anonymous.seen()),
        );
        return;
    }
    let count = tally.usage_of_nobody.count;
    if count == 0 || !tally.is_excerpt() {
        return;
    }
    let sessions = number(count, "session was", "sessions were");
    let what = format!("{sessions} anonymous: realm=<>, username=<>");
    found.push(
        fault("sessions-anonymous", what, WHY)
            .cause(Code::ServerOpen)
            .likely()
            .seen(tally.usage_of_nobody.seen()),
    );
}

pub(super) fn realm(tally: &Tally, found: &mut Vec<Finding>) {
    let seen = match (&tally.challenges_without_realm, &tally.without_realm) {
        (asked, _) if asked.count > 0 => asked.seen(),
        (_, allocated) if allocated.count > 0 => allocated.seen(),
        _ => return,
    };
    let what = "The server asks for a password in an empty realm";
    let why = "Chromium then asks again and again, thousands of times a second, and never gets a relay. Write \
               realm=voicechat into its configuration; any name will do.";
    found.push(
        fault("realm-missing", what, why)
            .cause(Code::RealmMissing)
            .seen(seen),
    );
}

pub(super) fn refused(tally: &Tally, found: &mut Vec<Finding>) {
    let refused = &tally.refused;
    let count = refused.count();
    if count == 0 {
        return;
    }
    let named = refused.named();
    let reasons: Vec<String> = [
        (
            refused.unknown,
            "no such user, or a time-limited name that is over or of another secret",
        ),
        (refused.password, "wrong password"),
        (refused.expired, "the time of the name is over"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, reason)| format!("{reason} ({count})"))
    .collect();
    let what = format!(
        "{} of users {} refused",
        number(count, "request", "requests"),
        if count == 1 { "was" } else { "were" }
    );
    let mut why = match reasons.is_empty() {
        true => String::new(),
        false => format!("As the server says: {}. ", reasons.join("; ")),
    };
    why.push_str(
        "Compare user, password and realm with what the application gives out; browsers show 401 for all of these.",
    );
    let ends: Vec<i64> = named.names().filter_map(expiry).collect();
    if let (Some(first), Some(last)) = (ends.iter().min(), ends.iter().max()) {
        why.push_str(&format!(
            " The time-limited names among them ended {}: if that was over when they were tried, the application \
             gives them out for too short a time, or its clock is wrong; if not, its secret is another one.",
            match first == last {
                true => format!("at {}", utc(*first)),
                false => format!("between {} and {}", utc(*first), utc(*last)),
            }
        ));
    }
    let expired_alone = refused.expired > 0 && refused.unknown + refused.password == 0;
    let cause = match expired_alone {
        true => Code::CredentialsExpired,
        false => Code::CredentialsWrong,
    };
    // Somebody who is refused beside others who are not may have mistyped.
    let finding = match tally.allocations.all.count {
        0 => fault("users-refused", what, why),
        _ => warning("users-refused", what, why),
    };
    let seen = Seen {
        count,
        ..named.seen()
    };
    found.push(finding.cause(cause).seen(seen));
}

pub(super) fn storm(tally: &Tally, found: &mut Vec<Finding>) {
    let tried = tally.challenges.count.saturating_add(tally.refused.count());
    let allocated = tally.allocations.all.count;
    if tried < STORM || tried < STORM_FACTOR.saturating_mul(allocated + 1) {
        return;
    }
    let rate = match tally.rate.most {
        0 | 1 => String::new(),
        most => format!(", up to {most} in a second"),
    };
    let allocations = match allocated {
        0 => "no allocation was".to_owned(),
        _ => number(allocated, "allocation was", "allocations were"),
    };
    let what = format!("{tried} requests were refused with 401{rate}, and {allocations} made");
    let (why, cause) = if tally.challenges_without_realm.count > 0 {
        (
            "It is browsers that ask for ever because the realm is empty.",
            Some(Code::RealmMissing),
        )
    } else if tally.refused.count() > tally.challenges.count / 2 {
        (
            "Somebody tries the same again and again: an application with a wrong password, or one who guesses.",
            Some(Code::CredentialsWrong),
        )
    } else {
        (
            "Somebody asks and never shows a password: a browser that does not take the server's answer, or a scanner.",
            None,
        )
    };
    let mut finding = warning("retry-storm", what, why).seen(Seen {
        count: tried,
        ..tally.challenges.seen()
    });
    finding.cause = cause;
    found.push(finding);
}
