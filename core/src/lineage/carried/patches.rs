//! What commits change, compared as patches: many in a few runs of git.

use std::collections::{HashMap, HashSet};

use crate::lineage::git::Call;
use crate::lineage::workbench::{Change, Workbench};
use crate::lineage::{GitError, lines};
use crate::model::CommitId;

/// The patches of so many commits are read at once, so that none of git's answers grows without bounds.
const AT_ONCE: usize = 100;

/// The patches of some commits.
#[derive(Debug, Default)]
pub(super) struct Patches(HashMap<CommitId, Patch>);

#[derive(Debug, Default)]
struct Patch {
    /// git's names for it: without white space, and with it.
    stable: Option<String>,
    verbatim: Option<String>,
    /// Whether it changes more than white space.
    beyond_white_space: bool,
    /// What git has no name for: a mode that changes, an empty file that comes or goes.
    of_files_alone: Vec<u8>,
}

impl Patches {
    /// Reads the patches of `commits`, none of them a merge.
    pub(super) async fn of(workbench: &Workbench, commits: &[CommitId]) -> Result<Self, GitError> {
        let mut patches = Self::default();
        for commits in commits.chunks(AT_ONCE) {
            let all = workbench.patches(commits, &[]).await?;
            let beyond = workbench.patches(commits, &["--ignore-all-space"]).await?;
            let stable = workbench.patch_ids(&all, "--stable").await?;
            let verbatim = workbench.patch_ids(&all, "--verbatim").await?;
            let (all, beyond) = (by_commit(&all, commits), by_commit(&beyond, commits));
            for commit in commits {
                let text = all.get(commit).map(Vec::as_slice).unwrap_or_default();
                let patch = Patch {
                    stable: stable.get(commit).cloned(),
                    verbatim: verbatim.get(commit).cloned(),
                    beyond_white_space: beyond.get(commit).is_some_and(|text| !text.is_empty()),
                    of_files_alone: without_ids(text),
                };
                patches.0.insert(*commit, patch);
            }
        }
        Ok(patches)
    }

    /// Whether two commits are the same patch. White space does not count where something else is changed; where
    /// nothing else is, one indentation is not as good as another.
    pub(super) fn are_the_same(&self, one: CommitId, other: CommitId) -> bool {
        let (Some(one), Some(other)) = (self.0.get(&one), self.0.get(&other)) else { return false };
        let alike = match (&one.stable, &other.stable) {
            (Some(one), Some(other)) => one == other,
            (None, None) => !one.of_files_alone.is_empty() && one.of_files_alone == other.of_files_alone,
            _ => false,
        };
        alike && (one.beyond_white_space || one.verbatim == other.verbatim)
    }
}

impl Workbench {
    /// The commits on either side of a range that git takes for the same patch as one on the other: by the paths alone
    /// at first, so that few files are needed. git does not see white space, even where nothing else is changed.
    pub(super) async fn alike(&self, both: &[String]) -> Result<Vec<CommitId>, GitError> {
        let call = Call::new("rev-list")
            .args(["--left-right", "--cherry-mark", "--no-merges", "--end-of-options"])
            .args(both)
            .fetching_files();
        let answer = self.git.ask(call).await?;
        let text = lines::text(&answer);
        let same = text.lines().filter_map(|line| line.strip_prefix('='));
        same.map(|digits| lines::id("rev-list", digits)).collect()
    }

    /// The patch between two trees.
    pub(super) async fn patch(&self, change: Change, options: &[&str]) -> Result<Vec<u8>, GitError> {
        let ends = [change.before.to_string(), change.after.to_string()];
        self.git.ask(diff_tree(options).arg("--end-of-options").args(ends)).await
    }

    /// The patches of these commits, each after a line with the commit's id.
    async fn patches(&self, commits: &[CommitId], options: &[&str]) -> Result<Vec<u8>, GitError> {
        self.git.ask(diff_tree(options).args(["--root", "--stdin"]).input(lines::list(commits))).await
    }

    /// Those of `among`, none of them a merge, whose patch is exactly what `revert` takes back.
    pub(in crate::lineage) async fn taken_back_by(
        &self,
        revert: CommitId,
        among: &[CommitId],
    ) -> Result<Vec<CommitId>, GitError> {
        // The other way round the names of the two sides change places too, and they count.
        let how = ["-R", "--src-prefix=b/", "--dst-prefix=a/"];
        let backwards = self.patches(&[revert], &how).await?;
        let backwards = self.patch_ids(&backwards, "--stable").await?;
        let Some(wanted) = backwards.get(&revert) else { return Ok(Vec::new()) };
        let theirs = self.patch_ids(&self.patches(among, &[]).await?, "--stable").await?;
        Ok(among.iter().filter(|id| theirs.get(id) == Some(wanted)).copied().collect())
    }

    /// git's names for patches, by commit.
    async fn patch_ids(&self, patches: &[u8], how: &str) -> Result<HashMap<CommitId, String>, GitError> {
        if patches.is_empty() {
            return Ok(HashMap::new());
        }
        let answer = self.git.ask(Call::new("patch-id").arg(how).input(patches)).await?;
        let named = lines::read_lines("patch-id", &answer, |line| {
            let (patch, commit) = line.split_once(' ')?;
            Some((commit.parse::<CommitId>().ok()?, patch.to_owned()))
        })?;
        Ok(named.into_iter().collect())
    }
}

fn diff_tree(options: &[&str]) -> Call {
    Call::new("diff-tree")
        .args(["-p", "--full-index", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames"])
        .args(options)
        .fetching_files()
}

/// Each commit's part. No line of a patch is nothing but an id, since each begins with a sign of its own.
fn by_commit(patches: &[u8], commits: &[CommitId]) -> HashMap<CommitId, Vec<u8>> {
    let known: HashSet<CommitId> = commits.iter().copied().collect();
    let id = |line: &[u8]| -> Option<CommitId> {
        let line = std::str::from_utf8(line.strip_suffix(b"\n")?).ok()?;
        line.parse().ok().filter(|id| known.contains(id))
    };
    let mut parts: HashMap<CommitId, Vec<u8>> = HashMap::new();
    let mut at = None;
    for line in patches.split_inclusive(|byte| *byte == b'\n') {
        match (id(line), at) {
            (Some(commit), _) => at = Some(commit),
            (None, Some(commit)) => parts.entry(commit).or_default().extend_from_slice(line),
            (None, None) => {}
        }
    }
    parts
}

/// The patch without the names of the contents, which differ wherever anything else in the file does.
fn without_ids(patch: &[u8]) -> Vec<u8> {
    let lines = patch.split_inclusive(|byte| *byte == b'\n');
    lines.filter(|line| !line.starts_with(b"index ")).flatten().copied().collect()
}
