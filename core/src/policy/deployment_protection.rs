//! Deployment protection: whether a job that somebody has started may go into an environment.

use crate::model::{CommitId, Hold};

/// What is known of a commit that a job would bring to an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProtectedJob {
    /// The commit.
    pub commit: CommitId,
    /// Where the environment's branch is.
    pub tip: Option<CommitId>,
    /// Whether the branch contains the commit.
    pub on_branch: bool,
    /// The hold that is in force.
    pub hold: Option<Hold>,
}

/// What is said to GitHub's deployment protection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeploymentProtection {
    /// The job may go in.
    Open,
    /// The environment is held after a rollback, and this is not what it was taken back to.
    Held(Box<Hold>),
    /// The branch has gone on: this is older than what it asks for.
    Older {
        /// Where the branch is.
        tip: CommitId,
    },
    /// The branch does not contain the commit: it has not come by the path.
    OffPath,
}

/// A job may bring what the environment's branch points at; while a hold is in force, what was rolled back to.
pub fn deployment_protection(facts: &ProtectedJob) -> DeploymentProtection {
    if let Some(hold) = &facts.hold {
        let has_old_files = hold.revert.as_ref().and_then(|it| it.merged) == Some(facts.commit);
        return if hold.to == facts.commit || has_old_files {
            DeploymentProtection::Open
        } else {
            DeploymentProtection::Held(Box::new(hold.clone()))
        };
    }
    match facts.tip {
        Some(tip) if tip == facts.commit => DeploymentProtection::Open,
        Some(tip) if facts.on_branch => DeploymentProtection::Older { tip },
        _ => DeploymentProtection::OffPath,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BranchName, RevertPull, TreeId, UnixMillis};

    fn commit(n: u8) -> CommitId {
        CommitId::from_bytes([n; 20])
    }

    fn hold() -> Hold {
        let (by, reason) = ("op".to_owned(), "broken".to_owned());
        Hold {
            from: commit(2),
            to: commit(1),
            by,
            reason,
            since: UnixMillis(0),
            pulls: Vec::new(),
            lifted: None,
            revert: None,
        }
    }

    #[test]
    fn only_what_the_path_has_brought_goes_in() {
        let at = |n, tip: Option<u8>, on_branch, hold| {
            deployment_protection(&ProtectedJob { commit: commit(n), tip: tip.map(commit), on_branch, hold })
        };
        assert_eq!(at(2, Some(2), true, None), DeploymentProtection::Open);
        assert_eq!(at(1, Some(2), true, None), DeploymentProtection::Older { tip: commit(2) });
        assert_eq!(at(3, Some(2), false, None), DeploymentProtection::OffPath);
        assert_eq!(at(3, None, false, None), DeploymentProtection::OffPath);
        assert_eq!(at(2, Some(2), true, Some(hold())), DeploymentProtection::Held(Box::new(hold())));
        assert_eq!(at(1, Some(2), true, Some(hold())), DeploymentProtection::Open);
        let tree = TreeId::from_bytes([1; 20]);
        let revert = RevertPull::new(BranchName::new("towpath/rollback/x").unwrap(), commit(2), tree);
        let reverted = |merged| {
            let revert = Some(RevertPull { merged, ..revert.clone() });
            Some(Hold { revert, ..hold() })
        };
        assert_ne!(at(3, Some(3), true, reverted(None)), DeploymentProtection::Open);
        assert_eq!(at(3, Some(3), true, reverted(Some(commit(3)))), DeploymentProtection::Open);
    }
}
