//! Under which code each cause is documented.

use super::{Cause, Code};

impl Cause {
    /// The code under which it is documented.
    pub fn code(&self) -> Code {
        match self {
            Self::WrongBase { .. } => Code::WrongBase,
            Self::EnvironmentSkipped { .. } => Code::EnvironmentSkipped,
            Self::ForkHead { .. } => Code::ForkHead,
            Self::HeadBehind | Self::BehindUntilPromoted { .. } => Code::HeadBehind,
            Self::NothingToPromote => Code::NothingToPromote,
            Self::ReverseMerge { .. } => Code::ReverseMerge,
            Self::CopyTakesOnly { .. } => Code::CopyTakesOnly,
            Self::PromotionInStack { .. } | Self::MayBeStacked { .. } => Code::PromotionInStack,
            Self::Snapshot(_) => Code::Snapshot,
            Self::PreparedRollback(_) => Code::PreparedRollback,
            Self::CarriesHistory { .. } | Self::PointedAtTopic { .. } | Self::CarriesBack { .. } => {
                Code::CarriesHistory
            }
            Self::Resurrects { .. } => Code::Resurrects,
            Self::AlreadyMerged { .. } => Code::AlreadyMerged,
            Self::CarriesMergedElsewhere { .. } => Code::CarriesMergedElsewhere,
            Self::Stacked { .. } => Code::Stacked,
            Self::UnrelatedHistory { .. } => Code::UnrelatedHistory,
            Self::UndoesMergedWork { .. } => Code::UndoesMergedWork,
            Self::ChangesNothing { .. } => Code::ChangesNothing,
            Self::UntestedTree { .. } => Code::UntestedTree,
            Self::MergeConflicts { .. } | Self::BackMergeConflicts { .. } => Code::MergeConflicts,
            Self::NotVerified { .. } => Code::NotVerified,
            Self::UnknownCommits { .. } => Code::UnknownCommits,
            Self::MergeMethod { .. } => Code::MergeMethod,
            Self::Frozen { .. } => Code::Frozen,
            Self::Locked { .. } => Code::Locked,
            Self::Soaking { .. } => Code::Soaking,
            Self::SignOffMissing { .. } => Code::SignOffMissing,
            Self::NotReady { .. } => Code::NotReady,
            Self::TicketNeeded { .. } => Code::TicketNeeded,
            Self::Held { .. } => Code::Held,
            Self::Deploying { .. } => Code::Deploying,
            Self::PlaceAwaited { .. } => Code::PlaceAwaited,
            Self::CopyStale { .. } => Code::CopyStale,
            Self::CopyDiverged { .. } => Code::CopyDiverged,
            Self::HotfixNotCarriedBack { .. } => Code::HotfixNotCarriedBack,
            Self::ConfigurationInvalid { .. } => Code::ConfigurationInvalid,
            Self::InFiles(code, _) => *code,
            Self::CouldNotDecide(_) => Code::CouldNotDecide,
        }
    }
}
