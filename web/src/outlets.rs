//! The ways in which a run leaves the page: clipboard, share sheet, file, address.

use crate::{
    browser,
    locale::{Locale, keys},
    report_file,
    state::{Copied, Phase, Run},
    summary::{Audience, summary},
};

/// Where the saved report of `run` is shown to everybody.
pub fn report_path(run: &Run) -> Option<String> {
    let saved = run.saved.as_ref().filter(|_| !run.is_private)?;
    Some(format!("/r/{}", saved.id))
}

/// Copies `run` in plain text. What this returns says how it went.
pub fn copy(
    run: &Run,
    locale: &Locale,
    audience: Audience,
) -> impl Future<Output = Copied> + use<> {
    let link = report_path(run).map(|path| browser::absolute(&path));
    let text = summary(run, locale, audience, link.as_deref());
    async move {
        match (browser::copy(&text).await, audience) {
            (false, _) => Copied::Failed,
            (true, Audience::Anybody) => Copied::Summary,
            (true, Audience::Administrator) => Copied::ForAdministrator,
        }
    }
}

/// Opens the share sheet with a saved `run`.
pub fn share(run: &Run, locale: &Locale) {
    let Some(path) = report_path(run) else {
        return;
    };
    let text = summary(run, locale, Audience::Anybody, None);
    let title = locale.text(keys::SUMMARY_TITLE);
    browser::share(title, &text, &browser::absolute(&path));
}

/// Offers `run` as a file.
pub fn download(run: &Run) {
    browser::download(&report_file::name(run), &report_file::json(run));
}

/// Shows scripts what they read from `<html>`: how far the run is (`word`), and when it is over its report and its cause.
pub fn show_to_scripts(run: Option<&Run>, word: Option<&str>) {
    let over = run.filter(|run| run.phase == Phase::Over);
    let report = over.and_then(|run| run.saved.as_ref());
    let cause = over.map(|run| run.judgement.verdict.cause.as_str());
    browser::set_root_attribute("data-report", report.map(|saved| saved.id.as_str()));
    browser::set_root_attribute("data-cause", cause);
    // Last: who waits for "done" reads the others at once.
    browser::set_root_attribute("data-run", word);
}
