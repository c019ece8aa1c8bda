//! TP207 and TP208: what merging a topic would do to its target's files.

use super::super::limits::shorten_end;
use super::super::prose::{Prose, count};
use super::known_work::{names, short_names, without};
use super::{Evidence, Explanation, Scene, Step};
use crate::model::{Commit, Origin, Repair, Revert, RevertEffect};

/// More reverts than this are not told one by one.
const TOLD: usize = 5;

pub(super) fn undoes_merged_work(scene: &Scene<'_>, reverts: &[Revert], plan: &Repair) -> Explanation {
    let (head, base) = (scene.head(), scene.base());
    let is_taken = reverts.iter().any(|it| it.effect == RevertEffect::TakenFromBase);
    let shown: Vec<&Revert> =
        reverts.iter().filter(|it| !is_taken || it.effect == RevertEffect::TakenFromBase).collect();
    let pulls = distinct(&shown);
    let verb = if is_taken { "Warning: takes away " } else { "Warning: would bury " };
    let title = Prose::new(verb, &[]).then(match pulls.as_slice() {
        [] if is_taken => Prose::new(&format!("{}, merged before", work(&shown)), &[]),
        [] => Prose::new(&format!("{} of others", work(&shown)), &[]),
        pulls => short_names(pulls),
    });
    let mut detail: Vec<Prose> =
        reverts.iter().take(TOLD).map(|revert| one_revert(&head, base, revert)).collect();
    if reverts.len() > TOLD {
        detail.push(Prose::new(&format!("{} more take work of others back.", reverts.len() - TOLD), &[]));
    }
    let mut explanation = Explanation::new(title, detail);
    explanation.repair = Some(without(scene, plan, "If that work shall stay: ").unwrap_or_else(|| {
        scene.close(Prose::new("If that work shall stay, close this, since nothing else is in it:", &[]))
    }));
    explanation.alternatives.push(Step::words(Prose::new(
        "If it shall go, nothing is to be done: it may merge. Say so in its description. A pull request of its own that \
         only reverts is easier to review, and to take back.",
        &[],
    )));
    for revert in reverts.iter().take(TOLD) {
        let commits: Vec<Commit> = revert.commits.iter().filter(|it| !it.is_merge()).cloned().collect();
        let caption = Prose::new("Taken back by %:", &[&revert.by.id.short()]);
        explanation.evidence.push(Evidence::Commits(caption, commits));
    }
    explanation
}

fn one_revert(head: &str, base: &str, revert: &Revert) -> Prose {
    let whose = match revert.pulls.as_slice() {
        [] => Prose::new(&format!("work of others ({})", work(&[revert])), &[]),
        pulls => Prose::new("the work of ", &[]).then(names(pulls)),
    };
    let (by, subject) = (revert.by.id.short(), shorten_end(&revert.by.subject, 72));
    let actual = Prose::new("% has ", &[head])
        .then(whose)
        .then(Prose::new(", and takes it back with % (%). ", &[&by, &subject]));
    actual.then(if revert.effect == RevertEffect::TakenFromBase {
        Prose::new("% has that work, and merging this pull request takes it away from there.", &[base])
    } else {
        Prose::new(
            "Once this pull request is merged, % counts that work as merged and does not have it: merging it later brings nothing.",
            &[base],
        )
    })
}

fn distinct(reverts: &[&Revert]) -> Vec<Origin> {
    let mut pulls: Vec<Origin> = Vec::new();
    for origin in reverts.iter().flat_map(|it| &it.pulls) {
        if !pulls.contains(origin) {
            pulls.push(origin.clone());
        }
    }
    pulls
}

/// How much work it is, where no pull request is known.
fn work(reverts: &[&Revert]) -> String {
    let commits = reverts.iter().flat_map(|it| &it.commits).filter(|commit| !commit.is_merge());
    count(commits.count().max(1), "commit")
}

pub(super) fn changes_nothing(scene: &Scene<'_>, brings: usize) -> Explanation {
    let (head, base) = (scene.head(), scene.base());
    let title = Prose::new("Warning: changes nothing in %", &[base]);
    let actual = Prose::new(
        &format!("% would bring {} to %, and no file would change: ", count(brings, "commit")),
        &[&head, base],
    )
    .then(Prose::new("% has the same changes already, or the commits take each other back.", &[base]));
    let mut explanation = Explanation::new(title, vec![actual]);
    explanation.repair = Some(scene.close(Prose::new("If nothing is missing here, close it:", &[])));
    explanation.alternatives.push(Step::words(Prose::new(
        "If something was meant to change, it is not in these commits: push what is missing to %.",
        &[&head],
    )));
    explanation
}
