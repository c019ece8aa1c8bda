//! The files of one commit, written into a folder.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tempfile::TempDir;
use towpath::lineage::{GitError, Remote, check_out};
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

#[tokio::test]
async fn files_come_out_as_they_were_committed() {
    let (source, [old, new]) = repository();
    let target = TempDir::new().unwrap();
    let into = target.path().join("work tree");
    fs::create_dir(&into).unwrap();
    check_out(&remote(source.path()), new, &into).await.unwrap();
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
    fs::create_dir(&into).unwrap();
    check_out(&remote(source.path()), old, &into).await.unwrap();
    assert_eq!(fs::read_dir(&into).unwrap().count(), 1);
}

#[tokio::test]
async fn a_commit_that_is_not_there_is_named() {
    let (source, _) = repository();
    let target = TempDir::new().unwrap();
    let commit = CommitId::from_bytes([0x11; 20]);
    let error = check_out(&remote(source.path()), commit, target.path()).await.unwrap_err();
    assert!(matches!(error, GitError::NoSuchCommit { commit: named } if named == commit), "{error}");
    assert_eq!(fs::read_dir(target.path()).unwrap().count(), 0);
}
