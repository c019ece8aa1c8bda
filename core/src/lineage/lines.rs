//! Reading what git answers. Names and subjects in it are untrusted bytes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::GitError;
use crate::model::{Commit, CommitId, TreeId, UnixSeconds};

/// How many fields [`COMMIT_FORMAT`] has.
pub(super) const COMMIT_FIELDS: usize = 7;

/// Seven fields, each ended by a NUL, which no field can hold; git adds a line break after each commit.
pub(super) const COMMIT_FORMAT: &str = "--format=%H%x00%T%x00%P%x00%ct%x00%an%x00%cn%x00%s%x00";

/// Who GitHub says has committed what a button on its pages made.
const GITHUB: &str = "GitHub";

/// Whether GitHub itself is the committer of this name.
pub(super) fn is_github(committer: &str) -> bool {
    committer == GITHUB
}

/// How many characters of a subject or a name are kept.
const SHOWN: usize = 200;

/// What was answered, with bytes that are no UTF-8 replaced.
pub(super) fn text(answer: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(answer)
}

/// Each line of an answer, read by `read`.
pub(super) fn read_lines<T>(
    what: &'static str,
    answer: &[u8],
    read: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, GitError> {
    let text = text(answer);
    text.lines().map(|line| read(line).ok_or_else(|| unreadable(what, line))).collect()
}

/// Refs and where they point: a name and a commit on each line, and behind them what nobody reads.
pub(super) fn read_refs(answer: &[u8]) -> Result<BTreeMap<String, CommitId>, GitError> {
    let refs = read_lines("for-each-ref", answer, |line| {
        // No ref's name holds a space.
        let mut words = line.split(' ');
        Some((words.next()?.to_owned(), words.next()?.parse::<CommitId>().ok()?))
    })?;
    Ok(refs.into_iter().collect())
}

/// Where a ref points.
pub(super) struct ListedRef {
    pub(super) name: String,
    pub(super) commit: CommitId,
    pub(super) tree: TreeId,
}

/// Refs as `for-each-ref` lists them by name, commit and its tree.
pub(super) fn read_refs_with_trees(answer: &[u8]) -> Result<Vec<ListedRef>, GitError> {
    read_lines("for-each-ref", answer, |line| {
        let mut words = line.split(' ');
        let name = words.next()?.to_owned();
        Some(ListedRef { name, commit: words.next()?.parse().ok()?, tree: words.next()?.parse().ok()? })
    })
}

/// One object name.
pub(super) fn id<T: std::str::FromStr>(what: &'static str, digits: &str) -> Result<T, GitError> {
    digits.parse().map_err(|_| unreadable(what, digits))
}

/// Object names, one a line.
pub(super) fn ids(what: &'static str, answer: &[u8]) -> Result<Vec<CommitId>, GitError> {
    read_lines(what, answer, |line| line.parse().ok())
}

/// Commits with their parents, one a line, as `rev-list --parents` lists them.
pub(super) fn ids_with_parents(
    what: &'static str,
    answer: &[u8],
) -> Result<Vec<(CommitId, Vec<CommitId>)>, GitError> {
    read_lines(what, answer, |line| {
        let mut ids = line.split(' ').map(|digits| digits.parse::<CommitId>().ok());
        Some((ids.next()??, ids.collect::<Option<_>>()?))
    })
}

/// Object names as input for git, one a line.
pub(super) fn list(ids: impl IntoIterator<Item = impl std::fmt::Display>) -> String {
    ids.into_iter().fold(String::new(), |mut lines, id| {
        // Writing to a string cannot fail.
        let _ = writeln!(lines, "{id}");
        lines
    })
}

/// An answer in [`COMMIT_FORMAT`].
pub(super) fn read_commits(answer: &[u8]) -> Result<Vec<Commit>, GitError> {
    let mut fields: Vec<&[u8]> = answer.split(|byte| *byte == 0).collect();
    // What follows the last NUL is the last line break.
    fields.pop();
    if !fields.len().is_multiple_of(COMMIT_FIELDS) {
        return Err(unreadable("rev-list", "a record is cut off"));
    }
    fields.chunks_exact(COMMIT_FIELDS).map(read_commit).collect()
}

pub(super) fn read_commit(fields: &[&[u8]]) -> Result<Commit, GitError> {
    let field = |place: usize| text(fields[place]);
    let what = "rev-list";
    Ok(Commit {
        id: id(what, field(0).trim_start())?,
        tree: id(what, &field(1))?,
        parents: field(2).split_whitespace().map(|digits| id(what, digits)).collect::<Result<_, _>>()?,
        committed_at: seconds(&field(3)),
        author: for_people(&field(4)),
        made_by_github: is_github(&field(5)),
        subject: for_people(&field(6)),
        origin: None,
    })
}

/// A commit's date. git hands on what stands there, even if it is no number; then it goes
/// by 0 itself.
pub(super) fn seconds(date: &str) -> UnixSeconds {
    UnixSeconds(date.parse().unwrap_or_default())
}

/// A text somebody else wrote, fit to be shown: short, and without control characters.
fn for_people(text: &str) -> String {
    text.chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

pub(super) fn unreadable(what: &'static str, said: &str) -> GitError {
    let mut why: String = said.chars().take(80).collect();
    why.insert_str(0, "unexpected: ");
    GitError::Unreadable { what, why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_that_are_no_numbers_are_no_obstacle() {
        assert_eq!(seconds("17"), UnixSeconds(17));
        for date in ["", "yesterday", "99999999999999999999", "01x"] {
            assert_eq!(seconds(date), UnixSeconds(0), "{date}");
        }
    }

    #[test]
    fn commits_are_read_whatever_their_authors_wrote() {
        let one = "1".repeat(40);
        let two = "2".repeat(40);
        let mut answer = format!("{one}\0{two}\0{two} {one}\x0017\0").into_bytes();
        answer.extend(b"J\xf6rg \x1b[31m\0GitHub\0sub\tject\0\n");
        answer.extend(format!("{two}\0{one}\0\0-5\0\0\0{}\0\n", "é".repeat(300)).into_bytes());
        let commits = read_commits(&answer).unwrap();
        assert_eq!(commits.len(), 2);
        assert_eq!(commits[0].author, "J\u{fffd}rg  [31m");
        assert_eq!(commits[0].subject, "sub ject");
        assert!(commits[0].is_merge() && commits[0].made_by_github && !commits[1].made_by_github);
        assert_eq!(commits[1].parents, []);
        assert_eq!(commits[1].committed_at, UnixSeconds(-5));
        assert_eq!(commits[1].subject.chars().count(), SHOWN);
        assert_eq!(read_commits(b"").unwrap(), []);
        assert!(read_commits(b"abc\0def\0").is_err());
    }
}
