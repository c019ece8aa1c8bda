//! The literals of a PHP file that only returns an array, as `config.php` and `env.php` are.
//!
//! Nothing is run. What is no literal (a call, a variable, a heredoc, two texts that are joined) ends the reading.

use std::collections::HashMap;

use super::Unread;
use super::line_counter::LineCounter;

/// How deep arrays may lie in each other. In a configuration of a shop they lie a dozen deep.
const DEPTH_MAX: usize = 64;

/// A value as PHP has it.
#[derive(Debug, Clone, PartialEq)]
pub enum PhpValue {
    /// `null`
    Null,
    /// `true` or `false`
    Flag(bool),
    /// A whole number.
    Integer(i64),
    /// Another number.
    Number(f64),
    /// A text. Bytes that are no UTF-8 are replaced.
    Text(String),
    /// A constant, whose value is not known, by its name without the first backslash.
    Constant(String),
    /// An array.
    Array(Vec<PhpEntry>),
}

/// The key of an entry: a text that is a whole number is one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PhpKey {
    /// A number.
    Index(i64),
    /// A text.
    Name(String),
    /// A constant, by its name.
    Constant(String),
}

/// An entry of an array.
#[derive(Debug, Clone, PartialEq)]
pub struct PhpEntry {
    /// Its key.
    pub key: PhpKey,
    /// The line on which it begins, from 1.
    pub line: u32,
    /// What it holds.
    pub value: PhpValue,
}

impl PhpValue {
    /// The entries, where this is an array.
    pub fn entries(&self) -> &[PhpEntry] {
        match self {
            Self::Array(entries) => entries,
            _ => &[],
        }
    }

    /// The entry of this name, where this is an array.
    pub fn entry(&self, name: &str) -> Option<&PhpEntry> {
        self.entries().iter().find(|entry| matches!(&entry.key, PhpKey::Name(key) if key == name))
    }

    /// What lies at the end of these names.
    pub fn at(&self, names: &[&str]) -> Option<&Self> {
        names.iter().try_fold(self, |value, name| value.entry(name).map(|entry| &entry.value))
    }
}

impl std::fmt::Display for PhpKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Index(index) => index.fmt(f),
            Self::Name(name) | Self::Constant(name) => f.write_str(name),
        }
    }
}

/// Reads a file that returns a literal, and nothing else.
pub fn read_php(text: &str) -> Result<PhpValue, Unread> {
    let mut reader =
        Reader { text, at: text.len() - text.trim_start().len(), depth: 0, lines: LineCounter::default() };
    if !reader.takes_word("<?php") {
        return reader.unread("does not begin with <?php");
    }
    if !reader.rest().starts_with(|c: char| c.is_ascii_whitespace()) {
        return reader.unread("does not begin with <?php");
    }
    reader.skip_blank()?;
    if reader.takes_word("declare") {
        for part in ["(", "strict_types", "=", "1", ")", ";"] {
            reader.skip_blank()?;
            if !reader.takes_word(part) {
                return reader.unread(NO_LITERAL);
            }
        }
        reader.skip_blank()?;
    }
    if !reader.takes_word("return") || reader.rest().starts_with(is_name_part) {
        return reader.unread("holds more than one return of an array");
    }
    let value = reader.value()?;
    reader.skip_blank()?;
    let is_ended = reader.takes(";");
    reader.skip_blank()?;
    let is_closed = reader.takes("?>");
    if !(is_ended || is_closed) {
        return reader.unread(NO_LITERAL);
    }
    if reader.rest().trim().is_empty() { Ok(value) } else { reader.unread("goes on after its return") }
}

const NO_LITERAL: &str = "holds more than literals here";

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    lines: LineCounter,
}

/// The keys of an array that is being read.
#[derive(Default)]
struct Entries {
    all: Vec<PhpEntry>,
    places: HashMap<PhpKey, usize>,
    next: i64,
}

impl Entries {
    fn put(&mut self, key: Option<PhpKey>, line: u32, value: PhpValue) {
        let key = key.unwrap_or(PhpKey::Index(self.next));
        if let PhpKey::Index(index) = key {
            self.next = self.next.max(index.saturating_add(1));
        }
        if let Some(place) = self.places.get(&key) {
            self.all[*place].value = value;
            return;
        }
        self.places.insert(key.clone(), self.all.len());
        self.all.push(PhpEntry { key, line, value });
    }
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn line(&self) -> u32 {
        super::line_at(self.text.as_bytes(), self.at)
    }

    /// The line, counted on from where it was asked last.
    fn count_lines(&mut self) -> u32 {
        self.lines.count_to(self.text, self.at)
    }

    fn unread<T>(&self, why: &'static str) -> Result<T, Unread> {
        Err(Unread::new(self.line(), why))
    }

    fn takes(&mut self, sign: &str) -> bool {
        let takes = self.rest().starts_with(sign);
        self.at += if takes { sign.len() } else { 0 };
        takes
    }

    /// Takes a word in any case.
    fn takes_word(&mut self, word: &str) -> bool {
        let takes = self.rest().get(..word.len()).is_some_and(|it| it.eq_ignore_ascii_case(word));
        self.at += if takes { word.len() } else { 0 };
        takes
    }

    /// Goes past white space and comments.
    fn skip_blank(&mut self) -> Result<(), Unread> {
        loop {
            let rest = self.rest();
            self.at +=
                rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '\u{b}').len();
            let rest = self.rest();
            if rest.starts_with("//") || rest.starts_with('#') && !rest.starts_with("#[") {
                let ends = [rest.find(['\n', '\r']), rest.find("?>")];
                self.at += ends.into_iter().flatten().min().unwrap_or(rest.len());
            } else if let Some(comment) = rest.strip_prefix("/*") {
                match comment.find("*/") {
                    Some(end) => self.at += end + 4,
                    None => return self.unread("has a comment without an end"),
                }
            } else {
                return Ok(());
            }
        }
    }

    fn value(&mut self) -> Result<PhpValue, Unread> {
        self.skip_blank()?;
        let rest = self.rest();
        match rest.bytes().next() {
            Some(b'[') => {
                self.at += 1;
                self.array(']')
            }
            Some(b'\'') => self.single_quoted().map(PhpValue::Text),
            Some(b'"') => self.double_quoted().map(PhpValue::Text),
            Some(b'+' | b'-') => {
                self.at += 1;
                self.skip_blank()?;
                let value = if self.rest().starts_with(|c: char| c.is_ascii_digit() || c == '.') {
                    self.number()?
                } else {
                    return self.unread(NO_LITERAL);
                };
                Ok(if rest.starts_with('-') { negative(value) } else { value })
            }
            Some(b'0'..=b'9' | b'.') => self.number(),
            _ => self.word(),
        }
    }

    /// `array( … )`, or a constant.
    fn word(&mut self) -> Result<PhpValue, Unread> {
        let begin = self.at;
        self.takes("\\");
        self.name()?;
        if self.takes("::") {
            self.name()?;
        }
        let word = &self.text[begin..self.at];
        if word.eq_ignore_ascii_case("array") {
            self.skip_blank()?;
            if !self.takes("(") {
                return self.unread(NO_LITERAL);
            }
            return self.array(')');
        }
        let bare = word.trim_start_matches('\\');
        Ok(match bare.to_ascii_lowercase().as_str() {
            "true" => PhpValue::Flag(true),
            "false" => PhpValue::Flag(false),
            "null" => PhpValue::Null,
            _ => PhpValue::Constant(bare.to_owned()),
        })
    }

    fn name(&mut self) -> Result<(), Unread> {
        let rest = self.rest();
        if !rest.starts_with(|c: char| is_name_part(c) && !c.is_ascii_digit()) {
            return self.unread(NO_LITERAL);
        }
        self.at += rest.find(|c| !is_name_part(c) && c != '\\').unwrap_or(rest.len());
        Ok(())
    }

    fn array(&mut self, end: char) -> Result<PhpValue, Unread> {
        if self.depth == DEPTH_MAX {
            return self.unread("lies deeper than can be read");
        }
        self.depth += 1;
        let mut entries = Entries::default();
        loop {
            self.skip_blank()?;
            if self.rest().starts_with(end) {
                break;
            }
            let line = self.count_lines();
            let first = self.value()?;
            self.skip_blank()?;
            if self.takes("=>") {
                let Some(key) = key_of(first) else { return self.unread("has an array as a key") };
                let value = self.value()?;
                entries.put(Some(key), line, value);
                self.skip_blank()?;
            } else {
                entries.put(None, line, first);
            }
            if !self.takes(",") && !self.rest().starts_with(end) {
                return self.unread(NO_LITERAL);
            }
        }
        self.at += 1;
        self.depth -= 1;
        Ok(PhpValue::Array(entries.all))
    }

    fn number(&mut self) -> Result<PhpValue, Unread> {
        let rest = self.rest();
        let mut end = 0;
        for (at, c) in rest.char_indices() {
            let is_hex = rest.starts_with("0x") || rest.starts_with("0X");
            let after_exponent = !is_hex && rest[..at].ends_with(['e', 'E']) && matches!(c, '+' | '-');
            if !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_') || after_exponent) {
                break;
            }
            end = at + c.len_utf8();
        }
        let written = &rest[..end];
        let Some(value) = number(written) else { return self.unread(NO_LITERAL) };
        self.at += end;
        Ok(value)
    }

    fn single_quoted(&mut self) -> Result<String, Unread> {
        let inside = &self.rest()[1..];
        let mut text = String::new();
        let mut letters = inside.char_indices();
        while let Some((at, c)) = letters.next() {
            match c {
                '\'' => {
                    self.at += at + 2;
                    return Ok(text);
                }
                '\\' => match letters.clone().next() {
                    Some((_, next @ ('\\' | '\''))) => {
                        text.push(next);
                        letters.next();
                    }
                    _ => text.push('\\'),
                },
                _ => text.push(c),
            }
        }
        self.unread("has a quote without an end")
    }

    fn double_quoted(&mut self) -> Result<String, Unread> {
        let inside = &self.rest()[1..];
        let mut bytes = Vec::new();
        let mut at = 0;
        loop {
            let rest = &inside[at..];
            let Some(c) = rest.chars().next() else { return self.unread("has a quote without an end") };
            let after = &rest[c.len_utf8()..];
            let begins_name = |text: &str| text.starts_with(|c: char| is_name_part(c) && !c.is_ascii_digit());
            match c {
                '"' => {
                    self.at += at + 2;
                    return Ok(String::from_utf8_lossy(&bytes).into_owned());
                }
                '$' if begins_name(after) || after.starts_with('{') => return self.unread(NO_LITERAL),
                '{' if after.starts_with('$') => return self.unread(NO_LITERAL),
                '\\' => match escape(after, &mut bytes) {
                    Some(length) => at += 1 + length,
                    None => return self.unread("has an escape that PHP does not know"),
                },
                _ => {
                    bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                    at += c.len_utf8();
                }
            }
        }
    }
}

/// What follows a backslash in a text in double quotes, and how many bytes that takes.
fn escape(after: &str, bytes: &mut Vec<u8>) -> Option<usize> {
    let Some(c) = after.chars().next() else {
        bytes.push(b'\\');
        return Some(0);
    };
    let digits = |text: &str, most: usize, radix: u32| {
        text.chars().take(most).take_while(|c| c.is_digit(radix)).count()
    };
    let single = match c {
        'n' => b'\n',
        't' => b'\t',
        'r' => b'\r',
        'v' => 0x0b,
        'e' => 0x1b,
        'f' => 0x0c,
        '\\' | '$' | '"' => c as u8,
        '0'..='7' => {
            let length = digits(after, 3, 8);
            let value = u32::from_str_radix(&after[..length], 8).ok()?;
            bytes.push((value & 0xff) as u8);
            return Some(length);
        }
        'x' if digits(&after[1..], 2, 16) > 0 => {
            let length = digits(&after[1..], 2, 16);
            bytes.push(u8::from_str_radix(&after[1..=length], 16).ok()?);
            return Some(length + 1);
        }
        'u' if after[1..].starts_with('{') => {
            let inside = after[2..].split_once('}')?.0;
            let letter = char::from_u32(u32::from_str_radix(inside, 16).ok()?)?;
            bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            return Some(inside.len() + 3);
        }
        _ => {
            bytes.push(b'\\');
            return Some(0);
        }
    };
    bytes.push(single);
    Some(1)
}

fn is_name_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii()
}

fn negative(value: PhpValue) -> PhpValue {
    match value {
        PhpValue::Integer(number) => PhpValue::Integer(-number),
        PhpValue::Number(number) => PhpValue::Number(-number),
        other => other,
    }
}

/// A number as PHP writes it: decimal, hexadecimal, octal, binary, with `_` between digits.
fn number(written: &str) -> Option<PhpValue> {
    let bytes = written.as_bytes();
    let is_between = |at: usize| {
        let digit = |at: Option<&u8>| at.is_some_and(u8::is_ascii_hexdigit);
        at > 0 && digit(bytes.get(at - 1)) && digit(bytes.get(at + 1))
    };
    if written.char_indices().any(|(at, c)| c == '_' && !is_between(at)) {
        return None;
    }
    let plain = written.replace('_', "").to_ascii_lowercase();
    let based = |digits: &str, radix: u32| {
        let all = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
        all.then(|| i64::from_str_radix(digits, radix).ok().map(PhpValue::Integer)).flatten()
    };
    for (prefix, radix) in [("0x", 16), ("0b", 2), ("0o", 8)] {
        if let Some(digits) = plain.strip_prefix(prefix) {
            return based(digits, radix);
        }
    }
    if plain.bytes().all(|byte| byte.is_ascii_digit()) {
        if plain.len() > 1 && plain.starts_with('0') {
            return based(&plain[1..], 8);
        }
        if let Ok(number) = plain.parse() {
            return Some(PhpValue::Integer(number));
        }
    }
    let is_decimal =
        plain.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'+' | b'-'));
    is_decimal.then(|| plain.parse().ok().map(PhpValue::Number)).flatten()
}

/// The key that PHP makes of a value; none where it takes no such key.
fn key_of(value: PhpValue) -> Option<PhpKey> {
    Some(match value {
        PhpValue::Null => PhpKey::Name(String::new()),
        PhpValue::Flag(flag) => PhpKey::Index(i64::from(flag)),
        PhpValue::Integer(number) => PhpKey::Index(number),
        #[expect(clippy::cast_possible_truncation, reason = "PHP cuts it off as well")]
        PhpValue::Number(number) => PhpKey::Index(number as i64),
        PhpValue::Constant(name) => PhpKey::Constant(name),
        PhpValue::Text(text) => match text.parse::<i64>() {
            Ok(number) if number.to_string() == text => PhpKey::Index(number),
            _ => PhpKey::Name(text),
        },
        PhpValue::Array(_) => return None,
    })
}
