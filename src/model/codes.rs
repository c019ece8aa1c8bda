/// The stable code of a kind of finding; `docs/findings.md` has a heading for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// TP101: the branch may not be merged into this base.
    WrongBase,
    /// TP102: an environment was left out on the way.
    EnvironmentSkipped,
    /// TP103: a promotion must come from the repository itself.
    ForkHead,
    /// TP104: the head is behind the base.
    HeadBehind,
    /// TP105: the base already has the head's files.
    NothingToPromote,
    /// TP106: a downstream environment into an upstream one.
    ReverseMerge,
    /// TP107: the copy branch takes only the environment it copies.
    CopyTakesOnly,
    /// TP108: a promotion, or an environment's branch, in a stack of pull requests.
    PromotionInStack,
    /// TP110: the head stands at a commit that an environment's branch has pointed at.
    Snapshot,
    /// TP201: the topic carries another environment's history.
    CarriesHistory,
    /// TP202: the target was pushed back, and the topic brings again what was taken away.
    Resurrects,
    /// TP203: the topic contains work that was squashed or rebased into the target.
    AlreadyMerged,
    /// TP204: the topic carries work that was merged into another environment.
    CarriesMergedElsewhere,
    /// TP205: the topic stands on another open pull request.
    Stacked,
    /// TP206: head and base share no commit.
    UnrelatedHistory,
    /// TP207: the topic takes work of others back, and the target would lose it.
    UndoesMergedWork,
    /// TP208: merging the topic changes no file of the target.
    ChangesNothing,
    /// TP301: the merge would not produce what was tested.
    UntestedTree,
    /// TP302: the promotion conflicts.
    MergeConflicts,
    /// TP303: what would ship was not deployed and accepted where it comes from.
    NotVerified,
    /// TP304: a back-merge carries commits that belong to no known hotfix.
    UnknownCommits,
    /// TP305: the target can be merged into by squash or rebase, or was.
    MergeMethod,
    /// TP406: the target was rolled back, and is held.
    Held,
    /// TP408: the deploy of what would ship has failed or is under way.
    Deploying,
    /// TP501: the copy branch lags behind.
    CopyStale,
    /// TP502: the copy branch has gone another way.
    CopyDiverged,
    /// TP601: the configuration is invalid.
    ConfigurationInvalid,
    /// TP901: GitHub or git did not answer.
    CouldNotDecide,
}

impl Code {
    /// Every code, in order.
    pub const ALL: [Self; 28] = [
        Self::WrongBase,
        Self::EnvironmentSkipped,
        Self::ForkHead,
        Self::HeadBehind,
        Self::NothingToPromote,
        Self::ReverseMerge,
        Self::CopyTakesOnly,
        Self::PromotionInStack,
        Self::Snapshot,
        Self::CarriesHistory,
        Self::Resurrects,
        Self::AlreadyMerged,
        Self::CarriesMergedElsewhere,
        Self::Stacked,
        Self::UnrelatedHistory,
        Self::UndoesMergedWork,
        Self::ChangesNothing,
        Self::UntestedTree,
        Self::MergeConflicts,
        Self::NotVerified,
        Self::UnknownCommits,
        Self::MergeMethod,
        Self::Held,
        Self::Deploying,
        Self::CopyStale,
        Self::CopyDiverged,
        Self::ConfigurationInvalid,
        Self::CouldNotDecide,
    ];

    /// The code as people and programs see it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WrongBase => "TP101",
            Self::EnvironmentSkipped => "TP102",
            Self::ForkHead => "TP103",
            Self::HeadBehind => "TP104",
            Self::NothingToPromote => "TP105",
            Self::ReverseMerge => "TP106",
            Self::CopyTakesOnly => "TP107",
            Self::PromotionInStack => "TP108",
            Self::Snapshot => "TP110",
            Self::CarriesHistory => "TP201",
            Self::Resurrects => "TP202",
            Self::AlreadyMerged => "TP203",
            Self::CarriesMergedElsewhere => "TP204",
            Self::Stacked => "TP205",
            Self::UnrelatedHistory => "TP206",
            Self::UndoesMergedWork => "TP207",
            Self::ChangesNothing => "TP208",
            Self::UntestedTree => "TP301",
            Self::MergeConflicts => "TP302",
            Self::NotVerified => "TP303",
            Self::UnknownCommits => "TP304",
            Self::MergeMethod => "TP305",
            Self::Held => "TP406",
            Self::Deploying => "TP408",
            Self::CopyStale => "TP501",
            Self::CopyDiverged => "TP502",
            Self::ConfigurationInvalid => "TP601",
            Self::CouldNotDecide => "TP901",
        }
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_sorted() {
        let codes: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        let mut sorted = codes.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(codes, sorted);
    }
}
