//! Hotfixes: what goes into an environment ahead of its turn, and has to come back to where work begins.

use super::{BranchName, CommitId, PullNumber, UnixMillis, UserId, UserKey};
use serde::{Deserialize, Serialize};

/// A hotfix, from the cut of its branch until it is home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hotfix {
    /// By what it is known: the command that cut its branch, or the pull request that a person opened.
    pub key: String,
    /// The environment that it goes into.
    pub environment: String,
    /// Its branch.
    pub branch: BranchName,
    /// What it is for, in somebody's words.
    pub title: String,
    /// The login of whoever asked for it, or opened its pull request.
    pub by: String,
    /// Their account, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_id: Option<UserId>,
    /// Since when it is known.
    pub since: UnixMillis,
    /// Where its branch was cut; `None` where somebody else has cut it.
    #[serde(default)]
    pub cut_from: Option<CommitId>,
    /// Its pull request, once that was opened.
    #[serde(default)]
    pub pull: Option<PullNumber>,
    /// Why GitHub does not take its pull request, where that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// What the environment got by it, once it was merged.
    #[serde(default)]
    pub landed: Option<LandedHotfix>,
    /// How it is carried back.
    #[serde(default)]
    pub carry_back: Option<CarryBack>,
    /// Where people have said that its fault was mended in another way.
    #[serde(default)]
    pub mended: Vec<Mended>,
    /// How it stood on each environment that leads to its own, when that was last looked at.
    #[serde(default)]
    pub accounts: Vec<HotfixAccount>,
    /// The carry-back that Towpath has closed, since its fault was mended in another way. Whoever opens it again wants it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<PullNumber>,
    /// How it ended, if it has.
    #[serde(default)]
    pub over: Option<HotfixEnd>,
}

/// What an environment got by a hotfix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LandedHotfix {
    /// When.
    pub at: UnixMillis,
    /// The merge commit, the squashed one, or the last of the rebased ones.
    pub made: CommitId,
    /// What is picked elsewhere, oldest first.
    pub picks: Vec<CommitId>,
    /// Whether that is a merge as one, which git picks with `-m 1`.
    #[serde(default)]
    pub as_one: bool,
    /// All that it brought.
    pub brought: Vec<CommitId>,
}

/// How a hotfix is carried back to where work begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarryBack {
    /// The branch of the environment that takes topics.
    pub into: BranchName,
    /// How far it has come.
    pub stage: CarryStage,
}

/// How far a carry-back has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum CarryStage {
    /// Its branch is about to be pushed, or was.
    Pushing {
        /// The branch.
        branch: BranchName,
        /// Its tip.
        tip: CommitId,
    },
    /// Its pull request was opened.
    Opened {
        /// The branch.
        branch: BranchName,
        /// The pull request.
        pull: PullNumber,
    },
    /// Somebody has closed its pull request without merging it. None is opened again.
    Closed {
        /// The pull request.
        pull: PullNumber,
    },
    /// Its pull request was merged.
    Merged {
        /// The pull request.
        pull: PullNumber,
        /// What the environment got by it.
        made: CommitId,
    },
    /// A commit does not apply, and nothing was pushed.
    Conflict {
        /// The commit.
        pick: CommitId,
        /// The paths in conflict, sorted.
        paths: Vec<String>,
        /// What its environment had then, where merging all of that into a topic is let in: each of its commits that is
        /// missing came by a pull request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        merge: Option<CommitId>,
    },
    /// It has more commits than are picked unasked, and nothing was pushed.
    TooMany,
    /// GitHub does not take its branch or its pull request.
    Refused {
        /// Why.
        why: String,
        /// The branch, where that was taken.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        branch: Option<BranchName>,
    },
}

/// That somebody says that a hotfix is not missed in an environment: its fault was mended in another way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mended {
    /// The environment.
    pub environment: String,
    /// Where its branch was: what has that has the mending.
    pub tip: CommitId,
    /// The login of who said so.
    pub by: String,
    /// Their account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_id: Option<UserId>,
    /// Why, in their words.
    pub reason: String,
    /// When.
    pub at: UnixMillis,
}

/// How a hotfix stands on an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HotfixAccount {
    /// The environment.
    pub environment: String,
    /// How it stands there.
    pub standing: HotfixStanding,
    /// Where the environment's branch was when it was first seen to stand so.
    pub tip: CommitId,
}

/// Whether an environment has a hotfix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum HotfixStanding {
    /// It has it, in one form or another.
    Carried,
    /// By this commit, which does not make the same change: its message says that it was picked from it, or it has merged it and
    /// resolved a conflict.
    Noted {
        /// The commit.
        by: CommitId,
        /// Whether it has merged it.
        #[serde(default)]
        as_merge: bool,
    },
    /// It has it not.
    Missing,
    /// It had it, and this commit has taken it back.
    Reverted {
        /// The commit.
        by: CommitId,
    },
    /// Somebody says that its fault was mended in another way.
    Mended {
        /// The login of who says so.
        by: String,
        /// Why, in their words.
        reason: String,
    },
}

/// How a hotfix ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum HotfixEnd {
    /// Its pull request was closed without being merged, or its branch is gone.
    Dropped {
        /// When that was seen.
        at: UnixMillis,
    },
    /// It was taken back where it had gone in: it is owed no more.
    Reverted {
        /// When that was seen.
        at: UnixMillis,
        /// The commit that took it back.
        by: CommitId,
    },
    /// The branch that it had gone into was moved to where it is not: it is owed no more.
    Gone {
        /// When that was seen.
        at: UnixMillis,
        /// Where that branch was then.
        tip: CommitId,
    },
    /// It has come down by promotion to where it had gone in.
    Home {
        /// When that was seen.
        at: UnixMillis,
    },
}

/// A hotfix that a promotion's source owes its target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwedHotfix {
    /// What it is for, in somebody's words.
    pub title: String,
    /// Its pull request.
    pub pull: PullNumber,
    /// The login of whoever asked for it.
    pub by: String,
    /// When the target got it.
    pub at: UnixMillis,
    /// How it stands on the source.
    pub standing: HotfixStanding,
    /// Until when the promotion is only warned of it.
    pub waits_from: UnixMillis,
    /// Whether that is over.
    pub waits: bool,
    /// What is picked, oldest first.
    pub picks: Vec<CommitId>,
    /// Whether that is a merge as one.
    pub as_one: bool,
    /// All that it brought to the target.
    pub brought: Vec<CommitId>,
    /// The files that it changed; only of one that was mended in another way.
    #[serde(default)]
    pub paths: Vec<String>,
    /// The pull request that carries it back, where one is open or was merged.
    pub carried_by: Option<PullNumber>,
    /// The branch that it is carried back to.
    pub into: BranchName,
    /// The paths in which carrying it back conflicts, where it does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_conflict: Vec<String>,
    /// The target's commit that may be merged into a topic instead of picking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merge: Option<CommitId>,
}

/// What somebody has said of a hotfix that its environment's source does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MendedHotfix {
    /// The pull request of the hotfix.
    pub pull: PullNumber,
    /// The login of who said so.
    pub by: String,
    /// In which way its fault was mended, in their words.
    pub reason: String,
}

impl OwedHotfix {
    /// What somebody has said of it, if its fault was mended in another way.
    pub fn mended(&self) -> Option<MendedHotfix> {
        let HotfixStanding::Mended { by, reason } = &self.standing else { return None };
        Some(MendedHotfix { pull: self.pull, by: by.clone(), reason: reason.clone() })
    }
}

impl HotfixStanding {
    /// Whether it is owed there.
    pub fn is_owed(&self) -> bool {
        matches!(self, Self::Missing | Self::Reverted { .. })
    }
}

impl Hotfix {
    /// Whoever asked for it.
    pub fn giver(&self) -> UserKey<'_> {
        UserKey { login: &self.by, id: self.by_id }
    }

    /// How it stands on the environment of this name, as was last seen.
    pub fn account(&self, environment: &str) -> Option<&HotfixAccount> {
        self.accounts.iter().find(|it| it.environment == environment)
    }

    /// Whether it was taken back where it had gone in, or is gone from there: nobody looks how it stands elsewhere any more.
    pub fn is_undone(&self) -> bool {
        matches!(self.over, Some(HotfixEnd::Reverted { .. } | HotfixEnd::Gone { .. }))
    }

    /// The environments that owe it, as was last seen; none once it is over.
    pub fn owed_on(&self) -> Vec<&str> {
        let owing = self.accounts.iter().filter(|it| self.over.is_none() && it.standing.is_owed());
        owing.map(|it| it.environment.as_str()).collect()
    }

    /// Whether it is the one that brought this commit to its environment.
    pub fn has_brought(&self, commit: CommitId) -> bool {
        let landed = self.landed.as_ref();
        landed
            .is_some_and(|it| it.made == commit || it.picks.contains(&commit) || it.brought.contains(&commit))
    }
}

impl CarryBack {
    /// Its pull request, whatever has become of it.
    pub fn pull(&self) -> Option<PullNumber> {
        match &self.stage {
            CarryStage::Opened { pull, .. }
            | CarryStage::Closed { pull }
            | CarryStage::Merged { pull, .. } => Some(*pull),
            _ => None,
        }
    }

    /// The branch that was made for it.
    pub fn branch(&self) -> Option<&BranchName> {
        match &self.stage {
            CarryStage::Pushing { branch, .. } | CarryStage::Opened { branch, .. } => Some(branch),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hotfix_reads_what_was_stored_before_it_was_merged() {
        let stored = r#"{"key":"comment-7:0","environment":"production","branch":"hotfix/cart","title":"Cart","by":"rita","since":5}"#;
        let hotfix: Hotfix = serde_json::from_str(stored).unwrap();
        assert_eq!((hotfix.landed.as_ref(), hotfix.owed_on().len()), (None, 0));
        assert_eq!(hotfix.giver().login, "rita");
        let again: Hotfix = serde_json::from_str(&serde_json::to_string(&hotfix).unwrap()).unwrap();
        assert_eq!(again, hotfix);
    }
}
