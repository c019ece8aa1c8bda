//! `/retarget [ENV]`: another base for the pull request.

use super::call::{Call, Command, Step};
use super::state::refused;
use crate::commands::rights::DefaultRight;
use crate::commands::spec::{Flag, Kind, Parameter, Spec, WorksOn};
use crate::engine::work_error::WorkError;
use crate::engine::work_items::pull_request_acts::retargeted;
use crate::model::BranchName;
use crate::report;

const SPEC: Spec = Spec {
    name: "retarget",
    summary: "changes the pull request's base to ENV's branch, or to where the check says that it belongs",
    example: "integration",
    kind: Kind::Act,
    works_on: WorksOn::OpenPullRequests,
    parameters: &[Parameter::ENVIRONMENT.optional()],
    flags: &[Flag::HEAD],
    right: DefaultRight::WRITE,
    unchanged: "the base was not changed",
};

/// What follows.
const JUDGED_AGAIN: &str =
    "Towpath judges the pull request again now, and the check says what comes of that.";

pub(super) struct Retarget;

impl Command for Retarget {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn may_change_verdict(&self) -> bool {
        true
    }

    async fn run(&self, call: &Call<'_>) -> Result<Step, WorkError> {
        if let Some(intent) = call.intent {
            let to = BranchName::new(intent.what).map_err(|error| {
                WorkError::give_up("the base that was noted is no branch").caused_by(error)
            })?;
            let row = call.repository;
            if intent.may_be_done {
                let now = call.ctx.api.pull(row.installation, &row.full_name, call.number).await?;
                if now.base.branch == to.as_str() {
                    return call.came_of(Ok(retargeted(&to)), JUDGED_AGAIN);
                }
            }
            return call.came_of(call.acts()?.retarget(&to).await, JUDGED_AGAIN);
        }
        let now = match call.pull_as_seen().await? {
            Ok(now) => now,
            Err(said) => return Ok(Step::said(said)),
        };
        let to = match call.environment {
            Some(named) => Ok(named.branch.clone()),
            // Where it belongs, the verdict says.
            None if !call.is_judged(&now) => return Ok(Step::AwaitVerdict),
            None => call.acts()?.base_by_verdict(),
        };
        match to {
            Ok(to) if to.as_str() == now.base.branch => {
                let why = report::sentence("Its base is % already.", &[to.as_str()]);
                Ok(Step::said(refused("no_change", SPEC.unchanged, &why)))
            }
            Ok(to) => Ok(Step::Intend(to.to_string())),
            Err(why) => call.came_of(Err(why), JUDGED_AGAIN),
        }
    }
}
