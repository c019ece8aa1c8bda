//! How much memory a git may take.
//!
//! A tree of a few kilobytes can name a folder ten times, which names another one ten times, and so on: whoever lists or
//! merges it needs more memory than any machine has. Anybody who may open a pull request can push one.

use crate::process::machine_memory;
use std::sync::LazyLock;

/// What one git may take where the system does not say how much memory there is, and the most anywhere, in bytes: enough for
/// the history of the largest repositories.
const MOST: u64 = 4 << 30;
/// What it may take on a small machine, in bytes.
const LEAST: u64 = 64 << 20;

/// What one git may take on this machine, in bytes: an eighth of the memory, since several run at once.
pub(super) fn bound() -> u64 {
    static BOUND: LazyLock<u64> =
        LazyLock::new(|| machine_memory().map_or(MOST, |memory| (memory / 8).clamp(LEAST, MOST)));
    *BOUND
}

/// Whether git said that it was refused memory. What the remote says of its own does not count.
pub(super) fn is_refused(said: &str) -> bool {
    let mut own = said.lines().filter(|line| !line.starts_with("remote:"));
    own.any(|line| line.contains("Out of memory") || line.contains("out of memory"))
}

#[cfg(test)]
mod tests {
    use super::super::{Call, Git};
    use super::*;
    use crate::lineage::GitError;
    use std::path::Path;
    use std::process::Command;

    const TIGHT: u64 = 64 << 20;

    fn git(folder: &Path, arguments: &[&str], input: &str) -> String {
        let script = r#"printf %s "$0" | git -c user.name=ana -c user.email=ana@example.org "$@""#;
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script, input]).args(arguments).current_dir(folder);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Commits with one file, with a thousand million in its place, and with another text in it.
    fn bomb(folder: &Path) -> [String; 3] {
        git(folder, &["init", "--quiet"], "");
        let file = |text| format!("100644 blob {}", git(folder, &["hash-object", "-w", "--stdin"], text));
        let (before, after) = (file("before"), file("after"));
        let mut bomb = before.clone();
        for _ in 0..9 {
            let lines: Vec<_> = (0..10).map(|name| format!("{bomb}\t{name}\n")).collect();
            bomb = format!("040000 tree {}", git(folder, &["mktree"], &lines.concat()));
        }
        [format!("{before}\tfile\n"), format!("{bomb}\tfolder\n"), format!("{after}\tfile\n")].map(|lines| {
            let tree = git(folder, &["mktree"], &lines);
            git(folder, &["commit-tree", &tree, "-m", "files"], "")
        })
    }

    #[tokio::test]
    async fn a_tree_that_no_machine_can_hold_ends_git_and_is_no_damage() {
        let folder = tempfile::tempdir().unwrap();
        let [before, all, after] = bomb(folder.path());
        let base = format!("--merge-base={before}");
        let git = Git::inside(folder.path());
        for (what, arguments) in
            [("merge-tree", vec!["--write-tree", &base, &all, &after]), ("read-tree", vec![all.as_str()])]
        {
            let error = git.ask(Call::new(what).args(&arguments).within_memory(TIGHT)).await.unwrap_err();
            assert!(matches!(error, GitError::OutOfMemory { .. }), "{what}: {error}");
            assert_eq!(
                error.to_string(),
                format!("git {what} needed more than the 64 MiB of memory that it may take on this machine")
            );
            assert!(!error.is_of_damage() && !error.may_pass());
        }
        assert!(git.ask(Call::new("rev-parse").arg(&all).within_memory(TIGHT)).await.is_ok());
    }

    #[test]
    fn only_what_git_itself_lacks_counts() {
        for said in [
            "fatal: Out of memory, malloc failed (tried to allocate 4096 bytes)",
            "error: inflate: out of memory",
            "remote: Counting objects: 3, done.\nfatal: Out of memory, realloc failed",
        ] {
            assert!(is_refused(said), "{said}");
        }
        assert!(!is_refused("remote: fatal: Out of memory, malloc failed"));
        // Of a file that is mapped, which has no bound: the machine lacks it.
        assert!(!is_refused("fatal: mmap failed: Cannot allocate memory"));
        assert!(!is_refused("fatal: bad object 08d12e6b"));
    }

    #[test]
    fn there_is_room_for_an_ordinary_repository() {
        assert!((LEAST..=MOST).contains(&bound()));
    }
}
