use super::CommitId;

/// Whether a commit is in a branch, and what shows it. The first that holds, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Carried {
    /// The commit is part of the branch's history.
    Ancestor,
    /// This commit of the branch makes the same change.
    PatchId(CommitId),
    /// This commit of the branch says in its message that it was picked from the commit.
    Trailer(CommitId),
    /// Applying the commit to the branch changes nothing.
    NoOp,
    /// None of these. It may still be there in another form, which only a person can tell.
    Missing,
}

impl Carried {
    /// The word used in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ancestor => "ancestor",
            Self::PatchId(_) => "patch-id",
            Self::Trailer(_) => "trailer",
            Self::NoOp => "no-op",
            Self::Missing => "missing",
        }
    }

    /// Whether the branch has it.
    pub fn is_carried(self) -> bool {
        self != Self::Missing
    }
}
