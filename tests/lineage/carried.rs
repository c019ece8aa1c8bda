//! Whether a commit is in a branch, on real repositories.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use towpath::lineage::{GitError, Mirror, Remote, Repository};
use towpath::model::{Carried, CarriedAnswer, CommitId};

use crate::story::run_git;

/// A person's repository: a hotfix is made on `production`, and the question is whether `staging` has it.
pub(crate) struct Work(TempDir);

impl Work {
    pub(crate) fn new() -> Self {
        let work = Self(TempDir::new().unwrap());
        work.git(&["init", "-q", "-b", "production"]);
        for (key, value) in [("user.name", "Ada"), ("user.email", "ada@example.org")] {
            work.git(&["config", key, value]);
        }
        work.write("page", "1\n2\n3\n4\n5\n6\n7\n8\n9\n");
        work.write("run.sh", "echo run\n");
        work.commit("start");
        work.git(&["branch", "staging"]);
        work
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        run_git(self.path(), arguments).trim().to_owned()
    }

    pub(crate) fn on(&self, branch: &str) -> &Self {
        self.git(&["checkout", "-q", branch]);
        self
    }

    pub(crate) fn write(&self, file: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path().join(file), content).unwrap();
    }

    pub(crate) fn replace(&self, from: &str, to: &str) {
        let page = fs::read_to_string(self.path().join("page")).unwrap();
        assert!(page.contains(from), "{from:?} in {page:?}");
        self.write("page", page.replacen(from, to, 1));
    }

    pub(crate) fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.tip("HEAD")
    }

    pub(crate) fn tip(&self, revision: &str) -> String {
        self.git(&["rev-parse", revision])
    }

    /// The hotfix that most of these are about: it changes the third line.
    pub(crate) fn hotfix(&self) -> String {
        self.on("production").replace("3\n", "three\n");
        self.commit("hotfix")
    }

    pub(crate) async fn carried(&self, commit: &str) -> Carried {
        self.answer(commit).await.carried
    }

    pub(crate) async fn answer(&self, commit: &str) -> CarriedAnswer {
        let (commit, into) = (commit.parse().unwrap(), self.tip("staging").parse().unwrap());
        let here = Repository::open(self.path()).await.unwrap().carried(commit, into).await.unwrap();
        // A mirror, which fetches what it lacks, gives the same answer.
        let folder = TempDir::new().unwrap();
        let mirror = Mirror::new(folder.path().join("mirror.git"));
        self.git(&["config", "uploadpack.allowFilter", "true"]);
        self.git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
        let url = self.path().display().to_string();
        let remote = Remote { url, authorization: None, allow_http: false, allow_file: true };
        mirror.fetch(&remote, &[]).await.unwrap();
        let there = mirror.repository(Some(remote)).carried(commit, into).await.unwrap();
        assert_eq!(there, here, "in a mirror");
        here
    }
}

pub(crate) fn id(digits: &str) -> CommitId {
    digits.parse().unwrap()
}

#[tokio::test]
async fn what_is_part_of_the_history_is_carried_also_when_it_was_reverted() {
    let work = Work::new();
    let hotfix = work.hotfix();
    assert_eq!(work.carried(&hotfix).await, Carried::Missing);
    work.on("staging").git(&["merge", "-q", "--no-ff", "-m", "merge", "production"]);
    assert_eq!(work.carried(&hotfix).await, Carried::Ancestor);
    work.git(&["revert", "--no-edit", &hotfix]);
    assert_eq!(work.carried(&hotfix).await, Carried::Ancestor);
    assert_eq!(work.carried(&work.tip("staging")).await, Carried::Ancestor, "the tip itself");
}

#[tokio::test]
async fn the_same_patch_is_found_wherever_it_stands_and_by_which_commit() {
    let work = Work::new();
    work.replace("5\n", "five\n");
    let hotfix = work.commit("hotfix");
    work.on("staging").replace("1\n", "0\n1\n");
    work.commit("other lines move it down");
    work.git(&["cherry-pick", &hotfix]);
    let picked = work.tip("HEAD");
    work.replace("five\n", "fünf\n");
    work.commit("and it has changed since");
    assert_eq!(work.carried(&hotfix).await, Carried::PatchId(id(&picked)));
    work.git(&["revert", "--no-edit", &picked, "-X", "theirs"]);
    assert_eq!(work.carried(&hotfix).await, Carried::PatchId(id(&picked)), "a pick that was reverted");
}

#[tokio::test]
async fn of_several_that_repeat_it_the_newest_is_named() {
    let work = Work::new();
    let hotfix = work.hotfix();
    work.on("staging").commit("not a fast-forward");
    work.git(&["cherry-pick", &hotfix]);
    work.git(&["revert", "--no-edit", "HEAD"]);
    work.git(&["cherry-pick", &hotfix]);
    assert_eq!(work.carried(&hotfix).await, Carried::PatchId(id(&work.tip("staging"))));
}

#[tokio::test]
async fn a_pick_whose_conflict_was_resolved_is_found_by_its_trailer() {
    let work = Work::new();
    let hotfix = work.hotfix();
    for (said, found) in [
        (format!("fix\n\n(cherry picked from commit {hotfix})"), true),
        (format!("fix\n\n(cherry picked from commit {})", &hotfix[..7]), true),
        (format!("fix\n\n(cherry picked from commit {})", &hotfix[..6]), false),
        (format!("fix\n\n(cherry picked from commit {}0)", &hotfix), false),
        (format!("fix\n\n(cherry picked from commit {})", "0".repeat(40)), false),
        (format!("this is not {hotfix}"), false),
    ] {
        work.git(&["checkout", "-q", "-B", "staging", "production~1"]);
        work.replace("3\n", "trois\n");
        let resolved = work.commit(&said);
        let wanted = if found { Carried::Trailer(id(&resolved)) } else { Carried::Missing };
        assert_eq!(work.carried(&hotfix).await, wanted, "{said}");
    }
}

#[tokio::test]
async fn a_beginning_that_two_commits_share_proves_nothing() {
    let work = Work::new();
    work.git(&["checkout", "-q", "--orphan", "roots"]);
    work.git(&["rm", "-rqf", "."]);
    work.write("imported", "x\n");
    work.git(&["add", "--all"]);
    let tree = work.git(&["write-tree"]);
    // These two seconds give ids that start with the same seven digits.
    let root = |second: u32| {
        let date = format!("@{second} +0000");
        let output = Command::new("git")
            .args(["commit-tree", &tree, "-m", "root"])
            .current_dir(work.path())
            .envs([("GIT_AUTHOR_DATE", &date), ("GIT_COMMITTER_DATE", &date)])
            .output()
            .unwrap();
        let id = String::from_utf8(output.stdout).unwrap().trim().to_owned();
        work.git(&["branch", &format!("root-{second}"), &id]);
        id
    };
    let hotfix = root(30_117);
    work.git(&["checkout", "-q", "-f", "staging"]);
    work.write("imported", "otherwise\n");
    let resolved = work.commit(&format!("fix\n\n(cherry picked from commit {})", &hotfix[..7]));
    assert_eq!(work.carried(&hotfix).await, Carried::Trailer(id(&resolved)));
    let twin = root(34_964);
    assert_eq!((&twin[..7], twin == hotfix), (&hotfix[..7], false));
    assert_eq!(work.carried(&hotfix).await, Carried::Missing);
}

#[tokio::test]
async fn what_would_change_nothing_is_carried() {
    let work = Work::new();
    let hotfix = work.hotfix();
    work.on("staging").replace("3\n", "three\n");
    work.replace("8\n", "eight\n");
    work.commit("the same and more");
    assert_eq!(work.carried(&hotfix).await, Carried::NoOp);
}

#[tokio::test]
async fn a_merge_is_what_it_changes_on_its_first_parent() {
    let work = Work::new();
    work.git(&["checkout", "-q", "-b", "hotfix", "production"]);
    work.replace("3\n", "three\n");
    work.commit("one half");
    work.replace("8\n", "eight\n");
    work.commit("the other half");
    work.on("production").git(&["merge", "-q", "--no-ff", "-m", "merge the hotfix", "hotfix"]);
    let merge = work.tip("HEAD");
    assert_eq!(work.carried(&merge).await, Carried::Missing);
    work.on("staging").git(&["cherry-pick", "-m", "1", &merge]);
    assert_eq!(work.carried(&merge).await, Carried::PatchId(id(&work.tip("staging"))));
    work.git(&["checkout", "-q", "-B", "staging", "production~1"]);
    work.git(&["merge", "-q", "--no-ff", "-m", "the branch, not the merge", "hotfix"]);
    let answer = work.answer(&merge).await;
    assert_eq!(answer.carried, Carried::Ancestor, "the branch that was merged is here too");
    assert_eq!(answer.brought.len(), 2);
    assert!(answer.brought.iter().all(|(_, carried)| *carried == Carried::Ancestor));
}

#[tokio::test]
async fn a_root_and_an_empty_commit() {
    let work = Work::new();
    work.git(&["checkout", "-q", "--orphan", "elsewhere"]);
    work.git(&["rm", "-rqf", "."]);
    work.write("imported", "x\n");
    let root = work.commit("a root");
    assert_eq!(work.carried(&root).await, Carried::Missing);
    work.on("staging").git(&["cherry-pick", &root]);
    assert_eq!(work.carried(&root).await, Carried::PatchId(id(&work.tip("staging"))));

    work.on("production");
    let empty = work.commit("empty");
    work.on("staging");
    work.commit("another empty one, which is no proof of anything");
    assert_eq!(work.carried(&empty).await, Carried::NoOp);
}

#[tokio::test]
async fn binary_files_are_the_same_only_byte_by_byte() {
    let work = Work::new();
    let picture = |last: u8| [b"\x89PNG\0\0".as_slice(), &[last; 64]].concat();
    work.write("picture", picture(1));
    work.commit("a picture");
    work.git(&["branch", "-f", "staging"]);
    work.write("picture", picture(2));
    let hotfix = work.commit("another picture");
    work.on("staging").write("picture", picture(3));
    work.commit("a third one");
    assert_eq!(work.carried(&hotfix).await, Carried::Missing);
    work.write("picture", picture(1));
    work.commit("back");
    work.write("picture", picture(2));
    let same = work.commit("the same one");
    assert_eq!(work.carried(&hotfix).await, Carried::PatchId(id(&same)));
}

#[cfg(unix)]
#[tokio::test]
async fn a_change_of_mode_is_not_its_opposite() {
    use std::os::unix::fs::PermissionsExt as _;
    let work = Work::new();
    let mode = |mode| {
        let may = fs::Permissions::from_mode(mode);
        fs::set_permissions(work.path().join("run.sh"), may).unwrap();
    };
    mode(0o755);
    let hotfix = work.commit("may run");
    work.on("staging");
    mode(0o755);
    let same = work.commit("may run here");
    assert_eq!(work.carried(&hotfix).await, Carried::PatchId(id(&same)));

    work.git(&["checkout", "-q", "--orphan", "other"]);
    mode(0o755);
    work.commit("may run from the start");
    mode(0o644);
    let opposite = work.commit("may not run any more");
    work.git(&["checkout", "-q", "-B", "staging"]);
    assert_eq!(work.carried(&hotfix).await, Carried::Missing, "{opposite}");
}

#[tokio::test]
async fn white_space_counts_only_where_nothing_else_is_changed() {
    let work = Work::new();
    let hotfix = work.hotfix();
    work.on("staging").replace("3\n", "\tthree\n");
    let indented = work.commit("the same, indented");
    assert_eq!(work.carried(&hotfix).await, Carried::PatchId(id(&indented)));

    let work = Work::new();
    work.on("production").replace("3\n", "    3\n");
    let indents = work.commit("indents");
    work.on("staging").replace("3\n", "\t3\n");
    work.commit("indents otherwise");
    assert_eq!(work.carried(&indents).await, Carried::Missing);
    work.git(&["checkout", "-q", "-B", "staging", "production~1"]);
    work.commit("not a fast-forward");
    work.git(&["cherry-pick", &indents]);
    assert_eq!(work.carried(&indents).await, Carried::PatchId(id(&work.tip("staging"))));
}

#[tokio::test]
async fn what_cannot_be_known_is_an_error() {
    let work = Work::new();
    let hotfix = id(&work.hotfix());
    let nowhere = id(&"12345678".repeat(5));
    let repository = Repository::open(work.path()).await.unwrap();
    for (commit, into) in [(nowhere, hotfix), (hotfix, nowhere)] {
        let error = repository.carried(commit, into).await.unwrap_err();
        assert!(matches!(error, GitError::NoSuchCommit { commit } if commit == nowhere), "{error}");
    }

    let folder = TempDir::new().unwrap();
    let shallow = shallow_clone(&work, &folder);
    let shallow = Repository::open(&shallow).await.unwrap();
    assert!(matches!(shallow.carried(hotfix, hotfix).await, Err(GitError::Shallow)));
}

fn shallow_clone(work: &Work, folder: &TempDir) -> PathBuf {
    let target = folder.path().join("shallow");
    let url = format!("file://{}", work.path().display());
    let options = ["clone", "-q", "--depth", "1", "--no-single-branch", &url, target.to_str().unwrap()];
    run_git(folder.path(), &options);
    target
}

#[tokio::test]
async fn a_question_leaves_nothing_behind_in_a_clone() {
    let work = Work::new();
    let hotfix = work.hotfix();
    work.on("staging").replace("8\n", "eight\n");
    work.commit("more");
    let before = work.git(&["count-objects"]);
    let repository = Repository::open(work.path()).await.unwrap();
    let into = id(&work.tip("staging"));
    let answer = repository.carried(id(&hotfix), into).await.unwrap();
    assert_eq!(answer.carried, Carried::Missing);
    assert_eq!(work.git(&["count-objects"]), before);
}

struct Ran {
    status: i32,
    stdout: String,
    stderr: String,
}

fn check_carried(repo: &Path, arguments: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_towpath"))
        .args(["check", "carried", "--repo"])
        .arg(repo)
        .args(arguments)
        .output()
        .unwrap();
    Ran {
        status: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn the_command_says_how_it_was_found() {
    let work = Work::new();
    let hotfix = work.hotfix();
    let said = |word: &str, by: Option<&str>, words: &str, status: i32| {
        let ran = check_carried(work.path(), &["--commit", &hotfix, "--into", "staging", "--json"]);
        let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(
            (ran.status, &json["carried"], &json["schema_version"]),
            (status, &word.into(), &1.into())
        );
        assert_eq!((json["by"].as_str(), json["into"]["name"].as_str()), (by, Some("staging")), "{json}");
        let ran = check_carried(work.path(), &["--commit", &hotfix[..8], "--into", "staging"]);
        assert_eq!(ran.status, status, "{}", ran.stderr);
        assert_eq!(ran.stdout.lines().count(), 1, "{}", ran.stdout);
        assert!(ran.stdout.contains(words) && ran.stdout.contains(&hotfix[..9]), "{}", ran.stdout);
        ran.stdout
    };
    let nothing = said("missing", None, "was not found in staging", 1);
    assert!(nothing.contains("every commit of staging is part of its own history"), "{nothing}");
    work.on("staging").git(&["cherry-pick", &hotfix]);
    // On the same parent and in the same second it would be the same commit.
    work.git(&["commit", "-q", "--amend", "-m", "picked"]);
    let picked = work.tip("staging");
    said("patch-id", Some(&picked), &format!("{} makes the same change", &picked[..9]), 0);
    work.git(&["checkout", "-q", "-B", "staging", "production~1"]);
    work.replace("3\n", "trois\n");
    let resolved = work.commit(&format!("fix\n\n(cherry picked from commit {hotfix})"));
    said("trailer", Some(&resolved), &format!("{} says", &resolved[..9]), 0);
    work.git(&["checkout", "-q", "-B", "staging", "production~1"]);
    work.replace("3\n", "three\n");
    work.replace("9\n", "nine\n");
    work.commit("the same and more");
    let no_op = said("no-op", None, "changes nothing", 0);
    assert!(!no_op.contains("is in"), "{no_op}");
    work.replace("three\n", "drei\n");
    work.commit("and then another");
    let missing = said("missing", None, "was not found in staging", 1);
    assert!(missing.contains("compared with 2 commits that only staging has"), "{missing}");
    work.git(&["checkout", "-q", "-B", "staging", "production"]);
    said("ancestor", None, "history", 0);
}

#[test]
fn mistakes_and_shallow_clones_are_told_apart() {
    let work = Work::new();
    let hotfix = work.hotfix();
    let refused = |repo: &Path, arguments: &[&str], status: i32, words: &[&str]| {
        let ran = check_carried(repo, arguments);
        assert_eq!((ran.status, ran.stdout.as_str()), (status, ""), "{arguments:?}: {}", ran.stderr);
        for word in words {
            assert!(ran.stderr.contains(word), "{word:?} in {}", ran.stderr);
        }
    };
    let nowhere = "12345678".repeat(5);
    refused(work.path(), &["--commit", &nowhere, "--into", "staging"], 2, &[&nowhere, "--commit"]);
    refused(work.path(), &["--commit", &hotfix, "--into", "stagin"], 2, &["no branch stagin", "--into"]);
    refused(work.path(), &["--commit", &hotfix, "--into", "a b"], 2, &["--into", "a b"]);
    refused(work.path(), &["--commit", &hotfix], 2, &["--into"]);
    let folder = TempDir::new().unwrap();
    refused(folder.path(), &["--commit", &hotfix, "--into", "staging"], 2, &["not part of a git repository"]);
    let shallow = shallow_clone(&work, &folder);
    let words = ["shallow", "git fetch --unshallow"];
    refused(&shallow, &["--commit", &hotfix, "--into", "staging"], 1, &words);
    let ran = check_carried(&shallow, &["--commit", &nowhere, "--into", "staging", "--json"]);
    let object: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let why = object["error"]["message"].as_str().unwrap();
    assert!(ran.status == 1 && words.iter().all(|word| why.contains(word)), "{object}");
    let help = check_carried(Path::new("."), &["--help"]);
    assert!(help.stdout.contains("towpath check carried --repo . --commit"), "{}", help.stdout);
}
