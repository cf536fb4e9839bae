//! `earshot check` in a case of the table: from the user's machine, without a browser.

use super::{
    case::Case,
    play::{PASSWORD, Stage},
    server::Kind,
};
use crate::program;
use serde_json::Value;

/// Those of our own relay, as a user of it has them.
const OURS: [&str; 3] = [
    "turn:relay.test.example:3478?transport=udp",
    "turn:relay.test.example:3478?transport=tcp",
    "turns:relay.test.example:443?transport=tcp",
];

/// What the program said.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Its exit code.
    pub code: Option<i32>,
    /// What `--json` printed.
    pub json: Value,
    /// What `--junit` wrote.
    pub junit: String,
    /// What it said besides.
    pub said: String,
}

/// Checks the server of a case. `None`, after saying why: it is skipped, because this machine lacks something.
///
/// # Errors
/// It printed no JSON, or wrote no XML; everything that it said.
pub fn check(case: &Case) -> Option<Result<Checked, String>> {
    let stage = Stage::build(case)?;
    let _servers = stage.serve()?;
    stage.make_faults();
    let (servers, junit) = (stage.file("servers.json"), stage.file("junit.xml"));
    std::fs::write(&servers, ice_servers(case)).expect("a file can be written");
    let output = stage
        .network
        .user()
        .command(program::binary())
        .args([
            "check",
            "--json",
            "--ice-servers",
            &servers,
            "--junit",
            &junit,
        ])
        .env("SSL_CERT_FILE", stage.authority.certificate())
        .output()
        .expect("the program can be started");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let read = || {
        let json = serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
        let junit = std::fs::read_to_string(junit).map_err(|error| error.to_string())?;
        Ok((json, junit))
    };
    Some(match read() {
        Ok((json, junit)) => Ok(Checked {
            code: output.status.code(),
            json,
            junit,
            said,
        }),
        Err(error) => {
            let error: String = error;
            Err(format!("{error}; the program said:\n{said}"))
        }
    })
}

fn ice_servers(case: &Case) -> String {
    if case.server.kind != Kind::Ours {
        return case.server.ice_servers();
    }
    serde_json::json!([{"urls": OURS, "username": "earshot", "credential": PASSWORD}]).to_string()
}
