//! Whether a packet from outside comes to the relayed address that was granted.

use super::{
    link::{Link, Outcome},
    message::{self, Answer, LongTerm},
};
use earshot_report::{AddressRange, Fact};
use rand::{TryRngCore, rngs::OsRng};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    net::UdpSocket,
    time::{Instant, sleep_until, timeout_at},
};

/// When a packet is sent, after the permission. Four are not lost by chance.
const SENT: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_millis(100),
    Duration::from_millis(300),
    Duration::from_millis(600),
];
/// The last one has this long to come through, and all of them together.
const HEARD: Duration = Duration::from_millis(1100);
/// What is sent: nobody else sends these bytes.
const TOKEN: usize = 16;

/// An allocation, and from where we may send to it.
pub(super) struct Granted {
    relayed: SocketAddr,
    ourselves: SocketAddr,
}

impl Granted {
    /// `None`: nothing may be sent there. A server on the public network does not make us send into our own one.
    pub(super) fn of(answer: &Answer, server: SocketAddr) -> Option<Self> {
        let (relayed, ourselves) = (answer.relayed?, answer.mapped?);
        let range = AddressRange::from(relayed.ip());
        let fits = range == AddressRange::from(server.ip()) || range == AddressRange::Public;
        (fits && relayed.is_ipv4() == ourselves.is_ipv4()).then_some(Self { relayed, ourselves })
    }

    /// Asks for a permission for ourselves, sends, and listens for it on the link until `end` at the latest.
    pub(super) async fn is_reached(
        &self,
        link: &mut Link,
        credentials: &LongTerm<'_>,
        end: Instant,
    ) -> anyhow::Result<Fact> {
        let request = message::permit(self.ourselves, credentials)?;
        match link.ask(&request, end).await {
            Outcome::Answer(Answer { error: None, .. }) => {}
            // Many servers permit no peer of their own network.
            _ => return Ok(Fact::NotMeasured),
        }
        let start = Instant::now();
        if start + HEARD > end {
            return Ok(Fact::NotMeasured);
        }
        let mut token = [0; TOKEN];
        OsRng.try_fill_bytes(&mut token)?;
        let any = match self.relayed {
            SocketAddr::V4(_) => "0.0.0.0:0",
            SocketAddr::V6(_) => "[::]:0",
        };
        let socket = UdpSocket::bind(any).await?;
        let send = async {
            for after in SENT {
                sleep_until(start + after).await;
                if socket.send_to(&token, self.relayed).await.is_err() {
                    // Our own host sends nothing there: that is no word about the server.
                    return;
                }
            }
            std::future::pending().await
        };
        Ok(tokio::select! {
            () = send => Fact::NotMeasured,
            heard = timeout_at(start + HEARD, link.hear(&token)) => match heard {
                Ok(Ok(())) => Fact::Yes,
                Ok(Err(_)) => Fact::NotMeasured,
                Err(_) => Fact::No,
            },
        })
    }
}
