//! Commands that may be pasted into any POSIX shell, whatever the branches are called.

use super::markdown::is_deceptive;

/// `text` as one shell word.
///
/// Text with invisible or direction-changing characters is spelled out in octal, so that what is read is
/// what runs.
pub fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._/-".contains(c);
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(plain) {
        return text.to_owned();
    }
    // `$(…)` takes trailing line breaks off; no name ends with one, and quotes keep it anyway.
    if text.chars().any(is_deceptive) && !text.ends_with('\n') {
        return format!("\"$(printf '{}')\"", spelled_out(text));
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn spelled_out(text: &str) -> String {
    use std::fmt::Write as _;
    let mut octal = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"._/".contains(&byte) {
            octal.push(char::from(byte));
        } else {
            let _ = write!(octal, "\\{byte:03o}");
        }
    }
    octal
}

/// Commands as one paste: each runs only if the one before it worked. Without that a push would follow a
/// pick that stopped, and the branch would lose the rest.
pub(super) fn script(commands: &[String]) -> String {
    commands.join(" &&\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::process::Command;

    /// What a real shell takes the quoted text for.
    fn as_a_shell_reads_it(text: &str) -> String {
        let script = format!("printf %s {}", quote(text));
        let output = Command::new("sh").arg("-c").arg(&script).output().expect("sh runs");
        assert!(output.status.success(), "{script}: {output:?}");
        String::from_utf8(output.stdout).expect("the bytes that went in")
    }

    #[test]
    fn ordinary_names_stay_bare() {
        assert_eq!(quote("feature/x-1.2_a"), "feature/x-1.2_a");
        assert_eq!(quote("-x"), "'-x'");
        assert_eq!(quote("it's;$(rm)"), r"'it'\''s;$(rm)'");
        assert_eq!(quote(""), "''");
        assert_eq!(quote("a\u{202e}b"), r#""$(printf 'a\342\200\256b')""#);
    }

    #[test]
    fn a_shell_reads_awkward_names_as_they_are() {
        for text in [
            "",
            "-n",
            "a'b",
            "a\"b",
            "$HOME",
            "`id`",
            "a;b",
            "x&y",
            "ünï/cödé",
            "%s",
            "!x",
            "=ls",
            "\u{202e}%\\'",
        ] {
            assert_eq!(as_a_shell_reads_it(text), text);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_shell_reads_any_text_as_it_is(text in "[^\0]{0,40}", mark in "[\u{200b}\u{202e}'`$\\\\]{0,3}") {
            let text = format!("{text}{mark}");
            prop_assert_eq!(as_a_shell_reads_it(&text), text);
        }
    }
}
