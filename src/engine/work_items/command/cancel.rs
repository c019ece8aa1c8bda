//! `/cancel ENV`: ends the deploy that is under way, or what waits.

use super::call::{Call, Command, Step};
use super::state::Goal;
use crate::commands::rights::DefaultRight;
use crate::commands::spec::{Kind, Parameter, Spec, WorksOn};
use crate::engine::work_error::WorkError;
use crate::store::RequestedAct;
use async_trait::async_trait;

const SPEC: Spec = Spec {
    name: "cancel",
    summary: "ends the deploy of ENV that is running, else what waits for its turn there",
    example: "staging",
    kind: Kind::Act,
    works_on: WorksOn::PullRequestsOrNamed,
    parameters: &[Parameter::ENVIRONMENT],
    flags: &[],
    right: DefaultRight::WRITE_BELOW_PRODUCTION,
    unchanged: "nothing was cancelled",
};

pub(super) struct Cancel;

#[async_trait]
impl Command for Cancel {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    async fn run(&self, call: &Call<'_>) -> Result<Step, WorkError> {
        let environment = call.named_environment()?.name.clone();
        let act = RequestedAct::Cancel { by: call.asker.login.to_owned() };
        Ok(Step::Ask { environment, act, goal: Goal::Cancelled })
    }
}
