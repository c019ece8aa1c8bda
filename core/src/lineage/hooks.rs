//! Where git looks for a repository's hooks.

use super::git::{Call, Git};
use super::{GitError, Repository};
use std::path::{Component, Path, PathBuf};

/// The folder of a repository's hooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookFolder {
    /// The folder, which need not be there.
    pub path: PathBuf,
    /// Whether the person's settings name it for every repository: `core.hooksPath` in their own or the system's file.
    pub is_shared: bool,
}

/// The folder in which git looks for hooks, of the repository that `directory` is part of.
///
/// Source: `core.hooksPath` in git-config(1), and githooks(5).
///
/// # Errors
/// [`GitError::NotARepository`] where it is part of none.
pub async fn hook_folder(directory: &Path) -> Result<HookFolder, GitError> {
    Repository::open(directory).await?;
    let git = Git::inside(directory);
    let common = git.ask(Call::new("rev-parse").args(["--path-format=absolute", "--git-common-dir"])).await?;
    let common = PathBuf::from(text(common)?.trim_end_matches('\n'));
    let question = ["-z", "--show-scope", "--type=path", "--get-all", "core.hooksPath"];
    let answer = git.run(Call::new("config").args(question).asked_of_the_person()).await?;
    // Status 1 is git's word for "not set"; what we set ourselves is always there.
    let Some((scope, value)) = last_set(&text(answer.ok()?)?) else {
        return Ok(HookFolder { path: common.join("hooks"), is_shared: false });
    };
    let top = git.run(Call::new("rev-parse").args(["--path-format=absolute", "--show-toplevel"])).await?.ok();
    let top = match top {
        Ok(top) => PathBuf::from(text(top)?.trim_end_matches('\n')),
        // A bare one has no files; its hooks run in its own folder.
        Err(_) => common.clone(),
    };
    let path = top.join(value);
    let rest = path.strip_prefix(&top);
    let is_inside = rest.is_ok_and(|rest| rest.components().all(|it| it != Component::ParentDir));
    let is_shared = matches!(scope.as_str(), "system" | "global") && !is_inside;
    Ok(HookFolder { path, is_shared })
}

/// The last value that git's files have, with the kind of file, of pairs that each end with a zero byte.
fn last_set(answer: &str) -> Option<(String, String)> {
    let words: Vec<&str> = answer.split_terminator('\0').collect();
    let mut pairs = words.chunks_exact(2).map(|pair| (pair[0].to_owned(), pair[1].to_owned()));
    pairs.rfind(|(scope, _)| scope != "command")
}

fn text(answer: Vec<u8>) -> Result<String, GitError> {
    String::from_utf8(answer).map_err(|error| GitError::io("reading the name of a folder", error))
}
