//! TP207 and TP208: what merging a topic would do to its target's files.

use super::super::limits::shorten_end;
use super::super::prose::{Prose, count};
use super::changes::{names, short_names};
use super::known_work::without;
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
        detail.push(Prose::new(&format!("{} more revert work of others.", reverts.len() - TOLD), &[]));
    }
    let mut explanation = Explanation::new(title, detail);
    explanation.repair = Some(without(scene, plan, "If that work should stay: ").unwrap_or_else(|| {
        scene.close(Prose::new(
            "If that work should stay, close this pull request, since nothing else is in it:",
            &[],
        ))
    }));
    explanation.alternatives.push(Step::words(Prose::new(
        "If it should go, merge this and say so in the description. A separate pull request that only reverts is easier to \
         review and to undo.",
        &[],
    )));
    for revert in reverts.iter().take(TOLD) {
        let commits: Vec<Commit> = revert.commits.iter().filter(|it| !it.is_merge()).cloned().collect();
        let caption = Prose::new("Reverted by %:", &[&revert.by.id.short()]);
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
        .then(Prose::new(", and reverts it with % (%). ", &[&by, &subject]));
    actual.then(if revert.effect == RevertEffect::TakenFromBase {
        Prose::new("% has that work, and merging this takes it away from there.", &[base])
    } else {
        Prose::new(
            "After merging this, git counts that work as part of %, though its changes are not there: merging it later \
             brings nothing.",
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
        &format!("% brings {} to % and changes no file: ", count(brings, "commit")),
        &[&head, base],
    )
    .then(Prose::new("% already has the same changes, or the commits cancel each other out.", &[base]));
    let mut explanation = Explanation::new(title, vec![actual]);
    explanation.repair = Some(scene.close(Prose::new("If nothing is missing, close it:", &[])));
    explanation
        .alternatives
        .push(Step::words(Prose::new("If something should change, push what is missing to %.", &[&head])));
    explanation
}
