//! TP202 to TP205: what a topic has in common with other work.

use super::super::prose::{Prose, count, row};
use super::changes::{changes, distinct, names, pull_requests, short_names};
use super::topic::repair;
use super::{Evidence, Explanation, Scene, Step};
use crate::model::{BranchName, Commit, Origin, Outcome, Repair};

pub(super) fn resurrects(scene: &Scene<'_>, tips: &[Commit], commits: usize, plan: &Repair) -> Explanation {
    let (head, base) = (scene.head(), scene.base());
    let title = Prose::new("Warning: brings back what % dropped", &[base]);
    let actual = Prose::new("% once pointed at ", &[base])
        .then(named_tips(tips))
        .then(Prose::new(", and was pushed back behind it. ", &[]))
        .then(Prose::new(
            &format!("% is older and still has that work: merging brings {} back.", count(commits, "commit")),
            &[&head],
        ));
    let mut explanation = Explanation::new(title, vec![actual]);
    explanation.repair = Some(Step::words(Prose::new("If you want them back, do nothing and merge.", &[])));
    explanation.alternatives.extend(without(scene, plan, "If you do not want them back: "));
    explanation.evidence.push(Evidence::Commits(
        Prose::new("What % pointed at before it was pushed back:", &[base]),
        tips.to_vec(),
    ));
    explanation
}

pub(super) fn already_merged(
    scene: &Scene<'_>,
    pulls: &[Origin],
    plan: &Repair,
    changes_nothing: bool,
) -> Explanation {
    let (head, base) = (scene.head(), scene.base());
    let title = Prose::new("Warning: contains ", &[])
        .then(short_names(pulls))
        .then(Prose::new(", already merged", &[]));
    let actual = Prose::new("% has the commits of ", &[&head])
        .then(names(pulls))
        .then(Prose::new(", and % already has that work, squashed or rebased. ", &[base]));
    if changes_nothing {
        let actual = actual.then(Prose::new("Nothing else is in it, so merging changes no file.", &[]));
        let mut explanation = Explanation::new(title, vec![actual]);
        explanation.repair = Some(scene.close(Prose::new("Close it:", &[])));
        return explanation;
    }
    let actual = actual.then(Prose::new(
        "Reviewers see it once more, and it can conflict with what % has changed since.",
        &[base],
    ));
    let mut explanation = Explanation::new(title, vec![actual]);
    explanation.repair = without(scene, plan, "You can merge it. To leave that work out: ");
    explanation
}

pub(super) fn carries_merged_elsewhere(
    scene: &Scene<'_>,
    severity: Outcome,
    commits: &[(BranchName, Vec<Commit>)],
    plan: &Repair,
) -> Explanation {
    let (head, base) = (scene.head(), scene.base());
    let branches: Vec<&str> = commits.iter().map(|(branch, _)| branch.as_str()).collect();
    let all = distinct(commits);
    let (pulls, others) = pull_requests(&all);
    let many = match (pulls.len(), others) {
        (known, 0) if known > 0 => count(known, "pull request"),
        _ => count(all.len(), "commit"),
    };
    let blocks = severity == Outcome::Fail;
    let carries = if blocks { "Carries" } else { "Warning: carries" };
    let title = match branches.as_slice() {
        [one] => Prose::new(&format!("{carries} work merged into %: {many}"), &[*one]),
        more => Prose::new(&format!("{carries} work merged into {} branches: {many}", more.len()), &[]),
    };
    let actual = Prose::new("% brings ", &[&head])
        .then(changes(&all))
        .then(Prose::new(" that others merged into ", &[]))
        .then(row(&branches, "and"))
        .then(Prose::new(", and that % does not have yet. ", &[base]));
    let meaning = if blocks {
        Prose::new("Merging this would release that work on % before its turn.", &[base])
    } else {
        Prose::new("Merging this merges that work too, reviewed for % or not.", &[base])
    };
    let mut explanation = Explanation::new(title, vec![actual.then(meaning)]);
    explanation.repair =
        without(scene, plan, if blocks { "" } else { "You can merge it. To leave that work out: " });
    if blocks {
        explanation.alternatives.push(Step::words(Prose::new(
            "If your change needs that work, change the base to the branch that takes topics, so that promotions carry both.",
            &[],
        )));
        explanation.who = Some(scene.whoever_pushes_the_head());
    }
    for (branch, commits) in commits {
        let caption = Prose::new("On %, and not on %:", &[branch.as_str(), base]);
        explanation.evidence.push(Evidence::Commits(caption, commits.clone()));
    }
    explanation
}

pub(super) fn stacked(scene: &Scene<'_>, on: &[Origin]) -> Explanation {
    let title =
        Prose::new("Warning: stands on ", &[]).then(short_names(on)).then(Prose::new(", still open", &[]));
    let actual = Prose::new("% has the commits of ", &[&scene.head()])
        .then(names(on))
        .then(Prose::new(". Merging this merges them into % too.", &[scene.base()]));
    let mut explanation = Explanation::new(title, vec![actual]);
    explanation.repair = Some(Step::words(Prose::new(
        "Merge those first, or review all of it together. You can also merge it as it is.",
        &[],
    )));
    explanation
}

/// The repair as an offer: the pull request can merge without it.
pub(super) fn without(scene: &Scene<'_>, plan: &Repair, lead: &str) -> Option<Step> {
    if plan.picks.is_empty() {
        return None;
    }
    let step = repair(scene, plan, &[]);
    if plan.is_all_there() {
        return Some(step);
    }
    let lead = if lead.is_empty() { step.lead } else { Prose::new(lead, &[]).then(step.lead.continued()) };
    Some(Step { lead, ..step })
}

fn named_tips(tips: &[Commit]) -> Prose {
    let ids: Vec<String> = tips.iter().map(|tip| tip.id.short()).collect();
    row(&ids.iter().map(String::as_str).collect::<Vec<_>>(), "and")
}
