//! Whether the server is found, and what answers there.

use super::{Check, State, Steps, days_left, passed, rounded};
use crate::native::{Certificate, DtlsSeen};
use earshot_report::{Code, Fact, Transport};
use std::time::Duration;

/// A certificate that ends sooner is worth a word: those that are renewed by themselves are by then.
const FEW_DAYS: i64 = 14;

impl Steps<'_> {
    pub(super) fn name(&mut self) {
        let addresses: Vec<&str> = self.probe.addresses.iter().map(|it| it.as_str()).collect();
        let ms = self.seen.beside.looked_up.get().map(|it| milliseconds(*it));
        match self.probe.resolves {
            _ if self.probe.url.literal_address().is_some() => {
                self.add(Check::Name, State::Passed, "an address, not a name", None);
            }
            Fact::Yes => self.add(Check::Name, State::Passed, addresses.join(", "), ms),
            Fact::No => self.add(Check::Name, State::Failed, "the name has no address", ms),
            Fact::NotMeasured => {
                let says = "the name server is silent";
                self.add(Check::Name, State::NotMeasured, says, None);
            }
        }
    }

    pub(super) fn reach(&mut self) {
        let ms = self
            .seen
            .beside
            .round_trip
            .get()
            .map(|it| milliseconds(*it));
        let transport = self.probe.url.transport;
        let by = match transport {
            Transport::Tls => Transport::Tcp,
            Transport::Dtls => Transport::Udp,
            other => other,
        };
        match self.probe.answers {
            Fact::Yes => self.add(Check::Reach, State::Passed, format!("answers by {by}"), ms),
            Fact::No => {
                let says = format!("nothing answers by {by}");
                self.add(Check::Reach, State::Failed, says, None);
            }
            Fact::NotMeasured => self.add(Check::Reach, State::NotMeasured, "not tried", None),
        }
    }

    pub(super) fn dtls(&mut self) {
        if self.probe.url.transport != Transport::Dtls {
            return;
        }
        let (state, says, took) = match self.seen.beside.dtls.get() {
            Some(DtlsSeen::Spoken(took)) => {
                let says = "DTLS 1.2; browsers do not use it";
                (State::Passed, says.to_owned(), Some(*took))
            }
            Some(DtlsSeen::OnlyPlain) => (
                State::Failed,
                "STUN is answered at this port, DTLS is not: it is switched off there, or something on the way drops it"
                    .to_owned(),
                None,
            ),
            Some(DtlsSeen::NothingInCommon(alert)) => {
                let says = format!(
                    "the server takes none of this program's ciphers ({alert}): ECDHE with AES-128-GCM, ChaCha20, or \
                     AES-256-CBC"
                );
                (State::NotMeasured, says, None)
            }
            Some(DtlsSeen::Stalled) => {
                let says = "the handshake begins and does not end: packets are lost on the way, perhaps all large ones";
                (State::Failed, says.to_owned(), None)
            }
            Some(DtlsSeen::Broken(words)) => {
                (State::Failed, format!("the handshake fails: {words}"), None)
            }
            None if self.probe.answers.is_no() => {
                let says = "nothing answers by UDP at this port, neither DTLS nor STUN: DTLS is switched off there, or \
                            a firewall closes the port";
                (State::NotMeasured, says.to_owned(), None)
            }
            None if self.probe.answers.is_yes() => {
                (State::Failed, "what answers is no DTLS".to_owned(), None)
            }
            None => (State::NotMeasured, "not reached".to_owned(), None),
        };
        self.add(Check::Dtls, state, says, took.map(milliseconds));
    }

    pub(super) fn certificate(&mut self) {
        let transport = self.probe.url.transport;
        if !transport.is_secure() {
            return;
        }
        let Some(certificate) = self.seen.beside.certificate.get() else {
            let (state, says) = match self.probe.answers.is_yes() {
                // What is wrong with DTLS is told beside.
                true if transport == Transport::Dtls => {
                    (State::NotMeasured, "there is no DTLS handshake")
                }
                true => (State::Failed, "there is no TLS handshake"),
                false => (State::NotMeasured, "not reached"),
            };
            self.add(Check::Certificate, state, says, None);
            return;
        };
        let days = certificate.not_after_s.map(days_left);
        let (state, says) = match (&certificate.complaint, days) {
            (Some(complaint), _) => (State::Failed, self.complaint(complaint, certificate)),
            (None, Some(days)) if days < FEW_DAYS => {
                (State::Warning, format!("{days} days left – is it renewed?"))
            }
            (None, Some(days)) => (State::Passed, format!("{days} days left")),
            (None, None) => (State::Passed, "valid".to_owned()),
        };
        self.add(Check::Certificate, state, says, None);
    }

    pub(super) fn stun(&mut self) {
        let says = match (self.probe.speaks_stun, self.probe.speaks_turn) {
            (Fact::Yes, Fact::No) => "STUN answers, TURN does not".to_owned(),
            (Fact::Yes, _) => "speaks STUN".to_owned(),
            (Fact::No, _) => match &self.probe.other_answer {
                Some(answer) => format!("something answers that is not STUN: {answer}"),
                None if self.probe.url.transport == Transport::Dtls => {
                    "nothing speaks STUN over DTLS".to_owned()
                }
                None => "something takes connections and does not speak STUN".to_owned(),
            },
            (Fact::NotMeasured, _) => "not reached".to_owned(),
        };
        let state = match self.probe.speaks_stun {
            Fact::Yes if self.probe.speaks_turn.is_no() => State::Failed,
            fact => passed(fact),
        };
        self.add(Check::Stun, state, says, None);
    }

    /// What is wrong with a certificate, in words; in rustls' own where there are no better ones.
    fn complaint(&self, complaint: &str, certificate: &Certificate) -> String {
        let (names, host) = (certificate.names.join(", "), &self.probe.url.host);
        match self.cause(Check::Certificate) {
            Some(Code::TlsCertificateExpired) => match certificate.not_after_s.map(days_left) {
                Some(days) if days < 0 => format!("ended {} days ago", -days),
                _ => "not valid yet".to_owned(),
            },
            Some(Code::TlsCertificateWrongName) => format!("made for {names}, not for {host}"),
            Some(Code::TlsCertificateUntrusted) => match &certificate.issuer {
                Some(issuer) => {
                    format!("issued by “{issuer}”, whom neither browsers nor this machine trust")
                }
                None => complaint.to_owned(),
            },
            _ => complaint.to_owned(),
        }
    }
}

fn milliseconds(duration: Duration) -> f64 {
    rounded(duration.as_secs_f64() * 1_000.0)
}
