//! Following a deploy that a command has asked for to its end, whichever goes in its place.

use super::CommentWork;
use super::state::{Goal, Progress};
use crate::deploy::DeployQueue;
use crate::engine::work_error::WorkError;
use crate::model::{BranchName, Deploy, DeployState, Ending};
use crate::report::{self, CommandReply, CommandStatus, CommentCommands};

/// What follows a deploy that is on its way.
pub(super) const TELLS_THE_END: &str = "This reply tells how it ends.";

impl CommentWork<'_> {
    /// How a deploy stands that a command has asked for.
    pub(super) async fn follow(
        &mut self,
        position: usize,
        (environment, number): (&str, u64),
        goal: Goal,
    ) -> Result<(), WorkError> {
        // Deploys are found by the environment's name; its branch tells no more than where they began.
        let branch = match self.config.path.environment(environment) {
            Some(named) => named.branch.clone(),
            None => BranchName::new(&self.repository.default_branch)
                .map_err(|error| WorkError::give_up("the default branch has no name").caused_by(error))?,
        };
        let known = self.ctx.store.environment_deploys(self.place.id, environment, &branch).await?;
        let queue = DeployQueue::new(known.deploys, known.hold, known.baseline);
        let run = &mut self.state.runs[position];
        let Some(deploy) = queue.get(number).map(|asked| match goal {
            Goal::Live => queue.in_place_of(asked),
            Goal::Cancelled => queue.goes_on_as(asked).and_then(|next| queue.get(next)).unwrap_or(asked),
        }) else {
            run.end(CommandReply::new(CommandStatus::Failed, "unknown", "nothing is known of its deploy."));
            return Ok(());
        };
        if deploy.number != number {
            let environment = environment.to_owned();
            run.progress = Progress::Following { environment, deploy: deploy.number, goal };
            let words = format!("deploy {} goes instead of deploy {number}.", deploy.number);
            let said = CommandReply::new(CommandStatus::Started, "started", words);
            run.said = Some(said.commits(Some(deploy.commit), deploy.previous).next(TELLS_THE_END));
        }
        if !deploy.state.is_open() {
            run.end(ended(deploy, goal, CommentCommands { prefix: self.dialect.prefix }));
        }
        Ok(())
    }
}

fn ended(deploy: &Deploy, goal: Goal, commands: CommentCommands<'_>) -> CommandReply {
    let line = format!("{}.", report::plain_text(&report::deploy_line(deploy)));
    let is_well = match goal {
        Goal::Live => deploy.state == DeployState::Succeeded,
        Goal::Cancelled => deploy.state != DeployState::Succeeded && !deploy.may_still_run(),
    };
    let (status, code) =
        if is_well { (CommandStatus::Done, "done") } else { (CommandStatus::Failed, "failed") };
    let said = CommandReply::new(status, code, line).commits(Some(deploy.commit), deploy.previous);
    let name = &deploy.environment;
    if is_well && deploy.is_rollback() {
        let held = "%: what people merge waits. Once the cause is repaired, write %.";
        let words = report::sentence(held, &[name, &commands.resume(name)]);
        return said.next(format!("From now on Towpath holds {words}"));
    }
    if is_well || goal == Goal::Cancelled {
        return said;
    }
    if deploy.is_rollback() {
        let held = "% is held still: to roll back, write % again; % lifts the hold.";
        let (again, resume) = (commands.rollback(name, Some(deploy.commit)), commands.resume(name));
        return said.next(report::sentence(held, &[name, &again, &resume]));
    }
    if matches!(deploy.ending, Some(Ending::Cancelled { .. })) {
        let held = "Once the cause is repaired, % lifts the hold that the rollback has left.";
        return said.next(report::sentence(held, &[&commands.resume(name)]));
    }
    let [again, back] = [commands.deploy(name), commands.rollback(name, None)];
    said.next(report::sentence("To try it again, write %; to go back, %.", &[&again, &back]))
}
