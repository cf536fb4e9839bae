//! Passwords that are none. They are shown nowhere.

use super::{
    Around, Conf, Finding,
    access::{A_SECRET, has_a_name},
    fault,
    read::Line,
    warning, writing,
};
use crate::coturn::text::plain;
use earshot_report::Code;

/// Passwords and secrets of coturn's own examples and of what is published about it, in small letters.
const PUBLISHED: &[&str] = &[
    // coturn's sample configuration and its example scripts.
    "youhavetoberealistic",
    "0xbc807ee29df3c9ffa736523fb2c4e8ee",
    "hero",
    "kwyjibo",
    "north",
    "logen",
    "qwerty",
    "$5$79a316b350311570$81df9cfb9af7f5e5a76eada31e7097b663a0670f99a3c07ded3f1c8e59c5658a",
    "password1",
    "password2",
    // Step-by-step descriptions.
    "turn123456",
    "turn123",
    "turn1234",
    "turn12345",
    "youhavetochoosepassword",
    "somepassword",
    "somesecret",
    "some-secret",
    "yourpassword",
    "your-password",
    "your_password",
    "yoursecret",
    "your-secret",
    "your_secret",
    "your-secret-key",
    "your-auth-secret",
    "your-static-auth-secret",
    "your_secret_key",
    "mypassword",
    "mysecret",
    "mysecretkey",
    "my-secret",
    "replace-this-secret",
    "changeme",
    "change-me",
    "change_me",
    "changethis",
    "examplepassword",
    "example",
    "exampleuser",
    "turnpassword",
    "turnpass",
    "turnsecret",
    "turnserver",
    "turnuser",
    "coturn",
    "turn",
    "webrtc",
    "webrtcpassword",
    "openrelayproject",
    // What everybody tries first.
    "password",
    "password123",
    "passw0rd",
    "p@ssw0rd",
    "pass",
    "secret",
    "secret123",
    "supersecret",
    "admin",
    "admin123",
    "administrator",
    "root",
    "user",
    "guest",
    "guest123",
    "test",
    "test123",
    "test1234",
    "testpassword",
    "demo",
    "letmein",
    "welcome",
    "123456",
    "1234567",
    "12345678",
    "123456789",
    "1234567890",
    "abc123",
    "abcdef",
];

/// Shorter ones are guessed: an answer of the server is enough to try them without asking it again.
const SHORTEST_PASSWORD: usize = 12;
/// A shared secret is all that keeps strangers out, and nobody has to type it.
const SHORTEST_SECRET: usize = 16;
/// What coturn takes for a key instead of a password: `0x` and the 16 or 32 bytes of a hash.
const KEY_LENGTHS: [usize; 2] = [2 + 32, 2 + 64];

/// The secret in a line that has one, and the line to write instead.
fn secret(line: &Line) -> Option<(&str, String)> {
    match line.name.as_str() {
        "user" => {
            let (name, password) = line.value.split_once(':')?;
            let write = format!("user={}:<a long random password>", plain(name));
            Some((password, write))
        }
        "static-auth-secret" => Some((&line.value, A_SECRET.to_owned())),
        "cli-password" => Some((
            &line.value,
            "cli-password=<a long random password>".to_owned(),
        )),
        _ => None,
    }
}

fn is_published(secret: &str) -> bool {
    PUBLISHED.contains(&secret.to_ascii_lowercase().as_str())
}

pub(super) fn users_are_written_right(conf: &Conf, _: &Around<'_>, found: &mut Vec<Finding>) {
    for line in conf.all(&["user"]) {
        let (_, password) = line.value.split_once(':').unwrap_or(("", ""));
        let is_key = password.starts_with("0x");
        let what = if !has_a_name(line) || password.is_empty() {
            "A user has no password"
        } else if is_key && !KEY_LENGTHS.contains(&password.len()) {
            "A user's key is not of the right length"
        } else {
            continue;
        };
        let why = "coturn refuses this user. A line is user=name:password, or user=name:0x… with the key that \
                   `turnadmin -k` prints.";
        // Where the colon is missing, what stands there may be the password.
        let name = match line.value.split_once(':') {
            Some((name, _)) if !name.is_empty() => plain(name),
            _ => "<name>".to_owned(),
        };
        found.push(
            fault("user-without-password", what, why)
                .cause(Code::CredentialsWrong)
                .at(line.number)
                .replace(line.number, format!("user={name}:<a long random password>")),
        );
    }
}

pub(super) fn published(conf: &Conf, _: &Around<'_>, found: &mut Vec<Finding>) {
    for line in &conf.lines {
        let Some((secret, write)) = secret(line).filter(|(secret, _)| is_published(secret)) else {
            continue;
        };
        let what = match line.name.as_str() {
            "user" => "A user's password is one of those that stand in published examples",
            "cli-password" => {
                "The console's password is one of those that stand in published examples"
            }
            _ => "The shared secret is one of those that stand in published examples",
        };
        let why = format!(
            "Strangers try it first{}. Make another one, for example with `openssl rand -hex 24`.",
            match secret.starts_with("0x") || line.name == "cli-password" {
                true => "",
                false => ", and then relay at your expense",
            }
        );
        found.push(
            fault("password-published", what, why)
                .at(line.number)
                .replace(line.number, write),
        );
    }
}

pub(super) fn weak(conf: &Conf, _: &Around<'_>, found: &mut Vec<Finding>) {
    for line in &conf.lines {
        let Some((secret, write)) = secret(line) else {
            continue;
        };
        let hashed = secret.starts_with("0x") || secret.starts_with("$5$");
        if secret.is_empty() || hashed || is_published(secret) || writing::is_to_fill_in(secret) {
            continue;
        }
        let shortest = match line.name.as_str() {
            "static-auth-secret" => SHORTEST_SECRET,
            _ => SHORTEST_PASSWORD,
        };
        let name = line.value.split(':').next().unwrap_or_default();
        let what = if line.name == "user" && secret.eq_ignore_ascii_case(name) {
            "A user's password is the user's name".to_owned()
        } else if secret.chars().count() < shortest {
            format!("A password or secret has fewer than {shortest} characters")
        } else {
            continue;
        };
        let why = "It is soon guessed. Make another one, for example with `openssl rand -hex 24`.";
        found.push(
            warning("password-weak", what, why)
                .at(line.number)
                .replace(line.number, write),
        );
    }
}
