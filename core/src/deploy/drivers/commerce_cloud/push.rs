//! Pushing to the project's git remote, where no integration brings what is merged.
//!
//! The branch is brought to the commit itself. A rollback brings a new commit on top of the branch, with the files of the old
//! one: nothing is pushed by force. After it the branch is no longer one of GitHub's, so what follows goes on top of it too.
//! Such a commit is recognised by its files.

use super::CloudDriver;
use super::client::below;
use super::fault::CloudFault;
use super::follow::asked_since;
use super::identity::PushFolder;
use super::look::Place;
use super::refusal::{PushRefusal, Pushing};
use crate::commerce::platform::{Activity, CloudCommit, GitAddress, commit_of_branch};
use crate::deploy::drivers::forge::{Brings, Forge, GitSaid, Push};
use crate::deploy::drivers::{DeployRequest, DriverError};
use crate::deploy::endpoint::is_callable_host;
use crate::model::{BranchName, CommitId, Deploy, error_chain};
use std::pin::pin;
use std::time::Duration;

/// What a commit that Towpath has made for the platform ends with, before the deploy's key.
const TRAILER: &str = "Towpath-Deploy: ";
/// How often it is looked whether the platform has begun, while git still waits.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What the platform's branch has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BranchNow {
    /// The commit that it is at.
    pub(super) tip: Option<CommitId>,
    /// Whether that has the deploy's files.
    pub(super) has_files: bool,
    /// Whether Towpath has made that commit, so that none of GitHub's is on top of it.
    is_made: bool,
}

impl<F: Forge> CloudDriver<'_, F> {
    /// What the environment's branch has on the platform.
    pub(super) async fn branch_now(&self, deploy: &Deploy, place: &Place) -> Result<BranchNow, CloudFault> {
        let shown = place.environment.head_commit.as_deref().and_then(|it| it.parse().ok());
        let tip = match shown {
            Some(shown) => Some(shown),
            None => self.tip_of_ref(place).await?,
        };
        let Some(tip) = tip else { return Ok(BranchNow { tip, has_files: false, is_made: false }) };
        if tip == deploy.commit {
            return Ok(BranchNow { tip: Some(tip), has_files: true, is_made: false });
        }
        let url = below(&place.endpoint, &["git", "commits", &tip.to_string()], &[]);
        let commit = match self.client.get(&url).await {
            Ok(answer) => CloudCommit::read(&answer),
            // Then git itself tells whether the commit is on top of it.
            Err(CloudFault::Missing(_) | CloudFault::Forbidden(_)) => None,
            Err(fault) => return Err(fault),
        };
        let is_made =
            commit.as_ref().is_some_and(|it| it.message.lines().any(|line| line.starts_with(TRAILER)));
        // Another commit with the same files is none of these where GitHub's own can be pushed.
        let may_be_it = deploy.is_rollback() || is_made;
        let has_files = may_be_it && commit.is_some_and(|it| it.tree == deploy.tree);
        Ok(BranchNow { tip: Some(tip), has_files, is_made })
    }

    async fn tip_of_ref(&self, place: &Place) -> Result<Option<CommitId>, CloudFault> {
        match self.client.get(&below(&place.endpoint, &["git", "refs"], &[])).await {
            Ok(refs) => Ok(commit_of_branch(&refs, &place.environment.name)),
            Err(CloudFault::Missing(_) | CloudFault::Forbidden(_)) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// The project's git remote; `None` where the platform shows none.
    pub(super) async fn git_address(&self, place: &Place) -> Result<Option<GitAddress>, DriverError> {
        let project = self.client.get(&place.endpoint).await?;
        let refused = |what: String| {
            DriverError::refused(format!(
                "the platform shows a git address that Towpath does not push to: {what}; on the platform, look at the project's \
                 repository"
            ))
        };
        let Some(address) =
            GitAddress::of_project(&project).map_err(|shown| refused(format!("{shown:?}")))?
        else {
            return Ok(None);
        };
        if !is_callable_host(&address.host, self.project.allow_private) {
            return Err(refused(format!(
                "{} lies in a private network, or on this machine, or does not show whether it does",
                address.host
            )));
        }
        Ok(Some(address))
    }

    /// Brings the branch to the deploy's commit, or to a new one with its files. Answers the commit that it is at then.
    pub(super) async fn push(
        &self,
        request: &DeployRequest,
        place: &Place,
        (address, now): (&GitAddress, BranchNow),
    ) -> Result<CommitId, DriverError> {
        let deploy = &request.deploy;
        let hosts = self.host_keys(address).await?;
        let name = &place.environment.name;
        let branch = BranchName::new(name.as_str()).map_err(|error| {
            DriverError::refused(format!(
                "the platform's environment {name:?} cannot be a branch of git: {error}"
            ))
        })?;
        let message = message(request);
        let brings = if deploy.is_rollback() || now.is_made {
            Brings::FilesOf { commit: deploy.commit, message: &message, at: deploy.made_at }
        } else {
            Brings::Commit { commit: deploy.commit, tip: now.tip }
        };
        let folder = PushFolder::make(self.shared.pushes(), &request.key).await?;
        let outcome = async {
            let public = folder.key_pair().await?;
            let certificate = self.client.certificate(&public).await?;
            folder.equip(&certificate, hosts).await?;
            let settings = folder.settings();
            let push = Push {
                folder: folder.path(),
                settings: &settings,
                program: self.shared.ssh(),
                url: &address.url,
                branch: &branch,
                brings,
            };
            self.carry_out(request, place, (address, &push)).await
        }
        .await;
        folder.remove().await;
        outcome
    }

    async fn carry_out(
        &self,
        request: &DeployRequest,
        place: &Place,
        (address, push): (&GitAddress, &Push<'_>),
    ) -> Result<CommitId, DriverError> {
        let said = match self.forge.prepare_push(push).await? {
            Err(said) => said,
            Ok(commit) => {
                let Some(said) = self.said_or_begun(request, place, (push, commit)).await? else {
                    self.note(request, "push", "the platform has begun, and git is not waited for any more")
                        .await;
                    return Ok(commit);
                };
                if said.accepted {
                    self.note(request, "push", &said.output).await;
                    return Ok(commit);
                }
                if self.is_there(request, commit).await? {
                    self.note(request, "push, whose answer was lost", &said.output).await;
                    return Ok(commit);
                }
                said
            }
        };
        self.note(request, "push refused", &said.output).await;
        let (name, commit) = (place.environment.name.as_str(), request.deploy.commit);
        Err(PushRefusal::of(&said).error(&said, Pushing { address, name, commit }))
    }

    /// Whether the platform's branch is at a commit, whatever git says.
    async fn is_there(&self, request: &DeployRequest, commit: CommitId) -> Result<bool, DriverError> {
        let place = self.place(&request.deploy.environment).await?;
        Ok(self.branch_now(&request.deploy, &place).await?.tip == Some(commit))
    }

    /// What git says at its end; `None` where the platform has begun by then: its server may hold git until the deploy ends.
    async fn said_or_begun(
        &self,
        request: &DeployRequest,
        place: &Place,
        (push, commit): (&Push<'_>, CommitId),
    ) -> Result<Option<GitSaid>, DriverError> {
        let since = asked_since(&request.deploy);
        let mut pushing = pin!(self.forge.push(push, commit));
        loop {
            tokio::select! {
                said = &mut pushing => return said.map(Some),
                () = tokio::time::sleep(LOOK_EVERY) => {
                    let activities = self.activities(place).await.unwrap_or_default();
                    let is_ours = |it: &Activity| it.brings(commit) && it.created_at.is_some_and(|at| at >= since);
                    if activities.iter().any(is_ours) {
                        return Ok(None);
                    }
                }
            }
        }
    }

    async fn host_keys(&self, address: &GitAddress) -> Result<Vec<u8>, DriverError> {
        let read = self.project.read_known_hosts().await;
        let keys = read.map_err(|error| DriverError::refused(error.to_string()).caused_by(error))?;
        keys.ok_or_else(|| {
            DriverError::refused(format!(
                "the project has no source integration, so Towpath would push to {}, and the operator's file does not say which \
                 key that has; add known_hosts under commerce: a file with the server's host key",
                address.in_known_hosts()
            ))
        })
    }

    /// Writes into the deploy's log what git has said. A deploy does not depend on its log.
    async fn note(&self, request: &DeployRequest, title: &str, said: &str) {
        let secrets = [self.client.api_token.clone()];
        if let Err(error) = self.logs.add_to_log(&request.key, (title, said), &secrets).await {
            tracing::warn!(error = error_chain(&error), "the log of a push was not written");
        }
    }
}

/// What is said with a commit that is made for the platform.
fn message(request: &DeployRequest) -> String {
    let deploy = &request.deploy;
    let what = if deploy.is_rollback() { "Roll back to" } else { "Deploy" };
    format!(
        "{what} {}\n\nAll files are those of {}.\n\n{TRAILER}{}",
        deploy.commit.short(),
        deploy.commit,
        request.key
    )
}
