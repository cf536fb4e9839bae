//! The program is killed while it saves: what it has promised is there afterwards, and whole.

use earshot_tests::{http, program::Settings};
use std::{
    net::SocketAddr,
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
};

/// One address may begin so many runs at once.
const RUNS: usize = 25;
/// Some are saved, and some are on their way, when the program is killed.
const SAVED_BEFORE_THE_KILL: usize = 8;

/// Sends a report; its id, where the program said that it is saved.
fn save(server: SocketAddr, run: &str) -> Option<String> {
    let body = r#"{"duration_ms": 1234, "facts": {}}"#;
    let json = [("Content-Type", "application/json")];
    let path = format!("/api/runs/{run}/report");
    let answer = http::try_request(server, "POST", &path, &json, body).ok()?;
    (answer.status == 200).then(|| answer.json()["id"].as_str().map(str::to_owned))?
}

#[test]
fn killed_while_saving_all_that_was_promised_is_whole() {
    let mut program = Settings::new().start();
    let server = program.http();
    let runs: Vec<String> = (0..RUNS)
        .map(|_| {
            let ticket = http::post(server, "/api/runs", "{}").json();
            ticket["run"].as_str().expect("a run").to_owned()
        })
        .collect();
    let (promised, promises) = mpsc::channel();
    let is_killed = AtomicBool::new(false);
    let mut saved = Vec::new();
    std::thread::scope(|scope| {
        for share in runs.chunks(RUNS.div_ceil(4)) {
            let (promised, is_killed) = (promised.clone(), &is_killed);
            scope.spawn(move || {
                for run in share {
                    if is_killed.load(Ordering::Relaxed) {
                        return;
                    }
                    if let Some(id) = save(server, run) {
                        promised.send(id).expect("somebody listens");
                    }
                }
            });
        }
        drop(promised);
        saved.extend(promises.iter().take(SAVED_BEFORE_THE_KILL));
        program.running.kill();
        is_killed.store(true, Ordering::Relaxed);
        // Answers that were on their way are promises too.
        saved.extend(promises.iter());
    });
    assert!(saved.len() >= SAVED_BEFORE_THE_KILL, "{saved:?}");

    let program = program.restart();
    for id in &saved {
        let report = program.report(id);
        assert_eq!(report["id"].as_str(), Some(id.as_str()));
        assert_eq!(report["duration_ms"], 1234, "{report}");
        assert!(report["verdict"]["status"].is_string(), "{report}");
    }
    let log = program.end();
    assert!(!log.contains("aside"), "the database was damaged:\n{log}");
}
