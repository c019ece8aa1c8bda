//! Unified diffs, and whether they apply.

/// Patches that would need more comparisons of lines than this are taken to apply.
const COMPARED_MAX: usize = 20_000_000;

/// A patch of several files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Patch {
    pub(super) files: Vec<FilePatch>,
}

/// What a patch does to one file that is there before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FilePatch {
    /// The path without its first folder, as `-p1` has it.
    pub(super) path: String,
    pub(super) hunks: Vec<Hunk>,
}

/// One place that is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hunk {
    /// The line of the patch on which it begins, from 1.
    line: u32,
    /// The first line of the file that it shows, from 1.
    at: usize,
    pub(super) before: Vec<String>,
    pub(super) after: Vec<String>,
}

impl Patch {
    /// Reads what it can; what is no diff is passed over.
    pub(super) fn read(text: &str) -> Self {
        let mut patch = Self::default();
        let mut lines = text.lines().zip(1..).peekable();
        let mut is_whole = false;
        while let Some((line, number)) = lines.next() {
            if let Some(old) = line.strip_prefix("--- ")
                && let Some((new, _)) = lines.next_if(|(line, _)| line.starts_with("+++ "))
            {
                let (old, new) = (name(old), name(&new[4..]));
                // What is made or removed cannot be held against a file.
                is_whole = old.is_some() && new.is_some();
                if let Some(path) = new.filter(|_| is_whole) {
                    patch.files.push(FilePatch { path, hunks: Vec::new() });
                }
                continue;
            }
            if !is_whole {
                continue;
            }
            if let Some((at, before, after)) = range(line)
                && let Some(file) = patch.files.last_mut()
            {
                let mut hunk = Hunk { line: number, at, before: Vec::new(), after: Vec::new() };
                while hunk.before.len() < before || hunk.after.len() < after {
                    let Some((line, _)) = lines.next() else { break };
                    hunk.take(line);
                }
                file.hunks.push(hunk);
            }
        }
        patch.files.retain(|file| !file.hunks.is_empty());
        patch
    }
}

impl Hunk {
    fn take(&mut self, line: &str) {
        let rest = || line.get(1..).unwrap_or_default().to_owned();
        match line.chars().next() {
            Some('-') => self.before.push(rest()),
            Some('+') => self.after.push(rest()),
            Some('\\') => {}
            // Editors take the space of an empty line away.
            Some(' ') | None => {
                self.before.push(rest());
                self.after.push(rest());
            }
            Some(_) => {
                self.before.push(line.to_owned());
                self.after.push(line.to_owned());
            }
        }
    }
}

impl FilePatch {
    /// The lines after it; else the line of the patch that does not fit.
    pub(super) fn apply(&self, lines: &[String]) -> Result<Vec<String>, u32> {
        if self.hunks.len().saturating_mul(lines.len()) > COMPARED_MAX {
            return Ok(lines.to_vec());
        }
        let mut done: Vec<String> = Vec::with_capacity(lines.len());
        let mut from = 0;
        for hunk in &self.hunks {
            let place = place(lines, from, hunk).ok_or(hunk.line)?;
            done.extend_from_slice(&lines[from..place]);
            done.extend_from_slice(&hunk.after);
            from = place + hunk.before.len();
        }
        done.extend_from_slice(&lines[from..]);
        Ok(done)
    }
}

/// Where the lines that a hunk shows stand in a file, nearest to where it says.
fn place(lines: &[String], from: usize, hunk: &Hunk) -> Option<usize> {
    let last = lines.len().checked_sub(hunk.before.len())?;
    let wanted = if hunk.before.is_empty() { hunk.at } else { hunk.at.saturating_sub(1) };
    let fits = |place: &usize| {
        let shown = lines[*place..].iter().zip(&hunk.before);
        shown.clone().all(|(line, before)| line.trim_end_matches('\r') == before.trim_end_matches('\r'))
    };
    (from..=last).filter(fits).min_by_key(|place| place.abs_diff(wanted))
}

/// The path of a file's head line without its first folder; none for `/dev/null`.
fn name(text: &str) -> Option<String> {
    let path = text.split('\t').next()?.trim();
    if path == "/dev/null" {
        return None;
    }
    let plain = path.split_once('/').map_or(path, |(_, rest)| rest);
    Some(plain.to_owned())
}

/// The first line, and how many lines there are before and after: `@@ -1,3 +1,4 @@`.
fn range(line: &str) -> Option<(usize, usize, usize)> {
    let inside = line.strip_prefix("@@ -")?.split(" @@").next()?;
    let (before, after) = inside.split_once(" +")?;
    let count = |part: &str| match part.split_once(',') {
        Some((at, count)) => Some((at.parse().ok()?, count.parse().ok()?)),
        None => Some((part.parse().ok()?, 1)),
    };
    let ((at, before), (_, after)): ((usize, usize), (usize, usize)) = (count(before)?, count(after)?);
    Some((at, before, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    const PATCH: &str = "From: somebody\n--- a/app/a.php\n+++ b/app/a.php\n@@ -2,3 +2,4 @@ class\n two\n-three\n+3\n+3b\n four\n\
                         --- /dev/null\n+++ b/app/new.php\n@@ -0,0 +1 @@\n+x\n";

    #[test]
    fn a_patch_applies_where_its_lines_are() {
        let patch = Patch::read(PATCH);
        assert_eq!(patch.files.len(), 1);
        assert_eq!(patch.files[0].path, "app/a.php");
        let apply = |text: &str| patch.files[0].apply(&lines(text)).map(|lines| lines.join(" "));
        assert_eq!(apply("one\ntwo\nthree\nfour\nfive"), Ok("one two 3 3b four five".to_owned()));
        assert_eq!(apply("zero\nnil\none\ntwo\r\nthree\nfour"), Ok("zero nil one two 3 3b four".to_owned()));
        assert_eq!(apply("one\ntwo\n3\nfour"), Err(4));
        assert_eq!(apply(""), Err(4));
    }

    #[test]
    fn what_is_no_diff_is_passed_over() {
        for text in
            ["", "--- a\n", "--- a/b\n+++ b/b\n", "--- a/b\n+++ b/b\n@@ what @@\n", "@@ -1 +1 @@\n-a\n+b\n"]
        {
            assert_eq!(Patch::read(text), Patch::default(), "{text}");
        }
    }
}
