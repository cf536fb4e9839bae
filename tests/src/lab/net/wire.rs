//! A wire with delay and jitter: what Linux calls netem, for kernels that lack it.
//!
//! Two TUN devices, one in each of two namespaces. Every packet that one side sends comes out at the other after its
//! time, and none overtakes another.

use super::{agent, error::LabError, namespace::Namespace};
use fastrand::Rng;
use std::{
    io,
    process::Child,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};
use tappers::{Interface, Tun};

/// No packet is longer: the devices have the usual 1,500.
const LONGEST_PACKET: usize = 65_536;
/// Two runs of the lab meet the same jitter.
const SEED: u64 = 1;

/// How long packets take, each way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delay {
    /// Milliseconds one way.
    pub milliseconds: u32,
    /// At most so many milliseconds more or less, another for each packet.
    pub jitter: u32,
    /// Packets are let go only every so many milliseconds, all that wait at once, as by a radio link with much to do:
    /// it speaks one way, then the other, so the two directions take turns. At 0 none waits for others.
    pub burst: u32,
}

/// One end of a wire: a device of this name in this namespace.
pub(super) struct End<'a> {
    pub(super) namespace: &'a Namespace,
    pub(super) device: &'a str,
}

/// Lays a wire between two namespaces. It is there until the process ends.
pub(super) fn lay(ends: [End<'_>; 2], delay: Delay) -> Result<Child, LabError> {
    let [left, right] = ends;
    // Inside one of the two, so that it ends with them.
    let start = left.namespace.enter(|| {
        let mut command = agent::command("wire")?;
        for end in [&left, &right] {
            command.args([end.namespace.name(), end.device]);
        }
        let Delay {
            milliseconds,
            jitter,
            burst,
        } = delay;
        command.args([milliseconds, jitter, burst].map(|number| number.to_string()));
        agent::start(&mut command)
    });
    start?
}

/// The program behind [`lay`].
pub(super) fn carry(arguments: &[&str]) -> Result<(), LabError> {
    let misused = || LabError::NotReady(format!("no wire is laid with {arguments:?}"));
    let &[left, left_device, right, right_device, ref numbers @ ..] = arguments else {
        return Err(misused());
    };
    let numbers = numbers.iter().map(|number| number.parse());
    let numbers: Vec<u32> = numbers.collect::<Result<_, _>>().map_err(|_| misused())?;
    let &[milliseconds, jitter, burst] = numbers.as_slice() else {
        return Err(misused());
    };
    let delay = Delay {
        milliseconds,
        jitter,
        burst,
    };
    let left = open(left, left_device)?;
    let right = open(right, right_device)?;
    agent::tell_ready();
    let start = Instant::now();
    let turn = start + Duration::from_millis(u64::from(delay.burst) / 2);
    let directions = [(left.clone(), right.clone(), start), (right, left, turn)];
    let carriers =
        directions.map(|(from, to, first)| thread::spawn(move || one_way(&from, to, delay, first)));
    for carrier in carriers {
        carrier
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("a carrier panicked")))
            .map_err(LabError::system("a wire"))?;
    }
    Ok(())
}

fn open(namespace: &str, device: &str) -> Result<Arc<Tun>, LabError> {
    let namespace = Namespace::existing(namespace);
    let tun = namespace.enter(|| Tun::new_named(Interface::new(device)?))?;
    let what = format!("a TUN device in {}", namespace.name());
    Ok(Arc::new(tun.map_err(LabError::system(what))?))
}

/// Carries what `from` sends. `first`: when the first burst may leave.
fn one_way(from: &Tun, to: Arc<Tun>, delay: Delay, first: Instant) -> io::Result<()> {
    let (queue, queued) = mpsc::channel::<(Instant, Vec<u8>)>();
    thread::spawn(move || {
        // Whoever is due before the one ahead waits for it: the queue keeps their order.
        for (due, packet) in queued {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            // A device that is down takes nothing, as an unplugged cable.
            let _ = to.send(&packet);
        }
    });
    let mut rng = Rng::with_seed(SEED);
    let mut buffer = vec![0; LONGEST_PACKET];
    loop {
        let length = from.recv(&mut buffer)?;
        let due = Instant::now() + delay.of_one_packet(&mut rng);
        let due = delay.next_burst(first, due);
        if queue.send((due, buffer[..length].to_vec())).is_err() {
            return Ok(());
        }
    }
}

impl Delay {
    fn of_one_packet(self, rng: &mut Rng) -> Duration {
        let [middle, jitter] = [self.milliseconds, self.jitter].map(|ms| u64::from(ms) * 1_000);
        let least = middle.saturating_sub(jitter);
        Duration::from_micros(rng.u64(least..=middle + jitter))
    }

    /// When what is ready at `ready` leaves.
    fn next_burst(self, first: Instant, ready: Instant) -> Instant {
        let period = u128::from(self.burst) * 1_000;
        let since = ready.saturating_duration_since(first).as_micros();
        let rest = since.checked_rem(period).map_or(0, |over| period - over);
        ready + Duration::from_micros(rest as u64)
    }
}
