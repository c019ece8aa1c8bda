//! Writing commits: fixed identities and dates in, the same commit id out, every time. Plain ones are written as loose
//! objects from here, the others by git.

use std::fmt::Write as _;
use std::sync::Arc;

use super::commit_object::{self, CommitInfo, Signature};
use super::objects::{self, Kind, Loose};
use super::{Git, is_sha, trees};
use crate::Refused;

/// A file that is larger than this is written by git, in bytes.
const LARGE: usize = 64 << 10;

/// A commit to be written: changes on top of its first parent.
#[derive(Debug, Clone)]
pub(crate) struct NewCommit {
    pub(crate) parents: Vec<String>,
    /// Path and new content; `None` deletes.
    pub(crate) files: Vec<(String, Option<Vec<u8>>)>,
    pub(crate) message: String,
    pub(crate) author: Signature,
}

/// What a merge of trees gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tree {
    Clean(String),
    Conflict,
}

impl Git {
    /// Writes a commit without moving any branch; answers its id.
    pub(crate) async fn commit(&self, repository: u64, new: &NewCommit) -> Result<String, Refused> {
        match self.commit_plainly(repository, new).await {
            Some(sha) => Ok(sha),
            None => self.commit_by_git(repository, new).await,
        }
    }

    /// `None` where git has to.
    pub(super) async fn commit_plainly(&self, repository: u64, new: &NewCommit) -> Option<String> {
        let old = match new.parents.first() {
            Some(parent) => self.files_of(repository, parent)?,
            None => Arc::default(),
        };
        let (mut files, mut written) = ((*old).clone(), Vec::new());
        for (path, content) in &new.files {
            if !trees::is_plain(path) {
                return None;
            }
            match content {
                None => trees::remove(&mut files, path),
                Some(content) if content.len() <= LARGE => {
                    let blob = Loose::new(Kind::Blob, content);
                    trees::put(&mut files, path, blob.id.clone());
                    written.push(blob);
                }
                Some(_) => return None,
            }
        }
        let (tree, trees) = trees::written(&files)?;
        written.extend(trees);
        let (author, committer) = (new.author.clone(), new.author.clone());
        let mut info = CommitInfo::new(tree, new.parents.clone(), author, committer);
        let is_described = info.set_files(&old, &files).is_some();
        let sha = self.write_commit(repository, &info, &new.message, written).await?;
        self.seen().note_files(&info.tree, Arc::new(files));
        if is_described {
            let message = new.message.trim_end_matches('\n').to_owned();
            self.seen().note_described(repository, &CommitInfo { sha: sha.clone(), message, ..info });
        }
        Some(sha)
    }

    /// Writes a commit and what it needs, unless git would do that in another way.
    pub(super) async fn write_commit(
        &self,
        repository: u64,
        info: &CommitInfo,
        message: &str,
        mut needed: Vec<Loose>,
    ) -> Option<String> {
        if !info.parents.iter().all(|parent| self.has_commit(repository, parent)) {
            return None;
        }
        let commit = Loose::new(Kind::Commit, &commit_object::written(info, message)?);
        let sha = commit.id.clone();
        // Last: whoever finds it finds all of it.
        needed.push(commit);
        self.write_objects(repository, needed).await?;
        let mut seen = self.seen();
        seen.note_parents(repository, &sha, info.parents.clone());
        seen.note_tree(repository, &sha, &info.tree);
        Some(sha)
    }

    /// `None` where they could not be written; git will say why.
    async fn write_objects(&self, repository: u64, needed: Vec<Loose>) -> Option<()> {
        let directory = self.path(repository);
        let written = tokio::task::spawn_blocking(move || objects::write(&directory, &needed)).await;
        written.ok()?.ok()
    }

    pub(super) async fn commit_by_git(&self, repository: u64, new: &NewCommit) -> Result<String, Refused> {
        let mut script = Vec::new();
        let signature = new.author.line();
        let head = format!(
            "reset refs/internal/import\ncommit refs/internal/import\nmark :1\nauthor {signature}\ncommitter {signature}\ndata {}\n{}\n",
            new.message.len(),
            new.message,
        );
        script.extend_from_slice(head.as_bytes());
        for (index, parent) in new.parents.iter().enumerate() {
            let word = if index == 0 { "from" } else { "merge" };
            script.extend_from_slice(format!("{word} {parent}\n").as_bytes());
        }
        for (path, content) in &new.files {
            let path = quoted(path);
            match content {
                None => script.extend_from_slice(format!("D {path}\n").as_bytes()),
                Some(content) => {
                    let start = format!("M 100644 inline {path}\ndata {}\n", content.len());
                    script.extend_from_slice(start.as_bytes());
                    script.extend_from_slice(content);
                    script.push(b'\n');
                }
            }
        }
        script.extend_from_slice(b"\nget-mark :1\ndone\n");
        let args = ["fast-import", "--quiet", "--done", "--force"];
        let sha = self.feed(repository, &args, Some(&script), &[]).await?;
        self.note_parents(repository, &sha, new.parents.clone());
        Ok(sha)
    }

    /// Parents that are named by whole ids are what git will say that they are.
    fn note_parents(&self, repository: u64, sha: &str, parents: Vec<String>) {
        if is_sha(sha) && parents.iter().all(|it| is_sha(it)) {
            self.seen().note_parents(repository, sha, parents);
        }
    }

    /// Merges two commits' trees, optionally against a given base.
    pub(crate) async fn merge_trees(
        &self,
        repository: u64,
        base: Option<&str>,
        ours: &str,
        theirs: &str,
    ) -> Result<Tree, Refused> {
        if base.is_none()
            && let Some(tree) = self.merged_already(repository, ours, theirs)
        {
            return Ok(Tree::Clean(tree));
        }
        match self.merge_plainly(repository, base, ours, theirs).await {
            Some(tree) => Ok(Tree::Clean(tree)),
            None => self.merge_by_git(repository, base, ours, theirs).await,
        }
    }

    /// `None` where git has to.
    pub(super) async fn merge_plainly(
        &self,
        repository: u64,
        base: Option<&str>,
        ours: &str,
        theirs: &str,
    ) -> Option<String> {
        let before = match base {
            Some(base) => self.files_of(repository, base)?,
            None => self.files_before(repository, ours, theirs)?,
        };
        let (ours, theirs) = (self.files_of(repository, ours)?, self.files_of(repository, theirs)?);
        let merged = trees::merged(&before, &ours, &theirs)?;
        let (tree, written) = trees::written(&merged)?;
        self.write_objects(repository, written).await?;
        let mut seen = self.seen();
        seen.note_tree_there(repository, &tree);
        seen.note_files(&tree, Arc::new(merged));
        Some(tree)
    }

    pub(super) async fn merge_by_git(
        &self,
        repository: u64,
        base: Option<&str>,
        ours: &str,
        theirs: &str,
    ) -> Result<Tree, Refused> {
        let base = base.map(|sha| format!("--merge-base={sha}"));
        let mut args = vec!["merge-tree", "--write-tree", "--no-messages", "--allow-unrelated-histories"];
        args.extend(base.as_deref());
        args.extend([ours, theirs]);
        let said = self.ask(repository, &args, None, &[]).await?;
        match said.code {
            0 => {
                let tree = said.text().trim().to_owned();
                self.seen().note_tree_there(repository, &tree);
                Ok(Tree::Clean(tree))
            }
            1 => Ok(Tree::Conflict),
            _ => Err(Refused::new(500, format!("git merge-tree failed: {}", said.err.trim()))),
        }
    }

    /// The tree of a merge where one side has all of the other, as far as that is known.
    fn merged_already(&self, repository: u64, ours: &str, theirs: &str) -> Option<String> {
        let seen = self.seen();
        let whole = [(ours, theirs), (theirs, ours)];
        let whole =
            whole.into_iter().find(|(whole, part)| seen.leads_to(repository, whole, part) == Some(true));
        seen.tree(repository, whole?.0)
    }

    /// Writes a commit of a given tree; answers its id.
    pub(crate) async fn commit_tree(
        &self,
        repository: u64,
        tree: &str,
        parents: &[&str],
        message: &str,
        author: &Signature,
        committer: &Signature,
    ) -> Result<String, Refused> {
        let named = parents.iter().map(|it| (*it).to_owned()).collect();
        let info = CommitInfo::new(tree.to_owned(), named, author.clone(), committer.clone());
        // Git refuses a tree that is not there.
        if self.seen().is_tree_there(repository, tree)
            && let Some(sha) = self.write_commit(repository, &info, message, Vec::new()).await
        {
            return Ok(sha);
        }
        self.commit_tree_by_git(repository, &info, message).await
    }

    pub(super) async fn commit_tree_by_git(
        &self,
        repository: u64,
        info: &CommitInfo,
        message: &str,
    ) -> Result<String, Refused> {
        let CommitInfo { tree, parents, author, committer, .. } = info;
        let mut args = vec!["commit-tree", tree];
        for parent in parents {
            args.extend(["-p", parent]);
        }
        let environment = [
            ("GIT_AUTHOR_NAME", author.name.clone()),
            ("GIT_AUTHOR_EMAIL", author.email.clone()),
            ("GIT_AUTHOR_DATE", format!("{} +0000", author.at)),
            ("GIT_COMMITTER_NAME", committer.name.clone()),
            ("GIT_COMMITTER_EMAIL", committer.email.clone()),
            ("GIT_COMMITTER_DATE", format!("{} +0000", committer.at)),
        ];
        let sha = self.feed(repository, &args, Some(message.as_bytes()), &environment).await?;
        self.note_parents(repository, &sha, parents.clone());
        self.seen().note_tree(repository, &sha, tree);
        Ok(sha)
    }
}

/// A path in fast-import's C-style quotes, so that no character of it can end the command.
fn quoted(path: &str) -> String {
    let mut text = String::from("\"");
    for byte in path.bytes() {
        match byte {
            b'"' => text.push_str("\\\""),
            b'\\' => text.push_str("\\\\"),
            0x20..=0x7e => text.push(char::from(byte)),
            // Writing to a `String` cannot fail.
            _ => drop(write!(text, "\\{byte:03o}")),
        }
    }
    text.push('"');
    text
}
