//! What GitHub takes, and how a text is made to fit.
//!
//! Texts are made of parts that stand or fall as a whole: a paragraph, a table, a block of commands. A
//! part that does not fit is left out and said to be, so no code fence is ever cut open and no command is
//! ever cut short.

/// The longest title of a check, in characters: what the list of checks shows.
pub(super) const TITLE: usize = 60;

/// The longest summary, text or comment, in bytes. GitHub takes 65,535 bytes in a check and 65,536
/// characters in a comment; a text within the first is within the second.
pub(super) const BODY: usize = 65_535;

/// Kept free in each body for what comes last: the footer of a check, the note of what was left out.
pub(super) const RESERVE: usize = 2_000;

/// The longest script, in bytes: leaves room for everything else that a body must hold.
pub(super) const SCRIPT: usize = 24_000;

const CUT_NOTE: &str = "_Some parts are left out here, because GitHub takes no longer text._";

/// `text` in at most `limit` characters, with `…` in place of its middle.
pub(super) fn shorten_middle(text: &str, limit: usize) -> String {
    let size = text.chars().count();
    if size <= limit {
        return text.to_owned();
    }
    let kept = limit.saturating_sub(1);
    let tail = kept.div_ceil(2);
    let head: String = text.chars().take(kept - tail).collect();
    let tail: String = text.chars().skip(size - tail).collect();
    format!("{head}…{tail}")
}

/// `text` in at most `limit` characters, with `…` in place of its end.
pub(super) fn shorten_end(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(limit.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// The parts as paragraphs, in order, as far as they fit into `limit` bytes; a note stands in for the
/// rest. The limit is taken to be no smaller than [`RESERVE`].
pub(super) fn fit(parts: &[String], limit: usize) -> String {
    within(parts.iter().map(|part| (false, part.as_str())), limit)
}

/// The same, but that those which are marked stay, whatever has to give way to them. They have to fit by themselves.
pub(super) fn fit_around(parts: &[(bool, String)], limit: usize) -> String {
    within(parts.iter().map(|(stays, part)| (*stays, part.as_str())), limit)
}

fn within<'t>(parts: impl Iterator<Item = (bool, &'t str)> + Clone, limit: usize) -> String {
    let parts = parts.filter(|(_, part)| !part.is_empty());
    let mut body = String::new();
    let mut left_out = false;
    let kept: usize = parts.clone().filter(|(stays, _)| *stays).map(|(_, part)| part.len() + 2).sum();
    let mut room = limit.saturating_sub(CUT_NOTE.len() + 2).saturating_sub(kept);
    for (stays, part) in parts {
        if !stays && part.len() + 2 > room {
            left_out = true;
            continue;
        }
        if !stays {
            room -= part.len() + 2;
        }
        if !body.is_empty() {
            body.push_str("\n\n");
        }
        body.push_str(part);
    }
    if left_out {
        body.push_str("\n\n");
        body.push_str(CUT_NOTE);
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_part_that_does_not_fit_is_left_out_whole() {
        let parts = ["a".repeat(900), "```\n".to_owned() + &"b".repeat(5000) + "\n```", "c".to_owned()];
        let body = fit(&parts, 2_000);
        assert_eq!(body, format!("{}\n\nc\n\n{CUT_NOTE}", "a".repeat(900)));
    }

    proptest! {
        #[test]
        fn shortened_texts_keep_to_their_limit(text in any::<String>(), limit in 1_usize..80) {
            prop_assert!(shorten_middle(&text, limit).chars().count() <= limit);
            prop_assert!(shorten_end(&text, limit).chars().count() <= limit);
        }

        #[test]
        fn bodies_keep_to_their_limit(parts in prop::collection::vec("[aß→]{0,400}", 0..20), limit in 500_usize..4_000) {
            prop_assert!(fit(&parts, limit).len() <= limit);
        }
    }
}
