//! On whose behalf GitHub is called.

use crate::model::InstallationId;

/// On whose behalf a call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Caller {
    /// The App itself.
    App,
    /// An installation of it.
    Installation(InstallationId),
}
