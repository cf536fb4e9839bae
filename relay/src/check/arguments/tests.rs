//! What is asked for, and what is refused.

use super::*;

fn read(arguments: &[&str], environment: &[(&str, &str)]) -> Result<Request, Vec<String>> {
    let matches = command()
        .name("check")
        .get_matches_from([&["check"], arguments].concat());
    let environment = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Request::read(&matches, &environment.collect())
}

const PASSWORD_SET: &[(&str, &str)] = &[("TURN_PASSWORD", "hidden")];

#[test]
fn the_command_line_is_well_formed() {
    command().debug_assert();
}

#[test]
fn a_uri_without_a_transport_stands_for_two() {
    let arguments = [
        "--username=u",
        "turn:a.example",
        "turns:a.example",
        "turns:a.example?transport=udp",
        "turn:a.example?transport=tcp",
        "stun:b.example",
    ];
    let request = read(&arguments, PASSWORD_SET).ok().unwrap();
    let Source::Uris { urls, login } = request.source else {
        panic!("URIs were given");
    };
    let urls: Vec<String> = urls.iter().map(ToString::to_string).collect();
    assert_eq!(
        urls,
        [
            "turn:a.example:3478?transport=udp",
            "turn:a.example:3478?transport=tcp",
            "turns:a.example:5349?transport=tcp",
            "turns:a.example:5349?transport=udp",
            "stun:b.example:3478"
        ]
    );
    assert!(matches!(login, Login::Password { .. }));
    assert_eq!((request.talk, request.watch), (TALK, None));
}

#[test]
fn everything_that_is_wrong_is_named_at_once() {
    let arguments = [
        "relay.example.org",
        "turn://a.example",
        "stun:a.example?transport=udp",
        "--password-file=/nowhere/p",
        "--seconds=0",
        "--watch=soon",
        "--metrics-listen=here",
        "--junit=/nowhere/j.xml",
    ];
    let problems = read(&arguments, &[]).err().unwrap();
    for named in [
        "perhaps turn:relay.example.org",
        "without them",
        "asks for a transport",
        "/nowhere/p cannot be read",
        "--seconds “0”",
        "--watch “soon”",
        "--metrics-listen “here”",
        "/nowhere/j.xml does not exist",
    ] {
        let count = problems.iter().filter(|it| it.contains(named)).count();
        assert_eq!(count, 1, "{named}: {problems:#?}");
    }
    assert_eq!(problems.len(), 8, "{problems:#?}");
}

#[test]
fn what_is_missing_is_asked_for() {
    for (arguments, environment, named) in [
        (&[][..], &[][..], "nothing to check"),
        (&["turn:a.example"], &[], "needs credentials"),
        (
            &["turn:a.example", "--username=u"],
            &[],
            "user u has no password",
        ),
        (&["turn:a.example", "--password=p"], &[], "no user name"),
        (
            &[
                "turn:a.example",
                "--username=u",
                "--password=p",
                "--secret=s",
            ],
            &[],
            "one of them",
        ),
        (
            &["stun:a.example", "--ice-servers=f"],
            &[],
            "URIs and --ice-servers",
        ),
        (
            &["--ice-servers=f", "--username=u"],
            PASSWORD_SET,
            "leave --username",
        ),
        (
            &["stun:a.example", "--metrics-listen=127.0.0.1:1"],
            &[],
            "add --watch",
        ),
    ] {
        let problems = read(arguments, environment).err().unwrap();
        let is_named = matches!(&problems[..], [one] if one.contains(named));
        assert!(is_named, "{arguments:?}: {problems:?}");
        assert!(!problems[0].contains("hidden"));
    }
    assert!(read(&["stun:a.example"], &[]).is_ok());
}

#[test]
fn flags_come_before_the_environment() {
    let both = [
        ("TURN_USERNAME", "e"),
        ("TURN_PASSWORD", "p"),
        ("TURN_SECRET", "s"),
    ];
    for (arguments, environment, minted) in [
        (&[][..], &both[..], None),
        (&["--secret=x"], &both, Some("e")),
        (&["--password=x"], &both, None),
        (&[], &both[2..], Some("check")),
        (&["--username=ann"], &both[2..], Some("ann")),
    ] {
        let arguments = [&["turn:a.example"], arguments].concat();
        let request = read(&arguments, environment).ok().unwrap();
        let Source::Uris { login, .. } = request.source else {
            panic!("URIs were given");
        };
        let name = match login {
            Login::Minted { name, .. } => Some(name),
            _ => None,
        };
        assert_eq!(name.as_deref(), minted, "{arguments:?}");
    }
}

#[test]
fn of_a_file_only_the_first_line_is_read() {
    let file = tempfile::NamedTempFile::new().unwrap();
    // Where the file is cut off, a letter is cut in two.
    std::fs::write(&file, format!("pass\n{}", "ж".repeat(4_000))).unwrap();
    let path = format!("--password-file={}", file.path().display());
    let request = read(&["turn:a.example", "--username=ann", &path], &[]);
    let Source::Uris { login, .. } = request.ok().unwrap().source else {
        panic!("URIs were given");
    };
    let Login::Password { password, .. } = login else {
        panic!("a password was given");
    };
    assert_eq!(password.expose(), "pass");
}
