//! Orders to deploy, as whoever deploys sees them.

use super::site::Work;
use towpath_sandbox::{DeploymentHandle, RunHandle};

/// As whom the App acts.
pub const US: &str = "towpath[bot]";

/// An order to deploy, as whoever deploys sees it.
#[derive(Clone)]
pub enum Job {
    Deployment(DeploymentHandle),
    Run(RunHandle),
}

impl Job {
    pub fn id(&self) -> u64 {
        match self {
            Self::Deployment(made) => made.id(),
            Self::Run(run) => run.id(),
        }
    }

    pub fn commit(&self) -> String {
        match self {
            Self::Deployment(made) => made.sha(),
            Self::Run(run) => run.inputs()["sha"].clone(),
        }
    }

    /// What is to be done. `order` is the place of the order among all that were ever given for the environment.
    pub fn work(&self, order: usize) -> Work {
        match self {
            Self::Deployment(made) => Work {
                id: made.id(),
                commit: self.commit(),
                order,
                age: made.age(),
                rollback: made.payload()["rollback"] == true,
                is_being_cancelled: false,
            },
            Self::Run(run) => Work {
                id: run.id(),
                commit: self.commit(),
                order,
                age: run.age(),
                rollback: run.inputs()["rollback"] == "true",
                is_being_cancelled: run.is_being_cancelled(),
            },
        }
    }

    /// Whether it may still be begun.
    pub fn is_open(&self) -> bool {
        match self {
            Self::Deployment(made) => {
                made.state().is_none_or(|state| matches!(state.as_str(), "queued" | "pending"))
            }
            Self::Run(run) => run.status() == "queued" && !run.is_being_cancelled(),
        }
    }

    pub fn is_being_stopped(&self) -> bool {
        match self {
            Self::Deployment(_) => false,
            Self::Run(run) => run.is_being_cancelled(),
        }
    }

    /// Whether it ended by somebody else's hand. Who acts on a Deployment stops where Towpath says that it is over.
    pub fn was_stopped(&self) -> bool {
        match self {
            Self::Deployment(made) => made.statuses().last().is_some_and(|last| {
                last.creator == US && matches!(last.state.as_str(), "error" | "failure" | "inactive")
            }),
            Self::Run(run) => run.status() == "completed",
        }
    }
}
