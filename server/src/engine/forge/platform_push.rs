//! Pushes to the git server of a platform, for drivers: what is pushed comes from GitHub.

use crate::deploy::drivers::DriverError;
use crate::deploy::drivers::forge::{Brings, GitSaid, Push};
use crate::engine::context::EngineContext;
use crate::engine::fair_semaphore::aside;
use crate::engine::mirrored::Mirrored;
use crate::lineage::{Committer, GitError, PushBench, Remote, SshAnswer, SshRemote};
use crate::model::{CommitId, ForPeople as _};
use crate::store::RepositoryRow;

/// Makes ready what is to be pushed. See [`crate::deploy::drivers::forge::Forge::prepare_push`].
pub(super) async fn prepare(
    ctx: &EngineContext,
    repository: &RepositoryRow,
    push: &Push<'_>,
) -> Result<Result<CommitId, GitSaid>, DriverError> {
    let bench = PushBench::make(push.folder, ssh(push)).await.map_err(later)?;
    match push.brings {
        Brings::Commit { commit, tip } => {
            let depth = depth(ctx, repository, (tip, commit)).await;
            fetch(ctx, repository, &bench, (commit, depth)).await?;
            Ok(Ok(commit))
        }
        Brings::FilesOf { commit, message, at } => {
            let tip = aside(bench.fetch_tip(push.branch)).await.map_err(later)?;
            if !tip.accepted {
                return Ok(Err(said(tip)));
            }
            fetch(ctx, repository, &bench, (commit, Some(1))).await?;
            let committer = Committer::new("Towpath", "towpath@users.noreply.github.com", at.to_seconds());
            bench.on_top(commit, (message, &committer)).await.map(Ok).map_err(later)
        }
    }
}

/// Pushes what was made ready. The platform builds and deploys meanwhile, and no worker waits for it.
pub(super) async fn push(push: &Push<'_>, commit: CommitId) -> Result<GitSaid, DriverError> {
    let bench = PushBench::made(push.folder, ssh(push));
    aside(bench.push(push.branch, commit)).await.map(said).map_err(later)
}

/// How deep the history has to be fetched that the platform lacks; `None` for all of it, where that is not known.
async fn depth(
    ctx: &EngineContext,
    repository: &RepositoryRow,
    (tip, commit): (Option<CommitId>, CommitId),
) -> Option<usize> {
    let mirror = ctx.mirror(repository).await.ok().filter(Mirrored::exists)?;
    let distance = mirror.repository().distance(tip?, commit).await.ok().flatten()?;
    // The commit that the platform has comes along, so that git sees where to end.
    Some(distance + 1)
}

async fn fetch(
    ctx: &EngineContext,
    repository: &RepositoryRow,
    bench: &PushBench,
    (commit, depth): (CommitId, Option<usize>),
) -> Result<(), DriverError> {
    let installation = repository.installation;
    let token = ctx.api.git_token(installation).await?;
    let remote: Remote = ctx.remote(repository, &token).await?;
    match ctx.mirrors.asking(installation, bench.fetch(&remote, commit, depth)).await {
        Ok(()) => Ok(()),
        Err(error @ GitError::NoSuchCommit { .. }) => {
            Err(DriverError::refused(error.for_people()).caused_by(error))
        }
        Err(error) => {
            // A token that is refused looks like any other failure of git's.
            ctx.api.forget_git_token(installation).await;
            Err(later(error))
        }
    }
}

fn ssh(push: &Push<'_>) -> SshRemote {
    SshRemote {
        url: push.url.to_owned(),
        program: push.program.map(Into::into),
        settings: push.settings.to_owned(),
    }
}

fn said(answer: SshAnswer) -> GitSaid {
    GitSaid { accepted: answer.accepted, verdict: answer.verdict, output: answer.said }
}

fn later(error: GitError) -> DriverError {
    DriverError::later(error.for_people()).caused_by(error)
}
