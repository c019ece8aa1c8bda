//! What programs say, made fit to be kept and shown: no secret, no character that does anything.

use super::secrets::Forms;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// What stands in the place of a secret.
const STARS: &[u8] = b"***";
/// What has no end of line after this many bytes is passed on without.
const LINE_AT_MOST: usize = 8 << 10;

/// Takes secrets out of a stream of bytes, in whatever pieces it comes, in the forms that [`Forms`] knows.
#[derive(Default)]
pub(super) struct Mask {
    /// By their first byte, the longest first.
    secrets: Vec<Vec<Vec<u8>>>,
    /// What is hidden where it is all there is in a line.
    lines: BTreeSet<String>,
    /// Might be the beginning of a secret.
    held: Vec<u8>,
}

impl Mask {
    /// For these secrets.
    pub(super) fn new<'a>(secrets: impl IntoIterator<Item = &'a String>) -> Self {
        let Forms { anywhere, lines } = Forms::of(secrets);
        let mut secrets = Vec::new();
        if !anywhere.is_empty() {
            secrets.resize_with(1 << u8::BITS, Vec::new);
        }
        for form in anywhere {
            let first = form[0];
            secrets[usize::from(first)].push(form);
        }
        Self { secrets, lines, held: Vec::new() }
    }

    /// Hides what is all there is in a line of a text that has come through [`Mask::take`] and [`Lines`].
    pub(super) fn whole_lines(&self, text: String) -> String {
        if self.lines.is_empty() {
            return text;
        }
        let stars = String::from_utf8_lossy(STARS);
        let shown = text.split_inclusive('\n').map(|line| {
            let bare = line.trim();
            if self.lines.contains(bare) { line.replace(bare, &stars) } else { line.to_owned() }
        });
        shown.collect()
    }

    /// Takes a piece in and answers what can be shown by now; all of it where it is the `last`.
    pub(super) fn take(&mut self, piece: &[u8], last: bool) -> Vec<u8> {
        if self.secrets.is_empty() {
            return piece.to_vec();
        }
        self.held.extend_from_slice(piece);
        let mut shown = Vec::with_capacity(self.held.len());
        let (mut done, mut at) = (0, 0);
        while at < self.held.len() {
            let rest = &self.held[at..];
            let possible = &self.secrets[usize::from(rest[0])];
            if !last && possible.iter().any(|secret| secret.len() > rest.len() && secret.starts_with(rest)) {
                break;
            }
            if let Some(secret) = possible.iter().find(|secret| rest.starts_with(secret)) {
                shown.extend_from_slice(&self.held[done..at]);
                shown.extend_from_slice(STARS);
                at += secret.len();
                done = at;
            } else {
                at += 1;
            }
        }
        shown.extend_from_slice(&self.held[done..at]);
        self.held.drain(..at);
        shown
    }
}

/// Puts a stream of bytes together to lines.
#[derive(Debug, Default)]
pub(super) struct Lines {
    held: Vec<u8>,
}

impl Lines {
    /// Takes a piece in and answers the whole lines that there are by now, harmless. A line that is very long comes
    /// in parts.
    pub(super) fn take(&mut self, piece: &[u8]) -> String {
        self.held.extend_from_slice(piece);
        let end = self.held.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let rest = &self.held[end..];
        let cut = if rest.len() > LINE_AT_MOST { end + whole_characters(rest) } else { end };
        let ready: Vec<u8> = self.held.drain(..cut).collect();
        harmless(&ready).into_owned()
    }

    /// The end: what is left, as a line.
    pub(super) fn finish(&mut self) -> String {
        let rest = std::mem::take(&mut self.held);
        if rest.is_empty() { String::new() } else { harmless(&rest).into_owned() + "\n" }
    }
}

/// How many bytes there are before a character at the end that has only begun.
fn whole_characters(bytes: &[u8]) -> usize {
    let begun = bytes.iter().rev().take(3).position(|byte| *byte >= 0xc0);
    begun.map_or(bytes.len(), |back| bytes.len() - 1 - back)
}

/// The same as text in which no character moves the cursor, colours or turns the text round.
pub(super) fn harmless(bytes: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(bytes);
    if text.bytes().all(|byte| matches!(byte, b'\n' | b'\t' | 0x20..=0x7e)) {
        return text;
    }
    let plain = |c: char| match c {
        '\n' | '\t' => c,
        // Programs go back to overwrite their progress: a line each.
        '\r' => '\n',
        '\0'..'\x20' => char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\x7f' => '\u{2421}',
        '\u{80}'..='\u{9f}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            char::REPLACEMENT_CHARACTER
        }
        other => other,
    };
    Cow::Owned(text.replace("\r\n", "\n").chars().map(plain).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(secrets: &[&str], pieces: &[&str]) -> String {
        let secrets: Vec<String> = secrets.iter().map(|secret| (*secret).to_owned()).collect();
        let mut mask = Mask::new(&secrets);
        let mut shown: Vec<u8> = pieces.iter().flat_map(|piece| mask.take(piece.as_bytes(), false)).collect();
        shown.extend(mask.take(b"", true));
        mask.whole_lines(String::from_utf8(shown).unwrap())
    }

    #[test]
    fn secrets_are_found_in_whatever_pieces_they_come() {
        let text = "a s3cret b s3cre s3crets3cret c s3";
        let wanted = "a *** b s3cre ****** c s3";
        for size in 1..text.len() {
            let (one, other) = text.split_at(size);
            assert_eq!(masked(&["s3cret"], &[one, other]), wanted);
        }
        let letters: Vec<String> = text.chars().map(String::from).collect();
        let letters: Vec<&str> = letters.iter().map(String::as_str).collect();
        assert_eq!(masked(&["s3cret"], &letters), wanted);
        assert_eq!(masked(&["abc", "abcdef"], &["abc", "def abc"]), "*** ***");
        assert_eq!(masked(&["", "aab"], &["aaab"]), "a***");
        assert_eq!(masked(&["BEGIN\nsecond line\nEND"], &["  second line\n"]), "  ***\n");
        assert_eq!(
            masked(&["{\nab\nabcd\n}"], &["xabcdx ab\n ab\r\n}\n{}\n"]),
            "x***x ab\n ***\r\n***\n{}\n"
        );
        let auth = "dXNlcjpjb3JyZWN0IGhvcnNlCg==";
        assert_eq!(masked(&["correct horse"], &["Basic ", auth]), "Basic dXNlcjp***Cg==");
    }

    #[test]
    fn nothing_that_a_program_says_does_anything() {
        let mut lines = Lines::default();
        assert_eq!(lines.take(b"one\ntw"), "one\n");
        assert_eq!(lines.take(b"o\r\n\x1b[31m red\x07 \xff \xe2\x80\xae\n1%\r2%"), "two\n␛[31m red␇ � �\n");
        assert_eq!(lines.finish(), "1%\n2%\n");
        assert_eq!(lines.finish(), "");
        let long = "ä".repeat(LINE_AT_MOST);
        let shown: String = long.as_bytes().chunks(999).map(|piece| lines.take(piece)).collect();
        assert_eq!(shown + &lines.finish(), long + "\n");
    }
}
