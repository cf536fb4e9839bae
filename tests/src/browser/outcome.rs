//! How a run ended.

use super::Browser;
use crate::program::Program;
use serde_json::{Value, json};

impl Browser {
    /// Waits for the end of a run and reads its report from the API.
    pub async fn outcome(&self, program: &Program) -> Outcome {
        // A save may have to be tried again, and until then the run is over without a report.
        let is_saved = self.appears("html[data-run=done][data-report]").await;
        let id = self.html_attribute("data-report").await;
        let (Some(id), Ok(_)) = (id, is_saved) else {
            let log = program.running.log();
            let story = self.story().await;
            panic!("the run did not end with a saved report\n{story}\nThe program's log:\n{log}");
        };
        Outcome {
            cause: self.html_attribute("data-cause").await.unwrap_or_default(),
            report: program.report(&id),
            id,
            log: program.running.log(),
            console: self.console().await,
        }
    }

    /// Opens the program's page, presses *Test my connection*, and waits for the verdict.
    pub async fn test(&self, program: &Program) -> Outcome {
        self.open(&program.url()).await;
        self.click("#test").await;
        self.outcome(program).await
    }
}

/// How a run ended, for one who asks about it.
#[derive(Debug)]
pub struct Outcome {
    /// `data-cause`.
    pub cause: String,
    /// `data-report`.
    pub id: String,
    /// The report, as scripts read it.
    pub report: Value,
    log: String,
    console: String,
}

impl Outcome {
    /// The verdict must be this one, on the page and in the report. Tells everything otherwise.
    pub fn expect(&self, status: &str, cause: &str, actor: &str) {
        let expected = json!({ "status": status, "cause": cause, "actor": actor });
        let verdict = &self.report["verdict"];
        assert!(
            *verdict == expected && self.cause == cause,
            "expected {expected}, found {verdict}\n{}",
            self.story()
        );
    }

    /// Report, console and log.
    pub fn story(&self) -> String {
        format!(
            "{:#}\nThe page's console:\n{}\nThe program's log:\n{}",
            self.report, self.console, self.log
        )
    }
}
