//! One line of a log, without what its way has added to it.

use crate::model::UnixMillis;
use chrono::NaiveDate;
use std::borrow::Cow;

/// How serious a line of ece-tools is, by the names of PHP's loggers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// `DEBUG`, `INFO`, `NOTICE`.
    Info,
    /// `WARNING`.
    Warning,
    /// `ERROR` and all above it.
    Error,
}

/// A line without indents, colours, the platform's marks and the time.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// When it was written, if it says so.
    pub(super) at: Option<UnixMillis>,
    /// `None` for lines that ece-tools has not written.
    pub(super) level: Option<Level>,
    /// What it says.
    pub(super) message: &'a [u8],
}

impl<'a> Line<'a> {
    /// Reads a line that holds no escape sequence ([`without_escapes`]).
    pub(super) fn read(line: &'a [u8]) -> Self {
        let mut rest = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        let mut at = None;
        // The platform's time and mark stand before those of ece-tools.
        for _ in 0..6 {
            rest = rest.trim_ascii_start();
            let marked = [b"W:", b"E:"].into_iter().find_map(|mark| rest.strip_prefix(mark));
            if let Some(after) = marked.filter(|after| after.first().is_none_or(u8::is_ascii_whitespace)) {
                rest = after;
            } else if let Some((time, after)) = bracketed_time(rest).or_else(|| bare_time(rest)) {
                at = at.or(Some(time));
                rest = after;
            } else {
                break;
            }
        }
        let (level, message) = level(rest).map_or((None, rest), |(level, after)| (Some(level), after));
        Self { at, level, message: message.trim_ascii() }
    }

    /// The number in brackets that a warning or an error of ece-tools begins with. Anywhere else such a number is no code.
    pub(super) fn code(&self) -> Option<u16> {
        self.level.filter(|level| *level >= Level::Warning)?;
        let inside = self.message.strip_prefix(b"[")?;
        let digits = inside.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let ends = inside.get(digits) == Some(&b']');
        let is_alone = inside.get(digits + 1).is_none_or(u8::is_ascii_whitespace);
        (ends && is_alone).then(|| number(&inside[..digits])).flatten()
    }
}

/// A number of at most five digits.
pub(super) fn number(digits: &[u8]) -> Option<u16> {
    str::from_utf8(digits).ok()?.parse().ok()
}

fn level(line: &[u8]) -> Option<(Level, &[u8])> {
    let colon = line.iter().take(24).position(|byte| *byte == b':')?;
    let (word, after) = (&line[..colon], &line[colon + 1..]);
    // A logger may put its name before the level.
    let word = word.rsplit(|byte| *byte == b'.').next().unwrap_or(word);
    let level = match word {
        b"DEBUG" | b"INFO" | b"NOTICE" => Level::Info,
        b"WARNING" => Level::Warning,
        b"ERROR" | b"CRITICAL" | b"ALERT" | b"EMERGENCY" => Level::Error,
        _ => return None,
    };
    Some((level, after))
}

fn bracketed_time(line: &[u8]) -> Option<(UnixMillis, &[u8])> {
    let inside = line.strip_prefix(b"[")?;
    let end = inside.iter().take(40).position(|byte| *byte == b']')?;
    Some((time(&inside[..end])?, &inside[end + 1..]))
}

/// The time that GitHub writes before each line of a job's log: `2026-03-01T10:00:00.1234567Z`.
fn bare_time(line: &[u8]) -> Option<(UnixMillis, &[u8])> {
    line.first().filter(|byte| byte.is_ascii_digit())?;
    let end = line.iter().take(40).position(u8::is_ascii_whitespace).unwrap_or(line.len());
    let word = line.get(..end).filter(|word| word.len() >= 20 && word.len() <= 40 && word.ends_with(b"Z"))?;
    Some((time(word)?, &line[end..]))
}

/// Reads `2026-03-01 10:00:00` and `2026-03-01T10:00:00.123456+00:00`; without a zone it is UTC, which servers keep.
pub(super) fn time(text: &[u8]) -> Option<UnixMillis> {
    let digits = |from: usize, to: usize| number(text.get(from..to)?).map(u32::from);
    let is_separated = matches!(
        (text.get(4)?, text.get(7)?, text.get(10)?, text.get(13)?, text.get(16)?),
        (b'-', b'-', b'T' | b' ', b':', b':')
    );
    if !is_separated {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(i32::try_from(digits(0, 4)?).ok()?, digits(5, 7)?, digits(8, 10)?)?;
    let (hour, minute, second) = (digits(11, 13)?, digits(14, 16)?, digits(17, 19)?);
    let mut rest = &text[19..];
    let mut millis = 0;
    if let Some(fraction) = rest.strip_prefix(b".") {
        let count = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
        millis = fraction[..count.min(3)].iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
        millis *= 10_u32.pow(3 - u32::try_from(count.min(3)).unwrap_or(3));
        rest = &fraction[count..];
    }
    let moment = date.and_hms_milli_opt(hour, minute, second, millis)?.and_utc().timestamp_millis();
    Some(UnixMillis(moment - i64::from(zone(rest)?) * 60_000))
}

/// Minutes east of UTC.
fn zone(text: &[u8]) -> Option<i32> {
    let (sign, rest) = match text {
        [] | b"Z" => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let minutes = rest.get(2..)?;
    let minutes = minutes.strip_prefix(b":").unwrap_or(minutes);
    let (hours, minutes) = (number(rest.get(..2)?)?, number(minutes)?);
    (hours < 24 && minutes < 60).then(|| sign * (i32::from(hours) * 60 + i32::from(minutes)))
}

/// The line without colours and whatever else a terminal would do.
pub(super) fn without_escapes(line: &[u8]) -> Cow<'_, [u8]> {
    if !line.contains(&0x1b) {
        return Cow::Borrowed(line);
    }
    let mut plain = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.iter().position(|byte| *byte == 0x1b) {
        plain.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        rest = match rest.first() {
            // Parameters, and a letter that ends it.
            Some(b'[') => after(&rest[1..], |byte| matches!(byte, 0x40..=0x7e)),
            // A title or a link, up to a bell or the next escape.
            Some(b']') => match rest.iter().position(|byte| matches!(byte, 0x07 | 0x1b)) {
                Some(end) if rest[end] == 0x07 => &rest[end + 1..],
                Some(end) => rest.get(end + 2..).unwrap_or_default(),
                None => &[],
            },
            Some(_) => &rest[1..],
            None => rest,
        };
    }
    plain.extend_from_slice(rest);
    Cow::Owned(plain)
}

fn after(text: &[u8], ends: impl Fn(u8) -> bool) -> &[u8] {
    text.iter().position(|byte| ends(*byte)).map_or(&[], |at| &text[at + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_way_has_added_is_taken_off() {
        let at = Some(UnixMillis(1_772_359_200_000));
        for (line, at, level, message) in [
            ("plain", None, None, "plain"),
            ("    W:   In Processor.php line 121:  ", None, None, "In Processor.php line 121:"),
            ("E: Error building project", None, None, "Error building project"),
            ("[2026-03-01 10:00:00] NOTICE: Enabling", at, Some(Level::Info), "Enabling"),
            ("[2026-03-01T10:00:00.000123+00:00] CRITICAL: [126] x", at, Some(Level::Error), "[126] x"),
            (
                "[2026-03-01T12:00:00+02:00]   W: [2026-03-01 11:00:00] app.ERROR: x",
                at,
                Some(Level::Error),
                "x",
            ),
            ("\u{feff}[2026-03-01T05:00:00-0500] WARNING: x", at, Some(Level::Warning), "x"),
            (
                "2026-03-01T10:00:00.1234567Z [2026-03-01 10:00:00] CRITICAL: [126] x",
                Some(UnixMillis(1_772_359_200_123)),
                Some(Level::Error),
                "[126] x",
            ),
            ("2026-03-01T10:00:00.0000000Z", at, None, ""),
            ("2026-03-01T10:00:00 x", None, None, "2026-03-01T10:00:00 x"),
            ("WARN: x", None, None, "WARN: x"),
            ("W:not a mark", None, None, "W:not a mark"),
            ("[2026-02-30 10:00:00] x", None, None, "[2026-02-30 10:00:00] x"),
            ("[Progress: 3 / 5]", None, None, "[Progress: 3 / 5]"),
            ("W:", None, None, ""),
        ] {
            assert_eq!(
                Line::read(line.as_bytes()),
                Line { at, level, message: message.as_bytes() },
                "{line}"
            );
        }
    }

    #[test]
    fn a_number_in_brackets_is_a_code_where_a_warning_or_an_error_begins_with_it() {
        for (line, code) in [
            ("[2026-03-01 10:00:00] CRITICAL: [126] The command failed", Some(126)),
            ("ERROR: [201]", Some(201)),
            ("WARNING: [2003] The", Some(2003)),
            ("NOTICE: [126] The", None),
            ("[126] The", None),
            ("W:   [126] The", None),
            ("ERROR: [12/80] Module", None),
            ("ERROR: [12]x", None),
            ("ERROR: [] x", None),
            ("ERROR: [99999999] x", None),
            ("ERROR: see [126]", None),
        ] {
            assert_eq!(Line::read(line.as_bytes()).code(), code, "{line}");
        }
    }

    #[test]
    fn times_are_read_with_their_zone() {
        for (text, millis) in [
            ("1970-01-01 00:00:00", Some(0)),
            ("1970-01-01T00:00:01.5Z", Some(1_500)),
            ("1970-01-01T01:00:00.123456+01:00", Some(123)),
            ("1970-01-01T00:00:00-00:01", Some(60_000)),
            ("1970-01-01 00:00", None),
            ("1970-01-01 24:00:00", None),
            ("1970-01-01 00:00:00 UTC?", None),
            ("", None),
        ] {
            assert_eq!(time(text.as_bytes()).map(|it| it.0), millis, "{text}");
        }
    }

    #[test]
    fn escapes_do_nothing_here() {
        for (coloured, plain) in [
            ("no colour", "no colour"),
            ("\x1b[31;1mred\x1b[0m and \x1b[Kmore", "red and more"),
            ("\x1b]0;title\x07text", "text"),
            ("\x1b]8;;https://x\x1b\\link", "link"),
            ("cut \x1b[3", "cut "),
            ("cut \x1b", "cut "),
            ("\x1b]never ends", ""),
        ] {
            assert_eq!(without_escapes(coloured.as_bytes()), plain.as_bytes(), "{coloured:?}");
        }
    }
}
