use super::{BranchName, Commit, CommitId};

/// How a topic can be made clean without losing work.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Repair {
    /// The author's own commits, oldest first, merges left out: to be cherry-picked onto the target.
    pub picks: Vec<Commit>,
    /// Own merge commits that are not picked; a conflict resolved in one has to be resolved again.
    pub merges_left_out: usize,
    /// Those of `picks` whose change the base has already, because it came in by another way meanwhile.
    #[serde(default)]
    pub there_already: Vec<CommitId>,
}

impl Repair {
    /// What is left to be picked.
    pub fn to_pick(&self) -> impl Iterator<Item = &Commit> {
        self.picks.iter().filter(|commit| !self.there_already.contains(&commit.id))
    }

    /// Whether the base has all of the author's own work by another way.
    pub fn is_all_there(&self) -> bool {
        !self.picks.is_empty() && self.to_pick().next().is_none()
    }
}

/// Why the two ends of a promotion differ that should not, as far as git's history tells, and what brings them together.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Divergence {
    /// A promotion that was squashed or rebased: it cut the history that the two shared.
    #[serde(default)]
    pub cut_by: Option<Commit>,
    /// The promotion before it, where that is what is missing.
    #[serde(default)]
    pub first: Option<PromoteFirst>,
    /// Where the base may be merged whole, which brings the two together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merge_back: Option<MergeBack>,
}

/// A branch upstream into which a topic may bring all that the base has, by merging it whole.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct MergeBack {
    /// The branch.
    pub into: BranchName,
    /// Whether that only joins the histories: the branch has all of it in another form, and its files are kept.
    pub joins: bool,
}

/// A promotion that has to come before another one: what only the other's base has is on an environment further
/// upstream already.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PromoteFirst {
    /// The branch that has it.
    pub from: BranchName,
    /// The next one on the way to the other promotion's head.
    pub into: BranchName,
}
