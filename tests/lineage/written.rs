//! A story written down as a repository.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;
use towpath::model::CommitId;

use crate::in_memory::keep_files_in_memory;

use super::{Mark, Node, Repo, Story, make_bare};

const NOTHING: &str = "0000000000000000000000000000000000000000";

impl Story {
    /// Writes the repository down. What a message names has to be there first, so it goes in by parts.
    pub(crate) fn build(self) -> Repo {
        keep_files_in_memory();
        let directory = TempDir::new().unwrap();
        make_bare(directory.path());
        let mut ids = BTreeMap::new();
        let mut stream = String::new();
        for (mark, node) in self.nodes.iter().enumerate() {
            if node.reverts.is_some() {
                ids = import(directory.path(), &std::mem::take(&mut stream));
            }
            stream += &self.commit_record(mark, node, &ids);
        }
        writeln!(stream, "reset refs/heads/import\nfrom {NOTHING}\n").unwrap();
        for (branch, mark) in &self.branches {
            writeln!(stream, "reset refs/heads/{branch}\nfrom :{}\n", mark + 1).unwrap();
        }
        let ids = import(directory.path(), &stream);
        std::fs::remove_file(directory.path().join("marks")).unwrap();
        Repo { directory, ids, story: self }
    }

    fn commit_record(&self, mark: Mark, node: &Node, ids: &BTreeMap<Mark, CommitId>) -> String {
        let mut message = node.subject.clone();
        if let Some(reverted) = node.reverts {
            write!(message, "\n\nThis reverts commit {}", ids[&reverted]).unwrap();
            if self.is_merge(reverted) {
                write!(message, ", reversing\nchanges made to {}", ids[&self.first_parent(reverted)])
                    .unwrap();
            }
            message += ".\n";
        }
        let mut record = format!("commit refs/heads/import\nmark :{}\n", mark + 1);
        writeln!(record, "committer Ada <ada@example.org> {} +0000", node.at.0).unwrap();
        writeln!(record, "data {}\n{message}", message.len()).unwrap();
        let mut parents = node.parents.iter();
        match parents.next() {
            Some(first) => writeln!(record, "from :{}", first + 1).unwrap(),
            None => writeln!(record, "from {NOTHING}").unwrap(),
        }
        for other in parents {
            writeln!(record, "merge :{}", other + 1).unwrap();
        }
        record += "deleteall\n";
        for (path, content) in &node.files {
            writeln!(record, "M 100644 inline {path}\ndata {}\n{content}", content.len()).unwrap();
        }
        record
    }
}

/// Hands git some more of the history, and learns what all commits so far are called.
fn import(directory: &Path, stream: &str) -> BTreeMap<Mark, CommitId> {
    let marks = directory.join("marks");
    let mut import = Command::new("git")
        .args(["fast-import", "--quiet", "--force"])
        .arg(format!("--import-marks-if-exists={}", marks.display()))
        .arg(format!("--export-marks={}", marks.display()))
        .current_dir(directory)
        .env("GIT_DIR", directory)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    import.stdin.take().unwrap().write_all(stream.as_bytes()).unwrap();
    assert!(import.wait().unwrap().success());
    let listed = std::fs::read_to_string(&marks).unwrap();
    let read = listed.lines().map(|line| {
        let (mark, id) = line[1..].split_once(' ').unwrap();
        (mark.parse::<Mark>().unwrap() - 1, id.parse().unwrap())
    });
    read.collect()
}
