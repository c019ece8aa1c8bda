//! TP106, TP302 and TP304 on the way upstream.

use super::super::prose::{Prose, count};
use super::promotion::pick_upstream;
use super::{Evidence, Explanation, Scene, Step};
use crate::model::Commit;

pub(super) fn reverse_merge(scene: &Scene<'_>, rejoins: Option<&Commit>) -> Explanation {
    if let Some(squashed) = rejoins {
        return rejoin(scene, squashed);
    }
    let (head, base) = (scene.head(), scene.base());
    let title = Prose::new("Warning: nothing to carry, % → %", &[&head, base]);
    let actual = Prose::new(
        "% has no change that % lacks, so merging this only adds a merge commit. GitHub offers such pull requests \
         whenever a branch has moved.",
        &[&head, base],
    );
    let mut explanation = Explanation::new(title, vec![actual]);
    explanation.repair = Some(scene.close(Prose::new("Close this pull request:", &[])));
    explanation.alternatives.push(Step::words(Prose::new(
        "If you want to carry a hotfix back: it is not on % yet, or % already has it. Merge the hotfix into % first; \
         Towpath then checks this pull request again.",
        &[&head, base, &head],
    )));
    explanation
}

/// Nothing to carry, and yet worth merging.
fn rejoin(scene: &Scene<'_>, squashed: &Commit) -> Explanation {
    let (head, base) = (scene.head(), scene.base());
    let title = Prose::new("Joins the history of % and % again", &[&head, base]);
    let actual = Prose::new(
        "A promotion into % was squashed or rebased: % has files of %, but not its commits. Merging this changes no file \
         of %, and lets git compare later promotions with the right state.",
        &[&head, &squashed.id.short(), base, base],
    );
    let mut explanation = Explanation::new(title, vec![actual]);
    explanation.repair = Some(Step::words(Prose::new(
        "Merge it with a merge commit; a squash or rebase would join nothing.",
        &[],
    )));
    explanation.evidence.push(Evidence::Commits(
        Prose::new("The promotion that was squashed or rebased:", &[]),
        vec![squashed.clone()],
    ));
    explanation
}

pub(super) fn conflicts(scene: &Scene<'_>, paths: &[String], carries: &[Commit]) -> Explanation {
    let (head, base) = (scene.head(), scene.base());
    let title = Prose::new("Warning: % conflicts with %", &[&head, base]);
    let actual = Prose::new(
        "% and % have changed the same lines. GitHub merges this only once somebody resolves the conflict.",
        &[&head, base],
    );
    let mut explanation = Explanation::new(title, vec![actual]);
    explanation.repair = pick_upstream(scene, &scene.pull.base.branch, carries).or_else(|| {
        Some(Step::words(Prose::new(
            "Bring the changes of % to % on a topic, and resolve the conflict there.",
            &[&head, base],
        )))
    });
    explanation.evidence.push(Evidence::Paths(Prose::new("In conflict:", &[]), paths.to_vec()));
    if !carries.is_empty() {
        let caption = Prose::new("What % would carry back:", &[&head]);
        explanation.evidence.push(Evidence::Commits(caption, carries.to_vec()));
    }
    explanation
}

pub(super) fn unknown_commits(scene: &Scene<'_>, commits: &[Commit]) -> Explanation {
    let (head, base) = (scene.head(), scene.base());
    let many = count(commits.len(), "unknown commit");
    let title = Prose::new(&format!("Warning: {many}, % → %"), &[&head, base]);
    let (them, pushed, are, look) = match commits.len() {
        1 => ("it", "It was", "is", "Look at it. If you want it, merge this; if not, revert it on %."),
        _ => (
            "them",
            "They were",
            "are",
            "Look at them. If you want them, merge this; if not, revert them on %.",
        ),
    };
    let actual = Prose::new(
        &format!(
            "% would carry {many} back to %: Towpath knows no pull request that brought {them} to %. \
             {pushed} pushed there directly, or {are} older than Towpath's records."
        ),
        &[&head, base, &head],
    );
    let mut explanation = Explanation::new(title, vec![actual]);
    explanation.repair = Some(Step::words(Prose::new(look, &[&head])));
    let caption = Prose::new("From no known pull request:", &[]);
    explanation.evidence.push(Evidence::Commits(caption, commits.to_vec()));
    explanation
}
