//! `/thaw ENV`: ends what `/freeze` has frozen.

use super::call::{Call, Command, Step};
use super::state::Goal;
use crate::commands::rights::DefaultRight;
use crate::commands::spec::{Flag, Kind, Parameter, Spec, WorksOn};
use crate::engine::work_error::WorkError;
use crate::store::RequestedAct;

const SPEC: Spec = Spec {
    name: "thaw",
    summary: "ends what `/freeze` has frozen in ENV; freezes of the configuration go on",
    example: "production",
    kind: Kind::Act,
    works_on: WorksOn::PullRequestsOrNamed,
    parameters: &[Parameter::ENVIRONMENT],
    flags: &[Flag::REASON],
    right: DefaultRight::MAINTAIN,
    unchanged: "nothing was thawed",
};

pub(super) struct Thaw;

impl Command for Thaw {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn may_change_verdict(&self) -> bool {
        true
    }

    async fn run(&self, call: &Call<'_>) -> Result<Step, WorkError> {
        let environment = call.named_environment()?.name.clone();
        let act = RequestedAct::Thaw {
            by: call.asker.login.to_owned(),
            by_id: call.asker.id,
            reason: call.reason(),
        };
        Ok(Step::Ask { environment, act, goal: Goal::Live })
    }
}
