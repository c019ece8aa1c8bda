//! The files of one commit, written into a folder.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tempfile::TempDir;
use towpath::lineage::{CheckOut, GitError, Remote, check_out};
use towpath::model::CommitId;
use towpath_sandbox::write_program;

use crate::story::run_git;

fn remote(path: &Path) -> Remote {
    let url = format!("file://{}", path.display());
    Remote { url, authorization: None, allow_http: false, allow_file: true }
}

/// A repository with two commits, whose last holds what is awkward to write.
fn repository() -> (TempDir, [CommitId; 2]) {
    let directory = TempDir::new().unwrap();
    let place = directory.path();
    let git = |arguments: &[&str]| run_git(place, arguments);
    git(&["init", "-q", "-b", "main"]);
    fs::write(place.join("old"), "old\n").unwrap();
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "one"]);
    let old = git(&["rev-parse", "HEAD"]).trim().parse().unwrap();
    fs::remove_file(place.join("old")).unwrap();
    fs::create_dir_all(place.join("a folder")).unwrap();
    fs::write(place.join("a folder/with spaces ä.txt"), "one\r\ntwo $Id$\n").unwrap();
    fs::write(place.join("run"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(place.join("run"), fs::Permissions::from_mode(0o755)).unwrap();
    std::os::unix::fs::symlink("a folder/with spaces ä.txt", place.join("link")).unwrap();
    // None of these counts.
    fs::write(place.join(".gitattributes"), "* filter=evil text eol=lf ident\n").unwrap();
    fs::write(place.join(".gitmodules"), "[submodule \"sub\"]\n\tpath = sub\n\turl = https://e.com/s\n")
        .unwrap();
    git(&["-c", "core.attributesFile=/dev/null", "-c", "attr.tree=HEAD", "add", "."]);
    git(&["update-index", "--add", "--cacheinfo", "160000,1111111111111111111111111111111111111111,sub"]);
    git(&["commit", "-q", "-m", "two"]);
    let hook = place.join(".git/hooks/post-checkout");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    write_program(&hook, "#!/bin/sh\ntouch hooked\n", 0o755).unwrap();
    git(&["config", "filter.evil.smudge", "sh -c 'echo evil'"]);
    let new = git(&["rev-parse", "HEAD"]).trim().parse().unwrap();
    (directory, [old, new])
}

/// Checks a commit out into a folder that is made for it, within bounds on the files and their bytes.
async fn written(
    source: &Path,
    commit: CommitId,
    into: &Path,
    (files_most, bytes_most): (u64, u64),
) -> Result<(), GitError> {
    fs::create_dir(into).unwrap();
    let repository = TempDir::new().unwrap();
    let out = CheckOut { into, repository: repository.path(), files_most, bytes_most };
    check_out(&remote(source), commit, out).await
}

#[tokio::test]
async fn files_come_out_as_they_were_committed() {
    let (source, [old, new]) = repository();
    let target = TempDir::new().unwrap();
    let into = target.path().join("work tree");
    written(source.path(), new, &into, (6, 1000)).await.unwrap();
    let mut names: Vec<_> =
        fs::read_dir(&into).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, [".gitattributes", ".gitmodules", "a folder", "link", "run", "sub"]);
    assert_eq!(fs::read(into.join("link")).unwrap(), b"one\r\ntwo $Id$\n");
    assert_eq!(fs::read_link(into.join("link")).unwrap(), Path::new("a folder/with spaces ä.txt"));
    assert_eq!(fs::metadata(into.join("run")).unwrap().permissions().mode() & 0o111, 0o111);
    assert_eq!(fs::metadata(into.join(".gitmodules")).unwrap().permissions().mode() & 0o111, 0);
    assert_eq!(fs::read_dir(into.join("sub")).unwrap().count(), 0);
    assert_eq!(fs::read_dir(target.path()).unwrap().count(), 1, "nothing is left beside it");
    let into = target.path().join("old");
    written(source.path(), old, &into, (1, 4)).await.unwrap();
    assert_eq!(fs::read_dir(&into).unwrap().count(), 1);
}

#[tokio::test]
async fn a_commit_that_is_not_there_is_named() {
    let (source, _) = repository();
    let target = TempDir::new().unwrap();
    let commit = CommitId::from_bytes([0x11; 20]);
    let into = target.path().join("files");
    let error = written(source.path(), commit, &into, (1, 1000)).await.unwrap_err();
    assert!(matches!(error, GitError::NoSuchCommit { commit: named } if named == commit), "{error}");
    assert_eq!(fs::read_dir(into).unwrap().count(), 0);
}

#[tokio::test]
async fn more_files_than_may_be_are_not_written() {
    let (source, [old, new]) = repository();
    let target = TempDir::new().unwrap();
    let mut number = 0;
    let mut refused = async |commit, bounds| {
        number += 1;
        let into = target.path().join(number.to_string());
        let error = written(source.path(), commit, &into, bounds).await.unwrap_err();
        assert!(!error.may_pass(), "{error}");
        assert_eq!(fs::read_dir(into).unwrap().count(), 0);
        error.to_string()
    };
    let said = refused(new, (5, 1000)).await;
    assert_eq!(said, format!("{new} holds more than 5 files, which is more than may be checked out"));
    let said = refused(old, (1, 3)).await;
    let more = "files of more than 3 bytes together";
    assert_eq!(said, format!("{old} holds {more}, which is more than may be checked out"));
    let place = source.path();
    let mut entry = format!("100644 blob {}", run_git(place, &["rev-parse", &format!("{old}:old")]).trim());
    for _ in 0..9 {
        let lines: Vec<_> = (0..10).map(|name| format!("{entry}\t{name}\n")).collect();
        fs::write(place.join("lines"), lines.concat()).unwrap();
        let tree = run_git(place, &["-c", "alias.read-lines=!git mktree < lines", "read-lines"]);
        entry = format!("040000 tree {}", tree.trim());
    }
    let tree = entry.rsplit(' ').next().unwrap();
    let commit = run_git(place, &["commit-tree", tree, "-m", "a thousand million files"]);
    run_git(place, &["branch", "many", commit.trim()]);
    let said = refused(commit.trim().parse().unwrap(), (1_000, u64::MAX)).await;
    assert!(said.contains("holds more than 1000 files"), "{said}");
}
