//! The command line.

use crate::settings::{
    Key, Problem, Problems, Sources,
    names::{Entry, TABLE},
};
use clap::{Arg, ArgMatches, Command, builder::ValueParser};
use std::{collections::BTreeMap, path::PathBuf};

const CONFIG: &str = "config";
const CONFIG_ENVIRONMENT: &str = "EARSHOT_CONFIG";

/// What is to be done.
pub enum Task {
    /// `earshot serve`.
    Serve(Sources),
}

/// The whole command line.
pub fn command() -> Command {
    let serve = Command::new("serve")
        .about("Runs the relay and its page until it is told to end")
        .long_about(
            "Runs the relay and its page until it is told to end (SIGTERM or Ctrl-C).\n\n\
             A setting is taken from its flag, else from the environment, else from the settings file. Nothing has to \
             be set: without any, page and relay serve this machine and its network.",
        )
        .after_help(
            "In the settings file the names are those of the environment in small letters, for example\n\n    \
             turn_username = \"voicechat\"\n    external_ip = \"203.0.113.7\"\n    \
             allowed_peers = [\"10.1.0.0/16\"]\n\n\
             EARSHOT_LOG sets what is logged: info (usual), debug, earshot=trace …",
        )
        .arg(
            Arg::new(CONFIG)
                .long(CONFIG)
                .value_name("FILE")
                .value_parser(ValueParser::path_buf())
                .help("Settings file, TOML [environment: EARSHOT_CONFIG]"),
        )
        .args(TABLE.iter().filter(|entry| !entry.flag.is_empty()).map(flag));
    Command::new("earshot")
        .about("A TURN relay that tells people why they cannot hear each other")
        .version(clap::crate_version!())
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(serve)
}

fn flag(entry: &Entry) -> Arg {
    let arg = Arg::new(entry.env)
        .long(entry.flag)
        .value_name(entry.value)
        .help(format!("{} [environment: {}]", entry.help, entry.env));
    // A value may begin with a dash, as a made password does.
    arg.allow_hyphen_values(entry.secret)
}

/// What the command line, the environment and the settings file say.
///
/// # Errors
/// The settings file cannot be read.
pub fn task(
    matches: &ArgMatches,
    environment: BTreeMap<String, String>,
) -> Result<Option<Task>, Problems> {
    let Some(("serve", matches)) = matches.subcommand() else {
        return Ok(None);
    };
    let by_environment = environment
        .get(CONFIG_ENVIRONMENT)
        .filter(|path| !path.trim().is_empty())
        .map(PathBuf::from);
    let path = matches
        .get_one::<PathBuf>(CONFIG)
        .cloned()
        .or(by_environment);
    let file = match path {
        None => None,
        Some(path) => match std::fs::read_to_string(&path) {
            Ok(text) => Some((path, text)),
            Err(error) => return Err(Problems(vec![Problem::File { path, error }])),
        },
    };
    let flags: BTreeMap<Key, String> = TABLE
        .iter()
        .filter(|entry| !entry.flag.is_empty())
        .filter_map(|entry| Some((entry.key, matches.get_one::<String>(entry.env)?.clone())))
        .collect();
    Ok(Some(Task::Serve(Sources {
        file,
        environment,
        flags,
    })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        command().debug_assert();
    }

    #[test]
    fn flags_reach_their_settings() {
        let matches = command().get_matches_from([
            "earshot",
            "serve",
            "--turn-realm",
            "r",
            "--turn-password=-dash",
        ]);
        let Some(Task::Serve(sources)) = task(&matches, BTreeMap::new()).unwrap() else {
            panic!("serve was asked for");
        };
        let expected = [(Key::TurnRealm, "r"), (Key::TurnPassword, "-dash")]
            .map(|(key, text)| (key, text.to_owned()));
        assert_eq!(sources.flags, BTreeMap::from(expected));
    }

    #[test]
    fn a_settings_file_that_is_missing_is_named() {
        let matches =
            command().get_matches_from(["earshot", "serve", "--config", "/nowhere/e.toml"]);
        let problems = task(&matches, BTreeMap::new()).err().unwrap().to_string();
        assert!(
            problems.contains("/nowhere/e.toml") && problems.contains("--config"),
            "{problems}"
        );
    }
}
