//! Playing the cases of two people one after the other, for each is two browsers, and telling how they ended.

use super::{
    case::PairCase,
    play::{self, Played},
};
use crate::lab::company::Company;
use std::{
    fmt::Write,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

/// How a case ended.
#[derive(Clone, Debug)]
pub struct PairRow {
    /// The case.
    pub case: PairCase,
    /// `None`: it was not played; the reason was said. An error: there were no verdicts.
    pub end: Option<Result<Played, String>>,
}

impl PairRow {
    /// Both read what they must, in time.
    pub fn is_right(&self) -> bool {
        matches!(&self.end, Some(Ok(played)) if played.is_right(&self.case) && self.is_in_time())
    }

    /// It was not played.
    pub fn is_skipped(&self) -> bool {
        self.end.is_none()
    }

    fn is_late(&self) -> bool {
        let read = self.end.as_ref().and_then(|end| end.as_ref().ok());
        read.is_some_and(|played| played.is_right(&self.case)) && !self.is_in_time()
    }

    fn is_in_time(&self) -> bool {
        matches!(&self.end, Some(Ok(played)) if played.duration <= self.case.deadline)
    }

    /// One line for a terminal.
    pub fn line(&self) -> String {
        let PairCase {
            name, owner, guest, ..
        } = &self.case;
        match &self.end {
            None => format!("skipped {name}"),
            Some(Err(_)) => format!("NOTHING {name}: there were no verdicts"),
            Some(Ok(played)) if !played.is_right(&self.case) => format!(
                "WRONG   {name}: the owner reads {} instead of {}, the guest {} instead of {}",
                played.owner, owner.expected, played.guest, guest.expected
            ),
            Some(Ok(played)) => format!(
                "{} {name}: {}, {}, {:.1} s",
                if self.is_in_time() {
                    "right  "
                } else {
                    "LATE   "
                },
                played.owner.cause,
                played.guest.cause,
                played.duration.as_secs_f64()
            ),
        }
    }

    /// What was said in it.
    pub fn story(&self) -> &str {
        match &self.end {
            None => "",
            Some(Ok(played)) => &played.story,
            Some(Err(story)) => story,
        }
    }
}

/// Plays every case. Stories of what went wrong are kept in `stories`. One that was late beside others is played once more
/// alone, and that counts.
pub fn play(cases: &[PairCase], stories: &Path, tell: impl Fn(&PairRow)) -> Vec<PairRow> {
    let one = |case: &PairCase, company: &Company| {
        // A part that does not start ends its own case, not the matrix.
        let played = catch_unwind(AssertUnwindSafe(|| play::play(case, company)));
        let end = played.unwrap_or_else(|_| Some(Err("it could not be played".to_owned())));
        let row = PairRow {
            case: case.clone(),
            end,
        };
        tell(&row);
        let file = stories.join(format!("{}.txt", case.name));
        if !row.is_right()
            && !row.is_skipped()
            && let Err(error) =
                std::fs::create_dir_all(stories).and_then(|()| std::fs::write(file, row.story()))
        {
            println!("lab: the story of {} cannot be kept: {error}", case.name);
        }
        row
    };
    // One place for all of them: given up after each case it would go to who plays alone, and a place for two is free but
    // rarely.
    let company = Company::of(2);
    let rows: Vec<PairRow> = cases.iter().map(|case| one(case, &company)).collect();
    let had_others = company.had_others();
    drop(company);
    let judged = |row: PairRow| match row.is_late() && had_others {
        true => one(&row.case, &Company::none()),
        false => row,
    };
    rows.into_iter().map(judged).collect()
}

/// The second table of `docs/fault-matrix.md`.
pub fn markdown(rows: &[PairRow]) -> String {
    let right = rows.iter().filter(|row| row.is_right()).count();
    let mut text = format!(
        "\n# Two people\n\nWho made a link and who opened it, each in a network of their own, call each other; this is what both read at the \
         end.\n\n{right} of {} right.\n\n\
         | case | owner | guest | owner must read | owner reads | guest must read | guest reads | seconds |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- |\n",
        rows.len()
    );
    for PairRow { case, end } in rows {
        let (owner, guest, seconds) = match end {
            Some(Ok(played)) => (
                played.owner.to_string(),
                played.guest.to_string(),
                format!("{:.1}", played.duration.as_secs_f64()),
            ),
            Some(Err(_)) => (
                "**nothing**".to_owned(),
                "**nothing**".to_owned(),
                "–".to_owned(),
            ),
            None => ("skipped".to_owned(), "skipped".to_owned(), "–".to_owned()),
        };
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {owner} | {} | {guest} | {seconds} |",
            case.name, case.owner.words, case.guest.words, case.owner.expected, case.guest.expected
        );
    }
    text.push_str("\nWhy these are the right ones:\n\n");
    for PairRow { case, .. } in rows {
        let _ = writeln!(text, "- **{}**: {}", case.name, case.why);
    }
    text
}
