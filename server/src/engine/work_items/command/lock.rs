//! `/lock ENV`: nothing is promoted or deployed there until it is unlocked.

use super::call::{Call, Command, Step};
use super::state::{Goal, refused};
use crate::commands::rights::DefaultRight;
use crate::commands::spec::{Flag, Kind, Parameter, Spec, WorksOn};
use crate::engine::work_error::WorkError;
use crate::store::RequestedAct;

const SPEC: Spec = Spec {
    name: "lock",
    summary: "keeps merges into ENV waiting and refuses deploys of it, but for rollbacks",
    example: "production --reason \"stocktaking\" --until 2h",
    kind: Kind::Act,
    works_on: WorksOn::PullRequestsOrNamed,
    parameters: &[Parameter::ENVIRONMENT],
    flags: &[Flag::REASON.required(), Flag::UNTIL, Flag::WHILE_OPEN],
    right: DefaultRight::WRITE,
    unchanged: "nothing was locked",
};

pub(super) struct Lock;

impl Command for Lock {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn may_change_verdict(&self) -> bool {
        true
    }

    async fn run(&self, call: &Call<'_>) -> Result<Step, WorkError> {
        let environment = call.named_environment()?.name.clone();
        let until = match call.until() {
            Ok(until) => until,
            Err(said) => return Ok(Step::said(said)),
        };
        let while_open = call.arguments.has(&Flag::WHILE_OPEN);
        if while_open && !call.is_pull_request {
            let why = "This is an issue, and `--while-open` is for as long as a pull request is open.";
            return Ok(Step::said(refused("not_here", SPEC.unchanged, why)));
        }
        if while_open && call.is_unknown() {
            return Ok(Step::AwaitVerdict);
        }
        if while_open && let Some(said) = call.is_not_open() {
            return Ok(Step::said(said));
        }
        let act = RequestedAct::Lock {
            by: call.asker.login.to_owned(),
            by_id: call.asker.id,
            reason: call.reason().unwrap_or_default(),
            until,
            while_open: while_open.then_some(call.number),
        };
        Ok(Step::Ask { environment, act, goal: Goal::Live })
    }
}
