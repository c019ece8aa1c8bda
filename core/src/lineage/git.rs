//! The one place that runs git.
//!
//! Arguments are lists, never a shell line. The environment is empty but for what stands here, so neither
//! the person's settings nor a hook's variables change an answer. Names go in as ids or full refs.

mod call;
mod kept;
mod memory;
mod text;

use std::ffi::{OsStr, OsString};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::Signal;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

pub(super) use self::call::Call;
use self::call::{Network, Personal};
use self::kept::Kept;
use self::text::{quoted, shown};
pub(super) use super::answer::Answer;
use super::generation::Generation;
use super::known::KnownObjects;
use super::program::{program, whole};
use super::{GitError, Remote, SshRemote};
use crate::process::{ProcessGroup, bound_memory};

/// How long a command that may talk to the remote may take.
pub(super) const REMOTE_LIMIT: Duration = Duration::from_secs(600);
/// How much of an answer is taken, in bytes: a million commit ids.
const ANSWER_LIMIT: usize = 64 << 20;
/// How much of what git says in an error is kept, in bytes.
const STDERR_LIMIT: usize = 64 << 10;
/// git's name for the tree without files, which every repository has.
pub(super) const EMPTY_TREE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/// How git is run for one repository.
#[derive(Debug, Clone)]
pub(super) struct Git {
    place: Location,
    environment: Vec<(OsString, OsString)>,
    /// The remote that missing objects may be fetched from, for the commands that need files.
    remote: Option<Remote>,
    /// The server that is reached over SSH instead, for the commands that are [`Call::online`].
    ssh: Option<Box<SshRemote>>,
    /// The mirror's making that is asked, if it is one: it stays as long as this does.
    generation: Option<Arc<Generation>>,
}

#[derive(Debug, Clone)]
enum Location {
    /// A git directory, taken as it is.
    GitDir(PathBuf),
    /// Any directory inside a repository, from which git looks for it.
    Inside(PathBuf),
}

impl Git {
    /// git is started in another folder than this process, so every folder it is told goes by its whole path.
    fn of(place: Location) -> Self {
        let place = match place {
            Location::GitDir(path) => Location::GitDir(whole(&path)),
            Location::Inside(path) => Location::Inside(whole(&path)),
        };
        Self { place, environment: Vec::new(), remote: None, ssh: None, generation: None }
    }

    /// For a mirror. What is damaged in it is noted there.
    pub(super) fn of_mirror(generation: &Arc<Generation>) -> Self {
        Self { generation: Some(Arc::clone(generation)), ..Self::at(generation.directory()) }
    }

    /// For the repository whose git directory this is.
    pub(super) fn at(git_dir: &Path) -> Self {
        Self::of(Location::GitDir(git_dir.to_owned()))
    }

    /// For the repository that `directory` is part of.
    pub(super) fn inside(directory: &Path) -> Self {
        Self::of(Location::Inside(directory.to_owned()))
    }

    /// For no repository at all: none above `directory` is looked for.
    pub(super) fn outside(directory: &Path) -> Self {
        let directory = &whole(directory);
        let ceiling = directory.parent().unwrap_or(directory).as_os_str().to_owned();
        let environment = vec![("GIT_CEILING_DIRECTORIES".into(), ceiling)];
        Self { environment, ..Self::inside(directory) }
    }

    /// What is known of the mirror, if it is one, and asked alone. Where it may be damaged, everything is asked.
    pub(super) fn known(&self) -> Option<&KnownObjects> {
        let generation = self.generation.as_ref().filter(|_| self.environment.is_empty());
        generation.filter(|it| !it.is_suspect()).map(|it| it.known())
    }

    /// The mirror's making and its remote, where both are asked and nothing beside them.
    pub(super) fn mirrored(&self) -> Option<(&Arc<Generation>, &Remote)> {
        self.generation.as_ref().filter(|_| self.environment.is_empty()).zip(self.remote.as_ref())
    }

    /// The same, for the repository that `git_dir` names as `GIT_DIR` does.
    pub(super) fn with_git_dir(mut self, git_dir: &Path) -> Self {
        self.environment.push(("GIT_DIR".into(), git_dir.into()));
        self
    }

    /// The same, with a remote for the commands that are [`Call::online`].
    pub(super) fn with_remote(mut self, remote: Remote) -> Self {
        self.remote = Some(remote);
        self
    }

    /// The same, with a server over SSH for them.
    pub(super) fn with_ssh(mut self, remote: SshRemote) -> Self {
        self.ssh = Some(Box::new(remote));
        self
    }

    /// The same, reading the objects of another repository as well.
    pub(super) fn with_objects_of(mut self, objects: &Path) -> Self {
        self.environment.push(("GIT_ALTERNATE_OBJECT_DIRECTORIES".into(), quoted(&whole(objects))));
        self
    }

    /// The same, writing files into this folder.
    pub(super) fn with_work_tree(mut self, folder: &Path) -> Self {
        self.environment.push(("GIT_WORK_TREE".into(), whole(folder).into()));
        self
    }

    /// Runs one command to its end, unless its answer is known.
    pub(super) async fn run(&self, call: Call) -> Result<Answer, GitError> {
        let (Some((kept, question)), Some(known)) = (call.kept(), self.known()) else {
            return self.run_anew(call).await;
        };
        let as_of = known.refs_as_of();
        let answer = match kept {
            Kept::ForEver => known.said(&question),
            Kept::UntilRefsMove => known.said_of_refs(&question),
        };
        if let Some(answer) = answer {
            return Ok(answer);
        }
        let answer = self.run_anew(call).await?;
        // It may have come to light just now that the mirror is damaged.
        if let Some(known) = self.known().filter(|_| !answer.is_fatal() && answer.said.is_empty()) {
            match kept {
                Kept::ForEver => known.note_said(question, &answer),
                Kept::UntilRefsMove => known.note_said_of_refs(as_of, question, &answer),
            }
        }
        Ok(answer)
    }

    async fn run_anew(&self, call: Call) -> Result<Answer, GitError> {
        let may_ask = call.network != Network::Off && self.remote.is_some();
        let Some(generation) = self.generation.as_ref().filter(|_| may_ask) else {
            return self.run_in_time(call).await;
        };
        let answer = generation.in_turn(self.run_in_time(call)).await;
        answer.unwrap_or_else(|| Err(GitError::io("asking a remote", "it was not this one's turn")))
    }

    async fn run_in_time(&self, call: Call) -> Result<Answer, GitError> {
        let Call { what, limit, network, .. } = call;
        // Whoever asks has a smaller future by it, and starting a process costs more.
        match tokio::time::timeout(limit, Box::pin(self.run_unlimited(call))).await {
            Ok(answer) => {
                self.note_damage(&answer, network);
                answer
            }
            // The child and its own children are killed when their handles are dropped with the future.
            Err(_) => Err(GitError::Timeout { what, limit }),
        }
    }

    /// Runs one command and takes its answer if it ended well.
    pub(super) async fn ask(&self, call: Call) -> Result<Vec<u8>, GitError> {
        self.run(call).await?.ok()
    }

    /// A mirror is looked at whenever git could not go on by itself, since what it says of damage has many forms, and when it
    /// says so though it went on.
    fn note_damage(&self, answer: &Result<Answer, GitError>, network: Network) {
        let Some(generation) = &self.generation else { return };
        let suspicious = match answer {
            Ok(answer) => answer.speaks_of_damage() || answer.is_fatal() && network == Network::Off,
            Err(error) => error.is_of_damage(),
        };
        if suspicious {
            generation.suspect();
        }
    }

    async fn run_unlimited(&self, call: Call) -> Result<Answer, GitError> {
        let (what, memory) = (call.what, call.memory);
        let mut child = self.command(&call).spawn().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound if self.directory_exists() => GitError::NotFound,
            std::io::ErrorKind::NotFound => GitError::NotARepository { place: self.shown_place() },
            _ => GitError::io("starting git", error),
        })?;
        bound_memory(&child, memory);
        // A fetch leaves the network to another process, which would wait on for an answer that nobody reads any more.
        let mut group = ProcessGroup::of(&child);
        let (stdout, stderr) = speak(&mut child, call).await?;
        let status = child.wait().await.map_err(|error| GitError::io("waiting for git", error))?;
        if let Some(group) = &mut group {
            group.ended();
        }
        let secrets = self.remote.as_ref().map_or(&[][..], Remote::secrets);
        let said = String::from_utf8_lossy(&stderr).into_owned();
        let stderr = shown(&said, secrets);
        match status.code() {
            Some(1..) if memory::is_refused(&said) => Err(GitError::OutOfMemory { what, bound: memory }),
            Some(status) => Ok(Answer { status, stdout, stderr, said, what }),
            // It has no handler for that, and so it cannot say it.
            None if status.signal() == Some(Signal::XFSZ.as_raw()) => {
                Err(GitError::failed(what, None, format!("File too large {stderr}")))
            }
            // Nobody here kills it and still waits for it.
            None if status.signal() == Some(Signal::KILL.as_raw()) => {
                let why = "it was killed; this machine may have had no memory left".to_owned();
                Err(GitError::failed(what, None, why))
            }
            None => Err(GitError::failed(what, None, stderr)),
        }
    }

    fn command(&self, call: &Call) -> Command {
        let mut command = Command::new(program());
        command.arg(call.what).args(&call.arguments);
        command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.envs(FIXED_ENVIRONMENT).env("GIT_ATTR_SOURCE", EMPTY_TREE);
        match call.personal {
            Personal::Nothing => {}
            Personal::Identity => {
                for name in SEALED {
                    command.env_remove(name);
                }
                command.envs(PERSONAL.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
            }
            Personal::Everything => {
                for name in SEALED {
                    command.env_remove(name);
                }
                command.envs(std::env::vars_os().filter(|(name, _)| !is_gits_own(name)));
                command.envs(UNASKED);
            }
        }
        match &self.place {
            Location::GitDir(path) => command.env("GIT_DIR", path).current_dir(path),
            Location::Inside(path) => command.current_dir(path),
        };
        let mut settings: Vec<(String, String)> =
            FIXED_SETTINGS.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        settings.extend_from_slice(&call.settings);
        match self.remote.as_ref().filter(|_| call.network != Network::Off) {
            Some(remote) => {
                settings.extend(remote.settings());
                command.env("GIT_ALLOW_PROTOCOL", remote.protocols());
            }
            None if call.personal == Personal::Everything => {
                command.env("GIT_ALLOW_PROTOCOL", "https:http:ssh:file");
            }
            None => {
                command.env("GIT_ALLOW_PROTOCOL", "");
            }
        }
        if let Some(ssh) = self.ssh.as_ref().filter(|_| call.network == Network::Asked) {
            settings.push(("remote.origin.url".to_owned(), ssh.url.clone()));
            command.env("GIT_ALLOW_PROTOCOL", "ssh");
            command.env("GIT_SSH_COMMAND", ssh.command()).env("GIT_SSH_VARIANT", "ssh");
        }
        if call.network != Network::Lazy || self.remote.is_none() {
            command.env("GIT_NO_LAZY_FETCH", "1");
        }
        command.env("GIT_CONFIG_COUNT", settings.len().to_string());
        for (number, (key, value)) in settings.iter().enumerate() {
            command.env(format!("GIT_CONFIG_KEY_{number}"), key);
            command.env(format!("GIT_CONFIG_VALUE_{number}"), value);
        }
        command.envs(self.environment.iter().map(|(key, value)| (key, value)));
        let input = if call.input.is_empty() { Stdio::null() } else { Stdio::piped() };
        command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped());
        ProcessGroup::lead(&mut command);
        command
    }

    fn directory_exists(&self) -> bool {
        let (Location::GitDir(path) | Location::Inside(path)) = &self.place;
        path.is_dir()
    }

    fn shown_place(&self) -> String {
        let (Location::GitDir(path) | Location::Inside(path)) = &self.place;
        path.display().to_string()
    }
}

/// Attributes come from the empty tree: a file in the repository can then name no merge driver to run, and
/// a mirror without files need not fetch it. GitHub's own merges ignore such drivers too.
const FIXED_ENVIRONMENT: [(&str, &str); 11] = [
    ("LC_ALL", "C"),
    ("HOME", "/nonexistent"),
    ("XDG_CONFIG_HOME", "/nonexistent"),
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_ATTR_NOSYSTEM", "1"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    // Neither replaced nor grafted: the commits as everybody else has them. A graft file that is there,
    // be it empty, makes git give advice where it should say what is wrong.
    ("GIT_NO_REPLACE_OBJECTS", "1"),
    ("GIT_GRAFT_FILE", "/nonexistent"),
    ("GIT_PAGER", "cat"),
];

/// What of the environment keeps a person's settings out.
const SEALED: [&str; 4] = ["HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_GLOBAL"];

/// Where a person's settings say who they are.
const PERSONAL: [&str; 9] = [
    "HOME",
    "XDG_CONFIG_HOME",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_COMMITTER_NAME",
    "GIT_COMMITTER_EMAIL",
    "EMAIL",
    "USER",
];

/// What keeps git and its helpers from asking a person, who may not be there.
const UNASKED: [(&str, &str); 5] = [
    ("LC_ALL", "C"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_ASKPASS", ""),
    ("SSH_ASKPASS_REQUIRE", "never"),
    ("GCM_INTERACTIVE", "never"),
];

/// Whether a variable tells git where a repository is or what is in it, and not how to reach a remote.
fn is_gits_own(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let reaches = ["GIT_SSH", "GIT_SSL", "GIT_HTTP", "GIT_PROXY", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"];
    name.starts_with("GIT_") && !reaches.iter().any(|kept| name.starts_with(kept))
}

/// Settings that no repository may turn. Whoever names a directory wants it read, whoever owns it.
const FIXED_SETTINGS: [(&str, &str); 9] = [
    ("safe.directory", "*"),
    ("core.attributesFile", "/dev/null"),
    ("core.hooksPath", "/dev/null"),
    ("core.fsmonitor", "false"),
    ("core.quotePath", "false"),
    ("gc.auto", "0"),
    // Else each fetch, also one that a question causes, starts a process to find that there is nothing to be tidied.
    ("maintenance.auto", "false"),
    // By itself it takes as many as the machine has processors; each has its share of the memory, of which a git has little.
    ("pack.threads", "2"),
    ("i18n.logOutputEncoding", "UTF-8"),
];

/// Feeds the child and takes what it says on both channels at once, so that no pipe runs full.
async fn speak(child: &mut Child, call: Call) -> Result<(Vec<u8>, Vec<u8>), GitError> {
    let Call { what, input, answer: limit, .. } = call;
    let stdin = child.stdin.take();
    let feed = async move {
        if let Some(mut stdin) = stdin {
            // A child that has heard enough closes its end; its exit status says whether that was well.
            let _ = stdin.write_all(&input).await;
        }
    };
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(GitError::io("starting git", "it has no output"));
    };
    let ((), stdout, stderr) = tokio::join!(feed, take(stdout, limit), take_start(stderr, STDERR_LIMIT));
    let stdout = stdout.map_err(|error| GitError::io("reading from git", error))?;
    let stderr = stderr.map_err(|error| GitError::io("reading from git", error))?;
    if stdout.len() > limit {
        return Err(GitError::TooMuch { what, limit });
    }
    Ok((stdout, stderr))
}

/// Reads to the end or one byte past `limit`.
async fn take(from: impl AsyncRead + Unpin, limit: usize) -> std::io::Result<Vec<u8>> {
    let mut taken = Vec::new();
    from.take(limit as u64 + 1).read_to_end(&mut taken).await?;
    Ok(taken)
}

/// Reads to the end and keeps the first `limit` bytes.
async fn take_start(mut from: impl AsyncRead + Unpin, limit: usize) -> std::io::Result<Vec<u8>> {
    let mut kept = Vec::new();
    let mut piece = vec![0; 4096];
    loop {
        let count = from.read(&mut piece).await?;
        if count == 0 {
            return Ok(kept);
        }
        let room = limit.saturating_sub(kept.len()).min(count);
        kept.extend_from_slice(&piece[..room]);
    }
}
