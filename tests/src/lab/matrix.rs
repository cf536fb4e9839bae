//! Playing many cases side by side, and telling how they ended.

use super::{
    browser::Browser,
    case::{Browsers, Case},
    company::Seat,
    play::{self, Played},
};
use std::{
    collections::VecDeque,
    fmt::Write,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// How a case ended in one browser.
#[derive(Clone, Debug)]
pub struct Row {
    /// The case.
    pub case: Case,
    /// The browser.
    pub browser: Browser,
    /// How it ended.
    pub end: End,
}

/// How a case ended.
#[derive(Clone, Debug)]
pub enum End {
    /// The expected verdict, in time.
    Right(Played),
    /// The expected verdict, too late.
    Late(Played),
    /// Another verdict.
    Wrong(Played),
    /// No verdict at all; what was said.
    None(String),
    /// It was not played; the reason was said.
    Skipped,
}

impl Row {
    /// One line for a terminal.
    pub fn line(&self) -> String {
        let Case { name, expected, .. } = &self.case;
        let browser = self.browser;
        let seconds = |played: &Played| played.duration.as_secs_f64();
        match &self.end {
            End::Right(played) => {
                format!(
                    "right   {name}, {browser}: {}, {:.1} s",
                    expected.cause,
                    seconds(played)
                )
            }
            End::Late(played) => format!(
                "LATE    {name}, {browser}: {}, {:.1} s instead of {:.1} s",
                expected.cause,
                seconds(played),
                self.case.deadline.as_secs_f64()
            ),
            End::Wrong(played) => format!(
                "WRONG   {name}, {browser}: {} instead of {expected}",
                played.verdict
            ),
            End::None(_) => format!("NOTHING {name}, {browser}: there was no verdict"),
            End::Skipped => format!("skipped {name}, {browser}"),
        }
    }

    /// What was said in it.
    pub fn story(&self) -> &str {
        match &self.end {
            End::Right(played) | End::Late(played) | End::Wrong(played) => &played.story,
            End::None(story) => story,
            End::Skipped => "",
        }
    }

    /// Whether all is well with it.
    pub fn is_right(&self) -> bool {
        matches!(self.end, End::Right(_))
    }
}

/// Plays every case in every browser that shows it and that is asked for, `jobs` at a time. Stories of what went wrong
/// are kept in `stories`. Each row is told as soon as it is there.
///
/// How long a verdict takes is judged where nothing else is played: a case that was late beside others is played once
/// more alone, and that counts.
pub fn play(
    cases: &[Case],
    browsers: &[Browser],
    jobs: usize,
    stories: &Path,
    tell: impl Fn(&Row) + Sync,
) -> Vec<Row> {
    let waiting: VecDeque<(usize, Case, Browser)> = cases
        .iter()
        .flat_map(|case| browsers.iter().map(move |browser| (case, *browser)))
        .filter(|(case, browser)| shows(case.browsers, *browser))
        .enumerate()
        .map(|(place, (case, browser))| (place, case.clone(), browser))
        .collect();
    let waiting = Mutex::new(waiting);
    let rows = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        // One more makes ready what is played next, unless each is to have the machine to itself.
        let ahead = usize::from(jobs > 1);
        for _ in 0..jobs.max(1) + ahead {
            scope.spawn(|| {
                loop {
                    let next = waiting
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .pop_front();
                    let Some((place, case, browser)) = next else {
                        return;
                    };
                    let mut seat = Seat::of(1);
                    let row = one(case, browser, &mut seat, stories);
                    tell(&row);
                    rows.lock().unwrap_or_else(PoisonError::into_inner).push((
                        place,
                        seat.had_others(),
                        row,
                    ));
                }
            });
        }
    });
    let mut rows = rows.into_inner().unwrap_or_else(PoisonError::into_inner);
    rows.sort_by_key(|(place, ..)| *place);
    let judged = |(_, had_others, row): (usize, bool, Row)| match row.end {
        End::Late(_) if had_others => {
            let row = one(row.case, row.browser, &mut Seat::alone(), stories);
            tell(&row);
            row
        }
        _ => row,
    };
    rows.into_iter().map(judged).collect()
}

fn shows(browsers: Browsers, browser: Browser) -> bool {
    match browsers {
        Browsers::Both => browser != Browser::WebKit,
        Browsers::ChromiumOnly => browser == Browser::Chromium,
        Browsers::FirefoxOnly => browser == Browser::Firefox,
        Browsers::WebKitOnly => browser == Browser::WebKit,
    }
}

fn one(case: Case, browser: Browser, seat: &mut Seat, stories: &Path) -> Row {
    // A part that does not start ends its own case, not the matrix.
    let played = catch_unwind(AssertUnwindSafe(|| play::play(&case, browser, seat)));
    let end = match played.unwrap_or_else(|_| Some(Err("it could not be played".to_owned()))) {
        None => End::Skipped,
        Some(Err(story)) => End::None(story),
        Some(Ok(played)) if played.verdict != case.expected => End::Wrong(played),
        Some(Ok(played)) if played.duration > case.deadline => End::Late(played),
        Some(Ok(played)) => End::Right(played),
    };
    let row = Row { case, browser, end };
    if !row.is_right()
        && let Err(error) = play::keep(row.story(), stories, &row.case, browser)
    {
        println!(
            "lab: the story of {} cannot be kept: {error}",
            row.case.name
        );
    }
    row
}

/// The totals of a matrix, and the slowest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Named right and in time.
    pub right: usize,
    /// Named right, too late.
    pub late: usize,
    /// Another cause than the one there was.
    pub wrong: usize,
    /// A fault, and the verdict was good.
    pub missed: usize,
    /// A healthy network, and the verdict was not good.
    pub false_alarms: usize,
    /// No verdict.
    pub nothing: usize,
    /// Not played.
    pub skipped: usize,
}

impl Totals {
    /// Of these rows.
    pub fn of(rows: &[Row]) -> Self {
        let mut totals = Self::default();
        for row in rows {
            let is_healthy = row.case.expected.status == "good";
            let place = match &row.end {
                End::Right(_) => &mut totals.right,
                End::Late(_) => &mut totals.late,
                End::Wrong(_) if is_healthy => &mut totals.false_alarms,
                End::Wrong(played) if played.verdict.status == "good" => &mut totals.missed,
                End::Wrong(_) => &mut totals.wrong,
                End::None(_) => &mut totals.nothing,
                End::Skipped => &mut totals.skipped,
            };
            *place += 1;
        }
        totals
    }
}

impl std::fmt::Display for Totals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} right, {} late, {} wrong cause, {} missed, {} false alarms, {} without a verdict, {} skipped",
            self.right,
            self.late,
            self.wrong,
            self.missed,
            self.false_alarms,
            self.nothing,
            self.skipped
        )
    }
}

/// The published table: `docs/fault-matrix.md`.
pub fn markdown(rows: &[Row], took: Duration) -> String {
    let mut text = format!(
        "# The fault matrix\n\nMade by `cargo xtask lab --report`. Each case is a network of namespaces with a fault made by \
         nftables or by the\nserver itself, a real TURN server, and a real browser that opens the page and tests by itself; \
         see\n[CONTRIBUTING.md](../CONTRIBUTING.md) for how to add one.\n\n{}; {} minutes.\n\n\
         | case | network | fault | server | browser | expected | verdict | seconds |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- |\n",
        Totals::of(rows),
        (took.as_secs() + 30) / 60,
    );
    for row in rows {
        let case = &row.case;
        let faults: Vec<String> = case.faults.iter().map(ToString::to_string).collect();
        let beside = case.expected.beside.as_ref();
        let beside = beside.map(|cause| format!(" and `{cause}`"));
        let (verdict, seconds) = match &row.end {
            End::Right(played) | End::Late(played) => (
                format!("{} `{}`", played.verdict.status, played.verdict.cause),
                format!("{:.1}", played.duration.as_secs_f64()),
            ),
            End::Wrong(played) => (
                format!("**{} `{}`**", played.verdict.status, played.verdict.cause),
                format!("{:.1}", played.duration.as_secs_f64()),
            ),
            End::None(_) => ("**none**".to_owned(), "–".to_owned()),
            End::Skipped => ("skipped".to_owned(), "–".to_owned()),
        };
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} `{}`{} | {verdict} | {seconds} |",
            case.name,
            if case.network == "-" {
                "–"
            } else {
                &case.network
            },
            if faults.is_empty() {
                "–".to_owned()
            } else {
                faults.join(" ")
            },
            case.server,
            row.browser,
            case.expected.status,
            case.expected.cause,
            beside.unwrap_or_default(),
        );
    }
    text.push_str("\nWhy each verdict is the right one:\n\n");
    let mut told: Vec<&str> = Vec::new();
    for row in rows {
        if !told.contains(&row.case.name.as_str()) {
            told.push(&row.case.name);
            let _ = writeln!(text, "- **{}**: {}", row.case.name, row.case.why);
        }
    }
    text
}
