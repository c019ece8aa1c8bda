//! `/promote ENV`: the one pull request that brings another environment into this one.

use super::call::{Call, Command, Step};
use super::state::Goal;
use crate::commands::rights::DefaultRight;
use crate::commands::spec::{Flag, Kind, Parameter, Spec, Takes, WorksOn};
use crate::engine::work_error::WorkError;
use crate::engine::work_items::promotion_source::source_of;
use crate::store::RequestedAct;

/// The commit that the source's branch has to be at.
const HEAD: Flag = Flag::new(
    "head",
    Some(Takes::Commit),
    "only if the branch of the environment that it comes from is still at this commit",
);

const SPEC: Spec = Spec {
    name: "promote",
    summary: "opens the pull request that promotes another environment into ENV, or brings it up to date, and merges it if asked to",
    example: "staging",
    kind: Kind::Act,
    works_on: WorksOn::PullRequestsOrNamed,
    parameters: &[Parameter::ENVIRONMENT],
    flags: &[Flag::FROM, Flag::MERGE, HEAD],
    right: DefaultRight::WRITE_BELOW_PRODUCTION,
    unchanged: "nothing was promoted",
};

pub(super) struct Promote;

impl Command for Promote {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    async fn run(&self, call: &Call<'_>) -> Result<Step, WorkError> {
        let target = call.named_environment()?;
        let from = call
            .arguments
            .from(call.path)
            .map_err(|_| WorkError::give_up("the command was bound without its environment"))?;
        let from = from.map(|it| it.name.as_str());
        // Where there is none, whoever takes it up says why.
        let source = source_of(call.path, target, from).ok();
        let merge = call.arguments.has(&Flag::MERGE);
        let is_bound = merge || call.arguments.head().is_some();
        let head = match source.filter(|_| is_bound) {
            None => None,
            Some(source) => match call.tip_as_seen(&source.branch).await? {
                Ok(tip) => Some(tip),
                Err(said) => return Ok(Step::said(said)),
            },
        };
        let base = if merge {
            match call.base_as_seen(&target.branch).await? {
                Ok(base) => base,
                Err(said) => return Ok(Step::said(said)),
            }
        } else {
            None
        };
        let (by, from) = (call.asker.login.to_owned(), from.map(str::to_owned));
        let act = RequestedAct::Promote { by, from, merge, head, base };
        Ok(Step::Ask { environment: target.name.clone(), act, goal: Goal::Live })
    }
}
