//! Reading commits and comparing them.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::Git;
use super::commit_object::{CommitInfo, Signature};
use crate::Refused;

/// How big the difference between two commits is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Stats {
    pub(crate) commits: u64,
    pub(crate) additions: u64,
    pub(crate) deletions: u64,
    pub(crate) changed_files: u64,
    /// The base's tip is not contained in the head.
    pub(crate) behind: bool,
}

const FORMAT: &str = "--format=%x01%H%x00%T%x00%P%x00%an%x00%ae%x00%at%x00%cn%x00%ce%x00%ct%x00%B%x02";

impl Git {
    /// The commits that `args` (a revision range and limits) select, oldest first.
    pub(crate) async fn commits(&self, repository: u64, args: &[&str]) -> Result<Vec<CommitInfo>, Refused> {
        match self.described_range(repository, args) {
            Some(commits) => Ok(commits),
            None => self.commits_by_git(repository, args).await,
        }
    }

    pub(super) async fn commits_by_git(
        &self,
        repository: u64,
        args: &[&str],
    ) -> Result<Vec<CommitInfo>, Refused> {
        let mut all = vec![
            "log",
            "--reverse",
            "--topo-order",
            "--diff-merges=first-parent",
            "--no-renames",
            "--name-status",
            FORMAT,
        ];
        all.extend(args);
        all.push("--");
        let text = self.run(repository, &all).await?;
        let commits: Vec<CommitInfo> = text.split('\u{1}').filter_map(parse).collect();
        let mut seen = self.seen();
        for info in &commits {
            seen.note_described(repository, info);
        }
        Ok(commits)
    }

    /// One commit; `None` if there is none of that id.
    pub(crate) async fn commit_info(
        &self,
        repository: u64,
        sha: &str,
    ) -> Result<Option<CommitInfo>, Refused> {
        if let Some(info) = self.described(repository, sha) {
            return Ok(Some(info));
        }
        if self.resolve(repository, sha).await?.is_none() {
            return Ok(None);
        }
        Ok(self.commits_by_git(repository, &["--max-count=1", sha]).await?.pop())
    }

    /// The commit a revision names. The caller passes only ids and full ref names.
    pub(crate) async fn resolve(&self, repository: u64, revision: &str) -> Result<Option<String>, Refused> {
        if self.has_commit(repository, revision) {
            return Ok(Some(revision.to_owned()));
        }
        let wanted = format!("{revision}^{{commit}}");
        let args = ["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted];
        let said = self.ask(repository, &args, None, &[]).await?;
        let found = (said.code == 0).then(|| said.text().trim().to_owned());
        if found.as_deref() == Some(revision) {
            self.seen().note(repository, revision);
        }
        Ok(found)
    }

    /// Whether `old` is contained in `new`.
    pub(crate) async fn contains(&self, repository: u64, new: &str, old: &str) -> Result<bool, Refused> {
        let known = self.known(repository, &[new, old], |seen| seen.leads_to(repository, new, old));
        if let Some(known) = known {
            return Ok(known);
        }
        let args = ["merge-base", "--is-ancestor", old, new];
        let said = self.ask(repository, &args, None, &[]).await?;
        match said.code {
            0 => Ok(true),
            1 => Ok(false),
            _ => Err(Refused::new(500, format!("git merge-base failed: {}", said.err.trim()))),
        }
    }

    /// How many commits only `base` has, and how many only `head`.
    async fn sides(&self, repository: u64, base: &str, head: &str) -> Result<(u64, u64), Refused> {
        let known = self.known(repository, &[base, head], |seen| {
            let only = |from, other| Some(seen.only_from(repository, from, &[other])?.len() as u64);
            only(base, head).zip(only(head, base))
        });
        if let Some(known) = known {
            return Ok(known);
        }
        let range = format!("{base}...{head}");
        let counted = self.run(repository, &["rev-list", "--left-right", "--count", &range]).await?;
        let mut sides = counted.split_whitespace().filter_map(|word| word.parse::<u64>().ok());
        Ok((sides.next().unwrap_or_default(), sides.next().unwrap_or_default()))
    }

    /// Those of the commits that `from` leads to which none of `others` does.
    pub(crate) async fn only_from(
        &self,
        repository: u64,
        from: &str,
        others: &[String],
        limit: &str,
    ) -> Result<BTreeSet<String>, Refused> {
        let named: Vec<&str> = others.iter().map(String::as_str).collect();
        let tips = [named.as_slice(), &[from]].concat();
        let known = self.known(repository, &tips, |seen| {
            Some(seen.only_from(repository, from, &named)?.into_iter().map(str::to_owned).collect())
        });
        if let Some(known) = known {
            return Ok(known);
        }
        let excluded: Vec<String> = others.iter().map(|sha| format!("^{sha}")).collect();
        let mut args = vec!["rev-list", limit, from];
        args.extend(excluded.iter().map(String::as_str));
        Ok(self.run(repository, &args).await?.lines().map(str::to_owned).collect())
    }

    /// The size of what `head` brings to `base`.
    pub(crate) async fn stats(&self, repository: u64, base: &str, head: &str) -> Result<Stats, Refused> {
        let (behind, commits) = self.sides(repository, base, head).await?;
        let stats = Stats { commits, behind: behind > 0, ..Stats::default() };
        match self.counted(repository, (base, head), stats) {
            Some(stats) => Ok(stats),
            None => self.counted_by_git(repository, (base, head), stats).await,
        }
    }

    pub(super) async fn counted_by_git(
        &self,
        repository: u64,
        (base, head): (&str, &str),
        mut stats: Stats,
    ) -> Result<Stats, Refused> {
        let range = format!("{base}...{head}");
        // No common history: GitHub shows such a pull request without a difference.
        let said = self.ask(repository, &["diff", "--numstat", "--no-renames", &range], None, &[]).await?;
        for line in said.text().lines() {
            let mut columns = line.split('\t');
            let mut number = || columns.next().and_then(|word| word.parse::<u64>().ok()).unwrap_or_default();
            stats.additions += number();
            stats.deletions += number();
            stats.changed_files += 1;
        }
        Ok(stats)
    }
}

fn parse(record: &str) -> Option<CommitInfo> {
    let (head, files) = record.split_once('\u{2}')?;
    let mut fields = head.split('\0');
    let mut next = || fields.next().map(str::to_owned);
    let (sha, tree, parents) = (next()?, next()?, next()?);
    let author = Signature { name: next()?, email: next()?, at: next()?.parse().ok()? };
    let committer = Signature { name: next()?, email: next()?, at: next()?.parse().ok()? };
    let mut commit = CommitInfo {
        sha,
        tree,
        parents: parents.split_whitespace().map(str::to_owned).collect(),
        author,
        committer,
        message: next()?.trim_end_matches('\n').to_owned(),
        added: Vec::new(),
        removed: Vec::new(),
        modified: Vec::new(),
    };
    for (kind, path) in files.lines().filter_map(|line| line.split_once('\t')) {
        let list = match kind.chars().next() {
            Some('A') => &mut commit.added,
            Some('D') => &mut commit.removed,
            _ => &mut commit.modified,
        };
        list.push(path.to_owned());
    }
    Some(commit)
}

/// Unix seconds as a moment.
pub(crate) fn moment(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default()
}
