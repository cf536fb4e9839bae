//! A configuration, read line by line as coturn reads it.

use super::options::{self, Kind, OptionEntry};
use crate::coturn::text::plain;

/// coturn reads so many bytes of a line, and takes the rest for the next line.
pub const LONGEST_LINE: usize = 1023;

/// A line that says something.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its number, from 1.
    pub number: usize,
    /// The name as it is written.
    pub name: String,
    /// What stands behind it, without quotation marks around it. Empty: nothing.
    pub value: String,
    /// What the name means. `None`: coturn does not know it, and ignores the line.
    pub option: Option<&'static OptionEntry>,
    /// The known name that is written most alike, where coturn does not know this one.
    pub nearest: Option<&'static str>,
    /// It is longer than what coturn reads of a line.
    pub too_long: bool,
}

/// A whole configuration.
#[derive(Clone, Debug, Default)]
pub struct Conf {
    /// The lines that say something, in order.
    pub lines: Vec<Line>,
}

impl Conf {
    /// Reads it. Whatever the bytes are, each line of them is something.
    pub fn read(bytes: &[u8]) -> Self {
        let lines = bytes.split(|byte| *byte == b'\n').enumerate();
        Self {
            lines: lines
                .filter_map(|(index, line)| Line::read(index + 1, line))
                .collect(),
        }
    }

    /// All lines with one of these names.
    pub fn all<'a>(&'a self, names: &'a [&str]) -> impl Iterator<Item = &'a Line> {
        self.lines
            .iter()
            .filter(move |line| names.contains(&line.name.as_str()))
    }

    /// The last line with that name that is not empty: of several, coturn goes by the last.
    pub fn last(&self, name: &str) -> Option<&Line> {
        let mut of_name = self.lines.iter().filter(|line| line.name == name);
        of_name.rfind(|line| !line.value.is_empty())
    }

    /// The line that turns this flag on, if it is on.
    pub fn on(&self, name: &str) -> Option<&Line> {
        let line = self.lines.iter().rfind(|line| line.name == name)?;
        match line.option?.kind {
            Kind::Mark => Some(line),
            _ => (boolean(&line.value) == Some(true)).then_some(line),
        }
    }

    /// The number in the last line with that name, if it is one.
    pub fn number(&self, name: &str) -> Option<(&Line, i64)> {
        let line = self.last(name)?;
        Some((line, line.value.parse().ok()?))
    }

    /// The port in the last line with that name, else the usual one.
    pub fn port(&self, name: &str, usual: u16) -> u16 {
        self.last(name)
            .and_then(|line| line.value.parse().ok())
            .unwrap_or(usual)
    }
}

impl Line {
    fn read(number: usize, bytes: &[u8]) -> Option<Self> {
        let too_long = bytes.len() > LONGEST_LINE;
        let read = &bytes[..bytes.len().min(LONGEST_LINE)];
        let text = String::from_utf8_lossy(read);
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            return None;
        }
        let separator = |c: char| matches!(c, ' ' | '=' | '\t');
        let (name, value) = text.split_once(separator).unwrap_or((text, ""));
        let value = value.trim_start_matches(separator);
        // Double quotation marks are taken off, single ones are not.
        let value = match value.strip_prefix('"') {
            Some(inner) => inner.strip_suffix('"').unwrap_or(inner),
            None => value,
        };
        let option = options::find(name);
        Some(Self {
            number,
            name: name.to_owned(),
            value: value.to_owned(),
            option,
            nearest: match option {
                Some(_) => None,
                None => options::nearest(name),
            },
            too_long,
        })
    }

    /// The name as it may be shown: a line without a name may be a user with a password, and a word that stands alone
    /// and is like no name the secret of the line before.
    pub fn shown_name(&self) -> String {
        let is_word = |c: char| c.is_ascii_lowercase() || matches!(c, '-' | '_' | ';');
        match self.name.split_once(':') {
            Some((name, _)) => format!("{}:…", plain(name)),
            None if self.is_unlike_all() && !self.name.chars().all(is_word) => "…".to_owned(),
            None => plain(&self.name),
        }
    }

    /// No name that coturn knows, nor like one, and nothing stands behind it.
    fn is_unlike_all(&self) -> bool {
        self.option.is_none() && self.nearest.is_none() && self.value.is_empty()
    }

    /// The line as it may be shown: without secrets.
    pub fn shown(&self) -> String {
        let name = self.shown_name();
        if self.value.is_empty() {
            return name;
        }
        let value = match self.option.map(|option| option.kind) {
            // What coturn does not know may be the misspelt name of a secret.
            Some(Kind::Hidden) | None => "…".to_owned(),
            // Where the colon is missing, the password may stand there all the same.
            Some(Kind::User) => match self.value.split_once(':') {
                Some((user, _)) => format!("{}:…", plain(user)),
                None => "…".to_owned(),
            },
            Some(_) => shown_value(&self.value),
        };
        format!("{name}={value}")
    }
}

/// A value that is no secret, without what stands in the wrong place beside it: a comment may say anything, and the
/// address of a database has a password in it.
fn shown_value(value: &str) -> String {
    let marks = [" #", "\t#"].iter().filter_map(|mark| value.find(mark));
    let (value, comment) = match marks.min() {
        Some(at) => (&value[..at], " #…"),
        None => (value, ""),
    };
    let small = value.to_ascii_lowercase();
    let is_address_of_somebody = small
        .split_once("://")
        .is_some_and(|(_, rest)| rest.contains('@'));
    match is_address_of_somebody || small.contains("password=") {
        true => format!("…{comment}"),
        false => format!("{}{comment}", plain(value)),
    }
}

/// A line as it may be shown, wherever it is quoted.
pub fn shown(line: &str) -> String {
    Line::read(0, line.as_bytes()).map_or_else(String::new, |line| line.shown())
}

/// Yes or no, as coturn reads it. `None`: coturn takes it for neither and does not start.
pub fn boolean(value: &str) -> Option<bool> {
    match value.as_bytes().first() {
        None => Some(true),
        Some(b'0' | b'n' | b'N' | b'f' | b'F') => Some(false),
        Some(b'1'..=b'9' | b'y' | b'Y' | b't' | b'T') => Some(true),
        Some(_) => match value {
            "on" | "ON" | "On" => Some(true),
            "off" | "OFF" | "Off" => Some(false),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What coturn 4.6.1 makes of these lines was seen by starting it with them.
    #[test]
    fn lines_are_read_as_coturn_reads_them() {
        for (line, name, value) in [
            ("realm=voicechat", "realm", "voicechat"),
            ("user = user:password", "user", "user:password"),
            ("\tfingerprint", "fingerprint", ""),
            ("stale-nonce=600 \r", "stale-nonce", "600"),
            ("realm voicechat # mine", "realm", "voicechat # mine"),
            ("realm=\"my realm\"", "realm", "my realm"),
            ("realm='v'", "realm", "'v'"),
            ("--lt-cred-mech", "--lt-cred-mech", ""),
            ("user=a:b=c", "user", "a:b=c"),
        ] {
            let conf = Conf::read(line.as_bytes());
            let found = &conf.lines[0];
            assert_eq!((found.name.as_str(), found.value.as_str()), (name, value));
        }
        assert!(Conf::read(b"\n  \n# realm=x\n  #\n").lines.is_empty());
    }

    #[test]
    fn what_is_no_text_is_a_line_that_coturn_does_not_know() {
        let conf = Conf::read(b"\xff\xfe\0realm=x\n\xef\xbb\xbfrealm=y\nrealm=z");
        assert_eq!(conf.lines.len(), 3);
        assert!(conf.lines[0].option.is_none() && conf.lines[1].option.is_none());
        assert_eq!(conf.last("realm").unwrap().number, 3);
    }

    #[test]
    fn no_secret_is_shown() {
        let text = "user=alice:hunter2hunter2\nstatic-auth-secret=hunter2\ncli-password=hunter2\n\
                    pkey-pwd=hunter2\npsql-userdb=\"password=hunter2\"\nstatic-auth-sceret=hunter2\n\
                    realm=voicechat";
        let shown: Vec<_> = Conf::read(text.as_bytes())
            .lines
            .iter()
            .map(Line::shown)
            .collect();
        assert!(!shown.concat().contains("hunter2"), "{shown:?}");
        assert_eq!(shown[0], "user=alice:…");
        assert_eq!(shown[6], "realm=voicechat");
    }

    #[test]
    fn of_several_lines_the_last_counts_and_an_empty_one_does_not() {
        let conf = Conf::read(b"realm=a\nno-auth\nrealm=b\nrealm=\nno-auth=no\nuse-auth-secret=no");
        assert_eq!(conf.last("realm").unwrap().value, "b");
        assert!(conf.on("no-auth").is_none());
        assert!(
            conf.on("use-auth-secret").is_some(),
            "coturn reads no “no” here"
        );
    }

    #[test]
    fn yes_and_no_are_what_coturn_takes_for_them() {
        for (value, expected) in [
            ("", Some(true)),
            ("no", Some(false)),
            ("off", Some(false)),
            ("0", Some(false)),
            ("true", Some(true)),
            ("on", Some(true)),
            ("# users", None),
            ("maybe", None),
        ] {
            assert_eq!(boolean(value), expected, "{value}");
        }
    }
}
