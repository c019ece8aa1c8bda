//! Trees that a question needs: they are brought over HTTP without a git, and by one where that fails.

use std::sync::Arc;

use tempfile::TempDir;
use towpath::lineage::{Asking, GitError, Mirror, RemoteTurns, SmartHttp};
use towpath_sandbox::RestMatcher;

use crate::smart_http::{BAD_PACK, GUEST, Plant, QUESTION, REFS, Served};
use crate::story::run_git;

/// What `topic` makes of its file, which no mirror has before it is asked.
async fn changed(served: &Served, path: &str) -> Result<Option<Vec<u8>>, GitError> {
    let id = |branch: &str| served.store.tip(branch).unwrap().parse().unwrap();
    let repository = served.mirror.repository(Some(served.remote.clone()));
    repository.changed_file(id("topic"), id("master"), path).await
}

#[tokio::test]
async fn trees_that_a_question_needs_are_brought_without_a_git_and_by_one_where_that_fails() {
    let plants: [(&str, Option<Plant>); 5] = [
        ("nothing", None),
        ("an error", Some(Box::new(|rest: RestMatcher| rest.status(500)))),
        ("half a pack", Some(Box::new(|rest: RestMatcher| rest.cut_short(60)))),
        ("no git", Some(Box::new(|rest: RestMatcher| rest.answer(200, "text/html", "<html>")))),
        ("no pack", Some(Box::new(|rest: RestMatcher| rest.answer(200, "text/plain", BAD_PACK)))),
    ];
    for (what, plant) in plants {
        let served = Served::new().await;
        served.commit("one\n").await;
        served.fetch(&[]).await;
        let planted = plant.map(|plant| plant(served.github.faults().rest("POST", QUESTION)).times(1));
        // git would ask first what the remote can do.
        let before = served.greetings();
        assert_eq!(changed(&served, "nothing").await.unwrap(), None, "{what}");
        assert_eq!(served.greetings() > before, planted.is_some(), "{what}");
        assert!(planted.is_none_or(|it| it.hits() == 1), "{what}");
        assert_eq!(changed(&served, "cart").await.unwrap().as_deref(), Some(&b"one\n"[..]), "{what}");
        assert!(!served.mirror.is_suspect(), "{what}");
    }
}

/// Nobody's turn comes.
#[derive(Debug)]
struct NoTurns;

impl RemoteTurns for NoTurns {
    fn in_turn<'a>(&'a self, _: Asking<'a>) -> Asking<'a> {
        Box::pin(std::future::ready(()))
    }
}

#[tokio::test]
async fn no_tree_is_asked_for_out_of_turn() {
    let served = Served::new().await;
    served.commit("one\n").await;
    let mirror = Mirror::new(served.folder.path().join("turns.git"));
    let mirror = mirror.asking_first(Arc::new(SmartHttp::default())).taking_turns(Arc::new(NoTurns));
    let served = Served { mirror, ..served };
    served.fetch(&[]).await;
    let before = served.github.request_counts();
    changed(&served, "nothing").await.unwrap_err();
    assert_eq!(served.github.request_counts(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_tree_that_is_sent_without_a_git_is_not_taken() {
    let served = Served::new().await;
    let folder = TempDir::new().unwrap();
    let git = |arguments: &[&str]| run_git(folder.path(), arguments).trim().to_owned();
    git(&["init", "--quiet"]);
    std::fs::write(folder.path().join("file"), "a\n").unwrap();
    let blob = git(&["hash-object", "-w", "file"]);
    let id: Vec<u8> = (0..20).map(|at| u8::from_str_radix(&blob[2 * at..2 * at + 2], 16).unwrap()).collect();
    // The same name twice: whoever merges it or checks it out sees one of both.
    let entry = [&b"100644 cart\0"[..], &id].concat();
    std::fs::write(folder.path().join("tree"), [entry.clone(), entry].concat()).unwrap();
    let tree = git(&["hash-object", "-t", "tree", "--literally", "-w", "tree"]);
    let url = served.store.clone_url().replace("http://", &format!("http://{GUEST}:ghs@"));
    git(&["fetch", "--quiet", &url, "topic"]);
    let commit = git(&["commit-tree", "-m", "Twice", "-p", "FETCH_HEAD", &tree]);
    git(&["push", "--quiet", &url, &format!("{commit}:refs/heads/topic")]);

    served.fetch(&[]).await;
    assert_eq!(served.mirrored("topic").await, Some(commit));
    let sent = || {
        served.github.request_counts().into_iter().filter(|(what, _)| what.contains("POST")).map(|it| it.1)
    };
    let mirror = Mirror::newest_in(&served.folder.path().join("mirror.git")).unwrap();
    let before = sent().sum::<u64>();
    // No git can come, so that what is sent comes without one.
    served.github.faults().rest("GET", REFS).status(500).times(1);
    for is_by_git in [false, true] {
        let told = changed(&served, "cart").await.unwrap_err().to_string();
        assert_eq!(told.contains("duplicateEntries"), is_by_git, "{told}");
        assert!(is_by_git || sent().sum::<u64>() == before + 1);
        let there = run_git(&mirror, &["cat-file", "--batch-all-objects", "--batch-check=%(objectname)"]);
        assert!(!there.contains(&tree), "{there}");
    }
}
