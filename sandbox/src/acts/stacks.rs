//! Stacks: making them, taking them apart, and the button that rebases one.
//!
//! GitHub tells of a pull request that joins a stack, and of none that leaves one. Neither counts as a change of the pull
//! request itself.

use std::sync::Arc;

use serde_json::json;

use super::pulls::{event, retarget_locked};
use super::refs::move_refs;
use crate::Refused;
use crate::git::{Signature, Tree};
use crate::hub::Hub;
use crate::model::{Kind, Pull, Stack, World};
use crate::shape;

/// More pull requests than this GitHub puts in no stack.
const MOST: usize = 100;

fn invalid(sentence: &str) -> Refused {
    Refused::unprocessable(sentence)
}

/// The branch that each of `numbers` leads on from, or why they are no chain on `below`.
fn chained(world: &World, repository: u64, numbers: &[u64], below: Option<&str>) -> Result<(), Refused> {
    let mut below = below.map(str::to_owned);
    for number in numbers {
        let pull = world.pulls.get(&(repository, *number)).ok_or_else(|| invalid("No such pull request."))?;
        if !pull.open || pull.head.repository != Some(repository) {
            return Err(invalid("Only open pull requests of this repository's own branches can be stacked."));
        }
        if world.stack_of(pull).is_some() {
            return Err(invalid("A pull request is already part of a stack."));
        }
        if below.is_some_and(|below| below != pull.base_ref) {
            return Err(invalid("Each pull request must go into the branch of the one below it."));
        }
        below = Some(pull.head.branch.clone());
    }
    Ok(())
}

/// Tells of those that have joined.
fn tell(world: &mut World, repository: u64, numbers: &[u64], sender: u64) {
    for number in numbers {
        let Some(pull) = world.pulls.get(&(repository, *number)) else { continue };
        let stack = shape::stack_of(world, pull);
        event(world, repository, *number, "stacked", sender, json!({ "stack": stack }));
    }
}

/// Makes a stack of pull requests, from the bottom to the top; answers its number.
pub(crate) fn create(hub: &Hub, repository: u64, numbers: &[u64], sender: u64) -> Result<u64, Refused> {
    hub.with(|world| {
        if numbers.len() < 2 || numbers.len() > MOST {
            return Err(invalid("A stack has 2 to 100 pull requests."));
        }
        chained(world, repository, numbers, None)?;
        let lowest = world.pulls.get(&(repository, numbers[0])).ok_or_else(Refused::not_found)?;
        let trunk = lowest.base_ref.clone();
        let id = world.next(Kind::Stack);
        let number = 1 + world.stacks.keys().filter(|(of, _)| *of == repository).count() as u64;
        let (created_at, pulls) = (world.now, numbers.to_vec());
        let stack = Stack { id, number, repository, trunk, created_at, pulls };
        world.stacks.insert((repository, number), stack);
        tell(world, repository, numbers, sender);
        Ok(number)
    })
}

/// Puts more pull requests on top. Those that are in it already are told nothing, though its size is another one.
pub(crate) fn extend(
    hub: &Hub,
    repository: u64,
    number: u64,
    more: &[u64],
    sender: u64,
) -> Result<(), Refused> {
    hub.with(|world| {
        let stack = world.stack(repository, number).ok_or_else(Refused::not_found)?;
        if more.is_empty() || stack.pulls.len() + more.len() > MOST {
            return Err(invalid("A stack has 2 to 100 pull requests."));
        }
        let top = stack.pulls.last().and_then(|top| world.pulls.get(&(repository, *top)));
        let top = top.map(|top| top.head.branch.clone());
        chained(world, repository, more, top.as_deref())?;
        if let Some(stack) = world.stacks.get_mut(&(repository, number)) {
            stack.pulls.extend(more);
        }
        tell(world, repository, more, sender);
        Ok(())
    })
}

/// Takes out what was not merged. Nobody is told.
pub(crate) fn dissolve(hub: &Hub, repository: u64, number: u64) -> Result<(), Refused> {
    hub.with(|world| {
        let stack = world.stack(repository, number).ok_or_else(Refused::not_found)?;
        let merged = |number: &&u64| world.pulls.get(&(repository, **number)).is_some_and(Pull::merged);
        let left: Vec<u64> = stack.pulls.iter().filter(merged).copied().collect();
        if let Some(stack) = world.stacks.get_mut(&(repository, number)) {
            stack.pulls = left;
        }
        Ok(())
    })
}

/// Who is the committer of what the button makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RebaseCommitter {
    /// GitHub.
    GitHub,
    /// Whoever pressed it.
    Presser,
}

/// *Rebase stack*: puts each unmerged branch onto the one below it, the lowest onto the trunk, and pushes them all by
/// force, whatever rules say. Nothing is pushed if one of them conflicts.
pub(crate) async fn rebase(
    hub: &Arc<Hub>,
    repository: u64,
    number: u64,
    committer: RebaseCommitter,
    sender: u64,
) -> Result<(), Refused> {
    let _guard = hub.lock(repository).await;
    let (trunk, pulls, login) = hub.with(|world| {
        let stack = world.stack(repository, number).ok_or_else(Refused::not_found)?;
        let home = world.repository(repository).ok_or_else(Refused::not_found)?;
        let trunk = home.branch(&stack.trunk).map(str::to_owned).ok_or_else(Refused::not_found)?;
        let members = stack.pulls.iter().filter_map(|number| world.pulls.get(&(repository, *number)));
        let open: Vec<Pull> = members.filter(|pull| !pull.merged()).cloned().collect();
        Ok::<_, Refused>((trunk, open, world.login(sender)))
    })?;
    let mut onto = trunk.clone();
    let mut below = trunk;
    let mut moved = Vec::new();
    for pull in pulls {
        let at = hub.with(|world| {
            world.repositories.get_mut(&repository).map(crate::model::Repository::next_commit_date)
        });
        let at = at.ok_or_else(Refused::not_found)?;
        let by = match committer {
            RebaseCommitter::GitHub => Signature::github(at),
            RebaseCommitter::Presser => Signature::of(&login, at),
        };
        let old = pull.head.sha;
        onto = replayed(hub, repository, (&below, &old), onto, &by).await?;
        moved.push((format!("refs/heads/{}", pull.head.branch), Some(onto.clone())));
        below = old;
    }
    move_refs(hub, repository, moved, sender, None).await
}

/// The commits between `below` and `head` again, on top of `onto`; answers the last one. Merges are left out. What stands
/// there already stays as it is.
async fn replayed(
    hub: &Hub,
    repository: u64,
    (below, head): (&str, &str),
    onto: String,
    by: &Signature,
) -> Result<String, Refused> {
    let range = format!("{below}..{head}");
    let commits = hub.git.commits(repository, &["--no-merges", &range]).await?;
    let mut tip = onto;
    for commit in commits {
        let parent = commit.parents.first().cloned().unwrap_or_default();
        if parent == tip {
            tip = commit.sha;
            continue;
        }
        let carried = hub.git.merge_trees(repository, Some(&parent), &tip, &commit.sha).await?;
        let Tree::Clean(tree) = carried else {
            return Err(Refused::new(409, "This stack has conflicts that must be resolved locally."));
        };
        let message = format!("{}\n", commit.message);
        tip = hub.git.commit_tree(repository, &tree, &[&tip], &message, &commit.author, by).await?;
    }
    Ok(tip)
}

/// After the lowest one was merged, the next one goes to the trunk.
pub(super) async fn lowest_merged(
    hub: &Arc<Hub>,
    repository: u64,
    number: u64,
    sender: u64,
) -> Result<(), Refused> {
    let next = hub.with(|world| {
        let (stack, place) = world.stack_of(world.pulls.get(&(repository, number))?)?;
        Some((*stack.pulls.get(place)?, stack.trunk.clone()))
    });
    match next {
        Some((next, trunk)) => retarget_locked(hub, repository, next, &trunk, sender).await,
        None => Ok(()),
    }
}

/// Why a pull request in a stack is not merged by itself.
pub(super) fn not_the_lowest(world: &World, pull: &Pull) -> Option<&'static str> {
    let (stack, place) = world.stack_of(pull)?;
    let below = stack.pulls.iter().take(place - 1);
    let mut unmerged = below.filter_map(|number| world.pulls.get(&(pull.repository, *number)));
    unmerged
        .any(|below| !below.merged())
        .then_some("Pull requests below this one in the stack have to be merged with it.")
}
