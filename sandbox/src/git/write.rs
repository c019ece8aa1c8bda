//! Writing commits: fixed identities and dates in, the same commit id out, every time.

use std::fmt::Write as _;

use super::{Git, is_sha};
use crate::Refused;

/// Who, and when (Unix seconds, UTC).
#[derive(Debug, Clone)]
pub(crate) struct Signature {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) at: i64,
}

impl Signature {
    /// A person's signature.
    pub(crate) fn of(login: &str, at: i64) -> Self {
        Self { name: login.to_owned(), email: format!("{login}@example.com"), at }
    }

    /// GitHub's own.
    pub(crate) fn github(at: i64) -> Self {
        Self { name: "GitHub".to_owned(), email: "noreply@example.com".to_owned(), at }
    }

    fn line(&self) -> String {
        format!("{} <{}> {} +0000", self.name, self.email, self.at)
    }
}

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
        let base = base.map(|sha| format!("--merge-base={sha}"));
        let mut args = vec!["merge-tree", "--write-tree", "--no-messages", "--allow-unrelated-histories"];
        args.extend(base.as_deref());
        args.extend([ours, theirs]);
        let said = self.ask(repository, &args, None, &[]).await?;
        match said.code {
            0 => Ok(Tree::Clean(said.text().trim().to_owned())),
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
        self.note_parents(repository, &sha, parents.iter().map(|it| (*it).to_owned()).collect());
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
