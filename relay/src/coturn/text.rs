//! Texts for a terminal.

use crate::terminal::shown;

/// What came from elsewhere, so much of it and in such characters that it does no harm.
pub(super) fn plain(text: &str) -> String {
    const LONGEST: usize = 100;
    let mut plain: String = text.chars().take(LONGEST).map(shown).collect();
    if text.chars().nth(LONGEST).is_some() {
        plain.push('…');
    }
    plain
}

/// A time in seconds since 1970, as a date.
pub(super) fn utc(seconds: i64) -> String {
    match time::OffsetDateTime::from_unix_timestamp(seconds) {
        Ok(at) => format!("{} {:02}:{:02} UTC", at.date(), at.hour(), at.minute()),
        Err(_) => format!("second {seconds}"),
    }
}

/// Lines of at most so many characters, broken between words. A word that is longer has a line for itself.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            lines.push(String::new());
            used = 0;
        }
        let line = lines.last_mut().expect("there is one from the start");
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += length;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrapped("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrapped("a-very-long-word b", 5), ["a-very-long-word", "b"]);
        assert_eq!(wrapped("", 5), [""]);
    }

    #[test]
    fn what_came_from_elsewhere_is_short_and_has_no_controls() {
        assert_eq!(plain("a\u{1b}[2Jb\nc\u{202e}d"), "a�[2Jb�c�d");
        assert_eq!(plain(&"x".repeat(1000)).chars().count(), 101);
    }
}
