//! TP202 to TP205: what a topic has in common with other work.

use super::super::prose::{Prose, count, row};
use super::topic::repair;
use super::{Evidence, Explanation, Scene, Step};
use crate::model::{BranchName, Commit, CommitId, Origin, Outcome, Repair};

pub(super) fn resurrects(scene: &Scene<'_>, tips: &[Commit], commits: usize, plan: &Repair) -> Explanation {
    let (head, base) = (scene.head(), scene.base());
    let title = Prose::new("Warning: brings back what % dropped", &[base]);
    let actual = Prose::new("% once pointed at ", &[base])
        .then(named_tips(tips))
        .then(Prose::new(", and was pushed back behind it. ", &[]))
        .then(Prose::new(
            &format!(
                "% was made before that and still has it: merging brings {} back.",
                count(commits, "commit")
            ),
            &[&head],
        ));
    let mut explanation = Explanation::new(title, vec![actual]);
    explanation.repair =
        Some(Step::words(Prose::new("If they shall come back, nothing is to be done: it may merge.", &[])));
    explanation.alternatives.extend(without(scene, plan, "If they shall stay away: "));
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
        .then(Prose::new(", which % has as other commits: squashed or rebased. ", &[base]));
    if changes_nothing {
        let actual = actual.then(Prose::new("There is nothing more here: merging it changes no file.", &[]));
        let mut explanation = Explanation::new(title, vec![actual]);
        explanation.repair = Some(scene.close(Prose::new("Close it:", &[])));
        return explanation;
    }
    let actual = actual.then(Prose::new(
        "They are shown for review once more, and where % has gone on since, they can conflict.",
        &[base],
    ));
    let mut explanation = Explanation::new(title, vec![actual]);
    explanation.repair = without(scene, plan, "It may merge. To leave them out: ");
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
    let distinct = distinct(commits);
    let (many, they) = (count(distinct, "commit"), if distinct == 1 { "It" } else { "They" });
    let blocks = severity == Outcome::Fail;
    let carries = if blocks { "Carries" } else { "Warning: carries" };
    let title = match branches.as_slice() {
        [one] => Prose::new(&format!("{carries} work merged into %: {many}"), &[*one]),
        more => Prose::new(&format!("{carries} work merged into {} branches: {many}", more.len()), &[]),
    };
    let actual = Prose::new(&format!("% would bring {many} that others merged into "), &[&head])
        .then(row(&branches, "and"))
        .then(Prose::new(", and that % does not have yet.", &[base]));
    let meaning = if blocks {
        Prose::new(
            &format!(
                "{they} would be released with this pull request, ahead of {} turn. \
                 Expected: only work of its own, on top of what % already has. Nothing has been merged.",
                if distinct == 1 { "its" } else { "their" }
            ),
            &[base],
        )
    } else {
        let come = if distinct == 1 { "comes" } else { "come" };
        Prose::new(
            &format!("{they} {come} along with this pull request, reviewed for % or not. It may merge."),
            &[base],
        )
    };
    let mut explanation = Explanation::new(title, vec![actual, meaning]);
    explanation.repair = without(scene, plan, if blocks { "" } else { "To leave that work out: " });
    if blocks {
        explanation.alternatives.push(Step::words(Prose::new(
            "If the change needs that work, it has to travel with it: send it to the branch that takes topics.",
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
        .then(Prose::new(". Merging this one merges them too, into %.", &[scene.base()]));
    let mut explanation = Explanation::new(title, vec![actual]);
    explanation.repair = Some(Step::words(Prose::new(
        "Merge what it stands on first, or review all of it together. It may merge as it is.",
        &[],
    )));
    explanation
}

/// The repair as an offer: the pull request may merge without it.
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

/// `#12` or the branch, for a title.
pub(super) fn short_names(pulls: &[Origin]) -> Prose {
    match pulls {
        [one] => match one.number {
            Some(number) => Prose::new(&format!("#{number}"), &[]),
            None => Prose::new("%", &[one.branch.as_str()]),
        },
        many => Prose::new(&count(many.len(), "pull request"), &[]),
    }
}

/// Pull requests as people call them, in a row.
pub(super) fn names(pulls: &[Origin]) -> Prose {
    const SHOWN: usize = 6;
    let mut all = Prose::default();
    for (place, pull) in pulls.iter().take(SHOWN).enumerate() {
        let last = place + 1 == pulls.len();
        all = match place {
            0 => all,
            _ if last => all.then(Prose::new(" and ", &[])),
            _ => all.then(Prose::new(", ", &[])),
        };
        all = all.then(origin(pull));
    }
    match pulls.len().saturating_sub(SHOWN) {
        0 => all,
        more => all.then(Prose::new(&format!(" and {more} more"), &[])),
    }
}

/// One pull request as people call it: `#12 by ana`, else its branch.
pub(in super::super) fn origin(pull: &Origin) -> Prose {
    let named = match pull.number {
        Some(number) => Prose::new(&format!("#{number}"), &[]),
        None => Prose::new("%", &[pull.branch.as_str()]),
    };
    match &pull.author {
        Some(author) => named.then(Prose::new(" by %", &[author])),
        None => named,
    }
}

/// Commits, each counted once though several branches may have it.
fn distinct(commits: &[(BranchName, Vec<Commit>)]) -> usize {
    let mut ids: Vec<CommitId> = commits.iter().flat_map(|(_, c)| c).map(|c| c.id).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.len()
}
