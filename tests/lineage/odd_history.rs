//! Histories with objects that git would not write today: old importers and wrong clocks left them behind.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;
use towpath::engine::judge::judge;
use towpath::lineage::{Ledger, Mirror, Remote, Repository};
use towpath::model::{Outcome, PromotionPath, PullEnds, UnixSeconds, Verdict};

use crate::command_line::told;
use crate::story::{Repo, run_git};

/// Names and dates that git complains of, with what it calls them.
const ODD_PEOPLE: [(&str, &str); 10] = [
    ("badTimezone", "Ada <ada@example.org> 1000000000 +051800"),
    ("missingSpaceBeforeEmail", "Ada<ada@example.org> 1000000000 +0000"),
    ("missingNameBeforeEmail", "<ada@example.org> 1000000000 +0000"),
    ("missingSpaceBeforeDate", "Ada <ada@example.org>1000000000 +0000"),
    ("badEmail", "Ada <ada@example.org 1000000000 +0000"),
    ("missingEmail", "Ada 1000000000 +0000"),
    ("badName", "Ada> <ada@example.org> 1000000000 +0000"),
    ("badDate", "Ada <ada@example.org> yesterday +0000"),
    ("badDateOverflow", "Ada <ada@example.org> 99999999999999999999 +0000"),
    ("zeroPaddedDate", "Ada <ada@example.org> 01000000000 +0000"),
];

/// Writes an object down, whatever git thinks of it.
fn write(repo: &Path, kind: &str, content: &[u8]) -> String {
    let mut child = Command::new("git")
        .args(["hash-object", "-t", kind, "-w", "--literally", "--stdin"])
        .env("GIT_DIR", repo)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(content).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A commit whose lines after the parent are these, on a branch that may be new.
fn commit_odd(repo: &Repo, branch: &str, parent: &str, tree: &str, lines: &[u8]) -> String {
    let start = format!("tree {tree}\nparent {parent}\n");
    let id = write(repo.path(), "commit", &[start.as_bytes(), lines].concat());
    run_git(repo.path(), &["update-ref", &format!("refs/heads/{branch}"), &id]);
    id
}

/// One entry of a tree as git stores it.
fn entry(mode: &str, name: &str, id: &str) -> Vec<u8> {
    [format!("{mode} {name}\0").into_bytes(), hex::decode(id).unwrap()].concat()
}

fn object(repo: &Repo, what: &str) -> String {
    run_git(repo.path(), &["rev-parse", what]).trim().to_owned()
}

/// The pull request between two branches as they are now.
fn pull(repo: &Repo, head: &str, base: &str) -> PullEnds {
    let mut pull = repo.pull("integration", base);
    pull.head.branch = Some(head.parse().unwrap());
    pull.head.commit = object(repo, &format!("refs/heads/{head}")).parse().unwrap();
    pull.base.commit = object(repo, &format!("refs/heads/{base}")).parse().unwrap();
    pull
}

/// A mirror of the repository, with the folder it is kept in.
async fn mirrored(repo: &Repo) -> (TempDir, Repository) {
    let url = repo.path().display().to_string();
    let remote = Remote { url, authorization: None, allow_http: false, allow_file: true };
    let folder = TempDir::new().unwrap();
    let mirror = Mirror::new(folder.path().join("mirror.git"));
    mirror.fetch(&remote, &[]).await.unwrap();
    (folder, mirror.repository(Some(remote)))
}

async fn verdict(repository: &Repository, pull: &PullEnds) -> Verdict {
    judge(repository, &PromotionPath::pro(), pull, &Ledger::default()).await
}

/// Commits whose lines after the parent are odd, with what git calls that.
fn odd_commits() -> Vec<(&'static str, String)> {
    const GOOD: &str = "Ada <ada@example.org> 1000000000 +0000";
    let mut odd = vec![
        ("multipleAuthors", format!("author {GOOD}\nauthor {GOOD}\ncommitter {GOOD}\n\ntwo\n")),
        ("missingAuthor", format!("committer {GOOD}\n\nnobody\n")),
        ("missingCommitter", format!("author {GOOD}\n\nnobody\n")),
        ("nulInCommit", format!("author {GOOD}\ncommitter {GOOD}\n\nnul\0here\n")),
    ];
    for (what, person) in ODD_PEOPLE {
        odd.push((what, format!("author {person}\ncommitter {GOOD}\n\n{what}\n")));
        odd.push((what, format!("author {GOOD}\ncommitter {person}\n\n{what}\n")));
    }
    odd
}

/// What git says of everything in a repository.
fn complaints(repo: &Repo) -> String {
    let output = Command::new("git").arg("fsck").env("GIT_DIR", repo.path()).output().unwrap();
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn commits_with_odd_people_and_dates_are_judged_like_others() {
    for (what, lines) in odd_commits() {
        let repo = told(|_| {});
        let mut tip = object(&repo, "integration");
        let tree = object(&repo, "integration^{tree}");
        for branch in ["topic", "topic", "integration"] {
            tip = commit_odd(&repo, branch, &tip, &tree, lines.as_bytes());
        }
        assert!(complaints(&repo).contains(what), "{what}: {}", complaints(&repo));
        let opened = Repository::open(repo.path()).await.unwrap();
        let (_folder, mirror) = mirrored(&repo).await;
        for (head, base) in [("topic", "integration"), ("integration", "staging"), ("topic", "production")] {
            let pull = pull(&repo, head, base);
            let there = verdict(&mirror, &pull).await;
            assert_eq!(there, verdict(&opened, &pull).await, "{lines}");
            assert_ne!(there.outcome(), Outcome::Unknown, "{lines}{there:?}");
        }
        let tip = tip.parse().unwrap();
        let line = mirror.first_parents(tip, UnixSeconds(2_000_000_000)).await.unwrap();
        assert_eq!(line.last().map(|(commit, _)| *commit), Some(tip), "{lines}");
    }
}

/// Staging gets a direct commit of this tree, so that trees have to be compared and merged: the verdict in
/// the repository itself, and the one in a mirror.
async fn with_tree_on_staging(entries: impl Fn(&Repo) -> Vec<u8>) -> (Verdict, Verdict) {
    let repo = told(|_| {});
    let tree = write(repo.path(), "tree", &entries(&repo));
    let tip = object(&repo, "staging");
    let person = "Ada <ada@example.org> 1700100000 +0000";
    commit_odd(
        &repo,
        "staging",
        &tip,
        &tree,
        format!("author {person}\ncommitter {person}\n\ndirect\n").as_bytes(),
    );
    let pull = pull(&repo, "integration", "staging");
    let opened = Repository::open(repo.path()).await.unwrap();
    let (_folder, mirror) = mirrored(&repo).await;
    (verdict(&opened, &pull).await, verdict(&mirror, &pull).await)
}

#[tokio::test]
async fn trees_with_padded_modes_are_judged_like_others() {
    let (here, there) = with_tree_on_staging(|repo| {
        let folder = object(repo, "staging^{tree}");
        entry("040000", "folder", &folder)
    })
    .await;
    assert_eq!(here, there);
    assert_eq!(there.outcome(), Outcome::Fail, "{there:?}");
}

/// The entries of a tree, which may name objects of the repository.
type Entries = fn(&Repo) -> Vec<u8>;

#[tokio::test]
async fn trees_that_could_do_harm_are_still_refused() {
    let trees: [(&str, Entries); 5] = [
        ("hasDotgit", |repo| entry("40000", ".git", &object(repo, "staging^{tree}"))),
        ("hasDotgit", |repo| {
            let folder = object(repo, "staging^{tree}");
            [entry("40000", ".git", &folder), entry("040000", "padded", &folder)].concat()
        }),
        ("hasDotdot", |repo| entry("40000", "..", &object(repo, "staging^{tree}"))),
        ("duplicateEntries", |repo| {
            let file = write(repo.path(), "blob", b"x");
            [entry("100644", "x", &file), entry("100644", "x", &file)].concat()
        }),
        ("gitmodulesSymlink", |repo| entry("120000", ".gitmodules", &write(repo.path(), "blob", b"/etc"))),
    ];
    for (what, entries) in trees {
        let (_, there) = with_tree_on_staging(entries).await;
        assert_eq!(there.outcome(), Outcome::Unknown, "{what}: {there:?}");
        assert!(format!("{there:?}").contains(what), "it is said why: {there:?}");
    }
}

#[tokio::test]
async fn submodules_are_no_obstacle_and_their_addresses_are_never_asked() {
    for url in ["https://example.invalid/x.git", "--upload-pack=touch pwned"] {
        let (here, there) = with_tree_on_staging(|repo| {
            let modules = format!("[submodule \"x\"]\n\tpath = x\n\turl = {url}\n");
            let modules = write(repo.path(), "blob", modules.as_bytes());
            [entry("100644", ".gitmodules", &modules), entry("160000", "x", &object(repo, "staging"))]
                .concat()
        })
        .await;
        assert_eq!(here, there, "{url}");
        assert_eq!(there.outcome(), Outcome::Fail, "{url}: {there:?}");
    }
}

/// Where clocks were wrong, git lists a commit among those that a branch does not have though it has it. What is asked next of the
/// same two is not answered by that.
#[tokio::test]
async fn a_commit_far_in_the_future_is_reached_whatever_was_listed_before() {
    let repo = told(|s| s.point_at("old", "integration"));
    let tree = object(&repo, "refs/heads/integration^{tree}");
    let person = |seconds: u32| {
        let line = format!("Ada <ada@example.org> {seconds} +0000");
        format!("author {line}\ncommitter {line}\n\nodd\n").into_bytes()
    };
    let first =
        commit_odd(&repo, "old", &object(&repo, "refs/heads/integration"), &tree, &person(2_000_000_000));
    let mut tip = first.clone();
    for second in 1..=10 {
        tip = commit_odd(&repo, "new", &tip, &tree, &person(1_500_000_000 + second));
    }
    let tip = commit_odd(&repo, "new", &tip, &tree, &person(2_100_000_000));
    let (_folder, mirrored) = mirrored(&repo).await;
    let (old, new) = (first.parse().unwrap(), tip.parse().unwrap());
    mirrored.brought(old, new).await.unwrap();
    assert!(mirrored.reaches(new, old).await.unwrap());
    assert!(!mirrored.reaches(old, new).await.unwrap());
    assert_eq!(mirrored.merge_base(old, new).await.unwrap(), Some(old));
    assert!(mirrored.reaches(new, old).await.unwrap());
}
