//! The words for a cause, in English: those of the page, out of the same file.

use earshot_report::{Actor, AddressRange, Code, Status};
use std::{collections::BTreeMap, sync::LazyLock};

static TEXTS: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    // A test reads it; what is built with the program cannot change.
    serde_json::from_str(include_str!("../../../www/locales/en.json")).unwrap_or_default()
});

/// What is good about servers for STUN alone.
pub(super) const STUN_ANSWERS: &str = "Browsers learn their address here. Whether sound gets through was not tested: a \
     server for STUN alone relays none.";

/// The sentence that names `cause`, and that it is only likely where it is.
pub(crate) fn sentence(cause: Code, sure: bool) -> String {
    let sentence = text(&format!("cause.{cause}.sentence"));
    if sure {
        return sentence.to_owned();
    }
    let mut letters = sentence.chars();
    let first = letters.next().map(char::to_lowercase);
    let lowered: String = first.into_iter().flatten().chain(letters).collect();
    text("verdict.likely").replace("{sentence}", &lowered)
}

/// What to do now.
pub(crate) fn next(cause: Code) -> &'static str {
    text(&format!("cause.{cause}.next"))
}

/// What an operator sets against `cause`.
pub(crate) fn operator(cause: Code) -> &'static str {
    text(&format!("cause.{cause}.operator"))
}

/// What stands before what an operator sets.
pub(super) fn advice() -> &'static str {
    text("summary.advice")
}

/// Who can mend it, as a sentence; empty: nobody has to.
pub(crate) fn actor(actor: Actor) -> &'static str {
    text(match actor {
        Actor::You => "actor.you",
        Actor::YourNetwork => "actor.your-network",
        Actor::ServerAdmin => "actor.server-admin",
        Actor::Partner => "actor.partner",
        Actor::Nobody => "actor.nobody",
    })
}

/// The verdict in a word or two.
pub(super) fn status(status: Status) -> &'static str {
    text(match status {
        Status::Good => "status.good",
        Status::Degraded => "status.degraded",
        Status::Broken => "status.broken",
        Status::Unknown => "status.unknown",
    })
}

/// What kind of address it is.
pub(super) fn range(range: AddressRange) -> &'static str {
    text(match range {
        AddressRange::Public => "range.public",
        AddressRange::Private => "range.private",
        AddressRange::Cgnat => "range.cgnat",
        AddressRange::UniqueLocal => "range.unique-local",
        AddressRange::LinkLocal => "range.link-local",
        AddressRange::Loopback => "range.loopback",
        AddressRange::Documentation => "range.documentation",
        AddressRange::Nat64 => "range.nat64",
        AddressRange::Unspecified => "range.unspecified",
        AddressRange::Multicast => "range.multicast",
        AddressRange::Reserved => "range.reserved",
        AddressRange::Mdns => "range.mdns",
        AddressRange::Unknown => "range.unknown",
    })
}

fn text(key: &str) -> &'static str {
    TEXTS.get(key).map_or("", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A look from a command line finds nothing of devices or of another end.
    #[test]
    fn every_cause_that_can_be_found_has_its_words() {
        let causes = Code::ALL
            .iter()
            .filter(|code| !code.is_of_devices_or_pair());
        for &cause in causes {
            for words in [&sentence(cause, true), next(cause), operator(cause)] {
                assert!(words.ends_with(['.', ')']), "{cause}: “{words}”");
            }
        }
        for words in [
            actor(Actor::ServerAdmin),
            status(Status::Good),
            range(AddressRange::Private),
        ] {
            assert!(!words.is_empty());
        }
    }

    #[test]
    fn what_is_likely_is_said_so() {
        assert_eq!(
            sentence(Code::ServerUnreachable, false),
            "Most likely, the relay does not answer anybody, so voices have no way through it."
        );
    }
}
