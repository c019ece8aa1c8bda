//! `/ready ENV ITEM` and `/unready ENV ITEM`: whether an item of an environment's list is ready.

use super::call::{Call, Command, Step};
use super::state::refused;
use crate::commands::did_you_mean;
use crate::commands::rights::{DefaultRight, Need};
use crate::commands::spec::{Flag, Kind, Parameter, Spec, Takes, Value, WorksOn};
use crate::engine::work_error::WorkError;
use crate::model::{Attested, Environment, Grantee, ReadinessItem, RepositoryRole};
use crate::report::{self, CommandReply, CommandStatus};

const ITEM: Parameter = Parameter::new("ITEM", Takes::Text);

const READY: Spec = Spec {
    name: "ready",
    summary: "says that an item of ENV's list is ready; without ITEM shows the list",
    example: "production crons --note \"ran for a day\"",
    kind: Kind::Act,
    works_on: WorksOn::PullRequestsOrNamed,
    parameters: &[Parameter::ENVIRONMENT, ITEM.optional()],
    flags: &[Flag::NOTE],
    right: DefaultRight::WRITE,
    unchanged: "nothing was noted",
};

const UNREADY: Spec = Spec {
    name: "unready",
    summary: "takes back that an item of ENV's list is ready",
    example: "production crons",
    kind: Kind::Act,
    works_on: WorksOn::PullRequestsOrNamed,
    parameters: &[Parameter::ENVIRONMENT, ITEM],
    flags: &[Flag::REASON],
    right: DefaultRight::WRITE,
    unchanged: "nothing was taken back",
};

pub(super) struct Ready;

impl Command for Ready {
    fn spec(&self) -> &'static Spec {
        &READY
    }

    /// The list is for everybody who can read.
    fn need(&self, call: &Call<'_>) -> Option<Need> {
        let is_asked = call.arguments.value(ITEM.name).is_none();
        is_asked.then(|| Need::one_of(vec![Grantee::Role(RepositoryRole::Read)]))
    }

    fn may_change_verdict(&self) -> bool {
        true
    }

    async fn run(&self, call: &Call<'_>) -> Result<Step, WorkError> {
        let environment = call.named_environment()?;
        if environment.requires.readiness.is_empty() {
            return Ok(Step::said(refused("no_list", READY.unchanged, &no_list(environment))));
        }
        let Some(Value::Text(named)) = call.arguments.value(ITEM.name) else {
            return list(call, environment).await;
        };
        let item = match item(environment, named) {
            Ok(item) => item,
            Err(why) => return Ok(Step::said(refused("no_item", READY.unchanged, &why))),
        };
        if call.reason().is_none() {
            let why = "Say with `--note` what you have seen, such as a link.";
            return Ok(Step::said(refused("no_note", READY.unchanged, why)));
        }
        let seen = match call.content_as_seen(environment).await? {
            Ok(seen) => seen,
            Err(said) => return Ok(Step::said(said)),
        };
        let words = report::sentence("% is ready for %.", &[&item.item, &environment.name]);
        let said = CommandReply::new(CommandStatus::Done, "done", words);
        call.vouched(environment, (Attested::Ready { item: item.item.clone() }, seen), said).await
    }
}

pub(super) struct Unready;

impl Command for Unready {
    fn spec(&self) -> &'static Spec {
        &UNREADY
    }

    fn may_change_verdict(&self) -> bool {
        true
    }

    async fn run(&self, call: &Call<'_>) -> Result<Step, WorkError> {
        let environment = call.named_environment()?;
        let Some(Value::Text(named)) = call.arguments.value(ITEM.name) else {
            return Err(WorkError::give_up("the command was bound without its item"));
        };
        let given = call.ctx.store.attestations(call.repository.id, &environment.name).await?;
        // Also one that the configuration has no more.
        let Some(said) = given.iter().find(|it| it.item().is_some_and(|it| it.eq_ignore_ascii_case(named)))
        else {
            let why = match item(environment, named) {
                Ok(item) => report::sentence("Nobody has said that % is ready.", &[&item.item]),
                Err(why) => why,
            };
            return Ok(Step::said(refused("unknown", UNREADY.unchanged, &why)));
        };
        let words = report::sentence("% is open again for %.", &[named, &environment.name]);
        call.withdrawn(environment, said, words).await
    }
}

fn no_list(environment: &Environment) -> String {
    report::sentence("The configuration has no list of what has to be ready for %.", &[&environment.name])
}

/// The item of this name, or why there is none.
fn item<'e>(environment: &'e Environment, named: &str) -> Result<&'e ReadinessItem, String> {
    let items = &environment.requires.readiness;
    items.iter().find(|it| it.item.eq_ignore_ascii_case(named)).ok_or_else(|| {
        let known: Vec<&str> = items.iter().map(|it| it.item.as_str()).collect();
        let hint = match did_you_mean(named, known.iter().copied()) {
            Some(near) => report::sentence("Did you mean %?", &[near]),
            None if known.is_empty() => no_list(environment),
            None => format!("The items are {}.", report::listed(&known)),
        };
        format!("{} {hint}", report::sentence("There is no item % there.", &[named]))
    })
}

/// The list, as it stands.
async fn list(call: &Call<'_>, environment: &Environment) -> Result<Step, WorkError> {
    let given = call.ctx.store.attestations(call.repository.id, &environment.name).await?;
    let line = |item: &ReadinessItem| {
        let said = given.iter().find(|it| it.item() == Some(&item.item));
        let ends = said.and_then(|it| Some(it.at + item.expires?));
        let stands = match said {
            Some(said) if ends.is_none_or(|ends| call.ctx.now() < ends) => {
                let at = report::moment(said.at.to_seconds());
                let by = report::sentence(&format!("ready, said % on {at}"), &[&said.by]);
                let note = said.note.as_deref();
                note.map_or_else(|| by.clone(), |note| format!("{by}: {}", report::sentence("%", &[note])))
            }
            Some(_) => "**open**: what was said counts no longer".to_owned(),
            None => "**open**".to_owned(),
        };
        format!("* {} {stands}", report::sentence("%: %.", &[&item.item, &item.description]))
    };
    let lines: Vec<String> = environment.requires.readiness.iter().map(line).collect();
    let words = report::sentence("this has to be ready for %.", &[&environment.name]);
    let said = CommandReply::new(CommandStatus::Done, "listed", words).next(lines.join("\n"));
    Ok(Step::Answered(said))
}
