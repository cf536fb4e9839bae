//! Whether packets pass an allocation that was granted: whom the relay lets talk to it, where it sends from, and
//! whether a packet from outside comes to its address.

use super::{
    link::{Link, Outcome},
    message::{self, Answer, LongTerm},
};
use earshot_report::{AddressRange, Fact};
use rand::{TryRngCore, rngs::OsRng};
use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};
use tokio::{
    net::UdpSocket,
    time::{Instant, sleep, timeout_at},
};

/// How long each packet to the relay has to come through, until the next one is sent or the last is given up. Four are
/// not lost by chance.
const SENT: [Duration; 4] = [
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(300),
    Duration::from_millis(500),
];
/// All of them together.
const HEARD: Duration = Duration::from_millis(1100);
/// How long each packet out of the relay has.
const SENT_OUT: [Duration; 2] = [Duration::from_millis(150), Duration::from_millis(250)];
/// The peer's address is not allowed (RFC 8656 section 9.2).
const FORBIDDEN: u16 = 403;
/// What is sent: nobody else sends these bytes.
const TOKEN: usize = 16;

/// An allocation, and from where we may send to it.
pub(super) struct Granted {
    relayed: SocketAddr,
    ourselves: SocketAddr,
    /// A server on the public network does not make us send into our own one.
    may_be_sent_to: bool,
}

/// What the relay said of its peers.
pub(super) struct Permissions {
    /// It refused one that callers have.
    pub(super) refused: Fact,
    /// We may send to it, and be sent to.
    pub(super) for_ourselves: bool,
}

impl Granted {
    /// `None`: nothing can be tried with it.
    pub(super) fn of(answer: &Answer, server: SocketAddr) -> Option<Self> {
        let (relayed, ourselves) = (answer.relayed?, answer.mapped?);
        let range = AddressRange::from(relayed.ip());
        let fits = range == AddressRange::from(server.ip()) || range == AddressRange::Public;
        Some(Self {
            relayed,
            ourselves,
            may_be_sent_to: fits && relayed.is_ipv4() == ourselves.is_ipv4(),
        })
    }

    /// Asks for permissions for the relay's own address, which two people on one relay need, and for ourselves where
    /// packets are `wanted`. Many servers rightly permit no peer of their own network, so a refusal of ourselves
    /// counts only where we come from the public one.
    pub(super) async fn ask_permissions(
        &self,
        link: &mut Link,
        credentials: &LongTerm<'_>,
        wanted: bool,
        end: Instant,
    ) -> anyhow::Result<Permissions> {
        let mut ask = async |peer| {
            let request = message::permit(peer, credentials)?;
            Ok::<_, anyhow::Error>(match link.ask(&request, end).await {
                Outcome::Answer(answer) => Some(answer.error),
                _ => None,
            })
        };
        let for_relayed = ask(self.relayed).await?;
        let for_ourselves = match wanted && self.may_be_sent_to {
            true => ask(self.ourselves).await?,
            false => None,
        };
        let is_public = AddressRange::from(self.ourselves.ip()) == AddressRange::Public;
        let forbidden = Some(Some(FORBIDDEN));
        let refused = for_relayed == forbidden || (is_public && for_ourselves == forbidden);
        Ok(Permissions {
            refused: match for_relayed {
                _ if refused => Fact::Yes,
                Some(None) => Fact::No,
                _ => Fact::NotMeasured,
            },
            for_ourselves: for_ourselves == Some(None),
        })
    }

    /// Has the relay send to another port of ours, and looks where that comes from. `None`: it does not come, as
    /// behind a router that does not know of that port.
    pub(super) async fn sends_from(
        &self,
        link: &mut Link,
        end: Instant,
    ) -> anyhow::Result<Option<IpAddr>> {
        let socket = self.socket().await?;
        let peer = SocketAddr::new(self.ourselves.ip(), socket.local_addr()?.port());
        let token = token()?;
        let indication = message::send(peer, &token)?;
        let mut buffer = [0; 2 * TOKEN];
        for wait in SENT_OUT {
            if !link.tell(&indication).await {
                return Ok(None);
            }
            let next = end.min(Instant::now() + wait);
            while let Ok(Ok((length, from))) = timeout_at(next, socket.recv_from(&mut buffer)).await
            {
                if buffer[..length] == token {
                    return Ok(Some(from.ip()));
                }
            }
        }
        Ok(None)
    }

    /// Sends from outside, and listens for it on the link, where there is time for it until `end`. That nothing came is
    /// said a while after the last packet was really sent, however long this machine stood still before.
    pub(super) async fn is_reached(&self, link: &mut Link, end: Instant) -> anyhow::Result<Fact> {
        if Instant::now() + HEARD > end {
            return Ok(Fact::NotMeasured);
        }
        let token = token()?;
        let socket = self.socket().await?;
        let send = async {
            for wait in SENT {
                if socket.send_to(&token, self.relayed).await.is_err() {
                    // Our own host sends nothing there: that is no word about the server.
                    return Fact::NotMeasured;
                }
                sleep(wait).await;
            }
            Fact::No
        };
        Ok(tokio::select! {
            // First: what is there counts, though it is late.
            biased;
            heard = link.hear(&token) => match heard {
                Ok(()) => Fact::Yes,
                Err(_) => Fact::NotMeasured,
            },
            nothing = send => nothing,
        })
    }

    async fn socket(&self) -> io::Result<UdpSocket> {
        let any = match self.relayed {
            SocketAddr::V4(_) => "0.0.0.0:0",
            SocketAddr::V6(_) => "[::]:0",
        };
        UdpSocket::bind(any).await
    }
}

fn token() -> anyhow::Result<[u8; TOKEN]> {
    let mut token = [0; TOKEN];
    OsRng.try_fill_bytes(&mut token)?;
    Ok(token)
}
