//! What is written to a terminal or into a pipe: whether anybody still reads, and words that came from elsewhere.

use std::io;

/// Whether somebody still reads: who reads no further, as `head` does, has read enough, and that is no failure.
pub(crate) fn is_read(written: io::Result<()>) -> io::Result<bool> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error),
    }
}

/// The character as it may be shown: a control, or one of Unicode's invisible ones, which turn the direction of a text
/// round, becomes a mark. What is left is seen, and leaves the other characters where they are.
pub(crate) fn shown(c: char) -> char {
    let invisible = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    match c.is_control() || invisible {
        true => '\u{fffd}',
        false => c,
    }
}

/// A text of which each line may be shown.
pub(crate) fn harmless(text: &str) -> String {
    let harmless = |c| if c == '\n' { c } else { shown(c) };
    text.chars().map(harmless).collect()
}

/// JSON that says the same and may be shown. Beside its strings it holds no such characters but those of RFC 8259
/// section 2, and in them none of these.
pub(crate) fn harmless_json(json: &str) -> String {
    let mut told = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '\t' | '\r' => told.push(' '),
            c if c == '\n' || shown(c) == c => told.push(c),
            c => told.push_str(&format!("\\u{:04x}", u32::from(c))),
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn who_reads_no_further_has_read_enough() {
        let (reader, mut writer) = io::pipe().unwrap();
        assert!(is_read(writer.write_all(b"x")).unwrap());
        drop(reader);
        assert!(!is_read(writer.write_all(b"x")).unwrap());
        let mut full = std::fs::File::create("/dev/full").unwrap();
        assert!(is_read(full.write_all(b"x")).is_err());
    }

    #[test]
    fn what_came_from_elsewhere_moves_no_cursor() {
        let text = "a\u{1b}[2J\u{9b}b\u{202e}\r\nc";
        assert_eq!(harmless(text), "a�[2J�b��\nc");
        let json = serde_json::to_string_pretty(&[text]).unwrap();
        let shown = harmless_json(&json);
        assert_eq!(shown, "[\n  \"a\\u001b[2J\\u009bb\\u202e\\r\\nc\"\n]");
        assert_eq!(serde_json::from_str::<[String; 1]>(&shown).unwrap(), [text]);
        assert_eq!(harmless_json("{\t\"a\":\r\n1}"), "{ \"a\": \n1}");
    }
}
