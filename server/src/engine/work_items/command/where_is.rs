//! `/where`: where a pull request or a commit has come to, or what runs in an environment.

use super::call::{Call, Command, Step};
use super::check::verdict_in_words;
use super::state::refused;
use crate::commands::rights::DefaultRight;
use crate::commands::spec::{CommitPrefix, Kind, Parameter, Revision, Spec, Subject, WorksOn};
use crate::deploy::DeployQueue;
use crate::engine::change_status::{change_status, commit_status, owed_hotfixes};
use crate::engine::commit_lookup::commits_that_begin;
use crate::engine::environment_status::environment_status;
use crate::engine::work_error::WorkError;
use crate::model::{CommitId, CopyBranch, Environment, PullNumber, PullRequestState};
use crate::report::{self, CommandReply, CommandStatus, CommentCommands};
use crate::store::JudgedPull;
use std::collections::BTreeSet;

const SPEC: Spec = Spec {
    name: "where",
    summary: "tells where this pull request, another one or a commit has come to; with ENV, what runs there since when",
    example: "production",
    kind: Kind::Read,
    works_on: WorksOn::PullRequestsOrNamed,
    parameters: &[Parameter::SUBJECT.optional()],
    flags: &[],
    right: DefaultRight::READ,
    unchanged: "nothing was looked up",
};

pub(super) struct Where;

impl Command for Where {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    async fn run(&self, call: &Call<'_>) -> Result<Step, WorkError> {
        let subject = call.arguments.subject(call.path).ok().flatten();
        Ok(Step::said(match subject {
            Some(Subject::Environment(environment)) => in_environment(call, environment).await?,
            Some(Subject::Copy(copy)) => of_copy(call, copy).await?,
            Some(Subject::Revision(Revision::Commit(prefix))) => of_commit(call, &prefix).await?,
            Some(Subject::Revision(Revision::Pull(number))) if number != call.number => {
                let other = call.ctx.store.pull(call.repository.id, number).await?;
                of_pull(call, number, other.as_ref()).await?
            }
            Some(Subject::Revision(Revision::Pull(_))) | None if call.is_unknown() => {
                return Ok(Step::AwaitVerdict);
            }
            Some(Subject::Revision(Revision::Pull(_))) | None => {
                of_pull(call, call.number, call.pull).await?
            }
        }))
    }
}

async fn in_environment(call: &Call<'_>, environment: &Environment) -> Result<CommandReply, WorkError> {
    let (store, id) = (call.ctx.store.as_ref(), call.repository.id);
    let status = environment_status(store, id, call.path, environment, call.ctx.now()).await?;
    let (running, further) = report::environment_status(in_comments(call), &status);
    let said = CommandReply::new(CommandStatus::Done, "done", running);
    let said = said.commits(status.live.map(|it| it.commit), None);
    Ok(further.into_iter().fold(said, CommandReply::next))
}

/// Where the copy branch is, beside what it is a copy of.
async fn of_copy(call: &Call<'_>, copy: &CopyBranch) -> Result<CommandReply, WorkError> {
    let (store, id) = (call.ctx.store.as_ref(), call.repository.id);
    let Some(of) = call.path.environment(&copy.of) else {
        return Err(WorkError::give_up("the copy branch has no environment"));
    };
    let tip = store.newest_tip(id, &copy.branch).await?;
    let known = store.environment_deploys(id, &of.name, &of.branch).await?;
    let live = DeployQueue::new(known.deploys, known.hold, known.baseline).live().map(|it| it.commit);
    let (branch, name) = (copy.branch.as_str(), of.name.as_str());
    let Some((at, commit)) = tip.and_then(|tip| Some((tip.at, tip.commit?))) else {
        let said = report::sentence("there is no branch %.", &[branch]);
        return Ok(CommandReply::new(CommandStatus::Done, "no_branch", said));
    };
    let since = report::moment(at);
    let said = match live {
        Some(live) if live == commit => {
            let same = format!("% is at % since {since}: it is a copy of what runs in %.");
            report::sentence(&same, &[branch, &commit.short(), name])
        }
        Some(live) => {
            let other = format!("% is at % since {since}, while % runs %.");
            report::sentence(&other, &[branch, &commit.short(), name, &live.short()])
        }
        None => {
            let alone = format!("% is at % since {since}. What runs in % is not known.");
            report::sentence(&alone, &[branch, &commit.short(), name])
        }
    };
    Ok(CommandReply::new(CommandStatus::Done, "done", said).commits(Some(commit), None))
}

async fn of_pull(
    call: &Call<'_>,
    number: PullNumber,
    pull: Option<&JudgedPull>,
) -> Result<CommandReply, WorkError> {
    let name = format!("#{number}");
    let Some(pull) = pull else {
        let why = report::sentence("Towpath does not know %.", &[&name]);
        return Ok(refused("unknown_pull_request", SPEC.unchanged, &why));
    };
    let row = &pull.pull;
    let base = row.base_branch.as_str();
    let owed = owed_hotfixes(call.ctx.store.as_ref(), call.path, row).await?;
    let owed = report::hotfix_debts(&owed, call.ctx.now());
    if row.merged.is_some() {
        let repository = call.ctx.mirror(call.repository).await?.at_hand().await?;
        let mut places = change_status(call.ctx.store.as_ref(), &repository, call.path, row).await?;
        Box::pin(call.ctx.leave_out_logs(call.repository, call.path, &mut places)).await;
        let table = report::change_status_table(in_comments(call), &places);
        let said = report::sentence("% is merged into %.", &[&name, base]);
        let next = owed.map_or_else(|| table.clone(), |owed| format!("{table}\n\n{owed}"));
        return Ok(CommandReply::new(CommandStatus::Done, "merged", said).next(next));
    }
    if row.state != PullRequestState::Open {
        let said = report::sentence("% was closed without a merge, so no environment has it.", &[&name]);
        return Ok(CommandReply::new(CommandStatus::Done, "closed", said));
    }
    let going = report::sentence("% is open and goes into %; no environment has it.", &[&name, base]);
    let said = CommandReply::new(CommandStatus::Done, "open", going);
    let verdict = pull.verdict.is_some().then(|| verdict_in_words(pull).outcome);
    let next: Vec<String> = verdict.into_iter().chain(owed).collect();
    Ok(if next.is_empty() { said } else { said.next(next.join("\n\n")) })
}

async fn of_commit(call: &Call<'_>, prefix: &CommitPrefix) -> Result<CommandReply, WorkError> {
    let (store, id) = (call.ctx.store.as_ref(), call.repository.id);
    let repository = call.ctx.mirror(call.repository).await?.at_hand().await?;
    let found = commits_that_begin(store, &repository, call.path, (id, prefix.as_str())).await?;
    let commit = match (found.first(), found.len()) {
        (Some(commit), 1) => *commit,
        (None, _) => {
            let why = report::sentence("No commit of this repository begins with %.", &[prefix.as_str()]);
            return Ok(refused("unknown_commit", SPEC.unchanged, &why));
        }
        (Some(_), _) => return Ok(refused("ambiguous", SPEC.unchanged, &all_of(&found))),
    };
    let mut places = commit_status(store, &repository, call.path, (id, commit)).await?;
    Box::pin(call.ctx.leave_out_logs(call.repository, call.path, &mut places)).await;
    let table = report::change_status_table(in_comments(call), &places);
    let said = report::sentence("this is where % has come to.", &[&commit.short()]);
    Ok(CommandReply::new(CommandStatus::Done, "done", said).commits(Some(commit), None).next(table))
}

fn in_comments<'a>(call: &'a Call<'_>) -> CommentCommands<'a> {
    CommentCommands { prefix: call.dialect.prefix }
}

fn all_of(found: &BTreeSet<CommitId>) -> String {
    let all: Vec<String> = found.iter().map(CommitId::to_string).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    format!("Several commits begin so: {}.", report::listed(&all))
}
