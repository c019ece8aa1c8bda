//! The files of a Commerce project as git has them, for the rules.

use crate::commerce::rules::{Blob, Tree};
use crate::lineage::{FileContent, GitError, Repository};
use crate::model::{CommitId, TreeEntry};

/// The files of a commit, with the contents that the rules want. `root` is the folder with the project.
pub async fn commerce_tree(repository: &Repository, commit: CommitId, root: &str) -> Result<Tree, GitError> {
    filled(repository, repository.tree_entries(commit).await?, root).await
}

/// A tree of these paths, with the contents that the rules want. What is read can lead to more files.
async fn filled(repository: &Repository, entries: Vec<TreeEntry>, root: &str) -> Result<Tree, GitError> {
    let mut tree = Tree::of_folder(root, entries);
    loop {
        let wanted = tree.wanted();
        if wanted.is_empty() {
            return Ok(tree);
        }
        for (paths, bytes_max) in [(wanted.bytes, Tree::bytes_max()), (wanted.sizes, 0)] {
            let objects: Vec<String> =
                paths.iter().map(|path| tree.object(path).unwrap_or_default().to_owned()).collect();
            let objects: Vec<&str> = objects.iter().map(String::as_str).collect();
            let contents = repository.contents(&objects, bytes_max).await?;
            for (path, content) in paths.iter().zip(contents) {
                let blob = match content {
                    FileContent::Bytes(bytes) => Blob::Bytes(bytes),
                    FileContent::Size(size) => Blob::Size(size),
                };
                tree.give(path, blob);
            }
        }
    }
}
