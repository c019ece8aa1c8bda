//! Which branch of a person's clone is the default one on its remote.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::git::{Call, Git};
use super::lines::text;
use super::{GitError, Repository};
use crate::model::BranchName;

/// How long a remote is waited for.
const ANSWERS_WITHIN: Duration = Duration::from_secs(20);

impl Repository {
    /// The default branch as it is known here: of the remote whose branches count; of a bare repository, where
    /// nobody checks anything out, its own. `None` where it is not known, or not here.
    pub async fn default_branch(&self) -> Result<Option<BranchName>, GitError> {
        if let Some(remote) = self.tracked_remote() {
            let prefix = format!("refs/remotes/{remote}/");
            if let Some(branch) = self.pointed_to(&format!("{prefix}HEAD"), &prefix).await?
                && self.fetched(&branch).await?.is_some()
            {
                return Ok(Some(branch));
            }
        }
        if self.is_bare().await? { self.pointed_to("HEAD", "refs/heads/").await } else { Ok(None) }
    }

    async fn pointed_to(&self, symbolic: &str, prefix: &str) -> Result<Option<BranchName>, GitError> {
        let answer = self.git.run(Call::new("symbolic-ref").args(["--quiet", symbolic])).await?;
        let said = text(&answer.stdout);
        let name = said.trim().strip_prefix(prefix).filter(|_| answer.status == 0);
        Ok(name.and_then(|name| BranchName::new(name).ok()))
    }

    /// The default branch as the remote itself says. `None` where it does not answer within twenty seconds, wants a
    /// password, or has none.
    ///
    /// It is asked from outside the repository, with the settings of the person alone: what a repository's own
    /// settings say may name a program to run.
    pub async fn ask_for_default_branch(&self) -> Result<Option<BranchName>, GitError> {
        let Some(url) = self.remote_url().await? else { return Ok(None) };
        let nowhere = tempfile::tempdir().map_err(|error| GitError::io("making a directory", error))?;
        let git = Git::outside(nowhere.path());
        let asked =
            Call::new("config").args(["--get", "core.sshCommand"]).asked_as_the_person(ANSWERS_WITHIN);
        let ssh = git.run(asked).await.map(|answer| text(&answer.stdout).trim().to_owned());
        let mut call = Call::new("ls-remote")
            .args(["--symref", "--upload-pack=git-upload-pack", "--", &url, "HEAD"])
            .setting("core.sshCommand", &unasked(&ssh.unwrap_or_default()))
            .asked_as_the_person(ANSWERS_WITHIN);
        // Among these are the credentials of a checkout that a workflow made.
        for (key, value) in self.settings("^http\\.").await? {
            call = call.setting(&key, &value);
        }
        let Ok(answer) = git.ask(call).await else { return Ok(None) };
        let said = text(&answer);
        let name =
            said.lines().find_map(|line| line.strip_prefix("ref: refs/heads/")?.strip_suffix("\tHEAD"));
        Ok(name.and_then(|name| BranchName::new(name).ok()))
    }

    /// Where the remote is, as git would have it from any folder.
    pub(super) async fn remote_url(&self) -> Result<Option<String>, GitError> {
        let Some(remote) = self.tracked_remote() else { return Ok(None) };
        let answer = self.git.run(Call::new("remote").args(["get-url", "--", remote])).await?;
        let url = text(&answer.stdout).trim_end().to_owned();
        if answer.status != 0 || url.is_empty() {
            return Ok(None);
        }
        Ok(Some(from_anywhere(&url, &self.top().await?)))
    }

    /// The folder that relative paths in the settings start from.
    async fn top(&self) -> Result<PathBuf, GitError> {
        if self.is_bare().await? {
            return Ok(self.git_dir.clone());
        }
        let folder = self.common_dir.parent().unwrap_or(&self.common_dir);
        Ok(folder.to_owned())
    }

    /// The settings whose names match, those of the repository alone.
    async fn settings(&self, names: &str) -> Result<Vec<(String, String)>, GitError> {
        let answer = self.git.run(Call::new("config").args(["--null", "--get-regexp", names])).await?;
        let said = text(&answer.stdout);
        let pairs = said.split('\0').filter_map(|pair| pair.split_once('\n'));
        Ok(pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect())
    }
}

/// An address without what only holds in one folder.
fn from_anywhere(url: &str, folder: &Path) -> String {
    let before_slash = url.split('/').next().unwrap_or_default();
    let is_address = url.contains("://") || before_slash.contains(':');
    if is_address || url.starts_with('/') {
        return url.to_owned();
    }
    folder.join(url).display().to_string()
}

/// A person's `ssh` that asks nobody. A program of their own is left as it is.
fn unasked(command: &str) -> String {
    let command = if command.is_empty() { "ssh" } else { command };
    let program = command.split_whitespace().next().unwrap_or_default();
    if program == "ssh" || program.ends_with("/ssh") {
        return format!("{command} -o BatchMode=yes");
    }
    command.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_hold_from_any_folder() {
        let moved = |url| from_anywhere(url, Path::new("/home/ana/store"));
        assert_eq!(moved("../origin.git"), "/home/ana/store/../origin.git");
        assert_eq!(moved("a b"), "/home/ana/store/a b");
        for kept in ["/srv/origin.git", "https://github.com/acme/store.git", "git@github.com:acme/store.git"]
        {
            assert_eq!(moved(kept), kept);
        }
    }

    #[test]
    fn ssh_asks_nobody() {
        assert_eq!(unasked(""), "ssh -o BatchMode=yes");
        assert_eq!(unasked("/usr/bin/ssh -i key"), "/usr/bin/ssh -i key -o BatchMode=yes");
        assert_eq!(unasked("wrapper"), "wrapper");
    }
}
