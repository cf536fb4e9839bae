//! What 500 links with two pages each cost the program: no test, so it is built with the feature `measure` alone. With a
//! release build of the program:
//! `EARSHOT_BIN=… cargo test -p earshot-tests --features measure --test whole many_links -- --nocapture`

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use super::links::{ANNA, Page};
use earshot_report::api::link::LinkTicket;
use earshot_tests::{http, postgres::Postgres, program::Settings};
use futures_util::{StreamExt, stream};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::{
    fs,
    net::Ipv4Addr,
    time::{Duration, Instant},
};

const LINKS: u32 = 500;
const IDLE: Duration = Duration::from_secs(60);

/// Two sockets for each link are more files than a process may usually open.
fn open_more_files() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    setrlimit(Resource::Nofile, raised).unwrap();
}

/// Resident memory in MB, and seconds of CPU so far.
fn cost(process: u32) -> (u64, f64) {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kilobytes: u64 = line
        .unwrap()
        .split_whitespace()
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let ticks: u64 = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(|ticks| ticks.parse::<u64>().unwrap())
        .sum();
    // Linux counts a hundred in a second, wherever programs see it.
    (kilobytes / 1024, ticks as f64 / 100.0)
}

async fn measure(settings: Settings, name: &str) {
    open_more_files();
    let program = settings.start();
    let process = program.running.id();
    let (memory, _) = cost(process);
    println!("{name}: {memory} MB at first");
    let begun = Instant::now();
    let tickets: Vec<LinkTicket> = (0..LINKS)
        .map(|nth| {
            // Each from an address of its own.
            let from = Ipv4Addr::from(0x0a00_0000 + nth).to_string();
            let headers = [
                ("content-type", "application/json"),
                ("x-forwarded-for", from.as_str()),
            ];
            let made = http::request(program.http(), "POST", "/api/links", &headers, "{}");
            assert_eq!(made.status, 201, "{made:?}");
            serde_json::from_value(made.json()).unwrap()
        })
        .collect();
    let (_, cpu) = cost(process);
    println!(
        "{name}: {LINKS} links made in {:?}, {cpu} s of CPU so far",
        begun.elapsed()
    );
    let begun = Instant::now();
    let open = async |ticket: &LinkTicket| {
        let mut owner = Page::open(program.http(), &ticket.token, &ticket.owner, 0).await;
        let mut guest = Page::open(program.http(), &ticket.token, ANNA, 0).await;
        guest.signal("hello").await;
        assert_eq!(owner.signalled().await, "hello");
        owner.signal("and you").await;
        assert_eq!(guest.signalled().await, "and you");
        (owner, guest)
    };
    let mut pages: Vec<(Page, Page)> = stream::iter(&tickets)
        .map(open)
        .buffer_unordered(100)
        .collect()
        .await;
    let (memory, cpu) = cost(process);
    println!(
        "{name}: opened in {:?}, {memory} MB, {cpu} s of CPU so far",
        begun.elapsed()
    );
    // Pages answer pings by reading.
    let reading = pages.iter_mut().flat_map(|(owner, guest)| [owner, guest]);
    let reading = reading.map(|page| async {
        let said = page.next().await;
        panic!("nothing happens now: {said:?}");
    });
    let reading = futures_util::future::join_all(reading);
    let _ = tokio::time::timeout(IDLE, reading).await;
    let (memory, after) = cost(process);
    let share = 100.0 * (after - cpu) / IDLE.as_secs_f64();
    println!("{name}: idle for {IDLE:?}: {memory} MB, {share:.2} % of one core");
    let begun = Instant::now();
    let talk = pages.iter_mut().map(|(owner, guest)| async {
        for nth in 0..10 {
            owner.signal(&nth.to_string()).await;
            assert_eq!(guest.signalled().await, nth.to_string());
        }
    });
    futures_util::future::join_all(talk).await;
    let (memory, busy) = cost(process);
    println!(
        "{name}: {} messages across in {:?}: {memory} MB, {:.2} s of CPU",
        LINKS * 10,
        begun.elapsed(),
        busy - after
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn measures_five_hundred_links() {
    measure(Settings::new(), "SQLite").await;
    if let Some(server) = Postgres::shared() {
        measure(
            Settings::new().set("DATABASE_URL", &server.database()),
            "PostgreSQL",
        )
        .await;
    }
}
