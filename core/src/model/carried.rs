use super::CommitId;

/// Whether a commit is in a branch, and what shows it. The first that holds, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Carried {
    /// The commit is part of the branch's history.
    Ancestor,
    /// This commit of the branch makes the same change.
    PatchId(CommitId),
    /// This commit of the branch has the same author, date and subject, or names the same pull request, and changes
    /// the same lines, though in other places.
    Similar(CommitId),
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
            Self::Similar(_) => "similar",
            Self::Trailer(_) => "trailer",
            Self::NoOp => "no-op",
            Self::Missing => "missing",
        }
    }

    /// Whether the branch has it, or has no need of it.
    pub fn is_carried(self) -> bool {
        self != Self::Missing
    }

    /// The commit of the branch that shows it, where it is another one.
    pub fn by(self) -> Option<CommitId> {
        match self {
            Self::PatchId(by) | Self::Similar(by) | Self::Trailer(by) => Some(by),
            Self::Ancestor | Self::NoOp | Self::Missing => None,
        }
    }
}

/// The answer to whether a commit is in a branch, with what it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarriedAnswer {
    /// Whether it is, and what shows it. Of a merge that is carried by what it brought, the weakest that was needed.
    pub carried: Carried,
    /// Of a merge that is in the branch in no form of its own: the commits that it brought, merges left out.
    pub brought: Vec<(CommitId, Carried)>,
    /// What it was compared with.
    pub compared: Compared,
}

/// With how much of a branch a commit was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Compared {
    /// With how many commits that only the branch has, by author, date, subject and pull request.
    pub commits: usize,
    /// Whether by patch as well: not where there are too many.
    pub patches: bool,
    /// Whether the branch has more commits of its own than those.
    pub more: bool,
}
