//! How the NAT in front of the person maps ports: two STUN ports asked from one socket.

use super::{Server, gather::gather_all, wait::Signal};
use earshot_report::{
    Address, IceUrl, candidate,
    facts::{CandidateError, Gathering, GatheringOutcome, NatMapping},
};

/// Asks both STUN ports by one connection, until `give_up` at the latest. `None`: it could not be told.
pub async fn measure(
    stun: &[IceUrl; 2],
    client_address: Option<&Address>,
    give_up: &Signal,
) -> Option<NatMapping> {
    let server = |url: &IceUrl| Server::open(url.to_string());
    let servers = [server(&stun[0]), server(&stun[1])];
    let gathering = gather_all(&servers, give_up).await;
    judge(&gathering, client_address)
}

/// Both STUN ports are this program's. Where it runs on the person's own machine, nothing is between to translate, and
/// a loopback address stands for whichever of the machine's own.
fn judge(gathering: &Gathering, client_address: Option<&Address>) -> Option<NatMapping> {
    let is_own_machine = client_address
        .and_then(Address::ip)
        .is_some_and(|ip| ip.is_loopback());
    let all_answered = gathering.outcome == GatheringOutcome::Complete
        && !gathering.errors.iter().any(CandidateError::counts);
    if is_own_machine && all_answered {
        return Some(NatMapping::None);
    }
    candidate::nat_mapping(gathering, client_address)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn nothing_translates_within_one_machine() {
        let complete = Gathering {
            outcome: GatheringOutcome::Complete,
            ..Gathering::default()
        };
        let case = |gathering, address: &str| judge(gathering, Some(&Address::from(address)));
        assert_eq!(case(&complete, "127.0.0.1"), Some(NatMapping::None));
        assert_eq!(case(&complete, "198.51.100.7"), None);
        // A tunnel: the page comes from here, UDP does not.
        assert_eq!(case(&Gathering::default(), "127.0.0.1"), None);
    }
}
