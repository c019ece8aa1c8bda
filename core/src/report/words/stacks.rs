//! TP108: a promotion in a stack of pull requests.

use super::super::prose::Prose;
use super::changes::origin;
use super::{Explanation, Scene, Step, branches};
use crate::model::{BranchName, Origin};

pub(super) fn in_stack(
    scene: &Scene<'_>,
    number: Option<u64>,
    trunk: &BranchName,
    heads: &[BranchName],
) -> Explanation {
    let (head, base) = (scene.head(), scene.base());
    let stack = number.map_or_else(|| "a stack".to_owned(), |number| format!("stack {number}"));
    let title = Prose::new(&format!("In {stack}: % → % (unstack it)"), &[&head, base]);
    let mut explanation = Explanation::new(title, vec![rewrites(&stack, trunk, heads, &head)]);
    explanation.background.push(Prose::new(
        "GitHub also asks every pull request of a stack for the checks of %, whatever its own base is, and merging one \
         merges all below it. A promotion goes one step at a time, so it belongs in no stack.",
        &[trunk.as_str()],
    ));
    explanation.repair = Some(Step {
        lead: Prose::new("Take the stack apart. Its pull requests stay open and keep their bases:", &[]),
        commands: number.map(|number| format!("gh stack unstack {number}")).into_iter().collect(),
        after: vec![
            by_hand(number),
            Prose::new(
                "GitHub does not report that a stack was taken apart, so press Re-check then. Without that, Towpath notices \
                 within the hour.",
                &[],
            ),
        ],
    });
    explanation.who = Some(Scene::whoever_edits_the_pull());
    explanation
}

/// What the button on the stack's page would do.
fn rewrites(stack: &str, trunk: &BranchName, heads: &[BranchName], head: &str) -> Prose {
    let there = Prose::new(&format!("This pull request is in {stack}, which goes to %."), &[trunk.as_str()]);
    let button = " GitHub's button \u{201c}Rebase stack\u{201d} force-pushes every branch in a stack, even where a rule forbids \
                  that: it would rewrite ";
    let (what, end) = match heads {
        [] => (Prose::new("%", &[head]), ", and you would merge something else than what was tested."),
        heads => (branches(heads, "and"), " for everybody."),
    };
    there.then(Prose::new(button, &[])).then(what).then(Prose::new(end, &[]))
}

fn by_hand(number: Option<u64>) -> Prose {
    let by_button = "On the page: open the map of the stack beside the title and choose Unstack.";
    match number {
        Some(_) => Prose::new(&format!("{by_button} The command needs % once."), &[INSTALL]),
        None => Prose::new(by_button, &[]),
    }
}

/// What brings `gh stack`.
const INSTALL: &str = "gh extension install github/gh-stack";

/// While two promotions are only a chain.
pub(super) fn may_be_stacked(scene: &Scene<'_>, with: &[Origin]) -> Explanation {
    let mut title = Prose::new("Do not make a stack of this", &[]);
    for other in with {
        title = title.then(Prose::new(" and ", &[])).then(origin(other));
    }
    let why = Prose::new(
        "GitHub offers that, because one goes into the branch of the other. Do not accept: in a stack, \
         \u{201c}Rebase stack\u{201d} would rewrite % for everybody, and this check would fail.",
        &[&scene.head()],
    );
    Explanation::new(title, vec![why])
}
