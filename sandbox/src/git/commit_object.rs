//! A commit, and the text that git makes of it as an object, where git would take all of it as it is.

use std::fmt::Write as _;
use std::ops::Range;

use super::names::is_id;
use super::trees::{self, Difference, Files};

/// Dates of which no git thinks that they are anything but Unix seconds: from 1973 to 2096.
const SECONDS: Range<i64> = 100_000_000..4_000_000_000;

/// What git takes away from the ends of a name.
const CRUD: [char; 10] = ['.', ',', ':', ';', '<', '>', '"', '\\', '\'', ' '];

/// Who, and when (Unix seconds, UTC).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) at: i64,
}

impl Signature {
    /// A person's signature.
    pub(crate) fn of(login: &str, at: i64) -> Self {
        Self { name: login.to_owned(), email: format!("{login}@example.com"), at }
    }

    /// GitHub's own.
    pub(crate) fn github(at: i64) -> Self {
        Self { name: "GitHub".to_owned(), email: "noreply@example.com".to_owned(), at }
    }

    /// As it stands in a commit.
    pub(super) fn line(&self) -> String {
        format!("{} <{}> {} +0000", self.name, self.email, self.at)
    }
}

/// A commit and which files it changed on top of its first parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommitInfo {
    pub(crate) sha: String,
    pub(crate) tree: String,
    pub(crate) parents: Vec<String>,
    pub(crate) author: Signature,
    pub(crate) committer: Signature,
    pub(crate) message: String,
    pub(crate) added: Vec<String>,
    pub(crate) removed: Vec<String>,
    pub(crate) modified: Vec<String>,
}

impl CommitInfo {
    /// A commit of which no id, message and files are known yet.
    pub(super) fn new(tree: String, parents: Vec<String>, author: Signature, committer: Signature) -> Self {
        let [sha, message] = [const { String::new() }; 2];
        let [added, removed, modified] = [const { Vec::new() }; 3];
        Self { sha, tree, parents, author, committer, message, added, removed, modified }
    }

    /// Says which files it changed; `None` where git may quote a name.
    pub(super) fn set_files(&mut self, old: &Files, new: &Files) -> Option<()> {
        for (path, difference) in trees::differences(old, new) {
            if !trees::is_plain(path) {
                return None;
            }
            let list = match difference {
                Difference::Added(_) => &mut self.added,
                Difference::Removed(_) => &mut self.removed,
                Difference::Modified(..) => &mut self.modified,
            };
            list.push(path.to_owned());
        }
        Some(())
    }
}

/// The object's content; `None` where git may write something else, or nothing at all.
pub(super) fn written(commit: &CommitInfo, message: &str) -> Option<Vec<u8>> {
    let CommitInfo { tree, parents, author, committer, .. } = commit;
    let is_twice = |(place, parent): (usize, &String)| parents[..place].contains(parent);
    if !is_plain_message(message)
        || ![author, committer].into_iter().all(is_plain_signature)
        || parents.iter().enumerate().any(is_twice)
        || !parents.iter().chain([tree]).all(|id| is_id(id))
    {
        return None;
    }
    let mut text = format!("tree {tree}\n");
    for parent in parents {
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "parent {parent}");
    }
    let _ = write!(text, "author {}\ncommitter {}\n\n{message}", author.line(), committer.line());
    Some(text.into_bytes())
}

/// Reads an object's content, all but the files; `None` where there is more in it, or git says it in another way.
pub(super) fn read(sha: &str, content: &[u8]) -> Option<CommitInfo> {
    let (head, message) = std::str::from_utf8(content).ok()?.split_once("\n\n")?;
    let mut lines = head.lines().peekable();
    let tree = lines.next()?.strip_prefix("tree ")?.to_owned();
    let mut parents = Vec::new();
    while let Some(parent) = lines.peek().and_then(|line| line.strip_prefix("parent ")) {
        parents.push(parent.to_owned());
        lines.next();
    }
    let author = signature(lines.next()?.strip_prefix("author ")?)?;
    let committer = signature(lines.next()?.strip_prefix("committer ")?)?;
    let is_whole = lines.next().is_none() && parents.iter().chain([&tree]).all(|id| is_id(id));
    (is_whole && is_plain_message(message)).then(|| CommitInfo {
        sha: sha.to_owned(),
        message: message.trim_end_matches('\n').to_owned(),
        ..CommitInfo::new(tree, parents, author, committer)
    })
}

fn signature(line: &str) -> Option<Signature> {
    let (name, rest) = line.split_once(" <")?;
    let (email, date) = rest.split_once("> ")?;
    let (seconds, zone) = date.split_once(' ')?;
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_date = zone.len() == 5 && are_digits(zone.strip_prefix(['+', '-'])?) && are_digits(seconds);
    let found = Signature { name: name.to_owned(), email: email.to_owned(), at: seconds.parse().ok()? };
    (is_date && is_plain_signature(&found)).then_some(found)
}

fn is_plain_signature(signature: &Signature) -> bool {
    let is_plain = |text: &str| {
        let is_odd = |it: char| !matches!(it, ' '..='~') || matches!(it, '<' | '>');
        !text.is_empty() && !text.contains(is_odd) && !text.starts_with(CRUD) && !text.ends_with(CRUD)
    };
    is_plain(&signature.name) && is_plain(&signature.email) && SECONDS.contains(&signature.at)
}

/// Whether git neither refuses nor converts it, and nothing in it ends a field of what git says of a commit.
fn is_plain_message(message: &str) -> bool {
    let is_odd = |it: char| match u32::from(it) {
        0..=2 | 0xfdd0..=0xfdef => true,
        // The last two of each plane are no characters.
        code => code & 0xfffe == 0xfffe,
    };
    !message.contains(is_odd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_would_change_or_refuse_is_left_to_it() {
        let info = |name: &str, at| {
            let author = Signature { name: name.to_owned(), ..Signature::of("ada", at) };
            CommitInfo::new("1".repeat(40), vec!["2".repeat(40)], author.clone(), author)
        };
        let plain = info("Ada of B.", 1_700_000_000);
        assert!(written(&plain, "a").is_none(), "a full stop is taken away");
        let plain = info("Ada (B) [bot]", 1_700_000_000);
        let content = written(&plain, "ünï\n\n\nmore\n\n").unwrap();
        let read = read("3", &content).unwrap();
        assert_eq!((read.tree, read.parents), (plain.tree.clone(), plain.parents.clone()));
        assert_eq!((read.author.line(), read.message.as_str()), (plain.author.line(), "ünï\n\n\nmore"));
        for odd in ["a\0", "a\u{1}", "\u{fffe}", "\u{1ffff}", "\u{fdd0}"] {
            assert!(written(&plain, odd).is_none(), "{odd:?}");
        }
        for (name, at) in [("", 1_700_000_000), (" ada", 1_700_000_000), ("a<b", 1_700_000_000), ("ada", 5)] {
            assert!(written(&info(name, at), "a").is_none(), "{name:?} {at}");
        }
        let mut twice = plain.clone();
        twice.parents.push("2".repeat(40));
        assert!(written(&twice, "a").is_none());
    }
}
