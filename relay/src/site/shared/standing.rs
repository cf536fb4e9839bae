//! Whether the database answers, as far as is known.

use std::time::Instant;

/// It answers, until it is found that it does not.
#[derive(Debug, Default)]
pub(super) struct Standing {
    is_away: bool,
    /// When it answered last; of one that is away, when that was found.
    since: Option<Instant>,
}

/// What is to be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    Away,
    Back,
}

impl Standing {
    /// It did not answer the last time.
    pub(super) fn is_away(&self) -> bool {
        self.is_away
    }

    /// Takes in that a question of `asked` was answered now, or failed. Several are under way at once, and each takes its
    /// own time to fail: of one that was asked before the opposite was known, nothing new is learnt.
    pub(super) fn heed(&mut self, is_answered: bool, asked: Instant, now: Instant) -> Option<News> {
        let is_news = is_answered == self.is_away;
        if is_news && self.since.is_some_and(|since| asked < since) {
            return None;
        }
        if is_news || is_answered {
            self.since = Some(now);
        }
        self.is_away = !is_answered;
        is_news.then_some(if is_answered { News::Back } else { News::Away })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_question_that_was_asked_before_the_last_answer_tells_nothing_new() {
        let start = Instant::now();
        let at = |second| start + Duration::from_secs(second);
        let mut standing = Standing::default();
        let cases = [
            (true, 0, 1, None),
            // It goes away, and whoever asks finds so.
            (false, 2, 3, Some(News::Away)),
            (false, 2, 4, None),
            // An answer that was on its way before.
            (true, 2, 5, None),
            (false, 4, 5, None),
            (true, 5, 6, Some(News::Back)),
            // This one hung the whole time, and this one until after another answer.
            (false, 4, 7, None),
            (true, 7, 8, None),
            (false, 7, 9, None),
            (true, 9, 10, None),
            (false, 11, 12, Some(News::Away)),
        ];
        for (is_answered, asked, now, expected) in cases {
            let news = standing.heed(is_answered, at(asked), at(now));
            assert_eq!(news, expected, "asked at {asked}, {is_answered} at {now}");
        }
        assert!(standing.is_away());
    }
}
