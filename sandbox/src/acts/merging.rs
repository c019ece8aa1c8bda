//! Merging: through a pull request with its three methods, or a branch into a branch.

use std::sync::Arc;

use super::Actor;
use super::following::Merging;
use super::refs::move_refs;
use super::stacks;
use crate::Refused;
use crate::git::{Signature, Tree};
use crate::hub::Hub;
use crate::model::{Pull, World};

/// How a pull request is merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// A merge commit with base and head as parents.
    Merge,
    /// One new commit on the base.
    Squash,
    /// Each commit again, on top of the base.
    Rebase,
}

impl Method {
    /// As rules name it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Squash => "squash",
            Self::Rebase => "rebase",
        }
    }
}

/// What a merge gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The commit the base branch points at now.
    pub sha: String,
}

/// The wishes that come with a merge.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wishes {
    /// The head the asker has seen.
    pub(crate) sha: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) message: Option<String>,
}

/// Why a pull request is not merged in this way by somebody.
pub(super) fn not_mergeable(world: &World, pull: &Pull, method: Method, actor: Actor) -> Option<Refused> {
    let sentence = match pull {
        pull if !pull.open || pull.merge_commit.is_none() => "Pull Request is not mergeable".to_owned(),
        pull if pull.draft => "Pull Request is still a draft".to_owned(),
        pull => world.refused_method(pull, method.name()).or_else(|| forbidden(world, pull, actor))?,
    };
    Some(Refused::new(405, sentence))
}

/// Why the rules forbid somebody to merge. They forbid nothing to an app on the bypass list, whether it asks for that or not.
fn forbidden(world: &World, pull: &Pull, actor: Actor) -> Option<String> {
    let protection = world.protection_of(pull)?;
    if actor.app.is_some_and(|app| protection.lets_through(app, true)) {
        return None;
    }
    let queue = || protection.queue.then(|| "Changes must be made through the merge queue".to_owned());
    let against = || protection.against(actor.app?, true);
    world.blocked(pull).or_else(queue).or_else(against)
}

/// Merges a pull request as `PUT …/merge` and the button do.
pub(crate) async fn merge_pull(
    hub: &Arc<Hub>,
    repository: u64,
    number: u64,
    method: Method,
    wishes: Wishes,
    actor: Actor,
) -> Result<Merged, Refused> {
    let _guard = hub.lock(repository).await;
    let (pull, base, date) = hub.with(|world| {
        let pull = world.pulls.get(&(repository, number)).ok_or_else(Refused::not_found)?.clone();
        if wishes.sha.as_ref().is_some_and(|seen| *seen != pull.head.sha) {
            return Err(Refused::new(409, "Head branch was modified. Review and try the merge again."));
        }
        if let Some(refused) = not_mergeable(world, &pull, method, actor) {
            return Err(refused);
        }
        if let Some(sentence) = stacks::not_the_lowest(world, &pull) {
            return Err(Refused::new(405, sentence));
        }
        let home = world.repositories.get_mut(&repository).ok_or_else(Refused::not_found)?;
        let base = home.branch(&pull.base_ref).ok_or_else(Refused::not_found)?.to_owned();
        Ok((pull, base, home.next_commit_date()))
    })?;
    let author = hub.with(|world| Signature::of(&world.login(actor.account), date));
    let sha = match method {
        Method::Merge => merge_commit(hub, &pull, &base, &wishes, &author).await?,
        Method::Squash => squash(hub, &pull, &base, &wishes, &author).await?,
        Method::Rebase => rebase(hub, &pull, &base, &author).await?,
    };
    let refs = vec![(format!("refs/heads/{}", pull.base_ref), Some(sha.clone()))];
    let merging = Some(Merging { number });
    move_refs(hub, repository, refs, actor.account, merging).await?;
    stacks::lowest_merged(hub, repository, number, actor.account).await?;
    Ok(Merged { sha })
}

/// The merge commit of a pull request on top of `base`, without moving anything: what a queue makes.
pub(super) async fn github_merge(
    hub: &Hub,
    repository: u64,
    number: u64,
    base: &str,
) -> Result<String, Refused> {
    let (pull, date) = hub.with(|world| {
        let pull = world.pulls.get(&(repository, number)).cloned().ok_or_else(Refused::not_found)?;
        let home = world.repositories.get_mut(&repository).ok_or_else(Refused::not_found)?;
        Ok::<_, Refused>((pull, home.next_commit_date()))
    })?;
    merge_commit(hub, &pull, base, &Wishes::default(), &Signature::github(date)).await
}

fn said(title: &str, message: Option<&String>) -> String {
    match message.filter(|message| !message.is_empty()) {
        Some(message) => format!("{title}\n\n{message}\n"),
        None => format!("{title}\n"),
    }
}

async fn clean(
    hub: &Hub,
    repository: u64,
    base: Option<&str>,
    ours: &str,
    theirs: &str,
) -> Result<String, Refused> {
    match hub.git.merge_trees(repository, base, ours, theirs).await? {
        Tree::Clean(tree) => Ok(tree),
        Tree::Conflict => Err(Refused::new(405, "Pull Request is not mergeable")),
    }
}

async fn merge_commit(
    hub: &Hub,
    pull: &Pull,
    base: &str,
    wishes: &Wishes,
    author: &Signature,
) -> Result<String, Refused> {
    let head = pull.head.sha.as_str();
    let tree = clean(hub, pull.repository, None, base, head).await?;
    let owner = hub.with(|world| world.login(pull.head.owner));
    let title = wishes
        .title
        .clone()
        .unwrap_or_else(|| format!("Merge pull request #{} from {owner}/{}", pull.number, pull.head.branch));
    let message = said(&title, wishes.message.as_ref().or(Some(&pull.title)));
    let committer = Signature::github(author.at);
    hub.git.commit_tree(pull.repository, &tree, &[base, head], &message, author, &committer).await
}

async fn squash(
    hub: &Hub,
    pull: &Pull,
    base: &str,
    wishes: &Wishes,
    author: &Signature,
) -> Result<String, Refused> {
    let head = pull.head.sha.as_str();
    let tree = clean(hub, pull.repository, None, base, head).await?;
    let title = wishes.title.clone().unwrap_or_else(|| format!("{} (#{})", pull.title, pull.number));
    let mut body = wishes.message.clone();
    if body.is_none() && pull.stats.commits > 1 {
        let range = format!("{base}..{head}");
        let commits = hub.git.commits(pull.repository, &["--no-merges", &range]).await?;
        let lines: Vec<String> = commits.iter().map(|info| format!("* {}", info.message)).collect();
        body = Some(lines.join("\n\n"));
    }
    let message = said(&title, body.as_ref());
    // GitHub names the pull request's author as author of a squash.
    let login = hub.with(|world| world.login(pull.author));
    let opener = Signature::of(&login, author.at);
    hub.git
        .commit_tree(pull.repository, &tree, &[base], &message, &opener, &Signature::github(author.at))
        .await
}

async fn rebase(hub: &Hub, pull: &Pull, base: &str, merger: &Signature) -> Result<String, Refused> {
    let range = format!("{base}..{}", pull.head.sha);
    let commits = hub.git.commits(pull.repository, &["--no-merges", &range]).await?;
    let mut tip = base.to_owned();
    for commit in commits {
        let Some(parent) = commit.parents.first() else {
            return Err(Refused::new(405, "This branch can't be rebased"));
        };
        let carried = hub.git.merge_trees(pull.repository, Some(parent), &tip, &commit.sha).await?;
        let Tree::Clean(tree) = carried else {
            return Err(Refused::new(405, "This branch can't be rebased"));
        };
        let message = format!("{}\n", commit.message);
        tip = hub.git.commit_tree(pull.repository, &tree, &[&tip], &message, &commit.author, merger).await?;
    }
    Ok(tip)
}

/// A branch's tip, and the signature of the commit that the sender is about to put on it.
fn base_for(hub: &Hub, repository: u64, base: &str, sender: u64) -> Result<(String, Signature), Refused> {
    hub.with(|world| {
        let login = world.login(sender);
        let home = world.repositories.get_mut(&repository).ok_or_else(Refused::not_found)?;
        let tip = home.branch(base).map(str::to_owned).ok_or_else(Refused::not_found)?;
        Ok((tip, Signature::of(&login, home.next_commit_date())))
    })
}

async fn move_base(
    hub: &Arc<Hub>,
    repository: u64,
    base: &str,
    commit: String,
    sender: u64,
) -> Result<String, Refused> {
    let refs = vec![(format!("refs/heads/{base}"), Some(commit.clone()))];
    move_refs(hub, repository, refs, sender, None).await?;
    Ok(commit)
}

fn without_conflict(tree: Tree) -> Result<String, Refused> {
    match tree {
        Tree::Clean(tree) => Ok(tree),
        Tree::Conflict => Err(Refused::new(409, "Merge conflict")),
    }
}

/// When a branch is merged into a branch: whether the base may simply move forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FastForward {
    /// If it can, as `git merge` does.
    Allowed,
    /// Never; a merge commit always, as `git merge --no-ff` does.
    Never,
    /// Nothing else; refused with 409 otherwise, as `git merge --ff-only` does.
    Only,
}

/// Merges a commit into a branch, as somebody would on their own machine and push.
pub(crate) async fn merge_branch(
    hub: &Arc<Hub>,
    repository: u64,
    (base, head): (&str, &str),
    message: &str,
    forward: FastForward,
    sender: u64,
) -> Result<String, Refused> {
    let _guard = hub.lock(repository).await;
    let (tip, signature) = base_for(hub, repository, base, sender)?;
    if hub.git.contains(repository, &tip, head).await? {
        return Ok(tip);
    }
    let can_forward = hub.git.contains(repository, head, &tip).await?;
    let sha = match forward {
        FastForward::Only if !can_forward => {
            return Err(Refused::new(409, "Not possible to fast-forward"));
        }
        FastForward::Allowed | FastForward::Only if can_forward => head.to_owned(),
        _ => {
            let tree = without_conflict(hub.git.merge_trees(repository, None, &tip, head).await?)?;
            hub.git.commit_tree(repository, &tree, &[&tip, head], message, &signature, &signature).await?
        }
    };
    move_base(hub, repository, base, sha, sender).await
}

/// Puts the whole difference of a commit onto a branch as one commit, without a merge.
pub(crate) async fn squash_branch(
    hub: &Arc<Hub>,
    repository: u64,
    (base, head): (&str, &str),
    message: &str,
    sender: u64,
) -> Result<String, Refused> {
    let _guard = hub.lock(repository).await;
    let (tip, signature) = base_for(hub, repository, base, sender)?;
    let tree = without_conflict(hub.git.merge_trees(repository, None, &tip, head).await?)?;
    let sha = hub.git.commit_tree(repository, &tree, &[&tip], message, &signature, &signature).await?;
    move_base(hub, repository, base, sha, sender).await
}

/// Takes one commit's change onto a branch, as `git cherry-pick` does.
pub(crate) async fn pick(
    hub: &Arc<Hub>,
    repository: u64,
    (base, commit): (&str, &str),
    trailer: bool,
    sender: u64,
) -> Result<String, Refused> {
    let _guard = hub.lock(repository).await;
    let (tip, signature) = base_for(hub, repository, base, sender)?;
    let info = hub.git.commit_info(repository, commit).await?.ok_or_else(Refused::not_found)?;
    let parent = info.parents.first().map(String::as_str);
    let tree = without_conflict(hub.git.merge_trees(repository, parent, &tip, commit).await?)?;
    let mut message = format!("{}\n", info.message);
    if trailer {
        message = format!("{message}\n(cherry picked from commit {})\n", info.sha);
    }
    let sha = hub.git.commit_tree(repository, &tree, &[&tip], &message, &info.author, &signature).await?;
    move_base(hub, repository, base, sha, sender).await
}
