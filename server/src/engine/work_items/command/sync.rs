//! `/sync`: the copy branch is brought along.

use super::call::{Call, Command, Step};
use super::state::{Goal, refused};
use crate::commands::rights::DefaultRight;
use crate::commands::spec::{Kind, Spec, WorksOn};
use crate::engine::work_error::WorkError;
use crate::model::CopyMode;
use crate::report;
use crate::store::RequestedAct;

const SPEC: Spec = Spec {
    name: "sync",
    summary: "brings the copy branch along with its environment, or opens the pull request that does; the reply tells when that is done",
    example: "",
    kind: Kind::Act,
    works_on: WorksOn::Anywhere,
    parameters: &[],
    flags: &[],
    right: DefaultRight::WRITE,
    unchanged: "nothing was moved",
};

pub(super) struct Sync;

impl Command for Sync {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    async fn run(&self, call: &Call<'_>) -> Result<Step, WorkError> {
        let Some(copy) = &call.path.copy else {
            return Ok(Step::said(refused(
                "no_copy",
                SPEC.unchanged,
                "The configuration names no copy branch.",
            )));
        };
        let Some(of) = call.path.environment(&copy.of) else {
            return Err(WorkError::give_up("the copy branch has no environment"));
        };
        if copy.mode == CopyMode::Report {
            let names = [copy.branch.as_str(), of.name.as_str()];
            let why = report::sentence(
                "By the configuration Towpath only reports on %; people move it to %.",
                &names,
            );
            return Ok(Step::said(refused("report_only", SPEC.unchanged, &why)));
        }
        let act = RequestedAct::Sync { by: call.asker.login.to_owned() };
        Ok(Step::Ask { environment: of.name.clone(), act, goal: Goal::Live })
    }
}
