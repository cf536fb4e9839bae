//! Looking for words in what browsers and libraries say.

/// Whether `text` has `part`, which is not empty, in it. The standard library's search is made for long texts, and weighs as much in the
/// page as several causes.
pub(crate) fn says(text: &str, part: &str) -> bool {
    let part = part.as_bytes();
    let mut windows = text.as_bytes().windows(part.len());
    windows.any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_finds_what_the_library_finds() {
        let parts = ["host lookup", "a", "é", "lookup ", "kup", "x"];
        let texts = ["TURN host lookup received error.", "a", "aé", "host", ""];
        for text in texts {
            for part in parts {
                assert_eq!(says(text, part), text.contains(part), "{part} in {text}");
            }
        }
    }
}
