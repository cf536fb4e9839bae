//! Everybody talks at once: two allocations with each other, and one of them with this machine.

use super::{
    direct::DirectEnd,
    voice::{Direction, PACE},
};
use crate::native::Session;
use earshot_report::Fact;
use std::{
    net::SocketAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};

/// What was sent last has this long to arrive.
const GRACE: Duration = Duration::from_millis(300);
/// Where nobody has heard anything by then, nobody will.
const NOBODY: Duration = Duration::from_millis(1_700);
/// No packet of a call is longer.
const LONGEST: usize = 2_048;

/// Who talks with whom.
pub(super) struct Ends {
    /// This machine's address as the world outside sees it.
    pub(super) outer: Option<SocketAddr>,
    /// It takes part.
    pub(super) with_us: bool,
    /// The other allocation does.
    pub(super) with_other: bool,
    /// This machine may send to the address that the relay announces.
    pub(super) may_be_sent_to: bool,
    /// Nothing is sent any more.
    pub(super) until: Instant,
}

/// What was heard.
pub(super) struct Talked {
    pub(super) begun: Instant,
    pub(super) ended: Instant,
    /// From one allocation to the other, and back.
    pub(super) out: Direction,
    pub(super) back: Direction,
    /// From the allocation to this machine, and back.
    pub(super) to_us: Direction,
    pub(super) from_us: Direction,
    /// Where the relay's packets to this machine came from.
    pub(super) seen_from: Option<SocketAddr>,
    /// Where this machine's packets to the relay came from, as the relay says.
    pub(super) seen_of_us: Option<SocketAddr>,
}

impl Talked {
    /// What this machine sent came to the relayed address.
    pub(super) fn reached(&self) -> Fact {
        match self.from_us.facts(None).packets_sent {
            Some(0) | None => Fact::NotMeasured,
            Some(_) => self.from_us.is_heard().into(),
        }
    }

    fn is_anything_heard(&self) -> bool {
        let all = [&self.out, &self.back, &self.to_us, &self.from_us];
        all.iter().any(|direction| direction.is_heard())
    }
}

/// Lets them talk. `None`: the system gives no randomness.
pub(super) async fn talk(
    one: &mut Session,
    other: &mut Session,
    direct: &DirectEnd,
    ends: &Ends,
) -> Option<Talked> {
    let begun = Instant::now();
    let mut talked = Talked {
        begun,
        ended: begun,
        out: Direction::new(begun)?,
        back: Direction::new(begun)?,
        to_us: Direction::new(begun)?,
        from_us: Direction::new(begun)?,
        seen_from: None,
        seen_of_us: None,
    };
    let (relays, seen_from, seen_of_us) = (
        [one.relayed, other.relayed],
        Mutex::default(),
        Mutex::default(),
    );
    let talk = Talk {
        talked: &talked,
        ends,
        relays,
        seen_from: &seen_from,
        seen_of_us: &seen_of_us,
    };
    tokio::join!(talk.one(one), talk.other(other), talk.us(direct));
    talked.seen_from = get(&seen_from);
    talked.seen_of_us = get(&seen_of_us);
    talked.ended = Instant::now();
    Some(talked)
}

type Place = Mutex<Option<SocketAddr>>;

struct Talk<'a> {
    talked: &'a Talked,
    ends: &'a Ends,
    relays: [SocketAddr; 2],
    seen_from: &'a Place,
    seen_of_us: &'a Place,
}

/// Each end takes what has come before it looks at the time: after a standstill the time may be over, and what lies in the
/// socket is not lost.
impl Talk<'_> {
    async fn one(&self, session: &mut Session) {
        let heard = [&self.talked.back, &self.talked.from_us];
        let mut clock = Clock::start(self, heard);
        let mut is_open = true;
        loop {
            tokio::select! {
                biased;
                received = session.receive(), if is_open => match received {
                    Ok((peer, bytes)) => {
                        self.talked.back.hear(&bytes);
                        if self.talked.from_us.hear(&bytes) {
                            set(self.seen_of_us, peer);
                        }
                    }
                    Err(_) => is_open = false,
                },
                tick = clock.tick() => match tick {
                    Tick::Send(tick) => {
                        if self.ends.with_other
                            && let Some(packet) = self.talked.out.packet(tick)
                        {
                            is_open &= session.send(self.relays[1], &packet).await;
                        }
                        if self.ends.with_us
                            && let Some(us) = get(self.seen_of_us).or(self.ends.outer)
                            && let Some(packet) = self.talked.to_us.packet(tick)
                        {
                            is_open &= session.send(us, &packet).await;
                        }
                    }
                    Tick::Wait => {}
                    Tick::End => return,
                },
            }
        }
    }

    async fn other(&self, session: &mut Session) {
        let mut clock = Clock::start(self, [&self.talked.out, &self.talked.out]);
        let mut is_open = self.ends.with_other;
        loop {
            tokio::select! {
                biased;
                received = session.receive(), if is_open => match received {
                    Ok((_, bytes)) => {
                        self.talked.out.hear(&bytes);
                    }
                    Err(_) => is_open = false,
                },
                tick = clock.tick() => match tick {
                    Tick::Send(tick) => {
                        if self.ends.with_other
                            && let Some(packet) = self.talked.back.packet(tick)
                        {
                            is_open &= session.send(self.relays[0], &packet).await;
                        }
                    }
                    Tick::Wait => {}
                    Tick::End => return,
                },
            }
        }
    }

    /// Sends to the announced address, and to where the relay's packets really come from.
    async fn us(&self, direct: &DirectEnd) {
        if !self.ends.with_us {
            return;
        }
        let mut clock = Clock::start(self, [&self.talked.to_us, &self.talked.to_us]);
        let announced = Some(self.relays[0]).filter(|_| self.ends.may_be_sent_to);
        let mut buffer = [0; LONGEST];
        loop {
            tokio::select! {
                biased;
                received = direct.socket.recv_from(&mut buffer) => {
                    if let Ok((length, from)) = received
                        && self.talked.to_us.hear(&buffer[..length])
                    {
                        set(self.seen_from, from);
                    }
                }
                tick = clock.tick() => match tick {
                    Tick::Send(tick) => {
                        let met = get(self.seen_from).filter(|met| Some(*met) != announced);
                        if (announced.is_some() || met.is_some())
                            && let Some(packet) = self.talked.from_us.packet(tick)
                        {
                            for relay in [announced, met].into_iter().flatten() {
                                // What cannot be sent is not heard.
                                let _ = direct.socket.send_to(&packet, relay).await;
                            }
                        }
                    }
                    Tick::Wait => {}
                    Tick::End => return,
                },
            }
        }
    }
}

enum Tick {
    Send(u32),
    /// What was sent may still come.
    Wait,
    End,
}

/// When an end sends, and when it is done.
struct Clock<'a> {
    interval: Interval,
    count: u32,
    talk: &'a Talk<'a>,
    heard: [&'a Direction; 2],
}

impl<'a> Clock<'a> {
    fn start(talk: &'a Talk<'a>, heard: [&'a Direction; 2]) -> Self {
        let mut interval = interval(PACE);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            interval,
            count: 0,
            talk,
            heard,
        }
    }

    async fn tick(&mut self) -> Tick {
        self.interval.tick().await;
        let now = Instant::now();
        let Talked { begun, .. } = self.talk.talked;
        let is_vain = now > *begun + NOBODY && !self.talk.talked.is_anything_heard();
        if now < self.talk.ends.until && !is_vain {
            self.count += 1;
            return Tick::Send(self.count - 1);
        }
        let is_complete = self.heard.iter().all(|direction| direction.is_complete());
        match is_vain || is_complete || now >= self.talk.ends.until + GRACE {
            true => Tick::End,
            false => Tick::Wait,
        }
    }
}

fn get(place: &Place) -> Option<SocketAddr> {
    *place.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The first stands.
fn set(place: &Place, address: SocketAddr) {
    place
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .get_or_insert(address);
}
