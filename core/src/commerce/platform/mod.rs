//! What the platform's API answers, read: environments, activities, deployments, integrations. Pure.
//!
//! Names and fields are those of the platform's public API description and of its clients. Every field that is not
//! needed may be missing or of another type; an answer that lacks what is needed is none.

mod activity;
mod environment;
mod git;
mod links;

pub use activity::{Activity, ActivityEnd, ActivityState, CommandRun, activity_for, activity_past};
pub use environment::{
    CloudEnvironment, deployed_trees, find_environment, folded, has_source_integration, project_endpoint,
};
pub use git::{CloudCommit, GitAddress, commit_of_branch};
pub use links::Links;
