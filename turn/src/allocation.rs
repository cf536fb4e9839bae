//! One allocation: its permissions, its channels and what it carries.

use crate::{
    cap::Cap,
    event::{Direction, SessionId, Usage},
    reply::Head,
    types::{ChannelNumber, Client, PeerAddr, RelayedAddr},
};
use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

/// How long a permission lasts (RFC 8656 section 9).
pub(crate) const PERMISSION_LIFETIME: Duration = Duration::from_secs(300);
/// How long a channel lasts (RFC 8656 section 12).
pub(crate) const CHANNEL_LIFETIME: Duration = Duration::from_secs(600);

/// An allocation (RFC 8656 section 2.2).
pub(crate) struct Allocation {
    pub(crate) session: SessionId,
    pub(crate) client: Client,
    pub(crate) username: Arc<str>,
    pub(crate) relayed: RelayedAddr,
    /// When it ends, in monotonic time.
    pub(crate) expires: Duration,
    /// For which moment its expiry timer is set. Refreshing does not move the timer, only `expires`.
    pub(crate) timer: Duration,
    pub(crate) state: State,
    pub(crate) usage: Usage,
    /// What a scoped credential brings with it.
    pub(crate) scoped: Option<Scoped>,
    permissions: HashMap<IpAddr, Duration>,
    channels_by_number: HashMap<ChannelNumber, Channel>,
    channels_by_peer: HashMap<PeerAddr, ChannelNumber>,
    /// Directions in which nothing has passed yet.
    untouched: [bool; 2],
}

/// How far the allocation is.
pub(crate) enum State {
    /// The relayed socket is being opened.
    Opening(Box<crate::allocate::Pending>),
    /// In use. The answer is kept for when the client asks again, not having received it.
    Open { request: Head, answer: Vec<u8> },
}

/// The bounds of a scoped credential.
pub(crate) struct Scoped {
    pub(crate) scope: Arc<str>,
    pub(crate) to_peer: Cap,
    pub(crate) to_client: Cap,
    /// A usage report is due: a timer is set.
    pub(crate) reporting: bool,
}

struct Channel {
    peer: PeerAddr,
    expires: Duration,
}

/// Why a channel cannot be bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BindError {
    /// The number belongs to another peer, or the peer has another number.
    Mismatch,
    /// There are as many as allowed.
    Full,
}

impl Allocation {
    pub(crate) fn new(
        session: SessionId,
        client: Client,
        username: Arc<str>,
        relayed: RelayedAddr,
        pending: crate::allocate::Pending,
        scoped: Option<Scoped>,
    ) -> Self {
        Self {
            session,
            client,
            username,
            relayed,
            expires: Duration::MAX,
            timer: Duration::MAX,
            state: State::Opening(Box::new(pending)),
            usage: Usage::default(),
            scoped,
            permissions: HashMap::new(),
            channels_by_number: HashMap::new(),
            channels_by_peer: HashMap::new(),
            untouched: [true; 2],
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        matches!(self.state, State::Open { .. })
    }

    /// Whether packets from and to this address may pass now.
    pub(crate) fn permits(&self, now: Duration, ip: IpAddr) -> bool {
        self.permissions
            .get(&ip)
            .is_some_and(|expires| *expires > now)
    }

    /// Whether permissions for all these addresses fit below the bound.
    pub(crate) fn has_room_for(
        &mut self,
        now: Duration,
        peers: &[SocketAddr],
        bound: usize,
    ) -> bool {
        if self.permissions.len() + peers.len() <= bound {
            return true;
        }
        self.permissions.retain(|_, expires| *expires > now);
        let mut new: Vec<IpAddr> = peers.iter().map(SocketAddr::ip).collect();
        new.retain(|ip| !self.permissions.contains_key(ip));
        new.sort_unstable();
        new.dedup();
        self.permissions.len() + new.len() <= bound
    }

    /// Installs or prolongs a permission. Whether it is new.
    pub(crate) fn permit(&mut self, now: Duration, ip: IpAddr) -> bool {
        let before = self.permissions.insert(ip, now + PERMISSION_LIFETIME);
        before.is_none_or(|expires| expires <= now)
    }

    /// The peer of a bound channel.
    pub(crate) fn peer_of(&self, now: Duration, number: ChannelNumber) -> Option<PeerAddr> {
        let channel = self.channels_by_number.get(&number)?;
        (channel.expires > now).then_some(channel.peer)
    }

    /// The channel bound to a peer.
    pub(crate) fn channel_of(&self, now: Duration, peer: PeerAddr) -> Option<ChannelNumber> {
        let number = *self.channels_by_peer.get(&peer)?;
        self.peer_of(now, number).map(|_| number)
    }

    /// Whether [`Self::bind`] would succeed (RFC 8656 section 12.2).
    pub(crate) fn check_bind(
        &mut self,
        now: Duration,
        number: ChannelNumber,
        peer: PeerAddr,
        bound: usize,
    ) -> Result<(), BindError> {
        match (self.peer_of(now, number), self.channel_of(now, peer)) {
            (Some(bound_peer), Some(bound_number))
                if bound_peer == peer && bound_number == number =>
            {
                return Ok(());
            }
            (None, None) => {}
            _ => return Err(BindError::Mismatch),
        }
        if self.channels_by_number.len() >= bound {
            self.channels_by_number
                .retain(|_, channel| channel.expires > now);
            let by_number = &self.channels_by_number;
            self.channels_by_peer
                .retain(|_, number| by_number.contains_key(number));
        }
        if self.channels_by_number.len() >= bound {
            return Err(BindError::Full);
        }
        Ok(())
    }

    /// Binds or prolongs a channel. To be asked of [`Self::check_bind`] before.
    pub(crate) fn bind(&mut self, now: Duration, number: ChannelNumber, peer: PeerAddr) {
        let expires = now + CHANNEL_LIFETIME;
        let channel = Channel { peer, expires };
        // Over both of what they were bound to before, if that is over its time.
        if let Some(before) = self.channels_by_number.insert(number, channel)
            && before.peer != peer
        {
            self.channels_by_peer.remove(&before.peer);
        }
        if let Some(before) = self.channels_by_peer.insert(peer, number)
            && before != number
        {
            self.channels_by_number.remove(&before);
        }
    }

    /// Counts a packet against the cap of a scoped credential. Whether it may pass.
    pub(crate) fn take(&mut self, now: Duration, direction: Direction, bytes: usize) -> bool {
        let Some(scoped) = &mut self.scoped else {
            return true;
        };
        let cap = match direction {
            Direction::ToPeer => &mut scoped.to_peer,
            Direction::ToClient => &mut scoped.to_client,
        };
        let passes = cap.take(now, bytes);
        self.usage.capped_packets += u64::from(!passes);
        passes
    }

    /// Counts a packet that passes. Whether it is the first of its direction.
    pub(crate) fn count(&mut self, direction: Direction, bytes: usize) -> bool {
        let (packets, total, untouched) = match direction {
            Direction::ToPeer => (
                &mut self.usage.received_packets,
                &mut self.usage.received_bytes,
                &mut self.untouched[0],
            ),
            Direction::ToClient => (
                &mut self.usage.sent_packets,
                &mut self.usage.sent_bytes,
                &mut self.untouched[1],
            ),
        };
        *packets += 1;
        *total += bytes as u64;
        std::mem::take(untouched)
    }
}
