//! A remote that has nothing new: it is asked over HTTP, and nothing is fetched. Whatever else it answers, a fetch finds out.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use towpath::lineage::{Authorization, Fetched, Mirror, Remote, RemoteRefs};
use towpath::model::BranchName;
use towpath_sandbox::{Config, Fault, Faults, Permission, RepoHandle, Sandbox};

use crate::story::run_git;

/// As whom git comes with an installation's token.
const GUEST: &str = "x-access-token";
const REFS: &str = "/acme/store.git/info/refs";
const QUESTION: &str = "/acme/store.git/git-upload-pack";

/// A repository on a server, and a mirror of it.
struct Served {
    github: Sandbox,
    store: RepoHandle,
    remote: Remote,
    mirror: Mirror,
    folder: TempDir,
}

impl Served {
    async fn new() -> Self {
        let github = Sandbox::start(Config::default()).await.unwrap();
        let store = github.repository("acme/store").default_branch("master").with(GUEST, Permission::Write);
        let store = store.create().await.unwrap();
        store.commit_on("master").orphan().file("README", "Acme\n").by(GUEST).await.unwrap();
        store.branch("topic").from("master").by(GUEST).await.unwrap();
        let authorization = Some(Authorization::installation_token("ghs"));
        let remote = Remote { url: store.clone_url(), authorization, allow_http: true, allow_file: false };
        let folder = TempDir::new().unwrap();
        let mirror =
            Mirror::new(folder.path().join("mirror.git")).asking_first(Arc::new(RemoteRefs::default()));
        let served = Self { github, store, remote, mirror, folder };
        assert_eq!(served.fetch(&[]).await, Fetched::Asked, "it is made");
        served
    }

    async fn fetch(&self, pulls: &[u64]) -> Fetched {
        self.mirror.fetch(&self.remote, pulls).await.unwrap()
    }

    /// Where a branch of the mirror points.
    async fn mirrored(&self, branch: &str) -> Option<String> {
        let repository = self.mirror.repository(None);
        let tip = repository.branch(&BranchName::new(branch).unwrap()).await.unwrap();
        tip.map(|tip| tip.to_string())
    }

    async fn commit(&self, text: &str) -> String {
        self.store.commit_on("topic").file("cart", text).by(GUEST).await.unwrap();
        self.store.tip("topic").unwrap()
    }
}

#[tokio::test]
async fn what_has_not_changed_is_not_fetched_and_what_has_is() {
    let served = Served::new().await;
    assert_eq!(served.fetch(&[]).await, Fetched::Unchanged);
    let commit = served.commit("one\n").await;
    assert_eq!(served.fetch(&[]).await, Fetched::Asked);
    assert_eq!(served.mirrored("topic").await, Some(commit.clone()));
    assert_eq!(served.fetch(&[]).await, Fetched::Unchanged);

    served.store.branch("other").from("topic").by(GUEST).await.unwrap();
    assert_eq!(served.mirrored("other").await, None);
    assert_eq!(served.fetch(&[]).await, Fetched::Asked, "there is a branch more");
    assert_eq!(served.mirrored("other").await, Some(commit));
    served.store.delete_branch("other").by(GUEST).await.unwrap();
    assert_eq!(served.fetch(&[]).await, Fetched::Asked, "there is one less");
    assert_eq!(served.mirrored("other").await, None);
    let master = served.store.tip("master").unwrap();
    served.store.move_branch("topic").to(&master).by(GUEST).await.unwrap();
    assert_eq!(served.fetch(&[]).await, Fetched::Asked, "one was moved back");
    assert_eq!(served.mirrored("topic").await, Some(master));
    assert_eq!(served.fetch(&[]).await, Fetched::Unchanged);
}

#[tokio::test]
async fn a_pull_request_that_is_wanted_is_asked_for_with_the_branches() {
    let served = Served::new().await;
    served.commit("one\n").await;
    let pull = served.store.open_pull("topic").into("master").by(GUEST).await.unwrap();
    served.fetch(&[]).await;
    let number = pull.number();
    assert_eq!(served.fetch(&[number]).await, Fetched::Asked);
    assert_eq!(served.fetch(&[number]).await, Fetched::Unchanged);
    served.commit("two\n").await;
    assert_eq!(served.fetch(&[number]).await, Fetched::Asked);
    let repository = served.mirror.repository(None);
    let head = pull.head_sha().parse().unwrap();
    assert!(repository.missing(&[head]).await.unwrap().is_empty());
    // One that does not exist is nothing new.
    assert_eq!(served.fetch(&[number, 99]).await, Fetched::Unchanged);
}

#[tokio::test]
async fn whatever_goes_wrong_with_the_question_a_fetch_follows() {
    type Plant = fn(&Faults) -> Fault;
    let plants: [(&str, Plant); 7] = [
        ("an error", |faults| faults.rest("GET", REFS).status(502)),
        ("no git", |faults| faults.rest("GET", REFS).answer(200, "text/html", "<html>")),
        ("an older version", |faults| faults.rest("GET", REFS).answer(200, "text/plain", "0000")),
        ("a closed connection", |faults| faults.rest("GET", REFS).reset()),
        ("half an answer", |faults| faults.rest("POST", QUESTION).answer(200, "text/plain", "003d")),
        ("a refusal", |faults| faults.rest("POST", QUESTION).status(500)),
        // It says that all branches are gone, and the fetch finds that they are not.
        ("no branch", |faults| faults.rest("POST", QUESTION).answer(200, "text/plain", "0000")),
    ];
    for (what, plant) in plants {
        // There is nothing new, so that nothing but the question that failed leads to a fetch.
        let served = Served::new().await;
        assert_eq!(served.fetch(&[]).await, Fetched::Unchanged, "{what}");
        let fault = plant(served.github.faults()).times(1);
        assert_eq!(served.fetch(&[]).await, Fetched::Asked, "{what}");
        assert!(served.mirrored("topic").await.is_some(), "{what}");
        assert_eq!(fault.hits(), 1, "{what}");
        fault.remove();
        // Who speaks no such git is not asked again so soon.
        let is_asked = !["no git", "an older version"].contains(&what);
        let later = if is_asked { Fetched::Unchanged } else { Fetched::Asked };
        assert_eq!(served.fetch(&[]).await, later, "{what}");
        served.github.faults().rest("*", "/acme/store.git/**").status(502);
        served.mirror.fetch(&served.remote, &[]).await.unwrap_err();
    }
}

#[tokio::test]
async fn branches_are_told_without_a_mirror_and_by_git_where_the_question_fails() {
    let served = Served::new().await;
    let name = |name: &str| BranchName::new(name).unwrap();
    let tips = ["master", "topic"].map(|branch| (name(branch), served.store.tip(branch).unwrap()));
    for fails in [false, true] {
        let asked_anew = Mirror::new(served.folder.path().join("other.git"));
        let mirror = asked_anew.asking_first(Arc::new(RemoteRefs::default()));
        let fault = || fails.then(|| served.github.faults().rest("GET", REFS).status(502).times(1));
        let planted = fault();
        let told = mirror.tips_of(&served.remote).await.unwrap();
        assert_eq!(told.into_iter().map(|(name, at)| (name, at.to_string())).collect::<Vec<_>>(), tips);
        assert_eq!(planted.map_or(1, |it| it.hits()), 1, "fails: {fails}");
        // Others whose names begin or end with it are not meant.
        for (branch, is_there) in [("topic", true), ("top", false), ("opic", false), ("gone", false)] {
            let planted = fault();
            let branches = [&name(branch), &name("nobody")];
            let found = mirror.is_any_there(&served.remote, &branches).await.unwrap();
            assert_eq!((found, planted.map_or(1, |it| it.hits())), (is_there, 1), "{branch}, fails: {fails}");
        }
        assert!(!mirror.exists());
    }
}

#[tokio::test]
async fn nobody_is_asked_whom_the_remote_sends_on_to() {
    let served = Served::new().await;
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    other.set_nonblocking(true).unwrap();
    let address = format!("http://{}/acme/store.git/info/refs", other.local_addr().unwrap());
    served.github.faults().rest("GET", REFS).redirect(&address);
    served.mirror.fetch(&served.remote, &[]).await.unwrap_err();
    assert_eq!(other.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

#[tokio::test]
async fn a_mirror_that_has_lost_something_is_mended_though_there_is_nothing_new() {
    type Damage = fn(&Path);
    let damages: [(&str, Damage); 2] = [
        ("its commits", |mirror| {
            for entry in std::fs::read_dir(mirror.join("objects/pack")).unwrap() {
                std::fs::remove_file(entry.unwrap().path()).unwrap();
            }
        }),
        ("its branches", |mirror| {
            let _ = std::fs::remove_file(mirror.join("packed-refs"));
            std::fs::remove_dir_all(mirror.join("refs/heads")).unwrap();
            std::fs::create_dir(mirror.join("refs/heads")).unwrap();
        }),
    ];
    for (what, damage) in damages {
        let served = Served::new().await;
        assert!(served.mirrored("topic").await.is_some());
        assert_eq!(served.fetch(&[]).await, Fetched::Unchanged, "{what}");
        damage(&Mirror::newest_in(&served.folder.path().join("mirror.git")).unwrap());
        assert_eq!(served.fetch(&[]).await, Fetched::Asked, "{what}");
        assert_eq!(served.mirrored("topic").await, served.store.tip("topic"), "{what}");
        let commit = served.store.tip("topic").unwrap().parse().unwrap();
        assert!(served.mirror.repository(None).missing(&[commit]).await.unwrap().is_empty(), "{what}");
    }
}

/// A server that is killed leaves its git behind, which still writes while the next server fetches.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ref_that_another_git_moves_during_a_fetch_keeps_nobody_from_it() {
    let writes: [(&str, &[&str]); 3] = [
        ("moved", &["update-ref", "refs/heads/moves", "refs/heads/master"]),
        ("made", &["update-ref", "refs/heads/comes", "refs/heads/master"]),
        ("taken away", &["update-ref", "-d", "refs/heads/moves"]),
    ];
    for (what, write) in writes {
        let served = Served::new().await;
        served.commit("one\n").await;
        served.store.branch("moves").from("topic").by(GUEST).await.unwrap();
        served.fetch(&[]).await;
        let second = served.commit("two\n").await;
        served.store.move_branch("moves").to(&second).by(GUEST).await.unwrap();
        served.store.branch("comes").from("topic").by(GUEST).await.unwrap();

        // Our question for the refs and git's own come first; then git has read what is here, and asks for commits.
        let fault = served.github.faults().rest("POST", QUESTION).hold_answer().after(2).times(1);
        let (fetched, ()) = tokio::join!(served.fetch(&[]), async {
            while served.github.faults().held() == 0 {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            run_git(&served.folder.path().join("mirror.git/1"), write);
            served.github.faults().release();
        });
        assert_eq!((fetched, fault.hits()), (Fetched::Asked, 1), "{what}");
        for branch in ["topic", "moves", "comes"] {
            assert_eq!(served.mirrored(branch).await.as_ref(), Some(&second), "{what}: {branch}");
        }
        assert!(!served.folder.path().join("mirror.git/2").exists(), "{what}: it was made again");
    }
}
