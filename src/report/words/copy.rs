//! TP501 and TP502: the copy branch.

use super::super::prose::{Prose, count};
use super::super::stamp;
use super::{Account, Evidence, Scene, Step};
use crate::flow::Commit;

pub(super) fn stale(scene: &Scene<'_>, behind: usize, since: Option<i64>) -> Account {
    let (original, copy) = (scene.head(), scene.base());
    let title = Prose::new("Stale: % is behind %", &[copy, &original]);
    let actual = Prose::new(
        &format!(
            "% holds an earlier state of %, which is {} ahead on its own line.",
            count(behind, "commit")
        ),
        &[copy, &original],
    );
    let actual = match since {
        Some(since) => {
            actual.then(Prose::new(&format!(" % had these files since {}.", stamp::utc(since)), &[&original]))
        }
        None => actual,
    };
    let mut account = Account::new(title, vec![actual]);
    account.repair = Some(Step {
        lead: Prose::new("Bring % over:", &[&original]),
        commands: vec![scene.gh_create(
            &scene.pull.base.branch,
            scene.pull.head.branch.as_ref().unwrap_or(&scene.pull.base.branch),
            &format!("Make {copy} a copy of {original} again"),
        )],
        after: Vec::new(),
    });
    account
}

pub(super) fn diverged(scene: &Scene<'_>, paths: &[String], only_on_copy: &[Commit]) -> Account {
    let (original, copy) = (scene.head(), scene.base());
    let title = Prose::new("Diverged: % is no copy of %", &[copy, &original]);
    let actual = Prose::new(
        &format!("% differs from % in {}, and % never held such files.", count(paths.len(), "path")),
        &[copy, &original, &original],
    );
    let mut account = Account::new(title, vec![actual]);
    super::promotion::reset_copy(scene, only_on_copy, &mut account);
    account.evidence.push(Evidence::Paths(Prose::new("They differ in:", &[]), paths.to_vec()));
    account
}

/// The account of a copy that is one.
pub(in super::super) fn copied(scene: &Scene<'_>) -> Account {
    let (original, copy) = (scene.head(), scene.base());
    let title = Prose::new("A copy: % holds the files of %", &[copy, &original]);
    Account::new(title, Vec::new())
}

/// The account of a configuration that cannot be used.
pub(super) fn configuration(place: &str, message: &str, line: usize, more: usize) -> Account {
    let title = Prose::new(&format!("Configuration invalid: line {line}"), &[]);
    let mut actual = Prose::new(&format!("%, line {line}: %"), &[place, message]);
    if more > 0 {
        actual = actual.then(Prose::new(&format!(" There is more: {}.", count(more, "mistake")), &[]));
    }
    let meaning = Prose::new(
        "Nothing says what the path is as long as the file cannot be read, so nothing is judged by it and nothing passes.",
        &[],
    );
    let mut account = Account::new(title, vec![actual, meaning]);
    account.repair = Some(Step {
        lead: Prose::new(
            "Mend the file on the default branch; this is judged again by itself. It can be tried before:",
            &[],
        ),
        commands: vec!["towpath config check .github/towpath.yml".to_owned()],
        after: Vec::new(),
    });
    account
}
