//! `/resume ENV`: lifts the hold that a rollback has left.

use super::call::{Call, Command, Step};
use super::state::Goal;
use crate::commands::rights::DefaultRight;
use crate::commands::spec::{Flag, Kind, Parameter, Spec, WorksOn};
use crate::engine::work_error::WorkError;
use crate::store::RequestedAct;

const SPEC: Spec = Spec {
    name: "resume",
    summary: "lifts the hold on ENV after a rollback; what was merged meanwhile is deployed",
    example: "production --reason \"repaired in #81\"",
    kind: Kind::Act,
    works_on: WorksOn::PullRequestsOrNamed,
    parameters: &[Parameter::ENVIRONMENT],
    flags: &[Flag::REASON.required()],
    right: DefaultRight::MAINTAIN,
    unchanged: "the hold was not lifted",
};

pub(super) struct Resume;

impl Command for Resume {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn may_change_verdict(&self) -> bool {
        true
    }

    async fn run(&self, call: &Call<'_>) -> Result<Step, WorkError> {
        let environment = call.named_environment()?.name.clone();
        let by = call.asker.login.to_owned();
        let act = RequestedAct::LiftHold { by, reason: call.reason().unwrap_or_default() };
        Ok(Step::Ask { environment, act, goal: Goal::Live })
    }
}
