//! Which answers of git may be kept, and how long.

use super::call::{Call, Network, Personal};
use crate::model::CommitId;
use std::os::unix::ffi::OsStrExt as _;

/// How long an answer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// It is about objects alone, and what they hold is in their names.
    ForEver,
    /// It is about what refs point at.
    UntilRefsMove,
}

/// The commands that ask how commits hang together.
const ABOUT_COMMITS: [&str; 2] = ["rev-list", "merge-base"];

/// The options by which nothing but the commits that are named, and those that they lead to, comes into the answer.
const ABOUT_NO_MORE: [&str; 19] = [
    "--ancestry-path",
    "--boundary",
    "--cherry-mark",
    "--count",
    "--end-of-options",
    "--first-parent",
    "--fixed-strings",
    "--format",
    "--grep",
    "--left-right",
    "--max-count",
    "--merges",
    "--no-commit-header",
    "--no-merges",
    "--no-walk",
    "--parents",
    "--reverse",
    "--skip",
    "--topo-order",
];

/// What a format may ask of a commit: its ids, its words, and who made it when, in seconds. Refs and ages are not among it.
const FIELDS: [&str; 13] =
    ["%H", "%T", "%P", "%B", "%s", "%m", "%an", "%ae", "%at", "%cn", "%ce", "%ct", "%x00"];

impl Call {
    /// How long its answer holds, and the question by which it is kept.
    pub(super) fn kept(&self) -> Option<(Kept, Vec<u8>)> {
        let alone = self.input.is_empty() && self.settings.is_empty();
        if !alone || self.network != Network::Off || self.personal != Personal::Nothing {
            return None;
        }
        let about_commits = || ABOUT_COMMITS.contains(&self.what) && self.names_commits_alone();
        let kept = match self.asks_refs {
            true => Kept::UntilRefsMove,
            false if about_commits() => Kept::ForEver,
            false => return None,
        };
        let mut question = self.what.as_bytes().to_vec();
        for argument in &self.arguments {
            question.push(0);
            question.extend_from_slice(argument.as_bytes());
        }
        Some((kept, question))
    }

    fn names_commits_alone(&self) -> bool {
        self.arguments.iter().all(|argument| match argument.to_str() {
            Some(option) if option.starts_with("--") => {
                let (name, value) = option.split_once('=').unwrap_or((option, ""));
                ABOUT_NO_MORE.contains(&name) && (name != "--format" || asks_of_commits(value))
            }
            Some(revision) => revision.split("...").all(|it| is_commit(it.strip_prefix('^').unwrap_or(it))),
            None => false,
        })
    }
}

/// Whether a format has no field but those.
fn asks_of_commits(format: &str) -> bool {
    let fields = format.match_indices('%').map(|(at, _)| &format[at..]);
    fields.into_iter().all(|rest| FIELDS.iter().any(|field| rest.starts_with(field)))
}

/// Whether it is a commit's whole id: a shorter one may come to stand for another.
fn is_commit(text: &str) -> bool {
    text.parse::<CommitId>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "1111111111111111111111111111111111111111";
    const TWO: &str = "2222222222222222222222222222222222222222";

    fn kept(call: &Call) -> Option<Kept> {
        call.kept().map(|(kept, _)| kept)
    }

    #[test]
    fn what_is_asked_of_commits_alone_is_kept_for_ever() {
        let range = [ONE.to_owned(), format!("^{TWO}"), format!("{ONE}...{TWO}")];
        let asked =
            |what: &'static str| Call::new(what).args(["--topo-order", "--format=%H", "--end-of-options"]);
        assert_eq!(kept(&asked("rev-list").args(&range)), Some(Kept::ForEver));
        assert_eq!(kept(&Call::new("merge-base").args(["--end-of-options", ONE, TWO])), Some(Kept::ForEver));
        for other in [
            asked("rev-list").arg("HEAD"),
            asked("rev-list").arg("refs/heads/main"),
            asked("rev-list").arg(&ONE[..12]),
            asked("rev-list").arg(format!("{ONE}..main")),
            asked("rev-list").args([ONE, "--not", "--branches"]),
            asked("rev-list").args(["--branches=x", ONE]),
            asked("rev-list").args(["--ignore-missing", ONE]),
            asked("rev-list").args(["--objects", ONE]),
            asked("rev-list").args(["--since=yesterday", ONE]),
            asked("rev-list").args(["--format=%H%d", ONE]),
            asked("rev-list").args(["--format=%ar", ONE]),
            asked("rev-list").arg("--stdin").input(ONE),
            asked("rev-list").arg(ONE).setting("core.commitGraph", "false"),
            asked("rev-list").arg(ONE).online(),
            asked("rev-list").arg(ONE).asked_of_the_person(),
            asked("cat-file").arg(ONE),
            Call::new("for-each-ref").arg("--format=%(tree)"),
        ] {
            assert_eq!(kept(&other), None, "{other:?}");
        }
    }

    #[test]
    fn each_question_is_kept_by_all_its_words() {
        let question = |call: Call| call.kept().unwrap().1;
        let of = |format: &str| Call::new("rev-list").args([format, ONE]);
        assert_eq!(question(of("--format=%H")), question(of("--format=%H")));
        let all = [
            question(of("--format=%H")),
            question(of("--format=%T")),
            question(Call::new("merge-base").args(["--format=%H", ONE])),
            question(Call::new("rev-list").args([ONE, "--format=%H"])),
            question(Call::new("rev-list").args(["--format=%H", &format!("--grep={ONE}")])),
        ];
        assert_eq!(all.iter().collect::<std::collections::HashSet<_>>().len(), all.len());
        let refs = Call::new("for-each-ref").arg("refs/heads").until_refs_move();
        assert_eq!(kept(&refs), Some(Kept::UntilRefsMove));
    }
}
