//! Who may have caused what failed, in one sentence.

use super::markdown::code;
use crate::model::{Clue, Deploy, PullNumber, SuspectedPull};
use std::fmt::Write as _;

/// So many pull requests are named.
const NAMED: usize = 20;

/// What a deploy brought, those first that may have caused a failure; empty where nothing is known of it.
pub(super) fn suspects(deploy: &Deploy, all: &[SuspectedPull]) -> String {
    if all.is_empty() {
        return String::new();
    }
    let more = all.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let named: Vec<String> = all.iter().take(NAMED).map(one).collect();
    format!("\n\nDeploy {} brought {}{more}.", deploy.number, named.join(", "))
}

fn one(suspect: &SuspectedPull) -> String {
    let mut text = format!("#{}", suspect.number);
    if let Some(author) = &suspect.author {
        let _ = write!(text, " by {}", code(author));
    }
    match &suspect.clue {
        Some(Clue::Named(path)) => text + &format!(" (the log names {})", code(path)),
        Some(Clue::Touched(path)) => text + &format!(" (it changes {})", code(path)),
        None => text,
    }
}

/// Those first whose files a log names, then the others of a deploy.
pub(super) fn named_first(deploy: &Deploy, named: &[(PullNumber, String)]) -> Vec<SuspectedPull> {
    let suspect = |number: PullNumber, clue| SuspectedPull { number, author: None, clue };
    let by_log = named.iter().map(|(number, path)| suspect(*number, Some(Clue::Named(path.clone()))));
    let others = deploy.pulls.iter().filter(|number| named.iter().all(|(it, _)| it != *number));
    by_log.chain(others.map(|number| suspect(*number, None))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Trigger;
    use crate::report::samples::id;

    #[test]
    fn many_are_counted_and_not_all_named() {
        let mut deploy = Deploy::new(7, "production", (id(7), id(7)), Trigger::Merge);
        assert_eq!(suspects(&deploy, &named_first(&deploy, &[])), "");
        deploy.pulls = (1..=23).map(PullNumber).collect();
        let text = suspects(&deploy, &named_first(&deploy, &[(PullNumber(5), "a`b".to_owned())]));
        assert!(text.starts_with("\n\nDeploy 7 brought #5 (the log names ``a`b``), #1, #2"), "{text}");
        assert!(text.ends_with("#20 and 3 more."), "{text}");
    }
}
