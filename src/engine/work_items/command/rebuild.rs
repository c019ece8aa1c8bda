//! `/rebuild`: a clean branch with the author's own commits, and a pull request from it.

use super::call::{Call, Command, Step};
use crate::commands::rights::DefaultRight;
use crate::commands::spec::{Flag, Kind, Spec, WorksOn};
use crate::engine::work_error::WorkError;
use async_trait::async_trait;

const SPEC: Spec = Spec {
    name: "rebuild",
    summary: "puts the pull request's own commits on a clean branch and opens a pull request from it",
    example: "",
    kind: Kind::Act,
    works_on: WorksOn::OpenPullRequests,
    parameters: &[],
    flags: &[Flag::HEAD],
    right: DefaultRight::WRITE,
    unchanged: "no branch was made",
};

pub(super) struct Rebuild;

#[async_trait]
impl Command for Rebuild {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    async fn run(&self, call: &Call<'_>) -> Result<Step, WorkError> {
        match call.pull_as_seen().await? {
            Ok(now) if !call.is_judged(&now) => Ok(Step::AwaitVerdict),
            Ok(now) => call.came_of(call.acts()?.rebuild(&now).await),
            Err(said) => Ok(Step::said(said)),
        }
    }
}
