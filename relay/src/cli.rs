//! The command line.

use crate::{
    settings::{
        Key, Problem, Problems, Sources,
        names::{Entry, TABLE},
    },
    status,
};
use clap::{Arg, ArgAction, ArgMatches, Command, builder::ValueParser};
use std::{collections::BTreeMap, path::PathBuf};

const CONFIG: &str = "config";
const CONFIG_ENVIRONMENT: &str = "EARSHOT_CONFIG";

/// What is to be done.
pub enum Task {
    /// `earshot serve`.
    Serve(Sources),
    /// `earshot status`.
    Status(Sources, status::Options),
}

/// Those of the settings that tell where the running program is, and who may ask it.
const OF_STATUS: [Key; 3] = [Key::HttpListen, Key::DataDir, Key::OperatorKey];

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
        .arg(config())
        .args(TABLE.iter().filter(|entry| !entry.flag.is_empty()).map(flag));
    Command::new("earshot")
        .about("A TURN relay that tells people why they cannot hear each other")
        .version(clap::crate_version!())
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(serve)
        .subcommand(crate::check::command())
        .subcommands(crate::coturn::commands::commands())
        .subcommand(status_command())
}

fn status_command() -> Command {
    let switch = |name: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .action(ArgAction::SetTrue)
            .help(help)
    };
    Command::new("status")
        .about("Says how the running program is; the health check of containers")
        .long_about(
            "Asks the program that runs with these settings how it is: settings, listeners, external address and \
             whether it is proved, sessions, and who was refused why. Give it the environment that the server has, \
             and it finds it.\n\n\
             Exit code: 0, it serves all that it is set to serve; 1, it does not, or does not run; 2, it could not be \
             asked.",
        )
        .arg(switch("json", "JSON, as `GET /api/status` answers it"))
        .arg(switch("show-key", "Prints the operator's key, and nothing else"))
        .arg(config())
        .args(OF_STATUS.map(|key| flag(key.entry())))
}

fn config() -> Arg {
    Arg::new(CONFIG)
        .long(CONFIG)
        .value_name("FILE")
        .value_parser(ValueParser::path_buf())
        .help("Settings file, TOML [environment: EARSHOT_CONFIG]")
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
    Ok(match matches.subcommand() {
        Some(("serve", matches)) => Some(Task::Serve(sources(matches, environment)?)),
        Some(("status", matches)) => {
            let options = status::Options {
                json: matches.get_flag("json"),
                show_key: matches.get_flag("show-key"),
            };
            Some(Task::Status(sources(matches, environment)?, options))
        }
        _ => None,
    })
}

fn sources(
    matches: &ArgMatches,
    environment: BTreeMap<String, String>,
) -> Result<Sources, Problems> {
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
        .filter_map(|entry| {
            // Not every command has every flag.
            let given = matches.try_get_one::<String>(entry.env).ok()??;
            Some((entry.key, given.clone()))
        })
        .collect();
    Ok(Sources {
        file,
        environment,
        flags,
    })
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
