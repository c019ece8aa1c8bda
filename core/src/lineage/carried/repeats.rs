//! Commits of one branch that another branch has in another form: by patch, by likeness, by what a message says.

use std::collections::HashMap;

use super::patches::Patches;
use super::similar::{Authorship, ChangedLines};
use crate::lineage::git::Call;
use crate::lineage::promotion::COMPARED_AT_MOST;
use crate::lineage::workbench::{Change, Workbench};
use crate::lineage::{GitError, Repository, lines};
use crate::model::{Carried, Commit, CommitId, Compared};

/// What `git cherry-pick -x` writes before the commit it picked.
const TRAILER: &str = "(cherry picked from commit ";
/// git's shortest abbreviation of its own accord.
const SHORTEST: usize = 7;
/// Among so many commits of the branch, the newest ones, those of the same author or pull request are looked for.
const LOOKED_THROUGH: usize = 50_000;
/// So many of them are compared line by line with one commit.
const LIKE_IT_AT_MOST: usize = 8;

/// Commits that a branch does not reach, and where they are looked for.
#[derive(Debug)]
pub(in crate::lineage) struct Sought<'a> {
    /// The commits; a merge stands for its difference from its first parent.
    pub(in crate::lineage) commits: &'a [Commit],
    /// What a merge is called that was told as an ordinary commit.
    pub(in crate::lineage) told: HashMap<CommitId, CommitId>,
    /// The range of the commits that only the branch has.
    pub(in crate::lineage) branch: [String; 2],
    /// The range that has these commits on one side and those on the other.
    pub(in crate::lineage) both: Vec<String>,
}

/// Which of the commits are in the branch, and with how much of it they were compared.
#[derive(Debug, Default)]
pub(in crate::lineage) struct Repeats {
    pub(in crate::lineage) found: HashMap<CommitId, Carried>,
    pub(in crate::lineage) compared: Compared,
}

/// A commit of the branch.
struct Own {
    id: CommitId,
    parents: Vec<CommitId>,
    authorship: Authorship,
}

impl Own {
    /// Reads the fields of one commit.
    fn read(fields: &[&str]) -> Result<Self, GitError> {
        let parents = fields[1].split_whitespace().map(|digits| lines::id("rev-list", digits));
        let [name, email, date, subject] = [fields[2], fields[3], fields[4], fields[5]].map(str::to_owned);
        Ok(Self {
            id: lines::id("rev-list", fields[0].trim_start())?,
            parents: parents.collect::<Result<_, _>>()?,
            authorship: Authorship { name, email, date, subject },
        })
    }
}

impl Repository {
    /// Which of the commits the branch has in another form. Of several that repeat one the newest is named.
    pub(in crate::lineage) async fn repeats(
        &self,
        workbench: &Workbench,
        sought: &Sought<'_>,
    ) -> Result<Repeats, GitError> {
        let limit = format!("--max-count={}", LOOKED_THROUGH + 1);
        let mut own = self.authorships(&[&limit], &sought.branch).await?;
        let more = own.len() > LOOKED_THROUGH;
        own.truncate(LOOKED_THROUGH);
        let patches = own.len() <= COMPARED_AT_MOST && sought.commits.len() <= COMPARED_AT_MOST;
        let compared = Compared { commits: own.len(), patches, more };
        let mut repeats = Repeats { found: HashMap::new(), compared };
        own.retain(|it| it.parents.len() < 2);
        if patches {
            self.by_patch(workbench, sought, &own, &mut repeats).await?;
        }
        self.by_likeness(workbench, sought, &own, &mut repeats).await?;
        self.by_trailer(sought, &mut repeats).await?;
        Ok(repeats)
    }

    /// Who made the commits of a range, and what they say of them; the newest first.
    async fn authorships(&self, options: &[&str], range: &[String]) -> Result<Vec<Own>, GitError> {
        const FIELDS: usize = 6;
        let call = Call::new("rev-list")
            .args(["--no-commit-header", "--format=%H%x00%P%x00%an%x00%ae%x00%at%x00%s%x00", "--topo-order"])
            .args(options)
            .arg("--end-of-options")
            .args(range);
        let answer = self.git.ask(call).await?;
        let text = lines::text(&answer);
        let mut fields: Vec<&str> = text.split('\0').collect();
        // What follows the last NUL is the last line break.
        fields.pop();
        fields.chunks_exact(FIELDS).map(Own::read).collect()
    }

    /// Those whose patch a commit of the branch repeats.
    async fn by_patch(
        &self,
        workbench: &Workbench,
        sought: &Sought<'_>,
        own: &[Own],
        repeats: &mut Repeats,
    ) -> Result<(), GitError> {
        if own.is_empty() || sought.commits.is_empty() {
            return Ok(());
        }
        let mut near: Vec<CommitId> = own.iter().map(|commit| commit.id).collect();
        near.extend(own.iter().filter_map(|commit| commit.parents.first()));
        near.extend(sought.commits.iter().map(|commit| commit.id));
        near.extend(sought.commits.iter().filter_map(|commit| commit.parents.first()));
        self.bring_trees_of(&near).await?;
        let alike = workbench.alike(&sought.both).await?;
        let patches = Patches::of(workbench, &alike).await?;
        for commit in sought.commits {
            let told = sought.told.get(&commit.id).unwrap_or(&commit.id);
            let newest = own.iter().find(|it| patches.are_the_same(*told, it.id));
            if let Some(by) = newest {
                repeats.found.insert(commit.id, Carried::PatchId(by.id));
            }
        }
        Ok(())
    }

    /// Those whose lines a commit changes that has the same author, date and subject, or names the same pull request.
    async fn by_likeness(
        &self,
        workbench: &Workbench,
        sought: &Sought<'_>,
        own: &[Own],
        repeats: &mut Repeats,
    ) -> Result<(), GitError> {
        let wanted: Vec<&Commit> =
            sought.commits.iter().filter(|commit| !repeats.found.contains_key(&commit.id)).collect();
        if own.is_empty() || wanted.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = wanted.iter().map(|commit| commit.id.to_string()).collect();
        let mut theirs = Vec::new();
        // So many names are the most that one command takes for sure.
        for names in names.chunks(COMPARED_AT_MOST) {
            theirs.extend(self.authorships(&["--no-walk=unsorted"], names).await?);
        }
        let akin = Akin::of(own);
        for wanted in theirs {
            let like_it: Vec<CommitId> = akin.to(&wanted.authorship, own).take(LIKE_IT_AT_MOST).collect();
            if like_it.is_empty() {
                continue;
            }
            let changed = self.changed_lines(workbench, wanted.id).await?;
            for other in like_it {
                if changed.are_those_of(&self.changed_lines(workbench, other).await?) {
                    repeats.found.insert(wanted.id, Carried::Similar(other));
                    break;
                }
            }
        }
        Ok(())
    }

    async fn changed_lines(&self, workbench: &Workbench, commit: CommitId) -> Result<ChangedLines, GitError> {
        let change = self.change_of(commit).await?;
        Ok(ChangedLines::of(&workbench.patch(change, &["-U0"]).await?))
    }

    /// What a commit changes, with the trees that show it at hand.
    pub(in crate::lineage) async fn change_of(&self, commit: CommitId) -> Result<Change, GitError> {
        let one = |id: CommitId| async move {
            let found = self.log(&["--no-walk"], &[id.to_string()]).await?;
            found.into_iter().next().ok_or(GitError::NoSuchCommit { commit: id })
        };
        let commit = one(commit).await?;
        let parent = match commit.parents.first() {
            Some(parent) => Some(one(*parent).await?),
            None => None,
        };
        let near: Vec<CommitId> = [commit.id].into_iter().chain(commit.parents.first().copied()).collect();
        self.bring_trees_of(&near).await?;
        Change::of(&commit, |_| parent.as_ref())
    }

    /// Those that the message of a commit of the branch, merge or not, says it was picked from.
    async fn by_trailer(&self, sought: &Sought<'_>, repeats: &mut Repeats) -> Result<(), GitError> {
        let wanted: Vec<CommitId> = sought.commits.iter().map(|commit| commit.id).collect();
        let wanted: Vec<CommitId> =
            wanted.into_iter().filter(|commit| !repeats.found.contains_key(commit)).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let picks = self.picks(&sought.branch).await?;
        for commit in wanted {
            let whole = commit.to_string();
            for (by, digits) in picks.iter().filter(|(_, digits)| whole.starts_with(digits.as_str())) {
                if self.means_one_commit(digits).await? {
                    repeats.found.insert(commit, Carried::Trailer(*by));
                    break;
                }
            }
        }
        Ok(())
    }

    /// What the commits of a range say that they were picked from, the newest first.
    async fn picks(&self, range: &[String]) -> Result<Vec<(CommitId, String)>, GitError> {
        let call = Call::new("rev-list")
            .args(["--no-commit-header", "--format=%H%x00%B%x00", "--topo-order", "--fixed-strings"])
            .args([&format!("--grep={TRAILER}"), "--end-of-options"])
            .args(range);
        let answer = self.git.ask(call).await?;
        let text = lines::text(&answer);
        let mut fields = text.split('\0');
        let mut picks = Vec::new();
        while let (Some(id), Some(message)) = (fields.next(), fields.next()) {
            let id = lines::id("rev-list", id.trim())?;
            picks.extend(picked_from(message).map(|digits| (id, digits)));
        }
        Ok(picks)
    }

    /// Whether only one commit's id starts with these digits. Other objects may share them.
    async fn means_one_commit(&self, digits: &str) -> Result<bool, GitError> {
        let call = Call::new("rev-parse").arg(format!("--disambiguate={digits}"));
        let answer = self.git.ask(call).await?;
        let objects = lines::ids("rev-parse", &answer)?;
        Ok(objects.len() - self.missing(&objects).await?.len() == 1)
    }
}

/// The commits of a branch by what was written of them, so that each of many is found at once.
struct Akin<'a> {
    authorships: HashMap<&'a Authorship, Vec<usize>>,
    pulls: HashMap<u64, Vec<usize>>,
}

impl<'a> Akin<'a> {
    fn of(own: &'a [Own]) -> Self {
        let (mut authorships, mut pulls) = (HashMap::new(), HashMap::new());
        for (place, commit) in own.iter().enumerate() {
            authorships.entry(&commit.authorship).or_insert_with(Vec::new).push(place);
            for number in commit.authorship.pulls() {
                pulls.entry(number).or_insert_with(Vec::new).push(place);
            }
        }
        Self { authorships, pulls }
    }

    /// Those that may be the same change, the newest first.
    fn to<'b>(&self, wanted: &Authorship, own: &'b [Own]) -> impl Iterator<Item = CommitId> + use<'b> {
        let same = self.authorships.get(wanted).into_iter();
        let named = wanted.pulls().into_iter().filter_map(|number| self.pulls.get(&number));
        let mut places: Vec<usize> = same.chain(named).flatten().copied().collect();
        places.retain(|place| own[*place].authorship.is_akin_to(wanted));
        places.sort_unstable();
        places.dedup();
        places.into_iter().map(|place| own[place].id)
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
