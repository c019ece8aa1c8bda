//! TP104, TP105, TP301 to TP303, TP305: an environment into another one, or into the copy branch.

use super::super::prose::{Prose, count};
use super::super::{drawing, shell, stamp};
use super::changes::{base_only_evidence, changes};
use super::hotfixes::{Carry, by_hand};
use super::topic::PICK;
use super::{Evidence, Explanation, Scene, Step};
use crate::model::{
    BranchName, Commit, Divergence, LateFailure, MendedHotfix, MergeBack, PromoteFirst, Role, Snapshot,
};

/// A throw-away branch that stands where an environment has been.
pub(super) fn snapshot(scene: &Scene<'_>, snapshot: &Snapshot) -> Explanation {
    let (of, base, tip) = (snapshot.of.as_str(), scene.base(), scene.pull.head.commit.short());
    let title = Prose::new("Snapshot of % → %", &[of, base]);
    let head = snapshot.branch.as_str();
    let actual = if snapshot.current {
        Prose::new("% points at %, the tip of %. ", &[head, &tip, of])
    } else {
        Prose::new("% points at %, a former tip of %. ", &[head, &tip, of])
    };
    let meaning =
        Prose::new("So Towpath checks it as a promotion of %. % does not move when % does.", &[of, head, of]);
    Explanation::new(title, vec![actual.then(meaning)])
}

/// What a snapshot can be behind of is the base, while its environment may have gone on.
fn snapshot_behind(scene: &Scene<'_>, snapshot: &Snapshot) -> Explanation {
    let (of, base, tip) = (snapshot.of.as_str(), scene.base(), scene.pull.head.commit.short());
    let title = Prose::new("Behind: % has all of this snapshot of %", &[base, of]);
    let actual = Prose::new(
        "% already has every commit of %, and files have changed there since. Merging this would promote nothing: it is an \
         old state of %.",
        &[base, &tip, of],
    );
    let mut explanation = Explanation::new(title, vec![actual]);
    let lead = Prose::new("Close this pull request, and open one from % as it is now:", &[of]);
    let open = scene.gh_create(&scene.pull.base.branch, &snapshot.of, &format!("Promote {of} to {base}"));
    explanation.repair =
        Some(Step { lead, commands: vec![scene.gh_pr("close", ""), open], after: Vec::new() });
    explanation.who = Some(Scene::whoever_edits_the_pull());
    explanation
}

pub(super) fn head_behind(scene: &Scene<'_>, first: Option<&PromoteFirst>) -> Explanation {
    if let Some(snapshot) = scene.snapshot.filter(|snapshot| !snapshot.current) {
        return snapshot_behind(scene, snapshot);
    }
    let (head, base) = (scene.head(), scene.base());
    let title = Prose::new("Behind: % has nothing new for %", &[&head, base]);
    let actual = Prose::new(
        "% already has every commit of %, and files have changed there since. Merging this would promote nothing, and what \
         people test on % is older than what % holds.",
        &[base, &head, &head, base],
    );
    let mut explanation = Explanation::new(title, vec![actual]);
    match scene.path.role(&scene.pull.base.branch) {
        Role::Copy(_) => super::copy::reset(scene, &[], &mut explanation),
        Role::Environment(_) | Role::Topic => bring_upstream(scene, &[], first, &mut explanation),
    }
    explanation.alternatives.push(Step::words(Prose::new(
        "If % was pushed back by mistake, point it at the commit where it was. The repository's Activity page \
         lists each push.",
        &[&head],
    )));
    explanation.alternatives.push(Step::words(Prose::new(
        "If somebody pushed % back on purpose, close this pull request: there is nothing to promote.",
        &[&head],
    )));
    explanation
}

pub(super) fn nothing_to_promote(scene: &Scene<'_>) -> Explanation {
    let (head, base) = (scene.head(), scene.base());
    let title = Prose::new("Nothing to promote: % → %", &[&head, base]);
    let actual = match scene.path.role(&scene.pull.base.branch) {
        Role::Copy(_) => Prose::new("% already has all of %, so merging changes no file.", &[base, &head]),
        _ => Prose::new("% and % have the same files, so merging changes none.", &[base, &head]),
    };
    Explanation::new(title, vec![actual.then(Prose::new(" You can close this pull request.", &[]))])
}

pub(super) fn untested_tree(
    scene: &Scene<'_>,
    only_on_base: &[Commit],
    (divergence, mended): (&Divergence, &[MendedHotfix]),
) -> Explanation {
    if !mended.is_empty() {
        return super::hotfixes::mended_in_another_way(scene, only_on_base, mended);
    }
    let (head, base) = (scene.head(), scene.base());
    let title = Prose::new("Not what was tested: % → %", &[&head, base]);
    let why = match only_on_base {
        [] => Prose::new("No single commit of % explains the difference.", &[base]),
        some => Prose::new("The difference comes from ", &[])
            .then(changes(&some.iter().collect::<Vec<_>>()))
            .then(Prose::new(", which only % has.", &[base])),
    };
    let actual =
        Prose::new("Merging would give % files that nobody has tested on %. ", &[base, &head]).then(why);
    let mut explanation = Explanation::new(title, vec![actual]);
    explanation
        .background
        .push(Prose::new("After a promotion % holds exactly the files of %.", &[base, &head]));
    bring_together(scene, only_on_base, divergence, &mut explanation);
    explanation.drawing = drawing::untested(scene.pull, only_on_base);
    explanation
}

/// The way out of what the base has alone: the histories are joined, or what is missing comes to the head.
fn bring_together(
    scene: &Scene<'_>,
    only_on_base: &[Commit],
    divergence: &Divergence,
    explanation: &mut Explanation,
) {
    match divergence {
        Divergence { cut_by: Some(squashed), .. } => join_again(scene, squashed, only_on_base, explanation),
        Divergence { merge_back: Some(MergeBack { into, joins: true }), .. } => {
            join_upstream(scene, into, only_on_base, explanation);
        }
        Divergence { first, .. } => bring_upstream(scene, only_on_base, first.as_ref(), explanation),
    }
}

/// Where all that only the base has is upstream in other commits: a merge there that changes no file tells git so.
fn join_upstream(scene: &Scene<'_>, up: &BranchName, only_on_base: &[Commit], explanation: &mut Explanation) {
    let (head, base, tip) = (scene.head(), scene.base(), scene.pull.base.commit.short());
    explanation.detail.push(Prose::new(
        "% already has what only % seems to have: in other commits, or built upon since. git takes that for two changes of \
         the same lines.",
        &[up.as_str(), base],
    ));
    let branch = format!("join-{tip}");
    let title = format!("Join the history of {base}");
    let merge = format!("git merge -s ours -m {} {tip}", shell::quote(&title));
    let switch = format!("git switch --no-track -c {branch} {}", scene.full_ref(up.as_str()));
    let open = BranchName::new(&branch).ok().map(|branch| scene.gh_create(up, &branch, &title));
    explanation.repair = Some(Step {
        lead: Prose::new("Join the two histories, by way of %. No file changes:", &[up.as_str()]),
        commands: scene
            .fetch()
            .into_iter()
            .chain([switch, merge])
            .chain(scene.push("-u", &branch))
            .chain(open.filter(|_| scene.remote.is_some()))
            .collect(),
        after: vec![
            Prose::new("Merge it with a merge commit; a squash or rebase would join nothing.", &[]),
            Prose::new(
                "Then promote % down to %. Towpath checks this pull request again by itself.",
                &[up.as_str(), &head],
            ),
        ],
    });
    explanation.who = Some(Prose::new("Anyone who can open a pull request.", &[]));
    base_only_evidence(scene, only_on_base, explanation);
}

/// Where an earlier promotion was squashed or rebased: why the two know so little of each other, and how to
/// join them again. That commit holds an earlier state of the head, so nothing is lost by keeping the head's
/// files; a plain merge would compare with the same older state and change them.
fn join_again(scene: &Scene<'_>, squashed: &Commit, only_on_base: &[Commit], explanation: &mut Explanation) {
    let (head, base, made) = (scene.head(), scene.base(), squashed.id.short());
    explanation.detail.push(Prose::new(
        "An earlier promotion was squashed or rebased: % on % has files of %, but not its commits. So git compares with \
         an older state.",
        &[&made, base, &head],
    ));
    let title = shell::quote(&format!("Join the history of {base} again"));
    explanation.repair = Some(Step {
        lead: Prose::new("Join the two histories again. No file of % changes:", &[&head]),
        commands: join_commands(scene, &head, &format!("git merge -s ours -m {title} {made}")),
        after: vec![Prose::new(
            "Towpath then checks this pull request again. What it still finds is what % really has of its own.",
            &[base],
        )],
    });
    explanation.who = Some(Prose::new("Anyone who can push to %.", &[&head]));
    base_only_evidence(scene, only_on_base, explanation);
}

fn join_commands(scene: &Scene<'_>, head: &str, merge: &str) -> Vec<String> {
    let branch = shell::quote(head);
    let start = match scene.remote {
        Some(_) => format!("git switch --detach {}", scene.full_ref(head)),
        None => format!("git switch {branch}"),
    };
    let push = scene.push("", &format!("HEAD:refs/heads/{branch}"));
    scene.fetch().into_iter().chain([start, merge.to_owned()]).chain(push).collect()
}

pub(super) fn not_verified(
    scene: &Scene<'_>,
    environment: &str,
    failed_late: Option<&LateFailure>,
) -> Explanation {
    let (head, base) = (scene.head(), scene.base());
    let tip = scene.pull.head.commit.short();
    if let Some(LateFailure { at, words }) = failed_late {
        let title = Prose::new("% was not well on % later", &[&tip, environment]);
        let what = format!(
            "On {} the verify step of % failed there, which had gone live before: %.",
            stamp::utc(*at)
        );
        let meaning =
            Prose::new(" So these files no longer count as tested, and % takes only what does.", &[base]);
        let mut explanation = Explanation::new(title, vec![Prose::new(&what, &[&tip, words]).then(meaning)]);
        let repair = "Look at %. If it is well after all, deploy % there again; if not, fix it and merge the fix into %. Once the \
                      verify step of the same files has passed there, Towpath checks this again by itself.";
        explanation.repair = Some(Step::words(Prose::new(repair, &[environment, &tip, &head])));
        explanation.who = Some(Prose::new("Anyone who deploys to %.", &[environment]));
        return explanation;
    }
    let title = Prose::new("Waits for % to deploy %", &[environment, &tip]);
    let actual = Prose::new(
        "% takes only what was successfully deployed to % first. % (%) was not, so merging this would release what nobody \
         has tested.",
        &[base, environment, &tip, &head],
    );
    let mut explanation = Explanation::new(title, vec![actual]);
    explanation.repair = Some(Step::words(Prose::new(
        "Deploy % to %. Once GitHub has a successful deployment of the same files, Towpath checks this again.",
        &[&tip, environment],
    )));
    explanation.who = Some(Prose::new("Anyone who deploys to %.", &[environment]));
    explanation
}

/// The ways of merging that make new commits, and what comes of them.
fn copies(scene: &Scene<'_>, squash: bool, rebase: bool) -> (&'static str, Prose) {
    let allowed = match (squash, rebase) {
        (true, true) => "squashed or rebased",
        (true, false) => "squashed",
        _ => "rebased",
    };
    let what = Prose::new(
        "That makes new commits: % and % then share files but no history. Later promotions show everything again, and \
         can conflict.",
        &[&scene.head(), scene.base()],
    );
    (allowed, what)
}

/// The same where no rule says so: the settings may be meant for topics, so it is a remark and no warning.
pub(super) fn merge_settings(scene: &Scene<'_>, squash: bool, rebase: bool) -> Explanation {
    let (head, base) = (scene.head(), scene.base());
    let title = Prose::new("Merge it with a merge commit", &[]);
    let (allowed, what) = copies(scene, squash, rebase);
    let actual =
        Prose::new(&format!("The repository's settings let % be {allowed} into %. "), &[&head, base])
            .then(what);
    let mut explanation = Explanation::new(title, vec![actual]);
    explanation.repair = Some(Step::words(Prose::new(
        "Choose \u{201c}Create a merge commit\u{201d} when you merge. A ruleset for % can allow only merge commits there, \
         and leave the other ways to topics.",
        &[base],
    )));
    explanation
}

pub(super) fn merge_method(scene: &Scene<'_>, squash: bool, rebase: bool) -> Explanation {
    let (head, base) = (scene.head(), scene.base());
    let title = Prose::new("On the path; merge it with a merge commit", &[]);
    let (allowed, what) = copies(scene, squash, rebase);
    let actual = Prose::new(&format!("The rules let % be {allowed} into %. "), &[&head, base]).then(what);
    let mut explanation = Explanation::new(title, vec![actual]);
    explanation.repair = Some(Step::words(Prose::new(
        "Choose \u{201c}Create a merge commit\u{201d} when you merge. To rule out the rest for good, allow only merge \
         commits in the ruleset of %.",
        &[base],
    )));
    explanation
}

pub(super) fn conflicts(
    scene: &Scene<'_>,
    paths: &[String],
    only_on_base: &[Commit],
    divergence: &Divergence,
) -> Explanation {
    let (head, base) = (scene.head(), scene.base());
    let title = match paths {
        [] => Prose::new("Conflicts: % → %", &[&head, base]),
        paths => {
            let files = count(paths.len(), "file");
            Prose::new(&format!("Conflicts: % → %, {files}"), &[&head, base])
        }
    };
    let actual = Prose::new(
        "% and % have changed the same lines. Whoever resolves that conflict here gives % files that nobody has tested.",
        &[&head, base, base],
    );
    let mut explanation = Explanation::new(title, vec![actual]);
    if !paths.is_empty() {
        explanation.evidence.push(Evidence::Paths(Prose::new("In conflict:", &[]), paths.to_vec()));
    }
    match scene.path.role(&scene.pull.base.branch) {
        Role::Copy(_) => super::copy::reset(scene, only_on_base, &mut explanation),
        Role::Environment(_) | Role::Topic => {
            bring_together(scene, only_on_base, divergence, &mut explanation);
            if let (None, Some(MergeBack { into, joins: false })) =
                (&divergence.cut_by, &divergence.merge_back)
            {
                explanation.repair = Some(merge_whole(scene, into));
                // Whatever else is done there, git would find the same conflict again.
                explanation.alternatives.clear();
            }
        }
    }
    explanation
}

/// The base is merged into a topic from upstream, where the conflict can be resolved: on GitHub that would be done on the
/// base itself.
fn merge_whole(scene: &Scene<'_>, up: &BranchName) -> Step {
    let base = scene.base();
    let lead =
        Prose::new("Merge % into a topic from %, and resolve the conflict there:", &[base, up.as_str()]);
    let title = format!("Carry {base} back to {up}");
    let mut step = by_hand(scene, up, &Carry::Merge(scene.pull.base.commit), (lead, &title, true));
    let then = "Test the result, then promote it. Towpath checks this pull request again by itself.";
    step.after.push(Prose::new(then, &[]));
    step
}

/// What only the base has comes down to the head from upstream: by the promotion before this one where it is there
/// already, else once it was brought back.
fn bring_upstream(
    scene: &Scene<'_>,
    only_on_base: &[Commit],
    first: Option<&PromoteFirst>,
    explanation: &mut Explanation,
) {
    match first {
        Some(first) => promote_first(scene, first, explanation),
        None => carry_back(scene, only_on_base, explanation),
    }
    explanation.who = Some(Prose::new("Anyone who can open a pull request.", &[]));
    base_only_evidence(scene, only_on_base, explanation);
}

/// Carrying the base back would bring nothing: it is the promotion before this one that is missing.
fn promote_first(scene: &Scene<'_>, first: &PromoteFirst, explanation: &mut Explanation) {
    let (head, base) = (scene.head(), scene.base());
    let (from, into) = (first.from.as_str(), first.into.as_str());
    explanation.detail.push(Prose::new(
        "% already has all of that, so merging % back there would change nothing. The promotion of % to % is missing.",
        &[from, base, from, into],
    ));
    let judged = if scene.snapshot.is_some() {
        Prose::new(
            "Test the result, then open a pull request from it: the head of this one does not move.",
            &[],
        )
    } else {
        Prose::new("Test the result on %. Towpath checks this pull request again by itself.", &[&head])
    };
    explanation.repair = Some(Step {
        lead: Prose::new("Promote % to % first:", &[from, into]),
        commands: vec![scene.gh_create(&first.into, &first.from, &format!("Promote {from} to {into}"))],
        after: vec![Prose::new("If that pull request is already open, merge it.", &[]), judged],
    });
}

/// The commits that only the base has go upstream, are tested there and come down again.
fn carry_back(scene: &Scene<'_>, only_on_base: &[Commit], explanation: &mut Explanation) {
    let base = &scene.pull.base.branch;
    let then = if scene.snapshot.is_some() {
        "Resolve conflicts there. Test the result, then open a pull request from it: the head of this one does not move."
    } else {
        "Resolve conflicts there. Test the result, then promote it. Towpath checks this pull request again by itself."
    };
    if let Some(entry) = scene.entry() {
        let up = &entry.branch;
        explanation.repair = Some(Step {
            lead: Prose::new(
                "Merge % back into %, and promote it from there again:",
                &[base.as_str(), up.as_str()],
            ),
            commands: vec![scene.gh_create(up, base, &format!("Carry {base} back to {up}"))],
            after: vec![
                Prose::new(then, &[]),
                Prose::new(
                    "If a change that only % has is a revert, that also removes the reverted work from %.",
                    &[base.as_str(), up.as_str()],
                ),
            ],
        });
        explanation.alternatives.extend(pick_upstream(scene, up, only_on_base));
        if let Some(head) = scene.head_environment().filter(|head| head.branch != *up) {
            let head = head.branch.as_str();
            explanation.alternatives.push(Step::words(Prose::new(
                "If it cannot wait: merge % into %, test there, and carry it back into % afterwards.",
                &[base.as_str(), head, up.as_str()],
            )));
        }
    }
}

/// The other way to bring commits back: one by one, each with a note of where it came from.
pub(super) fn pick_upstream(scene: &Scene<'_>, up: &BranchName, only_on_base: &[Commit]) -> Option<Step> {
    const PICKED_AT_MOST: usize = 20;
    if only_on_base.is_empty() || only_on_base.len() > PICKED_AT_MOST {
        return None;
    }
    let picks: Vec<String> = only_on_base
        .iter()
        .rev()
        .filter(|commit| !commit.is_merge())
        .map(|commit| commit.id.short())
        .collect();
    let newest = only_on_base.iter().find(|commit| !commit.is_merge())?;
    // Named by what it brings: there may be one of the last time.
    let branch = format!("carry-back-{}", newest.id.short());
    Some(Step {
        lead: Prose::new("Pick only these commits onto a new branch from %:", &[up.as_str()]),
        commands: scene
            .fetch()
            .into_iter()
            .chain([
                format!("git switch --no-track -c {branch} {}", scene.full_ref(up.as_str())),
                format!("{PICK} -x {}", picks.join(" ")),
            ])
            .chain(scene.push("-u", &branch))
            .collect(),
        after: Vec::new(),
    })
}
