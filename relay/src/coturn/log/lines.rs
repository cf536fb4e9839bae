//! Lines of a file of any size, in bounded memory.

use std::io::{self, BufRead};

/// So much of a line is looked at: coturn cuts its own off at 1024 bytes, and other programs put something before it.
pub(super) const LONGEST: usize = 4096;

/// Hands out lines, cut off where they are too long, with what is no text replaced.
pub(super) struct Lines<R> {
    input: R,
    bytes: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    /// The lines of this.
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            bytes: Vec::with_capacity(LONGEST),
        }
    }

    /// The next line. `None`: there is none.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn next_line(&mut self) -> io::Result<Option<String>> {
        self.bytes.clear();
        let mut any = false;
        loop {
            let buffer = match self.input.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            if buffer.is_empty() {
                break;
            }
            any = true;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let line = &buffer[..end.unwrap_or(buffer.len())];
            let room = LONGEST - self.bytes.len();
            self.bytes.extend_from_slice(&line[..line.len().min(room)]);
            let used = end.map_or(buffer.len(), |end| end + 1);
            self.input.consume(used);
            if end.is_some() {
                break;
            }
        }
        Ok(any.then(|| without_colours(&String::from_utf8_lossy(&self.bytes))))
    }
}

/// Programs colour what they write to a terminal, and some write a log the same way: ECMA-48 section 5.4.
fn without_colours(line: &str) -> String {
    let line = line.trim_end();
    if !line.contains('\u{1b}') {
        return line.to_owned();
    }
    let mut plain = String::with_capacity(line.len());
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        if c != '\u{1b}' {
            plain.push(c);
            continue;
        }
        if rest.next() == Some('[') {
            let _ = rest.find(|c| ('@'..='~').contains(c));
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    fn all(bytes: &[u8]) -> Vec<String> {
        // A buffer smaller than a line, as pipes hand it out.
        let mut lines = Lines::new(BufReader::with_capacity(7, bytes));
        std::iter::from_fn(|| lines.next_line().unwrap()).collect()
    }

    #[test]
    fn lines_come_whole_whatever_the_buffer() {
        assert_eq!(
            all(b"a long line\r\n\nanother"),
            ["a long line", "", "another"]
        );
        assert!(all(b"").is_empty());
    }

    #[test]
    fn a_line_of_any_length_takes_bounded_room() {
        let mut bytes = vec![b'x'; 10 * LONGEST];
        bytes.extend_from_slice(b"\nnext");
        let lines = all(&bytes);
        assert_eq!(lines[0].len(), LONGEST);
        assert_eq!(lines[1], "next");
    }

    #[test]
    fn what_is_no_text_and_what_is_colour_does_no_harm() {
        let lines = all(b"\xff\xfe x\n\x1b[2m12:00\x1b[0m \x1b[32m INFO\x1b[0m y\n\x1b[\n");
        assert_eq!(lines, ["\u{fffd}\u{fffd} x", "12:00  INFO y", ""]);
    }
}
