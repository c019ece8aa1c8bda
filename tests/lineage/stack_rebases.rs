//! What GitHub's *Rebase stack* makes of a topic: the same work, pushed when it was pushed before.

use std::time::Duration;

use towpath::engine::judge::judge;
use towpath::lineage::{Ledger, Repository};
use towpath::model::{
    Base, BranchName, CommitId, Head, LedgerTip, Outcome, PullEnds, PushedAt, TipSource, UnixSeconds,
};

use crate::carried::Work;
use crate::examples::with_hotfixes;

const GITHUB: [&str; 4] = ["-c", "user.name=GitHub", "-c", "user.email=noreply@github.com"];

fn name(branch: &str) -> BranchName {
    BranchName::new(branch).unwrap()
}

/// A topic with these files, one commit each, cut from production, which has moved on since.
fn cut(files: &[&str]) -> (Work, CommitId) {
    let work = Work::new();
    for branch in ["integration", "master"] {
        work.git(&["branch", branch]);
    }
    work.git(&["checkout", "-q", "-b", "topic", "production"]);
    for file in files {
        work.write(file, format!("{file}\n"));
        work.commit(&format!("Add {file}"));
    }
    let old = id(&work, "topic");
    work.on("production").write("other", "other\n");
    work.commit("Something else");
    work.on("topic");
    (work, old)
}

fn id(work: &Work, revision: &str) -> CommitId {
    work.tip(revision).parse().unwrap()
}

fn rebase(work: &Work, by: &[&str]) {
    work.git(&[by, &["rebase", "-q", "production"]].concat());
}

/// Whether the topic was rebased since `old`, and then whether by GitHub.
async fn told(work: &Work, old: CommitId, new: CommitId) -> Option<bool> {
    let repository = Repository::open(work.path()).await.unwrap();
    let without = [id(work, "production")];
    repository.rebase(old, new, &without).await.unwrap().map(|rebase| rebase.by_github)
}

#[tokio::test]
async fn a_rebase_is_known_by_its_commits_and_their_one_committer() {
    let (work, old) = cut(&["a", "b"]);
    std::thread::sleep(Duration::from_millis(1_100));
    rebase(&work, &GITHUB);
    let new = id(&work, "topic");
    assert_eq!(told(&work, old, new).await, Some(true));
    assert_eq!(told(&work, new, old).await, None, "pointed back");
    assert_eq!(told(&work, new, new).await, None, "not moved");
    work.write("c", "c\n");
    work.commit("Add c");
    assert_eq!(told(&work, new, id(&work, "topic")).await, None, "moved forward");
    assert_eq!(told(&work, old, id(&work, "topic")).await, None, "with something new");

    let (work, old) = cut(&["a", "b"]);
    rebase(&work, &[]);
    assert_eq!(told(&work, old, id(&work, "topic")).await, Some(false), "by a person");

    let (work, old) = cut(&["a", "b"]);
    work.git(&["checkout", "-q", "-B", "topic", "production"]);
    work.git(&[&GITHUB[..], &["cherry-pick", &format!("{old}^")]].concat());
    work.git(&["cherry-pick", &old.to_string()]);
    assert_eq!(told(&work, old, id(&work, "topic")).await, None, "by two");

    let (work, old) = cut(&["a"]);
    work.git(&["merge", "-q", "--no-ff", "-m", "Update", "production"]);
    assert_eq!(told(&work, old, id(&work, "topic")).await, None, "by a merge");
}

/// Integration, which production does not take and whose snapshot it cannot be, was pointed at the rebased topic before anybody had told that the topic was pushed there, if it was `told` at all.
async fn judged(work: &Work, old: CommitId, told: bool) -> Outcome {
    let new = id(work, "topic");
    work.git(&["branch", "-f", "integration", "topic"]);
    let mut ledger = Ledger::default();
    for (commit, at) in [(id(work, "master"), 50), (new, 200)] {
        ledger
            .add_tip(name("integration"), LedgerTip { commit, at: UnixSeconds(at), source: TipSource::Push });
    }
    let pushes = [(old, 100), (new, 300)];
    for (commit, at) in pushes.into_iter().take(if told { 2 } else { 1 }) {
        ledger.add_push(name("topic"), PushedAt { commit, at: UnixSeconds(at), is_new: false });
    }
    let pull = PullEnds {
        head: Head { branch: Some(name("topic")), commit: new, fork: false },
        base: Base { branch: name("production"), commit: id(work, "production") },
    };
    let repository = Repository::open(work.path()).await.unwrap();
    judge(&repository, &with_hotfixes(), &pull, &ledger).await.outcome()
}

#[tokio::test]
async fn a_topic_that_github_rebased_keeps_its_pushes() {
    for by in [&GITHUB[..], &[]] {
        let (work, old) = cut(&["a", "b"]);
        rebase(&work, by);
        for told in [true, false] {
            assert_eq!(judged(&work, old, told).await, Outcome::Warn, "{by:?}, push told: {told}");
        }
    }
    // The same words on another change are not the same work.
    let (work, old) = cut(&["a"]);
    rebase(&work, &GITHUB);
    work.write("a", "another\n");
    work.git(&[&GITHUB[..], &["commit", "-q", "-a", "--amend", "--no-edit"]].concat());
    assert_eq!(judged(&work, old, true).await, Outcome::Fail);
}

#[tokio::test]
async fn a_topic_that_takes_a_line_over_keeps_nothing() {
    let (work, old) = cut(&["a"]);
    // Its commit was picked onto integration, beside somebody else's work, and the topic was pointed there.
    work.on("integration").write("theirs", "theirs\n");
    work.commit("Theirs");
    work.git(&[&GITHUB[..], &["cherry-pick", &old.to_string()]].concat());
    work.git(&["checkout", "-q", "-B", "topic", "integration"]);
    assert_eq!(judged(&work, old, true).await, Outcome::Fail);
}
