//! Carrying a repair out: the commits that cherry-picking would make, without a work tree.
//!
//! A pick is a three-way merge of trees: from the picked commit's first parent to the picked commit, onto
//! what has been made so far. Objects are written and nothing else: no ref, no index, no setting. No hook
//! runs, nothing is signed, and no merge driver is asked.

use std::collections::HashMap;

use super::git::Call;
use super::workbench::{Change, Workbench};
use super::{GitError, Repository, lines};
use crate::model::{Commit, CommitId, MergeOutcome, TreeId, UnixSeconds};

/// What `git cherry-pick -x` writes before the commit that was picked.
const ORIGIN: &str = "(cherry picked from commit ";

/// In whose name and when commits are made anew. Who wrote them, and when, stays as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committer {
    name: String,
    email: String,
    at: UnixSeconds,
}

impl Committer {
    /// A name, an address and a time. What a commit cannot hold in a name (angle brackets,
    /// line breaks) is left out, as git does.
    pub fn new(name: &str, email: &str, at: UnixSeconds) -> Self {
        let fit = |text: &str| -> String {
            text.chars().filter(|c| !c.is_control() && !"<>".contains(*c)).collect::<String>().trim().into()
        };
        Self { name: fit(name), email: fit(email), at: at.max(UnixSeconds(0)) }
    }

    /// The name, the address and the time as a commit has them.
    pub(super) fn signature(&self) -> String {
        let Self { name, email, at: UnixSeconds(at) } = self;
        format!("{name} <{email}> {at} +0000")
    }
}

/// What becomes of the message of a commit that is made anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Message {
    /// It stays.
    AsItIs,
    /// A line is added that names the commit.
    WithOrigin,
}

/// What came of carrying a repair out.
#[derive(Debug, Clone)]
pub enum Rebuild {
    /// Every pick applied.
    Clean(Rebuilt),
    /// One did not; nothing was made.
    Conflict(Conflict),
}

/// Commits that were made anew, in order.
#[derive(Debug, Clone)]
pub struct Rebuilt {
    /// The last of them; the target itself where none was made.
    pub tip: CommitId,
    /// Each pick with the commit it became, oldest first.
    pub made: Vec<(CommitId, CommitId)>,
    /// Picks whose change the target, or a pick before, has already.
    pub left_out: Vec<CommitId>,
    /// What they stand on.
    pub(super) target: CommitId,
    /// Where their objects are: in the mirror, or for as long as this lives in a place of their own.
    pub(super) workbench: Workbench,
}

/// A pick that does not apply by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The commit that was to be picked.
    pub pick: CommitId,
    /// The paths in conflict, sorted.
    pub paths: Vec<String>,
}

impl Repository {
    /// The commits that cherry-picking `picks`, oldest first, onto `target` gives.
    ///
    /// Author, author date, message and its encoding stay byte for byte; nothing is added to the message. A
    /// merge counts as its difference from its first parent. A pick that becomes empty is left out; one
    /// that was empty from the start is kept, as by a rebase. **Signatures are lost**: they were made for
    /// the old parents, and only the signer could make new ones.
    ///
    /// In a mirror the objects are written into it, files that are missing are fetched (the trees of all
    /// picks in one round), and [`Repository::push_new_branch`] gives the result a name. In a clone they are
    /// written elsewhere, and [`Repository::make_branch`] brings them in; files that a partial clone lacks
    /// are an error ([`GitError::FilesLeftOut`]). The same arguments give the same commits.
    pub async fn rebuild(
        &self,
        target: CommitId,
        picks: &[CommitId],
        committer: &Committer,
    ) -> Result<Rebuild, GitError> {
        self.explained(self.picked(target, picks, (committer, Message::AsItIs)).await).await
    }

    /// The same, with a line in each message that names the commit that was picked, as `git cherry-pick -x` writes it: so
    /// it is found again, however its files change.
    pub async fn pick_with_origin(
        &self,
        target: CommitId,
        picks: &[CommitId],
        committer: &Committer,
    ) -> Result<Rebuild, GitError> {
        self.explained(self.picked(target, picks, (committer, Message::WithOrigin)).await).await
    }

    async fn picked(
        &self,
        target: CommitId,
        picks: &[CommitId],
        anew: (&Committer, Message),
    ) -> Result<Rebuild, GitError> {
        let known = self.with_parents(target, picks).await?;
        let ids: Vec<CommitId> = known.keys().copied().collect();
        self.bring_trees_of(&ids).await?;
        let workbench = self.workbench().await?;

        let commit = |id: CommitId| known.get(&id).ok_or(GitError::NoSuchCommit { commit: id });
        let mut tree = commit(target)?.tree;
        let (mut kept, mut left_out) = (Vec::new(), Vec::new());
        for pick in picks {
            let change = Change::of(commit(*pick)?, |id| known.get(&id))?;
            match workbench.apply(change, tree).await? {
                MergeOutcome::Conflicts { paths } => {
                    return Ok(Rebuild::Conflict(Conflict { pick: *pick, paths }));
                }
                MergeOutcome::Clean { tree: same } if same == tree && !change.is_empty() => {
                    left_out.push(*pick);
                }
                MergeOutcome::Clean { tree: next } => {
                    tree = next;
                    kept.push((*pick, next));
                }
            }
        }
        // Only now is it sure that nothing conflicts.
        let (tip, made) = self.commit_all(&workbench, target, &kept, anew).await?;
        Ok(Rebuild::Clean(Rebuilt { tip, made, left_out, target, workbench }))
    }

    /// The person who runs this, as git would name them in a commit made now, which is `at`; `None`
    /// where git has not been told who they are.
    pub async fn person(&self, at: UnixSeconds) -> Result<Option<Committer>, GitError> {
        let call = Call::new("var").arg("GIT_COMMITTER_IDENT").asked_of_the_person();
        // Without it git would guess from the names of the account and the machine.
        let answer = self.git.run(call.setting("user.useConfigOnly", "true")).await?;
        if answer.status != 0 {
            return Ok(None);
        }
        let said = lines::text(&answer.stdout);
        let parts = said.split_once(" <").and_then(|(name, rest)| Some((name, rest.split_once('>')?.0)));
        Ok(parts.map(|(name, email)| Committer::new(name, email, at)))
    }

    /// The target, the picks and the parents of the picks.
    pub(super) async fn with_parents(
        &self,
        target: CommitId,
        picks: &[CommitId],
    ) -> Result<HashMap<CommitId, Commit>, GitError> {
        let mut known = HashMap::new();
        let mut wanted: Vec<CommitId> = picks.iter().copied().chain([target]).collect();
        for _ in ["the commits", "their parents"] {
            if let Some(commit) = self.missing(&wanted).await?.first() {
                return Err(GitError::NoSuchCommit { commit: *commit });
            }
            let names: Vec<String> = wanted.iter().map(ToString::to_string).collect();
            let found = self.log(&["--no-walk=unsorted"], &names).await?;
            known.extend(found.into_iter().map(|commit| (commit.id, commit)));
            let parents = picks.iter().filter_map(|id| known.get(id)?.parents.first());
            wanted = parents.filter(|id| !known.contains_key(id)).copied().collect();
            if wanted.is_empty() {
                break;
            }
        }
        Ok(known)
    }

    /// Writes the commits one on top of the other.
    async fn commit_all(
        &self,
        workbench: &Workbench,
        target: CommitId,
        kept: &[(CommitId, TreeId)],
        (committer, message): (&Committer, Message),
    ) -> Result<(CommitId, Vec<(CommitId, CommitId)>), GitError> {
        let picks: Vec<CommitId> = kept.iter().map(|(pick, _)| *pick).collect();
        let originals = self.originals(&picks).await?;
        let (mut tip, mut made) = (target, Vec::new());
        for ((pick, tree), original) in kept.iter().zip(originals) {
            let mut content = anew(&original, *tree, tip, committer);
            if message == Message::WithOrigin {
                add_origin(&mut content, *pick);
            }
            tip = workbench.write_commit(content).await?;
            made.push((*pick, tip));
        }
        Ok((tip, made))
    }

    /// The commits as they are written, byte for byte.
    async fn originals(&self, commits: &[CommitId]) -> Result<Vec<Vec<u8>>, GitError> {
        let call = Call::new("cat-file").arg("--batch=%(objectsize)").input(lines::list(commits));
        let answer = if commits.is_empty() { Vec::new() } else { self.git.ask(call).await? };
        let mut rest = answer.as_slice();
        let mut originals = Vec::new();
        for commit in commits {
            let cut_off = || GitError::Unreadable { what: "cat-file", why: format!("{commit} is cut off") };
            let end = rest.iter().position(|byte| *byte == b'\n').ok_or_else(cut_off)?;
            let size: usize = lines::text(&rest[..end]).parse().map_err(|_| cut_off())?;
            let content = rest.get(end + 1..end + 1 + size).ok_or_else(cut_off)?;
            originals.push(content.to_vec());
            rest = rest.get(end + 2 + size..).unwrap_or_default();
        }
        Ok(originals)
    }
}

/// The commit `original` with other files on another parent.
fn anew(original: &[u8], tree: TreeId, parent: CommitId, committer: &Committer) -> Vec<u8> {
    let header_end = original.windows(2).position(|pair| pair == b"\n\n").unwrap_or(original.len());
    let (header, message) = original.split_at(header_end);
    let line = |key: &[u8]| header.split(|byte| *byte == b'\n').find(|line| line.starts_with(key));

    let mut content = format!("tree {tree}\nparent {parent}\n").into_bytes();
    content.extend_from_slice(line(b"author ").unwrap_or(b"author  <> 0 +0000"));
    content.extend_from_slice(format!("\ncommitter {}", committer.signature()).as_bytes());
    if let Some(encoding) = line(b"encoding ") {
        content.push(b'\n');
        content.extend_from_slice(encoding);
    }
    content.extend_from_slice(if message.is_empty() { b"\n\n" } else { message });
    content
}

/// Adds the line of `git cherry-pick -x` to a commit. It stands in a paragraph of its own, unless the last one holds such
/// lines already.
fn add_origin(content: &mut Vec<u8>, pick: CommitId) {
    while content.ends_with(b"\n\n\n") {
        content.pop();
    }
    if !content.ends_with(b"\n") {
        content.push(b'\n');
    }
    let text = lines::text(content);
    let message = text.split_once("\n\n").map_or("", |(_, message)| message).trim_end();
    let last = message.rsplit_once("\n\n").map(|(_, last)| last);
    if !message.is_empty() && !last.is_some_and(|last| last.lines().all(is_trailer)) {
        content.push(b'\n');
    }
    content.extend_from_slice(format!("{ORIGIN}{pick})\n").as_bytes());
}

/// Whether a line of a message is one of those that git reads, such as `Signed-off-by: Ada <ada@example.org>`.
fn is_trailer(line: &str) -> bool {
    let names = |key: &str| !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    line.starts_with(ORIGIN) || line.split_once(": ").is_some_and(|(key, _)| names(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made_anew(original: &[u8]) -> String {
        let (tree, parent) = ("1".repeat(40).parse().unwrap(), "2".repeat(40).parse().unwrap());
        let committer = Committer::new("To<w>\npath", "bot@example.org", UnixSeconds(7));
        lines::text(&anew(original, tree, parent, &committer)).into_owned()
    }

    #[test]
    fn who_wrote_it_and_what_they_said_stays() {
        let original =
            b"tree 3\nparent 4\nparent 5\nauthor J\xf6rg <j@x> 5 -0130\ncommitter K <k@x> 6 +0000\n\
            gpgsig -----BEGIN\n author Mallory <m@x> 1 +0000\n -----END\nencoding ISO-8859-1\n\nW\xe4sche\n\n\
            author of nothing\n\n";
        let (ones, twos) = ("1".repeat(40), "2".repeat(40));
        let wanted = format!(
            "tree {ones}\nparent {twos}\nauthor J\u{fffd}rg <j@x> 5 -0130\n\
             committer Towpath <bot@example.org> 7 +0000\nencoding ISO-8859-1\n\nW\u{fffd}sche\n\nauthor of \
             nothing\n\n"
        );
        assert_eq!(made_anew(original), wanted);
    }

    #[test]
    fn the_origin_stands_in_a_paragraph_of_its_own_or_among_its_like() {
        let pick = CommitId::from_bytes([0xab; 20]);
        let line = format!("{ORIGIN}{pick})\n");
        let with_origin = |message: &str| {
            let mut content = format!("tree 1\nauthor A <a> 1 +0000\n\n{message}").into_bytes();
            add_origin(&mut content, pick);
            lines::text(&content).split_once("\n\n").unwrap().1.to_owned()
        };
        assert_eq!(with_origin("Fix"), format!("Fix\n\n{line}"));
        assert_eq!(with_origin("Fix: the cart\n"), format!("Fix: the cart\n\n{line}"));
        assert_eq!(with_origin("Fix\n\nBy hand.\n"), format!("Fix\n\nBy hand.\n\n{line}"));
        let signed = "Fix\n\nSigned-off-by: Ada <ada@example.org>\n";
        assert_eq!(with_origin(signed), format!("{signed}{line}"));
        assert_eq!(with_origin(&format!("Fix\n\n{line}")), format!("Fix\n\n{line}{line}"));
        assert_eq!(with_origin(""), line);
    }

    #[test]
    fn a_commit_without_a_message_is_none_the_worse() {
        let made = made_anew(b"tree 3\nauthor A <a> 1 +0000\ncommitter A <a> 1 +0000\n\n");
        assert!(made.ends_with("author A <a> 1 +0000\ncommitter Towpath <bot@example.org> 7 +0000\n\n"));
    }
}
