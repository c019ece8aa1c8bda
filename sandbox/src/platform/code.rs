//! The git repositories of projects.

use std::collections::BTreeMap;

use crate::Refused;
use crate::git::{Git, is_sha};

const APPLICATION: &str = ".magento.app.yaml";
/// The one file of all applications, where a project has it.
const APPLICATIONS: &str = ".magento/applications.yaml";

/// The commit that a branch of a project is at; `None` where there is none.
pub(super) async fn tip(git: &Git, project: u64, branch: &str) -> Result<Option<String>, Refused> {
    Ok(git.refs(project).await?.remove(&format!("refs/heads/{branch}")))
}

/// Makes the branches of a project those of a folder with a bare repository.
pub(super) async fn fetch(git: &Git, project: u64, from: &str) -> Result<(), Refused> {
    git.run(project, &["fetch", "--quiet", "--prune", from, "+refs/heads/*:refs/heads/*"]).await?;
    Ok(())
}

/// git's trees of the folders of the applications that a commit has, by the names of the applications: those of the one
/// file, else of the file in each folder. A commit without any has one at its top, called app.
pub(super) async fn application_trees(
    git: &Git,
    project: u64,
    commit: &str,
) -> Result<BTreeMap<String, String>, Refused> {
    let paths = git.run(project, &["ls-tree", "-r", "--name-only", commit]).await?;
    let mut trees = BTreeMap::new();
    if paths.lines().any(|path| path == APPLICATIONS) {
        let described = git.run(project, &["show", &format!("{commit}:{APPLICATIONS}")]).await?;
        for (name, folder) in listed(&described) {
            trees.insert(name, tree(git, project, commit, &folder).await?);
        }
        return Ok(trees);
    }
    for folder in paths.lines().filter_map(|path| path.strip_suffix(APPLICATION)) {
        let description = git.run(project, &["show", &format!("{commit}:{folder}{APPLICATION}")]).await?;
        let name = description.lines().find_map(|line| line.strip_prefix("name:")).unwrap_or("app");
        let name = name.trim().trim_matches(['"', '\'']).to_owned();
        trees.insert(name, tree(git, project, commit, folder).await?);
    }
    if trees.is_empty() {
        trees.insert("app".to_owned(), tree(git, project, commit, "").await?);
    }
    Ok(trees)
}

/// The names and folders of the applications that a file lists: by `-` and `name:`, or below their names. It is read line by
/// line, as stories write it.
fn listed(text: &str) -> Vec<(String, String)> {
    let bare = |text: &str| text.trim().trim_matches(['"', '\'', '/']).to_owned();
    let mut all: Vec<(String, String)> = Vec::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
        if line.starts_with('-') {
            all.push(("app".to_owned(), String::new()));
        } else if let Some(name) = line.trim_end().strip_suffix(':').filter(|it| !it.starts_with(' ')) {
            all.push((bare(name), String::new()));
        }
        let Some((name, folder)) = all.last_mut() else { continue };
        let line = line.trim_start_matches(['-', ' ']);
        if let Some(value) = line.strip_prefix("name:") {
            *name = bare(value);
        } else if let Some((_, value)) = line.split_once("root:") {
            *folder = bare(value.split(['}', ',']).next().unwrap_or_default());
        }
    }
    all
}

async fn tree(git: &Git, project: u64, commit: &str, folder: &str) -> Result<String, Refused> {
    let folder = folder.trim_end_matches('/');
    git.run(project, &["rev-parse", "--verify", &format!("{commit}:{folder}")]).await
}

/// The tree, the parents and the message of a commit; `None` where there is none.
pub(super) async fn commit(git: &Git, project: u64, sha: &str) -> Option<(String, Vec<String>, String)> {
    if !is_sha(sha) {
        return None;
    }
    let said = git.run(project, &["show", "--no-patch", "--format=%T%n%P%n%B", sha]).await.ok()?;
    let mut lines = said.splitn(3, '\n');
    let tree = lines.next()?.to_owned();
    let parents = lines.next()?.split(' ').filter(|it| !it.is_empty()).map(str::to_owned).collect();
    Some((tree, parents, lines.next().unwrap_or_default().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::listed;

    #[test]
    fn applications_are_listed_in_both_forms() {
        let want = [("shop".to_owned(), "shop".to_owned()), ("front".to_owned(), "apps/front".to_owned())];
        for text in [
            "-\n    source: { root: /shop }\n    name: shop\n- name: front\n  source:\n    root: 'apps/front'\n",
            "shop:\n    source: { root: /shop }\n    type: php:8.3\nfront:\n  source:\n    root: \"/apps/front\"\n",
        ] {
            assert_eq!(listed(text), want, "{text}");
        }
    }
}
