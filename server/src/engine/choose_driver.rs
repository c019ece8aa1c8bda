//! Who carries the deploys of an environment out, made of what the project asks for and the operator allows.

use super::context::EngineContext;
use super::forge::OneRepository;
use crate::deploy::drivers::programs::{CheckingOut, Checkout, CheckoutFolders, ProgramDriver};
use crate::deploy::drivers::{self, DeployRequest, Driver, DriverError};
use crate::deploy::operator::{Allowed, SecretError};
use crate::lineage::{self, CheckOut, GitError};
use crate::model::{DriverSettings, Environment, ForPeople, RepositoryId};
use crate::store::RepositoryRow;
use std::sync::{Arc, Weak};

impl EngineContext {
    /// The operator's programs for an environment.
    ///
    /// # Errors
    /// [`DriverError::Refused`]: what is missing, and who can add it.
    pub(super) fn programs_driver<'a>(
        &'a self,
        repository: &'a RepositoryRow,
        environment: &Environment,
    ) -> Result<Arc<dyn Driver + 'a>, DriverError> {
        let name = &environment.name;
        let driver =
            self.drivers.allowed(repository)?.and_then(|it| self.programs(it, repository, environment));
        let driver = driver.ok_or_else(|| {
            DriverError::refused(format!("the operator of Towpath has no programs for {name:?} any more"))
        })?;
        Ok(Arc::new(driver))
    }

    /// Who carries deploys out where the repository says it.
    ///
    /// # Errors
    /// [`DriverError::Refused`]: what is missing, and who can add it.
    pub(super) fn driver<'a>(
        &'a self,
        repository: &'a RepositoryRow,
        settings: &DriverSettings,
    ) -> Result<Arc<dyn Driver + 'a>, DriverError> {
        drivers::driver(settings, &OneRepository { ctx: self, repository })
    }

    /// The operator's programs for an environment, where there are any.
    fn programs(
        &self,
        allowed: &Allowed,
        repository: &RepositoryRow,
        environment: &Environment,
    ) -> Option<ProgramDriver> {
        let programs = allowed.programs(&environment.name)?;
        let (places, variables) = (allowed.secrets.clone(), Arc::clone(&self.drivers.deploying.variables));
        let named = programs.secrets.clone();
        let secrets = Arc::new(move || {
            let read = |name: &String| match places.get(name) {
                Some(place) => place.read(|variable| variables(variable)),
                None => Err(SecretError::Unknown(name.clone())),
            };
            named.iter().map(|(variable, name)| Ok((variable.clone(), read(name)?))).collect()
        });
        let files = Arc::new(Files { ctx: self.this.clone(), repository: repository.id });
        Some(self.drivers.commands.driver(programs, secrets, files))
    }
}

/// The files of commits, for programs.
struct Files {
    ctx: Weak<EngineContext>,
    repository: RepositoryId,
}

impl Checkout for Files {
    fn check_out<'a>(&'a self, request: &'a DeployRequest, folders: &'a CheckoutFolders) -> CheckingOut<'a> {
        Box::pin(self.write(request, folders))
    }
}

impl Files {
    async fn write(&self, order: &DeployRequest, folders: &CheckoutFolders) -> Result<(), DriverError> {
        let ctx = self.ctx.upgrade().ok_or_else(|| DriverError::later("the server ends"))?;
        // As it is now: it may have been renamed since the deploy began.
        let repository = ctx.store.repository(self.repository).await;
        let repository =
            repository.map_err(|error| DriverError::later(error.for_people()).caused_by(error))?;
        let repository =
            repository.ok_or_else(|| DriverError::later("the repository is not known any more"))?;
        let token = ctx.api.git_token(repository.installation).await?;
        let remote = ctx.remote(&repository, &token).await?;
        let bounds = ctx.drivers.commands.bounds();
        let out = CheckOut {
            into: &folders.files,
            repository: &folders.repository,
            files_most: bounds.tree_entries,
            bytes_most: bounds.slug_bytes,
        };
        match lineage::check_out(&remote, order.deploy.commit, out).await {
            Ok(()) => Ok(()),
            Err(error) if matches!(error, GitError::NoSuchCommit { .. }) || !error.may_pass() => {
                Err(DriverError::refused(error.for_people()).caused_by(error))
            }
            Err(error) => {
                // A token that is refused looks like any other failure of git's.
                ctx.api.forget_git_token(repository.installation).await;
                Err(DriverError::later(error.for_people()).caused_by(error))
            }
        }
    }
}
