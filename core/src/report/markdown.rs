//! Markdown that says what was meant, whatever the names in it are.
//!
//! Everything that people outside chose (branch names, subjects, authors, paths, error messages) is shown
//! as inline code. Inside code GitHub neither pings, nor links, nor reads HTML, so one rule covers them
//! all: clean the text, then fence it with more backticks than it holds.

/// Removes what could make a text look like another one: control characters, direction marks and
/// characters without width become `�`.
pub(super) fn clean(text: &str) -> String {
    text.chars().map(|c| if is_deceptive(c) { '\u{fffd}' } else { c }).collect()
}

/// Whether a character is invisible or changes how its neighbours are shown.
pub(super) fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// An untrusted text as inline code.
pub(super) fn code(text: &str) -> String {
    let text = clean(text);
    if text.is_empty() {
        return "(empty)".to_owned();
    }
    let fence = "`".repeat(longest_run_of_backticks(&text) + 1);
    // One space on either side is taken off again, so it may always be there where it could matter.
    let pad = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// An untrusted text as inline code in a table, where a bare pipe would end the cell even inside code.
pub(super) fn code_in_table(text: &str) -> String {
    code(text).replace('|', "\\|")
}

/// A block of code that nothing inside can close.
pub(super) fn block(language: &str, body: &str) -> String {
    let fence = "`".repeat(longest_run_of_backticks(body).max(2) + 1);
    format!("{fence}{language}\n{body}\n{fence}")
}

/// A folded part. `heading` is Markdown of ours, without a line break.
pub(super) fn folded(heading: &str, body: &str) -> String {
    // Inside `<summary>` GitHub reads no Markdown, so callers give plain words of ours there.
    format!("<details><summary>{heading}</summary>\n\n{body}\n\n</details>")
}

fn longest_run_of_backticks(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_become_code_that_nothing_closes() {
        assert_eq!(code("feature/x"), "`feature/x`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code("@alice #12 <!-- -->"), "`@alice #12 <!-- -->`");
        assert_eq!(code("a\u{202e}b\nc\u{200b}"), "`a\u{fffd}b\u{fffd}c\u{fffd}`");
        assert_eq!(code(""), "(empty)");
        assert_eq!(code_in_table("a|b"), "`a\\|b`");
    }

    #[test]
    fn a_block_is_fenced_with_more_backticks_than_it_holds() {
        assert_eq!(block("sh", "git push"), "```sh\ngit push\n```");
        assert_eq!(block("sh", "a````b"), "`````sh\na````b\n`````");
    }

    /// What the rule of `CommonMark` for code spans makes of `span`: its content, and what follows it.
    fn read_code_span(span: &str) -> Option<(String, &str)> {
        let fence = span.len() - span.trim_start_matches('`').len();
        let body = &span[fence..];
        let mut at = 0;
        while let Some(found) = body[at..].find('`') {
            let start = at + found;
            let run = body[start..].len() - body[start..].trim_start_matches('`').len();
            if run == fence {
                let content = &body[..start];
                let padded = content.starts_with(' ') && content.ends_with(' ') && content.trim() != "";
                let content = if padded { &content[1..content.len() - 1] } else { content };
                return Some((content.to_owned(), &body[start + run..]));
            }
            at = start + run;
        }
        None
    }

    proptest! {
        #[test]
        fn whatever_goes_in_comes_out_as_one_code_span(text in "[ -~`|äß→\u{202e}\n]{1,40}") {
            prop_assume!(!text.trim().is_empty());
            let span = code(&text);
            let (content, rest) = read_code_span(&span).expect("the span closes");
            prop_assert_eq!(content, clean(&text));
            prop_assert_eq!(rest, "");
        }

        #[test]
        fn a_table_cell_holds_no_bare_pipe(text in "[a|\\\\`]{0,30}") {
            let cell = code_in_table(&text);
            let mut before = ' ';
            for c in cell.chars() {
                prop_assert!(c != '|' || before == '\\');
                before = c;
            }
        }

        #[test]
        fn clean_text_holds_nothing_deceptive(text in any::<String>()) {
            prop_assert!(!clean(&text).chars().any(is_deceptive));
            prop_assert_eq!(clean(&clean(&text)), clean(&text));
        }
    }
}
