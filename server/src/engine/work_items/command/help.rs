//! `/help`: what somebody may do where they ask, and all there is to say of one command.

use super::call::{Call, Command, Step, environment_of};
use super::refusal;
use super::state::mistake;
use crate::commands::grammar::unknown_command;
use crate::commands::rights::{Decision, DefaultRight, Need};
use crate::commands::spec::{Flag, Kind, Parameter, Spec, Takes, WorksOn};
use crate::engine::work_error::WorkError;
use crate::model::{Environment, PullRequestState, Source};
use crate::report::{self, CommandHelp, CommandReply, CommandRight, FlagHelp};

const SPEC: Spec = Spec {
    name: "help",
    summary: "says which commands you may give here, and all about one of them",
    example: "deploy",
    kind: Kind::Read,
    works_on: WorksOn::Anywhere,
    parameters: &[Parameter::COMMAND.optional()],
    flags: &[],
    right: DefaultRight::READ,
    unchanged: "nothing was looked up",
};

pub(super) struct Help;

impl Command for Help {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn asks_how_things_are(&self) -> bool {
        false
    }

    async fn run(&self, call: &Call<'_>) -> Result<Step, WorkError> {
        if let Some(name) = call.arguments.command() {
            return Ok(Step::said(one(call, name).await?));
        }
        let mut commands = Vec::new();
        for spec in call.specs {
            commands.push(described(call, spec).await?);
        }
        let has = refusal::has(call.asker.standing_here().await?);
        Ok(Step::said(report::help(&commands, &has, &call.command("help COMMAND"))))
    }
}

/// What there is to say of the command that somebody calls so, with the repository's prefix or without it.
async fn one(call: &Call<'_>, name: &str) -> Result<CommandReply, WorkError> {
    let bare = name.strip_prefix('/').unwrap_or(name);
    let bare = bare.strip_prefix(call.dialect.prefix).unwrap_or(bare);
    let Some(spec) = call.specs.iter().find(|it| it.name == bare) else {
        let place = call.invocation.arguments.first().map_or(call.invocation.place, |it| it.place);
        return Ok(mistake(&unknown_command(place, bare, call.dialect)));
    };
    Ok(report::help_on(&described(call, spec).await?))
}

async fn described(call: &Call<'_>, spec: &Spec) -> Result<CommandHelp, WorkError> {
    let mut rights = Vec::new();
    for environment in asked_about(call, spec) {
        let need = Need::of(spec.name, spec.right, environment, call.path);
        let who_may: Vec<String> = need.grantees().iter().map(refusal::who).collect();
        rights.push(CommandRight {
            environment: environment.filter(|_| names_environment(spec)).map(|it| it.name.clone()),
            allowed: call.asker.decide(&need).await? == Decision::Allowed,
            who_may: who_may.join("; "),
        });
    }
    let flags = spec.flags.iter().map(|flag| FlagHelp {
        form: flag.form(),
        required: flag.required,
        summary: flag.summary,
    });
    let is_open = call.pull.is_some_and(|it| it.pull.state == PullRequestState::Open);
    Ok(CommandHelp {
        usage: spec.usage(call.dialect.prefix),
        example: spec.example(call.dialect.prefix),
        summary: spec.summary,
        acts: spec.kind == Kind::Act,
        flags: flags.collect(),
        works_on: spec.works_on.in_words(),
        works_here: match spec.works_on {
            WorksOn::OpenPullRequests => is_open,
            WorksOn::PullRequests => call.is_pull_request,
            WorksOn::PullRequestsOrNamed | WorksOn::Anywhere => true,
        },
        rights,
    })
}

fn names_environment(spec: &Spec) -> bool {
    spec.parameters.iter().any(|it| matches!(it.takes, Takes::Environment | Takes::Place))
}

/// For which environments somebody may have the right or not: all that the command can name, otherwise that of the pull
/// request.
fn asked_about<'a>(call: &Call<'a>, spec: &Spec) -> Vec<Option<&'a Environment>> {
    match spec.kind {
        Kind::Read => vec![None],
        Kind::Act if names_environment(spec) => {
            // What comes from an environment goes into none that accepts no other.
            let promotes = spec.flags.iter().any(|flag| flag.name == Flag::FROM.name);
            let accepts =
                |it: &&Environment| it.accepts.iter().any(|from| matches!(from, Source::Environment(_)));
            let named = call.path.environments.iter().filter(|it| !promotes || accepts(it));
            named.map(Some).collect()
        }
        Kind::Act => vec![environment_of(call.pull, call.path)],
    }
}
