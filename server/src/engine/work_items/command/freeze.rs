//! `/freeze ENV`: nothing is promoted into an environment, and nothing deployed there, for a while.

use super::call::{Call, Command, Step};
use super::state::{Goal, refused};
use crate::commands::rights::DefaultRight;
use crate::commands::spec::{Flag, Kind, Parameter, Revision, Spec, Takes, Value, WorksOn};
use crate::engine::work_error::WorkError;
use crate::store::RequestedAct;

/// A pull request that goes in all the same.
const ALLOW: Flag = Flag::new("allow", Some(Takes::Revision), "a pull request as `#N` that is not kept back");
/// The lane that the configuration gives hotfixes by the same word.
const HOTFIXES: Flag = Flag::new("hotfixes", None, "hotfixes are not kept back, where ENV admits some");
/// What only the operator may ask for.
const PRIVATE: Flag = Flag::new("private", None, "only for `towpath freeze`: a comment is read by everybody");

const SPEC: Spec = Spec {
    name: "freeze",
    summary: "keeps everything out of ENV until a time; rollbacks still go",
    example: "production --until \"2026-12-27 08:00\" --reason \"peak season\"",
    kind: Kind::Act,
    works_on: WorksOn::PullRequestsOrNamed,
    parameters: &[Parameter::ENVIRONMENT],
    flags: &[Flag::UNTIL.required(), Flag::REASON.required(), ALLOW, HOTFIXES, PRIVATE],
    right: DefaultRight::MAINTAIN,
    unchanged: "nothing was frozen",
};

pub(super) struct Freeze;

impl Command for Freeze {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn may_change_verdict(&self) -> bool {
        true
    }

    async fn run(&self, call: &Call<'_>) -> Result<Step, WorkError> {
        let environment = call.named_environment()?.name.clone();
        if call.arguments.has(&PRIVATE) {
            let why = "Everybody reads a comment. The operator gives a reason that is not public, by `towpath freeze --private`.";
            return Ok(Step::said(refused("private", SPEC.unchanged, why)));
        }
        let until = match call.until() {
            Ok(Some(until)) => until,
            Ok(None) => return Err(WorkError::give_up("the command was bound without its end")),
            Err(said) => return Ok(Step::said(said)),
        };
        let allow = match call.arguments.value(ALLOW.name) {
            None => Vec::new(),
            Some(Value::Revision(Revision::Pull(number))) => vec![*number],
            Some(_) => {
                let why = "`--allow` takes a pull request, such as `#12`.";
                return Ok(Step::said(refused("no_pull_request", SPEC.unchanged, why)));
            }
        };
        let act = RequestedAct::Freeze {
            by: call.asker.login.to_owned(),
            by_id: call.asker.id,
            reason: call.reason().unwrap_or_default(),
            private: false,
            until,
            allow,
            hotfixes: call.arguments.has(&HOTFIXES),
        };
        Ok(Step::Ask { environment, act, goal: Goal::Live })
    }
}
