//! The right to give a command, and to do by a button what a command does.

use super::call::Call;
use super::people::Asker;
use super::state::refused;
use super::{refusal, table};
use crate::commands::rights::{Decision, Need};
use crate::commands::spec::Kind;
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::model::config::RepositoryConfig;
use crate::model::{UserKey, capitalized};
use crate::report::{self, CommandReply};
use crate::store::{JudgedPull, RepositoryRow};

/// Whether somebody may do to a pull request by a button what a command does.
pub(in crate::engine::work_items) struct Right {
    /// Their role in GitHub's word.
    pub(in crate::engine::work_items) role: String,
    /// Why they may not, as plain text; `None` where they may.
    pub(in crate::engine::work_items) missing: Option<String>,
}

impl Call<'_> {
    /// Why they may not.
    pub(super) async fn may_not(
        &self,
        need: &Need,
        config: &RepositoryConfig,
    ) -> Result<Option<CommandReply>, WorkError> {
        if let Decision::Refused(why) = self.asker.decide(need).await? {
            return Ok(Some(refused("missing_right", self.spec.unchanged, &refusal::words(&why))));
        }
        let unknown = refusal::rights_unknown(config).filter(|_| self.spec.kind == Kind::Act);
        let Some(why) = unknown else { return Ok(None) };
        let why = format!("{}.", capitalized(&report::plain_text(&why)));
        Ok(Some(refused("rights_unknown", self.spec.unchanged, &why)))
    }
}

impl Right {
    /// The right to the command called `name`; to one that there is not nobody has any.
    pub(in crate::engine::work_items) async fn of(
        ctx: &EngineContext,
        repository: &RepositoryRow,
        who: UserKey<'_>,
        (name, pull): (&str, &JudgedPull),
    ) -> Result<Self, WorkError> {
        let asker = Asker::new(ctx, repository, who);
        let role = asker.role().await?;
        let Some(spec) = table::named(name).map(super::call::AnyCommand::spec) else {
            return Ok(Self { role, missing: Some(format!("there is no button {name:?}")) });
        };
        let config = ctx.repository_config(repository).await?;
        if let Some(missing) = refusal::rights_unknown(&config) {
            return Ok(Self { role, missing: Some(missing) });
        }
        let path = config.path;
        let base = pull.judged_base.as_ref().unwrap_or(&pull.pull.base_branch);
        let environment = path.environments.iter().find(|it| it.branch == *base);
        let missing = match asker.decide(&Need::of(spec.name, spec.right, environment, &path)).await? {
            Decision::Allowed => None,
            Decision::Refused(why) => Some(refusal::plain(&why, who.login)),
        };
        Ok(Self { role, missing })
    }
}
