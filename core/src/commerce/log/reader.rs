//! Bytes in, lines out, in bounded memory.

use super::landmark::contains;
use super::line::{Line, time, without_escapes};
use super::mask::{masked, may_be_part_of_a_key};
use super::progress::Progress;
use super::reading::LogReading;
use serde::Deserialize;
use std::collections::VecDeque;

/// What a line has after this many bytes is not looked at: no line that tells something is as long.
const LINE_MAX: usize = 4 << 10;
/// How many lines are kept to be shown.
const SHOWN_LINES: usize = 12;
/// How much of a line is kept to be shown, in bytes: more than is shown, so that no secret is cut where it can be seen.
const KEPT_MAX: usize = 1 << 10;
/// Lines behind the beginning of a key that may belong to it. The longest in use has about two hundred.
const KEY_LINES_MAX: u16 = 400;

/// A line of the log as the platform's API streams it.
#[derive(Deserialize)]
struct ApiLine {
    data: ApiData,
}

#[derive(Deserialize)]
struct ApiData {
    #[serde(default)]
    timestamp: String,
    message: String,
}

/// A line of ece-tools' `cloud.error.log`.
#[derive(Deserialize)]
struct ErrorLine {
    #[serde(rename = "errorCode")]
    code: u16,
}

/// Reads the log of a deploy in whatever pieces it comes: that of the platform's activity, of its API, of the hooks, or
/// ece-tools' `cloud.log` and `cloud.error.log`.
///
/// It keeps less than 64 KiB, however long the log and its lines are.
#[derive(Debug, Clone, Default)]
pub struct LogReader {
    /// A line that has begun.
    begun: Vec<u8>,
    progress: Progress,
    last_lines: LastLines,
    /// The lines as of the cause, once there is one.
    at_cause: Option<Vec<String>>,
}

impl LogReader {
    /// For a log of which nothing is read.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads on. Where one piece ends and the next begins makes no difference.
    pub fn push(&mut self, piece: &[u8]) {
        let mut rest = piece;
        // Programs go back with a carriage return to overwrite their progress: a line each.
        while let Some(end) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            if self.begun.is_empty() {
                self.line(&rest[..end.min(LINE_MAX)]);
            } else {
                self.keep(&rest[..end]);
                self.end_line();
            }
            rest = &rest[end + 1..];
        }
        self.keep(rest);
    }

    /// What the log tells so far. A last line without an end is left out.
    pub fn so_far(&self) -> LogReading {
        let last_lines = self.at_cause.clone().unwrap_or_else(|| self.last_lines.shown());
        self.progress.reading(last_lines)
    }

    /// What the whole log tells.
    pub fn finish(mut self) -> LogReading {
        self.end_line();
        self.so_far()
    }

    /// What the whole log tells together with the exit status of the hook that ended last. The status stands in where the
    /// text has no code.
    pub fn finish_with_status(mut self, status: u8) -> LogReading {
        self.end_line();
        self.progress.ended_with(status.into());
        self.so_far()
    }

    fn keep(&mut self, part: &[u8]) {
        let space = LINE_MAX.saturating_sub(self.begun.len());
        self.begun.extend_from_slice(&part[..part.len().min(space)]);
    }

    fn end_line(&mut self) {
        let mut line = std::mem::take(&mut self.begun);
        self.line(&line);
        line.clear();
        self.begun = line;
    }

    fn line(&mut self, bytes: &[u8]) {
        if bytes.starts_with(b"{\"") {
            return self.json(bytes);
        }
        let plain = without_escapes(bytes);
        self.plain_line(&Line::read(&plain));
    }

    fn json(&mut self, bytes: &[u8]) {
        if let Ok(ApiLine { data }) = serde_json::from_slice(bytes) {
            let at = time(data.timestamp.as_bytes());
            for part in data.message.as_bytes().split(|byte| matches!(byte, b'\n' | b'\r')) {
                let plain = without_escapes(part);
                let line = Line::read(&plain);
                self.plain_line(&Line { at: line.at.or(at), ..line });
            }
        } else if let Ok(ErrorLine { code }) = serde_json::from_slice(bytes) {
            self.progress.code(code, true, None);
        } else {
            self.plain_line(&Line::read(bytes));
        }
    }

    fn plain_line(&mut self, line: &Line<'_>) {
        if line.message.is_empty() {
            return;
        }
        self.last_lines.keep(line.message);
        let cause = self.progress.cause();
        self.progress.line(line);
        let after = self.progress.cause();
        if after != cause {
            self.at_cause = after.map(|_| self.last_lines.shown());
        }
    }
}

/// The last lines of a text that is no log of a deploy, fit to be shown: wherever in it the cause stands.
pub fn last_lines(text: &str) -> Vec<String> {
    let mut last = LastLines::default();
    for line in text.lines() {
        let plain = without_escapes(&line.as_bytes()[..line.len().min(LINE_MAX)]);
        let line = Line::read(&plain);
        if !line.message.is_empty() {
            last.keep(line.message);
        }
    }
    last.shown()
}

/// The last lines, and what of them must not be shown.
#[derive(Debug, Clone, Default)]
struct LastLines {
    lines: VecDeque<Vec<u8>>,
    /// How many more lines may be part of a key that has begun.
    in_key: u16,
}

impl LastLines {
    fn keep(&mut self, line: &[u8]) {
        let is_hidden = self.is_part_of_a_key(line);
        let mut kept = if self.lines.len() < SHOWN_LINES {
            Vec::new()
        } else {
            self.lines.pop_front().unwrap_or_default()
        };
        kept.clear();
        kept.extend_from_slice(if is_hidden { "…".as_bytes() } else { &line[..line.len().min(KEPT_MAX)] });
        self.lines.push_back(kept);
    }

    fn is_part_of_a_key(&mut self, line: &[u8]) -> bool {
        if line.contains(&b'-') && contains(line, b"-----") {
            let ends = contains(line, b"-----END");
            if contains(line, b"-----BEGIN") && !ends {
                self.in_key = KEY_LINES_MAX;
            } else if ends {
                self.in_key = 0;
            }
            return contains(line, b"-----BEGIN") || ends;
        }
        if self.in_key == 0 {
            return false;
        }
        self.in_key -= 1;
        may_be_part_of_a_key(line)
    }

    fn shown(&self) -> Vec<String> {
        self.lines.iter().map(|line| masked(line)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What the reader holds, in bytes.
    fn held(reader: &LogReader) -> usize {
        let lines = reader.last_lines.lines.iter().map(Vec::capacity).sum::<usize>();
        let at_cause = reader.at_cause.iter().flatten().map(String::capacity).sum::<usize>();
        let phases = reader.progress.reading(Vec::new()).phases;
        let steps = phases.iter().map(|phase| phase.steps.capacity() * 64).sum::<usize>();
        reader.begun.capacity() + lines + at_cause + steps
    }

    /// Pieces of which logs are made, and what breaks them.
    fn piece() -> impl Strategy<Value = Vec<u8>> {
        let known = prop::sample::select(vec![
            "\n",
            "\r",
            "W: ",
            "E: ",
            "    ",
            "\x1b[31m",
            "\x1b]",
            "\x07",
            "[2026-03-01 10:00:00] ",
            "NOTICE: ",
            "CRITICAL: ",
            "WARNING: ",
            "[126] ",
            "[12] ",
            "[201] ",
            "[207] ",
            "[2003] ",
            "{\"data\":{\"message\":\"",
            "\\n",
            "\"}}",
            "{\"errorCode\":117}",
            "Found 1 new commit",
            "Building application 'app'",
            "Starting scenario(s): scenario/build/generate.xml",
            "Starting scenario(s): scenario/deploy.xml",
            "Starting scenario(s): scenario/post-deploy.xml",
            "Starting scenario(s): x.xml",
            "Scenario(s) finished",
            "Executing deploy hook for application 'app'",
            "Enabling Maintenance mode",
            "Maintenance mode is disabled.",
            "Starting update.",
            "End of update.",
            "Disable cron",
            "Generating fresh static content",
            "Redeploying environment",
            "Opening environment",
            "Environment redeployment failed",
            "Error building project: The build hook failed with status code 4.",
            "-----BEGIN PRIVATE KEY-----",
            "-----END PRIVATE KEY-----",
            "password=",
            "hunter2",
        ]);
        prop_oneof![
            8 => known.prop_map(|text: &str| text.as_bytes().to_vec()),
            1 => prop::collection::vec(any::<u8>(), 0..40),
            1 => (any::<u8>(), 0..9_000_usize).prop_map(|(byte, count)| vec![byte; count]),
        ]
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_pieces_are_read_alike_and_in_bounds(
            log in prop::collection::vec(piece(), 0..60).prop_map(|parts| parts.concat()),
            cut in 1..5_000_usize,
            status in any::<u8>(),
        ) {
            let (mut whole, mut in_pieces) = (LogReader::new(), LogReader::new());
            whole.push(&log);
            for part in log.chunks(cut) {
                in_pieces.push(part);
                prop_assert!(held(&in_pieces) < 64 << 10);
            }
            prop_assert_eq!(whole.so_far(), in_pieces.so_far());
            let reading = in_pieces.finish();
            prop_assert!(reading.last_lines.len() <= SHOWN_LINES);
            prop_assert!(reading.last_lines.iter().all(|line| !line.contains(char::is_control)));
            prop_assert!(!reading.title().is_empty() && !reading.next().is_empty());
            prop_assert!(!reading.customers().is_empty());
            prop_assert_eq!(&whole.finish(), &reading);
            let mut again = LogReader::new();
            again.push(&log);
            let ended = again.finish_with_status(status);
            // A status adds to what the text tells, and takes nothing of it away.
            prop_assert!(reading.code.is_none() || ended.code == reading.code);
        }
    }

    #[test]
    fn a_line_without_an_end_costs_no_more_than_its_beginning() {
        let mut reader = LogReader::new();
        reader.push(b"CRITICAL: [126] ");
        let long = vec![b'x'; 64 << 10];
        for _ in 0..400 {
            reader.push(&long);
            assert!(held(&reader) < 64 << 10);
        }
        assert_eq!(reader.so_far().code, None, "the line has not ended");
        assert_eq!(reader.finish().code.map(|code| code.number), Some(126));
    }
}
