//! `/signoff ENV`: accepts what runs in an environment, in a role.

use super::call::{Call, Command, Step};
use super::people::Asker;
use super::state::refused;
use crate::commands::did_you_mean;
use crate::commands::rights::{Decision, DefaultRight, Need};
use crate::commands::spec::{Flag, Kind, Parameter, Spec, Takes, Value, WorksOn};
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::model::{
    Attestation, Attested, CommitId, Environment, PromotionPath, RepositoryRole, Role, SignOffRole, UserKey,
};
use crate::report::{self, CommandReply, CommandStatus};
use crate::store::RepositoryRow;
use std::collections::BTreeSet;

/// The role in which somebody signs off.
const AS: Flag = Flag::new("as", Some(Takes::Text), "the role, where several are asked for");

const SPEC: Spec = Spec {
    name: "signoff",
    summary: "accepts what runs in ENV, for the next promotion out of it",
    example: "staging --as admin --note \"orders and refunds tried\"",
    kind: Kind::Act,
    works_on: WorksOn::PullRequestsOrNamed,
    parameters: &[Parameter::ENVIRONMENT],
    flags: &[AS, Flag::NOTE, Flag::WITHDRAW],
    right: DefaultRight::WRITE,
    unchanged: "nothing was signed off",
};

/// Among so many merged pull requests it is looked for who has made the changes.
const LOOKED_THROUGH: u32 = 2_000;

pub(super) struct SignOff;

impl Command for SignOff {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn need(&self, call: &Call<'_>) -> Option<Need> {
        let environment = call.environment?;
        let asked = asked_on(call.path, environment);
        let role = role_meant(call, &asked).ok()?;
        let each: Vec<Need> = asking(call.path, environment, &role.role)
            .map(|(_, it)| need_of(call.path, environment, it))
            .collect();
        // Which of them hear it is decided one by one.
        let any_of = each.iter().flat_map(Need::grantees).cloned().collect();
        (!call.arguments.has(&Flag::WITHDRAW)).then(|| Need::one_of(any_of))
    }

    fn may_change_verdict(&self) -> bool {
        true
    }

    async fn run(&self, call: &Call<'_>) -> Result<Step, WorkError> {
        let environment = call.named_environment()?;
        let asked = asked_on(call.path, environment);
        let role = match role_meant(call, &asked) {
            Ok(role) => *role,
            Err(why) => return Ok(Step::said(refused("no_role", SPEC.unchanged, &why))),
        };
        let given = call.ctx.store.attestations(call.repository.id, &environment.name).await?;
        if call.arguments.has(&Flag::WITHDRAW) {
            return withdraw(call, environment, role, &given).await;
        }
        let seen = match call.live_as_seen(environment).await? {
            Ok(seen) => seen,
            Err(said) => return Ok(Step::said(said)),
        };
        let heard = match heard_by(call, (environment, seen.commit), role).await? {
            Ok(heard) => heard,
            Err(said) => return Ok(Step::said(said)),
        };
        let is_heard_by = |to: &Environment| heard.iter().any(|it| it.name == to.name);
        // A review is for one promotion, and this is for all that ask for the role.
        let accepts = |it: &Attestation, role: &str, to: &Environment| {
            it.signs_off(role) && it.tree == seen.tree && to.hears(it)
        };
        let before = given.iter().find(|it| heard.iter().all(|to| accepts(it, &role.role, to)));
        if let Some(before) = before {
            let words = "% has signed off these files as % already.";
            let why = report::sentence(words, &[&before.by, &role.role]);
            return Ok(Step::said(refused("known", SPEC.unchanged, &why)));
        }
        let name = environment.name.as_str();
        let words = "% accepts % on % as %";
        let words = report::sentence(words, &[call.asker.login, &seen.commit.short(), name, &role.role]);
        let is_for_all = asking(call.path, environment, &role.role).all(|(to, _)| is_heard_by(to));
        // By name: whatever comes to ask for this role later was not meant.
        let to: Vec<String> = heard.iter().map(|it| it.name.clone()).collect();
        let only_for = to.iter().map(String::as_str).collect::<Vec<_>>();
        let only_for =
            if is_for_all { String::new() } else { format!(", for {}", report::listed(&only_for)) };
        let words = format!("{words}{only_for}.");
        let is_missing = |it: &&&SignOffRole| {
            asking(call.path, environment, &it.role).any(|(to, _)| {
                let is_given_now = it.role == role.role && is_heard_by(to);
                !is_given_now && !given.iter().any(|one| accepts(one, &it.role, to))
            })
        };
        let missing: Vec<&str> = asked.iter().filter(is_missing).map(|it| it.role.as_str()).collect();
        let next = if missing.is_empty() {
            "Everybody who has to has signed off. The check on the promotion is looked at again now."
                .to_owned()
        } else {
            format!("Still missing: {}.", report::listed(&missing))
        };
        let said = CommandReply::new(CommandStatus::Done, "done", words).next(next);
        call.vouched(environment, (Attested::SignOff { role: role.role.clone(), to }, seen), said).await
    }
}

/// The roles that the environments after this one ask for, each once.
fn asked_on<'p>(path: &'p PromotionPath, environment: &Environment) -> Vec<&'p SignOffRole> {
    let next = path.environments.iter().filter(|it| it.accepts_environment(&environment.name));
    let mut seen = BTreeSet::new();
    next.flat_map(|it| &it.requires.signoffs).filter(|it| seen.insert(it.role.as_str())).collect()
}

/// The environments after this one that ask for a role, each with what it says of it.
fn asking<'p>(
    path: &'p PromotionPath,
    environment: &'p Environment,
    role: &'p str,
) -> impl Iterator<Item = (&'p Environment, &'p SignOffRole)> {
    let next = path.environments.iter().filter(|it| it.accepts_environment(&environment.name));
    next.filter_map(move |it| Some((it, it.requires.signoffs.iter().find(|asked| asked.role == role)?)))
}

/// Who has a role.
fn need_of(path: &PromotionPath, environment: &Environment, role: &SignOffRole) -> Need {
    if role.by.is_empty() {
        Need::of(SPEC.name, SPEC.right, Some(environment), path)
    } else {
        Need::one_of(role.by.clone())
    }
}

/// The environments for which whoever asks may accept what runs in this one, each by its own list; or why for none.
async fn heard_by<'p>(
    call: &Call<'p>,
    (environment, live): (&'p Environment, CommitId),
    role: &'p SignOffRole,
) -> Result<Result<Vec<&'p Environment>, CommandReply>, WorkError> {
    let (mut heard, mut refusal) = (Vec::new(), None);
    for (to, asked) in asking(call.path, environment, &role.role) {
        match call.asker.decide(&need_of(call.path, environment, asked)).await? {
            Decision::Allowed => heard.push((to, asked)),
            Decision::Refused(why) => refusal = refusal.or(Some(why)),
        }
    }
    if heard.is_empty() {
        let why = refusal.map(|why| super::refusal::words(&why)).unwrap_or_default();
        return Ok(Err(refused("missing_right", SPEC.unchanged, &why)));
    }
    let in_question = (environment, live);
    if heard.iter().any(|(_, asked)| asked.by_others)
        && made_a_change(call.ctx, (call.repository, call.path), in_question, call.asker).await?
    {
        heard.retain(|(_, asked)| !asked.by_others);
    }
    if heard.is_empty() {
        let words = "You have made one of the changes, and somebody else has to accept them as %.";
        let why = report::sentence(words, &[&role.role]);
        return Ok(Err(refused("own_change", SPEC.unchanged, &why)));
    }
    Ok(Ok(heard.into_iter().map(|(to, _)| to).collect()))
}

/// The role that is meant, or why none is.
fn role_meant<'r, 'p>(call: &Call<'_>, asked: &'r [&'p SignOffRole]) -> Result<&'r &'p SignOffRole, String> {
    let roles = || asked.iter().map(|it| it.role.as_str());
    let all = || report::listed(&roles().collect::<Vec<_>>());
    let Some(first) = asked.first() else {
        return Err("The configuration asks for no sign-off there.".to_owned());
    };
    let Some(Value::Text(named)) = call.arguments.value(AS.name) else {
        return match asked {
            [_] => Ok(first),
            _ => Err(format!("Several roles sign off there; say which with `--as`: {}.", all())),
        };
    };
    asked.iter().find(|it| it.role.eq_ignore_ascii_case(named)).ok_or_else(|| {
        let near = did_you_mean(named, roles());
        let hint = match near {
            Some(near) => report::sentence("Did you mean %?", &[near]),
            None => format!("Those are: {}.", all()),
        };
        format!("{} {hint}", report::sentence("No role % signs off there.", &[named]))
    })
}

/// Takes a sign-off back: one's own, or with the right to set rules aside somebody else's.
async fn withdraw(
    call: &Call<'_>,
    environment: &Environment,
    role: &SignOffRole,
    given: &[Attestation],
) -> Result<Step, WorkError> {
    const UNCHANGED: &str = "nothing was taken back";
    let mut of_role = given.iter().filter(|it| it.signs_off(&role.role));
    let own = of_role.clone().find(|it| it.giver().is(call.asker.key()));
    let Some(signed) = own.or_else(|| of_role.next()) else {
        let why = report::sentence("Nobody has signed off as % there.", &[&role.role]);
        return Ok(Step::said(refused("unknown", UNCHANGED, &why)));
    };
    let need = Need::of(SPEC.name, SPEC.right, Some(environment), call.path);
    if own.is_none()
        && let Decision::Refused(why) = call.asker.decide(&need.at_least(RepositoryRole::SETS_ASIDE)).await?
    {
        let whose = report::sentence("The sign-off is of %.", &[&signed.by]);
        let why = format!("{whose} {}", super::refusal::words(&why));
        return Ok(Step::said(refused("missing_right", UNCHANGED, &why)));
    }
    let template = "the sign-off of % on % as %, by %, is taken back.";
    let words =
        report::sentence(template, &[&signed.commit.short(), &environment.name, &role.role, &signed.by]);
    call.withdrawn(environment, signed, words).await
}

/// Whether whoever asks has made a change that a promotion of this commit out of the environment would bring.
pub(in crate::engine::work_items) async fn made_a_change(
    ctx: &EngineContext,
    (row, path): (&RepositoryRow, &PromotionPath),
    (environment, live): (&Environment, CommitId),
    asker: &Asker<'_>,
) -> Result<bool, WorkError> {
    let repository = ctx.mirror(row).await?.fetched(&[]).await?;
    let merged = ctx.store.merged_pulls(row.id, LOOKED_THROUGH).await?;
    let next = path.environments.iter().filter(|it| it.accepts_environment(&environment.name));
    for target in next {
        let Some(tip) = repository.branch(&target.branch).await? else { continue };
        let brought: BTreeSet<CommitId> = repository.brought(live, tip).await?.into_iter().collect();
        let own = merged.iter().any(|pull| {
            let made = pull.merged.and_then(|it| it.commit);
            let author = UserKey { login: &pull.author, id: None };
            made.is_some_and(|made| brought.contains(&made))
                && path.role(&pull.head_branch) == Role::Topic
                && author.is(asker.key())
        });
        if own {
            return Ok(true);
        }
    }
    Ok(false)
}
