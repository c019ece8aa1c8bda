//! The mirror under attack: what breaks in it is found and mended, whoever works with it meanwhile.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use towpath::lineage::{Mirror, Remote};
use towpath::model::Outcome;

use crate::mirrors::{drop_mark, files_below, mirror, outcome, remote, told};
use crate::story::{Repo, name, run_git};

type Damage = fn(&Path);

/// The git directory that is in use.
fn place(folder: &Path) -> PathBuf {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let number = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u64>().ok();
    entries.filter(|path| number(path).is_some()).max_by_key(number).expect("a mirror was made")
}

fn packs(git_dir: &Path) -> Vec<PathBuf> {
    let files = files_below(&git_dir.join("objects/pack")).into_iter();
    files.filter(|path| path.extension().is_some_and(|it| it == "pack")).collect()
}

/// Cuts a file off in the middle. Packs are read-only.
fn cut_off(path: &Path) {
    let content = fs::read(path).unwrap();
    fs::remove_file(path).unwrap();
    fs::write(path, &content[..content.len() / 2]).unwrap();
}

/// Whatever is broken, the next fetch brings a mirror that answers.
const DAMAGES: [(&str, Damage); 12] = [
    ("no HEAD", |m| fs::remove_file(m.join("HEAD")).unwrap()),
    ("HEAD is nonsense", |m| fs::write(m.join("HEAD"), "nonsense").unwrap()),
    ("config cut off", |m| fs::write(m.join("config"), "[core\n").unwrap()),
    ("no config", |m| fs::remove_file(m.join("config")).unwrap()),
    ("a lock left behind", |m| fs::write(m.join("packed-refs.lock"), "").unwrap()),
    ("a ref's lock left behind", |m| fs::write(m.join("refs/heads/feature.lock"), "").unwrap()),
    ("refs are nonsense", |m| fs::write(m.join("packed-refs"), "nonsense\n").unwrap()),
    ("a ref without a commit", |m| {
        fs::write(m.join("refs/heads/integration"), "12345678".repeat(5)).unwrap();
    }),
    ("packs gone", |m| packs(m).iter().for_each(|file| fs::remove_file(file).unwrap())),
    ("packs cut off", |m| packs(m).iter().for_each(|file| cut_off(file))),
    ("objects are a file", |m| {
        fs::remove_dir_all(m.join("objects")).unwrap();
        fs::write(m.join("objects"), "").unwrap();
    }),
    ("the folder is gone", |m| fs::remove_dir_all(m).unwrap()),
];

/// What leaves the names of refs as they are.
const NAMES_STAY: [&str; 5] = [
    "a lock left behind",
    "a ref's lock left behind",
    "a ref without a commit",
    "packs gone",
    "packs cut off",
];

#[tokio::test]
async fn a_damaged_mirror_is_made_again() {
    let repo = told(|s| drop_mark(s.topic("topic", "integration")));
    run_git(repo.path(), &["update-ref", "refs/pull/7/head", &repo.tip("topic").to_string()]);
    for (what, damage) in DAMAGES {
        let (directory, mirror) = mirror();
        let remote = remote(repo.path());
        mirror.fetch(&remote, &[7]).await.unwrap();
        let folder = directory.path().join("mirror.git");
        run_git(&place(&folder), &["pack-refs", "--all"]);
        damage(&place(&folder));
        // Something comes and something goes, so that the fetch has to write.
        run_git(repo.path(), &["update-ref", "-d", "refs/heads/feature/f1"]);
        run_git(repo.path(), &["update-ref", "refs/heads/new", &repo.tip("integration").to_string()]);
        mirror.fetch(&remote, &[]).await.unwrap_or_else(|error| panic!("{what}: {error}"));
        run_git(repo.path(), &["update-ref", "refs/heads/feature/f1", &repo.tip("integration").to_string()]);
        run_git(repo.path(), &["update-ref", "-d", "refs/heads/new"]);
        let mirrored = mirror.repository(Some(remote));
        assert_eq!(outcome(&mirrored, &repo.pull("topic", "integration")).await, Outcome::Pass, "{what}");
        assert!(!mirror.is_suspect(), "{what}");
        // Where the names of refs could still be read, pull requests need not be fetched one by one.
        let kept = mirrored.resolve("refs/pull/7/head").await.unwrap().is_some();
        assert!(kept || !NAMES_STAY.contains(&what), "{what}");
    }
}

#[tokio::test]
async fn damage_that_a_question_meets_is_mended_by_the_next_fetch() {
    let repo = told(|s| drop_mark(s.topic("topic", "master")));
    // Where nothing has moved, a fetch by itself has no reason to read any of this.
    let middle: [(&str, Damage); 2] = [
        ("the first pack gone", |m| fs::remove_file(packs(m).first().unwrap()).unwrap()),
        ("an index gone", |m| fs::remove_file(packs(m)[0].with_extension("idx")).unwrap()),
    ];
    for (what, damage) in middle {
        let (directory, mirror) = mirror();
        let remote = remote(repo.path());
        mirror.fetch(&remote, &[]).await.unwrap();
        damage(&place(&directory.path().join("mirror.git")));
        let pull = repo.pull("topic", "integration");
        assert_eq!(outcome(&mirror.repository(None), &pull).await, Outcome::Unknown, "{what}");
        assert!(mirror.is_suspect(), "{what}");
        mirror.fetch(&remote, &[]).await.unwrap();
        assert!(!mirror.is_suspect(), "{what}");
        assert_eq!(outcome(&mirror.repository(None), &pull).await, Outcome::Fail, "{what}");
    }
}

#[tokio::test]
async fn a_false_alarm_costs_a_look_and_no_new_mirror() {
    let repo = told(|s| drop_mark(s.topic("topic", "master")));
    let (directory, mirror) = mirror();
    let remote = remote(repo.path());
    mirror.fetch(&remote, &[]).await.unwrap();
    let before = place(&directory.path().join("mirror.git"));
    let (packs, away) = (before.join("objects/pack"), before.join("objects/away"));
    fs::rename(&packs, &away).unwrap();
    assert_eq!(outcome(&mirror.repository(None), &repo.pull("topic", "integration")).await, Outcome::Unknown);
    assert!(mirror.is_suspect());
    fs::remove_dir_all(&packs).unwrap_or_default();
    fs::rename(&away, &packs).unwrap();
    mirror.fetch(&remote, &[]).await.unwrap();
    assert!(!mirror.is_suspect());
    assert_eq!(place(&directory.path().join("mirror.git")), before);
}

#[tokio::test]
async fn what_else_lies_in_its_folder_is_removed() {
    let repo = told(|_| {});
    let (directory, first) = mirror();
    let folder = directory.path().join("mirror.git");
    let remote = remote(repo.path());
    first.fetch(&remote, &[]).await.unwrap();
    let newest = place(&folder);
    fs::create_dir_all(folder.join("7.new/objects")).unwrap();
    fs::create_dir_all(folder.join("9")).unwrap();
    fs::write(folder.join("HEAD"), "").unwrap();
    fs::write(newest.join("objects/pack/tmp_pack_Xy12"), "half").unwrap();
    drop(first);
    let again = Mirror::new(&folder);
    assert!(again.exists());
    let left: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(left, [newest.as_path()]);
    again.fetch(&remote, &[]).await.unwrap();
    assert!(!newest.join("objects/pack/tmp_pack_Xy12").exists());
    assert_eq!(place(&folder), newest, "it is taken up, not made again");

    let in_the_way = directory.path().join("file.git");
    fs::write(&in_the_way, "a file").unwrap();
    let made = Mirror::new(&in_the_way);
    made.fetch(&remote, &[]).await.unwrap();
    assert!(made.exists());
}

#[tokio::test]
async fn whoever_asks_is_answered_though_the_mirror_goes() {
    let repo = told(|s| drop_mark(s.topic("topic", "integration")));
    let (directory, mirror) = mirror();
    let remote = remote(repo.path());
    mirror.fetch(&remote, &[]).await.unwrap();
    let asked = mirror.repository(Some(remote.clone()));
    assert!(mirror.evict());
    assert!(!mirror.exists());
    assert_eq!(outcome(&asked, &repo.pull("topic", "integration")).await, Outcome::Pass);
    mirror.fetch(&remote, &[]).await.unwrap();
    assert_eq!(outcome(&asked, &repo.pull("topic", "integration")).await, Outcome::Pass);
    drop(asked);
    let folder = directory.path().join("mirror.git");
    until(|| fs::read_dir(&folder).unwrap().count() == 1).await;
    mirror.discard().await;
    until(|| !folder.exists() || fs::read_dir(&folder).unwrap().count() == 0).await;
    assert_eq!(mirror.size().await, 0);
}

async fn until(there: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if there() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it did not come");
}

#[tokio::test]
async fn rewritten_history_is_followed() {
    let repo = told(|s| drop_mark(s.topic("topic", "integration")));
    let (_directory, mirror) = mirror();
    let remote = remote(repo.path());
    mirror.fetch(&remote, &[]).await.unwrap();
    let git = |arguments: &[&str]| run_git(repo.path(), arguments);
    let (old, new) = (repo.tip("topic").to_string(), repo.tip("production").to_string());
    // A folder of branches where a branch was, and a branch where a folder was.
    for (gone, comes) in [("topic", "topic/deeper/still"), ("topic/deeper/still", "topic/deeper")] {
        git(&["update-ref", "-d", &format!("refs/heads/{gone}")]);
        git(&["update-ref", &format!("refs/heads/{comes}"), &old]);
        mirror.fetch(&remote, &[]).await.unwrap();
        let mirrored = mirror.repository(None);
        assert!(mirrored.branch(&name(comes)).await.unwrap().is_some(), "{comes}");
        assert!(mirrored.branch(&name(gone)).await.unwrap().is_none(), "{gone}");
    }
    // Every branch of the path deleted and made again elsewhere, and the default branch renamed.
    for branch in ["integration", "staging"] {
        git(&["update-ref", "-d", &format!("refs/heads/{branch}")]);
    }
    mirror.fetch(&remote, &[]).await.unwrap();
    assert!(mirror.repository(None).branch(&name("integration")).await.unwrap().is_none());
    git(&["update-ref", "refs/heads/integration", &new]);
    git(&["update-ref", "refs/heads/main", &new]);
    git(&["symbolic-ref", "HEAD", "refs/heads/main"]);
    git(&["update-ref", "-d", "refs/heads/master"]);
    mirror.fetch(&remote, &[]).await.unwrap();
    let mirrored = mirror.repository(None);
    assert_eq!(mirrored.branch(&name("integration")).await.unwrap().unwrap().to_string(), new);
    assert!(mirrored.branch(&name("master")).await.unwrap().is_none());
    // Nothing left at all.
    for branch in git(&["for-each-ref", "--format=%(refname)"]).lines() {
        git(&["update-ref", "-d", branch]);
    }
    mirror.fetch(&remote, &[]).await.unwrap();
    assert!(mirror.repository(None).branch(&name("main")).await.unwrap().is_none());
}

/// What many do at once with one mirror, each for itself.
async fn work(turn: usize, mirror: Arc<Mirror>, repo: Arc<Repo>, remote: Remote) {
    for round in 0..6 {
        match (turn + round) % 4 {
            0 => {
                mirror.evict();
            }
            1 => mirror.discard().await,
            _ => {}
        }
        mirror.fetch(&remote, &[]).await.unwrap();
        let mirrored = mirror.repository(Some(remote.clone()));
        for (head, expected) in [("good", Outcome::Pass), ("bad", Outcome::Fail)] {
            let found = outcome(&mirrored, &repo.pull(head, "integration")).await;
            // Taken away between the fetch and the question: that is no verdict, and never a wrong one.
            assert!(found == expected || found == Outcome::Unknown, "{head}: {found:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn those_who_fetch_ask_and_throw_away_at_once_get_in_nobodys_way() {
    let repo = Arc::new(told(|s| {
        s.topic("good", "integration");
        s.topic("bad", "master");
    }));
    let (directory, mirror) = mirror();
    let mirror = Arc::new(mirror);
    let remote = remote(repo.path());
    let all =
        (0..8).map(|turn| tokio::spawn(work(turn, Arc::clone(&mirror), Arc::clone(&repo), remote.clone())));
    for one in all.collect::<Vec<_>>() {
        one.await.unwrap();
    }
    mirror.fetch(&remote, &[]).await.unwrap();
    let folder = directory.path().join("mirror.git");
    until(|| fs::read_dir(&folder).unwrap().count() == 1).await;
    let mirrored = mirror.repository(Some(remote));
    assert_eq!(outcome(&mirrored, &repo.pull("bad", "integration")).await, Outcome::Fail);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn questions_that_fetch_files_are_no_damage_to_a_fetch_beside_them() {
    const ROUNDS: usize = 24;
    let (mut releases, mut others) = (Vec::new(), Vec::new());
    let repo = told(|s| {
        for round in 0..ROUNDS {
            releases.push(s.write("integration", &format!("f{round}"), "new\n"));
            let other = format!("other{round}");
            s.point_at(&other, "staging");
            others.push(s.write(&other, &format!("o{round}"), "new\n"));
        }
    });
    for configuration in ["uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"] {
        run_git(repo.path(), &["config", configuration, "true"]);
    }
    let (directory, mirror) = mirror();
    let remote = Remote { url: format!("file://{}", repo.path().display()), ..remote(repo.path()) };
    run_git(repo.path(), &["update-ref", "refs/heads/integration", &repo.id(releases[0]).to_string()]);
    mirror.fetch(&remote, &[]).await.unwrap();
    let mut asked = Vec::new();
    for round in 1..ROUNDS {
        // Each needs files that nobody had to fetch before, while the next fetch brings commits.
        for (head, base) in
            [(releases[round - 1], others[round - 1]), (others[round - 1], releases[round - 1])]
        {
            let (mirrored, repo) = (mirror.repository(Some(remote.clone())), &repo);
            let mut pull = repo.pull("integration", "staging");
            (pull.head.commit, pull.base.commit) = (repo.id(head), repo.id(base));
            asked.push(tokio::spawn(async move { outcome(&mirrored, &pull).await }));
        }
        run_git(
            repo.path(),
            &["update-ref", "refs/heads/integration", &repo.id(releases[round]).to_string()],
        );
        mirror.fetch(&remote, &[]).await.unwrap();
    }
    let mut unknown = 0;
    for one in asked {
        unknown += usize::from(one.await.unwrap() == Outcome::Unknown);
    }
    assert_eq!(unknown, 0);
    let used = place(&directory.path().join("mirror.git"));
    assert_eq!(used.file_name().unwrap(), "1", "it was never made again");
}
