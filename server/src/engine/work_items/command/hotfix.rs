//! `/hotfix TITLE`: a branch from the tip of the environment that admits hotfixes.

use super::call::{Call, Command, Step};
use super::state::refused;
use crate::commands::rights::{DefaultRight, Need};
use crate::commands::spec::{Flag, Kind, Parameter, Spec, Takes, Value, WorksOn};
use crate::engine::work_error::WorkError;
use crate::engine::work_items::first_free_branch::names;
use crate::lineage::{BranchError, Pushed, Repository};
use crate::model::config::CONFIGURATION_PATH;
use crate::model::{BranchName, CommitId, Environment, ForPeople, Hotfix, PullNumber, capitalized};
use crate::report::{self, CommandReply, CommandStatus};
use crate::store::Change;

const TITLE: Parameter = Parameter::new("TITLE", Takes::Words);
/// Where one of the title is open, it most often is the one that is meant.
const ANOTHER: Flag = Flag::new("another", None, "beside one of this title that is not merged yet");

const SPEC: Spec = Spec {
    name: "hotfix",
    summary: "cuts a branch for an urgent repair from the tip of the environment that admits hotfixes",
    example: "Checkout fails without a coupon",
    kind: Kind::Act,
    works_on: WorksOn::Anywhere,
    parameters: &[TITLE],
    flags: &[ANOTHER],
    right: DefaultRight::MAINTAIN,
    unchanged: "no branch was made",
};

/// So much of a title stands in the name of its branch, in characters.
const SLUG: usize = 50;

pub(super) struct CutHotfix;

impl Command for CutHotfix {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn need(&self, call: &Call<'_>) -> Option<Need> {
        let environment = call.path.takes_hotfixes();
        Some(Need::of(SPEC.name, SPEC.right, environment, call.path))
    }

    async fn run(&self, call: &Call<'_>) -> Result<Step, WorkError> {
        let Some(Value::Text(title)) = call.arguments.value(TITLE.name) else {
            return Err(WorkError::give_up("the command was bound without its title"));
        };
        let Some(environment) = call.path.takes_hotfixes() else {
            let why = "No environment admits hotfixes. To have one do so, add % to its % in % on the default branch.";
            let why = report::sentence(why, &["hotfixes", "accepts", CONFIGURATION_PATH]);
            return Ok(Step::said(refused("not_admitted", SPEC.unchanged, &why)));
        };
        if call.intent.is_none()
            && !call.arguments.has(&ANOTHER)
            && let Some(said) = asked_before(call, environment, title).await?
        {
            return Ok(Step::said(said));
        }
        let mirror = call.ctx.mirror_to_push(call.repository).await?;
        let repository = mirror.fetched(&[]).await?;
        let Some(intent) = call.intent else {
            let Some(tip) = repository.branch(&environment.branch).await? else {
                let why = report::sentence("There is no branch %.", &[environment.branch.as_str()]);
                return Ok(Step::said(refused("no_branch", SPEC.unchanged, &why)));
            };
            // Noted first: after an end of the server the same branch is cut at the same commit.
            return Ok(Step::Intend(tip.to_string()));
        };
        let tip: CommitId = intent.what.parse().map_err(|error| {
            WorkError::give_up("what a hotfix is cut from cannot be read").caused_by(error)
        })?;
        match cut(call, &repository, (title, tip), intent.may_be_done).await? {
            Ok(branch) => Ok(recorded(call, environment, (title, tip), branch)),
            Err(why) => Ok(Step::said(refused("refused", SPEC.unchanged, &why))),
        }
    }
}

/// That there is a hotfix of this title which is not merged yet, with the way to a second one.
async fn asked_before(
    call: &Call<'_>,
    environment: &Environment,
    title: &str,
) -> Result<Option<CommandReply>, WorkError> {
    let is_it = |it: &&Hotfix| {
        let is_open = it.landed.is_none() && environment.is_called(&it.environment);
        is_open && it.key != call.key && it.title.to_lowercase() == title.to_lowercase()
    };
    let known = call.ctx.store.hotfixes(call.repository.id).await?;
    let Some(open) = known.iter().find(is_it) else { return Ok(None) };
    let number = |number: PullNumber| format!("#{number}");
    // The key of one that a command has cut begins with where that was written.
    let asked_in = open.key.split_once(':').and_then(|(asked_in, _)| asked_in.parse().ok().map(PullNumber));
    let asked_in = match asked_in {
        Some(here) if here == call.number => "here".to_owned(),
        Some(other) => format!("in {}", number(other)),
        None => "before".to_owned(),
    };
    let pull = match open.pull {
        Some(pull) => format!("Its pull request is {}.", number(pull)),
        None => "Its pull request is opened at the first push.".to_owned(),
    };
    let words = format!("% is the branch of this hotfix, for which % has asked {asked_in}. {pull}");
    let why = report::sentence(&words, &[open.branch.as_str(), &open.by]);
    let again = report::sentence(
        "For a second one of this title, write %.",
        &[&format!("{} --another", call.written())],
    );
    Ok(Some(refused("known", SPEC.unchanged, &why).next(again)))
}

/// The first branch of its name that is free, or why there is none. Where this may be done already, one at this very
/// commit that no other hotfix has is ours. The name of one that is over is taken last: its pull request was of that name.
async fn cut(
    call: &Call<'_>,
    repository: &Repository,
    (title, tip): (&str, CommitId),
    may_be_done: bool,
) -> Result<Result<BranchName, String>, WorkError> {
    let known = call.ctx.store.hotfixes(call.repository.id).await?;
    let name = format!("hotfix/{}", slug(title, call.number));
    let (mut fresh, mut used) = (Vec::new(), Vec::new());
    for branch in names(&name).filter(|branch| known.iter().all(|it| it.branch != *branch)) {
        let was_used = call.ctx.store.has_hotfix_on(call.repository.id, &branch).await?;
        if was_used { &mut used } else { &mut fresh }.push(branch);
    }
    for branch in fresh.into_iter().chain(used) {
        match repository.push_new_branch(&branch, tip).await {
            Ok(Pushed::New) => return Ok(Ok(branch)),
            Ok(Pushed::WasThere) if may_be_done => return Ok(Ok(branch)),
            Ok(Pushed::WasThere) | Err(BranchError::Exists { .. } | BranchError::InTheWay { .. }) => {}
            Err(error @ (BranchError::Refused { .. } | BranchError::Unfit { .. })) => {
                let why = report::plain_text(error.for_people().as_str());
                return Ok(Err(format!("{}.", capitalized(&why))));
            }
            Err(BranchError::Git(error)) => return Err(error.into()),
        }
    }
    Ok(Err(report::sentence("Every branch name like % is taken.", &[&name])))
}

/// The hotfix is on record, and whoever asked for it is told how to go on.
fn recorded(
    call: &Call<'_>,
    environment: &Environment,
    (title, tip): (&str, CommitId),
    branch: BranchName,
) -> Step {
    let (done, next) = report::hotfix_cut(&branch, (&environment.branch, tip));
    let hotfix = Hotfix {
        key: call.key.to_owned(),
        environment: environment.name.clone(),
        branch,
        title: title.to_owned(),
        by: call.asker.login.to_owned(),
        by_id: call.asker.id,
        since: call.ctx.now(),
        cut_from: Some(tip),
        pull: None,
        refused: None,
        landed: None,
        carry_back: None,
        mended: Vec::new(),
        accounts: Vec::new(),
        closed: None,
        over: None,
    };
    let said = CommandReply::new(CommandStatus::Done, "done", done).commits(None, Some(tip)).next(next);
    Step::Ended(said, vec![Change::HotfixRecorded(call.repository.id, Box::new(hotfix))])
}

/// What a title comes to in the name of a branch. Where it has no letter that such a name may have, the number of where it was
/// asked for tells it from others.
fn slug(title: &str, asked_in: PullNumber) -> String {
    let mut slug = String::new();
    for c in title.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= SLUG {
            break;
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.contains(|c: char| c.is_ascii_lowercase()) {
        return slug.to_owned();
    }
    if slug.is_empty() { asked_in.to_string() } else { format!("{asked_in}-{slug}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_gives_a_plain_name() {
        let slug = |title: &str| slug(title, PullNumber(42));
        assert_eq!(slug("Checkout fails: no coupon!"), "checkout-fails-no-coupon");
        assert_eq!(slug("  --Ärger-- "), "rger");
        assert_eq!(slug("カートが壊れている"), "42");
        assert_eq!(slug("オーダー 404"), "42-404");
        assert_eq!(slug(&"x".repeat(99)).len(), SLUG);
        for title in ["a..b", "x.lock", "-/-", "a@{1}", "—"] {
            assert!(BranchName::new(format!("hotfix/{}", slug(title))).is_ok(), "{title}");
        }
    }
}
