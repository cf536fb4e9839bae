//! `earshot check --browser PAGE_URL`: the page's own test in a Chromium of this machine, so that what is tested is
//! what people get.
//!
//! The browser is driven by its own `chromedriver` through W3C WebDriver. The page is opened at `?auto`, which begins
//! the test without a click; its end is an event in the page (`<html data-run="done">`), and the report is read from
//! the page's API by the page itself, with the certificates that the browser trusts.

mod arguments;
mod driver;
mod junit;
mod outcome;
mod session;

pub use arguments::{Options, arguments};

use crate::terminal::{harmless, is_read};
use driver::Driver;
use outcome::Outcome;
use session::Session;
use std::{io::Write, process::ExitCode};

/// A run has ten seconds; a page on a slow network and a busy machine take their time before and after.
const RUN_SECONDS: u64 = 60;
/// What the page needs to come.
const LOAD_SECONDS: u64 = 30;

/// Makes the test and tells its outcome. 0: all is well; 1: a fault was found; 2: the test could not be made.
pub fn run(options: &Options) -> ExitCode {
    let told = test(options).and_then(|outcome| tell(&outcome, options));
    ExitCode::from(told.unwrap_or_else(|words| {
        // Pages and drivers have words of their own in it.
        anstream::eprintln!("earshot check: {}", harmless(&words));
        2
    }))
}

fn tell(outcome: &Outcome, options: &Options) -> Result<u8, String> {
    if let Some(path) = &options.junit {
        std::fs::write(path, junit::report(outcome)?)
            .map_err(|error| format!("--junit {} cannot be written: {error}", path.display()))?;
    }
    let text = match options.json {
        true => outcome.json() + "\n",
        false => outcome.to_string(),
    };
    let mut out = anstream::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    is_read(written).map_err(|error| format!("the result cannot be printed: {error}"))?;
    Ok(outcome.exit_code())
}

fn test(options: &Options) -> Result<Outcome, String> {
    let page = address(&options.page)?;
    let driver = Driver::start(options.chromedriver.as_deref())?;
    let session = Session::begin(&driver, options)?;
    // What stands behind a # is told nobody: it may be the secret of a link's owner.
    let (whole, page) = (&page, page.split('#').next().unwrap_or(&page));
    anstream::eprintln!(
        "testing {} in {}",
        harmless(page),
        harmless(&session.browser)
    );
    session.open(whole, page)?;
    let ended = session.run_later(WAIT)?;
    let field = |name: &str| ended[name].as_str().map(str::to_owned);
    if let Some(words) = field("wrong") {
        return Err(format!("{page}: {words}"));
    }
    let cause = field("cause").unwrap_or_default();
    let Some(report) = field("report") else {
        return Err(format!(
            "the test of {page} ended with “{cause}”, but its report was not saved: look at the page in a browser, and \
             at the program's log"
        ));
    };
    Outcome::check_id(&report, page)?;
    let read = session.run_later(&READ.replace("REPORT", &report))?;
    let status = read["status"].as_u64();
    match (status, read["text"].as_str()) {
        (Some(200), Some(text)) => Outcome::read(text, page, &report),
        (Some(status), _) => Err(format!(
            "the report {report} of {page} could not be read: HTTP {status}"
        )),
        (None, _) => Err(format!(
            "the report {report} of {page} could not be read: {}",
            read["wrong"].as_str().unwrap_or("the page gave no answer")
        )),
    }
}

/// Waits for the end of the page's test; `wrong`: there will be none.
const WAIT: &str = "
    const root = document.documentElement;
    const shown = id => document.querySelector(id + ':not([hidden])');
    const look = () => {
        const { run, report, cause } = root.dataset;
        if (run === 'done') return { report, cause };
        if (!document.querySelector('#app'))
            return { wrong: `this is no page of earshot, but “${document.title || location.href}”: give the address that \
earshot says at its start` };
        if (shown('#too-old')) return { wrong: 'the browser is too old for the page: install a newer one' };
        if (shown('#failed')) return { wrong: 'the page did not load whole: is something between that blocks a part of it?' };
    };
    const found = look();
    if (found) return done(found);
    const observer = new MutationObserver(() => {
        const found = look();
        if (found) { observer.disconnect(); done(found); }
    });
    observer.observe(root, { attributes: true, subtree: true, attributeFilter: ['data-run', 'hidden'] });";

/// Reads the report whose id stands in place of the word.
const READ: &str = "
    fetch('/api/reports/REPORT')
        .then(async answer => done({ status: answer.status, text: await answer.text() }))
        .catch(error => done({ wrong: String(error) }));";

/// The address at which the page begins its test by itself.
fn address(page: &str) -> Result<String, String> {
    let page = page.trim();
    let rest = ["http://", "https://"]
        .iter()
        .find_map(|scheme| page.strip_prefix(scheme));
    if rest.is_none_or(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#'])) {
        return Err(format!(
            "“{page}” is not the address of a page: write for example https://hear.example.org"
        ));
    }
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
    if host.is_some_and(|host| host.contains('@')) {
        return Err(
            "the page's address holds a user or a password, and browsers let no such page use its API: give the address \
             without"
                .to_owned(),
        );
    }
    let (page, fragment) = match page.split_once('#') {
        Some((page, fragment)) => (page, format!("#{fragment}")),
        None => (page, String::new()),
    };
    let query = page.split_once('?').map(|(_, query)| query);
    Ok(match query {
        Some(query) if query.split('&').any(|word| word == "auto") => format!("{page}{fragment}"),
        Some(_) => format!("{page}&auto{fragment}"),
        None if rest.is_some_and(|rest| rest.contains('/')) => format!("{page}?auto{fragment}"),
        None => format!("{page}/?auto{fragment}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_opened_so_that_it_begins_by_itself() {
        for (page, expected) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/?auto"),
            (" https://a.example.org/ ", "https://a.example.org/?auto"),
            ("https://a.example.org/?auto", "https://a.example.org/?auto"),
            (
                "https://a.example.org/?x=1",
                "https://a.example.org/?x=1&auto",
            ),
            (
                "https://a/s/token#owner=x",
                "https://a/s/token?auto#owner=x",
            ),
        ] {
            assert_eq!(address(page).unwrap(), expected);
        }
        for page in ["", "a.example.org", "turn:a", "https://", "http:///x"] {
            let words = address(page).unwrap_err();
            assert!(words.contains("https://hear.example.org"), "{words}");
        }
        let words = address("https://anna:hush@a.example.org").unwrap_err();
        assert!(!words.contains("hush"), "{words}");
    }

    #[test]
    fn what_is_missing_is_named_with_the_way_out() {
        let options = Options {
            page: "http://127.0.0.1:8080".to_owned(),
            chromedriver: Some("/nowhere/chromedriver".to_owned()),
            ..Options::default()
        };
        let words = test(&options).err().unwrap();
        assert!(words.contains("/nowhere/chromedriver"), "{words}");
        assert!(words.contains("chromium-driver"), "{words}");
    }
}
