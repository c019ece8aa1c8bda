//! Bare repositories in a temporary folder, written without a work tree. What is plain is read and written here; for all
//! else git is a program, whose arguments are lists, whose environment is clean, and which no unchecked name reaches.
//! Both give the same ids and the same answers.
//!
//! Does not live here: HTTP, events, rules about pull requests.

#[cfg(test)]
mod agreement;
mod commit_object;
mod history;
mod known;
mod lines;
mod names;
mod objects;
mod pack;
mod refs;
mod seen;
mod trees;
mod write;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::sync::OnceCell;

pub(crate) use commit_object::{CommitInfo, Signature};
pub(crate) use history::{Stats, moment};
pub(crate) use names::{is_id, is_sha, valid_branch, valid_name};
pub(crate) use pack::{LeftOut, Wanted};
pub(crate) use write::{NewCommit, Tree};

use self::known::At;
use self::seen::Seen;
use crate::Refused;

/// The configuration of each repository.
const SETTINGS: &str = "\
[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = true
\tquotePath = false
\tlogAllRefUpdates = false
[gc]
\tauto = 0
[uploadpack]
\tallowFilter = true
\tallowAnySHA1InWant = true
[receive]
\thideRefs = refs/pull
\tautogc = false
[transfer]
\thideRefs = refs/internal
[http]
\treceivepack = true
";

/// All repositories on disk.
#[derive(Debug)]
pub(crate) struct Git {
    root: PathBuf,
    seen: Mutex<Seen>,
    /// What it says to who comes to fetch by version 2 of git's protocol: what it can do, and nothing of any repository.
    greeting: OnceCell<Bytes>,
}

/// What a finished git said.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: Vec<u8>,
    pub(crate) err: String,
}

impl Said {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.out).into_owned()
    }
}

/// An object: its id, its kind and what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) content: Vec<u8>,
}

/// What `git cat-file --batch` says of one object.
fn object(said: &[u8]) -> Option<Object> {
    let end = said.iter().position(|byte| *byte == b'\n')?;
    let about = String::from_utf8_lossy(&said[..end]).into_owned();
    let [id, kind, size] = about.split(' ').collect::<Vec<_>>()[..] else { return None };
    let content = said.get(end + 1..end + 1 + size.parse::<usize>().ok()?)?.to_vec();
    Some(Object { id: id.to_owned(), kind: kind.to_owned(), content })
}

/// git, by its whole path where it is found: given only a name and an environment of its own for it, the
/// system copies all of this process's memory maps for each start.
fn program() -> &'static Path {
    static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
        let folders = std::env::var_os("PATH").unwrap_or_default();
        let mut places = std::env::split_paths(&folders).map(|folder| folder.join("git"));
        places.find(|place| place.is_file()).unwrap_or_else(|| PathBuf::from("git"))
    });
    &PROGRAM
}

/// A git command with nothing of the caller's environment or configuration in it.
pub(crate) fn command(home: &Path) -> Command {
    let mut command = Command::new(program());
    command.env_clear();
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
        .env("HOME", home)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C")
        .kill_on_drop(true);
    command
}

impl Git {
    /// Keeps repositories under `root`.
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root, seen: Mutex::default(), greeting: OnceCell::new() }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The greeting, which `said` asks git for where it was never heard.
    pub(crate) async fn greeting(
        &self,
        said: impl Future<Output = Result<Bytes, Refused>>,
    ) -> Result<Bytes, Refused> {
        self.greeting.get_or_try_init(|| said).await.cloned()
    }

    /// The folder of a repository.
    pub(crate) fn path(&self, repository: u64) -> PathBuf {
        self.root.join(format!("{repository}.git"))
    }

    /// A git command in a repository.
    pub(crate) fn command(&self, repository: u64) -> Command {
        let mut command = command(&self.root);
        command.arg("--git-dir").arg(self.path(repository));
        command
    }

    /// Runs git to its end and answers what it said, whatever its exit code.
    pub(crate) async fn ask(
        &self,
        repository: u64,
        args: &[&str],
        input: Option<&[u8]>,
        extra: &[(&str, String)],
    ) -> Result<Said, Refused> {
        let mut command = self.command(repository);
        command.args(args).envs(extra.iter().map(|(key, value)| (key, value)));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
        let failed = |error: std::io::Error| Refused::new(500, format!("git did not run: {error}"));
        let mut child = command.spawn().map_err(failed)?;
        let stdin = child.stdin.take();
        let feed = async {
            if let (Some(mut stdin), Some(input)) = (stdin, input) {
                // A git that has heard enough closes its input; its exit code tells what it thinks.
                let _ = stdin.write_all(input).await;
            }
        };
        let (output, ()) = tokio::join!(child.wait_with_output(), feed);
        let output = output.map_err(failed)?;
        Ok(Said {
            code: output.status.code().unwrap_or(-1),
            out: output.stdout,
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// What is at a path of a commit; `None` if nothing is.
    pub(crate) async fn object_at(
        &self,
        repository: u64,
        commit: &str,
        path: &str,
    ) -> Result<Option<Object>, Refused> {
        if path.contains('\n') {
            return Ok(None);
        }
        match self.file_at(repository, commit, path) {
            At::File(object) => return Ok(Some(object)),
            At::Nothing => return Ok(None),
            At::Unknown => {}
        }
        if let Some(said) = self.seen().said_of_path(repository, commit, path) {
            return Ok(object(said));
        }
        let asked = format!("{commit}:{path}\n");
        let said = self.ask(repository, &["cat-file", "--batch"], Some(asked.as_bytes()), &[]).await?;
        let found = object(&said.out);
        let mut seen = self.seen();
        // A commit that is not there may come.
        if said.code == 0 && seen.is_there(repository, commit) {
            seen.note_said_of_path(repository, commit, path, said.out);
        }
        Ok(found)
    }

    /// Runs git and insists on success; answers its output without the last line end.
    pub(crate) async fn run(&self, repository: u64, args: &[&str]) -> Result<String, Refused> {
        self.feed(repository, args, None, &[]).await
    }

    /// Like [`Git::run`], with input and extra environment.
    pub(crate) async fn feed(
        &self,
        repository: u64,
        args: &[&str],
        input: Option<&[u8]>,
        extra: &[(&str, String)],
    ) -> Result<String, Refused> {
        let said = self.ask(repository, args, input, extra).await?;
        if said.code == 0 {
            return Ok(said.text().trim_end_matches('\n').to_owned());
        }
        let what = args.first().copied().unwrap_or("git");
        Err(Refused::new(500, format!("git {what} failed: {}", said.err.trim())))
    }

    /// Makes an empty bare repository: the files that git looks for (gitrepository-layout(5)), without a git.
    pub(crate) async fn init(&self, repository: u64, default_branch: &str) -> Result<(), Refused> {
        let directory = self.path(repository);
        let made = async {
            for folder in ["objects/info", "objects/pack", "refs/heads", "refs/tags"] {
                tokio::fs::create_dir_all(directory.join(folder)).await?;
            }
            tokio::fs::write(directory.join("HEAD"), format!("ref: refs/heads/{default_branch}\n")).await?;
            tokio::fs::write(directory.join("config"), SETTINGS).await
        };
        made.await.map_err(|error| Refused::new(500, format!("no repository on disk: {error}")))
    }

    /// Makes a repository with the branches and tags of another one.
    pub(crate) async fn copy(&self, from: u64, to: u64, default_branch: &str) -> Result<(), Refused> {
        self.init(to, default_branch).await?;
        let source = self.path(from).to_string_lossy().into_owned();
        let specs = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"];
        self.run(to, &["fetch", "--quiet", &source, specs[0], specs[1]]).await?;
        Ok(())
    }

    /// Removes a repository from the disk.
    pub(crate) async fn remove(&self, repository: u64) {
        self.seen().forget(repository);
        // A folder that is already gone is what we want.
        let _ = tokio::fs::remove_dir_all(self.path(repository)).await;
    }

    /// Brings a commit and its history over from another repository.
    pub(crate) async fn fetch_commit(&self, to: u64, from: u64, sha: &str) -> Result<(), Refused> {
        if self.has_commit(to, sha) {
            return Ok(());
        }
        let source = self.path(from).to_string_lossy().into_owned();
        self.run(to, &["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", &source, sha]).await?;
        Ok(())
    }
}
