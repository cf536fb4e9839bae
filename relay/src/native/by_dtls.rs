//! The look at a server by TURN over DTLS. Beside the handshake a plain Binding is asked at the same port: where that is
//! answered and the handshake is not, there is a server, and DTLS it has none.

use super::{
    BINDING, Beside, DtlsSeen, RELEASE, Run, certificate,
    dtls::{self, Shaken, Unshaken},
    link::{Link, Outcome},
    message,
};
use earshot_report::{Fact, Scheme};
use std::{net::SocketAddr, time::Duration};
use tokio::time::Instant;

impl Run<'_> {
    /// Whether the server was heard at this address.
    pub(super) async fn by_dtls(&self, address: SocketAddr) -> anyhow::Result<bool> {
        let begun = Instant::now();
        let end = (self.end - RELEASE).min(begun + BINDING);
        let (shaken, plain) = {
            let shaking = dtls::shake(address, &self.url.host, end);
            let asking = answers_plainly(address, end);
            tokio::pin!(shaking, asking);
            let mut plain = None;
            loop {
                tokio::select! {
                    shaken = &mut shaking => break (shaken, plain.flatten()),
                    answered = &mut asking, if plain.is_none() => plain = Some(answered),
                }
            }
        };
        let took = begun.elapsed();
        if let Some(round_trip) = shaken.round_trip.or(plain) {
            self.reached(address, round_trip);
        }
        let Shaken { outcome, chain, .. } = shaken;
        if let Some(certificate) = certificate::judged(&chain, &self.url.host) {
            self.heard(|facts| facts.certificate_error = certificate.complaint.clone());
            Beside::note(&self.beside.certificate, certificate);
        }
        match outcome {
            Ok(dtls) => {
                self.heard(|_| ());
                Beside::note(&self.beside.dtls, DtlsSeen::Spoken(took));
                self.through(Link::dtls(dtls), address).await?;
            }
            Err(Unshaken::Broken(words)) => {
                self.heard(|_| ());
                Beside::note(&self.beside.dtls, DtlsSeen::Broken(words));
            }
            Err(Unshaken::NothingInCommon(alert)) => {
                self.heard(|_| ());
                Beside::note(&self.beside.dtls, DtlsSeen::NothingInCommon(alert));
                return Ok(true);
            }
            Err(Unshaken::Stalled) => {
                self.heard(|_| ());
                Beside::note(&self.beside.dtls, DtlsSeen::Stalled);
                return Ok(true);
            }
            Err(Unshaken::NotSent) => return Ok(false),
            Err(Unshaken::Refused) => {
                self.unheard();
                return Ok(false);
            }
            Err(Unshaken::Silent(_)) if plain.is_some() => {
                self.heard(|_| ());
                Beside::note(&self.beside.dtls, DtlsSeen::OnlyPlain);
            }
            Err(Unshaken::Silent(Some(other))) => self.heard_other(&other),
            Err(Unshaken::Silent(None)) => {
                self.unheard();
                return Ok(false);
            }
        }
        self.rule_out();
        Ok(true)
    }

    async fn through(&self, mut link: Link, address: SocketAddr) -> anyhow::Result<()> {
        let end = self.end - RELEASE;
        match self.url.scheme {
            Scheme::Turn => self.allocate(&mut link, address, end).await,
            Scheme::Stun => {
                if let Outcome::Answer(_) = link.ask(&message::binding()?, end).await {
                    self.heard(|facts| facts.speaks_stun = Fact::Yes);
                }
                Ok(())
            }
        }
    }
}

/// In which time a Binding without DTLS is answered at the same port.
async fn answers_plainly(address: SocketAddr, end: Instant) -> Option<Duration> {
    let mut link = Link::udp(address).await.ok()?;
    let asked = Instant::now();
    match link.ask(&message::binding().ok()?, end).await {
        Outcome::Answer(_) => Some(asked.elapsed()),
        _ => None,
    }
}
