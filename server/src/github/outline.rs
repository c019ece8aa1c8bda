//! What an event is about, without reading what it tells of it.
//!
//! At the door, a few small values are asked of an event whose bulk describes a pull request and a repository. A reader that
//! looks into each value takes twice as long as one that only looks for where it ends.

use super::events::{NAMED, ONE_VALUE_OF};
use std::borrow::Cow;

/// The event without what an [`Envelope`](super::events::Envelope) has no name for; the event itself where it is not clear to
/// this reader. What is left out is not checked: whoever takes the event up reads all of it.
pub fn outline(event: &[u8]) -> Cow<'_, [u8]> {
    shortened(event).map_or(Cow::Borrowed(event), Cow::Owned)
}

/// What is no object, or is written as GitHub does not write: a reader of all JSON tells what it is.
#[derive(Debug, PartialEq, Eq)]
struct Unclear;

fn shortened(event: &[u8]) -> Result<Vec<u8>, Unclear> {
    let mut members = Members::of(event)?;
    let mut short = Vec::with_capacity(1024);
    while let Some(member) = members.next()? {
        if let Some((_, wanted)) = ONE_VALUE_OF.iter().find(|(of, _)| of.as_bytes() == member.name) {
            let value = only(wanted.as_bytes(), member.value)?;
            add(&mut short, Member { value: &value, ..member });
        } else if NAMED.iter().any(|name| name.as_bytes() == member.name) {
            add(&mut short, member);
        }
    }
    if short.is_empty() {
        short.push(b'{');
    }
    short.push(b'}');
    Ok(short)
}

/// An object with the first member of this name alone, if it has one; another value as it is.
fn only<'a>(wanted: &[u8], value: &'a [u8]) -> Result<Cow<'a, [u8]>, Unclear> {
    if !value.starts_with(b"{") {
        return Ok(Cow::Borrowed(value));
    }
    let mut members = Members::of(value)?;
    while let Some(member) = members.next()? {
        if member.name == wanted {
            let mut object = Vec::new();
            add(&mut object, member);
            object.push(b'}');
            return Ok(Cow::Owned(object));
        }
    }
    Ok(Cow::Borrowed(b"{}"))
}

fn add(object: &mut Vec<u8>, member: Member<'_>) {
    object.push(if object.is_empty() { b'{' } else { b',' });
    object.push(b'"');
    object.extend_from_slice(member.name);
    object.extend_from_slice(b"\":");
    object.extend_from_slice(member.value);
}

/// A member of an object: its name as it is written, and its value's text.
#[derive(Debug, Clone, Copy)]
struct Member<'a> {
    name: &'a [u8],
    value: &'a [u8],
}

/// The members of an object, one after the other.
struct Members<'a> {
    text: &'a [u8],
    at: usize,
    begun: bool,
}

impl<'a> Members<'a> {
    fn of(object: &'a [u8]) -> Result<Self, Unclear> {
        let mut members = Self { text: object, at: 0, begun: false };
        members.take(b'{')?;
        Ok(members)
    }

    fn next(&mut self) -> Result<Option<Member<'a>>, Unclear> {
        if self.peek()? == b'}' {
            self.at += 1;
            return if self.peek().is_err() { Ok(None) } else { Err(Unclear) };
        }
        if self.begun {
            self.take(b',')?;
        }
        self.begun = true;
        self.take(b'"')?;
        let begin = self.at;
        self.at = end_of_string(self.text, begin)?;
        let name = &self.text[begin..self.at - 1];
        if name.contains(&b'\\') {
            return Err(Unclear);
        }
        self.take(b':')?;
        self.peek()?;
        let begin = self.at;
        self.at = end_of_value(self.text, begin)?;
        Ok(Some(Member { name, value: &self.text[begin..self.at] }))
    }

    /// The next byte that is no space.
    fn peek(&mut self) -> Result<u8, Unclear> {
        while let Some(byte) = self.text.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Ok(*byte);
            }
            self.at += 1;
        }
        Err(Unclear)
    }

    fn take(&mut self, expected: u8) -> Result<(), Unclear> {
        if self.peek()? != expected {
            return Err(Unclear);
        }
        self.at += 1;
        Ok(())
    }
}

/// Where the value ends that begins at `at`. Of the brackets within it no more is asked than that as many close as open.
fn end_of_value(text: &[u8], mut at: usize) -> Result<usize, Unclear> {
    let mut depth = 0_usize;
    loop {
        match text.get(at).ok_or(Unclear)? {
            b'"' => {
                at = end_of_string(text, at + 1)?;
                if depth == 0 {
                    return Ok(at);
                }
            }
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' => {
                match depth {
                    // The end of what the value is in.
                    0 => return Ok(at),
                    1 => return Ok(at + 1),
                    _ => depth -= 1,
                }
                at += 1;
            }
            b',' | b' ' | b'\t' | b'\n' | b'\r' if depth == 0 => return Ok(at),
            _ => at += 1,
        }
    }
}

/// The place after the quotation mark that ends the string whose text begins at `at`.
fn end_of_string(text: &[u8], mut at: usize) -> Result<usize, Unclear> {
    loop {
        at += quote_or_backslash(text.get(at..).ok_or(Unclear)?).ok_or(Unclear)?;
        if text[at] == b'"' {
            return Ok(at + 1);
        }
        // What follows a backslash ends nothing.
        at += 2;
    }
}

/// The first of either. Strings are short, so that a library's search, which is made for long ones, is no faster.
fn quote_or_backslash(text: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    /// Has the high bit of the lowest byte that is nought, and maybe those of bytes above it.
    const fn noughts(bytes: u64) -> u64 {
        bytes.wrapping_sub(ONES) & !bytes & HIGH
    }
    let mut at = 0;
    while let Some(eight) = text.get(at..).and_then(|rest| rest.first_chunk()) {
        let eight = u64::from_le_bytes(*eight);
        let found = noughts(eight ^ (ONES * b'"' as u64)) | noughts(eight ^ (ONES * b'\\' as u64));
        if found != 0 {
            return Some(at + (found.trailing_zeros() / 8) as usize);
        }
        at += 8;
    }
    text[at..].iter().position(|byte| matches!(byte, b'"' | b'\\')).map(|found| at + found)
}
