//! TP101, TP102, TP103, TP107: the two branches may not meet.

use super::super::prose::Prose;
use super::{Explanation, Scene, Step, branches};
use crate::model::BranchName;

/// A title that ends in what the base takes.
fn wrong_source(scene: &Scene<'_>, needs: &[BranchName]) -> Prose {
    let title = Prose::new("Wrong source: % → %", &[&scene.head(), scene.base()]);
    match needs {
        [] => title,
        [one] => title.then(Prose::new(" (needs %)", &[one.as_str()])),
        more => title.then(Prose::new(&format!(" (needs one of {})", more.len()), &[])),
    }
}

fn takes(scene: &Scene<'_>, needs: &[BranchName]) -> Prose {
    if needs.is_empty() {
        return Prose::new("No branch of this kind may be merged into %.", &[scene.base()]);
    }
    Prose::new("Expected: % takes only ", &[scene.base()])
        .then(branches(needs, "or"))
        .then(Prose::new(".", &[]))
}

pub(super) fn wrong_base(
    scene: &Scene<'_>,
    belongs_on: Option<&BranchName>,
    needs: &[BranchName],
) -> Explanation {
    let (head, base) = (scene.head(), scene.base());
    let actual =
        Prose::new("This pull request would merge % into %. ", &[&head, base]).then(takes(scene, needs));
    let mut explanation = Explanation::new(wrong_source(scene, needs), vec![actual]);
    if let Some(right) = belongs_on {
        explanation.detail.push(Prose::new(
                "Work comes in through %. From there it travels on by promotion, one environment after the other, to %.",
                &[right.as_str(), base],
            ));
        explanation.repair = Some(scene.retarget(right));
    } else {
        let lead =
            Prose::new("% is not merged into anything on the path. Close this pull request:", &[&head]);
        explanation.repair = Some(scene.close(lead));
    }
    explanation.who = Some(scene.whoever_edits_the_pull());
    explanation
}

pub(super) fn skipped(scene: &Scene<'_>, needs: &[BranchName], next: Option<&BranchName>) -> Explanation {
    let (head, base) = (scene.head(), scene.base());
    let title = match next {
        Some(next) => Prose::new("Skips %: % → %", &[next.as_str(), &head, base]),
        None => Prose::new("Environment skipped: % → %", &[&head, base]),
    };
    let actual = Prose::new("This pull request would promote % straight to %. ", &[&head, base]);
    let mut explanation = Explanation::new(title, vec![actual.then(takes(scene, needs))]);
    if let Some(next) = next {
        explanation.detail.push(Prose::new(
            "What is on % has to be deployed and tested on % first. Then % is promoted to the next environment.",
            &[&head, next.as_str(), next.as_str()],
        ));
        explanation.repair = Some(scene.retarget(next));
        explanation.alternatives.push(Step::words(Prose::new(
            "If % already holds all of it, close this pull request and open one from % instead.",
            &[next.as_str(), next.as_str()],
        )));
    }
    explanation.who = Some(scene.whoever_edits_the_pull());
    explanation
}

pub(super) fn fork_head(scene: &Scene<'_>, own: &BranchName) -> Explanation {
    let base = scene.base();
    let own_name = own.as_str();
    let title = Prose::new("From a fork: % → %", &[&scene.head(), base]);
    let actual = Prose::new(
        "The head is a branch called % in a fork. Expected: the branch % of this repository. \
         A fork's branch can hold anything, so its name proves nothing.",
        &[&scene.head(), own_name],
    );
    let mut explanation = Explanation::new(title, vec![actual]);
    explanation.repair = Some(Step {
        lead: Prose::new("Open the pull request from the repository's own branch, and close this one:", &[]),
        commands: vec![
            scene.gh_create(&scene.pull.base.branch, own, &format!("Promote {own} to {base}")),
            scene.gh_pr("close", ""),
        ],
        after: Vec::new(),
    });
    explanation.alternatives.push(Step::words(Prose::new(
        "If the fork holds new work, push it to a branch of another name and open a pull request from there \
         into the environment that takes topics.",
        &[],
    )));
    explanation.who = Some(scene.whoever_edits_the_pull());
    explanation
}

pub(super) fn copy_takes_only(
    scene: &Scene<'_>,
    only: &BranchName,
    belongs_on: Option<&BranchName>,
) -> Explanation {
    let (head, base) = (scene.head(), scene.base());
    let actual = Prose::new(
        "This pull request would merge % into %. Expected: % is a copy of % and takes nothing else.",
        &[&head, base, base, only.as_str()],
    );
    let mut explanation = Explanation::new(wrong_source(scene, std::slice::from_ref(only)), vec![actual]);
    if let Some(right) = belongs_on {
        explanation.detail.push(Prose::new(
            "Work goes into % first. It reaches % when % has been released.",
            &[right.as_str(), base, only.as_str()],
        ));
        explanation.repair = Some(scene.retarget(right));
    } else {
        let lead = Prose::new("Close this pull request; % only ever follows %:", &[base, only.as_str()]);
        explanation.repair = Some(scene.close(lead));
    }
    explanation.who = Some(scene.whoever_edits_the_pull());
    explanation
}
