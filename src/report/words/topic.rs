//! TP201 and TP206: what a topic carries.

use super::super::drawing;
use super::super::limits::{SCRIPT, shorten_end};
use super::super::prose::{Prose, count, row};
use super::super::repair_plan::FORK;
use super::super::{Subject, shell, stamp};
use super::known_work::names;
use super::{Evidence, Explanation, Scene, Step};
use crate::model::{BranchName, Commit, CommitId, Origin, Repair};

/// What TP201 found.
pub(super) struct Carried<'a> {
    pub(super) foreign: &'a [(BranchName, Vec<Commit>)],
    pub(super) brought: usize,
    pub(super) came_along: usize,
    pub(super) entered: &'a [Commit],
    pub(super) repair: &'a Repair,
}

impl Carried<'_> {
    fn branches(&self) -> Vec<&str> {
        self.foreign.iter().map(|(branch, _)| branch.as_str()).collect()
    }

    /// The foreign commits of each line, lines that hold the same ones together, as a copy's do.
    fn lines(&self) -> Vec<(Vec<&str>, &[Commit])> {
        let mut lines: Vec<(Vec<&str>, &[Commit])> = Vec::new();
        for (branch, commits) in self.foreign {
            match lines.iter_mut().find(|(_, known)| known == commits) {
                Some((branches, _)) => branches.push(branch.as_str()),
                None => lines.push((vec![branch.as_str()], commits)),
            }
        }
        lines
    }

    /// How many of the brought commits came along, and the verb that follows.
    fn came_along(&self) -> (String, &'static str) {
        match (self.came_along, self.brought) {
            (1, 1) => ("It".to_owned(), "has"),
            (1, _) => ("One of them".to_owned(), "has"),
            (all, brought) if all == brought => ("All of them".to_owned(), "have"),
            (some, _) => (format!("{some} of them"), "have"),
        }
    }

    /// Foreign commits, each counted once though it may lie on several lines.
    fn commits(&self) -> usize {
        let mut ids: Vec<CommitId> = self.foreign.iter().flat_map(|(_, c)| c).map(|c| c.id).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.len()
    }
}

pub(super) fn carries_history(scene: &Scene<'_>, carried: &Carried<'_>) -> Explanation {
    let (head, base) = (scene.head(), scene.base());
    let branches = carried.branches();
    let foreign = count(carried.commits(), "foreign commit");
    let title = match branches.as_slice() {
        [one] => Prose::new(&format!("Carries %'s history: {foreign}"), &[*one]),
        [one, two] => Prose::new(&format!("Carries history of % and %: {foreign}"), &[*one, *two]),
        more => Prose::new(&format!("Carries history of {} branches: {foreign}", more.len()), &[]),
    };
    let (came_along, have) = carried.came_along();
    let actual =
        Prose::new(&format!("% would bring {} to %. ", count(carried.brought, "commit")), &[&head, base])
            .then(Prose::new(&format!("{came_along} came with the history of "), &[]))
            .then(row(&branches, "and"))
            .then(Prose::new(&format!(", and {have} not come to % by the path."), &[base]));
    let expected = Prose::new(
        "Expected: only work of its own, on top of what % already has. Nothing has been merged.",
        &[base],
    );
    let mut detail = vec![actual];
    detail.extend(how_it_came_in(carried));
    detail.push(expected);
    let mut explanation = Explanation::new(title, detail);
    explanation.repair = Some(repair(scene, carried.repair, carried.foreign));
    if carried.repair.to_pick().next().is_some() {
        explanation.alternatives.push(Step::words(Prose::new(
            "Put the same commits on a new branch from %, open a pull request from there and close this one.",
            &[base],
        )));
    }
    explanation.who = Some(scene.whoever_pushes_the_head());
    for (branches, commits) in carried.lines() {
        let caption = Prose::new("On the line of ", &[]).then(row(&branches, "and"));
        let caption = caption.then(Prose::new(", and not of %:", &[base]));
        explanation.evidence.push(Evidence::Commits(caption, commits.to_vec()));
    }
    explanation.drawing = drawing::carried(scene.pull, carried.foreign, carried.repair);
    explanation
}

/// The merge that brought the foreign commits in, or the pull requests that they are.
fn how_it_came_in(carried: &Carried<'_>) -> Option<Prose> {
    let merges: Vec<&Commit> = carried.entered.iter().filter(|commit| commit.is_merge()).collect();
    let by_merge = match merges.as_slice() {
        [] => None,
        [one] => Some(one_merge(one)),
        [newest, more @ ..] => Some(
            one_merge(newest)
                .then(Prose::new(&format!(" {} brought more.", count(more.len(), "merge before it")), &[])),
        ),
    };
    let (mut pulls, mut all_known): (Vec<Origin>, _) = (Vec::new(), true);
    for commit in carried.foreign.iter().flat_map(|(_, commits)| commits) {
        all_known &= commit.origin.is_some();
        pulls.extend(commit.origin.clone().filter(|origin| !pulls.contains(origin)));
    }
    let which =
        if all_known { "The foreign commits are of " } else { "Among the foreign commits are those of " };
    let by_pulls =
        (!pulls.is_empty()).then(|| Prose::new(which, &[]).then(names(&pulls)).then(Prose::new(".", &[])));
    match (by_merge, by_pulls) {
        (Some(merge), Some(pulls)) => Some(merge.then(Prose::new(" ", &[])).then(pulls)),
        (merge, pulls) => merge.or(pulls),
    }
}

fn one_merge(merge: &Commit) -> Prose {
    let subject = shorten_end(&merge.subject, 72);
    let by = if merge.made_by_github { "a button on GitHub pressed by %" } else { "%" };
    Prose::new(
        &format!("It came in with the merge % (%), made by {by}."),
        &[&merge.id.short(), &subject, &merge.author],
    )
}

pub(super) fn unrelated(scene: &Scene<'_>, plan: &Repair) -> Explanation {
    let (head, base) = (scene.head(), scene.base());
    let title = Prose::new("Unrelated history: % → %", &[&head, base]);
    let actual = Prose::new(
        "% and % have no commit in common. Expected: a branch that starts from %. Nothing has been merged.",
        &[&head, base, base],
    );
    let mut explanation = Explanation::new(title, vec![actual]);
    if plan.picks.is_empty() {
        explanation.repair = Some(Step::words(match scene.head_environment() {
            Some(_) => Prose::new(
                "One of the two branches was replaced. Find the commit that it pointed at before, in the pushes \
                 on the repository's Activity page, and let whoever may push to it point it there again.",
                &[],
            ),
            None => Prose::new(
                "Start a new branch from % and bring the files over that belong to the change. There are too \
                 many commits here to be picked one by one.",
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

pub(super) fn pointed_at(scene: &Scene<'_>, branch: &BranchName, commit: &CommitId, at: i64) -> Explanation {
    let (head, branch) = (scene.head(), branch.as_str());
    let title = Prose::new("On the path, but % was pointed at it", &[branch]);
    let when = stamp::utc(at);
    let actual = Prose::new(
        &format!("% was pointed at % on {when}, after that commit had been pushed to %. "),
        &[branch, &commit.short(), &head],
    )
    .then(Prose::new(
        "So the commits are work of % and not history of %, and it may merge.",
        &[&head, branch],
    ));
    let mut explanation = Explanation::new(title, vec![actual]);
    explanation.repair = Some(Step::words(Prose::new(
        "Nothing is to be done here. If % was not meant to move, whoever may push to it can point it back.",
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
            "No commit here can be told from the other history. If some are your own work that was tried out there, \
             put them onto % by hand. Otherwise close this pull request:",
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
            &format!("The list of {many} commits is too long to show, so git makes it here. It should find as many. If it finds fewer, some had been merged elsewhere already: pick those by hand."),
            &[],
        ));
    }
    after.extend(there_already(scene, plan));
    after.extend(left_out(plan));
    after.extend(where_it_goes(scene));
    Step { lead, commands, after }
}

/// Its own work has come in by another way meanwhile: nothing is left to be done but to say so.
fn came_otherwise(scene: &Scene<'_>, plan: &Repair) -> Step {
    let base = scene.base();
    let whole = match plan.picks.len() {
        1 => {
            "% has the change of its own commit already: it came in by another way. Close this pull request:"
        }
        _ => "% has all of its own changes already: they came in by another way. Close this pull request:",
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
    let words = Prose::new(&format!("{count} left out, because % has {change} already: "), &[scene.base()]);
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
    Prose::new("If a pick stops at a conflict, resolve it, go on with ", &[])
        .command("git cherry-pick --continue")
        .then(Prose::new(" (or ", &[]))
        .command("--skip")
        .then(Prose::new(", if git says that it is empty), and then run the lines that are left.", &[]))
}

fn left_out(plan: &Repair) -> Option<Prose> {
    let merges = match plan.merges_left_out {
        0 => return None,
        1 => "1 merge is left out. A conflict that was resolved in it comes again, and what else was changed in \
              it does not come along: "
            .to_owned(),
        many => format!(
            "{many} merges are left out. Conflicts that were resolved in them come again, and what else was \
             changed in them does not come along: "
        ),
    };
    let show = Prose::new(&merges, &[]).command("git show --remerge-diff COMMIT");
    Some(show.then(Prose::new(" shows it.", &[])))
}

fn where_it_goes(scene: &Scene<'_>) -> Vec<Prose> {
    let Some(branch) = &scene.pull.head.branch else {
        return vec![Prose::new(
            "Then push the result as the branch that the pull request is made from.",
            &[],
        )];
    };
    let mut notes = Vec::new();
    if scene.pull.head.fork {
        let remote = scene.remote.map(|remote| shell::quote(fork_or(scene, remote)));
        notes.extend(remote.map(|remote| {
            let stands = match scene.subject {
                Some(_) => " stands for it here; if the fork has another name in your clone, use that.",
                None => " stands for it: put the remote that is the fork here in its place.",
            };
            Prose::new("The push goes to the fork. ", &[]).command(&remote).then(Prose::new(stands, &[]))
        }));
        if let Some(subject) = scene.subject {
            let fetch = format!("git fetch {} refs/pull/{}/head", address(subject), subject.number);
            notes.push(Prose::new("If the fork is gone, first run ", &[]).command(&fetch).then(Prose::new(
                ", which brings its commits. Read them before you push the result as a new branch here, where workflows run it with \
                 this repository's secrets; then open a pull request from there.",
                &[],
            )));
        }
    }
    if scene.remote.is_none() {
        let old = format!("git reflog {}", shell::quote(branch.as_str()));
        let kept = Prose::new("The commits that % had are kept: ", &[branch.as_str()]);
        notes.push(kept.command(&old).then(Prose::new(" names them.", &[])));
        return notes;
    }
    let refused = Prose::new(
        "The push is refused if somebody has pushed to % since, so nothing is lost. ",
        &[branch.as_str()],
    );
    notes.push(if may_be_local(branch) {
        let follow = format!("git switch -C {}", shell::quote(branch.as_str()));
        refused
            .then(Prose::new("Your local branch still holds the old commits: ", &[]))
            .command(&follow)
            .then(Prose::new(" moves it along, once nothing unpushed is left in it.", &[]))
    } else {
        refused.then(Prose::new("A local branch of another name still holds the old commits.", &[]))
    });
    notes
}

/// Whether git makes local branches of this name; others come about by pushes only.
fn may_be_local(branch: &BranchName) -> bool {
    !branch.as_str().starts_with('-') && branch.as_str() != "HEAD"
}
