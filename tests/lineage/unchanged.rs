//! A remote that has nothing new: it is asked over HTTP, and nothing is fetched. Whatever else it answers, a fetch finds out.

use std::sync::Arc;

use tempfile::TempDir;
use towpath::lineage::{Authorization, Fetched, Mirror, Remote, RemoteRefs};
use towpath::model::BranchName;
use towpath_sandbox::{Config, Fault, Faults, Permission, RepoHandle, Sandbox};

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
    let served = Served::new().await;
    type Plant = fn(&Faults) -> Fault;
    let plants: [(&str, Plant); 7] = [
        ("an error", |faults| faults.rest("GET", REFS).status(502).times(1)),
        ("no git", |faults| faults.rest("GET", REFS).answer(200, "text/html", "<html>").times(1)),
        ("an older version", |faults| faults.rest("GET", REFS).answer(200, "text/plain", "0000").times(1)),
        ("a closed connection", |faults| faults.rest("GET", REFS).reset().times(1)),
        ("another place", |faults| faults.rest("GET", REFS).redirect("http://127.0.0.1:9/").times(1)),
        ("half an answer", |faults| faults.rest("POST", QUESTION).answer(200, "text/plain", "003d").times(1)),
        ("a refusal", |faults| faults.rest("POST", QUESTION).status(500).times(1)),
    ];
    for (number, (what, plant)) in plants.into_iter().enumerate() {
        let commit = served.commit(&format!("{number}\n")).await;
        let fault = plant(&served.github.faults());
        assert_eq!(served.fetch(&[]).await, Fetched::Asked, "{what}");
        assert_eq!(served.mirrored("topic").await, Some(commit), "{what}");
        fault.remove();
    }
    // An answer that is empty says that all branches are gone, and the fetch finds that they are not.
    let fault = served.github.faults().rest("POST", QUESTION).answer(200, "text/plain", "0000").times(1);
    assert_eq!(served.fetch(&[]).await, Fetched::Asked);
    assert!(served.mirrored("topic").await.is_some());
    fault.remove();
    served.github.faults().rest("*", "/acme/store.git/**").status(502);
    served.mirror.fetch(&served.remote, &[]).await.unwrap_err();
}

#[tokio::test]
async fn a_mirror_that_may_be_damaged_is_fetched_into() {
    let served = Served::new().await;
    let packs = Mirror::newest_in(&served.folder.path().join("mirror.git")).unwrap().join("objects/pack");
    for entry in std::fs::read_dir(packs).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    let commit = served.store.tip("topic").unwrap().parse().unwrap();
    assert_eq!(served.fetch(&[]).await, Fetched::Unchanged, "nobody knows of it yet");
    assert_eq!(served.mirror.repository(None).missing(&[commit]).await.unwrap(), [commit]);
    assert!(served.mirror.is_suspect());
    assert_eq!(served.fetch(&[]).await, Fetched::Asked);
    assert!(served.mirror.repository(None).missing(&[commit]).await.unwrap().is_empty());
}
