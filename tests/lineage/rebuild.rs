//! Repairs that are carried out: what comes out, and what is left alone.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;
use towpath::lineage::{
    BranchError, Committer, Conflict, GitError, Mirror, Rebuild, Rebuilt, Remote, Repository,
};
use towpath::model::{CommitId, UnixSeconds};
use towpath_sandbox::write_program;

use crate::story::{name, run_git};

/// A developer's repository with `integration` and a `topic` cut before its newest commit.
pub(crate) struct Work(TempDir);

impl Work {
    pub(crate) fn new() -> Self {
        let work = Self(TempDir::new().unwrap());
        work.git(&["init", "-q", "-b", "integration"]);
        for (key, value) in [("user.name", "Ada"), ("user.email", "ada@example.org")] {
            work.git(&["config", key, value]);
        }
        work.write("page", "1\n2\n3\n4\n5\n6\n7\n8\n9\n");
        work.commit("start");
        work.git(&["branch", "topic"]);
        work.write("page", "1\n2\n3\n4\n5\n6\n7\n8\nnine\n");
        work.commit("integration goes on");
        work.git(&["checkout", "-q", "topic"]);
        work
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        run_git(self.path(), arguments).trim().to_owned()
    }

    pub(crate) fn write(&self, file: &str, content: &str) {
        if let Some(folder) = self.path().join(file).parent() {
            fs::create_dir_all(folder).unwrap();
        }
        fs::write(self.path().join(file), content).unwrap();
    }

    pub(crate) fn commit(&self, message: &str) -> CommitId {
        self.git(&["add", "--all"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.id("HEAD")
    }

    pub(crate) fn id(&self, revision: &str) -> CommitId {
        self.git(&["rev-parse", revision]).parse().unwrap()
    }

    pub(crate) async fn open(&self) -> Repository {
        Repository::open(self.path()).await.unwrap()
    }

    pub(crate) async fn rebuild(&self, picks: &[CommitId]) -> Rebuild {
        self.open().await.rebuild(self.id("integration"), picks, &committer()).await.unwrap()
    }

    /// Everything a person could notice: refs, index, files, settings, how many objects.
    fn all(&self) -> BTreeMap<String, Vec<u8>> {
        let mut all = BTreeMap::new();
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    all.insert(path.display().to_string(), fs::read(&path).unwrap());
                }
            }
        }
        all
    }

    /// A mirror of it, as the App keeps one.
    pub(crate) async fn mirror(&self) -> (TempDir, Repository) {
        self.git(&["config", "uploadpack.allowFilter", "true"]);
        self.git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
        let folder = TempDir::new().unwrap();
        let mirror = Mirror::new(folder.path().join("mirror.git"));
        mirror.fetch(&self.remote(), &[]).await.unwrap();
        let repository = mirror.repository(Some(self.remote()));
        (folder, repository)
    }

    fn remote(&self) -> Remote {
        let url = format!("file://{}", self.path().display());
        Remote { url, authorization: None, allow_http: false, allow_file: true }
    }
}

pub(crate) fn committer() -> Committer {
    Committer::new("Towpath", "bot@example.org", UnixSeconds(1_700_000_000))
}

pub(crate) fn clean(outcome: Rebuild) -> Rebuilt {
    match outcome {
        Rebuild::Clean(rebuilt) => rebuilt,
        Rebuild::Conflict(conflict) => panic!("{conflict:?}"),
    }
}

fn write_object(work: &Work, kind: &str, content: &[u8]) -> CommitId {
    use std::io::Write as _;
    let mut child = Command::new("git")
        .args(["hash-object", "-t", kind, "-w", "--literally", "--stdin"])
        .current_dir(work.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(content).unwrap();
    let output = child.wait_with_output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

/// Three commits that a person could have made, the last one signed and in an old encoding.
pub(crate) fn three_commits(work: &Work) -> [CommitId; 3] {
    work.write("page", "one\n2\n3\n4\n5\n6\n7\n8\n9\n");
    let first = work.commit("first");
    work.write("folder/new", "new\n");
    work.git(&["add", "--all"]);
    let author = "--author=Bob <bob@example.org>";
    let message = "second\n\n# not a comment  \n\nSigned-off-by: Bob";
    let options = ["--cleanup=verbatim", "--date=2020-02-03T04:05:06+0530", author, "-m", message];
    work.git(&[&["commit", "-q"], options.as_slice()].concat());
    let second = work.id("HEAD");
    work.write("page", "one\n2\n3\n4\nfive\n6\n7\n8\n9\n");
    work.git(&["add", "--all"]);
    let tree = work.git(&["write-tree"]);
    let mut content = format!("tree {tree}\nparent {second}\n").into_bytes();
    content.extend(b"author J\xf6rg<j@example.org> 1500000000 +051800\n");
    content.extend(
        b"committer J\xf6rg <j@example.org> 1500000001 +0100\ngpgsig -----BEGIN PGP SIGNATURE-----\n",
    );
    content.extend(b" abc\n -----END PGP SIGNATURE-----\nencoding ISO-8859-1\n\nthird: W\xe4sche\n\n\n");
    let third = write_object(work, "commit", &content);
    work.git(&["reset", "-q", "--hard", &third.to_string()]);
    [first, second, third]
}

#[tokio::test]
async fn it_makes_what_cherry_pick_makes_and_keeps_who_wrote_what_and_when() {
    let work = Work::new();
    let picks = three_commits(&work);
    let rebuilt = clean(work.rebuild(&picks).await);
    assert_eq!(rebuilt.left_out, []);
    assert_eq!(rebuilt.made.iter().map(|(pick, _)| *pick).collect::<Vec<_>>(), picks);
    assert_eq!(rebuilt.made.last().unwrap().1, rebuilt.tip);
    work.open().await.make_branch(&name("topic-on-integration"), &rebuilt).await.unwrap();
    assert_eq!(work.id("topic-on-integration"), rebuilt.tip);
    assert_eq!(work.id("topic-on-integration~3"), work.id("integration"));

    let raw = |id: CommitId| {
        let arguments = ["cat-file", "commit", &id.to_string()];
        let output = Command::new("git").args(arguments).current_dir(work.path()).output().unwrap().stdout;
        let (header, message) = output.split_at(output.windows(2).position(|pair| pair == b"\n\n").unwrap());
        let lines = header.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
        (lines, message.to_vec())
    };
    for (pick, made) in &rebuilt.made {
        let ((was, said), (is, says)) = (raw(*pick), raw(*made));
        assert_eq!(says, said, "{pick}");
        let line = |lines: &[Vec<u8>], key: &[u8]| lines.iter().find(|l| l.starts_with(key)).cloned();
        assert_eq!(line(&is, b"author "), line(&was, b"author "));
        assert_eq!(line(&is, b"encoding "), line(&was, b"encoding "));
        assert_eq!(
            line(&is, b"committer ").unwrap(),
            b"committer Towpath <bot@example.org> 1700000000 +0000"
        );
        assert_eq!(line(&is, b"gpgsig"), None, "a signature of other parents would be a false one");
    }
    // git itself will not pick the third, whose author it cannot read; its tree is easily told.
    work.git(&["checkout", "-q", "--detach", "integration"]);
    work.git(&["cherry-pick", &picks[0].to_string(), &picks[1].to_string()]);
    assert_eq!(work.id("HEAD^{tree}"), work.id("topic-on-integration~1^{tree}"));
    assert_eq!(work.git(&["show", "topic-on-integration:page"]), "one\n2\n3\n4\nfive\n6\n7\n8\nnine");
    work.git(&["fsck", "--connectivity-only"]);
    let again = clean(work.rebuild(&picks).await);
    assert_eq!(again.tip, rebuilt.tip, "the same arguments give the same commits");
}

/// Hooks, a merge driver, a filter and a signing program that each leave a trace if they run.
fn booby_trap(work: &Work) -> std::path::PathBuf {
    let trace = work.path().join(".git/trace");
    let script = format!("#!/bin/sh\necho \"$0\" >> '{}'\nexit 1\n", trace.display());
    let hooks = work.path().join(".git/hooks");
    fs::create_dir_all(&hooks).unwrap();
    for hook in ["pre-commit", "commit-msg", "post-commit", "reference-transaction", "post-checkout", "run"] {
        write_program(&hooks.join(hook), &script, 0o755).unwrap();
    }
    let program = hooks.join("run").display().to_string();
    let run: &[&str] = &["merge.trap.driver", "filter.trap.clean", "filter.trap.smudge", "gpg.program"];
    for key in run.iter().chain(&["diff.trap.command", "diff.trap.textconv", "core.fsmonitor"]) {
        work.git(&["config", key, &program]);
    }
    for (key, value) in [("commit.gpgSign", "true"), ("core.editor", &program)] {
        work.git(&["config", key, value]);
    }
    fs::write(work.path().join(".git/info/attributes"), "* merge=trap diff=trap filter=trap\n").unwrap();
    trace
}

#[tokio::test]
async fn in_a_clone_nothing_runs_and_nothing_moves() {
    let work = Work::new();
    let picks = three_commits(&work);
    work.write("page", "an edit that is not committed\n");
    work.write("staged", "staged\n");
    work.git(&["add", "staged"]);
    let trace = booby_trap(&work);
    let before = work.all();
    let rebuilt = clean(work.rebuild(&picks).await);
    assert_eq!(work.all(), before, "asking changes no file, not even in the git directory");

    work.open().await.make_branch(&name("clean"), &rebuilt).await.unwrap();
    assert!(!trace.exists(), "{}", fs::read_to_string(trace).unwrap());
    let after = work.all();
    let is_new = |path: &&String| !before.contains_key(*path);
    for path in after.keys().filter(is_new) {
        let is_ref = path.ends_with("/refs/heads/clean");
        assert!(is_ref || path.contains("/.git/objects/"), "{path}");
    }
    for (path, content) in &before {
        assert!(after.get(path) == Some(content), "{path} changed");
    }
}

#[tokio::test]
async fn a_conflict_names_the_pick_and_the_paths_and_makes_nothing() {
    let work = Work::new();
    work.write("fine", "fine\n");
    let first = work.commit("fine");
    work.write("page", "1\n2\n3\n4\n5\n6\n7\n8\nneun\n");
    work.write("other", "other\n");
    let second = work.commit("the same line as integration");
    let before = work.all();
    let Rebuild::Conflict(conflict) = work.rebuild(&[first, second]).await else { panic!("it conflicts") };
    assert_eq!(conflict, Conflict { pick: second, paths: vec!["page".to_owned()] });
    assert_eq!(work.all(), before);

    let (folder, mirror) = work.mirror().await;
    let git_directory = folder.path().join("mirror.git/1");
    let refs = run_git(&git_directory, &["for-each-ref"]);
    let target = work.id("integration");
    let Rebuild::Conflict(there) = mirror.rebuild(target, &[first, second], &committer()).await.unwrap()
    else {
        panic!("it conflicts")
    };
    assert_eq!(there, conflict);
    assert_eq!(run_git(&git_directory, &["for-each-ref"]), refs);
    let commits = ["cat-file", "--batch-all-objects", "--batch-check=%(objecttype)"];
    let commits = |directory: &Path| run_git(directory, &commits).matches("commit").count();
    assert_eq!(commits(&git_directory), commits(work.path()), "no commit was made");
}

#[tokio::test]
async fn what_becomes_empty_is_left_out_and_what_was_empty_stays() {
    let work = Work::new();
    work.write("page", "1\n2\n3\n4\n5\n6\n7\n8\nnine\n");
    let same = work.commit("what integration did as well");
    let empty = work.commit("Deploy again");
    work.write("own", "own\n");
    let own = work.commit("own");
    let rebuilt = clean(work.rebuild(&[same, empty, own]).await);
    assert_eq!(rebuilt.left_out, [same]);
    assert_eq!(rebuilt.made.iter().map(|(pick, _)| *pick).collect::<Vec<_>>(), [empty, own]);

    let nothing = clean(work.rebuild(&[same]).await);
    assert_eq!((nothing.tip, nothing.made.len()), (work.id("integration"), 0));
    let none = clean(work.rebuild(&[]).await);
    assert_eq!((none.tip, none.made.len(), none.left_out.len()), (work.id("integration"), 0, 0));
}

#[tokio::test]
async fn roots_merges_deletions_renames_and_modes_are_picked_too() {
    let work = Work::new();
    work.write("gone", "gone\n");
    work.write("old/name", "a file\nof some\nlines\n");
    work.write("run.sh", "run\n");
    work.git(&["add", "--all"]);
    let first = work.commit("three files");
    fs::remove_file(work.path().join("gone")).unwrap();
    work.git(&["mv", "old/name", "name"]);
    fs::set_permissions(work.path().join("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    let second = work.commit("one goes, one moves, one may run");
    work.git(&["checkout", "-q", "-b", "side", "topic~1"]);
    work.write("side", "side\n");
    work.commit("side");
    work.git(&["checkout", "-q", "topic"]);
    work.git(&["merge", "-q", "--no-ff", "-m", "merge side", "side"]);
    let merge = work.id("HEAD");
    work.git(&["checkout", "-q", "--orphan", "root"]);
    work.git(&["rm", "-rqf", "."]);
    work.write("imported/file", "x\n");
    let root = work.commit("root");

    let rebuilt = clean(work.rebuild(&[first, second, merge, root]).await);
    work.open().await.make_branch(&name("clean"), &rebuilt).await.unwrap();
    let files = work.git(&["ls-tree", "-r", "--format=%(objectmode) %(path)", "clean"]);
    let wanted = ["imported/file", "name", "page", "run.sh", "side"];
    let wanted: Vec<String> = wanted
        .iter()
        .map(|path| format!("{} {path}", if *path == "run.sh" { "100755" } else { "100644" }))
        .collect();
    assert_eq!(files.lines().collect::<Vec<_>>(), wanted);
    assert_eq!(work.git(&["rev-list", "--count", "--merges", "clean"]), "0");
}

#[tokio::test]
async fn a_commit_that_is_not_there_is_named() {
    let work = Work::new();
    let nowhere: CommitId = "12345678".repeat(5).parse().unwrap();
    let (repository, integration) = (work.open().await, work.id("integration"));
    let unknown = |error: GitError| matches!(error, GitError::NoSuchCommit { commit } if commit == nowhere);
    assert!(unknown(repository.rebuild(nowhere, &[], &committer()).await.unwrap_err()));
    assert!(unknown(repository.rebuild(integration, &[nowhere], &committer()).await.unwrap_err()));
    let (_folder, mirror) = work.mirror().await;
    assert!(unknown(mirror.rebuild(integration, &[nowhere], &committer()).await.unwrap_err()));
    let error = mirror.push_new_branch(&name("x"), nowhere).await.unwrap_err();
    assert!(matches!(error, BranchError::Git(error) if unknown(error.clone())));
}

#[tokio::test]
async fn a_clone_without_all_files_is_not_called_damaged() {
    let work = Work::new();
    let picks = three_commits(&work);
    let target = work.id("integration");
    work.mirror().await;
    let folder = TempDir::new().unwrap();
    let partial = folder.path().join("partial");
    let url = format!("file://{}", work.path().display());
    let options = ["clone", "-q", "--filter=blob:none", "--no-checkout", &url, partial.to_str().unwrap()];
    run_git(folder.path(), &options);
    let repository = Repository::open(&partial).await.unwrap();
    let error = repository.rebuild(target, &picks, &committer()).await.unwrap_err();
    assert!(matches!(error, GitError::FilesLeftOut), "{error}");
    assert!(error.to_string().contains("git fetch --refetch --no-filter"), "{error}");
    // What it says to do is enough.
    run_git(&partial, &["fetch", "-q", "--refetch", "--no-filter"]);
    assert_eq!(clean(repository.rebuild(target, &picks, &committer()).await.unwrap()).made.len(), 3);
}
