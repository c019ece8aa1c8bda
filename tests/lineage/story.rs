//! Builds small repositories by telling what happened in them, and keeps the ledger an observer would have.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;
use towpath::lineage::Ledger;
use towpath::model::{
    Base, BranchName, CommitId, Head, LedgerTip, MergeMethod, MergedPull, OpenPull, Origin, PullEnds,
    PushedAt, TipSource, UnixSeconds, VerifiedTree,
};

#[path = "written.rs"]
mod written;

/// A commit of the story, by its number.
pub(crate) type Mark = usize;
type Files = BTreeMap<String, String>;

#[derive(Clone)]
struct Node {
    parents: Vec<Mark>,
    files: Files,
    subject: String,
    /// The commit that the message says is reverted, as git writes it.
    reverts: Option<Mark>,
    at: UnixSeconds,
}

#[derive(Clone)]
enum Seen {
    Tip { branch: String, mark: Mark, at: UnixSeconds },
    Push { branch: String, mark: Mark, at: UnixSeconds },
    Merged { branch: String, head: Mark, base: String, method: MergeMethod, made: Mark },
    Deployed { environment: String, mark: Mark },
}

/// What happened, step by step. Every step is a minute; every move of a branch is a push somebody saw.
#[derive(Clone)]
pub(crate) struct Story {
    nodes: Vec<Node>,
    branches: BTreeMap<String, Mark>,
    seen: Vec<Seen>,
    /// Branches with an open pull request.
    open: BTreeSet<String>,
    now: UnixSeconds,
}

const PATH: [&str; 4] = ["integration", "staging", "production", "master"];

impl Story {
    /// An empty repository.
    pub(crate) fn blank() -> Self {
        Self {
            nodes: Vec::new(),
            branches: BTreeMap::new(),
            seen: Vec::new(),
            open: BTreeSet::new(),
            now: UnixSeconds(1_700_000_000),
        }
    }

    /// The base state: release 1 (f1, f2) is on all four branches, f3 on integration and staging, f4 on
    /// integration only. Promotions are merge commits.
    pub(crate) fn pro() -> Self {
        let mut story = Self::blank();
        story.root("integration", "base");
        for downstream in &PATH[1..] {
            story.point_at(downstream, "integration");
        }
        story.feature("f1");
        story.feature("f2");
        story.release();
        story.feature("f3");
        story.merge("integration", "staging");
        story.feature("f4");
        story
    }

    /// A commit without parents on a new branch.
    pub(crate) fn root(&mut self, branch: &str, file: &str) -> Mark {
        let files = Files::from([(file.to_owned(), file.to_owned())]);
        let mark = self.add(Vec::new(), files, format!("start {file}"));
        self.move_to(branch, mark)
    }

    /// A new branch, or one pointed elsewhere by force.
    pub(crate) fn point(&mut self, branch: &str, mark: Mark) {
        self.now += Duration::from_secs(60);
        self.move_to(branch, mark);
    }

    pub(crate) fn point_at(&mut self, branch: &str, other: &str) {
        self.point(branch, self.tip(other));
    }

    pub(crate) fn tip(&self, branch: &str) -> Mark {
        self.branches[branch]
    }

    pub(crate) fn first_parent(&self, mark: Mark) -> Mark {
        self.nodes[mark].parents[0]
    }

    pub(crate) fn second_parent(&self, mark: Mark) -> Mark {
        self.nodes[mark].parents[1]
    }

    /// A commit that writes `file`; its content is new each time.
    pub(crate) fn commit(&mut self, branch: &str, file: &str) -> Mark {
        let content = format!("{file} by commit {}\n", self.nodes.len());
        self.write(branch, file, &content)
    }

    pub(crate) fn write(&mut self, branch: &str, file: &str, content: &str) -> Mark {
        let parent = self.tip(branch);
        let mut files = self.nodes[parent].files.clone();
        files.insert(file.to_owned(), content.to_owned());
        let mark = self.add(vec![parent], files, format!("{branch} writes {file}"));
        self.move_to(branch, mark)
    }

    /// A topic of one commit, cut from integration and merged into it.
    pub(crate) fn feature(&mut self, name: &str) -> Mark {
        let topic = format!("feature/{name}");
        self.point_at(&topic, "integration");
        self.commit(&topic, name);
        self.merge(&topic, "integration")
    }

    /// integration → staging → production → master by merge commits.
    pub(crate) fn release(&mut self) {
        for step in PATH.windows(2) {
            self.merge(step[0], step[1]);
        }
    }

    /// A merge commit of `from` on `into`.
    pub(crate) fn merge(&mut self, from: &str, into: &str) -> Mark {
        let parents = vec![self.tip(into), self.tip(from)];
        let files = self.merged(&parents);
        let mark = self.add(parents, files, format!("merge {from} into {into}"));
        self.note_merged(from, into, MergeMethod::Merge, mark);
        self.move_to(into, mark)
    }

    /// The same, into which somebody wrote a file that neither side has.
    pub(crate) fn merge_and_write(&mut self, from: &str, into: &str, file: &str) -> Mark {
        let parents = vec![self.tip(into), self.tip(from)];
        let mut files = self.merged(&parents);
        files.insert(file.to_owned(), format!("{file}\n"));
        let mark = self.add(parents, files, format!("merge {from} into {into}, and write {file}"));
        self.move_to(into, mark)
    }

    /// A branch has an open pull request.
    pub(crate) fn open(&mut self, branch: &str) {
        self.open.insert(branch.to_owned());
    }

    /// An environment's branch is deployed to it, and accepted.
    pub(crate) fn deploy(&mut self, environment: &str) {
        let mark = self.tip(environment);
        self.seen.push(Seen::Deployed { environment: environment.to_owned(), mark });
    }

    /// A topic merged into a branch of the path was a pull request that somebody recorded.
    fn note_merged(&mut self, from: &str, into: &str, method: MergeMethod, made: Mark) {
        if PATH.contains(&into) && !PATH.contains(&from) {
            let (branch, base) = (from.to_owned(), into.to_owned());
            self.seen.push(Seen::Merged { branch, head: self.tip(from), base, method, made });
            self.open.remove(from);
        }
    }

    /// One merge commit of several branches.
    pub(crate) fn octopus(&mut self, from: &[&str], into: &str) -> Mark {
        let parents: Vec<Mark> =
            std::iter::once(into).chain(from.iter().copied()).map(|b| self.tip(b)).collect();
        let files = self.merged(&parents);
        let mark = self.add(parents, files, format!("octopus into {into}"));
        self.move_to(into, mark)
    }

    /// A merge commit that keeps only `into`'s files (`-s ours`).
    pub(crate) fn merge_ours(&mut self, from: &str, into: &str) -> Mark {
        let parents = vec![self.tip(into), self.tip(from)];
        let files = self.nodes[parents[0]].files.clone();
        let mark = self.add(parents, files, format!("merge -s ours {from} into {into}"));
        self.move_to(into, mark)
    }

    /// What a squash merge leaves: one commit with the files of the merge.
    pub(crate) fn squash(&mut self, from: &str, into: &str) -> Mark {
        let parents = vec![self.tip(into), self.tip(from)];
        let files = self.merged(&parents);
        let mark = self.add(vec![parents[0]], files, format!("{from} squashed into {into}"));
        self.note_merged(from, into, MergeMethod::Squash, mark);
        self.move_to(into, mark)
    }

    /// What a rebase merge leaves: the topic's own commits once more, on top of `into`.
    pub(crate) fn rebase(&mut self, from: &str, into: &str) -> Mark {
        let reached = self.ancestors(self.tip(into));
        let own: Vec<Mark> =
            self.ancestors(self.tip(from)).into_iter().filter(|mark| !reached.contains(mark)).collect();
        let mut tip = self.tip(into);
        for mark in own {
            let before = &self.nodes[self.first_parent(mark)].files;
            let files = three_way(before, &self.nodes[tip].files, &self.nodes[mark].files);
            let subject = self.nodes[mark].subject.clone();
            tip = self.add(vec![tip], files, subject);
        }
        self.note_merged(from, into, MergeMethod::Rebase, tip);
        self.move_to(into, tip)
    }

    /// Takes the changes of `mark` over to `branch`.
    pub(crate) fn cherry_pick(&mut self, mark: Mark, branch: &str) -> Mark {
        let tip = self.tip(branch);
        let before =
            self.nodes[mark].parents.first().map(|p| self.nodes[*p].files.clone()).unwrap_or_default();
        let files = three_way(&before, &self.nodes[tip].files, &self.nodes[mark].files);
        let subject = self.nodes[mark].subject.clone();
        let mark = self.add(vec![tip], files, subject);
        self.move_to(branch, mark)
    }

    /// Takes the changes of `mark` (of a merge: against its first parent) back on `branch`.
    pub(crate) fn revert(&mut self, mark: Mark, branch: &str) -> Mark {
        let subject = format!("Revert \"{}\"", self.nodes[mark].subject);
        self.revert_as(mark, branch, &subject)
    }

    /// The same, as `git revert` does it: the message names the commit.
    pub(crate) fn revert_by_name(&mut self, mark: Mark, branch: &str) -> Mark {
        let revert = self.revert(mark, branch);
        self.nodes[revert].reverts = Some(mark);
        revert
    }

    /// The same under another subject.
    pub(crate) fn revert_as(&mut self, mark: Mark, branch: &str, subject: &str) -> Mark {
        let tip = self.tip(branch);
        let before = &self.nodes[self.first_parent(mark)].files;
        let files = three_way(&self.nodes[mark].files, &self.nodes[tip].files, before);
        let mark = self.add(vec![tip], files, subject.to_owned());
        self.move_to(branch, mark)
    }

    /// The files of a branch, with what they hold.
    pub(crate) fn files(&self, branch: &str) -> &BTreeMap<String, String> {
        &self.nodes[self.tip(branch)].files
    }

    /// The files that merging one branch into another would give.
    pub(crate) fn files_merged(&self, from: &str, into: &str) -> BTreeMap<String, String> {
        self.merged(&[self.tip(into), self.tip(from)])
    }

    /// What a file holds on a branch.
    pub(crate) fn content(&self, branch: &str, file: &str) -> String {
        self.nodes[self.tip(branch)].files[file].clone()
    }

    /// A new topic with one commit that writes a file called like it.
    pub(crate) fn topic(&mut self, name: &str, cut_from: &str) -> Mark {
        self.point_at(name, cut_from);
        self.commit(name, "own")
    }

    fn add(&mut self, parents: Vec<Mark>, files: Files, subject: String) -> Mark {
        self.now += Duration::from_secs(60);
        self.nodes.push(Node { parents, files, subject, reverts: None, at: self.now });
        self.nodes.len() - 1
    }

    fn move_to(&mut self, branch: &str, mark: Mark) -> Mark {
        self.branches.insert(branch.to_owned(), mark);
        let (branch, at) = (branch.to_owned(), self.now);
        self.seen.push(if PATH.contains(&branch.as_str()) {
            Seen::Tip { branch, mark, at }
        } else {
            Seen::Push { branch, mark, at }
        });
        mark
    }

    /// How many commits there are.
    pub(crate) fn count(&self) -> usize {
        self.nodes.len()
    }

    pub(crate) fn is_merge(&self, mark: Mark) -> bool {
        self.nodes[mark].parents.len() > 1
    }

    /// Whether a commit was made by squashing an environment into the next one.
    pub(crate) fn is_promotion(&self, mark: Mark) -> bool {
        let subject = &self.nodes[mark].subject;
        PATH.windows(2).any(|step| *subject == format!("{} squashed into {}", step[0], step[1]))
    }

    /// Whether a branch holds what a commit wrote, by whatever commit it got it.
    pub(crate) fn has_change(&self, mark: Mark, branch: &str) -> bool {
        let before = &self.nodes[self.first_parent(mark)].files;
        let there = &self.nodes[self.tip(branch)].files;
        let after = &self.nodes[mark].files;
        after
            .iter()
            .all(|(path, content)| before.get(path) == Some(content) || there.get(path) == Some(content))
    }

    /// A commit and all that it reaches.
    pub(crate) fn ancestors(&self, mark: Mark) -> BTreeSet<Mark> {
        let mut seen = BTreeSet::new();
        let mut ahead = vec![mark];
        while let Some(mark) = ahead.pop() {
            if seen.insert(mark) {
                ahead.extend(&self.nodes[mark].parents);
            }
        }
        seen
    }

    fn merged(&self, parents: &[Mark]) -> Files {
        let mut files = self.nodes[parents[0]].files.clone();
        let mut ours = self.ancestors(parents[0]);
        for theirs in &parents[1..] {
            let reached = self.ancestors(*theirs);
            // Marks grow with time, so the greatest common one is a best common ancestor.
            let base = ours.intersection(&reached).max();
            let base = base.map(|mark| self.nodes[*mark].files.clone()).unwrap_or_default();
            files = three_way(&base, &files, &self.nodes[*theirs].files);
            ours.extend(reached);
        }
        files
    }
}

/// An empty bare repository, without asking git for one.
pub(crate) fn make_bare(directory: &Path) {
    for part in ["objects", "refs/heads"] {
        std::fs::create_dir_all(directory.join(part)).unwrap();
    }
    std::fs::write(directory.join("HEAD"), "ref: refs/heads/integration\n").unwrap();
    let config = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n[uploadpack]\n\tallowFilter = true\n\
                  \tallowAnySHA1InWant = true\n";
    std::fs::write(directory.join("config"), config).unwrap();
}

fn three_way(base: &Files, ours: &Files, theirs: &Files) -> Files {
    let paths: BTreeSet<&String> = base.keys().chain(ours.keys()).chain(theirs.keys()).collect();
    let side = |path: &String| {
        if theirs.get(path) == base.get(path) { ours.get(path).cloned() } else { theirs.get(path).cloned() }
    };
    paths.into_iter().filter_map(|path| Some((path.clone(), side(path)?))).collect()
}

/// A story as a repository on disk.
pub(crate) struct Repo {
    directory: TempDir,
    ids: BTreeMap<Mark, CommitId>,
    story: Story,
}

impl Repo {
    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn id(&self, mark: Mark) -> CommitId {
        self.ids[&mark]
    }

    pub(crate) fn mark(&self, id: CommitId) -> Mark {
        self.ids.iter().find(|(_, other)| **other == id).map(|(mark, _)| *mark).unwrap()
    }

    pub(crate) fn tip(&self, branch: &str) -> CommitId {
        self.id(self.story.tip(branch))
    }

    /// The pull request from one branch into another.
    pub(crate) fn pull(&self, head: &str, base: &str) -> PullEnds {
        PullEnds {
            head: Head { branch: Some(name(head)), commit: self.tip(head), fork: false },
            base: Base { branch: name(base), commit: self.tip(base) },
        }
    }

    /// Everything an observer saw.
    pub(crate) fn ledger(&self) -> Ledger {
        let mut ledger = Ledger::default();
        for seen in &self.story.seen {
            match seen {
                Seen::Tip { branch, mark, at } => {
                    let tip = LedgerTip { commit: self.id(*mark), at: *at, source: TipSource::Push };
                    ledger.add_tip(name(branch), tip);
                }
                Seen::Push { branch, mark, at } => {
                    ledger
                        .add_push(name(branch), PushedAt { commit: self.id(*mark), at: *at, is_new: false });
                }
                Seen::Merged { .. } | Seen::Deployed { .. } => {}
            }
        }
        ledger.set_merged(self.story.seen.iter().filter_map(|seen| self.merged(seen)).collect());
        let open = self.story.open.iter();
        ledger.set_open(open.map(|it| OpenPull { origin: origin(it), head: self.tip(it) }).collect());
        let verified: Vec<_> = self.story.seen.iter().filter_map(|seen| self.verified(seen)).collect();
        if !verified.is_empty() {
            ledger.set_verified(verified);
        }
        ledger
    }

    fn merged(&self, seen: &Seen) -> Option<MergedPull> {
        let Seen::Merged { branch, head, base, method, made } = seen else { return None };
        Some(MergedPull {
            origin: origin(branch),
            head: self.id(*head),
            base: name(base),
            method: Some(*method),
            commit: Some(self.id(*made)),
        })
    }

    fn verified(&self, seen: &Seen) -> Option<VerifiedTree> {
        let Seen::Deployed { environment, mark } = seen else { return None };
        let tree = run_git(self.path(), &["rev-parse", &format!("{}^{{tree}}", self.id(*mark))]);
        Some(VerifiedTree { environment: environment.clone(), tree: tree.trim().parse().unwrap() })
    }

    /// The same as a ledger file.
    pub(crate) fn ledger_json(&self) -> String {
        let (mut tips, mut pushes, mut merged, mut verified) = (vec![], vec![], vec![], vec![]);
        for seen in &self.story.seen {
            match seen {
                Seen::Tip { branch, mark, at } => {
                    tips.push(json!({ "branch": branch, "sha": self.id(*mark), "at": at }));
                }
                Seen::Push { branch, mark, at } => {
                    pushes.push(json!({ "branch": branch, "sha": self.id(*mark), "at": at }));
                }
                Seen::Merged { branch, head, base, method, .. } => merged.push(
                    json!({ "head": self.id(*head), "branch": branch, "base": base, "method": method }),
                ),
                Seen::Deployed { .. } => verified.extend(
                    self.verified(seen).map(|it| json!({ "environment": it.environment, "tree": it.tree })),
                ),
            }
        }
        let open: Vec<_> =
            self.story.open.iter().map(|it| json!({ "branch": it, "sha": self.tip(it) })).collect();
        let mut file =
            json!({ "version": 1, "tips": tips, "pushes": pushes, "merged": merged, "open": open });
        if !verified.is_empty() {
            file["verified"] = json!(verified);
        }
        file.to_string()
    }
}

fn origin(branch: &str) -> Origin {
    Origin { number: None, branch: name(branch), author: None, fork: false }
}

pub(crate) fn run_git(directory: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "protocol.file.allow=always"])
        .args(arguments)
        .current_dir(directory)
        .env_remove("GIT_DIR")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

pub(crate) fn name(branch: &str) -> BranchName {
    BranchName::new(branch).unwrap()
}
