//! What was relayed, and what kept it from being relayed.

use super::{fault, note, number, warning};
use crate::coturn::{
    finding::{Finding, Seen},
    log::tally::{Errors, Tally},
};
use earshot_report::Code;

/// Fewer sessions than this may all have been tests of whether an allocation can be had.
const TELLING_SESSIONS: u64 = 3;

fn errors(tally: &Tally, code: u16) -> Option<&Errors> {
    tally.errors.get(&code)
}

pub(super) fn quota(tally: &Tally, found: &mut Vec<Finding>) {
    let Some(errors) = errors(tally, 486) else {
        return;
    };
    let seen = errors.named().seen();
    let what = format!(
        "{} refused because of a quota (486)",
        number(seen.count, "allocation was", "allocations were")
    );
    let why = "user-quota or total-quota is reached. Where all people come as the same user they share user-quota; \
               raise it, or set it to 0.";
    found.push(
        warning("quota-reached", what, why)
            .cause(Code::QuotaReached)
            .seen(seen),
    );
}

pub(super) fn capacity(tally: &Tally, found: &mut Vec<Finding>) {
    if tally.no_descriptors.count > 0 {
        let what = "The server could open no more sockets";
        let why = "The system's bound on open files is reached: raise LimitNOFILE of its unit, or `ulimit -n`.";
        found.push(
            fault("descriptors-used-up", what, why)
                .cause(Code::CapacityReached)
                .seen(tally.no_descriptors.seen()),
        );
    }
    let refused = errors(tally, 508).map(|errors| errors.named().seen());
    let seen = match refused {
        Some(seen) => seen,
        None if tally.no_ports.count > 0 => tally.no_ports.seen(),
        None => return,
    };
    let what = format!(
        "{} refused because all relayed ports are taken (508)",
        number(seen.count, "allocation was", "allocations were")
    );
    let why = "Each allocation takes one of the ports from min-port to max-port: make that range larger, and open it \
               at the firewall too.";
    found.push(
        warning("capacity-reached", what, why)
            .cause(Code::CapacityReached)
            .seen(seen),
    );
}

pub(super) fn peers(tally: &Tally, found: &mut Vec<Finding>) {
    let refused = errors(tally, 403).map(|errors| errors.named().seen());
    let seen = match (&refused, tally.peers.all.count) {
        (_, 1..) => tally.peers.seen(),
        (Some(seen), _) => seen.clone(),
        (None, 0) => return,
    };
    let what = format!(
        "{} refused as a peer (403)",
        number(seen.count, "address was", "addresses were")
    );
    let ended = tally.ended();
    let nothing_passes = ended.all > 0 && ended.relayed == 0;
    if tally.public_peers == 0 && !nothing_passes {
        let why = "That is usual: browsers offer their private addresses, too, and a relay does well to refuse them.";
        found.push(note("peers-refused", what, why).seen(seen));
        return;
    }
    let why = "Look at denied-peer-ip: if the server's own address is denied, two people who both need the relay do not \
               reach each other; add it with allowed-peer-ip.";
    found.push(
        warning("peers-refused", what, why)
            .cause(Code::PeerForbidden)
            .seen(seen),
    );
}

pub(super) fn nothing_relayed(tally: &Tally, found: &mut Vec<Finding>) {
    let ended = tally.ended();
    if ended.all == 0 || ended.relayed > 0 || tally.sessions.open_and_relaying() > 0 {
        return;
    }
    let what = match ended.all {
        1 => "The one session that ended relayed nothing".to_owned(),
        all => format!("None of the {all} sessions that ended relayed anything"),
    };
    let why = "Allocations alone are no sound: rp=0, sp=0 to the peers. Either the two sides found a direct way, or \
               the relayed ports or the announced address are not reached from outside: `earshot check` tells.";
    let seen = Seen {
        count: ended.all,
        ..Seen::default()
    };
    let finding = match ended.all < TELLING_SESSIONS {
        true => note("nothing-relayed", what, why),
        false => warning("nothing-relayed", what, why),
    };
    found.push(finding.seen(seen));
}
