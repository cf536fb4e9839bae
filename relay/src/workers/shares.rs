//! Who owns which relayed port.

use std::ops::RangeInclusive;

/// The relayed ports in contiguous shares, one for each worker.
#[derive(Clone, Debug)]
pub(super) struct Shares {
    ports: RangeInclusive<u16>,
    /// Ports of each worker; the last one has the remainder as well.
    each: u16,
    workers: usize,
}

impl Shares {
    /// There are never more workers than ports.
    pub(super) fn new(ports: RangeInclusive<u16>, workers: usize) -> Self {
        let count = usize::from(*ports.end() - *ports.start()) + 1;
        let workers = workers.clamp(1, count);
        // At most 65535 / 1: ports begin at 1.
        let each = u16::try_from(count / workers).unwrap_or(u16::MAX);
        Self {
            ports,
            each,
            workers,
        }
    }

    pub(super) fn workers(&self) -> usize {
        self.workers
    }

    pub(super) fn of_worker(&self, worker: usize) -> RangeInclusive<u16> {
        let worker_index = u16::try_from(worker).unwrap_or(0);
        let first = *self.ports.start() + worker_index * self.each;
        if worker + 1 == self.workers {
            return first..=*self.ports.end();
        }
        first..=first + (self.each - 1)
    }

    pub(super) fn owner(&self, port: u16) -> Option<usize> {
        let offset = port.checked_sub(*self.ports.start())?;
        let owner = usize::from(offset / self.each).min(self.workers - 1);
        self.ports.contains(&port).then_some(owner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_port_has_one_owner_whose_share_holds_it() {
        for (ports, workers) in [
            (49152..=65535, 3),
            (1..=65535, 64),
            (5000..=5000, 4),
            (10..=16, 4),
        ] {
            let shares = Shares::new(ports.clone(), workers);
            for port in ports.clone() {
                let owners: Vec<usize> = (0..shares.workers())
                    .filter(|&worker| shares.of_worker(worker).contains(&port))
                    .collect();
                assert_eq!(owners, [shares.owner(port).unwrap()], "{port} of {ports:?}");
            }
            assert_eq!(shares.owner(ports.start() - 1), None);
        }
    }
}
