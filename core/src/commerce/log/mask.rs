//! Excerpts of a log that can be shown: on one line, short, and without what opens doors.

use crate::model::without_credentials;

/// How long a line of an excerpt may be, in characters.
const SHOWN_MAX: usize = 200;

/// What stands in the place of what was left out.
const LEFT_OUT: &str = "…";

/// In names of what is secret, in small letters.
const SECRET_NAMES: [&str; 9] =
    ["pass", "pwd", "secret", "token", "key", "auth", "credential", "dsn", "cookie"];

/// Words before a secret that has no name.
const SECRET_FOLLOWS: [&str; 2] = ["bearer ", "basic "];

/// A run of letters and digits of this length is taken for a secret.
const RUN_MIN: usize = 20;

/// A line of a log, fit to be shown. What is taken for a secret may be none: a commit, for one.
pub(super) fn masked(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let text: String = text.chars().map(|c| if does_something(c) { ' ' } else { c }).collect();
    let text = without_credentials(text.trim());
    let text = without_values(&text);
    let text: String = text.split_inclusive(' ').map(word_without).collect();
    let mut shown: String = text.chars().take(SHOWN_MAX).collect();
    if shown.len() < text.len() {
        shown.push_str(LEFT_OUT);
    }
    shown
}

/// Whether a line is nothing but a part of a key in letters: what stands between its first and its last line.
pub(super) fn may_be_part_of_a_key(line: &[u8]) -> bool {
    let is_of_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    !line.is_empty() && line.iter().all(is_of_base64)
}

fn does_something(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Cuts the line where the value of something begins whose name tells that it is secret: where it ends, nobody knows.
fn without_values(text: &str) -> String {
    let small = text.to_ascii_lowercase();
    let values = SECRET_NAMES.into_iter().flat_map(|name| {
        small.match_indices(name).filter_map(|(at, _)| value_behind(&small, at, name.len()))
    });
    let follows =
        SECRET_FOLLOWS.into_iter().flat_map(|word| small.match_indices(word).map(|(at, _)| at + word.len()));
    match values.chain(follows).min() {
        Some(at) => format!("{}{LEFT_OUT}", &text[..at]),
        None => text.to_owned(),
    }
}

/// Where the value begins of a name with a secret word at `at`: behind `=`, `:`, `=>` or `>`, or behind white space where
/// the name is a flag.
fn value_behind(text: &str, at: usize, length: usize) -> Option<usize> {
    let is_of_a_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let name = text[..at].trim_end_matches(is_of_a_name).len();
    let behind = text[at + length..].trim_start_matches(is_of_a_name);
    let is_flag = text[name..].starts_with("--") && behind.starts_with(' ');
    let separator = behind.trim_start_matches(['"', '\'', '\\', ']', ')', ' ']);
    let value = separator.trim_start_matches(['=', ':', '>']);
    (is_flag || value.len() < separator.len()).then_some(text.len() - value.len())
}

fn word_without(word: &str) -> String {
    let bare = word.trim_end();
    // A user with its password, without a scheme before them.
    if let Some((user, host)) = bare.rsplit_once('@')
        && user.contains(':')
        && !user.contains("://")
    {
        return format!("{LEFT_OUT}@{host}{}", &word[bare.len()..]);
    }
    // The short flag for passwords of the database's programs.
    if bare.len() > 2 && bare.starts_with("-p") && !bare.starts_with("--") {
        return format!("-p{LEFT_OUT}{}", &word[bare.len()..]);
    }
    let mut shown = String::with_capacity(word.len());
    let is_of_a_run = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '=');
    let mut rest = word;
    while !rest.is_empty() {
        let end = rest.find(|c| !is_of_a_run(c)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        shown.push_str(if is_like_a_secret(run) { LEFT_OUT } else { run });
        let next = after.find(is_of_a_run).unwrap_or(after.len());
        shown.push_str(&after[..next]);
        rest = &after[next..];
    }
    shown
}

/// Long, and mixed as no word is.
fn is_like_a_secret(run: &str) -> bool {
    let count = |is: fn(&u8) -> bool| run.bytes().filter(is).count();
    let (digits, capitals) = (count(u8::is_ascii_digit), count(u8::is_ascii_uppercase));
    let small = count(u8::is_ascii_lowercase);
    let is_mixed = digits >= 1 && capitals >= 1 && (small >= 1 || digits + capitals == run.len());
    run.len() >= RUN_MIN && (digits >= 3 && small + capitals > 0 || is_mixed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_opens_doors_is_left_out() {
        for (line, shown) in [
            ("Module 'Acme_Tax': the class Acme\\Tax\\Setup is not there", None),
            ("SQLSTATE[HY000] [2002] Connection refused", None),
            ("vendor/magento/module-catalog-url-rewrite-graph-ql/etc/di.xml", None),
            ("db-password=hunter2 --db-host=x", Some("db-password=…")),
            ("--admin-password 'hunter2'", Some("--admin-password '…")),
            ("'password' => 'hunter2',", Some("'password' =>…")),
            ("{\"api_key\": \"hunter2\"}", Some("{\"api_key\":…")),
            ("<password>hunter2</password>", Some("<password>…")),
            ("CRYPT_KEY=0123456789abcdef", Some("CRYPT_KEY=…")),
            ("Authorization: Bearer abc", Some("Authorization:…")),
            ("sent Bearer abc", Some("sent Bearer …")),
            ("https://me:hunter2@repo.example.org/x", Some("https://…@repo.example.org/x")),
            ("as me:hunter2@db.internal now", Some("as …@db.internal now")),
            ("mysql -u me -phunter2 main", Some("mysql -u me -p… main")),
            ("got 0123456789abcdef0123456789abcdef here", Some("got … here")),
            ("eyJhbGciOiJIUzI1NiJ9abcd.eyJzdWIiOiIxMjM0NTY3ODkwIn0.x", Some("….….x")),
            ("as AKIAIOSFODNN7EXAMPLE now", Some("as … now")),
            ("MAGENTO_CLOUD_VARIABLES_2 is set", None),
            ("ghp_16C7e42F is bad", Some("… is bad")),
            ("a\tb\u{202e}c\x07", Some("a b c")),
        ] {
            assert_eq!(masked(line.as_bytes()), shown.unwrap_or(line), "{line}");
        }
        assert_eq!(masked("é".repeat(500).as_bytes()).chars().count(), SHOWN_MAX + 1);
        assert_eq!(masked(b"\xff\xfe x"), "\u{fffd}\u{fffd} x");
    }
}
