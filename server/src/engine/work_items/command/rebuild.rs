//! `/rebuild`: a clean branch with the author's own commits, and a pull request from it.

use super::call::{Call, Command, Step};
use crate::commands::rights::DefaultRight;
use crate::commands::spec::{Flag, Kind, Spec, WorksOn};
use crate::engine::work_error::WorkError;

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

impl Command for Rebuild {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    async fn run(&self, call: &Call<'_>) -> Result<Step, WorkError> {
        if let Some(intent) = call.intent {
            let row = call.repository;
            let now = call.ctx.api.pull(row.installation, &row.full_name, call.number).await?;
            let outcome = call.acts()?.rebuild(&now, intent.may_be_done).await;
            return call.came_of(outcome, "Go on there. Once it is merged, close this one.");
        }
        Ok(match call.pull_as_seen().await? {
            Ok(now) if !call.is_judged(&now) => Step::AwaitVerdict,
            Ok(now) => Step::Intend(now.head.sha.to_string()),
            Err(said) => Step::said(said),
        })
    }
}
