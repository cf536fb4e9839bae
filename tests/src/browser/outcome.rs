//! How a run ended.

use super::Browser;
use crate::program::Program;
use serde_json::{Value, json};

/// Looks at the clock again and again, and knows how late it came to that since the last click.
const CLOCK: &str = "const EACH = 20, late = []; let clicked = 0, last = performance.now(); \
    addEventListener('click', () => { clicked = performance.now(); }, true); \
    setInterval(() => { \
        const now = performance.now(); \
        if (now > last + EACH) late.push([last + EACH, now]); \
        last = now; \
    }, EACH); \
    window.stoodStill = ms => late.reduce((sum, [from, to]) => \
        sum + Math.max(0, Math.min(to, clicked + ms) - Math.max(from, clicked)), 0);";

impl Browser {
    /// The same as [`Self::test`], and the milliseconds from click to the end, without those in which the page was not let
    /// run: a busy machine lets every process wait, which is no fault of what is measured.
    pub async fn timed_test(&self, program: &Program) -> (Outcome, u64) {
        self.prepare(CLOCK).await;
        self.devtools("Performance.enable", json!({}));
        self.open(&program.url()).await;
        let before = self.work_ms().await;
        self.click("#test").await;
        let outcome = self.outcome(program).await;
        let duration = outcome.report["duration_ms"].as_u64().expect("it has one");
        let script = format!("return Math.floor(stoodStill({duration}))");
        let still = self.script(&script).await.as_u64().expect("a number");
        // The page comes late to the clock by its own work, too, and that is not forgiven.
        let held_up = still.saturating_sub(self.work_ms().await - before);
        println!("{duration} ms, of which the page was not let run for {held_up}");
        (outcome, duration - held_up)
    }

    /// Milliseconds for which the thread of the page has had a CPU.
    async fn work_ms(&self) -> u64 {
        let answer = self.devtools("Performance.getMetrics", json!({}));
        let metrics = answer["metrics"].as_array().expect("a list");
        let time = metrics.iter().find(|it| it["name"] == "ThreadTime");
        let seconds = time.and_then(|it| it["value"].as_f64());
        (seconds.expect("a number") * 1_000.0).ceil() as u64
    }

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
            console: self.console(),
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
