//! `/deactivate`: gives up a place beside an environment, or the turn in the queue for one.

use super::call::{Call, Command, Step, environment_of};
use super::state::{Goal, refused};
use crate::commands::rights::{Decision, DefaultRight, Need};
use crate::commands::spec::{Flag, Kind, Spec, WorksOn};
use crate::engine::work_error::WorkError;
use crate::model::{Environment, RepositoryRole};
use crate::store::RequestedAct;

const DESTROY: Flag =
    Flag::new("destroy", None, "the data there may go: for whoever has the place, or for a maintainer");

const SPEC: Spec = Spec {
    name: "deactivate",
    summary: "gives this branch's place up, or its turn in the queue",
    example: "--destroy",
    kind: Kind::Act,
    works_on: WorksOn::PullRequests,
    parameters: &[],
    flags: &[DESTROY],
    right: DefaultRight::WRITE,
    unchanged: "nothing was given up",
};

pub(super) struct Deactivate;

impl Command for Deactivate {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn may_change_verdict(&self) -> bool {
        true
    }

    async fn run(&self, call: &Call<'_>) -> Result<Step, WorkError> {
        let Some(environment) = place_of(call).await? else {
            let why = "The pull request has no place, and waits for none.";
            return Ok(Step::said(refused("no_place", SPEC.unchanged, why)));
        };
        let destroy = call.arguments.has(&DESTROY);
        // Whose place it is, is known where it is given up.
        let ends_at_once = destroy || !environment.active.keeps_data;
        let maintains = ends_at_once && {
            let need = Need::of(SPEC.name, SPEC.right, Some(environment), call.path);
            call.asker.decide(&need.at_least(RepositoryRole::SETS_ASIDE)).await? == Decision::Allowed
        };
        let (by, by_id) = (call.asker.login.to_owned(), call.asker.id);
        let act = RequestedAct::Deactivate { by, by_id, number: call.number, destroy, maintains };
        Ok(Step::Ask { environment: environment.name.clone(), act, goal: Goal::Live })
    }
}

/// The environment beside which the pull request has a place, or waits for one; else the one that it goes into. It may go
/// elsewhere since.
async fn place_of<'c>(call: &Call<'c>) -> Result<Option<&'c Environment>, WorkError> {
    let all = call.ctx.store.all_active_places(call.repository.id).await?;
    let concerned = all.iter().find(|(_, places)| places.concern(call.number));
    Ok(match concerned {
        Some((name, _)) => call.path.environment(name.as_str()),
        None => environment_of(call.pull, call.path),
    })
}
