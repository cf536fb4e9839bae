//! What the test programs say of themselves, line by line: how many tests ended in which way, and why they failed.

use std::fmt;

/// So begins the reason of an ignored test that another test runs as a program of its own.
const PART_OF_ANOTHER: &str = ", the child of ";

/// Lines of a failed test that are kept from where it panicked on: the sentence, and both sides of a comparison.
const LINES_OF_A_PANIC: usize = 4;

/// How many test cases ended in which way.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    failed: usize,
    /// The reason of each.
    pub(crate) skipped: Vec<String>,
    /// Each failed test's name, and what it said as it failed. Thousands of lines lie between a failure and the end.
    pub(crate) failures: Vec<String>,
    /// The lines being read are those about the failed tests of one test program.
    among_failures: bool,
    /// So many more lines belong to a panic.
    of_a_panic: usize,
}

impl Tally {
    /// Takes a line that a test program wrote, such as `test result: ok. 3 passed; 0 failed; …`. A test that is
    /// skipped counts as passed there, so it says `skipped: ` with the reason.
    pub(crate) fn read(&mut self, line: &str) {
        let line = line.trim();
        if line.starts_with("skipped: ") {
            self.skipped.push(line.to_owned());
            self.passed = self.passed.saturating_sub(1);
        }
        if let Some((name, reason)) = line.split_once(" ... ignored")
            && !reason.starts_with(PART_OF_ANOTHER)
        {
            self.skipped.push(format!("skipped: {name}{reason}"));
        }
        self.read_failures(line);
        let Some((_, counts)) = line
            .strip_prefix("test result: ")
            .and_then(|rest| rest.split_once(". "))
        else {
            return;
        };
        for count in counts.split(';') {
            let mut words = count.split_whitespace();
            let number = words.next().and_then(|word| word.parse::<usize>().ok());
            match (number, words.next()) {
                (Some(number), Some("passed")) => self.passed += number,
                (Some(number), Some("failed")) => self.failed += number,
                _ => {}
            }
        }
    }

    /// Keeps why tests failed: `---- NAME stdout ----`, in a browser `---- NAME output ----`, and the panic below it.
    fn read_failures(&mut self, line: &str) {
        match line {
            "failures:" => self.among_failures = true,
            "successes:" => self.among_failures = false,
            _ if line.starts_with("test result: ") => self.among_failures = false,
            _ => {}
        }
        if !self.among_failures {
            self.of_a_panic = 0;
            return;
        }
        if let Some(name) = line
            .strip_prefix("---- ")
            .and_then(|rest| rest.strip_suffix(" ----"))
        {
            self.of_a_panic = 0;
            self.failures.push(format!("failed: {name}"));
            return;
        }
        if line.contains("panicked at ") {
            self.of_a_panic = LINES_OF_A_PANIC;
        }
        if self.of_a_panic > 0 {
            self.of_a_panic -= 1;
            if !line.is_empty() {
                self.failures.push(format!("  {line}"));
            }
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            passed,
            failed,
            skipped,
            ..
        } = self;
        write!(
            f,
            "{passed} passed, {failed} failed, {} skipped",
            skipped.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Tally {
        let mut tally = Tally::default();
        lines.iter().for_each(|line| tally.read(line));
        tally
    }

    /// Lines as the test programs of Rust 1.95 and of wasm-bindgen write them.
    #[test]
    fn what_ran_and_what_was_skipped_is_counted() {
        let tally = read(&[
            "test store::tests::writes_until_killed ... ignored, the child of the kill test; it ends by being killed",
            "test forgotten ... ignored",
            "test result: ok. 7 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.10s",
            "---- page::healthy stdout ----",
            "skipped: chromium is not installed (Debian's package chromium)",
            "---- page::stop stdout ----",
            "skipped: chromium is not installed (Debian's package chromium)",
            "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 3.90s",
            "test result: ok. 4 passed; 0 failed; 0 ignored; 0 filtered out; finished in 1.22s",
        ]);
        assert_eq!(tally.to_string(), "12 passed, 2 failed, 3 skipped");
        assert!(tally.failures.is_empty());
    }

    #[test]
    fn why_a_test_failed_is_kept_and_nothing_of_those_that_passed() {
        let native = read(&[
            "successes:",
            "---- refuses stdout ----",
            "thread 'worker' (7) panicked at tests/a.rs:3:5:",
            "a panic that the test expects",
            "failures:",
            "---- hears stdout ----",
            "many words",
            "thread 'hears' (8) panicked at tests/a.rs:9:5:",
            "assertion `left == right` failed",
            "  left: 1",
            " right: 2",
            "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
            "failures:",
            "    hears",
            "test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "thread 'later' (9) panicked at tests/b.rs:1:1:",
        ]);
        assert_eq!(
            native.failures,
            [
                "failed: hears stdout",
                "  thread 'hears' (8) panicked at tests/a.rs:9:5:",
                "  assertion `left == right` failed",
                "  left: 1",
                "  right: 2",
            ]
        );
        let in_a_browser = read(&[
            "failures:",
            "---- probes::hears output ----",
            "    error output:",
            "        panicked at tests/a.rs:9:5:",
            "        the tone was heard 2 times",
            "        ",
            "        Stack:",
            "test result: FAILED. 12 passed; 1 failed; 0 ignored; 0 filtered out; finished in 9.01s",
        ]);
        assert_eq!(
            in_a_browser.failures,
            [
                "failed: probes::hears output",
                "  panicked at tests/a.rs:9:5:",
                "  the tone was heard 2 times",
                "  Stack:",
            ]
        );
    }
}
