//! What a server grants, to whom, and what its relay then does.

use super::{
    RELEASE, Run, clock,
    link::{Link, Outcome},
    message::{self, Answer, LongTerm},
    reached::Granted,
};
use earshot_report::{
    Address,
    facts::{AllocateAnswer, expiry_of_username},
};
use std::{net::SocketAddr, time::Duration};
use tokio::time::Instant;

/// A wrong password is refused within a round trip; who takes longer leaves time for the right one.
const WRONG_PASSWORD: Duration = Duration::from_millis(600);

/// User and password are refused by these (RFC 8489 section 9.2, RFC 8656 section 7).
const REFUSED: [AllocateAnswer; 2] = [AllocateAnswer::Error(401), AllocateAnswer::Error(441)];

impl Run<'_> {
    /// Allocate without credentials and then, if it is asked for them, with them; and gives back what it got.
    pub(super) async fn allocate(
        &self,
        link: &mut Link,
        server: SocketAddr,
        end: Instant,
    ) -> anyhow::Result<()> {
        let anonymous = link.ask(&message::allocate(None)?, end).await;
        let challenge = match anonymous {
            Outcome::Answer(answer) => answer,
            Outcome::Other(bytes) => {
                self.heard_other(&bytes);
                return Ok(());
            }
            Outcome::Silent | Outcome::Refused => {
                self.note(|facts| facts.anonymous = AllocateAnswer::Silent);
                return Ok(());
            }
            Outcome::NotSent => return Ok(()),
        };
        self.heard(|facts| {
            facts.speaks_stun = true.into();
            facts.speaks_turn = knows_turn(&challenge).into();
            facts.anonymous = judged(&challenge);
            facts.realm = challenge.realm.clone();
            if challenge.error.is_none() {
                facts.relayed = challenge.relayed.map(as_fact);
            }
        });
        if challenge.error.is_none() {
            link.ask(&message::release(None)?, self.end).await;
            return Ok(());
        }
        let (Some(401), Some(realm), Some(nonce), Some(given)) = (
            challenge.error,
            &challenge.realm,
            &challenge.nonce,
            self.credentials,
        ) else {
            return Ok(());
        };
        let credentials = LongTerm {
            username: given.username,
            password: given.password,
            realm,
            nonce,
        };
        if self.is_foreign {
            self.try_wrong_password(link, &credentials).await?;
        }
        self.allocate_with(link, server, credentials).await
    }

    /// A server may challenge and then grant whatever it is answered. What it grants is given back at once.
    async fn try_wrong_password(
        &self,
        link: &mut Link,
        right: &LongTerm<'_>,
    ) -> anyhow::Result<()> {
        let password = format!("{} is not the password", right.password);
        let wrong = LongTerm {
            password: &password,
            ..*right
        };
        let end = (self.end - RELEASE).min(Instant::now() + WRONG_PASSWORD);
        match link.ask(&message::allocate(Some(&wrong))?, end).await {
            Outcome::Answer(answer) => {
                self.heard(|facts| facts.wrong_password = judged(&answer));
                if answer.error.is_none() {
                    let release = message::release(Some(&wrong))?;
                    link.ask(&release, self.end - RELEASE).await;
                }
            }
            Outcome::Silent | Outcome::Refused | Outcome::Other(_) => {
                self.note(|facts| facts.wrong_password = AllocateAnswer::Silent);
            }
            Outcome::NotSent => {}
        }
        Ok(())
    }

    async fn allocate_with(
        &self,
        link: &mut Link,
        server: SocketAddr,
        mut credentials: LongTerm<'_>,
    ) -> anyhow::Result<()> {
        let end = self.end - RELEASE;
        let mut outcome = link.ask(&message::allocate(Some(&credentials))?, end).await;
        let fresh;
        // A nonce may grow stale between two packets; once more with the new one (RFC 8489 section 9.2.5).
        if let Outcome::Answer(Answer {
            error: Some(438),
            nonce: Some(nonce),
            ..
        }) = &outcome
        {
            fresh = nonce.clone();
            credentials.nonce = &fresh;
            outcome = link.ask(&message::allocate(Some(&credentials))?, end).await;
        }
        let answer = match outcome {
            Outcome::Answer(answer) => answer,
            Outcome::NotSent => return Ok(()),
            Outcome::Silent | Outcome::Refused | Outcome::Other(_) => {
                self.note(|facts| facts.authenticated = AllocateAnswer::Silent);
                return Ok(());
            }
        };
        self.heard(|facts| {
            facts.speaks_turn = (facts.speaks_turn.is_yes() || knows_turn(&answer)).into();
            facts.authenticated = judged(&answer);
            facts.relayed = answer.relayed.map(as_fact);
        });
        if answer.error.is_none() {
            self.try_relay(link, &answer, server, &credentials).await?;
            let release = message::release(Some(&credentials))?;
            link.ask(&release, self.end).await;
        } else if REFUSED.contains(&judged(&answer))
            && expiry_of_username(credentials.username).is_some()
        {
            let ahead = clock::ahead_s(&self.url.host, server.ip(), clock::HTTP, end).await;
            self.note(|facts| facts.clock_ahead_s = ahead);
        }
        Ok(())
    }

    /// Whom the relay talks to, where it sends from, and whether it is reached.
    async fn try_relay(
        &self,
        link: &mut Link,
        answer: &Answer,
        server: SocketAddr,
        credentials: &LongTerm<'_>,
    ) -> anyhow::Result<()> {
        let end = self.end - RELEASE;
        let Some(granted) = Granted::of(answer, server) else {
            return Ok(());
        };
        let permissions = granted
            .ask_permissions(link, credentials, self.is_foreign, end)
            .await?;
        self.note(|facts| facts.peer_refused = permissions.refused);
        if !permissions.for_ourselves {
            return Ok(());
        }
        let sent_from = granted.sends_from(link, end).await?;
        self.note(|facts| facts.sent_from = sent_from.map(Address::from));
        let reached = granted.is_reached(link, end).await?;
        self.note(|facts| facts.relay_reached = reached);
        Ok(())
    }
}

/// 400 and 420 are what a STUN server without TURN says to an Allocate, if anything.
fn knows_turn(answer: &Answer) -> bool {
    !matches!(answer.error, Some(0 | 400 | 420))
}

fn judged(answer: &Answer) -> AllocateAnswer {
    answer
        .error
        .map_or(AllocateAnswer::Success, AllocateAnswer::Error)
}

fn as_fact(address: SocketAddr) -> (Address, u16) {
    (address.ip().into(), address.port())
}
