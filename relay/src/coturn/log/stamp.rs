//! When a line was written. coturn tells the seconds since its start, newer versions the date; whatever carries its log
//! puts a date before.

use time::{Date, Month, Time};

/// A time as the log has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    /// To be shown.
    pub(super) text: String,
    /// To be compared with others of the same log, in seconds.
    pub(super) seconds: i64,
    /// Whether that is the time of the world (in UTC, or of an unknown zone), in seconds since 1970.
    pub(super) is_date: bool,
}

/// The time at the beginning of a line. `None`: it has none.
pub(super) fn stamp(line: &str) -> Option<Stamp> {
    let line = line.trim_start();
    // `docker compose logs` puts the service's name before.
    let line = match line.split_once(" | ") {
        Some((service, rest)) if service.len() < 64 && !service.trim_end().contains(' ') => rest,
        _ => line,
    };
    date(line)
        .or_else(|| syslog(line))
        .or_else(|| since_start(line))
}

/// `2026-11-21T20:00:00…` or with a space.
fn date(line: &str) -> Option<Stamp> {
    let text = line.get(..19)?;
    let (day, rest) = text.split_at_checked(10)?;
    let [year, month, day] = numbers(day, '-')?;
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let date = Date::from_calendar_date(year.into(), month, u8::try_from(day).ok()?).ok()?;
    let time = clock(rest.strip_prefix(['T', ' '])?)?;
    Some(Stamp {
        text: text.replace('T', " "),
        seconds: date.with_time(time).assume_utc().unix_timestamp(),
        is_date: true,
    })
}

/// `Nov 21 20:00:00`, RFC 3164 section 4.1.2. It has no year, so it is the time of no world.
fn syslog(line: &str) -> Option<Stamp> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let text = line.get(..15)?;
    let month = MONTHS.iter().position(|month| text.starts_with(month))?;
    let (day, time) = text.get(3..)?.strip_prefix(' ')?.split_at_checked(2)?;
    let day = number(day.trim_start_matches(' '))?;
    let time = clock(time.strip_prefix(' ')?)?;
    let month = Month::January.nth_next(u8::try_from(month).ok()?);
    // A leap year has every day.
    let date = Date::from_calendar_date(2000, month, u8::try_from(day).ok()?).ok()?;
    Some(Stamp {
        text: text.to_owned(),
        seconds: date.with_time(time).assume_utc().unix_timestamp(),
        is_date: false,
    })
}

/// `123: `, of coturn up to 4.16.
fn since_start(line: &str) -> Option<Stamp> {
    let (digits, _) = line.split_once(": ")?;
    if digits.is_empty() || digits.len() > 12 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(Stamp {
        text: format!("{digits} s after its start"),
        seconds: digits.parse().ok()?,
        is_date: false,
    })
}

/// Three numbers, and nothing beside them.
fn numbers(text: &str, between: char) -> Option<[u16; 3]> {
    let mut parts = text.split(between);
    let mut next = || number(parts.next()?);
    let numbers = [next()?, next()?, next()?];
    parts.next().is_none().then_some(numbers)
}

/// Digits alone: what else Rust reads as a number is none here.
fn number(digits: &str) -> Option<u16> {
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}

fn clock(text: &str) -> Option<Time> {
    let [hours, minutes, seconds] = numbers(text, ':')?;
    let part = |part: u16| u8::try_from(part).ok();
    Time::from_hms(part(hours)?, part(minutes)?, part(seconds)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_in_every_shape_of_log() {
        let at = 1_795_291_200;
        for (line, text, seconds, is_date) in [
            ("0: : session", "0 s after its start", 0, false),
            (
                "86399: (17): INFO: session",
                "86399 s after its start",
                86399,
                false,
            ),
            (
                "2026-11-21T20:00:00+0000 INFO session",
                "2026-11-21 20:00:00",
                at,
                true,
            ),
            (
                "2026-11-21T20:00:00.123456Z  INFO session",
                "2026-11-21 20:00:00",
                at,
                true,
            ),
            (
                "2026-11-21T20:00:00.1Z 5: : session",
                "2026-11-21 20:00:00",
                at,
                true,
            ),
            (
                "coturn-1  | 12: : session",
                "12 s after its start",
                12,
                false,
            ),
            (
                "coturn-1  | 2026-11-21 20:00:00 x",
                "2026-11-21 20:00:00",
                at,
                true,
            ),
            (
                "Nov 21 20:00:00 host turnserver[7]: 3: : session",
                "Nov 21 20:00:00",
                974_836_800,
                false,
            ),
            (
                "Nov  1 20:00:00 host",
                "Nov  1 20:00:00",
                973_108_800,
                false,
            ),
        ] {
            let expected = Stamp {
                text: text.into(),
                seconds,
                is_date,
            };
            assert_eq!(stamp(line), Some(expected), "{line}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for line in [
            "",
            "session 1: new",
            "x: y",
            "2026-13-41T20:00:00 x",
            "Nov 31 20:00:00",
            "é: x",
            "99999999999999999999: x",
            "Novembér 21 20:00",
            "Nov\u{7}21\u{7}20:00:00 x",
            "Nov +1 20:00:00 host",
            "2026-11-21T1:2:3:\u{9b}x",
            "1-1-1-\u{7}\u{7}\u{7}\u{7}T20:00:00 x",
            "2026-11-21T20:0é",
        ] {
            assert_eq!(stamp(line), None, "{line}");
        }
    }
}
