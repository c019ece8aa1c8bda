//! `/unlock ENV`: ends a lock, one's own or, by those who may, somebody else's.

use super::call::{Call, Command, Step};
use super::refusal;
use super::state::{Goal, refused};
use crate::commands::rights::{Decision, DefaultRight, Need};
use crate::commands::spec::{Flag, Kind, Parameter, Spec, WorksOn};
use crate::engine::work_error::WorkError;
use crate::model::RepositoryRole;
use crate::report;
use crate::store::RequestedAct;

const SPEC: Spec = Spec {
    name: "unlock",
    summary: "ends the lock on ENV; somebody else's takes `--force` and the right for it",
    example: "production",
    kind: Kind::Act,
    works_on: WorksOn::PullRequestsOrNamed,
    parameters: &[Parameter::ENVIRONMENT],
    flags: &[Flag::FORCE],
    right: DefaultRight::WRITE,
    unchanged: "nothing was unlocked",
};

pub(super) struct Unlock;

impl Command for Unlock {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn may_change_verdict(&self) -> bool {
        true
    }

    async fn run(&self, call: &Call<'_>) -> Result<Step, WorkError> {
        let environment = call.named_environment()?;
        let force = call.arguments.has(&Flag::FORCE);
        let lock = call.ctx.store.lock(call.repository.id, &environment.name).await?;
        let lock = lock.filter(|lock| lock.is_in_force(call.ctx.now()));
        let others = lock.filter(|lock| !lock.holder().is(call.asker.key()));
        if let Some(lock) = others {
            let need = Need::of(SPEC.name, SPEC.right, Some(environment), call.path);
            if let Decision::Refused(why) =
                call.asker.decide(&need.at_least(RepositoryRole::SETS_ASIDE)).await?
            {
                let line = report::plain_text(&report::lock_line(&lock));
                let why = format!("The lock is somebody else's: {line}. {}", refusal::words(&why));
                return Ok(Step::said(refused("missing_right", SPEC.unchanged, &why)));
            }
            if !force {
                let line = report::plain_text(&report::lock_line(&lock));
                let command = report::sentence("%", &[&format!("{} --force", call.written())]);
                let said =
                    refused("not_yours", SPEC.unchanged, &format!("The lock is somebody else's: {line}."));
                return Ok(Step::said(said.next(format!("To end it all the same: {command}"))));
            }
        }
        let act = RequestedAct::Unlock { by: call.asker.login.to_owned(), by_id: call.asker.id, force };
        Ok(Step::Ask { environment: environment.name.clone(), act, goal: Goal::Live })
    }
}
