//! `/deploy ENV`: what the environment's branch points at, once more.

use super::call::{Call, Command, Step};
use super::state::Goal;
use crate::commands::rights::DefaultRight;
use crate::commands::spec::{Flag, Kind, Parameter, Spec, WorksOn};
use crate::engine::work_error::WorkError;
use crate::store::RequestedAct;

const SPEC: Spec = Spec {
    name: "deploy",
    summary: "deploys what ENV's branch points at, also if that was deployed before",
    example: "staging",
    kind: Kind::Act,
    works_on: WorksOn::PullRequestsOrNamed,
    parameters: &[Parameter::ENVIRONMENT],
    flags: &[Flag::REASON, Flag::TIP],
    right: DefaultRight::WRITE_BELOW_PRODUCTION,
    unchanged: "nothing was deployed",
};

pub(super) struct Deploy;

impl Command for Deploy {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    async fn run(&self, call: &Call<'_>) -> Result<Step, WorkError> {
        let environment = call.named_environment()?;
        let tip = match call.tip_as_seen(&environment.branch).await? {
            Ok(tip) => tip,
            Err(said) => return Ok(Step::said(said)),
        };
        let by = call.asker.login.to_owned();
        let act = RequestedAct::Deploy { again: true, by, reason: call.reason(), tip: Some(tip) };
        Ok(Step::Ask { environment: environment.name.clone(), act, goal: Goal::Live })
    }
}
