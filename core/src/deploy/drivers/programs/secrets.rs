//! The forms in which a program may say a secret.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use std::collections::BTreeSet;

/// A line of a secret of several lines that is shorter than this, in bytes, is no secret by itself: it is hidden where it
/// is all there is in a line.
const LINE_AT_LEAST: usize = 4;
/// What is shorter, in bytes, is not looked for in other forms: it would be found in anything.
const ENCODED_AT_LEAST: usize = 6;
/// How wide programs write long encodings: `base64` and `xxd -p`, PEM, MIME.
const WIDTHS: [usize; 3] = [60, 64, 76];

const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// What browsers' `encodeURIComponent` leaves as it is.
const COMPONENT: &AsciiSet = &UNRESERVED.remove(b'!').remove(b'\'').remove(b'(').remove(b')').remove(b'*');

/// What is to be looked for.
#[derive(Debug, Default)]
pub(super) struct Forms {
    /// Anywhere; the longest first, none empty.
    pub(super) anywhere: Vec<Vec<u8>>,
    /// Only as all that there is in a line.
    pub(super) lines: BTreeSet<String>,
}

impl Forms {
    pub(super) fn of<'a>(secrets: impl IntoIterator<Item = &'a String>) -> Self {
        let (mut anywhere, mut whole_lines) = (BTreeSet::new(), BTreeSet::new());
        for secret in secrets.into_iter().filter(|secret| !secret.is_empty()) {
            add(&mut anywhere, secret);
            add(&mut anywhere, secret.trim());
            if secret.trim().lines().count() < 2 {
                continue;
            }
            for line in secret.lines().map(str::trim).filter(|line| !line.is_empty()) {
                if line.len() < LINE_AT_LEAST {
                    whole_lines.insert(line.to_owned());
                } else {
                    add(&mut anywhere, line);
                }
            }
        }
        anywhere.remove(b"".as_slice());
        let mut anywhere: Vec<Vec<u8>> = anywhere.into_iter().collect();
        anywhere.sort_by_key(|form| std::cmp::Reverse(form.len()));
        Self { anywhere, lines: whole_lines }
    }
}

fn add(forms: &mut BTreeSet<Vec<u8>>, secret: &str) {
    forms.insert(secret.as_bytes().to_vec());
    if secret.len() < ENCODED_AT_LEAST {
        return;
    }
    let texts =
        in_base64(secret).into_iter().chain(in_hex(secret)).chain(in_urls(secret)).chain(quoted(secret));
    forms.extend(texts.map(String::into_bytes));
}

/// Whatever it stands behind: three bytes become four characters, so there are three ways to begin. Left out are the
/// characters that hold something of its neighbours too.
fn in_base64(secret: &str) -> Vec<String> {
    let mut forms = Vec::new();
    for behind in 0..3_usize {
        let bytes = [&[0; 3][..behind], secret.as_bytes()].concat();
        let (from, until) = ((behind * 8).div_ceil(6), bytes.len() * 8 / 6);
        for alphabet in [&STANDARD, &URL_SAFE] {
            let text = alphabet.encode(&bytes);
            forms.push(text[from..until].to_owned());
            if behind == 0 {
                forms.extend(in_lines(&text[..until]));
            }
        }
    }
    forms
}

fn in_hex(secret: &str) -> Vec<String> {
    let (lower, upper) = (hex::encode(secret), hex::encode_upper(secret));
    let lines: Vec<String> = in_lines(&lower).chain(in_lines(&upper)).collect();
    [lower, upper].into_iter().chain(lines).collect()
}

/// The lines of an encoding that is too long for one.
fn in_lines(text: &str) -> impl Iterator<Item = String> {
    let wide = WIDTHS.into_iter().filter(|width| text.len() > *width);
    wide.flat_map(|width| text.as_bytes().chunks(width))
        .filter(|line| line.len() >= ENCODED_AT_LEAST)
        .map(|line| String::from_utf8_lossy(line).into_owned())
}

fn in_urls(secret: &str) -> Vec<String> {
    let mut forms = Vec::new();
    for kept in [UNRESERVED, COMPONENT] {
        let upper = percent_encode(secret.as_bytes(), kept).to_string();
        for digits in [with_small_digits(&upper), upper] {
            forms.push(digits.replace("%20", "+"));
            forms.push(digits);
        }
    }
    forms
}

/// `%2F` as `%2f`.
fn with_small_digits(text: &str) -> String {
    let mut digits = 0;
    let small = text.chars().map(|it| match (it, digits) {
        ('%', _) => {
            digits = 2;
            it
        }
        (_, 0) => it,
        _ => {
            digits -= 1;
            it.to_ascii_lowercase()
        }
    });
    small.collect()
}

/// As shells and JSON write it between quotes or without.
fn quoted(secret: &str) -> Vec<String> {
    let escaped = |escapes: fn(char) -> Option<&'static str>| {
        let mut text = String::new();
        for character in secret.chars() {
            match escapes(character) {
                Some(escape) => text.push_str(escape),
                None => text.push(character),
            }
        }
        text
    };
    let controls = |character| match character {
        '\n' => Some("\\n"),
        '\r' => Some("\\r"),
        '\t' => Some("\\t"),
        '\\' => Some("\\\\"),
        _ => None,
    };
    // `printf %q` puts a backslash before all that might mean something.
    let mut backslashed = String::new();
    for character in secret.chars() {
        if character.is_ascii() && !character.is_alphanumeric() && !"%+-./:=@_,".contains(character) {
            backslashed.push('\\');
        }
        backslashed.push(character);
    }
    let json = serde_json::Value::from(secret).to_string();
    let json = json[1..json.len() - 1].to_owned();
    vec![
        escaped(|it| (it == '\'').then_some("'\\''")),
        escaped(|it| (it == '\'').then_some("'\"'\"'")),
        escaped(|it| match it {
            '"' => Some("\\\""),
            '$' => Some("\\$"),
            '`' => Some("\\`"),
            '\\' => Some("\\\\"),
            _ => None,
        }),
        escaped(controls),
        escaped(controls).replace('\'', "\\'"),
        backslashed,
        json.replace('/', "\\/"),
        json,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_in_the_forms_that_programs_write() {
        let secret = "p\u{e4}ss w'ord/$x\"+\u{20ac}\\".to_owned();
        let forms = Forms::of([&secret]).anywhere;
        for written in [
            "p%C3%A4ss%20w%27ord%2F%24x%22%2B%E2%82%AC%5C",
            "p%c3%a4ss+w%27ord%2f%24x%22%2b%e2%82%ac%5c",
            "p%C3%A4ss%20w'ord%2F%24x%22%2B%E2%82%AC%5C",
            "70c3a473732077276f72642f2478222be282ac5c",
            "70C3A473732077276F72642F2478222BE282AC5C",
            "p\u{e4}ss w'\\''ord/$x\"+\u{20ac}\\",
            "p\u{e4}ss w'\"'\"'ord/$x\"+\u{20ac}\\",
            "p\u{e4}ss w'ord/\\$x\\\"+\u{20ac}\\\\",
            "p\u{e4}ss\\ w\\'ord/\\$x\\\"+\u{20ac}\\\\",
            "p\u{e4}ss w'ord/$x\\\"+\u{20ac}\\\\",
            "p\u{e4}ss w'ord\\/$x\\\"+\u{20ac}\\\\",
        ] {
            assert!(forms.iter().any(|form| form == written.as_bytes()), "{written}");
        }
    }

    #[test]
    fn base64_is_known_behind_anything_and_over_lines() {
        let secret = "0123456789".repeat(30);
        let forms = Forms::of([&secret]).anywhere;
        for behind in ["", "u", "u:", "us:", "user:"] {
            for alphabet in [&STANDARD, &URL_SAFE] {
                let text = alphabet.encode(format!("{behind}{secret}\n"));
                let rest = forms.iter().find_map(|form| {
                    let at = text.find(std::str::from_utf8(form).ok()?)?;
                    Some(text.len() - form.len() - at)
                });
                assert!(rest.is_some_and(|rest| rest <= 4), "{behind:?}: {text}");
            }
        }
        for width in WIDTHS {
            for line in STANDARD.encode(&secret).as_bytes().chunks(width) {
                assert!(forms.iter().any(|form| line.starts_with(form)), "{}", String::from_utf8_lossy(line));
            }
        }
    }

    #[test]
    fn lines_count_from_four_characters_on_and_shorter_ones_as_a_whole() {
        let key = "-----BEGIN\n  abcd\nab\n}\n\n-----END\n".to_owned();
        let Forms { anywhere, lines } = Forms::of([&key]);
        let has = |text: &str| anywhere.iter().any(|form| form == text.as_bytes());
        assert!(has("-----BEGIN") && has("abcd") && has("-----END") && has(key.trim()));
        assert!(!has("ab") && !has("}") && !has(""));
        assert_eq!(lines.into_iter().collect::<Vec<_>>(), ["ab", "}"]);
        let Forms { anywhere, lines } = Forms::of([&"ab".to_owned(), &String::new()]);
        assert_eq!((anywhere, lines.len()), (vec![b"ab".to_vec()], 0));
    }
}
