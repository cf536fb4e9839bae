//! The part of `earshot check`'s command line that is about a browser.

use clap::{Arg, ArgAction, ArgMatches};
use std::{collections::BTreeMap, path::PathBuf};

const BROWSER: &str = "browser";
const INSECURE: &str = "insecure";
const NO_SANDBOX: &str = "no-sandbox";
const JSON: &str = "json";
const JUNIT: &str = "junit";

/// What is to be tested, and how it is told.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The page's address.
    pub page: String,
    /// Tell the report as JSON.
    pub json: bool,
    /// Where JUnit's XML goes.
    pub junit: Option<PathBuf>,
    /// Open the page though its certificate is not trusted.
    pub insecure: bool,
    /// Start the browser without its sandbox, as containers often need.
    pub no_sandbox: bool,
    /// Where chromedriver lies; `None`: it is looked for.
    pub chromedriver: Option<String>,
    /// Which browser chromedriver starts; `None`: the one that it finds.
    pub chrome: Option<String>,
}

/// The flags, beside `--json` and `--junit`, which `check` has anyhow. `others` are its arguments that are about servers and mean
/// nothing here.
pub fn arguments(others: &'static [&'static str]) -> [Arg; 3] {
    let flag = |name: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .action(ArgAction::SetTrue)
            .requires(BROWSER)
            // Where another argument forbids a page, clap requires none any more.
            .conflicts_with_all(others)
            .help(help)
    };
    [
        Arg::new(BROWSER)
            .long(BROWSER)
            .value_name("PAGE_URL")
            .conflicts_with_all(others)
            .help(
                "Makes the test of earshot's page at this address in a headless Chromium of this machine, as people make \
                 it [environment: CHROMEDRIVER and CHROME say where driver and browser lie]",
            ),
        flag(
            INSECURE,
            "With --browser: opens the page though its certificate is not trusted",
        ),
        flag(
            NO_SANDBOX,
            "With --browser: starts the browser without its sandbox, as containers often need",
        ),
    ]
}

impl Options {
    /// What was asked for; `None`: no browser was.
    pub fn read(matches: &ArgMatches, environment: &BTreeMap<String, String>) -> Option<Self> {
        let place = |name| {
            let place: Option<&String> = environment.get(name);
            place.filter(|place| !place.trim().is_empty()).cloned()
        };
        Some(Self {
            page: matches.get_one::<String>(BROWSER)?.clone(),
            json: matches.get_flag(JSON),
            junit: matches.get_one::<PathBuf>(JUNIT).cloned(),
            insecure: matches.get_flag(INSECURE),
            no_sandbox: matches.get_flag(NO_SANDBOX),
            chromedriver: place("CHROMEDRIVER"),
            chrome: place("CHROME"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Command, builder::ValueParser};

    fn read(words: &[&str], environment: &[(&str, &str)]) -> Result<Option<Options>, clap::Error> {
        let command = Command::new("check")
            .arg(Arg::new("uri"))
            .arg(Arg::new(JSON).long(JSON).action(ArgAction::SetTrue))
            .arg(
                Arg::new(JUNIT)
                    .long(JUNIT)
                    .value_parser(ValueParser::path_buf()),
            )
            .args(arguments(&["uri"]));
        let pairs = environment
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()));
        let environment = pairs.collect();
        let matches = command.try_get_matches_from([&["check"], words].concat())?;
        Ok(Options::read(&matches, &environment))
    }

    #[test]
    fn a_page_is_asked_for_by_its_flag() {
        assert!(read(&["turn:a"], &[]).unwrap().is_none());
        let environment = [("CHROMEDRIVER", "/opt/chromedriver"), ("CHROME", " ")];
        let words = ["--browser", "https://a", "--json", "--no-sandbox"];
        let options = read(&words, &environment).unwrap().unwrap();
        assert_eq!(options.page, "https://a");
        assert!(options.json && options.no_sandbox && !options.insecure);
        let places = (options.chromedriver.as_deref(), options.chrome.as_deref());
        assert_eq!(places, (Some("/opt/chromedriver"), None));
    }

    #[test]
    fn page_and_servers_are_two_things() {
        assert!(read(&["--browser", "https://a", "turn:a"], &[]).is_err());
        assert!(read(&["turn:a", "--insecure"], &[]).is_err());
    }
}
