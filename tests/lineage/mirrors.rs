//! The mirror: made, kept fresh, shared, mended.

use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;
use towpath::engine::judge::judge;
use towpath::lineage::{Authorization, Fetched, GitError, Ledger, Mirror, Remote, Repository};
use towpath::model::{Base, Cause, Head, Outcome, PromotionPath, PullEnds, Undecided};

use crate::story::{Repo, Story, name, run_git};

pub(crate) fn remote(path: &Path) -> Remote {
    let authorization = Some(Authorization::installation_token("ghs_secret"));
    Remote { url: path.display().to_string(), authorization, allow_http: false, allow_file: true }
}

pub(crate) fn told(tell: impl FnOnce(&mut Story)) -> Repo {
    let mut story = Story::pro();
    tell(&mut story);
    story.build()
}

/// A mirror in a folder of its own.
pub(crate) fn mirror() -> (TempDir, Mirror) {
    let directory = TempDir::new().unwrap();
    let mirror = Mirror::new(directory.path().join("mirror.git"));
    (directory, mirror)
}

pub(crate) async fn outcome(repository: &Repository, pull: &PullEnds) -> Outcome {
    judge(repository, &PromotionPath::pro(), pull, &Ledger::default()).await.outcome()
}

pub(crate) fn files_below(directory: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files
}

#[tokio::test]
async fn a_mirror_answers_as_the_repository_does() {
    let repo = told(|s| {
        s.topic("good", "integration");
        s.topic("bad", "master");
        s.commit("staging", "direct");
    });
    let (directory, mirror) = mirror();
    let remote = remote(repo.path());
    assert_eq!(mirror.fetch(&remote, &[]).await.unwrap(), Fetched::Asked);
    let mirrored = mirror.repository(Some(remote));
    let opened = Repository::open(repo.path()).await.unwrap();
    for (head, base) in [
        ("good", "integration"),
        ("bad", "integration"),
        ("integration", "staging"),
        ("staging", "production"),
        ("staging", "integration"),
        ("production", "master"),
    ] {
        let pull = repo.pull(head, base);
        let there = judge(&opened, &PromotionPath::pro(), &pull, &Ledger::default()).await;
        assert_eq!(
            judge(&mirrored, &PromotionPath::pro(), &pull, &Ledger::default()).await,
            there,
            "{head} → {base}"
        );
    }
    let path = repo.path().display().to_string();
    for file in files_below(directory.path()) {
        let content = std::fs::read(&file).unwrap();
        let content = String::from_utf8_lossy(&content);
        for secret in ["ghs_secret", "Authorization", &path] {
            assert!(!content.contains(secret), "{secret} in {}", file.display());
        }
    }
}

#[tokio::test]
async fn a_fetch_follows_the_remote_and_prunes() {
    let repo = told(|s| drop_mark(s.topic("topic", "integration")));
    let (_directory, mirror) = mirror();
    let remote = remote(repo.path());
    let topic = repo.tip("topic").to_string();
    let git = |arguments: &[&str]| run_git(repo.path(), arguments);
    git(&["update-ref", "refs/pull/7/head", &topic]);
    git(&["update-ref", "refs/pull/7/merge", &topic]);
    git(&["update-ref", "refs/pull/8/head", &topic]);
    mirror.fetch(&remote, &[7, 99]).await.unwrap();
    let mirrored = mirror.repository(None);
    let there = async |what: &str| mirrored.resolve(what).await.unwrap().is_some();
    assert!(there("refs/heads/topic").await);
    assert!(there("refs/pull/7/merge").await);
    assert!(!there("refs/pull/8/head").await, "it was not asked for");

    git(&["update-ref", "-d", "refs/heads/topic"]);
    git(&["update-ref", "-d", "refs/pull/7/merge"]);
    // A branch where a folder of branches was: git can only do this after pruning.
    git(&["update-ref", "refs/heads/topic/deeper", &topic]);
    git(&["update-ref", "refs/heads/staging", &repo.tip("production").to_string()]);
    mirror.fetch(&remote, &[8]).await.unwrap();
    assert!(!there("refs/heads/topic").await);
    assert!(there("refs/heads/topic/deeper").await);
    assert!(there("refs/pull/7/merge").await, "another pull request's refs are left alone");
    assert_eq!(mirrored.branch(&name("staging")).await.unwrap(), Some(repo.tip("production")), "by force");
    mirror.fetch(&remote, &[7]).await.unwrap();
    assert!(!there("refs/pull/7/merge").await);
    assert!(there("refs/pull/7/head").await);
    assert!(there("refs/pull/8/head").await);
}

pub(crate) fn drop_mark(_: usize) {}

#[tokio::test]
async fn many_who_wait_share_a_fetch() {
    let repo = told(|_| {});
    for number in 0..40 {
        let head = format!("refs/pull/{number}/head");
        run_git(repo.path(), &["update-ref", &head, &repo.tip("integration").to_string()]);
    }
    let (_directory, mirror) = mirror();
    let mirror = Arc::new(mirror);
    let calls = (0..40).map(|number| {
        let (mirror, remote) = (Arc::clone(&mirror), remote(repo.path()));
        tokio::spawn(async move { mirror.fetch(&remote, &[number]).await.unwrap() })
    });
    let mut asked = 0;
    for call in calls.collect::<Vec<_>>() {
        asked += usize::from(call.await.unwrap() == Fetched::Asked);
    }
    assert!((1..=2).contains(&asked), "{asked} fetches");
    let mirrored = mirror.repository(None);
    for number in 0..40 {
        assert!(mirrored.resolve(&format!("refs/pull/{number}/head")).await.unwrap().is_some(), "{number}");
    }
    assert_eq!(mirror.fetch(&remote(repo.path()), &[]).await.unwrap(), Fetched::Asked, "later is later");
}

#[tokio::test]
async fn one_who_gives_up_takes_nothing_from_the_others() {
    let repo = told(|_| {});
    run_git(repo.path(), &["update-ref", "refs/pull/1/head", &repo.tip("integration").to_string()]);
    let (_directory, mirror) = mirror();
    let remote = remote(repo.path());
    {
        let mut given_up = Box::pin(mirror.fetch(&remote, &[1]));
        let waited = tokio::time::timeout(std::time::Duration::from_millis(5), &mut given_up).await;
        assert!(waited.is_err(), "a first fetch takes longer");
    }
    mirror.fetch(&remote, &[]).await.unwrap();
    assert!(mirror.repository(None).resolve("refs/pull/1/head").await.unwrap().is_some());
}

#[tokio::test]
async fn what_the_remote_refuses_is_an_error_without_secrets() {
    let (_directory, mirror) = mirror();
    let gone = remote(Path::new("/nowhere/at/all.git"));
    let error = mirror.fetch(&gone, &[]).await.unwrap_err();
    assert!(matches!(error, GitError::Failed { .. } | GitError::Corrupt { .. }), "{error:?}");
    let repo = told(|_| {});
    let forbidden = Remote { allow_file: false, ..remote(repo.path()) };
    let error = mirror.fetch(&forbidden, &[]).await.unwrap_err().to_string();
    assert!(error.contains("not allowed"), "{error}");
    assert!(!error.contains("ghs_secret"));
}

#[tokio::test]
async fn githubs_own_test_merge_is_used_where_it_is_fresh() {
    let repo = told(|_| {});
    let (staging, integration) = (repo.tip("staging").to_string(), repo.tip("integration").to_string());
    // A test merge with a tree nobody else would predict.
    let tree = format!("{}^{{tree}}", repo.tip("production"));
    let merged = ["commit-tree", &tree, "-p", &staging, "-p", &integration, "-m", "test merge"];
    let merged = run_git(repo.path(), &merged);
    run_git(repo.path(), &["update-ref", "refs/pull/3/merge", merged.trim()]);
    let (_directory, mirror) = mirror();
    let remote = remote(repo.path());
    mirror.fetch(&remote, &[3]).await.unwrap();
    let mirrored = mirror.repository(Some(remote));
    let pull = repo.pull("integration", "staging");
    assert_eq!(outcome(&mirrored, &pull).await, Outcome::Pass, "predicted here");
    assert_eq!(outcome(&mirrored.clone().for_pull(3), &pull).await, Outcome::Fail, "GitHub's");
    let mut moved = repo.pull("integration", "staging");
    moved.base.commit = repo.tip("production");
    let judged = judge(&mirrored.for_pull(3), &PromotionPath::pro(), &moved, &Ledger::default()).await;
    assert_eq!(judged.outcome(), Outcome::Pass, "of other commits: predicted here");
}

#[tokio::test]
async fn a_commit_that_is_not_there_is_named_and_not_looked_for_elsewhere() {
    let repo = told(|_| {});
    let (_directory, mirror) = mirror();
    mirror.fetch(&remote(repo.path()), &[]).await.unwrap();
    let pull = PullEnds {
        head: Head { branch: Some(name("x")), commit: "12345678".repeat(5).parse().unwrap(), fork: false },
        base: Base { branch: name("integration"), commit: repo.tip("integration") },
    };
    // With a remote that nobody answers at: asking it would be an error of another kind.
    let mirrored = mirror.repository(Some(remote(Path::new("/nowhere"))));
    let verdict = judge(&mirrored, &PromotionPath::pro(), &pull, &Ledger::default()).await;
    let Cause::CouldNotDecide(Undecided::CommitMissing { what }) = &verdict.findings[0].cause else {
        panic!("{verdict:?}");
    };
    assert_eq!(what, "head commit 123456781");
}

#[tokio::test]
async fn files_out_of_reach_leave_an_answer_or_say_so() {
    let repo = told(|s| {
        s.topic("hotfix", "production");
        s.merge("hotfix", "production");
    });
    let (_directory, mirror) = mirror();
    mirror.fetch(&remote(repo.path()), &[]).await.unwrap();
    let mirrored = mirror.repository(None);
    assert_eq!(outcome(&mirrored, &repo.pull("staging", "production")).await, Outcome::Unknown);
    assert_eq!(outcome(&mirrored, &repo.pull("production", "integration")).await, Outcome::Pass);
}

#[tokio::test]
async fn the_branches_of_a_fork_with_very_many_are_told_without_a_copy() {
    const MANY: usize = 100_000;
    let repo = told(|_| {});
    let tip = repo.tip("integration");
    let refs = (0..MANY).map(|number| format!("{tip} refs/heads/fork/{number:06}\n"));
    let packed: String = std::iter::once("# pack-refs with: sorted\n".to_owned()).chain(refs).collect();
    let git_dir =
        [repo.path().join(".git"), repo.path().to_owned()].into_iter().find(|it| it.join("refs").exists());
    std::fs::write(git_dir.unwrap().join("packed-refs"), packed).unwrap();
    let (directory, mirror) = mirror();
    let branches = mirror.branches_of(&remote(repo.path())).await.unwrap();
    assert!(branches.len() >= MANY, "{}", branches.len());
    assert!(branches.contains(&name("fork/099999")) && !mirror.exists());
    let tips = mirror.tips_of(&remote(repo.path())).await.unwrap();
    assert_eq!(tips[&name("fork/099999")].to_string(), tip.to_string());
    assert_eq!(files_below(directory.path()).len(), 0);
}
