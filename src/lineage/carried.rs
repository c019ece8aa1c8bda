//! Whether a commit, a hotfix above all, is in a branch.

use super::git::Call;
use super::promotion::COMPARED_AT_MOST;
use super::workbench::{Change, Workbench};
use super::{GitError, Repository, lines};
use crate::flow::{Carried, Commit, CommitId, MergeOutcome};

/// What `git cherry-pick -x` writes before the commit it picked.
const TRAILER: &str = "(cherry picked from commit ";
/// git's shortest abbreviation of its own accord.
const SHORTEST: usize = 7;

impl Repository {
    /// Whether `commit` is in the branch whose tip is `into`; the first that holds:
    ///
    /// 1. *ancestor*: it is part of the branch's history. This also holds when a later commit reverts it.
    /// 2. *patch-id*: a commit that the branch has and `commit`'s history has not makes the same change.
    ///    White space does not count, unless `commit` changes nothing else. Merges are not compared, and
    ///    nothing is where the branch has more than 5,000 commits that `commit` does not reach.
    /// 3. *trailer*: the message of such a commit, merge or not, says `(cherry picked from commit …)`, with
    ///    the whole id or at least seven digits of it that mean no other commit.
    /// 4. *no-op*: applying it to the branch changes nothing. This also holds for a commit that is empty.
    ///
    /// A merge counts as its difference from its first parent. A shallow clone is an error
    /// ([`GitError::Shallow`]), and so are a commit that is not there ([`GitError::NoSuchCommit`]) and a
    /// file that a partial clone left out ([`GitError::FilesLeftOut`]).
    pub async fn carried(&self, commit: CommitId, into: CommitId) -> Result<Carried, GitError> {
        if self.is_shallow().await {
            return Err(GitError::Shallow);
        }
        if let Some(commit) = self.missing(&[commit, into]).await?.first() {
            return Err(GitError::NoSuchCommit { commit: *commit });
        }
        if self.is_ancestor(commit, into).await? {
            return Ok(Carried::Ancestor);
        }
        self.explained(self.repeated(commit, into).await).await
    }

    /// Whether a branch that does not reach `commit` has it in another form.
    async fn repeated(&self, commit: CommitId, into: CommitId) -> Result<Carried, GitError> {
        let asked = self.asked(commit, into).await?;
        self.bring_trees_of(&asked.near).await?;
        let workbench = self.workbench().await?;
        if let Some(by) = self.same_patch(&workbench, &asked, into).await? {
            return Ok(Carried::PatchId(by));
        }
        if let Some(by) = self.named_in_a_trailer(commit, into).await? {
            return Ok(Carried::Trailer(by));
        }
        let outcome = workbench.apply(asked.change, asked.target.tree).await?;
        let changes_nothing = outcome == MergeOutcome::Clean { tree: asked.target.tree };
        Ok(if changes_nothing { Carried::NoOp } else { Carried::Missing })
    }

    async fn is_ancestor(&self, commit: CommitId, of: CommitId) -> Result<bool, GitError> {
        let call = Call::new("merge-base").args(["--is-ancestor", "--end-of-options"]);
        let answer = self.git.run(call.args([commit.to_string(), of.to_string()])).await?;
        match answer.status {
            0 => Ok(true),
            1 => Ok(false),
            _ => Err(answer.into_error()),
        }
    }

    /// What `commit` changes, and where it would go.
    async fn asked(&self, commit: CommitId, into: CommitId) -> Result<Asked, GitError> {
        let one = |id: CommitId| async move {
            let found = self.log(&["--no-walk"], &[id.to_string()]).await?;
            found.into_iter().next().ok_or(GitError::NoSuchCommit { commit: id })
        };
        let (commit, target) = (one(commit).await?, one(into).await?);
        let parent = match commit.parents.first() {
            Some(parent) => Some(one(*parent).await?),
            None => None,
        };
        let change = Change::of(&commit, |_| parent.as_ref())?;
        let near = [commit.id, target.id].into_iter().chain(commit.parents.first().copied()).collect();
        Ok(Asked { commit, target, change, near })
    }

    /// The newest commit that only the branch has and whose patch is the same.
    async fn same_patch(
        &self,
        workbench: &Workbench,
        asked: &Asked,
        into: CommitId,
    ) -> Result<Option<CommitId>, GitError> {
        let commit = &asked.commit;
        let on_the_branch = self.count_brought(into, commit.id).await?;
        if asked.change.is_empty() || on_the_branch > COMPARED_AT_MOST {
            return Ok(None);
        }
        let range = [into.to_string(), format!("^{}", commit.id)];
        let own = self.log(&["--no-merges"], &range).await?;
        let mut near: Vec<CommitId> = own.iter().map(|commit| commit.id).collect();
        near.extend(own.iter().filter_map(|commit| commit.parents.first()));
        if near.is_empty() {
            return Ok(None);
        }
        self.bring_trees_of(&near).await?;
        let candidates = workbench.repeat(commit, into).await?;
        for candidate in own.iter().filter(|commit| candidates.contains(&commit.id)) {
            let theirs = self.asked(candidate.id, into).await?.change;
            if workbench.is_same_patch(asked.change, theirs).await? {
                return Ok(Some(candidate.id));
            }
        }
        Ok(None)
    }

    /// The newest commit that only the branch has and that says it was picked from `commit`.
    async fn named_in_a_trailer(
        &self,
        commit: CommitId,
        into: CommitId,
    ) -> Result<Option<CommitId>, GitError> {
        let call = Call::new("rev-list")
            .args(["--no-commit-header", "--format=%H%x00%B%x00", "--topo-order", "--fixed-strings"])
            .args([&format!("--grep={TRAILER}"), "--end-of-options"])
            .args([into.to_string(), format!("^{commit}")]);
        let answer = self.git.ask(call).await?;
        let text = lines::text(&answer);
        let mut fields = text.split('\0');
        while let (Some(id), Some(message)) = (fields.next(), fields.next()) {
            for digits in picked_from(message) {
                if commit.to_string().starts_with(&digits) && self.means_one_commit(&digits).await? {
                    return lines::id("rev-list", id.trim()).map(Some);
                }
            }
        }
        Ok(None)
    }

    /// Whether only one commit's id starts with these digits. Other objects may share them.
    async fn means_one_commit(&self, digits: &str) -> Result<bool, GitError> {
        let call = Call::new("rev-parse").arg(format!("--disambiguate={digits}"));
        let answer = self.git.ask(call).await?;
        let objects = lines::ids("rev-parse", &answer)?;
        Ok(objects.len() - self.missing(&objects).await?.len() == 1)
    }
}

/// The commit in question, and the tip it would go onto.
struct Asked {
    commit: Commit,
    target: Commit,
    change: Change,
    /// The commits whose files say what it changes.
    near: Vec<CommitId>,
}

impl Workbench {
    /// The commits of `into` that git takes for the same patch as `commit`: by the paths alone at first, so
    /// that few files are needed.
    async fn repeat(&self, commit: &Commit, into: CommitId) -> Result<Vec<CommitId>, GitError> {
        // git compares no merges, so one is told as an ordinary commit.
        let told = match commit.parents.as_slice() {
            [first, _, ..] => {
                let Commit { tree, .. } = commit;
                let nobody = "nobody <> 0 +0000";
                let told = format!("tree {tree}\nparent {first}\nauthor {nobody}\ncommitter {nobody}\n\n");
                self.write_commit(told.into_bytes()).await?
            }
            _ => commit.id,
        };
        let mut range = vec![format!("{into}...{told}")];
        range.extend(commit.parents.iter().map(|parent| format!("^{parent}")));
        let call = Call::new("rev-list")
            .args(["--left-right", "--cherry-mark", "--no-merges", "--end-of-options"])
            .args(range)
            .fetching_files();
        let answer = self.git.ask(call).await?;
        let text = lines::text(&answer);
        let same = text.lines().filter_map(|line| line.strip_prefix('='));
        same.map(|digits| lines::id("rev-list", digits)).collect()
    }

    /// Whether two changes are the same patch. That is stricter than [`Workbench::repeat`], which does not see
    /// white space even where nothing else is changed: there one indentation is as good as another.
    async fn is_same_patch(&self, one: Change, other: Change) -> Result<bool, GitError> {
        if self.patch_id(one, "--stable").await? != self.patch_id(other, "--stable").await? {
            return Ok(false);
        }
        let beyond_white_space = !self.patch(one, &["--ignore-all-space"]).await?.is_empty();
        Ok(beyond_white_space
            || self.patch_id(one, "--verbatim").await? == self.patch_id(other, "--verbatim").await?)
    }

    async fn patch_id(&self, change: Change, how: &str) -> Result<Vec<u8>, GitError> {
        let patch = self.patch(change, &[]).await?;
        self.git.ask(Call::new("patch-id").arg(how).input(patch)).await
    }

    async fn patch(&self, change: Change, options: &[&str]) -> Result<Vec<u8>, GitError> {
        let call = Call::new("diff-tree")
            .args(["-p", "--full-index", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames"])
            .args(options)
            .arg("--end-of-options")
            .args([change.before.to_string(), change.after.to_string()])
            .fetching_files();
        self.git.ask(call).await
    }
}

/// The ids, or beginnings of ids, that a message says it was picked from.
fn picked_from(message: &str) -> impl Iterator<Item = String> {
    message.match_indices(TRAILER).filter_map(|(at, _)| {
        let rest = &message[at + TRAILER.len()..];
        let digits: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
        let is_whole = !rest[digits.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
        (is_whole && digits.len() >= SHORTEST).then(|| digits.to_ascii_lowercase())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn picks_are_read_from_a_message_as_whole_words() {
        let picked = |message: &str| picked_from(message).collect::<Vec<_>>();
        let full = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(picked(&format!("Fix\n\n(cherry picked from commit {full})\n")), [full]);
        assert_eq!(picked("(cherry picked from commit ABCDEF1)"), ["abcdef1"]);
        assert_eq!(
            picked("(cherry picked from commit abcdef1)\n(cherry picked from commit abcdef2, by hand)"),
            ["abcdef1", "abcdef2"]
        );
        for none in [
            "(cherry picked from commit abcdef)",
            "(cherry picked from commit abcdef1x)",
            "(cherry picked from commit abcdef1é)",
            "cherry picked from commit abcdef1",
            "(cherry picked from commit )",
            "(cherry picked from commit ",
        ] {
            assert!(picked(none).is_empty(), "{none}");
        }
    }
}
