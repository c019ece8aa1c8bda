//! A pass: short, and it says what was compared.

use super::super::prose::{Prose, row};
use super::{Explanation, Scene};
use crate::model::{BranchName, Environment, Role, Source};

/// The account of a verdict without findings.
pub(in super::super) fn passed(scene: &Scene<'_>) -> Explanation {
    let (head, base) = (scene.head(), scene.base());
    let title = match scene.path.role(&scene.pull.base.branch) {
        Role::Topic => Prose::new("Not checked: % is no environment", &[base]),
        _ => Prose::new("On the path: % → %", &[&head, base]),
    };
    let why = match (scene.path.role(&scene.pull.base.branch), scene.head_environment()) {
        (Role::Copy(_), _) => {
            Prose::new("% is the copy of % and can follow it without a conflict.", &[base, &head])
        }
        (Role::Environment(to), Some(from)) if from.branch != to.branch => promoted(scene, from, to),
        (Role::Environment(to), _) => clean(scene, to),
        (Role::Topic, _) => Prose::new(
            "% is neither an environment's branch nor the copy branch, so Towpath asks nothing of pull requests into it.",
            &[base],
        ),
    };
    Explanation::new(title, vec![why])
}

fn promoted(scene: &Scene<'_>, from: &Environment, to: &Environment) -> Prose {
    let (head, base) = (scene.head(), scene.base());
    if scene.path.leads_to(&to.name, &from.name) {
        return Prose::new(
            "This carries changes of % back to %, which does not have them yet.",
            &[&head, base],
        );
    }
    Prose::new("% takes %, and merging gives it exactly the files that % has now.", &[base, &head, &head])
}

fn clean(scene: &Scene<'_>, takes: &Environment) -> Prose {
    let others: Vec<&str> = scene
        .path
        .judged_branches()
        .filter(|branch| **branch != scene.pull.base.branch)
        .map(BranchName::as_str)
        .collect();
    let kind = if takes.accepts.contains(&Source::Topics) { "topics" } else { "hotfixes" };
    if others.is_empty() {
        let alone =
            format!("% takes {kind}, and there is no other environment whose history this could carry.");
        return Prose::new(&alone, &[scene.base()]);
    }
    let compared = format!("% takes {kind}, and none of the commits of % come from ");
    Prose::new(&compared, &[scene.base(), &scene.head()]).then(row(&others, "or")).then(Prose::new(".", &[]))
}
