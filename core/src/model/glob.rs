//! Globs as people write them in `.gitignore` and in shells, for paths with `/` between their folders.
//!
//! `*` and `?` stay within a folder, `**` as a whole part of the path stands for any folders, `[a-z]` and `[!a-z]` for one
//! character, `{one,other}` for either. A glob is a regular expression in another spelling, so that is what it becomes: it
//! is matched in a time that grows with the path's length alone, whatever is written.

use regex_lite::Regex;
use std::iter::Peekable;
use std::str::Chars;

/// Why a glob cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum GlobError {
    #[error("a [ has no ] after it")]
    OpenClass,
    #[error("a {{ has no }} after it")]
    OpenGroup,
    #[error("a }} has no {{ before it")]
    NoGroup,
    #[error("no character is between {0} and {1}")]
    EmptyRange(char, char),
    #[error("it is too long, or nested too deep")]
    TooLarge,
}

/// Reads a glob; what comes out matches whole paths.
pub(super) fn compiled(glob: &str) -> Result<Regex, GlobError> {
    let mut reader =
        Reader { rest: glob.chars().peekable(), before: None, regex: "(?s)^(?:".to_owned(), open: 0 };
    while let Some(next) = reader.rest.next() {
        reader.take(next)?;
        reader.before = Some(next);
    }
    if reader.open > 0 {
        return Err(GlobError::OpenGroup);
    }
    Regex::new(&(reader.regex + ")$")).map_err(|_| GlobError::TooLarge)
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    /// The character before the one that is taken.
    before: Option<char>,
    regex: String,
    /// How many groups are open.
    open: usize,
}

impl Reader<'_> {
    fn take(&mut self, next: char) -> Result<(), GlobError> {
        match next {
            '*' => self.stars(),
            '?' => self.regex.push_str("[^/]"),
            '[' => return self.class(),
            '{' => {
                self.open += 1;
                self.regex.push_str("(?:");
            }
            ',' if self.open > 0 => self.regex.push('|'),
            '}' => {
                self.open = self.open.checked_sub(1).ok_or(GlobError::NoGroup)?;
                self.regex.push(')');
            }
            literal => self.literal(literal),
        }
        Ok(())
    }

    fn literal(&mut self, literal: char) {
        if literal.is_ascii_punctuation() && literal != '/' {
            self.regex.push('\\');
        }
        self.regex.push(literal);
    }

    /// One star, or several: two that are a whole part of the path stand for any number of folders.
    fn stars(&mut self) {
        let in_group = self.open > 0;
        let begins = self.before.is_none_or(|it| it == '/' || in_group && "{,".contains(it));
        let mut count = 1;
        while self.rest.next_if_eq(&'*').is_some() {
            count += 1;
        }
        let is_whole = count == 2 && begins;
        match self.rest.peek() {
            Some('/') if is_whole => {
                self.rest.next();
                self.regex.push_str("(?:.*/)?");
            }
            None if is_whole => self.regex.push_str(".*"),
            Some(',' | '}') if is_whole && in_group => self.regex.push_str(".*"),
            _ => self.regex.push_str("[^/]*"),
        }
    }

    /// One character of some, of which a `/` is none.
    fn class(&mut self) -> Result<(), GlobError> {
        let negated = self.rest.next_if(|it| matches!(it, '!' | '^')).is_some();
        self.regex.push_str(if negated { "[^/" } else { "[" });
        let mut is_first = true;
        loop {
            let from = self.rest.next().ok_or(GlobError::OpenClass)?;
            if from == ']' && !is_first {
                break;
            }
            is_first = false;
            self.literal(from);
            let mut ahead = self.rest.clone();
            if let (Some('-'), Some(to)) = (ahead.next(), ahead.next())
                && to != ']'
            {
                if to < from {
                    return Err(GlobError::EmptyRange(from, to));
                }
                self.regex.push('-');
                self.literal(to);
                self.rest = ahead;
            }
        }
        self.regex.push(']');
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn matches(glob: &str, path: &str) -> bool {
        compiled(glob).unwrap_or_else(|error| panic!("{glob}: {error}")).is_match(path)
    }

    #[test]
    fn globs_mean_what_they_look_like() {
        for (glob, hits, misses) in [
            ("docs/*.md", &["docs/a.md", "docs/.md"][..], &["docs/a/b.md", "docs/a.mdx", "x/docs/a.md"][..]),
            ("**/a", &["a", "b/a", "b/c/a"], &["ba", "a/b"]),
            ("a/**", &["a/b", "a/b/c"], &["a", "ab"]),
            ("a/**/b", &["a/b", "a/c/b", "a/c/d/b"], &["ab", "a/cb"]),
            ("**", &["a", "a/b"], &[]),
            ("a**b", &["ab", "acb"], &["a/b"]),
            ("a?c", &["abc", "aäc"], &["a/c", "ac"]),
            ("[a-c].php", &["a.php", "c.php"], &["d.php", "-.php"]),
            ("[!a-c]x", &["dx"], &["ax", "/x"]),
            ("[]-]x", &["]x", "-x"], &["ax"]),
            ("app/{etc,code}/*.{php,xml}", &["app/etc/a.php", "app/code/b.xml"], &["app/etc/a.txt"]),
            ("{**/x,y}", &["a/x", "x", "y"], &["a/y"]),
            ("a,b", &["a,b"], &["a", "b"]),
            ("größe/(1)+$.txt", &["größe/(1)+$.txt"], &["größe/1.txt"]),
        ] {
            for path in hits {
                assert!(matches(glob, path), "{glob} and {path}");
            }
            for path in misses {
                assert!(!matches(glob, path), "{glob} but not {path}");
            }
        }
    }

    #[test]
    fn what_is_wrong_with_a_glob_is_named() {
        for (glob, wrong) in [
            ("a[b", GlobError::OpenClass),
            ("a[]", GlobError::OpenClass),
            ("{a,b", GlobError::OpenGroup),
            ("a}", GlobError::NoGroup),
            ("[z-a]", GlobError::EmptyRange('z', 'a')),
            ("{".repeat(200).as_str(), GlobError::OpenGroup),
            (format!("{}{}", "{".repeat(200), "}".repeat(200)).as_str(), GlobError::TooLarge),
        ] {
            assert_eq!(compiled(glob).unwrap_err(), wrong, "{glob}");
        }
    }

    proptest! {
        /// The globs of ripgrep's library mean the same, but for what theirs says of bytes, of empty choices, and of
        /// what ends in a `/`, as no path does. Of `**/**` alone it says that it matches nothing.
        #[test]
        fn another_library_reads_them_alike(
            glob in "([ab]|\\*|\\*\\*|\\*\\*/|/|\\?|\\[a-b\\]|\\{a,b/\\*\\}){0,5}(a|\\*|/\\*\\*)",
            path in "[ab]{1,2}(/[abc.]{1,2}){0,3}",
        ) {
            prop_assume!(!glob.contains("**/**"));
            let theirs = globset::GlobBuilder::new(&glob).literal_separator(true).build().unwrap().compile_matcher();
            prop_assert_eq!(matches(&glob, &path), theirs.is_match(&path), "{} and {}", glob, path);
        }

        #[test]
        fn nothing_that_is_written_is_a_panic(glob in "[a{},*?\\[\\]!^/\\-.ä(|$]{0,40}", path in ".{0,20}") {
            if let Ok(read) = compiled(&glob) {
                let _ = read.is_match(&path);
            }
        }
    }
}
