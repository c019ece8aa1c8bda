//! What was said and is wanted no more: a check that is taken back, and one that is asked for again where nobody
//! needs it.

use super::check::{CheckText, Conclusion, accounts};
use super::comment::{MARKER, before};
use super::limits::{BODY, RESERVE, TITLE, fit};
use super::prose::Prose;
use super::words::Scene;
use super::{Subject, stamp};
use crate::model::{BranchName, CommitId, Outcome, PromotionPath, UnixSeconds, Verdict};

/// Why a verdict that was shown is wanted no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Withdrawn {
    /// The pull request goes into another branch, and is judged for that.
    Retargeted {
        /// The pull request's number.
        number: u64,
        /// The branch of the path that it ends up on now.
        now: BranchName,
    },
    /// The pull request goes where nothing leads to a branch of the path.
    LedNowhere {
        /// The pull request's number.
        number: u64,
        /// Its base.
        now: BranchName,
    },
    /// The branch that it was about is on the path no more.
    OffThePath,
    /// None of the path's environments has a branch any more.
    PathGone,
    /// No open pull request with this commit goes there.
    Unasked,
    /// The pull request leaves the configuration as it is.
    SameConfiguration,
    /// The branch that it was about is copied no more.
    NotCopied,
}

/// Why a check that is asked for again is not made anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotAgain {
    /// No open pull request with this commit goes into this branch.
    Unasked(BranchName),
    /// This branch is on the path no more.
    OffThePath(BranchName),
    /// None of the path's environments has a branch any more.
    PathGone,
    /// No open pull request with this commit changes the configuration.
    SameConfiguration,
    /// The merge group was merged into this branch.
    GroupMerged(BranchName),
    /// The merge queue of this branch has dropped the group.
    GroupGone(BranchName),
    /// What is copied has gone on to this commit.
    CopyWentOn(Option<CommitId>),
}

/// What begins the remark beneath a check that was asked for again.
const ASKED_AGAIN: &str = "\n\n_Asked again ";

/// The check about `of`, a branch of the path or another thing, which is wanted no more.
pub fn withdrawn(of: &str, why: &Withdrawn, at: UnixSeconds) -> CheckText {
    let summary = words(of, why).then(Prose::new(" You need not do anything.", &[]));
    CheckText {
        conclusion: Conclusion::Cancelled,
        title: title(of, why).within(TITLE).plain(),
        summary: summary.then(still_required(why)).markdown(),
        text: None,
        actions: Vec::new(),
        footer: format!("_Changed {}._", stamp::utc(at)),
    }
}

/// The sticky comment of a pull request that is judged for `of` no more. What was wrong is folded away.
pub fn withdrawn_comment(
    path: &PromotionPath,
    of: &BranchName,
    why: &Withdrawn,
    earlier: Option<&(Subject, Verdict)>,
) -> String {
    let of = of.as_str();
    let summary = words(of, why).then(Prose::new(" You need not do anything.", &[]));
    let mut parts = vec![
        format!("{MARKER}\n{WITHDRAWN}{}", title(of, why).markdown()),
        summary.then(still_required(why)).markdown(),
    ];
    if let Some((then, earlier)) = earlier.filter(|(_, earlier)| earlier.outcome() > Outcome::Warn) {
        parts.push(before(&accounts(&Scene::of(path, then), earlier)));
    }
    fit(&parts, BODY - RESERVE)
}

/// Whether a comment says that the pull request is judged no more.
pub fn is_withdrawn(comment: &str) -> bool {
    comment.lines().nth(1).is_some_and(|line| line.starts_with(WITHDRAWN))
}

const WITHDRAWN: &str = "### ⚪ ";

fn title(of: &str, why: &Withdrawn) -> Prose {
    match why {
        Withdrawn::Retargeted { number, now } | Withdrawn::LedNowhere { number, now } => {
            Prose::new(&format!("No longer checked: #{number} now goes into %"), &[now.as_str()])
        }
        Withdrawn::OffThePath => Prose::new("No longer checked: % is off the path", &[of]),
        Withdrawn::PathGone => Prose::new("No longer checked: the path has no branch here", &[]),
        Withdrawn::Unasked => Prose::new("No longer checked: no pull request into %", &[of]),
        Withdrawn::SameConfiguration => Prose::new("No longer checked: the configuration stays", &[]),
        Withdrawn::NotCopied => Prose::new("No longer checked: % is not copied", &[of]),
    }
}

fn words(of: &str, why: &Withdrawn) -> Prose {
    match why {
        Withdrawn::Retargeted { number, now } => Prose::new(
            &format!(
                "Pull request #{number} went into % before. It now goes into %, and Towpath checks it for that."
            ),
            &[of, now.as_str()],
        ),
        Withdrawn::LedNowhere { number, now } => Prose::new(
            &format!(
                "Pull request #{number} was for %. It now goes into %, and from there nothing leads to an environment."
            ),
            &[of, now.as_str()],
        ),
        Withdrawn::OffThePath => Prose::new(
            "This project's configuration no longer names %, so Towpath asks nothing of pull requests into it.",
            &[of],
        ),
        Withdrawn::PathGone => {
            Prose::new("No environment of the configuration has a branch here any more.", &[])
        }
        Withdrawn::Unasked => Prose::new("No open pull request with this commit goes into % now.", &[of]),
        Withdrawn::SameConfiguration => {
            Prose::new("This pull request no longer changes the % that counts.", &[".github/towpath.yml"])
        }
        Withdrawn::NotCopied => {
            Prose::new("This project's configuration no longer copies %, or the copy is gone.", &[of])
        }
    }
}

/// What stays required keeps people from merging, though nobody asks for it.
fn still_required(why: &Withdrawn) -> Prose {
    match why {
        Withdrawn::OffThePath => {
            Prose::new(" If a rule still requires this check, an admin has to remove it there.", &[])
        }
        _ => Prose::default(),
    }
}

/// A check's summary with the remark that it was asked for again, and why it stays as it is. An earlier such remark
/// gives way.
pub fn asked_again(summary: &str, why: &NotAgain, at: UnixSeconds) -> String {
    let said = summary.split(ASKED_AGAIN).next().unwrap_or_default();
    let why = match why {
        NotAgain::Unasked(base) => {
            Prose::new("no open pull request with this commit goes into %", &[base.as_str()])
        }
        NotAgain::OffThePath(base) => Prose::new("% is off the path", &[base.as_str()]),
        NotAgain::PathGone => Prose::new("the path has no branch here", &[]),
        NotAgain::SameConfiguration => {
            Prose::new("no open pull request with this commit changes %", &[".github/towpath.yml"])
        }
        NotAgain::GroupMerged(base) => Prose::new("this merge group was merged into %", &[base.as_str()]),
        NotAgain::GroupGone(base) => {
            Prose::new("the merge queue of % no longer has this group", &[base.as_str()])
        }
        NotAgain::CopyWentOn(Some(tip)) => Prose::new("the environment has moved on to %", &[&tip.short()]),
        NotAgain::CopyWentOn(None) => Prose::new("nothing is copied from here", &[]),
    };
    format!("{said}{ASKED_AGAIN}{}: {}, so Towpath does not check it again._", stamp::utc(at), why.markdown())
}

#[cfg(test)]
mod tests {
    use super::super::samples::{carries_staging, name, subject, verdict};
    use super::*;

    #[test]
    fn a_check_taken_back_says_why() {
        let all = [
            Withdrawn::Retargeted { number: 12, now: name("integration") },
            Withdrawn::LedNowhere { number: 12, now: name("feature/y") },
            Withdrawn::OffThePath,
            Withdrawn::PathGone,
            Withdrawn::Unasked,
        ];
        let shown: Vec<String> = all
            .iter()
            .map(|why| {
                let check = withdrawn("production", why, UnixSeconds(1_700_000_000));
                assert!(check.title.chars().count() <= TITLE && check.actions.is_empty());
                format!("{} {}\n\n{}\n", check.conclusion.as_str(), check.title, check.summary)
            })
            .collect();
        insta::assert_snapshot!(shown.join("\n"), @"
        cancelled No longer checked: #12 now goes into integration

        Pull request #12 went into `production` before. It now goes into `integration`, and Towpath checks it for that. You need not do anything.

        cancelled No longer checked: #12 now goes into feature/y

        Pull request #12 was for `production`. It now goes into `feature/y`, and from there nothing leads to an environment. You need not do anything.

        cancelled No longer checked: production is off the path

        This project's configuration no longer names `production`, so Towpath asks nothing of pull requests into it. You need not do anything. If a rule still requires this check, an admin has to remove it there.

        cancelled No longer checked: the path has no branch here

        No environment of the configuration has a branch here any more. You need not do anything.

        cancelled No longer checked: no pull request into production

        No open pull request with this commit goes into `production` now. You need not do anything.
        ");
    }

    #[test]
    fn a_comment_taken_back_names_what_was_wrong() {
        let earlier = (subject("feature/x", "integration"), verdict(Outcome::Fail, carries_staging()));
        let said = withdrawn_comment(
            &PromotionPath::pro(),
            &name("integration"),
            &Withdrawn::OffThePath,
            Some(&earlier),
        );
        assert!(is_withdrawn(&said));
        assert!(said.contains("What was wrong before:\n- TP201: Carries"), "{said}");
        let never = comment_of(&earlier);
        assert!(!is_withdrawn(&never), "{never}");
    }

    fn comment_of((subject, verdict): &(Subject, Verdict)) -> String {
        super::super::comment(&PromotionPath::pro(), subject, verdict, None)
    }

    #[test]
    fn who_asks_again_is_answered_once() {
        let once = asked_again(
            "What was said.\n\n_Checked x._",
            &NotAgain::Unasked(name("staging")),
            UnixSeconds(0),
        );
        assert_eq!(
            once,
            "What was said.\n\n_Checked x._\n\n_Asked again 1970-01-01 00:00 UTC: no open pull request with this commit \
             goes into `staging`, so Towpath does not check it again._"
        );
        let twice = asked_again(&once, &NotAgain::GroupMerged(name("staging")), UnixSeconds(60));
        assert_eq!(twice.matches("Asked again").count(), 1);
        assert!(twice.ends_with(
            "00:01 UTC: this merge group was merged into `staging`, so Towpath does not check it again._"
        ));
    }
}
