//! Parsing candidates, and what their addresses and ports tell.

use crate::{
    Address, AddressRange, Transport,
    facts::{CandidateFacts, CandidateType, Gathering, GatheringOutcome, NatMapping},
};
use std::{net::IpAddr, str::FromStr};

/// No browser writes a longer candidate; what is longer is not looked at. In bytes.
pub const MAX_LINE: usize = 1_024;

/// An ICE candidate attribute (RFC 8839 section 5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Equal for candidates of one type, base and server.
    pub foundation: String,
    /// 1 for RTP, 2 for RTCP.
    pub component: u16,
    /// `udp` or `tcp`, in lower case.
    pub protocol: String,
    /// RFC 8445 section 5.1.2.
    pub priority: u32,
    /// The address, or the `.local` name that hides it.
    pub address: Address,
    /// The port.
    pub port: u16,
    /// Host, server-reflexive, peer-reflexive or relayed.
    pub candidate_type: CandidateType,
    /// `raddr` and `rport`; `None` where not given or hidden as the unspecified address.
    pub related: Option<(Address, u16)>,
    /// `tcptype` (RFC 6544 section 4.5).
    pub tcp_type: Option<String>,
}

/// Why a text is no candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CandidateParseError {
    /// The end-of-candidates mark: not a fault.
    #[error("the candidate is empty, which marks the end of candidates")]
    Empty,
    /// Longer than [`MAX_LINE`].
    #[error("the candidate is longer than {MAX_LINE} bytes")]
    TooLong,
    /// This part is missing or not as RFC 8839 writes it.
    #[error("the candidate’s {0} is missing or malformed")]
    Part(&'static str),
}

/// The facts of a candidate line, as the browser's `candidate` property or an SDP attribute gives it. The way to the
/// relay is left unmeasured: the line does not tell it (see [`Candidate::relay_transport_hint`]).
///
/// # Errors
/// When the line is no candidate; [`CandidateParseError::Empty`] for the end-of-candidates mark.
pub fn parse_candidate(line: &str) -> Result<CandidateFacts, CandidateParseError> {
    Ok(line.parse::<Candidate>()?.facts())
}

impl FromStr for Candidate {
    type Err = CandidateParseError;

    fn from_str(line: &str) -> Result<Self, Self::Err> {
        use CandidateParseError::{Empty, Part, TooLong};
        if line.len() > MAX_LINE {
            return Err(TooLong);
        }
        let line = line.trim();
        let line = line.strip_prefix("a=").unwrap_or(line);
        let line = line.strip_prefix("candidate:").unwrap_or(line);
        if line.is_empty() {
            return Err(Empty);
        }
        let mut words = line.split_ascii_whitespace();
        let mut next = |part| words.next().ok_or(Part(part));
        let foundation = next("foundation")?;
        let component = next("component")?;
        let protocol = next("transport")?;
        let priority = next("priority")?;
        let address = next("address")?;
        let port = next("port")?;
        if next("type")? != "typ" {
            return Err(Part("type"));
        }
        let candidate_type = parse_type(next("type")?).ok_or(Part("type"))?;
        let mut candidate = Self {
            foundation: parse_foundation(foundation).ok_or(Part("foundation"))?,
            component: digits(component, 256).ok_or(Part("component"))? as u16,
            protocol: parse_token(protocol).ok_or(Part("transport"))?,
            priority: digits(priority, u32::MAX).ok_or(Part("priority"))?,
            address: parse_address(address).ok_or(Part("address"))?,
            port: digits(port, 65_535).ok_or(Part("port"))? as u16,
            candidate_type,
            related: None,
            tcp_type: None,
        };
        let mut related_address = None;
        let mut related_port = None;
        // An extension without a value ends the line: what cannot be paired means nothing.
        while let (Some(name), Some(value)) = (words.next(), words.next()) {
            match name {
                "raddr" => related_address = Some(parse_address(value).ok_or(Part("raddr"))?),
                "rport" => {
                    related_port = Some(digits(value, 65_535).ok_or(Part("rport"))? as u16);
                }
                "tcptype" => candidate.tcp_type = parse_token(value),
                _ => {}
            }
        }
        candidate.related = related_address
            .zip(related_port)
            .filter(|(address, _)| !address.ip().is_some_and(|ip| ip.is_unspecified()));
        Ok(candidate)
    }
}

impl Candidate {
    /// What of it goes into a report.
    pub fn facts(&self) -> CandidateFacts {
        CandidateFacts {
            candidate_type: self.candidate_type,
            range: AddressRange::from(&self.address),
            address: self.address.clone(),
            port: self.port,
            protocol: self.protocol.clone(),
            related: self.related.clone(),
            relay_transport: None,
            elapsed_ms: None,
        }
    }

    /// The way to the relay by the priority's top byte, the type preference: libwebrtc (Chromium, Safari) gives relay
    /// candidates 2 for UDP, 1 for TCP and 0 for TLS. Firefox uses other numbers, so ask only where the browser is
    /// known to be built on libwebrtc and does not tell `relayProtocol`.
    pub fn relay_transport_hint(&self) -> Option<Transport> {
        if self.candidate_type != CandidateType::Relay {
            return None;
        }
        match self.priority >> 24 {
            2 => Some(Transport::Udp),
            1 => Some(Transport::Tcp),
            0 => Some(Transport::Tls),
            _ => None,
        }
    }
}

fn parse_type(word: &str) -> Option<CandidateType> {
    Some(match word {
        "host" => CandidateType::Host,
        "srflx" => CandidateType::Srflx,
        "prflx" => CandidateType::Prflx,
        "relay" => CandidateType::Relay,
        _ => return None,
    })
}

/// RFC 8839: one to 32 ice-chars.
fn parse_foundation(word: &str) -> Option<String> {
    let ice_char = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/');
    (word.len() <= 32 && word.chars().all(ice_char)).then(|| word.to_owned())
}

fn parse_token(word: &str) -> Option<String> {
    (word.len() <= 16 && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'))
        .then(|| word.to_ascii_lowercase())
}

fn digits(word: &str, highest: u32) -> Option<u32> {
    let all_digits = word.bytes().all(|byte| byte.is_ascii_digit());
    word.parse()
        .ok()
        .filter(|&number| all_digits && number <= highest)
}

/// An IP address or a host name; some write IPv6 in brackets.
fn parse_address(word: &str) -> Option<Address> {
    let bare = word
        .strip_prefix('[')
        .and_then(|word| word.strip_suffix(']'))
        .unwrap_or(word);
    if let Ok(ip) = bare.parse::<IpAddr>() {
        return Some(Address::from(ip));
    }
    let of_a_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let is_name = word.len() <= 253
        && word.chars().all(of_a_name)
        && word.contains(|c: char| c.is_ascii_alphabetic());
    is_name.then(|| Address::from(word))
}

/// How the NAT maps ports, from one connection's gathering with two STUN URLs of one server. `None` where that was not
/// enough to tell: only a complete gathering in which both URLs answered tells anything. IPv4 is looked at, or IPv6
/// where there is no IPv4 beyond the machine.
///
/// `client_address` is the person's address as the page's server saw it.
pub fn nat_mapping(gathering: &Gathering, client_address: Option<&Address>) -> Option<NatMapping> {
    let udp = |kind| {
        gathering.candidates.iter().filter(move |candidate| {
            candidate.candidate_type == kind && candidate.protocol == "udp"
        })
    };
    if gathering.outcome != GatheringOutcome::Complete {
        return None;
    }
    let reflexive: Vec<&CandidateFacts> = udp(CandidateType::Srflx).collect();
    let is_v4 = |c: &&CandidateFacts| c.address.ip().is_some_and(|ip| ip.is_ipv4());
    let v4: Vec<&CandidateFacts> = reflexive.iter().copied().filter(is_v4).collect();
    let reflexive = if v4.is_empty() { reflexive } else { v4 };
    let own = |address: &Address| udp(CandidateType::Host).any(|host| host.address == *address);

    // Two ports for one base prove it, whatever else went wrong.
    let hosts = udp(CandidateType::Host).count();
    if two_ports_for_one_base(&reflexive) || (hosts > 0 && reflexive.len() > hosts) {
        return Some(NatMapping::EndpointDependent);
    }
    if gathering.errors.iter().any(|error| error.counts()) {
        return None;
    }
    match reflexive.as_slice() {
        // Browsers do not repeat a host candidate as a server-reflexive one.
        [] => client_address.is_some_and(own).then_some(NatMapping::None),
        all if all.iter().all(|candidate| own(&candidate.address)) => Some(NatMapping::None),
        all if all.len() == 1 || all.iter().all(|candidate| candidate.related.is_some()) => {
            Some(NatMapping::EndpointIndependent)
        }
        // Several interfaces, their bases hidden: one port of each, or two of one.
        _ => None,
    }
}

fn two_ports_for_one_base(reflexive: &[&CandidateFacts]) -> bool {
    reflexive.iter().enumerate().any(|(place, one)| {
        one.related.is_some()
            && reflexive[place + 1..].iter().any(|other| {
                other.related == one.related
                    && (&other.address, other.port) != (&one.address, one.port)
            })
    })
}
