//! Why a test could not be made, and the way out.

use crate::{browser, state::Run};
use std::fmt;

/// Why a test could not be made. Each says the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProbeError {
    /// What was asked for cannot be tested: everything that is wrong with it, each in a sentence.
    Request(Vec<String>),
    /// There is no page of a browser around this code.
    NoPage,
    /// Nothing that is this program answers there, or the browser does not show the answer to this page.
    NoProgram {
        /// Where it was looked for.
        address: String,
        /// What came instead, in a sentence.
        why: String,
        /// This page's origin, which the program has to let in where it is another than its own.
        page: String,
    },
    /// The program answered that it will not.
    Refused {
        /// Where it is.
        address: String,
        /// Its sentence.
        why: String,
    },
}

impl fmt::Display for ProbeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(wrong) => write!(f, "this cannot be tested: {}", wrong.join("; ")),
            Self::NoPage => f.write_str(
                "the probes need a page of a browser: put \
                 `wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);` into the test",
            ),
            Self::NoProgram { address, why, page } => {
                write!(
                    f,
                    "no earshot answers at {address} ({why}). Is it running there? Start it with `earshot serve`"
                )?;
                if address != page {
                    write!(
                        f,
                        ". Does it let this page in? A page at another origin reads no answer unless it is told: set \
                         CORS_ORIGIN={} for it (an origin of the browser's own machine; without a port it means any)",
                        without_port(page)
                    )?;
                }
                Ok(())
            }
            Self::Refused { address, why } => write!(f, "earshot at {address} refuses: {why}"),
        }
    }
}

impl std::error::Error for ProbeError {}

/// The test runner's port is another one each time.
fn without_port(origin: &str) -> &str {
    match origin.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => origin,
    }
}

/// Why a run against the program at `address` did not begin.
pub(super) fn no_program(address: String, run: Run) -> ProbeError {
    let why = run.not_saved.unwrap_or_default();
    match run.facts.environment.api_reachable.is_yes() {
        true => ProbeError::Refused { address, why },
        false => ProbeError::NoProgram {
            address,
            why,
            page: browser::absolute(""),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn no_program(page: &str) -> String {
        let error = ProbeError::NoProgram {
            address: "http://127.0.0.1:8080".to_owned(),
            why: "Failed to fetch".to_owned(),
            page: page.to_owned(),
        };
        error.to_string()
    }

    #[test]
    fn another_origin_is_told_what_lets_it_in() {
        let words = no_program("http://127.0.0.1:43210");
        assert!(words.contains("CORS_ORIGIN=http://127.0.0.1 "), "{words}");
        let words = no_program("http://[::1]:43210");
        assert!(words.contains("CORS_ORIGIN=http://[::1] "), "{words}");
        let words = no_program("http://localhost");
        assert!(words.contains("CORS_ORIGIN=http://localhost "), "{words}");
        // One origin is no part of another.
        let words = no_program("http://127.0.0.1:80");
        assert!(words.contains("CORS_ORIGIN=http://127.0.0.1 "), "{words}");
        let words = no_program("http://127.0.0.1:8080");
        assert!(
            !words.contains("CORS_ORIGIN") && words.contains("earshot serve"),
            "{words}"
        );
    }

    /// A program that answers no is there, and no way to it has to be mended.
    #[test]
    fn a_refusal_is_told_in_the_programs_words() {
        let mut run = Run::new(crate::state::Origin::Configured);
        run.facts.environment.api_reachable = true.into();
        run.not_saved = Some("too many tests".to_owned());
        let error = super::no_program("http://a".to_owned(), run);
        assert!(matches!(error, ProbeError::Refused { .. }), "{error}");
        assert_eq!(
            error.to_string(),
            "earshot at http://a refuses: too many tests"
        );
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let wrong = vec!["one thing".to_owned(), "another".to_owned()];
        let words = ProbeError::Request(wrong).to_string();
        assert_eq!(words, "this cannot be tested: one thing; another");
    }
}
