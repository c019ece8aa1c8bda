//! The commits of a topic that take work of others back: by what they say, by the state they go back to, by their patch.

use std::collections::{HashMap, HashSet};

use super::git::{Call, EMPTY_TREE};
use super::merge_effect::{came_by_merges, without_number};
use super::topic_range::TopicRange;
use super::workbench::Change;
use super::{GitError, Ledger, Repository, lines, origins};
use crate::model::{Commit, CommitId, Origin, PullEnds, Revert, RevertEffect};

/// So many commits are asked what they say.
const READ_AT_MOST: usize = 200;
/// More reverts than this are not followed up.
const FOLLOWED_AT_MOST: usize = 20;
/// So many commits of a work are named.
const NAMED_AT_MOST: usize = 250;
/// Among so many commits that the topic has from elsewhere, what a revert names by its subject alone is looked for.
const LOOKED_THROUGH: usize = 500;
/// The patches of so many of them are compared.
const COMPARED_AT_MOST: usize = 50;

/// What git and GitHub write into the message of a revert.
const REVERTS: &str = "This reverts commit ";
/// What git adds for a merge: the parent that is gone back to.
const BACK_TO: &str = ", reversing changes made to ";
/// What people say who take something back, in small letters.
const WORDS: [&str; 5] = ["revert", "undo", "back out", "roll back", "take back"];

/// A commit that takes something back.
struct Claim<'a> {
    by: &'a Commit,
    /// What is taken back: a commit, or a merge with all that it brought.
    of: CommitId,
    /// The commit that is gone back to, where it is known; else the first parent.
    back_to: Option<CommitId>,
    /// Whether that is the side a merge has kept, so that what is taken back began where the two sides parted.
    keeps_side: bool,
}

impl Repository {
    /// The commits of the topic that take work of others back, with what they take back. What becomes of it is left
    /// open: [`RevertEffect::Nothing`].
    pub(super) async fn reverts(
        &self,
        pull: &PullEnds,
        range: &TopicRange,
        ledger: &Ledger,
    ) -> Result<Vec<(Revert, Change)>, GitError> {
        let head = pull.head.commit;
        let mut claims = by_state(range, head);
        claims.extend(self.by_message(range, head).await?);
        let mut seen = HashSet::new();
        claims.retain(|claim| seen.insert((claim.by.id, claim.of)));
        claims.truncate(FOLLOWED_AT_MOST);
        let came = came_by_merges(range, head);
        let mut found = Vec::new();
        for claim in claims {
            let own = range.brought.iter().any(|it| it.id == claim.of && !it.is_merge());
            if own && !came.contains(&claim.of) {
                continue;
            }
            found.extend(self.followed_up(pull, &claim, ledger).await?);
        }
        Ok(found)
    }

    /// What a claim is about; `None` where it is this branch's own work, or not to be made out.
    async fn followed_up(
        &self,
        pull: &PullEnds,
        claim: &Claim<'_>,
        ledger: &Ledger,
    ) -> Result<Option<(Revert, Change)>, GitError> {
        let Some(of) = self.log(&["--no-walk=unsorted"], &[claim.of.to_string()]).await?.into_iter().next()
        else {
            return Ok(None);
        };
        let back_to = claim.back_to.or_else(|| of.parents.first().copied());
        let parted = match back_to.filter(|_| claim.keeps_side) {
            Some(side) => self.merge_base(side, of.id).await?,
            None => back_to,
        };
        let before = match parted {
            Some(parent) => self.trees_of(&[parent]).await?.first().copied(),
            None => Some(lines::id("rev-list", EMPTY_TREE)?),
        };
        let Some(before) = before else { return Ok(None) };
        let is_whole_branch = of.is_merge() || claim.back_to.is_some();
        let commits = match back_to.filter(|_| is_whole_branch) {
            Some(parent) => {
                let limit = format!("--max-count={NAMED_AT_MOST}");
                let range = [of.id.to_string(), format!("^{parent}")];
                let all = self.log(&["--topo-order", &limit], &range).await?;
                all.into_iter().filter(|commit| commit.id != of.id || !of.is_merge()).collect()
            }
            None => vec![of.clone()],
        };
        let commits = origins::named(commits, ledger);
        let Some(pulls) = self.whose(pull, &of, &commits, ledger).await? else { return Ok(None) };
        let change = Change { before, after: of.tree };
        let (by, effect) = (claim.by.clone(), RevertEffect::Nothing);
        Ok(Some((Revert { by, of: of.id, commits, pulls, effect }, change)))
    }

    /// The pull requests of a work, as far as they are known; `None` where it is this branch's own.
    async fn whose(
        &self,
        pull: &PullEnds,
        of: &Commit,
        commits: &[Commit],
        ledger: &Ledger,
    ) -> Result<Option<Vec<Origin>>, GitError> {
        let own_branch = pull.head.branch.as_ref().filter(|_| !pull.head.fork);
        let is_there = |id: CommitId| commits.iter().any(|commit| commit.id == id);
        let mut pulls: Vec<Origin> = Vec::new();
        let open = ledger.open().iter().filter(|it| is_there(it.head)).map(|it| &it.origin);
        for origin in commits.iter().filter_map(|commit| commit.origin.as_ref()).chain(open) {
            if !pulls.contains(origin) {
                pulls.push(origin.clone());
            }
        }
        if pulls.is_empty() {
            pulls.extend(self.brought_by(of.id, pull, ledger).await?);
        }
        let known = !pulls.is_empty();
        pulls.retain(|origin| !origin.is_of(own_branch));
        let pushed_here = || {
            let first = commits.first().map_or(of.id, |commit| commit.id);
            own_branch.is_some() && ledger.first_pushed_at(first) == own_branch
        };
        let own = if known { pulls.is_empty() } else { pushed_here() };
        Ok((!own).then_some(pulls))
    }

    /// The pull request that brought one commit to the base: the first whose head contains it.
    async fn brought_by(
        &self,
        commit: CommitId,
        pull: &PullEnds,
        ledger: &Ledger,
    ) -> Result<Option<Origin>, GitError> {
        let merged = ledger.merged().unwrap_or_default().iter().filter(|it| it.base == pull.base.branch);
        let merged: Vec<_> = merged.collect();
        if merged.is_empty() {
            return Ok(None);
        }
        let call = Call::new("rev-list").args(["--ignore-missing", "--ancestry-path", "--stdin"]);
        let input = lines::list(merged.iter().map(|it| it.head)) + &format!("^{commit}\n");
        let above = lines::ids("rev-list", &self.git.ask(call.input(input)).await?)?;
        let above: HashSet<CommitId> = above.into_iter().chain([commit]).collect();
        Ok(merged.into_iter().find(|it| above.contains(&it.head)).map(|it| it.origin.clone()))
    }

    /// The commits that say that they take something back.
    async fn by_message<'a>(
        &self,
        range: &'a TopicRange,
        head: CommitId,
    ) -> Result<Vec<Claim<'a>>, GitError> {
        let merges = range.brought.iter().any(Commit::is_merge);
        let sounds = |commit: &&Commit| {
            let subject = commit.subject.to_lowercase();
            WORDS.iter().any(|word| subject.contains(word))
        };
        // Who merges and takes back may say it below another subject.
        let asked = range.brought.iter().filter(|commit| !commit.is_merge());
        let asked: Vec<&Commit> =
            asked.filter(|commit| merges || sounds(commit)).take(READ_AT_MOST).collect();
        let messages = self.messages(&asked).await?;
        let mut claims = Vec::new();
        for by in asked {
            let named = named_in(messages.get(&by.id).map(String::as_str).unwrap_or_default());
            let mut found = Vec::new();
            for (of, back_to) in named.iter().take(FOLLOWED_AT_MOST) {
                let Some(of) = self.contained(of, range, head).await? else { continue };
                let back_to = match back_to {
                    Some(parent) => self.resolve(parent).await?,
                    None => None,
                };
                found.push(Claim { by, of, back_to, keeps_side: false });
            }
            if found.is_empty() && sounds(&by) && claims.len() < FOLLOWED_AT_MOST {
                found.extend(self.by_subject_or_patch(by, range, head).await?);
            }
            claims.extend(found);
        }
        Ok(claims)
    }

    /// The commit of this name, if the topic has it.
    async fn contained(
        &self,
        name: &str,
        range: &TopicRange,
        head: CommitId,
    ) -> Result<Option<CommitId>, GitError> {
        let Some(id) = self.resolve(name).await? else { return Ok(None) };
        let is_there = range.get(id).is_some() || self.reaches(head, id).await?;
        Ok(is_there.then_some(id))
    }

    /// What a revert takes back that names no commit of the topic's: the newest commit from elsewhere that has the
    /// subject it names, or else the one whose patch it takes back.
    async fn by_subject_or_patch<'a>(
        &self,
        by: &'a Commit,
        range: &TopicRange,
        head: CommitId,
    ) -> Result<Option<Claim<'a>>, GitError> {
        let limit = format!("--max-count={LOOKED_THROUGH}");
        let starts: Vec<String> = range.boundary.iter().map(|commit| commit.id.to_string()).collect();
        let came = came_by_merges(range, head);
        let mut others: Vec<Commit> =
            range.brought.iter().filter(|commit| came.contains(&commit.id)).cloned().collect();
        others.extend(self.log(&["--topo-order", &limit], &starts).await?);
        let named = subject_named(&by.subject).map(without_number);
        let claim = |of: &Commit| Claim { by, of: of.id, back_to: None, keeps_side: false };
        if let Some(of) =
            named.and_then(|named| others.iter().find(|it| without_number(&it.subject) == named))
        {
            return Ok(Some(claim(of)));
        }
        others.retain(|commit| !commit.is_merge());
        others.truncate(COMPARED_AT_MOST);
        let ids: Vec<CommitId> = others.iter().map(|commit| commit.id).collect();
        let parents = others.iter().chain([by]).flat_map(|commit| commit.parents.iter().copied());
        self.bring_trees_of(&ids.iter().copied().chain([by.id]).chain(parents).collect::<Vec<_>>()).await?;
        let same = self.workbench().await?.taken_back_by(by.id, &ids).await?;
        Ok(others.iter().find(|commit| same.contains(&commit.id)).map(claim))
    }

    /// The whole messages of commits.
    async fn messages(&self, commits: &[&Commit]) -> Result<HashMap<CommitId, String>, GitError> {
        if commits.is_empty() {
            return Ok(HashMap::new());
        }
        let call = Call::new("rev-list")
            .args(["--no-walk=unsorted", "--no-commit-header", "--format=%H%x00%B%x00", "--stdin"])
            .input(lines::list(commits.iter().map(|commit| commit.id)));
        let answer = self.git.ask(call).await?;
        let fields: Vec<&[u8]> = answer.split(|byte| *byte == 0).collect();
        let read = |record: &[&[u8]]| {
            let id = lines::id("rev-list", lines::text(record[0]).trim())?;
            Ok((id, lines::text(record[1]).into_owned()))
        };
        fields.chunks_exact(2).map(read).collect()
    }
}

/// Claims that need no word: a merge that keeps only its own side, and a commit that goes back to a state from before
/// a merge.
fn by_state(range: &TopicRange, head: CommitId) -> Vec<Claim<'_>> {
    let chain = range.first_parents(head);
    let brought = range.ids();
    let mut claims = Vec::new();
    for (place, by) in chain.iter().copied().enumerate().filter(|(_, commit)| brought.contains(&commit.id)) {
        let before = &chain[place + 1..];
        let keeps_its_side = before.first().is_some_and(|parent| parent.tree == by.tree);
        if by.is_merge() {
            let others = by.parents.iter().skip(1).filter(|_| keeps_its_side);
            let back_to = by.parents.first().copied();
            claims.extend(others.map(|of| Claim { by, of: *of, back_to, keeps_side: true }));
        } else if let Some(back) = before.iter().skip(1).position(|earlier| earlier.tree == by.tree) {
            let merges = before[..=back].iter().filter(|commit| commit.is_merge());
            claims.extend(merges.map(|of| Claim { by, of: of.id, back_to: None, keeps_side: false }));
        }
    }
    claims
}

/// The names of commits that a message says are reverted, each with the one that is gone back to.
pub(super) fn named_in(message: &str) -> Vec<(String, Option<String>)> {
    // git breaks the line where it likes.
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    let name = |text: &str| {
        let digits: String = text.chars().take_while(char::is_ascii_hexdigit).collect();
        (7..=40).contains(&digits.len()).then_some(digits)
    };
    let after = message.split(REVERTS).skip(1);
    let named = after.filter_map(|rest| {
        let of = name(rest)?;
        let back_to = rest[of.len()..].strip_prefix(BACK_TO).and_then(name);
        Some((of, back_to))
    });
    named.collect()
}

/// The subject that a revert's own subject names: git and GitHub put it in quotes.
fn subject_named(subject: &str) -> Option<&str> {
    let rest = without_number(subject).strip_prefix("Revert \"")?;
    rest.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_message_says_is_found_however_its_lines_break() {
        let of = "a64703af13a6aec26e4b445a2808ebc9b462c60b";
        let parent = "89bfcae80225dcf3b2f62c260942c406b741dee5";
        let merge =
            format!("Revert \"x\"\n\nThis reverts commit {of}, reversing\nchanges made to {parent}.\n");
        assert_eq!(named_in(&merge), [(of.to_owned(), Some(parent.to_owned()))]);
        let several = format!("Clean up\n\nThis reverts commit {of}.\nThis reverts commit 89bfcae.\n");
        assert_eq!(named_in(&several), [(of.to_owned(), None), ("89bfcae".to_owned(), None)]);
        for none in ["", "This reverts commit", "This reverts commit of mine.", "This reverts commit 89bf."] {
            assert_eq!(named_in(none), [], "{none}");
        }
        assert_eq!(named_in("This reverts commit é89bfcae."), []);
    }

    #[test]
    fn the_subject_in_quotes_is_the_one_that_is_taken_back() {
        assert_eq!(subject_named("Revert \"Add the cart (#7)\" (#9)"), Some("Add the cart (#7)"));
        assert_eq!(subject_named("Revert \"Add \"x\"\""), Some("Add \"x\""));
        assert_eq!(subject_named("Revert the cart"), None);
    }
}
