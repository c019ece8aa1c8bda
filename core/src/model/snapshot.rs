use super::BranchName;

/// A head that is no environment's branch and stands at a commit that one has pointed at.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Snapshot {
    /// The environment's branch, or the original of the copy branch.
    pub of: BranchName,
    /// What the head is called.
    pub branch: BranchName,
    /// Whether the environment's branch still points there.
    pub current: bool,
}
