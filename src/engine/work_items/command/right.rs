//! The right to do by a button what a command does.

use super::people::Asker;
use super::{refusal, table};
use crate::commands::rights::{Decision, Need};
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::store::{JudgedPull, RepositoryRow};

/// Whether somebody may do to a pull request by a button what a command does.
pub(in crate::engine::work_items) struct Right {
    /// Their role in GitHub's word.
    pub(in crate::engine::work_items) role: String,
    /// Why they may not, as plain text; `None` where they may.
    pub(in crate::engine::work_items) missing: Option<String>,
}

impl Right {
    /// The right to the command called `name`; to one that there is not nobody has any.
    pub(in crate::engine::work_items) async fn of(
        ctx: &EngineContext,
        repository: &RepositoryRow,
        who: &str,
        (name, pull): (&str, &JudgedPull),
    ) -> Result<Self, WorkError> {
        let asker = Asker::new(ctx, repository, who);
        let role = asker.role().await?;
        let Some(spec) = table::named(name).map(super::call::Command::spec) else {
            return Ok(Self { role, missing: Some(format!("there is no button {name:?}")) });
        };
        let path = ctx.repository_config(repository).await?.path;
        let base = pull.judged_base.as_ref().unwrap_or(&pull.pull.base_branch);
        let environment = path.environments.iter().find(|it| it.branch == *base);
        let missing = match asker.decide(&Need::of(spec.name, spec.right, environment, &path)).await? {
            Decision::Allowed => None,
            Decision::Refused(why) => Some(refusal::plain(&why, who)),
        };
        Ok(Self { role, missing })
    }
}
