//! What is written and said without a git is what git writes and says: random histories, made both ways.

use std::collections::HashSet;

use super::known::At;
use super::*;

const BY_HAND: u64 = 1;
const BY_GIT: u64 = 2;

const PATHS: [&str; 15] = [
    "a",
    "a/b",
    "a/b/c",
    "a/b-c",
    "a-b",
    "a.b",
    "a0",
    "b",
    "b/c",
    "README.md",
    ".github/workflows/check.yml",
    "c d/e f",
    "z/y/x/w",
    "z/y/x0",
    "[x]*",
];

const CONTENTS: [&[u8]; 9] = [
    b"",
    b"one",
    b"one\n",
    b"one\ntwo\n",
    b"two\none\n",
    b"one\nthree\ntwo\n",
    b"\0bytes\n",
    b"0\n\n\n",
    b"\r\nx",
];

const MESSAGES: [&str; 6] = ["", "Change", "Change\n", "\n\nChange\n\n", "ünï\n\nmore\r\n", "a\n\n\nb\n"];

/// The same numbers for the same seed, on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(self.0 >> 33).unwrap() % sides
    }

    fn pick<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.roll(u32::try_from(all.len()).unwrap()) as usize].clone()
    }
}

/// Two repositories, and the commits that both have.
struct Twins {
    folder: tempfile::TempDir,
    git: Git,
    commits: Vec<String>,
    dice: Dice,
    merged_by_hand: usize,
}

impl Twins {
    async fn new(seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let git = Git::new(folder.path().to_path_buf());
        for repository in [BY_HAND, BY_GIT] {
            git.init(repository, "main").await.unwrap();
        }
        Self { folder, git, commits: Vec::new(), dice: Dice(seed), merged_by_hand: 0 }
    }

    /// One that knows nothing of them but what is on the disk.
    fn stranger(&self) -> Git {
        Git::new(self.folder.path().to_path_buf())
    }

    fn signature(&mut self) -> Signature {
        let name = self.dice.pick(&["ada", "bob", "github-actions[bot]"]);
        // Some at the same time, some earlier than their parents.
        let steps = i64::try_from(self.commits.len() / 2).unwrap();
        Signature::of(name, 1_700_000_000 + 60 * steps - i64::from(self.dice.roll(120)))
    }

    fn changes(&mut self) -> Vec<(String, Option<Vec<u8>>)> {
        let count = self.dice.roll(3);
        let change = |dice: &mut Dice| {
            let content = (dice.roll(5) > 0).then(|| dice.pick(&CONTENTS).to_vec());
            (dice.pick(&PATHS).to_owned(), content)
        };
        (0..=count).map(|_| change(&mut self.dice)).collect()
    }

    async fn grow(&mut self) {
        let message = self.dice.pick(&MESSAGES).to_owned();
        let parents = match self.dice.roll(20) {
            _ if self.commits.is_empty() => Vec::new(),
            0 => Vec::new(),
            1..=3 => vec![self.dice.pick(&self.commits)],
            _ => self.commits.last().cloned().into_iter().collect(),
        };
        let new = NewCommit { parents, files: self.changes(), message, author: self.signature() };
        let by_git = self.git.commit_by_git(BY_GIT, &new).await.unwrap();
        assert_eq!(self.git.commit_plainly(BY_HAND, &new).await, Some(by_git.clone()), "{new:?}");
        self.commits.push(by_git);
    }

    async fn merge(&mut self) {
        let (ours, theirs) = (self.dice.pick(&self.commits), self.dice.pick(&self.commits));
        let base = (self.dice.roll(3) == 0).then(|| self.dice.pick(&self.commits));
        let by_git = self.git.merge_by_git(BY_GIT, base.as_deref(), &ours, &theirs).await.unwrap();
        let by_hand = self.git.merge_plainly(BY_HAND, base.as_deref(), &ours, &theirs).await;
        self.merged_by_hand += usize::from(by_hand.is_some());
        match (&by_git, &by_hand) {
            (Tree::Clean(tree), Some(by_hand)) => assert_eq!(tree, by_hand),
            (Tree::Conflict, Some(_)) => panic!("{ours} and {theirs} from {base:?} are in conflict"),
            (Tree::Clean(_), None) => {
                self.git.merge_by_git(BY_HAND, base.as_deref(), &ours, &theirs).await.unwrap();
            }
            (Tree::Conflict, None) => {}
        }
        let Tree::Clean(tree) = by_git else { return };
        let (author, committer) = (self.signature(), self.signature());
        let message = self.dice.pick(&MESSAGES);
        let parents = [ours, theirs];
        let info = CommitInfo::new(tree, parents.to_vec(), author, committer);
        let by_git = self.git.commit_tree_by_git(BY_GIT, &info, message).await.unwrap();
        let by_hand = self.git.write_commit(BY_HAND, &info, message, Vec::new()).await;
        // Of two parents that are the same, git drops one.
        if parents[0] != parents[1] {
            assert_eq!(by_hand, Some(by_git.clone()));
            self.commits.push(by_git);
        }
    }

    /// Compares what is said of all commits, and of pairs of them.
    async fn compare(&mut self, repository: u64, git: &Git, step: usize) {
        let mut counted = 0;
        // The others are met as those that these come from.
        for sha in self.commits.clone().into_iter().step_by(step) {
            let by_git = self.git.commits_by_git(BY_GIT, &["--max-count=1", &sha]).await.unwrap().pop();
            assert_eq!(git.described(repository, &sha), by_git);
            let (other, more) = (self.dice.pick(&self.commits), self.dice.pick(&self.commits));
            let (range, without) = (format!("{other}..{sha}"), format!("^{more}"));
            let asked = [vec![&*range], vec!["--no-merges", &range], vec!["--max-count=4", &sha, &without]];
            for args in asked {
                let by_hand = git.described_range(repository, &args);
                assert_eq!(by_hand.unwrap(), self.git.commits_by_git(BY_GIT, &args).await.unwrap());
            }
            let none = Stats::default();
            if let Some(by_hand) = git.counted(repository, (&other, &sha), none) {
                let by_git = self.git.counted_by_git(BY_GIT, (&other, &sha), none).await.unwrap();
                assert_eq!(by_hand, by_git, "{other}...{sha}");
                counted += 1;
            }
            self.compare_path(repository, git, &sha).await;
        }
        assert!(counted > self.commits.len() / step / 3, "{counted} of {}", self.commits.len());
    }

    async fn compare_path(&mut self, repository: u64, git: &Git, sha: &str) {
        let path = self.dice.pick(&PATHS);
        let asked = format!("{sha}:{path}\n");
        let said = self.git.ask(BY_GIT, &["cat-file", "--batch"], Some(asked.as_bytes()), &[]).await;
        let by_git = object(&said.unwrap().out);
        match git.file_at(repository, sha, path) {
            At::Nothing => assert_eq!(by_git, None, "{asked}"),
            At::File(by_hand) => assert_eq!(Some(by_hand), by_git, "{asked}"),
            At::Unknown => assert_eq!(by_git.unwrap().kind, "tree", "{asked}"),
        }
    }
}

#[tokio::test]
async fn random_histories_are_written_and_told_as_git_does() {
    let mut merged = 0;
    for seed in 1..=3 {
        let mut twins = Twins::new(seed).await;
        for _ in 0..20 {
            twins.grow().await;
            twins.merge().await;
        }
        merged += twins.merged_by_hand;
        let stranger = twins.stranger();
        let knowing = std::mem::replace(&mut twins.git, stranger);
        twins.compare(BY_HAND, &knowing, 2).await;
        for repository in [BY_HAND, BY_GIT] {
            let stranger = twins.stranger();
            twins.compare(repository, &stranger, 4).await;
        }
        let tips = twins.commits.iter().map(|sha| format!("update refs/heads/{sha} {sha}\n"));
        let script: String = tips.collect();
        let git = &twins.git;
        git.feed(BY_HAND, &["update-ref", "--stdin"], Some(script.as_bytes()), &[]).await.unwrap();
        let said = git.ask(BY_HAND, &["fsck", "--strict", "--no-dangling"], None, &[]).await.unwrap();
        assert_eq!((said.code, said.text().as_str()), (0, ""), "{}", said.err);
    }
    assert!(merged > 30, "{merged}");
}

/// The objects of a pack.
async fn unpacked(git: &Git, pack: &[u8]) -> HashSet<String> {
    const APART: u64 = 3;
    git.init(APART, "main").await.unwrap();
    git.feed(APART, &["unpack-objects", "-q"], Some(pack), &[]).await.unwrap();
    let list = ["cat-file", "--batch-all-objects", "--batch-check=%(objectname)"];
    let listed = git.run(APART, &list).await.unwrap();
    git.remove(APART).await;
    listed.lines().map(str::to_owned).collect()
}

async fn objects_of(git: &Git, args: Vec<String>) -> HashSet<String> {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    git.run(BY_GIT, &args).await.unwrap().lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_fetch_brings_what_is_reached_and_not_there() {
    let mut twins = Twins::new(4).await;
    for _ in 0..12 {
        twins.grow().await;
        twins.merge().await;
    }
    let mut sizes = Vec::new();
    for (number, (left_out, filter)) in (0_u64..).zip(
        [
            (LeftOut::Nothing, None),
            (LeftOut::Files, Some("--filter=blob:none")),
            (LeftOut::Trees, Some("--filter=tree:0")),
        ]
        .repeat(8),
    ) {
        let pick = |dice: &mut Dice, most| -> Vec<String> {
            (0..dice.roll(most)).map(|_| dice.pick(&twins.commits)).collect()
        };
        let mut wants = vec![twins.commits[twins.commits.len() - 1].clone()];
        wants.extend(pick(&mut twins.dice, 3));
        let haves = pick(&mut twins.dice, 4);
        if number % 4 == 0 {
            for want in &mut wants {
                *want = tree_of(&twins.git, want).await;
            }
        }
        let [reached, there] = [&wants, &haves].map(|tips| {
            let mut args = vec!["rev-list", "--objects", "--no-object-names"];
            args.extend(filter);
            args.extend(tips.iter().map(String::as_str));
            args.into_iter().map(str::to_owned).collect::<Vec<_>>()
        });
        let reached = objects_of(&twins.git, reached).await;
        let there = if haves.is_empty() { HashSet::new() } else { objects_of(&twins.git, there).await };
        let unknown = "1".repeat(40);
        let wanted = Wanted { wants, haves: [haves, vec![unknown]].concat(), left_out };
        let brought = unpacked(&twins.git, &twins.stranger().packed(BY_HAND, &wanted).unwrap()).await;
        assert!(brought.is_subset(&reached), "{wanted:?}");
        assert!(reached.difference(&there).all(|object| brought.contains(object)), "{wanted:?}");
        sizes.push((brought.len(), reached.len()));
    }
    let some = sizes.iter().filter(|(brought, reached)| *brought > 3 && brought < reached).count();
    assert!(some > 9, "{sizes:?}");
}

async fn tree_of(git: &Git, commit: &str) -> String {
    git.run(BY_GIT, &["rev-parse", &format!("{commit}^{{tree}}")]).await.unwrap()
}

#[tokio::test]
async fn what_git_finds_in_conflict_is_not_merged_by_hand() {
    let twins = Twins::new(1).await;
    let git = &twins.git;
    let commit = async |parent: Option<&String>, files: &[(&str, Option<&str>)]| {
        let files =
            files.iter().map(|(path, text)| ((*path).to_owned(), text.map(|it| it.as_bytes().to_vec())));
        let new = NewCommit {
            parents: parent.into_iter().cloned().collect(),
            files: files.collect(),
            message: "a".to_owned(),
            author: Signature::of("ada", 1_700_000_000),
        };
        git.commit_plainly(BY_HAND, &new).await.unwrap()
    };
    let base =
        commit(None, &[("old/a", Some("1\n2\n3\n")), ("old/b", Some("4\n5\n6\n")), ("c", Some("c\n"))]).await;
    let moved = [("old", None), ("new/a", Some("1\n2\n3\n")), ("new/b", Some("4\n5\n6\n"))];
    for (ours, theirs) in [
        (&moved[..], &[("old/c", Some("in a folder that has moved"))][..]),
        (&[("x", Some("a file"))], &[("x/y", Some("in a folder"))]),
        (&[("c", None)], &[("c", Some("changed"))]),
        (&[("c", Some("changed"))], &[("c", Some("in another way"))]),
        (&[("c/d", Some("a folder"))], &[("c", Some("changed"))]),
    ] {
        let (ours, theirs) = (commit(Some(&base), ours).await, commit(Some(&base), theirs).await);
        for (one, other) in [(&ours, &theirs), (&theirs, &ours)] {
            assert_eq!(git.merge_by_git(BY_HAND, None, one, other).await.unwrap(), Tree::Conflict);
            assert_eq!(git.merge_plainly(BY_HAND, None, one, other).await, None);
        }
    }
}

#[tokio::test]
async fn what_others_pushed_is_read_unless_it_is_odd() {
    let twins = Twins::new(1).await;
    let git = &twins.git;
    let author = Signature::of("ada", 1_700_000_000);
    let pushed = async |repository: u64, entries: &str| {
        let blob = git.feed(repository, &["hash-object", "-w", "--stdin"], Some(b"a"), &[]).await.unwrap();
        let lines = entries.replace("BLOB", &blob);
        let tree = git.feed(repository, &["mktree", "--missing"], Some(lines.as_bytes()), &[]).await.unwrap();
        let info = CommitInfo::new(tree, Vec::new(), author.clone(), author.clone());
        git.commit_tree_by_git(repository, &info, "a").await.unwrap()
    };
    let entries = "100755 blob BLOB\trun\n120000 blob BLOB\tlink\n100644 blob BLOB\tplain\n";
    for repository in [BY_HAND, BY_GIT] {
        pushed(repository, entries).await;
    }
    let first = pushed(BY_HAND, entries).await;
    let stranger = twins.stranger();
    let told = git.commits_by_git(BY_GIT, &["--max-count=1", &first]).await.unwrap().pop();
    assert_eq!(stranger.described(BY_HAND, &first), told);
    let new = NewCommit {
        parents: vec![first],
        files: ["run", "link/a"].map(|path| (path.to_owned(), Some(b"a".to_vec()))).to_vec(),
        message: "a".to_owned(),
        author: author.clone(),
    };
    let by_git = git.commit_by_git(BY_GIT, &new).await.unwrap();
    assert_eq!(stranger.commit_plainly(BY_HAND, &new).await, Some(by_git.clone()));
    let told = git.commits_by_git(BY_GIT, &["--max-count=1", &by_git]).await.unwrap().pop();
    assert_eq!(stranger.described(BY_HAND, &by_git), told);
    // A folder with nothing in it, and a mode that git no longer writes.
    objects::write(&git.path(BY_HAND), &[objects::Loose::new(objects::Kind::Tree, b"")]).unwrap();
    let empty = "040000 tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\tnothing\n100644 blob BLOB\tplain\n";
    for odd in [empty, "100664 blob BLOB\tplain\n"] {
        let sha = pushed(BY_HAND, odd).await;
        assert!(twins.stranger().files_of(BY_HAND, &sha).is_none(), "{odd}");
    }
}

#[tokio::test]
async fn what_is_not_known_is_left_to_git() {
    let twins = Twins::new(1).await;
    let git = &twins.git;
    let author = Signature::of("ada", 1_700_000_000);
    let commit = |path: &str, parents: &[&str]| NewCommit {
        parents: parents.iter().map(|it| (*it).to_owned()).collect(),
        files: vec![(path.to_owned(), Some(b"a".to_vec()))],
        message: "a".to_owned(),
        author: author.clone(),
    };
    let first = git.commit(BY_HAND, &commit("a", &[])).await.unwrap();
    let nobody = "1".repeat(40);
    let odd =
        [commit("ü", &[]), commit("a//b", &[]), commit("a", &[&nobody]), commit("a", &[&first, &first])];
    for new in odd {
        assert_eq!(git.commit_plainly(BY_HAND, &new).await, None, "{new:?}");
    }
    // Another repository has neither the commit nor its tree.
    let info = git.described(BY_HAND, &first).unwrap();
    assert_eq!(git.commit_plainly(BY_GIT, &commit("b", &[&first])).await, None);
    for (tree, parent) in [(&info.tree, &first), (&nobody, &first)] {
        assert!(git.commit_tree(BY_GIT, tree, &[parent], "a", &author, &author).await.is_err());
    }
    assert!(git.commit_tree(BY_HAND, &nobody, &[&first], "a", &author, &author).await.is_err());
    // In a pack, only git finds what nobody remembers.
    git.update_refs(BY_HAND, &[("refs/heads/main".to_owned(), Some(first.clone()))]).await.unwrap();
    git.run(BY_HAND, &["repack", "-adq"]).await.unwrap();
    let stranger = twins.stranger();
    assert_eq!(stranger.described(BY_HAND, &first), None);
    assert_eq!(stranger.commit_info(BY_HAND, &first).await.unwrap(), Some(info));
    // A repository that is gone stays so.
    git.remove(BY_HAND).await;
    assert!(git.commit(BY_HAND, &commit("a", &[])).await.is_err());
    assert!(!git.path(BY_HAND).exists());
}
