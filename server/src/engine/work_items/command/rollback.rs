//! `/rollback ENV`: back to what ran before, to a commit, or to the release of a pull request.

use super::call::{Call, Command, Step};
use super::state::{Goal, refused};
use crate::commands::rights::DefaultRight;
use crate::commands::spec::{Flag, Kind, Parameter, Revision, Spec, WorksOn};
use crate::deploy::release_of;
use crate::engine::work_error::WorkError;
use crate::model::{CommitId, Deploy, DeployState, Environment};
use crate::report::{self, CommandReply};
use crate::store::RequestedAct;
use std::collections::BTreeSet;

/// How many deploys a commit or a pull request is looked for among.
const LOOKED_AT: u32 = 10_000;

const SPEC: Spec = Spec {
    name: "rollback",
    summary: "brings ENV back to what ran before, or to a commit, or to the release that brought a pull request; where a \
              platform deploys by its own integration, it prepares a pull request for that",
    example: "production #12 --reason \"checkout is broken\"",
    kind: Kind::Act,
    works_on: WorksOn::PullRequestsOrNamed,
    parameters: &[Parameter::PLACE, Parameter::REVISION.optional()],
    flags: &[Flag::REASON.required()],
    right: DefaultRight::MAINTAIN,
    unchanged: "nothing was rolled back",
};

pub(super) struct Rollback;

impl Command for Rollback {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    async fn run(&self, call: &Call<'_>) -> Result<Step, WorkError> {
        let environment = call.named_environment()?;
        if let Some((own, branch)) = call.named_place() {
            let words = "% has what % has, and is a release of nothing: there is nothing to go back to.";
            let why = report::sentence(words, &[&own, branch.as_str()]);
            let again = "Push what is to run there, or write % on its pull request to have its last deploy tried again. % gives the \
                         place up.";
            let again = report::sentence(again, &[&call.command("activate"), &call.command("deactivate")]);
            return Ok(Step::said(refused("of_branch", SPEC.unchanged, &why).next(again)));
        }
        let to = match call.arguments.revision() {
            None => None,
            Some(revision) => match released(call, environment, revision).await? {
                Ok(commit) => Some(commit),
                Err(said) => return Ok(Step::said(said)),
            },
        };
        let (by, reason) = (call.asker.login.to_owned(), call.reason().unwrap_or_default());
        let act = RequestedAct::Rollback { to, by, reason };
        Ok(Step::Ask { environment: environment.name.clone(), act, goal: Goal::Live })
    }
}

/// The commit that is meant, among those that ran there.
async fn released(
    call: &Call<'_>,
    environment: &Environment,
    revision: &Revision,
) -> Result<Result<CommitId, CommandReply>, WorkError> {
    let name = &environment.name;
    let deploys = call.ctx.store.newest_deploys(call.repository.id, name, LOOKED_AT).await?;
    let ran: Vec<&Deploy> = deploys.iter().filter(|it| it.state == DeployState::Succeeded).collect();
    let refuse = |code: &str, why: String| Ok(Err(refused(code, SPEC.unchanged, &why)));
    match revision {
        Revision::Pull(number) => match release_of(&deploys, *number) {
            Some(commit) => Ok(Ok(commit)),
            None => refuse(
                "never_ran",
                report::sentence(&format!("No deploy that brought #{number} to % has succeeded."), &[name]),
            ),
        },
        Revision::Commit(prefix) => {
            let found: BTreeSet<CommitId> =
                ran.iter().map(|it| it.commit).filter(|commit| prefix.is_of(*commit)).collect();
            match (found.first(), found.len()) {
                (Some(commit), 1) => Ok(Ok(*commit)),
                (Some(_), _) => {
                    let all: Vec<String> = found.iter().map(CommitId::to_string).collect();
                    let all: Vec<&str> = all.iter().map(String::as_str).collect();
                    refuse(
                        "ambiguous",
                        format!("Several commits that ran there begin so: {}.", report::listed(&all)),
                    )
                }
                // It may be one that never ran there: whoever knows the queue says so.
                (None, _) => match prefix.whole() {
                    Some(commit) => Ok(Ok(commit)),
                    None => refuse(
                        "never_ran",
                        report::sentence("No deploy of % to % has succeeded.", &[prefix.as_str(), name]),
                    ),
                },
            }
        }
    }
}
