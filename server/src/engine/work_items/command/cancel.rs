//! `/cancel ENV`: ends the deploy that is under way, or what waits.

use super::call::{Call, Command, Step};
use super::state::{Goal, refused};
use crate::commands::rights::DefaultRight;
use crate::commands::spec::{Kind, Parameter, Spec, WorksOn};
use crate::engine::work_error::WorkError;
use crate::model::{ActivePlace, EnvironmentName, active_environment};
use crate::report;
use crate::store::RequestedAct;

const SPEC: Spec = Spec {
    name: "cancel",
    summary: "ends the deploy of ENV that is running, else what waits for its turn there",
    example: "staging",
    kind: Kind::Act,
    works_on: WorksOn::PullRequestsOrNamed,
    parameters: &[Parameter::PLACE],
    flags: &[],
    right: DefaultRight::WRITE_BELOW_PRODUCTION,
    unchanged: "nothing was cancelled",
};

pub(super) struct Cancel;

impl Command for Cancel {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    async fn run(&self, call: &Call<'_>) -> Result<Step, WorkError> {
        let beside = call.named_environment()?;
        let environment = match call.named_place() {
            None => beside.name.clone(),
            Some((own, branch)) => {
                let places = call.ctx.store.active_places(call.repository.id, &beside.name).await?;
                let has_place =
                    |it: &ActivePlace| EnvironmentName::are_alike(it.branch.as_str(), branch.as_str());
                let Some(place) = places.taken.iter().find(|it| has_place(it)) else {
                    let words = "No branch % has a place beside %, so nothing is deployed to %.";
                    let why = report::sentence(words, &[branch.as_str(), &beside.name, &own]);
                    return Ok(Step::said(refused("no_place", SPEC.unchanged, &why)));
                };
                if !place.is_held() {
                    let words = "The place of % is to be freed, and nothing is begun there any more.";
                    let why = report::sentence(words, &[&own]);
                    return Ok(Step::said(refused("to_be_freed", SPEC.unchanged, &why)));
                }
                active_environment(&beside.name, &place.branch)
            }
        };
        let act = RequestedAct::Cancel { by: call.asker.login.to_owned() };
        Ok(Step::Ask { environment, act, goal: Goal::Cancelled })
    }
}
