//! Paths as git reads them, and what git says as people may read it.

use crate::model::without_credentials;
use std::ffi::OsString;
use std::path::Path;

const STDERR_SHOWN: usize = 300;

/// A path in the form git's lists of object directories want, where `:` separates.
pub(super) fn quoted(path: &Path) -> OsString {
    let text = path.to_string_lossy();
    if !text.contains(':') && !text.starts_with('"') {
        return path.into();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")).into()
}

/// What git said, on one line, short, and without anything that opens a door.
pub(super) fn shown(stderr: &str, secrets: &[String]) -> String {
    let mut text = without_credentials(&stderr.split_whitespace().collect::<Vec<_>>().join(" "));
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret.as_str(), "…");
    }
    if text.chars().count() > STDERR_SHOWN {
        text = text.chars().take(STDERR_SHOWN).collect::<String>() + "…";
    }
    if text.is_empty() { "it did not say why".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_says_is_shown_without_credentials() {
        let said = "fatal: unable to access 'https://x-access-token:ghs_16C7e42F@github.com/o/r/': 403\n\
                    https://me:hunter2@host/p http.extraHeader=Basic QUJD";
        let text = shown(said, &["QUJD".to_owned()]);
        for secret in ["ghs_16C7e42F", "hunter2", "me:", "QUJD"] {
            assert!(!text.contains(secret), "{text}");
        }
        assert!(text.contains("…@host/p"), "{text}");
        assert!(text.contains("403"), "{text}");
        assert!(shown(&"x ".repeat(4000), &[]).chars().count() <= STDERR_SHOWN + 1);
    }

    #[test]
    fn object_directories_with_a_colon_are_quoted() {
        assert_eq!(quoted(Path::new("/a b/c")), "/a b/c");
        assert_eq!(quoted(Path::new("/a:b\"c")), "\"/a:b\\\"c\"");
    }
}
