//! Hiding addresses before a report is shown to other eyes.
//!
//! Every address that was measured is masked: those of the person, of the other end and of the relay. The server URLs
//! are not: they are the operator's public settings, handed to everybody who opens the page, and a report without
//! them would not say which server it is about.

use super::{CandidateFacts, Facts, GatheringOutcome};
use crate::Address;
use std::net::{IpAddr, SocketAddr};

impl Facts {
    /// Hides every measured address, leaving its range. Server URLs stay as they are: they are public settings.
    pub fn mask_addresses(&mut self) {
        mask_option(&mut self.environment.client_address);
        for target in &mut self.targets {
            target.username.iter_mut().for_each(mask_text);
            let gathering = &mut target.gathering;
            gathering.candidates.iter_mut().for_each(mask_candidate);
            for error in &mut gathering.errors {
                mask_text(&mut error.text);
            }
            if let GatheringOutcome::Refused(words) = &mut gathering.outcome {
                mask_text(words);
            }
        }
        for leg in &mut self.legs {
            leg.local.iter_mut().for_each(mask_candidate);
            leg.remote.iter_mut().for_each(mask_candidate);
        }
        for leg in self.pair.iter_mut().flat_map(|pair| &mut pair.legs) {
            leg.local.iter_mut().for_each(mask_candidate);
            leg.remote.iter_mut().for_each(mask_candidate);
        }
        if let Some(sightings) = &mut self.sightings {
            for allocation in &mut sightings.allocations {
                mask(&mut allocation.client.0);
                mask(&mut allocation.relayed.0);
            }
            for check in &mut sightings.witness {
                mask(&mut check.source.0);
            }
        }
        for probe in &mut self.native_probes {
            probe.addresses.iter_mut().for_each(mask);
            if let Some((address, _)) = &mut probe.relayed {
                mask(address);
            }
            mask_option(&mut probe.sent_from);
            probe.other_answer.iter_mut().for_each(mask_text);
            probe.certificate_error.iter_mut().for_each(mask_text);
        }
    }
}

fn mask(address: &mut Address) {
    *address = address.masked();
}

fn mask_option(address: &mut Option<Address>) {
    address.iter_mut().for_each(mask);
}

fn mask_candidate(candidate: &mut CandidateFacts) {
    mask(&mut candidate.address);
    if let Some((address, _)) = &mut candidate.related {
        mask(address);
    }
}

/// Masks what reads as an address in words that a browser or a server chose.
pub(crate) fn mask_text(text: &mut String) {
    let of_address = |c: char| c.is_ascii_hexdigit() || matches!(c, '.' | ':');
    let mut masked = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let words = rest.find(of_address).unwrap_or(rest.len());
        masked.push_str(&rest[..words]);
        rest = &rest[words..];
        let token = rest.find(|c| !of_address(c)).unwrap_or(rest.len());
        masked.push_str(&masked_token(&rest[..token]));
        rest = &rest[token..];
    }
    hide_test(&mut masked);
    *text = masked;
}

/// Hides the test's id in a user name of one test, `expiry:test.id`: who knows it is taken for the person tested.
fn hide_test(text: &mut String) {
    const MARK: &str = ":test.";
    let mut from = 0;
    while let Some(at) = text[from..].find(MARK) {
        let start = from + at + MARK.len();
        let is_end = |c: char| !c.is_ascii_alphanumeric();
        let end = text[start..]
            .find(is_end)
            .map_or(text.len(), |length| start + length);
        text.replace_range(start..end, "x");
        from = start;
    }
}

/// `token` as it may be shown: full stops and colons at its ends belong to the sentence around it. What looks like an
/// address and cannot be read as one, such as an IPv6 address with a port and no brackets, is hidden whole.
fn masked_token(token: &str) -> String {
    let core = token.trim_end_matches(['.', ':']);
    let tail = &token[core.len()..];
    let ip = core
        .parse::<IpAddr>()
        .or_else(|_| token.parse::<IpAddr>())
        .or_else(|_| core.parse::<SocketAddr>().map(|socket| socket.ip()));
    if let Ok(ip) = ip {
        return format!("{}{tail}", Address::from(ip).masked());
    }
    let count = |mark| core.matches(mark).count();
    if count(':') >= 2 || count('.') >= 3 {
        return format!("x{tail}");
    }
    token.to_owned()
}
