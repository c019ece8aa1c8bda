//! What helps where something was found: another base, a clean branch.

use super::{BranchName, Cause, Repair};

impl Cause {
    /// The branch to which the pull request can be sent instead, where that is the way out.
    pub fn retarget_to(&self) -> Option<&BranchName> {
        match self {
            Self::WrongBase { belongs_on, .. } | Self::CopyTakesOnly { belongs_on, .. } => {
                belongs_on.as_ref()
            }
            Self::EnvironmentSkipped { next, .. } => next.as_ref(),
            _ => None,
        }
    }

    /// The way to a clean branch where somebody has to act, to be completed.
    pub fn repair_mut(&mut self) -> Option<&mut Repair> {
        match self {
            Self::CarriesHistory { repair, .. }
            | Self::Resurrects { repair, .. }
            | Self::AlreadyMerged { repair, .. }
            | Self::CarriesMergedElsewhere { repair, .. }
            | Self::UnrelatedHistory { repair } => Some(repair),
            _ => None,
        }
    }

    /// The same without what is added for who has to act, and only where somebody has to: two findings of a rule are one
    /// and the same by this, however much they count.
    #[must_use]
    pub fn as_found(&self) -> Self {
        let mut cause = self.clone();
        if let Some(repair) = cause.repair_mut() {
            repair.there_already.clear();
        }
        if let Self::CarriesHistory { plain_merges, .. } = &mut cause {
            plain_merges.clear();
        }
        cause
    }

    /// The way to a clean branch, where there is one.
    pub fn repair(&self) -> Option<&Repair> {
        let (Self::CarriesHistory { repair, .. }
        | Self::Resurrects { repair, .. }
        | Self::AlreadyMerged { repair, .. }
        | Self::CarriesMergedElsewhere { repair, .. }
        | Self::UndoesMergedWork { repair, .. }
        | Self::UnrelatedHistory { repair }) = self
        else {
            return None;
        };
        (!repair.picks.is_empty()).then_some(repair)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CommitId;

    #[test]
    fn what_was_added_makes_no_other_finding() {
        let commit = CommitId::from_bytes([1; 20]);
        let found = |there_already: Vec<CommitId>| Cause::UnrelatedHistory {
            repair: Repair { there_already, ..Repair::default() },
        };
        assert_ne!(found(vec![commit]), found(Vec::new()));
        assert_eq!(found(vec![commit]).as_found(), found(Vec::new()).as_found());
    }
}
