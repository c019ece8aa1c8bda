//! The git repositories of projects.

use std::collections::BTreeMap;

use crate::Refused;
use crate::git::Git;

const APPLICATION: &str = ".magento.app.yaml";

/// The commit that a branch of a project is at; `None` where there is none.
pub(super) async fn tip(git: &Git, project: u64, branch: &str) -> Result<Option<String>, Refused> {
    Ok(git.refs(project).await?.remove(&format!("refs/heads/{branch}")))
}

/// Makes the branches of a project those of a folder with a bare repository.
pub(super) async fn fetch(git: &Git, project: u64, from: &str) -> Result<(), Refused> {
    git.run(project, &["fetch", "--quiet", "--prune", from, "+refs/heads/*:refs/heads/*"]).await?;
    Ok(())
}

/// git's trees of the folders of the applications that a commit has, by the names of the applications. A commit without
/// any has one at its top, called app.
pub(super) async fn application_trees(
    git: &Git,
    project: u64,
    commit: &str,
) -> Result<BTreeMap<String, String>, Refused> {
    let paths = git.run(project, &["ls-tree", "-r", "--name-only", commit]).await?;
    let mut trees = BTreeMap::new();
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

async fn tree(git: &Git, project: u64, commit: &str, folder: &str) -> Result<String, Refused> {
    let folder = folder.trim_end_matches('/');
    git.run(project, &["rev-parse", "--verify", &format!("{commit}:{folder}")]).await
}
