//! Counting the lines of a text that is read from its beginning to its end.

use super::line_at;

/// A place and its line, so that each line is counted once.
#[derive(Debug)]
pub(super) struct LineCounter {
    at: usize,
    line: u32,
}

impl Default for LineCounter {
    fn default() -> Self {
        Self { at: 0, line: 1 }
    }
}

impl LineCounter {
    /// The line, from 1, of a place that is not before the one that was asked for last.
    pub(super) fn count_to(&mut self, text: &str, at: usize) -> u32 {
        let more = line_at(&text.as_bytes()[self.at..], at - self.at) - 1;
        *self = Self { at, line: self.line.saturating_add(more) };
        self.line
    }
}
