//! Workflows, as a repository declares them, and their runs, as runners carry them out.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::TimeDelta;

use super::RepoHandle;
use crate::acts::{actions, runs};
use crate::hub::Hub;
use crate::model::{Cancelling, Workflow, WorkflowRun};
use crate::{Refused, Sandbox};

impl RepoHandle {
    /// Declares a workflow on the default branch, by its file's name: `deploy.yml`. It can be dispatched
    /// and takes no inputs unless told otherwise.
    pub fn workflow(&self, file: &str) -> DeclareWorkflow<'_> {
        let id = actions::declare(&self.hub, self.id, file);
        DeclareWorkflow { repository: self, id }
    }

    /// All runs of all workflows, oldest first.
    pub fn runs(&self) -> Vec<RunHandle> {
        let ids: Vec<u64> = self.hub.with(|world| {
            let own = world.workflow_runs.values().filter(|run| run.repository == self.id);
            own.map(|run| run.id).collect()
        });
        ids.into_iter().map(|id| RunHandle { hub: Arc::clone(&self.hub), id }).collect()
    }
}

impl Sandbox {
    /// Answers dispatches like an older server, which does not tell of the run it makes; or no longer.
    pub fn hide_dispatched_runs(&self, on: bool) {
        self.hub.with(|world| world.hides_runs = on);
    }

    /// Says what happens from now on when somebody asks to cancel a run.
    pub fn cancelling(&self, how: Cancelling) {
        self.hub.with(|world| world.cancelling = how);
    }
}

/// A workflow; each call changes it at once.
#[derive(Debug)]
pub struct DeclareWorkflow<'repository> {
    repository: &'repository RepoHandle,
    id: u64,
}

impl DeclareWorkflow<'_> {
    fn change(&self, act: impl FnOnce(&mut Workflow)) {
        self.repository.hub.with(|world| world.workflows.get_mut(&self.id).map(act));
    }

    /// Its id, by which it can be asked for as well.
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// The inputs it takes.
    #[expect(clippy::return_self_not_must_use, reason = "usually the end of a sentence")]
    pub fn inputs<'i>(self, names: impl IntoIterator<Item = &'i str>) -> Self {
        let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        self.change(|workflow| workflow.inputs = names);
        self
    }

    /// Takes its `workflow_dispatch` trigger away.
    #[expect(clippy::return_self_not_must_use, reason = "usually the end of a sentence")]
    pub fn without_dispatch(self) -> Self {
        self.change(|workflow| workflow.dispatch = false);
        self
    }

    /// Calls its runs by the value of an input.
    #[expect(clippy::return_self_not_must_use, reason = "usually the end of a sentence")]
    pub fn echoes(self, input: &str) -> Self {
        self.change(|workflow| workflow.echoes = Some(input.to_owned()));
        self
    }
}

/// A run of a workflow.
#[derive(Debug, Clone)]
pub struct RunHandle {
    pub(super) hub: Arc<Hub>,
    pub(super) id: u64,
}

impl RunHandle {
    fn read<T: Default>(&self, look: impl FnOnce(&WorkflowRun) -> T) -> T {
        self.hub.with(|world| world.workflow_runs.get(&self.id).map(look).unwrap_or_default())
    }

    /// Its id.
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// The file of its workflow.
    pub fn workflow(&self) -> String {
        let id = self.read(|run| run.workflow);
        self.hub.with(|world| world.workflows.get(&id).map(|found| found.file.clone()).unwrap_or_default())
    }

    /// What it was given.
    pub fn inputs(&self) -> BTreeMap<String, String> {
        self.read(|run| run.inputs.clone())
    }

    /// The branch or tag it runs on.
    pub fn branch(&self) -> String {
        self.read(|run| run.branch.clone())
    }

    /// The commit it runs on.
    pub fn sha(&self) -> String {
        self.read(|run| run.sha.clone())
    }

    /// `queued`, `waiting`, `in_progress` or `completed`.
    pub fn status(&self) -> String {
        self.read(|run| run.status.clone())
    }

    /// How it ended; `None` before.
    pub fn conclusion(&self) -> Option<String> {
        self.read(|run| run.conclusion.clone())
    }

    /// Login of the person or bot that asked for it.
    pub fn actor_login(&self) -> String {
        let actor = self.read(|run| run.actor);
        self.hub.with(|world| world.login(actor))
    }

    /// How long ago it was asked for.
    pub fn age(&self) -> TimeDelta {
        self.hub.with(|world| {
            let made = world.workflow_runs.get(&self.id).map(|found| found.created_at);
            made.map_or_else(TimeDelta::zero, |made| world.now - made)
        })
    }

    /// A runner takes it up.
    pub async fn begins(&self) -> Result<(), Refused> {
        self.hub.with(|world| runs::begin(world, self.id))
    }

    /// It is over: `success`, `failure` or `cancelled`. So are its jobs.
    pub async fn ends(&self, conclusion: &str) -> Result<(), Refused> {
        self.hub.with(|world| runs::end(world, self.id, conclusion))
    }

    /// Somebody asked to have it cancelled, and it still runs.
    pub fn is_being_cancelled(&self) -> bool {
        self.read(|run| run.cancelled)
    }

    /// The cancelling that was asked for takes effect.
    pub async fn stops(&self) -> Result<(), Refused> {
        self.hub.with(|world| actions::stop(world, self.id))
    }
}
