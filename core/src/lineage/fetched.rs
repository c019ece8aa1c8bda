//! When a clone was last told where a branch of its remote is.

use std::path::Path;

use super::git::Call;
use super::lines::text;
use super::{BranchTip, GitError, Repository};
use crate::model::UnixSeconds;

impl Repository {
    /// When `tip` was last fetched; `None` for a branch of one's own, or where nothing tells.
    pub async fn fetched_at(&self, tip: &BranchTip) -> Result<Option<UnixSeconds>, GitError> {
        let Some(remote) = self.tracked_remote() else { return Ok(None) };
        let is_own = self.tracking_ref(&tip.branch).as_ref() != Some(&tip.full_ref);
        if is_own && !self.is_bare().await? {
            return Ok(None);
        }
        let mut times = self.last_fetch(tip).await?.into_iter().collect::<Vec<_>>();
        if !is_own {
            times.extend(self.moves(&tip.full_ref).await?.first().map(|(at, _)| *at));
            let cloned = self.moves(&format!("refs/remotes/{remote}/HEAD")).await?;
            times.extend(cloned.iter().filter(|(_, why)| why.starts_with("clone:")).map(|(at, _)| *at));
        }
        Ok(times.into_iter().max())
    }

    /// When a fetch last looked at the branch, whether or not it had moved.
    async fn last_fetch(&self, tip: &BranchTip) -> Result<Option<UnixSeconds>, GitError> {
        let address = match self.remotes() {
            [_] => None,
            _ => self.remote_url().await?.map(|url| bare_address(&url)),
        };
        let branch = format!("branch '{}' of ", tip.branch);
        let folders = [&self.git_dir, &self.common_dir];
        let times = folders.into_iter().filter_map(|folder| {
            noted(&folder.join("FETCH_HEAD"), |line| {
                let from = line.split_once(&branch).map(|(_, from)| from);
                from.is_some_and(|from| address.as_ref().is_none_or(|address| *address == bare_address(from)))
            })
        });
        Ok(times.max())
    }

    /// The moves of a ref that git remembers, the newest first: when, and why.
    async fn moves(&self, full_ref: &str) -> Result<Vec<(UnixSeconds, String)>, GitError> {
        let call = Call::new("log").args(["--walk-reflogs", "--date=unix", "--format=%gd%x09%gs"]);
        let answer = self.git.run(call.args(["--end-of-options", full_ref, "--"])).await?;
        if answer.status != 0 {
            return Ok(Vec::new());
        }
        let said = text(&answer.stdout);
        let entry = |line: &str| {
            let (name, why) = line.split_once('\t')?;
            let at = name.rsplit_once("@{")?.1.strip_suffix('}')?;
            Some((UnixSeconds(at.parse().ok()?), why.to_owned()))
        };
        Ok(said.lines().filter_map(entry).collect())
    }
}

/// When git wrote this file, if one of its lines is wanted.
fn noted(file: &Path, is_wanted: impl Fn(&str) -> bool) -> Option<UnixSeconds> {
    let written = std::fs::metadata(file).and_then(|it| it.modified()).ok()?;
    let lines = std::fs::read(file).ok()?;
    if !String::from_utf8_lossy(&lines).lines().any(is_wanted) {
        return None;
    }
    UnixSeconds::of_file(written)
}

/// An address as git notes it with what it fetched: without who asks, and without its end.
fn bare_address(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").map_or(("", url), |(scheme, rest)| (scheme, rest));
    let host_ends = rest.find('/').unwrap_or(rest.len());
    let rest = rest[..host_ends].rfind('@').map_or(rest, |at| &rest[at + 1..]);
    let rest = rest.trim_end_matches('/');
    let rest = rest.strip_suffix(".git").unwrap_or(rest);
    format!("{scheme}://{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_same_with_and_without_who_asks() {
        let of = bare_address;
        assert_eq!(of("https://me:secret@github.com/acme/store.git"), of("https://github.com/acme/store"));
        assert_eq!(of("git@github.com:acme/store.git"), of("github.com:acme/store"));
        assert_ne!(of("https://github.com/acme/store"), of("https://github.com/ana/store"));
    }
}
