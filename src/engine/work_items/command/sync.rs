//! `/sync`: the copy branch is brought along now.

use super::call::{Call, Command, Step};
use super::state::refused;
use crate::commands::rights::DefaultRight;
use crate::commands::spec::{Kind, Spec, WorksOn};
use crate::engine::work_error::WorkError;
use crate::model::CopyMode;
use crate::report::{self, CommandReply, CommandStatus};
use crate::store::{Change, WorkItem};
use async_trait::async_trait;

const SPEC: Spec = Spec {
    name: "sync",
    summary: "brings the copy branch along with its environment now",
    example: "",
    kind: Kind::Act,
    works_on: WorksOn::Anywhere,
    parameters: &[],
    flags: &[],
    right: DefaultRight::WRITE,
    unchanged: "nothing was moved",
};

pub(super) struct Sync;

#[async_trait]
impl Command for Sync {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    async fn run(&self, call: &Call<'_>) -> Result<Step, WorkError> {
        let Some(copy) = &call.path.copy else {
            return Ok(Step::said(refused(
                "no_copy",
                SPEC.unchanged,
                "The configuration names no copy branch.",
            )));
        };
        let id = call.repository.id;
        let Some(of) = call.path.environment(&copy.of) else {
            return Err(WorkError::give_up("the copy branch has no environment"));
        };
        let names = [copy.branch.as_str(), of.name.as_str()];
        if copy.mode == CopyMode::Report {
            let why = report::sentence(
                "By the configuration Towpath only reports on %; people move it to %.",
                &names,
            );
            return Ok(Step::said(refused("report_only", SPEC.unchanged, &why)));
        }
        let known = call.ctx.store.environment_deploys(id, &of.name, &of.branch).await?;
        let going = known.deploys.iter().rev().find(|deploy| deploy.state.is_open());
        let look = vec![Change::Mark(WorkItem::Copy(id))];
        let said = if let Some(deploy) = going {
            CommandReply::new(
                CommandStatus::Done,
                "waits",
                report::sentence("% follows % once its deploy has ended well.", &names),
            )
            .next(report::plain_text(&report::deploy_line(deploy)))
        } else {
            let words =
                report::sentence("% is brought along with % now, where that is a fast-forward.", &names);
            CommandReply::new(CommandStatus::Done, "done", words).next(report::sentence(
                "The check % on % says what came of it.",
                &["towpath: copy", of.branch.as_str()],
            ))
        };
        Ok(Step::Ended(said, look))
    }
}
