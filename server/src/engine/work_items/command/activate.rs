//! `/activate`: the branch of a pull request is deployed to an environment of its own, if there is a place for it.
//!
//! It is about the branch and not about one commit: whoever may push to it has each push deployed.

use super::call::{Call, Command, Step, environment_of};
use super::state::{Goal, refused};
use crate::commands::rights::DefaultRight;
use crate::commands::spec::{Flag, Kind, Spec, Until, WorksOn};
use crate::engine::work_error::WorkError;
use crate::model::Role;
use crate::report;
use crate::store::RequestedAct;

const SPEC: Spec = Spec {
    name: "activate",
    summary: "deploys this branch to an environment of its own, now or once a place is free",
    example: "--until 3d",
    kind: Kind::Act,
    works_on: WorksOn::OpenPullRequests,
    parameters: &[],
    flags: &[Flag::UNTIL],
    right: DefaultRight::WRITE,
    unchanged: "nothing was activated",
};

pub(super) struct Activate;

impl Command for Activate {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn may_change_verdict(&self) -> bool {
        true
    }

    async fn run(&self, call: &Call<'_>) -> Result<Step, WorkError> {
        let refuse = |code: &str, why: &str| Ok(Step::said(refused(code, SPEC.unchanged, why)));
        if let Some(said) = call.is_not_open() {
            return Ok(Step::said(said));
        }
        let head = call.pull.map(|it| &it.pull).filter(|it| it.head_repository == Some(call.repository.id));
        let on_path = match head.map(|it| (&it.head_branch, call.path.role(&it.head_branch))) {
            Some((branch, Role::Environment(environment))) => {
                let words = "% is the branch of the environment %, which is deployed already: a place is for a branch of work that \
                             has none.";
                Some(report::sentence(words, &[branch.as_str(), &environment.name]))
            }
            Some((branch, Role::Copy(_))) => Some(report::sentence(
                "% is the copy branch: a place is for a branch of work.",
                &[branch.as_str()],
            )),
            _ => None,
        };
        if let Some(why) = on_path {
            return refuse("on_path", &why);
        }
        let Some(environment) = environment_of(call.pull, call.path) else {
            return refuse("no_environment", "The pull request goes into no environment.");
        };
        if environment.active.places == 0 {
            let words = "% has no place for another branch. % in the configuration gives it one.";
            return refuse("no_places", &report::sentence(words, &[&environment.name, "active: 2"]));
        }
        if call.pull.is_some_and(|it| it.pull.head_repository != Some(call.repository.id)) {
            let why = "The pull request comes from a fork: a stranger's code would run with the operator's secrets.";
            return refuse("fork", why);
        }
        // Who has to wait wants it as long as who has it at once.
        let lasts = match call.arguments.until() {
            Some(Until::After(lasts)) => Some(lasts),
            _ => None,
        };
        let until = match call.until() {
            Ok(until) => until.filter(|_| lasts.is_none()),
            Err(said) => return Ok(Step::said(said)),
        };
        let (by, by_id) = (call.asker.login.to_owned(), call.asker.id);
        let act = RequestedAct::Activate { by, by_id, number: call.number, until, lasts };
        Ok(Step::Ask { environment: environment.name.clone(), act, goal: Goal::Live })
    }
}
