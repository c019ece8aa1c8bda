//! The log of a deploy: written as it comes, bounded, its beginning and its end kept.

use super::files;
use super::mask::{Lines, Mask, harmless};
use super::slugs::apart;
use crate::model::error_chain;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::time::Instant;

/// Once something had to be left out, the end of the file is written anew this often: each time costs all of it.
const REFRESH_EVERY: Duration = Duration::from_secs(2);
/// How much is read at once, in bytes.
const PIECE: usize = 64 << 10;
/// Room for the line that says what was left out, in bytes.
const NOTE: usize = 80;
/// What a report shows of the end.
const TAIL_LINES: usize = 20;
const TAIL_BYTES: usize = 4 << 10;

/// A log that is being written. The disk's time is taken on threads for that.
pub(super) struct Log {
    mask: Mask,
    lines: Lines,
    kept: Arc<Kept>,
    /// The last bytes of all, for reports.
    tail: VecDeque<u8>,
}

/// What is to be written, in its order, and where. Work on it that is no longer waited for comes to its end all the same.
struct Kept {
    queue: Mutex<VecDeque<Act>>,
    file: Mutex<LogFile>,
}

enum Act {
    Write(String),
    /// Shows the end as it is by now.
    Refresh,
}

impl Kept {
    async fn add(self: &Arc<Self>, acts: impl IntoIterator<Item = Act>) {
        locked(&self.queue).extend(acts);
        let this = Arc::clone(self);
        let worked = apart(move || {
            let mut file = locked(&this.file);
            loop {
                let next = locked(&this.queue).pop_front();
                match next {
                    Some(Act::Write(text)) => file.write(&text),
                    Some(Act::Refresh) => file.refresh(),
                    None => return Ok(()),
                }
            }
        });
        if let Err(error) = worked.await {
            tracing::warn!(error = error_chain(&error), "the log of a deploy was not written");
        }
    }
}

fn locked<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The file, of which the beginning and the end are kept.
struct LogFile {
    /// `None` once it could not be written: a deploy does not fail for its log.
    file: Option<File>,
    /// How many bytes of the beginning are kept, and how many of the end.
    head_limit: usize,
    end_limit: usize,
    /// How much of the beginning there is; no more comes once something is in `end`.
    head: usize,
    end: VecDeque<u8>,
    left_out: u64,
    /// Whether the file lacks something of the end.
    stale: bool,
    refreshed: Option<Instant>,
}

impl Log {
    /// Opens the log in `path`, of at most `limit` bytes, and goes on behind what is in it. Takes the disk's time.
    pub(super) fn open(path: &Path, limit: usize, mask: Mask) -> io::Result<Self> {
        let mut before = Vec::new();
        if let Ok(file) = files::open_to_read(path) {
            file.take(limit as u64 + 1).read_to_end(&mut before)?;
        }
        let before = String::from_utf8_lossy(&before);
        let head_limit = limit / 4;
        let mut file = LogFile {
            file: Some(files::create_private(path)?),
            head_limit,
            end_limit: (limit - head_limit).saturating_sub(NOTE),
            head: 0,
            end: VecDeque::new(),
            left_out: 0,
            stale: false,
            refreshed: None,
        };
        file.write(&before);
        let kept = Arc::new(Kept { queue: Mutex::default(), file: Mutex::new(file) });
        let mut log = Self { mask, lines: Lines::default(), kept, tail: VecDeque::new() };
        log.note_tail(&before);
        Ok(log)
    }

    /// Whether there is something in it already.
    pub(super) fn goes_on(&self) -> bool {
        !self.tail.is_empty()
    }

    /// Writes a line of our own.
    pub(super) async fn say(&mut self, words: &str) {
        let rest = self.rest();
        let line = format!("==> {}\n", harmless(words.as_bytes()).replace('\n', " "));
        self.write([rest, line], true).await;
    }

    /// Reads what a program writes until it writes no more. May be dropped at any time.
    pub(super) async fn read(&mut self, mut from: impl AsyncRead + Unpin) {
        let mut piece = vec![0; PIECE];
        while let Ok(count) = from.read(&mut piece).await {
            if count == 0 {
                return;
            }
            let shown = self.mask.take(&piece[..count], false);
            let shown = self.mask.whole_lines(self.lines.take(&shown));
            self.write([shown], false).await;
        }
    }

    /// The program has ended: what it has begun to say is a line.
    pub(super) async fn finish(&mut self) {
        let rest = self.rest();
        self.write([rest], true).await;
    }

    /// What was held back, as a line.
    fn rest(&mut self) -> String {
        let rest = self.mask.take(b"", true);
        self.mask.whole_lines(self.lines.take(&rest) + &self.lines.finish())
    }

    /// The last lines.
    pub(super) fn tail(&self) -> String {
        let bytes: Vec<u8> = self.tail.iter().copied().collect();
        let from = bytes.len().saturating_sub(TAIL_BYTES);
        // A character that was cut through is left out.
        let from = (from..bytes.len()).find(|at| bytes[*at] & 0xc0 != 0x80).unwrap_or(from);
        let text = String::from_utf8_lossy(&bytes[from..]);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
    }

    async fn write<const N: usize>(&mut self, texts: [String; N], refreshed: bool) {
        for text in &texts {
            self.note_tail(text);
        }
        let texts = texts.into_iter().filter(|text| !text.is_empty()).map(Act::Write);
        self.kept.add(texts.chain(refreshed.then_some(Act::Refresh))).await;
    }

    fn note_tail(&mut self, text: &str) {
        self.tail.extend(text.as_bytes());
        self.tail.drain(..self.tail.len().saturating_sub(2 * TAIL_BYTES));
    }
}

impl LogFile {
    fn write(&mut self, text: &str) {
        let mut rest = text;
        if self.end.is_empty() && self.left_out == 0 {
            let fits = start_that_fits(text, self.head_limit.saturating_sub(self.head));
            self.append(&text.as_bytes()[..fits]);
            self.head += fits;
            rest = &text[fits..];
        }
        if rest.is_empty() {
            return;
        }
        self.end.extend(rest.as_bytes());
        let over = self.end.len().saturating_sub(self.end_limit);
        if over == 0 && self.left_out == 0 {
            self.append(rest.as_bytes());
            return;
        }
        self.stale = true;
        if over > 0 {
            // Whole lines go, unless they are very long.
            let line = self.end.iter().skip(over - 1).take(TAIL_BYTES).position(|byte| *byte == b'\n');
            let over = over + line.unwrap_or(0);
            self.end.drain(..over);
            self.left_out += over as u64;
        }
        if self.refreshed.is_none_or(|then| then.elapsed() >= REFRESH_EVERY) {
            self.refresh();
        }
    }

    fn append(&mut self, bytes: &[u8]) {
        let outcome = self.file.as_mut().map_or(Ok(()), |file| file.write_all(bytes));
        self.note(outcome);
    }

    /// Writes the end anew, where the file lacks something of it.
    fn refresh(&mut self) {
        if !std::mem::take(&mut self.stale) {
            return;
        }
        self.refreshed = Some(Instant::now());
        let outcome = self.write_end();
        self.note(outcome);
    }

    fn write_end(&mut self) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        file.seek(SeekFrom::Start(self.head as u64))?;
        writeln!(file, "\n==> {} bytes were left out here", self.left_out)?;
        let (one, other) = self.end.as_slices();
        file.write_all(one)?;
        file.write_all(other)?;
        let end = file.stream_position()?;
        file.set_len(end)
    }

    fn note(&mut self, outcome: io::Result<()>) {
        if let Err(error) = outcome {
            tracing::warn!(
                error = error_chain(&error),
                "the log of a deploy cannot be written; the deploy goes on without"
            );
            self.file = None;
        }
    }
}

/// How much of a text fits into `room` bytes: whole lines if there are any.
fn start_that_fits(text: &str, room: usize) -> usize {
    if text.len() <= room {
        return text.len();
    }
    text.as_bytes()[..room].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_beginning_and_the_end_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut log = Log::open(&path, 4000, Mask::default()).unwrap();
        log.say("build: flood").await;
        let flood: Vec<String> = (0..100_000).map(|number| format!("line {number}")).collect();
        let flood = flood.join("\n") + "\n";
        log.read(flood.as_bytes()).await;
        log.finish().await;
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.len() <= 4000 && text.len() > 3500, "{}", text.len());
        assert!(text.starts_with("==> build: flood\nline 0\nline 1\n"), "{text}");
        assert!(text.ends_with("line 99998\nline 99999\n"), "{text}");
        let (head, end) =
            text.split_once("\n==> ").unwrap().1.split_once(" bytes were left out here\n").unwrap();
        assert!(head.contains("line ") || head.parse::<u64>().is_ok());
        assert!(end.starts_with("line "), "{end}");
        let tail = log.tail();
        assert_eq!(tail.lines().count(), TAIL_LINES);
        assert!(tail.ends_with("line 99999"));
        drop(log);
        let mut again = Log::open(&path, 4000, Mask::default()).unwrap();
        again.say("begun again").await;
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("==> build: flood\n") && text.ends_with("==> begun again\n"), "{text}");
        assert!(text.len() <= 4000, "{}", text.len());
    }
}
