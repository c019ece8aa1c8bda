//! What people have vouched for.

use super::StoreError;
use crate::model::{Attestation, RepositoryId};
use async_trait::async_trait;

/// Questions about what people have vouched for. It is written by [`super::Change::Attest`] and taken back by
/// [`super::Change::Withdraw`].
#[async_trait]
pub trait AttestationStore {
    /// What nobody has taken back of an environment, the newest first: at most [`ATTESTATIONS_MAX`], and
    /// [`UNCOUNTED_MAX`] approving reviews that are no sign-offs.
    async fn attestations(
        &self,
        repository: RepositoryId,
        environment: &str,
    ) -> Result<Vec<Attestation>, StoreError>;

    /// The one that was given in this way, also where it was taken back.
    async fn attestation(
        &self,
        repository: RepositoryId,
        environment: &str,
        command: &str,
    ) -> Result<Option<Attestation>, StoreError>;
}

/// How many attestations of an environment are looked at. What is older is of releases long gone.
pub const ATTESTATIONS_MAX: u32 = 1_000;

/// How many approving reviews of an environment are looked at that are no sign-offs: they are there to be told.
pub const UNCOUNTED_MAX: u32 = 100;
