//! What can be said of a repository without a git: what is known already, and what loose files tell.
//!
//! Whoever asks here asks git where the answer is `None`.
//!
//! These files are small and the system has just seen them, so they are read where it is asked: another thread for it takes
//! longer.

use std::collections::HashSet;
use std::sync::Arc;

use super::commit_object::{self, CommitInfo};
use super::history::Stats;
use super::names::is_id;
use super::objects::{self, Kind};
use super::seen::{COUNTED, Seen};
use super::trees::{self, Difference, Files};
use super::{Git, Object, lines};

/// What is at a path.
#[derive(Debug)]
pub(super) enum At {
    File(Object),
    Nothing,
    /// Git knows it.
    Unknown,
}

/// Which commits are asked for.
struct Range<'a> {
    limit: usize,
    without_merges: bool,
    tip: &'a str,
    excluded: Vec<&'a str>,
}

impl<'a> Range<'a> {
    /// Reads `git log`'s arguments; `None` where there are others, or names instead of ids.
    fn read(args: &[&'a str]) -> Option<Self> {
        let (mut limit, mut without_merges, mut tips, mut excluded) = (usize::MAX, false, vec![], vec![]);
        for arg in args {
            if let Some(number) = arg.strip_prefix("--max-count=") {
                limit = number.parse().ok()?;
            } else if *arg == "--no-merges" {
                without_merges = true;
            } else if let Some(commit) = arg.strip_prefix('^') {
                excluded.push(commit);
            } else if let Some((before, after)) = arg.split_once("..") {
                excluded.push(before);
                tips.push(after);
            } else {
                tips.push(arg);
            }
        }
        let [tip] = tips[..] else { return None };
        let are_ids = excluded.iter().chain([&tip]).all(|it| is_id(it));
        are_ids.then_some(Self { limit, without_merges, tip, excluded })
    }
}

impl Git {
    /// Asks what is known of what `tips` lead to, and where it is too little, once more after reading what can be read.
    pub(super) fn known<T>(
        &self,
        repository: u64,
        tips: &[&str],
        ask: impl Fn(&Seen) -> Option<T>,
    ) -> Option<T> {
        let known = ask(&self.seen());
        if known.is_some() || !tips.iter().all(|tip| is_id(tip)) {
            return known;
        }
        self.learn(repository, tips);
        ask(&self.seen())
    }

    /// Reads what `tips` lead to, as far as it lies in loose files.
    fn learn(&self, repository: u64, tips: &[&str]) {
        let mut waiting: Vec<String> = tips.iter().map(|tip| (*tip).to_owned()).collect();
        let mut met = HashSet::new();
        while let Some(next) = waiting.pop().filter(|_| met.len() <= COUNTED) {
            if met.contains(&next) {
                continue;
            }
            let known = self.seen().parents(repository, &next);
            let parents = known.or_else(|| Some(self.commit_on_disk(repository, &next)?.parents));
            waiting.extend(parents.unwrap_or_default());
            met.insert(next);
        }
    }

    /// A commit without its files.
    fn commit_on_disk(&self, repository: u64, sha: &str) -> Option<CommitInfo> {
        let (kind, content) = objects::read(&self.path(repository), Some(sha).filter(|sha| is_id(sha))?)?;
        let info = (kind == Kind::Commit).then(|| commit_object::read(sha, &content))??;
        let mut seen = self.seen();
        seen.note_parents(repository, sha, info.parents.clone());
        seen.note_tree(repository, sha, &info.tree);
        Some(info)
    }

    /// Whether a commit is known to be there.
    pub(super) fn has_commit(&self, repository: u64, sha: &str) -> bool {
        let is_known = self.seen().is_there(repository, sha);
        is_known || self.commit_on_disk(repository, sha).is_some()
    }

    /// All files of a commit.
    pub(super) fn files_of(&self, repository: u64, commit: &str) -> Option<Arc<Files>> {
        let known = self.seen().tree(repository, commit);
        let tree = known.or_else(|| Some(self.commit_on_disk(repository, commit)?.tree))?;
        if let Some(files) = self.seen().files(&tree) {
            return Some(files);
        }
        let files = Arc::new(trees::read(&self.path(repository), &tree)?);
        self.seen().note_files(&tree, Arc::clone(&files));
        Some(files)
    }

    /// One commit with its files.
    pub(super) fn described(&self, repository: u64, sha: &str) -> Option<CommitInfo> {
        let known = self.seen().described(repository, sha);
        if known.is_some() {
            return known;
        }
        let mut info = self.commit_on_disk(repository, sha)?;
        let new = self.files_of(repository, sha)?;
        let old = info
            .parents
            .first()
            .map_or_else(|| Some(Arc::default()), |parent| self.files_of(repository, parent))?;
        info.set_files(&old, &new)?;
        self.seen().note_described(repository, &info);
        Some(info)
    }

    /// What `git log` with these arguments selects, oldest first.
    pub(super) fn described_range(&self, repository: u64, args: &[&str]) -> Option<Vec<CommitInfo>> {
        let Range { limit, without_merges, tip, excluded } = Range::read(args)?;
        let tips = [excluded.as_slice(), &[tip]].concat();
        let ordered = self.known(repository, &tips, |seen| seen.ordered(repository, tip, &excluded))?;
        let mut commits = Vec::new();
        for sha in ordered {
            if commits.len() >= limit {
                break;
            }
            if !without_merges || self.seen().parents(repository, &sha)?.len() < 2 {
                commits.push(self.described(repository, &sha)?);
            }
        }
        commits.reverse();
        Some(commits)
    }

    /// Where two commits parted: their one merge base, or the empty tree where they have nothing in common.
    pub(super) fn files_before(&self, repository: u64, one: &str, other: &str) -> Option<Arc<Files>> {
        let ask = |seen: &Seen| seen.merge_bases(repository, one, other);
        match self.known(repository, &[one, other], ask)?.as_slice() {
            [] => Some(Arc::default()),
            [base] => self.files_of(repository, base),
            _ => None,
        }
    }

    /// Adds to `stats` what `git diff --numstat base...head` counts.
    pub(super) fn counted(&self, repository: u64, (base, head): (&str, &str), stats: Stats) -> Option<Stats> {
        let ask = |seen: &Seen| seen.merge_bases(repository, base, head);
        let bases = self.known(repository, &[base, head], ask)?;
        let [before] = bases.as_slice() else {
            return bases.is_empty().then_some(stats);
        };
        let (old, new) = (self.files_of(repository, before)?, self.files_of(repository, head)?);
        let has_attributes = |files: &Files| files.keys().any(|path| path.ends_with(".gitattributes"));
        // They say which files have lines.
        if has_attributes(&old) || has_attributes(&new) || has_attributes(&*self.files_of(repository, base)?)
        {
            return None;
        }
        let mut stats = stats;
        for difference in trees::differences(&old, &new).values() {
            let (added, removed) = self.lines_of(repository, *difference)?;
            stats.additions += added;
            stats.deletions += removed;
            stats.changed_files += 1;
        }
        Some(stats)
    }

    fn lines_of(&self, repository: u64, difference: Difference<'_>) -> Option<(u64, u64)> {
        let content = |entry: &trees::Entry| {
            let (kind, content) = objects::read(&self.path(repository), &entry.id)?;
            (kind == Kind::Blob).then_some(content)
        };
        match difference {
            Difference::Added(new) => lines::changed(b"", &content(new)?),
            Difference::Removed(old) => lines::changed(&content(old)?, b""),
            Difference::Modified(old, new) if old.mode == new.mode => {
                lines::changed(&content(old)?, &content(new)?)
            }
            Difference::Modified(..) => None,
        }
    }

    /// What is at a path of a commit.
    pub(super) fn file_at(&self, repository: u64, commit: &str, path: &str) -> At {
        let Some(files) = self.files_of(repository, commit).filter(|_| trees::is_plain(path)) else {
            return At::Unknown;
        };
        let Some(entry) = files.get(path) else {
            let is_folder = trees::below(&files, path).next().is_some();
            return if is_folder { At::Unknown } else { At::Nothing };
        };
        objects::read(&self.path(repository), &entry.id).map_or(At::Unknown, |(kind, content)| {
            At::File(Object { id: entry.id.clone(), kind: kind.word().to_owned(), content })
        })
    }
}
