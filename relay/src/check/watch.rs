//! The same check again and again.

use super::{NOT_RUN, arguments::Request, check, metrics::Metrics, print, sentences, tell};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    time::{MissedTickBehavior, interval},
};

/// Checks until the program is told to end. The first result is told whole, later ones in a line, and whole again when
/// the verdict is another.
///
/// # Errors
/// It could not be run.
pub(super) async fn watch(request: &Request, pause: Duration) -> Result<u8, Vec<String>> {
    let metrics = Arc::new(Metrics::default());
    if let Some(address) = request.metrics {
        serve(address, metrics.clone()).await?;
    }
    let mut terminate = signal(SignalKind::terminate())
        .map_err(|error| vec![format!("this machine tells of no signals – {error}")])?;
    let mut interval = interval(pause);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut before = None;
    // Ended before the first result, it says nothing.
    let mut code = NOT_RUN;
    loop {
        let round = async {
            interval.tick().await;
            check(request).await
        };
        let checked = tokio::select! {
            checked = round => checked,
            _ = tokio::signal::ctrl_c() => return Ok(code),
            _ = terminate.recv() => return Ok(code),
        };
        let checked = match checked {
            Ok(checked) => checked,
            Err(problems) if before.is_none() => return Err(problems),
            // An API that is away for a while comes back.
            Err(problems) => {
                metrics.not_run();
                for problem in problems {
                    anstream::eprintln!("earshot check: {problem}");
                }
                continue;
            }
        };
        metrics.note(&checked);
        code = checked.exit_code();
        let verdict = checked.judgement.verdict.clone();
        let told = if request.json || before.as_ref() != Some(&verdict) {
            tell(request, &checked)
        } else {
            let began = OffsetDateTime::from(checked.began).format(&Rfc3339);
            let status = sentences::status(verdict.status);
            let began = began.unwrap_or_default();
            print(&format!("{began} {status} – {}\n", verdict.cause))
        };
        let is_read = told.map_err(|error| vec![format!("{error:#}")])?;
        // Whoever collects the metrics reads on.
        if !is_read && request.metrics.is_none() {
            return Ok(code);
        }
        before = Some(verdict);
    }
}

async fn serve(address: SocketAddr, metrics: Arc<Metrics>) -> Result<(), Vec<String>> {
    let listener = TcpListener::bind(address).await.map_err(|error| {
        vec![format!(
            "--metrics-listen {address} cannot be used – {error}; choose another port"
        )]
    })?;
    let site = axum::Router::new().route(
        "/metrics",
        axum::routing::get(move || std::future::ready(metrics.response())),
    );
    tokio::spawn(crate::http::serve(listener, site));
    Ok(())
}
