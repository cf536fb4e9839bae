//! A password that must be refused: a server that grants it is open to the world.

use super::{Server, Signal, gather};
use earshot_report::{
    Transport,
    facts::{Fact, Gathering},
};

/// RFC 8489 section 14.8: Unauthenticated.
const UNAUTHENTICATED: u16 = 401;

/// Asks `server` for a relay with a wrong password. Yes: it was granted. No: it was refused with 401. Any other course
/// of things says nothing. Ends as soon as it is known.
pub async fn is_granted(server: &Server, transport: Transport, give_up: &Signal) -> Fact {
    let server = Server {
        credential: Some("a wrong password, on purpose".to_owned()),
        ..server.clone()
    };
    let tell = &mut |gathering: &_| judge(gathering).is_measured();
    judge(&gather::gather(&[server], transport, give_up, tell).await)
}

fn judge(gathering: &Gathering) -> Fact {
    if gather::has_relay(gathering) {
        return Fact::Yes;
    }
    let refused = gathering
        .errors
        .iter()
        .any(|error| error.code == UNAUTHENTICATED);
    if refused { Fact::No } else { Fact::NotMeasured }
}

#[cfg(test)]
mod tests {
    use super::*;
    use earshot_report::{
        candidate::parse_candidate,
        facts::{CandidateError, NO_ANSWER},
    };
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn with_error(code: u16) -> Gathering {
        let error = CandidateError {
            code,
            text: String::new(),
            elapsed_ms: None,
        };
        Gathering {
            errors: vec![error],
            ..Gathering::default()
        }
    }

    #[test]
    fn only_a_relay_or_a_401_tells() {
        assert_eq!(judge(&Gathering::default()), Fact::NotMeasured);
        assert_eq!(judge(&with_error(UNAUTHENTICATED)), Fact::No);
        for code in [NO_ANSWER, 486, 600] {
            assert_eq!(judge(&with_error(code)), Fact::NotMeasured, "{code}");
        }
        let line = "candidate:1 1 udp 2 203.0.113.1 50000 typ relay raddr 0.0.0.0 rport 0";
        let granted = Gathering {
            candidates: vec![parse_candidate(line).unwrap()],
            ..with_error(UNAUTHENTICATED)
        };
        assert_eq!(judge(&granted), Fact::Yes);
    }
}
