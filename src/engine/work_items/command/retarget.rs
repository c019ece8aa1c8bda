//! `/retarget [ENV]`: another base for the pull request.

use super::call::{Call, Command, Step};
use super::state::refused;
use crate::commands::rights::DefaultRight;
use crate::commands::spec::{Flag, Kind, Parameter, Spec, WorksOn};
use crate::engine::work_error::WorkError;
use crate::report;
use async_trait::async_trait;

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

pub(super) struct Retarget;

#[async_trait]
impl Command for Retarget {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    async fn run(&self, call: &Call<'_>) -> Result<Step, WorkError> {
        let now = match call.pull_as_seen().await? {
            Ok(now) => now,
            Err(said) => return Ok(Step::said(said)),
        };
        let to = call.environment.map(|it| it.branch.clone());
        if let Some(branch) = to.as_ref().filter(|branch| branch.as_str() == now.base.branch) {
            let why = report::sentence("Its base is % already.", &[branch.as_str()]);
            return Ok(Step::said(refused("no_change", SPEC.unchanged, &why)));
        }
        call.came_of(call.acts()?.retarget(&now.base.branch, to).await)
    }
}
