//! Who has made a link shows it by a secret, which this tab keeps: it is part of no address, so nobody is sent it with the
//! link.

use crate::{api, browser, state::Help};
use earshot_report::api::link::LinkRequest;

/// Makes a link, keeps its owner's secret, and opens it.
pub async fn make_link() -> Help {
    // Before the link is made, which would be nobody's.
    if !browser::keeps_in_tab() {
        return Help::Forgetful;
    }
    let ticket = match api::make_link("", &LinkRequest::default()).await {
        Ok(ticket) => ticket,
        Err(failure) => return Help::Refused(failure),
    };
    if !browser::keep_in_tab(&place(&ticket.token), &ticket.owner) {
        return Help::Forgetful;
    }
    browser::open_path(&format!("/s/{}", ticket.token));
    // For whoever comes back to this page as it was.
    Help::Idle
}

/// The owner's secret of the link of this token, where this tab has made it, or was opened with it: then it is taken out
/// of the address at once.
pub fn secret(token: &str) -> Option<String> {
    let fragment = browser::fragment();
    let Some(secret) = fragment.strip_prefix("owner=") else {
        return browser::kept_in_tab(&place(token));
    };
    browser::keep_in_tab(&place(token), secret);
    let (path, query) = browser::location();
    browser::show_path(&format!("{path}{query}"));
    Some(secret.to_owned())
}

/// What lets this tab read a report that not everybody may read.
pub fn report_secret(id: &str) -> Option<String> {
    browser::kept_in_tab(&report_place(id))
}

/// Lets this tab read that report.
pub fn keep_report_secret(id: &str, secret: &str) {
    browser::keep_in_tab(&report_place(id), secret);
}

fn report_place(id: &str) -> String {
    format!("earshot.report.{id}")
}

fn place(token: &str) -> String {
    format!("earshot.owner.{token}")
}
