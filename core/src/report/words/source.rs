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
        return Prose::new("% takes no environment and no copy branch.", &[scene.base()]);
    }
    Prose::new("% takes only ", &[scene.base()]).then(branches(needs, "or")).then(Prose::new(".", &[]))
}

pub(super) fn wrong_base(
    scene: &Scene<'_>,
    belongs_on: Option<&BranchName>,
    needs: &[BranchName],
) -> Explanation {
    let (head, base) = (scene.head(), scene.base());
    let harm = match needs {
        [one] => Prose::new(
            " Merging % would put changes on % that nobody has tested on %.",
            &[&head, base, one.as_str()],
        ),
        _ => Prose::new(" Merging % would put changes on % that nobody has tested for it.", &[&head, base]),
    };
    let actual = takes(scene, needs).then(harm);
    let mut explanation = Explanation::new(wrong_source(scene, needs), vec![actual]);
    if let Some(right) = belongs_on {
        explanation.background.push(Prose::new(
            "New work goes into %. From there promotions bring it to %, one environment after the other.",
            &[right.as_str(), base],
        ));
        explanation.repair = Some(scene.retarget(right));
    } else {
        let lead = Prose::new("No environment takes %. Close this pull request:", &[&head]);
        explanation.repair = Some(scene.close(lead));
    }
    explanation.who = Some(Scene::whoever_edits_the_pull());
    explanation
}

pub(super) fn skipped(scene: &Scene<'_>, needs: &[BranchName], next: Option<&BranchName>) -> Explanation {
    let (head, base) = (scene.head(), scene.base());
    let title = match next {
        Some(next) => Prose::new("Skips %: % → %", &[next.as_str(), &head, base]),
        None => Prose::new("Environment skipped: % → %", &[&head, base]),
    };
    let harm = match next {
        Some(next) => Prose::new(
            " Merging this would promote % past %, with changes that nobody has tested there.",
            &[&head, next.as_str()],
        ),
        None => Prose::new(" Merging this would promote % past the tests in between.", &[&head]),
    };
    let mut explanation = Explanation::new(title, vec![takes(scene, needs).then(harm)]);
    if let Some(next) = next {
        explanation.background.push(Prose::new(
            "First deploy and test the changes of % on %. Then promote % to the next environment.",
            &[&head, next.as_str(), next.as_str()],
        ));
        explanation.repair = Some(scene.retarget(next));
        explanation.alternatives.push(Step::words(Prose::new(
            "If % already has all of it, close this pull request and open one from % instead.",
            &[next.as_str(), next.as_str()],
        )));
    }
    explanation.who = Some(Scene::whoever_edits_the_pull());
    explanation
}

pub(super) fn fork_head(scene: &Scene<'_>, own: &BranchName) -> Explanation {
    let base = scene.base();
    let own_name = own.as_str();
    let title = Prose::new("From a fork: % → %", &[&scene.head(), base]);
    let actual = Prose::new(
        "This % is a branch in a fork, and anyone can give a branch that name. A promotion comes from this \
         repository's own %; merging this one could put anything on %.",
        &[&scene.head(), own_name, base],
    );
    let mut explanation = Explanation::new(title, vec![actual]);
    explanation.repair = Some(Step {
        lead: Prose::new("Open a pull request from this repository's own branch, and close this one:", &[]),
        commands: vec![
            scene.gh_create(&scene.pull.base.branch, own, &format!("Promote {own} to {base}")),
            scene.gh_pr("close", ""),
        ],
        after: Vec::new(),
    });
    explanation.alternatives.push(Step::words(Prose::new(
        "If the fork has new work, push it to a branch with another name. Open a pull request from there into the \
         environment that takes topics.",
        &[],
    )));
    explanation.who = Some(Scene::whoever_edits_the_pull());
    explanation
}

pub(super) fn copy_takes_only(
    scene: &Scene<'_>,
    only: &BranchName,
    belongs_on: Option<&BranchName>,
) -> Explanation {
    let (head, base) = (scene.head(), scene.base());
    let actual = Prose::new(
        "% is a copy of % and takes nothing else. Merging % would give it changes of its own, and it could not follow \
         the next release.",
        &[base, only.as_str(), &head],
    );
    let mut explanation = Explanation::new(wrong_source(scene, std::slice::from_ref(only)), vec![actual]);
    if let Some(right) = belongs_on {
        explanation.background.push(Prose::new(
            "Work goes into % first. It reaches % with the next release of %.",
            &[right.as_str(), base, only.as_str()],
        ));
        explanation.repair = Some(scene.retarget(right));
    } else {
        let lead = Prose::new("Close this pull request; % only ever follows %:", &[base, only.as_str()]);
        explanation.repair = Some(scene.close(lead));
    }
    explanation.who = Some(Scene::whoever_edits_the_pull());
    explanation
}
