//! Clicks that prove that they hit.

use super::{Browser, LOOK, RUN};
use fantoccini::error::{CmdError, ErrorStatus};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

/// Listens for a click into what a CSS selector finds at that moment, before the page hears of it. Returns which
/// document this is.
const AIM: &str = "if (!window.clickAim) { \
        addEventListener('click', event => { \
            if (event.target.closest?.(window.clickAim)) window.clickHit = true; \
        }, true); \
    } \
    window.clickAim = arguments[0]; \
    window.clickHit = false; \
    return performance.timeOrigin;";
/// Which document this is, and whether it was clicked.
const HIT: &str = "return [performance.timeOrigin, window.clickHit]";

impl Browser {
    /// Clicks what a CSS selector finds, once it is there. Between the aim and the click a page may draw it anew or push
    /// it away: then it is aimed at again. What was hit is never clicked twice.
    pub async fn click(&self, css: &str) {
        let deadline = Instant::now() + RUN;
        loop {
            let missed = match self.try_click(css).await {
                Ok(()) => return,
                Err(missed) => missed,
            };
            let is_over = Instant::now() >= deadline;
            if is_over || !missed.as_ref().is_none_or(may_be_aimed_at_again) {
                panic!("{css} is not hit: {missed:?}\n{}", self.story().await);
            }
            sleep(LOOK).await;
        }
    }

    /// Clicks once; an error: it was not hit, and what the driver says of that.
    async fn try_click(&self, css: &str) -> Result<(), Option<CmdError>> {
        let element = self.wait_for(css).await;
        // It fails while one page follows another.
        let aim = self.client.execute(AIM, vec![json!(css)]).await;
        let document = aim.map_err(|_| None)?;
        let clicked = element.click().await;
        match self.answered(HIT).await {
            // The click has led away.
            hit if hit[0] != document => Ok(()),
            hit if hit[1] == Value::Bool(true) => Ok(()),
            _ => Err(clicked.err()),
        }
    }

    /// What a script returns as soon as there is a page for it.
    async fn answered(&self, script: &str) -> Value {
        let deadline = Instant::now() + RUN;
        loop {
            match self.client.execute(script, Vec::new()).await {
                Ok(answer) => return answer,
                Err(error) => assert!(Instant::now() < deadline, "no page answers: {error}"),
            }
            sleep(LOOK).await;
        }
    }
}

/// The page moved it, or has put something before it.
fn may_be_aimed_at_again(error: &CmdError) -> bool {
    let again = [
        ErrorStatus::StaleElementReference,
        ErrorStatus::ElementClickIntercepted,
    ];
    matches!(error, CmdError::Standard(said) if again.contains(&said.error))
}
