//! Branches that are made of what was rebuilt: on a mirror's remote, and in a clone.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;

use tempfile::TempDir;
use towpath::lineage::{Authorization, BranchError, GitError, Mirror, Remote, Repository};
use towpath::model::BranchName;
use towpath_sandbox::write_program;

use crate::rebuild::{Work, clean, committer, three_commits};
use crate::story::{name, run_git};

fn packs(folder: &TempDir) -> usize {
    let packs = fs::read_dir(folder.path().join("mirror.git/1/objects/pack")).unwrap();
    packs.filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|e| e == "pack")).count()
}

#[tokio::test]
async fn in_a_mirror_it_gives_the_same_and_fetches_in_few_rounds() {
    let work = Work::new();
    let mut picks = three_commits(&work).to_vec();
    for number in 0..6 {
        work.write(&format!("deep/er/{number}"), "content\n");
        picks.push(work.commit(&format!("file {number}")));
    }
    // Each branch has a tree of its own, which git would look at when it pushes.
    for number in 0..20 {
        work.git(&["checkout", "-q", "-b", &format!("other/{number}"), "integration"]);
        work.write(&format!("other/{number}"), "other\n");
        work.commit("other");
    }
    let (folder, mirror) = work.mirror().await;
    let before = packs(&folder);
    let target = work.id("integration");
    let rebuilt = clean(mirror.rebuild(target, &picks, &committer()).await.unwrap());
    let here = clean(work.rebuild(&picks).await);
    assert_eq!((rebuilt.tip, &rebuilt.made), (here.tip, &here.made), "as in a clone");
    let for_rebuilding = packs(&folder) - before;
    assert!(
        for_rebuilding <= 1 + 2,
        "all trees at once, then the page for each of its changes: {for_rebuilding}"
    );

    let before = packs(&folder);
    mirror.push_new_branch(&name("topic-on-integration"), rebuilt.tip).await.unwrap();
    assert!(packs(&folder) - before <= 1, "what has to be sent and is not here comes at once");
    assert_eq!(work.id("topic-on-integration"), rebuilt.tip);
    work.git(&["fsck", "--connectivity-only"]);
    assert_eq!(work.git(&["show", "topic-on-integration:deep/er/5"]), "content");
}

#[tokio::test]
async fn a_push_arrives_though_the_remote_has_moved_on() {
    let work = Work::new();
    let picks = three_commits(&work);
    work.git(&["checkout", "-q", "integration"]);
    work.write("untouched", "no pick needs it\n");
    let target = work.commit("a file that the mirror has no reason to have");
    let (_folder, mirror) = work.mirror().await;
    let rebuilt = clean(mirror.rebuild(target, &picks, &committer()).await.unwrap());
    work.git(&["branch", "-D", "topic"]);
    work.commit("integration has moved on");
    mirror.push_new_branch(&name("clean"), rebuilt.tip).await.unwrap();
    assert_eq!(work.git(&["show", "clean:folder/new"]), "new");
}

#[tokio::test]
async fn a_push_makes_a_new_branch_or_none() {
    let work = Work::new();
    work.write("own", "own\n");
    let own = work.commit("own");
    let (_folder, mirror) = work.mirror().await;
    let rebuilt = clean(mirror.rebuild(work.id("integration"), &[own], &committer()).await.unwrap());
    let branch = name("topic-on-integration");
    mirror.push_new_branch(&branch, rebuilt.tip).await.unwrap();
    mirror.push_new_branch(&branch, rebuilt.tip).await.unwrap();
    assert_eq!(work.id("topic-on-integration"), rebuilt.tip, "a second attempt finds it done");

    // Neither forwards nor sideways nor back is a branch moved that is there.
    for (what, there) in [("behind", "integration"), ("beside", "topic"), ("before", "integration~1")] {
        work.git(&["branch", what, there]);
        let error = mirror.push_new_branch(&name(what), rebuilt.tip).await.unwrap_err();
        assert!(is_there(&error, &name(what)), "{error:?}");
        assert_eq!(work.id(what), work.id(there), "{what}");
    }
    let error = mirror.push_new_branch(&name("beside/it"), rebuilt.tip).await.unwrap_err();
    assert!(matches!(&error, BranchError::Refused { .. }), "{error:?}");

    let hook = work.path().join(".git/hooks/pre-receive");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    write_program(&hook, "#!/bin/sh\necho 'GH013: Repository rule violations'\nexit 1\n", 0o755).unwrap();
    let error = mirror.push_new_branch(&name("ruled-out"), rebuilt.tip).await.unwrap_err();
    let words = error.to_string();
    assert!(matches!(error, BranchError::Refused { .. }), "{error:?}");
    assert!(words.contains("ruled-out") && words.contains("GH013"), "{words}");
}

/// Whether an error says that this branch is there already.
fn is_there(error: &BranchError, wanted: &BranchName) -> bool {
    matches!(error, BranchError::Exists { branch } if branch == wanted)
}

#[tokio::test]
async fn a_push_that_reaches_nobody_says_so_without_secrets() {
    let work = Work::new();
    let (folder, _) = work.mirror().await;
    let authorization = Some(Authorization::installation_token("ghs_secret"));
    let url = "http://127.0.0.1:1/acme/store.git".to_owned();
    let unreachable = Remote { url, authorization, allow_http: true, allow_file: false };
    let mirror = Mirror::new(folder.path().join("mirror.git")).repository(Some(unreachable));
    let error = mirror.push_new_branch(&name("x"), work.id("integration")).await.unwrap_err();
    assert!(matches!(error, BranchError::Git(GitError::Failed { what: "push", .. })), "{error:?}");
    assert!(!error.to_string().contains("ghs_secret"), "{error}");
}

#[tokio::test]
async fn a_local_branch_is_made_only_where_none_is() {
    let work = Work::new();
    work.write("own", "own\n");
    let own = work.commit("own");
    let rebuilt = clean(work.rebuild(&[own]).await);
    let repository = work.open().await;
    let make = async |branch: &BranchName| repository.make_branch(branch, &rebuilt).await;
    for taken in ["topic", "integration"] {
        let before = work.id(taken);
        let branch = name(taken);
        assert!(is_there(&make(&branch).await.unwrap_err(), &branch));
        assert_eq!(work.id(taken), before);
    }
    work.git(&["branch", "a/b", "integration"]);
    for (wanted, other) in [("a", "a/b"), ("a/b/c", "a/b"), ("topic/x/y", "topic")] {
        let Err(BranchError::InTheWay { branch, other: there }) = make(&name(wanted)).await else {
            panic!("{wanted} is made beside {other}");
        };
        assert_eq!((branch, there.as_str()), (name(wanted), other));
    }
    for unfit in ["-x", "HEAD", "@"] {
        let error = make(&name(unfit)).await.unwrap_err();
        assert!(matches!(&error, BranchError::Unfit { branch } if *branch == name(unfit)), "{error:?}");
    }
    make(&name("a/bc")).await.expect("a name that only starts the same");
    // A branch that is checked out without a commit would get one under the person's feet.
    work.git(&["checkout", "-q", "--orphan", "unborn"]);
    assert!(is_there(&make(&name("unborn")).await.unwrap_err(), &name("unborn")));
    assert_eq!(make(&name("unborn/x")).await.unwrap_err().to_string().matches("unborn").count(), 2);
}

#[tokio::test]
async fn it_works_in_a_worktree_and_in_a_clone_that_borrows_its_objects() {
    let work = Work::new();
    work.write("own", "own\n");
    let own = work.commit("own");
    let beside = TempDir::new().unwrap();
    let tree = beside.path().join("tree");
    work.git(&["worktree", "add", "-q", "--detach", tree.to_str().unwrap()]);
    let borrowing = beside.path().join("borrowing");
    let source = work.path().to_str().unwrap();
    run_git(beside.path(), &["clone", "-q", "--shared", source, borrowing.to_str().unwrap()]);
    for (place, branch) in [(&tree, "in-worktree"), (&borrowing, "in-borrowing")] {
        let repository = Repository::open(place).await.unwrap();
        let rebuilt = clean(repository.rebuild(work.id("integration"), &[own], &committer()).await.unwrap());
        repository.make_branch(&name(branch), &rebuilt).await.unwrap();
        assert_eq!(run_git(place, &["show", &format!("{branch}:own")]), "own\n");
        run_git(place, &["fsck", "--connectivity-only"]);
    }
}

#[tokio::test]
async fn a_file_is_added_and_all_else_stays_as_it_was() {
    let work = Work::new();
    work.git(&["checkout", "-q", "integration"]);
    work.write(".github/workflows/test.yml", "on: push\n");
    work.write("deep/er/page", "content\n");
    // A name that is no UTF-8.
    let odd = std::ffi::OsStr::from_bytes(b"caf\xe9");
    fs::write(work.path().join(odd), "odd\n").unwrap();
    let target = work.commit("more files");
    let (_folder, mirror) = work.mirror().await;
    let said = ("Add a file", &committer());
    let add =
        async |content: &[u8], on| mirror.with_file(on, ".github/towpath.yml", content, said).await.unwrap();
    let made = add(b"version: 1\n", target).await;
    assert_eq!(add(b"version: 1\n", target).await, made, "the same commit each time");
    mirror.push_new_branch(&name("with-a-file"), made).await.unwrap();
    work.git(&["fsck", "--strict"]);
    assert_eq!(work.git(&["diff", "--name-status", "integration", "with-a-file"]), "A\t.github/towpath.yml");
    assert_eq!(work.git(&["show", "with-a-file:.github/towpath.yml"]), "version: 1");
    assert_eq!(work.git(&["log", "-1", "--format=%s %P", "with-a-file"]), format!("Add a file {target}"));

    let again = add(b"version: 1\ncopy: none\n", made).await;
    mirror.push_new_branch(&name("replaced"), again).await.unwrap();
    assert_eq!(work.git(&["diff", "--name-status", "with-a-file", "replaced"]), "M\t.github/towpath.yml");
    // Where nothing of the folder is there yet, and where a file has its name.
    let start = work.id("integration~1");
    mirror.push_new_branch(&name("first"), add(b"version: 1\n", start).await).await.unwrap();
    assert_eq!(work.git(&["diff", "--name-status", "integration~1", "first"]), "A\t.github/towpath.yml");
}
