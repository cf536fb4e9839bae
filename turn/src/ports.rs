//! The choice of relayed ports: at random, so that strangers cannot guess them (RFC 8656 section 7.2, RFC 6056).

use rand::{Rng, rngs::StdRng};
use std::ops::RangeInclusive;

/// A free port within the range, even if asked for. Begins at a random one and takes the first that is free.
pub(crate) fn choose(
    random: &mut StdRng,
    range: &RangeInclusive<u16>,
    even: bool,
    is_free: impl Fn(u16) -> bool,
) -> Option<u16> {
    if range.is_empty() {
        return None;
    }
    let start = random.random_range(range.clone());
    (start..=*range.end())
        .chain(*range.start()..start)
        .find(|&port| port != 0 && (!even || port % 2 == 0) && is_free(port))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn every_free_port_of_the_range_is_found_and_no_other() {
        let mut random = StdRng::from_seed([1; 32]);
        for even in [false, true] {
            let mut taken = Vec::new();
            while let Some(port) = choose(&mut random, &(101..=110), even, |port| {
                !taken.contains(&port)
            }) {
                taken.push(port);
            }
            taken.sort_unstable();
            let expected = (101..=110).filter(|port| !even || port % 2 == 0);
            assert_eq!(taken, expected.collect::<Vec<u16>>());
        }
    }

    #[test]
    fn bounds_do_no_harm() {
        let mut random = StdRng::from_seed([2; 32]);
        let mut choose = |range| choose(&mut random, &range, false, |_| true);
        assert_eq!(choose(0..=0), None);
        assert_eq!(choose(u16::MAX..=u16::MAX), Some(u16::MAX));
        #[expect(
            clippy::reversed_empty_ranges,
            reason = "a setting may be the wrong way round"
        )]
        let empty = 10..=9;
        assert_eq!(choose(empty), None);
    }
}
