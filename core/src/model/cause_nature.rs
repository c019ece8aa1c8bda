//! What a cause is beside its code.

use super::Cause;

impl Cause {
    /// Whether it is worth a word beside the verdict and no reason for it.
    pub fn is_note(&self) -> bool {
        match self {
            Self::MergeMethod { by_settings, .. } => *by_settings,
            Self::MayBeStacked { .. } => true,
            Self::InFiles(_, found) => found.is_note,
            _ => false,
        }
    }

    /// Whether it passes by itself, without anybody's doing.
    pub fn passes_by_itself(&self) -> bool {
        match self {
            Self::Deploying { ended, .. } => ended.is_none(),
            Self::Frozen { until, .. } | Self::Soaking { until, .. } => until.is_some(),
            Self::Locked { lock, .. } => lock.until.is_some(),
            Self::TicketNeeded { acknowledged, .. } => acknowledged.is_some(),
            _ => false,
        }
    }
}
