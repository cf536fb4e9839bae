//! How much it relays, and how long.

use super::{
    Around, Conf, Finding,
    access::{self, Access},
    fault, note, warning,
};
use earshot_report::Code;

/// A voice with all headers takes 5 to 12 kB/s; a second one, or its repetition, must fit in beside it.
const VOICE_BYTES: i64 = 16_000;

/// A browser takes an allocation for each address of the server that it is told, three mostly, and two for a moment when
/// it begins anew.
const PER_PERSON: i64 = 6;

/// All come as the same user where there is one static user: this is room for eight people.
const PER_SHARED_USER: i64 = 50;

/// Room for three people.
const ALTOGETHER: i64 = 20;

pub(super) fn bandwidth(conf: &Conf, _: &Around<'_>, found: &mut Vec<Finding>) {
    let bound = |name| conf.number(name).filter(|(_, number)| *number > 0);
    if let (Some((line, _)), None) = (bound("bps-capacity"), bound("max-bps")) {
        let what = "bps-capacity stands there without max-bps";
        let why = "coturn does not start then.";
        found.push(
            fault("capacity-without-session", what, why)
                .cause(Code::ServerUnreachable)
                .at(line.number)
                .adding("max-bps=64000"),
        );
    }
    if let Some((line, bytes)) = bound("max-bps").filter(|(_, bytes)| *bytes < VOICE_BYTES) {
        let what = format!("A session may take {bytes} bytes a second: too little for a voice");
        let why =
            "It counts bytes, not bits. What is above that is dropped, and the people hear gaps.";
        found.push(
            warning("bandwidth-small", what, why)
                .cause(Code::HeavyLoss)
                .at(line.number)
                .replace(line.number, "max-bps=64000"),
        );
    }
}

pub(super) fn quotas(conf: &Conf, _: &Around<'_>, found: &mut Vec<Finding>) {
    let shared =
        access::access(conf) == Access::Users && (1..=2).contains(&access::users(conf).count());
    let needed = if shared { PER_SHARED_USER } else { PER_PERSON };
    for (name, needed, why) in [
        (
            "user-quota",
            needed,
            match shared {
                true => {
                    "All people come as the same user, so they share it; the next one is refused (486)."
                }
                false => {
                    "A browser alone takes three, and as many again for a moment when it begins anew; the next is \
                          refused (486)."
                }
            },
        ),
        (
            "total-quota",
            ALTOGETHER,
            "Each person takes three or more; the next is refused (486).",
        ),
    ] {
        let Some((line, quota)) = conf.number(name).filter(|(_, n)| (1..needed).contains(n)) else {
            continue;
        };
        let what = match quota {
            1 => format!("{name} allows one allocation at a time"),
            _ => format!("{name} allows {quota} allocations at a time"),
        };
        found.push(
            warning("quota-small", what, why)
                .cause(Code::QuotaReached)
                .at(line.number)
                .replace(line.number, format!("{name}=0")),
        );
    }
}

pub(super) fn lifetimes(conf: &Conf, _: &Around<'_>, found: &mut Vec<Finding>) {
    for (name, usual) in [("channel-lifetime", 600), ("permission-lifetime", 300)] {
        let Some((line, _)) = conf.number(name).filter(|(_, seconds)| *seconds != usual) else {
            continue;
        };
        let what = format!("{name} is not what browsers count on");
        let why = format!(
            "The standard says {usual} seconds. With fewer the sound ends in the midst of a call."
        );
        found.push(
            warning("lifetime-odd", what, why)
                .at(line.number)
                .delete(line.number),
        );
    }
    if let Some((line, 0)) = conf.number("stale-nonce") {
        let what = "A password once proved is never asked for again";
        let why = "stale-nonce=0 lets what was overheard be used for ever.";
        found.push(
            note("nonce-for-ever", what, why)
                .at(line.number)
                .replace(line.number, "stale-nonce=600"),
        );
    }
}
