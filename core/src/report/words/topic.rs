//! TP201 and TP206: what a topic carries.

use super::super::drawing;
use super::super::limits::{SCRIPT, shorten_end};
use super::super::prose::{Prose, count, row};
use super::super::{Subject, shell, stamp};
use super::changes::{distinct, names, pull_requests};
use super::commands::FORK;
use super::{Evidence, Explanation, Scene, Step};
use crate::model::{BranchName, Commit, CommitId, Origin, Repair, UnixSeconds};

/// What TP201 found.
pub(super) struct Carried<'a> {
    pub(super) foreign: &'a [(BranchName, Vec<Commit>)],
    /// Those of them that are merges without a change of their own.
    pub(super) plain_merges: &'a [CommitId],
    pub(super) brought: usize,
    pub(super) came_along: usize,
    pub(super) entered: &'a [Commit],
    pub(super) repair: &'a Repair,
}

impl Carried<'_> {
    fn branches(&self) -> Vec<&str> {
        self.foreign.iter().map(|(branch, _)| branch.as_str()).collect()
    }

    /// The foreign commits that people are shown: merges without a change of their own are left out where there is
    /// anything else.
    fn shown(&self) -> Vec<(BranchName, Vec<Commit>)> {
        let of_line = |commits: &[Commit]| -> Vec<Commit> {
            commits.iter().filter(|commit| !self.plain_merges.contains(&commit.id)).cloned().collect()
        };
        let lines = self.foreign.iter().map(|(branch, commits)| (branch.clone(), of_line(commits)));
        let shown: Vec<_> = lines.filter(|(_, commits)| !commits.is_empty()).collect();
        if shown.is_empty() { self.foreign.to_vec() } else { shown }
    }

    /// How many of the brought commits came along, as the subject of a sentence with its verb.
    fn share(&self, of: &str, head: &str) -> Prose {
        match (self.came_along, self.brought) {
            (_, 1) => Prose::new(&format!("the only commit of {of} is"), &[head]),
            (all, brought) if all == brought => {
                Prose::new(&format!("all {brought} commits of {of} are"), &[head])
            }
            (1, brought) => Prose::new(&format!("1 of the {brought} commits of {of} is"), &[head]),
            (some, brought) => Prose::new(&format!("{some} of the {brought} commits of {of} are"), &[head]),
        }
    }
}

/// The commits of each line, lines that hold the same ones together, as a copy's do.
fn together(lines: &[(BranchName, Vec<Commit>)]) -> Vec<(Vec<&str>, &[Commit])> {
    let mut all: Vec<(Vec<&str>, &[Commit])> = Vec::new();
    for (branch, commits) in lines {
        match all.iter_mut().find(|(_, known)| known == commits) {
            Some((branches, _)) => branches.push(branch.as_str()),
            None => all.push((vec![branch.as_str()], commits)),
        }
    }
    all
}

pub(super) fn carries_history(scene: &Scene<'_>, carried: &Carried<'_>) -> Explanation {
    let base = scene.base();
    let branches = carried.branches();
    let shown = carried.shown();
    let commits = distinct(&shown);
    let (pulls, others) = pull_requests(&commits);
    let foreign = match (pulls.len(), others) {
        (known, 0) if known > 0 => count(known, "pull request"),
        _ => count(commits.len(), "foreign commit"),
    };
    let title = match branches.as_slice() {
        [one] => Prose::new(&format!("Carries %'s history: {foreign}"), &[*one]),
        [one, two] => Prose::new(&format!("Carries history of % and %: {foreign}"), &[*one, *two]),
        more => Prose::new(&format!("Carries history of {} branches: {foreign}", more.len()), &[]),
    };
    let mut explanation = Explanation::new(title, vec![what_comes_along(scene, carried, &pulls, others)]);
    explanation.detail.extend(how_it_came_in(carried));
    explanation.repair = Some(repair(scene, carried.repair, carried.foreign));
    if carried.repair.to_pick().next().is_some() {
        explanation.alternatives.push(Step::words(Prose::new(
            "Put the same commits on a new branch from %, open a pull request from it and close this one.",
            &[base],
        )));
    }
    explanation.who = Some(scene.whoever_pushes_the_head());
    for (branches, commits) in together(&shown) {
        let caption = Prose::new("Part of ", &[]).then(row(&branches, "and"));
        let caption = caption.then(Prose::new(", but not of %:", &[base]));
        explanation.evidence.push(Evidence::Commits(caption, commits.to_vec()));
    }
    explanation.drawing = drawing::carried(scene.pull, (carried.foreign, &shown), carried.repair);
    explanation
}

/// A topic that has merged a downstream environment whole, to carry back what that has of its own.
pub(super) fn carries_back(scene: &Scene<'_>, of: &[BranchName], changes_nothing: bool) -> Explanation {
    let (head, base) = (scene.head(), scene.base());
    let of: Vec<&str> = of.iter().map(BranchName::as_str).collect();
    let title = if changes_nothing { "Joins the history of " } else { "Carries back " };
    let title = Prose::new(title, &[]).then(row(&of, "and")).then(Prose::new(" to %", &[base]));
    let actual = Prose::new("% has merged ", &[&head]).then(row(&of, "and")).then(Prose::new(
        ". What that has of its own came by pull requests, or is on % already, so nothing comes ahead of its turn.",
        &[base],
    ));
    let mut explanation = Explanation::new(title, vec![actual]);
    explanation.repair = Some(Step::words(Prose::new(
        "Merge it with a merge commit; a squash or rebase would join nothing.",
        &[],
    )));
    explanation
}

/// Whose work the pull request carries, and what merging would do with it: pull requests first, then commits.
fn what_comes_along(scene: &Scene<'_>, carried: &Carried<'_>, pulls: &[Origin], others: usize) -> Prose {
    let (head, base) = (scene.head(), scene.base());
    let share = match pulls {
        [] => carried.share("%", &head).capitalized(),
        pulls => {
            let more = if others == 0 { " along: " } else { " and other work along: " };
            let along = Prose::new("% brings ", &[&head]).then(names(pulls)).then(Prose::new(more, &[]));
            along.then(carried.share("%", &head))
        }
    };
    let (them, their) = if carried.came_along == 1 { ("it", "its") } else { ("them", "their") };
    let there = Prose::new(" part of ", &[]).then(row(&carried.branches(), "and"));
    let never = Prose::new(" but never reached % through a pull request. ", &[base]);
    let harm = if scene.is_promoted_further() {
        let harm =
            format!("Merging this would bring {them} to %, and the next promotion would carry {them} on.");
        Prose::new(&harm, &[base])
    } else {
        Prose::new(&format!("Merging this would release {them} on % before {their} turn."), &[base])
    };
    share.then(there).then(never).then(harm)
}

/// The merge that brought the foreign commits in.
fn how_it_came_in(carried: &Carried<'_>) -> Option<Prose> {
    let merges: Vec<&Commit> = carried.entered.iter().filter(|commit| commit.is_merge()).collect();
    match merges.as_slice() {
        [] => None,
        [one] => Some(one_merge(one)),
        [newest, more @ ..] => {
            let before = count(more.len(), "earlier merge");
            Some(one_merge(newest).then(Prose::new(&format!(" {before} brought more."), &[])))
        }
    }
}

fn one_merge(merge: &Commit) -> Prose {
    let subject = shorten_end(&merge.subject, 72);
    let by = if merge.made_by_github { "% made it with a button on GitHub." } else { "% made it." };
    Prose::new(
        &format!("The merge % (%) brought them in. {by}"),
        &[&merge.id.short(), &subject, &merge.author],
    )
}

pub(super) fn unrelated(scene: &Scene<'_>, plan: &Repair) -> Explanation {
    let (head, base) = (scene.head(), scene.base());
    let title = Prose::new("Unrelated history: % → %", &[&head, base]);
    let actual = Prose::new(
        "% and % have no commit in common. Merging this would join two histories that know nothing of each other, and \
         nobody could review what changes in %.",
        &[&head, base, base],
    );
    let mut explanation = Explanation::new(title, vec![actual]);
    if plan.picks.is_empty() {
        explanation.repair = Some(Step::words(match scene.head_environment() {
            Some(_) => Prose::new(
                "Somebody replaced one of the two branches. The repository's Activity page lists each push: find the \
                 commit where the branch was, and point it there again.",
                &[],
            ),
            None => Prose::new(
                "Start a new branch from % and copy over the files that belong to your change. There are too many \
                 commits here to pick one by one.",
                &[base],
            ),
        }));
    } else {
        explanation.repair = Some(repair(scene, plan, &[]));
        let caption = Prose::new("The commits of %:", &[&head]);
        explanation.evidence.push(Evidence::Commits(caption, plan.picks.iter().rev().cloned().collect()));
    }
    explanation.who = Some(scene.whoever_pushes_the_head());
    explanation
}

pub(super) fn pointed_at(
    scene: &Scene<'_>,
    branch: &BranchName,
    commit: &CommitId,
    at: UnixSeconds,
) -> Explanation {
    let (head, branch) = (scene.head(), branch.as_str());
    let title = Prose::new("On the path, but % was pointed at it", &[branch]);
    let when = stamp::utc(at);
    let actual = Prose::new(
        &format!("% was pointed at % on {when}, after that commit had been pushed to %. "),
        &[branch, &commit.short(), &head],
    )
    .then(Prose::new(
        "So these commits are work of % and not history of %: you can merge.",
        &[&head, branch],
    ));
    let mut explanation = Explanation::new(title, vec![actual]);
    explanation.repair = Some(Step::words(Prose::new(
        "Nothing here. If % was not meant to move, anyone who can push to it can point it back.",
        &[branch],
    )));
    explanation
}

/// The way back to a clean branch: own commits, picked onto the base one by one.
pub(super) fn repair(scene: &Scene<'_>, plan: &Repair, foreign: &[(BranchName, Vec<Commit>)]) -> Step {
    if plan.is_all_there() {
        return came_otherwise(scene, plan);
    }
    if plan.picks.is_empty() {
        let mut step = scene.close(Prose::new(
            "Every commit here is part of another branch already. If you tried out work of your own there, put it onto % \
             by hand. Otherwise close this pull request:",
            &[scene.base()],
        ));
        step.after.extend(left_out(plan));
        return step;
    }
    let (fetch, start) = fetch(scene);
    let mut commands: Vec<String> = fetch.into_iter().collect();
    commands.push(format!("git switch --detach {start}"));
    let listed = pick_list(plan);
    let complete = listed.len() <= SCRIPT;
    commands.push(if complete { listed } else { pick_range(scene, &start, foreign) });
    commands.extend(push(scene));

    let lead = match plan.to_pick().count() {
        1 => Prose::new("Put its own commit onto %:", &[scene.base()]),
        many => Prose::new(&format!("Put its own {many} commits onto %, oldest first:"), &[scene.base()]),
    };
    let mut after = vec![if_a_pick_stops()];
    if !complete {
        let many = plan.to_pick().count();
        after.push(Prose::new(
            &format!("The list of {many} commits is too long to show, so git makes it here. If git finds fewer than {many}, the missing ones were merged elsewhere: pick those by hand."),
            &[],
        ));
    }
    after.extend(there_already(scene, plan));
    after.extend(left_out(plan));
    after.extend(where_it_goes(scene));
    Step { lead, commands, after }
}

/// The base has all of its own work meanwhile: nothing is left to do but to say so.
fn came_otherwise(scene: &Scene<'_>, plan: &Repair) -> Step {
    let base = scene.base();
    let whole = match plan.picks.len() {
        1 => "% already has the change of your only commit. Close this pull request:",
        _ => "% already has all of your changes. Close this pull request:",
    };
    let mut step = scene.close(Prose::new(whole, &[base]));
    step.after.extend(left_out(plan));
    step
}

/// Own commits that are not picked, because that would change nothing.
fn there_already(scene: &Scene<'_>, plan: &Repair) -> Option<Prose> {
    let ids: Vec<String> = plan.there_already.iter().map(CommitId::short).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let (count, change) = match ids.len() {
        0 => return None,
        1 => ("1 own commit is".to_owned(), "its change"),
        many => (format!("{many} own commits are"), "their changes"),
    };
    let words = Prose::new(&format!("{count} left out, because % already has {change}: "), &[scene.base()]);
    Some(words.then(row(&ids, "and")).then(Prose::new(".", &[])))
}

/// How the base's tip is fetched, and what it is called then.
fn fetch(scene: &Scene<'_>) -> (Option<String>, String) {
    match scene.subject {
        // In a clone of a fork `origin` is the fork, so the base comes by its address.
        Some(subject) if scene.pull.head.fork => {
            let base = shell::quote(scene.base());
            (Some(format!("git fetch {} refs/heads/{base}", address(subject))), "FETCH_HEAD".to_owned())
        }
        _ => (scene.fetch(), scene.full_ref(scene.base())),
    }
}

fn address(subject: &Subject) -> String {
    shell::quote(&format!("{}.git", subject.web_url))
}

/// What is empty, or would become so, does not stop it: an empty commit does no harm, and half a paste would.
pub(super) const PICK: &str = "git cherry-pick --keep-redundant-commits";

fn pick_list(plan: &Repair) -> String {
    let ids: Vec<String> = plan.to_pick().map(|commit| commit.id.short()).collect();
    format!("{PICK} {}", ids.join(" "))
}

fn pick_range(scene: &Scene<'_>, start: &str, foreign: &[(BranchName, Vec<Commit>)]) -> String {
    let newest = foreign.iter().filter_map(|(_, commits)| commits.first());
    let excluded: Vec<String> = newest.map(|commit| format!(" {}", commit.id)).collect();
    let excluded = excluded.concat();
    let head = scene.pull.head.commit;
    format!("git rev-list --reverse --topo-order --no-merges {head} --not {start}{excluded} | {PICK} --stdin")
}

/// The push that replaces the branch, and only if nobody has pushed to it since it was judged.
fn push(scene: &Scene<'_>) -> Option<String> {
    let branch = shell::quote(scene.pull.head.branch.as_ref()?.as_str());
    let seen = match scene.subject {
        Some(_) => Some(scene.pull.head.commit),
        // What is checked in a clone may not be pushed yet. What counts is what was known then, if anything: the fetch
        // before it brings along what others have pushed since.
        None => scene.pushed,
    };
    let seen = seen.map(|commit| commit.to_string()).unwrap_or_default();
    let lease = format!("{branch}:{seen}");
    let scene = &Scene { remote: scene.remote.map(|remote| fork_or(scene, remote)), ..*scene };
    let push = scene.push(&format!("--force-with-lease={lease}"), &format!("HEAD:refs/heads/{branch}"));
    Some(push.unwrap_or_else(|| format!("git switch -C {branch}")))
}

/// The remote to push to: which one is the fork nobody can know in a clone, and in the other repository workflows would
/// run its code with secrets.
fn fork_or<'a>(scene: &Scene<'_>, remote: &'a str) -> &'a str {
    if scene.pull.head.fork && scene.subject.is_none() { FORK } else { remote }
}

fn if_a_pick_stops() -> Prose {
    Prose::new("If a pick stops at a conflict, resolve it and run ", &[])
        .command("git cherry-pick --continue")
        .then(Prose::new(" (or ", &[]))
        .command("--skip")
        .then(Prose::new(" if git says that the commit is empty). Then run the remaining lines.", &[]))
}

fn left_out(plan: &Repair) -> Option<Prose> {
    let merges = match plan.merges_left_out {
        0 => return None,
        1 => "Your merge commit is dropped: you will resolve its conflicts again, and any other edit made in it is \
              lost. "
            .to_owned(),
        many => format!(
            "Your {many} merge commits are dropped: you will resolve their conflicts again, and any other edit made in \
             them is lost. "
        ),
    };
    let show = Prose::new(&merges, &[]).command("git show --remerge-diff COMMIT");
    Some(show.then(Prose::new(" shows such edits.", &[])))
}

fn where_it_goes(scene: &Scene<'_>) -> Vec<Prose> {
    let Some(branch) = &scene.pull.head.branch else {
        return vec![Prose::new("Then push the result to the branch of the pull request.", &[])];
    };
    let mut notes = Vec::new();
    if scene.pull.head.fork {
        let remote = scene.remote.map(|remote| shell::quote(fork_or(scene, remote)));
        notes.extend(remote.map(|remote| {
            let stands = match scene.subject {
                Some(_) => " stands for the fork here: use the name that the fork has in your clone.",
                None => " stands for the fork here: put the name of its remote there.",
            };
            Prose::new("The push goes to the fork. ", &[]).command(&remote).then(Prose::new(stands, &[]))
        }));
        if let Some(subject) = scene.subject {
            let fetch = format!("git fetch {} refs/pull/{}/head", address(subject), subject.number);
            notes.push(Prose::new("If the fork is gone, first fetch its commits: ", &[]).command(&fetch).then(
                Prose::new(
                    ". Read them before you push the result as a new branch here, because workflows will run it with \
                     this repository's secrets. Then open a pull request from that branch.",
                    &[],
                ),
            ));
        }
    }
    if scene.remote.is_none() {
        let old = format!("git reflog {}", shell::quote(branch.as_str()));
        let kept = Prose::new("Git keeps the commits that % had: ", &[branch.as_str()]);
        notes.push(kept.command(&old).then(Prose::new(" lists them.", &[])));
        return notes;
    }
    let refused = Prose::new(
        "If somebody has pushed to % since, git refuses the push, so nothing gets lost. ",
        &[branch.as_str()],
    );
    notes.push(if may_be_local(branch) {
        let follow = format!("git switch -C {}", shell::quote(branch.as_str()));
        refused
            .then(Prose::new(
                "Your local branch still has the old commits. Once it has nothing unpushed, ",
                &[],
            ))
            .command(&follow)
            .then(Prose::new(" moves it.", &[]))
    } else {
        refused.then(Prose::new("A local branch of another name still has the old commits.", &[]))
    });
    notes
}

/// Whether git makes local branches of this name; others come about by pushes only.
fn may_be_local(branch: &BranchName) -> bool {
    !branch.as_str().starts_with('-') && branch.as_str() != "HEAD"
}
