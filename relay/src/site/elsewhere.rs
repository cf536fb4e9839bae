//! What other relays know of a run.

use crate::{
    ledger::{merged, without_denials},
    store::runs::{Heard, News},
};
use earshot_report::facts::{NativeProbe, Sightings};

/// What the others told last, and what was told to them.
#[derive(Default)]
pub(super) struct Elsewhere {
    sightings: Vec<(i64, Sightings)>,
    /// They were asked, and the last time they could be.
    is_heard: bool,
}

impl Elsewhere {
    /// Takes the place of what was told before. Returns what was found by the native probes of who began the run.
    pub(super) fn hear(&mut self, heard: Heard) -> Option<Vec<NativeProbe>> {
        self.is_heard = true;
        self.sightings.clear();
        let mut probes = None;
        for (node, news) in heard.news {
            match news {
                News::Sightings(sightings) => self.sightings.push((node, *sightings)),
                News::Probes(found) => probes = Some(found),
            }
        }
        probes
    }

    pub(super) fn miss(&mut self) {
        self.is_heard = false;
    }

    /// What all relays saw. What a relay may have seen that is still to be heard is not denied.
    pub(super) fn join(&self, here: Option<Sightings>, awaited: Awaited) -> Option<Sightings> {
        let told = self
            .sightings
            .iter()
            .map(|(_, sightings)| sightings.clone());
        let all = merged(here.into_iter().chain(told))?;
        let is_heard = match awaited {
            Awaited::Nobody => true,
            Awaited::Others => self.is_heard,
            Awaited::Node(node) => {
                let mut tellers = self.sightings.iter().map(|(teller, _)| *teller);
                self.is_heard && tellers.any(|teller| teller == node)
            }
            Awaited::InVain => false,
        };
        Some(match is_heard {
            true => all,
            false => without_denials(all),
        })
    }
}

/// Whose word it takes to deny that something came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Awaited {
    /// This relay is alone.
    Nobody,
    /// Those that have something to say.
    Others,
    /// This one, too: whoever began the run always has something to say.
    Node(i64),
    /// The others cannot be asked.
    InVain,
}

#[cfg(test)]
mod tests {
    use super::*;
    use earshot_report::facts::{Fact, TransportSightings};

    fn udp(seen: Fact) -> Sightings {
        Sightings {
            udp: TransportSightings {
                listening: Fact::Yes,
                seen,
                ..TransportSightings::default()
            },
            ..Sightings::default()
        }
    }

    fn told(by: &[(i64, Fact)]) -> Heard {
        let news = by.iter().map(|(node, seen)| {
            let sightings = Box::new(udp(*seen));
            (*node, News::Sightings(sightings))
        });
        Heard {
            over: false,
            news: news.collect(),
        }
    }

    #[test]
    fn nothing_is_denied_before_those_are_heard_who_may_know() {
        use Awaited::{InVain, Nobody, Node, Others};
        use Fact::{No, NotMeasured, Yes};
        let never: &[&[(i64, Fact)]] = &[];
        let silent: &[&[(i64, Fact)]] = &[&[]];
        // (why, what was told one time after the other, whose word is awaited, what is said of UDP)
        let cases = [
            ("one relay alone knows", never, Nobody, No),
            ("the others were not asked yet", never, Others, NotMeasured),
            ("the others have nothing to say", silent, Others, No),
            (
                "the others cannot be asked now",
                silent,
                InVain,
                NotMeasured,
            ),
            (
                "whoever began it has not spoken",
                silent,
                Node(7),
                NotMeasured,
            ),
            ("another has spoken", &[&[(8, No)]], Node(7), NotMeasured),
            ("whoever began it has spoken", &[&[(7, No)]], Node(7), No),
            (
                "another cannot tell",
                &[&[(7, No), (8, NotMeasured)]],
                Node(7),
                NotMeasured,
            ),
            ("another saw it", &[&[(8, Yes)]], InVain, Yes),
            (
                "the latest word is what counts",
                &[&[(8, NotMeasured)], &[(8, No)]],
                Others,
                No,
            ),
        ];
        for (why, words, awaited, expected) in cases {
            let mut elsewhere = Elsewhere::default();
            for word in words {
                elsewhere.hear(told(word));
            }
            let seen = elsewhere.join(Some(udp(No)), awaited).unwrap();
            assert_eq!(seen.udp.seen, expected, "{why}");
        }
        let mut missed = Elsewhere::default();
        missed.hear(told(&[]));
        missed.miss();
        assert_eq!(
            missed.join(Some(udp(No)), Others).unwrap().udp.seen,
            NotMeasured
        );
    }

    #[test]
    fn without_a_relay_here_the_others_are_heard() {
        let mut elsewhere = Elsewhere::default();
        assert_eq!(elsewhere.join(None, Awaited::Nobody), None);
        elsewhere.hear(told(&[(7, Fact::Yes)]));
        assert_eq!(elsewhere.join(None, Awaited::Node(7)), Some(udp(Fact::Yes)));
    }
}
