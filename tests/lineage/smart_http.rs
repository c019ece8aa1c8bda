//! A remote that has nothing new, or little: it is asked over HTTP without a git. Whatever else it answers, a fetch by git
//! finds out.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use towpath::lineage::{Authorization, Fetched, Mirror, Remote, SmartHttp};
use towpath::model::BranchName;
use towpath_sandbox::{Config, Fault, Faults, Permission, RepoHandle, RestMatcher, Sandbox};

use crate::story::run_git;

/// As whom git comes with an installation's token.
pub(crate) const GUEST: &str = "x-access-token";
pub(crate) const REFS: &str = "/acme/store.git/info/refs";
pub(crate) const QUESTION: &str = "/acme/store.git/git-upload-pack";
/// Whole in the words of the protocol.
pub(crate) const BAD_PACK: &str = "000dpackfile\n002a\x01PACK, but nothing that git could read0000";

/// Plants what goes wrong with one answer.
pub(crate) type Plant = Box<dyn Fn(RestMatcher) -> Fault>;

/// A repository on a server, and a mirror of it.
pub(crate) struct Served {
    pub(crate) github: Sandbox,
    pub(crate) store: RepoHandle,
    pub(crate) remote: Remote,
    pub(crate) mirror: Mirror,
    pub(crate) folder: TempDir,
}

impl Served {
    pub(crate) async fn new() -> Self {
        let github = Sandbox::start(Config::default()).await.unwrap();
        let store = github.repository("acme/store").default_branch("master").with(GUEST, Permission::Write);
        let store = store.create().await.unwrap();
        store.commit_on("master").orphan().file("README", "Acme\n").by(GUEST).await.unwrap();
        store.branch("topic").from("master").by(GUEST).await.unwrap();
        let authorization = Some(Authorization::installation_token("ghs"));
        let remote = Remote { url: store.clone_url(), authorization, allow_http: true, allow_file: false };
        let folder = TempDir::new().unwrap();
        let mirror =
            Mirror::new(folder.path().join("mirror.git")).asking_first(Arc::new(SmartHttp::default()));
        let served = Self { github, store, remote, mirror, folder };
        assert_eq!(served.fetch(&[]).await, Fetched::Asked, "it is made");
        served
    }

    pub(crate) async fn fetch(&self, pulls: &[u64]) -> Fetched {
        self.mirror.fetch(&self.remote, pulls).await.unwrap()
    }

    /// How often anybody has asked what the server can do: we once for each fetch, and git once more.
    pub(crate) fn greetings(&self) -> u64 {
        let counts = self.github.request_counts().into_iter();
        counts.filter(|(what, _)| what.contains("info/refs")).map(|(_, times)| times).sum()
    }

    /// Fetches, and tells whether no git did.
    pub(crate) async fn fetch_without_git(&self, pulls: &[u64]) -> bool {
        let before = self.greetings();
        self.fetch(pulls).await == Fetched::Asked && self.greetings() == before + 1
    }

    /// Where a branch of the mirror points.
    pub(crate) async fn mirrored(&self, branch: &str) -> Option<String> {
        let repository = self.mirror.repository(None);
        let tip = repository.branch(&BranchName::new(branch).unwrap()).await.unwrap();
        tip.map(|tip| tip.to_string())
    }

    pub(crate) async fn commit(&self, text: &str) -> String {
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
    type Planted = fn(&Faults) -> Fault;
    let plants: [(&str, Planted); 7] = [
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
        let mirror = asked_anew.asking_first(Arc::new(SmartHttp::default()));
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
    // What the server can do, which refs it has, and what is new.
    for (method, path, before) in [("GET", REFS, 0), ("POST", QUESTION, 0), ("POST", QUESTION, 1)] {
        let served = Served::new().await;
        served.commit("one\n").await;
        let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        other.set_nonblocking(true).unwrap();
        let address = format!("http://{}{path}", other.local_addr().unwrap());
        let sent_on = served.github.faults().rest(method, path).redirect(&address).after(before);
        served.mirror.fetch(&served.remote, &[]).await.unwrap_err();
        assert!(sent_on.hits() > 1, "{method} {before}: git asks as well");
        assert_eq!(other.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "{method} {before}");
    }
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_new_and_small_is_brought_without_a_git() {
    let served = Served::new().await;
    assert_eq!(served.fetch(&[]).await, Fetched::Unchanged);
    let commit = served.commit("one\n").await;
    assert!(served.fetch_without_git(&[]).await, "there is a commit more");
    assert_eq!(served.mirrored("topic").await, Some(commit.clone()));

    served.store.branch("other").from("topic").by(GUEST).await.unwrap();
    served.store.move_branch("topic").to(&served.store.tip("master").unwrap()).by(GUEST).await.unwrap();
    assert!(served.fetch_without_git(&[]).await, "a branch moved and one came, to where others are");
    assert_eq!(served.mirrored("other").await, Some(commit));
    assert_eq!(served.mirrored("topic").await, served.store.tip("master"));

    let number = served.store.open_pull("other").into("master").by(GUEST).await.unwrap().number();
    assert!(served.fetch_without_git(&[number]).await, "there is a pull request more");
    let mirror = Mirror::newest_in(&served.folder.path().join("mirror.git")).unwrap();
    run_git(&mirror, &["rev-parse", "--verify", "--quiet", &format!("refs/pull/{number}/head^{{commit}}")]);

    // After a restart nobody knows whether history is whole, which git finds out.
    let restarted = Mirror::new(served.folder.path().join("mirror.git"));
    let served = Served { mirror: restarted.asking_first(Arc::new(SmartHttp::default())), ..served };
    served.commit("two\n").await;
    assert!(!served.fetch_without_git(&[]).await);
    served.commit("three\n").await;
    assert!(served.fetch_without_git(&[]).await);

    // What is gone is taken away only where git says so too.
    served.store.delete_branch("other").by(GUEST).await.unwrap();
    let by_git = served.github.faults().rest("POST", QUESTION).status(500).after(1);
    served.mirror.fetch(&served.remote, &[]).await.unwrap_err();
    by_git.remove();
    assert!(served.mirrored("other").await.is_some());
    assert_eq!(served.fetch(&[]).await, Fetched::Asked);
    assert_eq!(served.mirrored("other").await, None);
    run_git(&mirror, &["fsck", "--connectivity-only"]);
    assert!(!served.folder.path().join("mirror.git/2").exists(), "it was made again");
}

/// The same numbers on every machine.
fn dice(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |sides| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % sides
    }
}

#[tokio::test]
async fn a_mirror_that_followed_a_history_is_as_one_that_git_makes_at_its_end() {
    let mut brought = 0;
    for seed in 1..=4 {
        let served = Served::new().await;
        let mut roll = dice(seed);
        let branches = ["master", "topic", "one", "two", "one-more"];
        for step in 0..24 {
            let mut pick = || branches[usize::try_from(roll(5)).unwrap()];
            let (branch, other) = (pick(), pick());
            let is_there = |branch: &str| served.store.tip(branch).is_some();
            match roll(8) {
                _ if !is_there(branch) => {
                    let from = if is_there(other) { other } else { "master" };
                    served.store.branch(branch).from(from).by(GUEST).await.unwrap();
                }
                0 if branch != "master" => served.store.delete_branch(branch).by(GUEST).await.unwrap(),
                1 if is_there(other) => {
                    let to = served.store.tip(other).unwrap();
                    served.store.move_branch(branch).to(&to).by(GUEST).await.unwrap();
                }
                2 => {
                    let text = format!("apart {step}\n");
                    served.store.commit_on(branch).orphan().file("cart", &text).by(GUEST).await.unwrap();
                }
                _ => {
                    let text = format!("{step}\n");
                    served.store.commit_on(branch).file("cart", &text).by(GUEST).await.unwrap();
                }
            }
            // Now and then several things are new at once.
            if roll(3) > 0 {
                brought += u32::from(served.fetch_without_git(&[]).await);
            }
        }
        served.fetch(&[]).await;
        let anew = Mirror::new(served.folder.path().join("anew.git"));
        anew.fetch(&served.remote, &[]).await.unwrap();
        let [followed, anew] = ["mirror.git", "anew.git"].map(|name| {
            let mirror = Mirror::newest_in(&served.folder.path().join(name)).unwrap();
            run_git(&mirror, &["fsck", "--connectivity-only"]);
            let refs = run_git(&mirror, &["for-each-ref"]);
            (refs, run_git(&mirror, &["rev-list", "--all", "--topo-order"]))
        });
        assert_eq!(followed, anew, "seed {seed}");
        assert!(!served.folder.path().join("mirror.git/2").exists(), "seed {seed}: it was made again");
    }
    assert!(brought > 30, "{brought}");
}

#[tokio::test]
async fn whatever_goes_wrong_with_what_is_sent_a_fetch_by_git_follows() {
    let answer = |body: &'static str| -> Plant { Box::new(move |rest| rest.answer(200, "text/plain", body)) };
    let plants: [(&str, Plant); 7] = [
        ("an error", Box::new(|rest: RestMatcher| rest.status(500))),
        ("a closed connection", Box::new(|rest: RestMatcher| rest.reset())),
        ("half a pack", Box::new(|rest: RestMatcher| rest.cut_short(60))),
        ("no pack", answer("0000")),
        ("no git", answer("<html>")),
        ("a refusal", answer("0020ERR upload-pack: not our ref0000")),
        ("a pack that is none", answer(BAD_PACK)),
    ];
    for (what, plant) in plants {
        let served = Served::new().await;
        let commit = served.commit("one\n").await;
        let fault = plant(served.github.faults().rest("POST", QUESTION)).after(1).times(1);
        assert_eq!(served.fetch(&[]).await, Fetched::Asked, "{what}");
        assert_eq!((served.mirrored("topic").await, fault.hits()), (Some(commit), 1), "{what}");
        assert_eq!(served.fetch(&[]).await, Fetched::Unchanged, "{what}");
        assert!(!served.folder.path().join("mirror.git/2").exists(), "{what}: it was made again");
    }
}

/// The older commits are in a pack of their own, and what is new and the branches say nothing of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mirror_that_has_lost_its_history_is_mended_by_the_next_news() {
    for is_restarted in [false, true] {
        let mut served = Served::new().await;
        let mirror = Mirror::newest_in(&served.folder.path().join("mirror.git")).unwrap();
        let packs =
            || std::fs::read_dir(mirror.join("objects/pack")).unwrap().map(|entry| entry.unwrap().path());
        let first: Vec<_> = packs().collect();
        let master = served.commit("one\n").await;
        served.store.move_branch("master").to(&master).by(GUEST).await.unwrap();
        assert!(served.fetch_without_git(&[]).await);
        for path in first {
            std::fs::remove_file(path).unwrap();
        }
        // It would answer for them.
        std::fs::remove_dir_all(mirror.join("objects/info/commit-graphs")).unwrap();
        assert!(packs().count() > 0);
        if is_restarted {
            let restarted = Mirror::new(served.folder.path().join("mirror.git"));
            served.mirror = restarted.asking_first(Arc::new(SmartHttp::default()));
        }
        // Where branches and their commits are there, it looks as if nothing was lost.
        assert_eq!(served.fetch(&[]).await, Fetched::Unchanged);
        let commit = served.commit("two\n").await;
        assert_eq!(served.fetch(&[]).await, Fetched::Asked);
        assert_eq!(served.mirrored("topic").await, Some(commit));
        let mended = Mirror::newest_in(&served.folder.path().join("mirror.git")).unwrap();
        assert_ne!(mended, mirror, "restarted: {is_restarted}");
        run_git(&mended, &["fsck", "--connectivity-only"]);
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
    for ((what, write), by_git) in writes.into_iter().flat_map(|write| [(write, false), (write, true)]) {
        let served = Served::new().await;
        served.commit("one\n").await;
        served.store.branch("moves").from("topic").by(GUEST).await.unwrap();
        served.fetch(&[]).await;
        let second = served.commit("two\n").await;
        served.store.move_branch("moves").to(&second).by(GUEST).await.unwrap();
        served.store.branch("comes").from("topic").by(GUEST).await.unwrap();

        if by_git {
            served.github.faults().rest("POST", QUESTION).status(500).after(1).times(1);
        }
        // Ours come first, for refs and for commits; git asks both again, after it has read what is here.
        let before = if by_git { 2 } else { 1 };
        let fault = served.github.faults().rest("POST", QUESTION).hold_answer().after(before).times(1);
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
