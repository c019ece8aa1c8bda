//! `/carried SHA --in ENV --reason …`: the fault of a hotfix was mended there in another way.

use super::call::{Call, Command, Step};
use super::state::refused;
use crate::commands::rights::DefaultRight;
use crate::commands::spec::{Flag, Kind, Parameter, Revision, Spec, Takes, WorksOn};
use crate::engine::work_error::WorkError;
use crate::model::{Hotfix, Mended};
use crate::report::{self, CommandReply, CommandStatus};
use crate::store::Change;

/// Where it was mended.
const IN: Flag =
    Flag::new("in", Some(Takes::Environment), "the environment that does not miss the hotfix").required();

const SPEC: Spec = Spec {
    name: "carried",
    summary: "says that ENV does not miss a hotfix, because its fault was mended there in another way",
    example: "4c1d2e3 --in staging --reason \"the cart was rewritten\"",
    kind: Kind::Act,
    works_on: WorksOn::Anywhere,
    parameters: &[Parameter::REVISION],
    flags: &[IN, Flag::REASON.required()],
    right: DefaultRight::MAINTAIN,
    unchanged: "nothing was noted",
};

pub(super) struct Carried;

impl Command for Carried {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn may_change_verdict(&self) -> bool {
        true
    }

    async fn run(&self, call: &Call<'_>) -> Result<Step, WorkError> {
        let environment = call.named_environment()?;
        let known = call.ctx.store.hotfixes(call.repository.id).await?;
        let hotfix = match meant(call, &known) {
            Ok(hotfix) => hotfix,
            Err(why) => return Ok(Step::said(refused("no_hotfix", SPEC.unchanged, &why))),
        };
        let leads_there = call
            .path
            .environment(&hotfix.environment)
            .is_some_and(|target| call.path.leads_to(&environment.name, &target.name));
        if !leads_there {
            let words = "% owes % nothing: nothing is promoted from the one to the other.";
            let why = report::sentence(words, &[&environment.name, &hotfix.environment]);
            return Ok(Step::said(refused("not_owed", SPEC.unchanged, &why)));
        }
        let tip = match call.tip_as_seen(&environment.branch).await? {
            Ok(tip) => tip,
            Err(said) => return Ok(Step::said(said)),
        };
        let mended = Mended {
            environment: environment.name.clone(),
            tip,
            by: call.asker.login.to_owned(),
            by_id: call.asker.id,
            reason: call.reason().unwrap_or_default(),
            at: call.ctx.now(),
        };
        let words = "% is no longer owed on %: its fault was mended there in another way.";
        let said = report::sentence(words, &[&hotfix.title, &environment.name]);
        let next = "A promotion that has that commit is only warned, as far as the difference lies in the files of this hotfix.";
        let said = CommandReply::new(CommandStatus::Done, "done", said).commits(Some(tip), None).next(next);
        let change = Change::HotfixMended(call.repository.id, hotfix.key.clone(), Box::new(mended));
        Ok(Step::Ended(said, vec![change]))
    }
}

/// The one merged hotfix that is meant, or why none is.
fn meant<'h>(call: &Call<'_>, known: &'h [Hotfix]) -> Result<&'h Hotfix, String> {
    let revision = call.arguments.revision();
    let is_meant = |it: &&Hotfix| match revision {
        Some(Revision::Pull(number)) => it.pull == Some(*number),
        Some(Revision::Commit(prefix)) => it.landed.as_ref().is_some_and(|landed| {
            let all = landed.picks.iter().chain(&landed.brought).chain([&landed.made]);
            all.copied().any(|commit| prefix.is_of(commit))
        }),
        None => false,
    };
    let mut found = known.iter().filter(|it| it.landed.is_some()).filter(is_meant);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err("No merged hotfix that is not home has this commit or number.".to_owned()),
        (Some(_), Some(_)) => {
            Err("Several hotfixes have a commit that begins so; write more of it.".to_owned())
        }
    }
}
