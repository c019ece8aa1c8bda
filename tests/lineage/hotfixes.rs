//! What a hotfix has given its environment, how it is picked elsewhere, and whether it was taken back, on real repositories.

use towpath::lineage::{Committer, Landed, Rebuild};
use towpath::model::{CommitId, UnixSeconds};

use crate::rebuild::Work;

/// Production beside integration, and a hotfix of two commits that was merged there.
fn merged(work: &Work) -> (Vec<CommitId>, CommitId) {
    work.git(&["checkout", "-q", "-b", "production", "integration"]);
    work.git(&["checkout", "-q", "-b", "hotfix"]);
    work.write("cart", "one\n");
    let one = work.commit("Repair the cart");
    work.write("menu", "two\n");
    let two = work.commit("Repair the menu\n\nSigned-off-by: Ada <ada@example.org>");
    work.git(&["checkout", "-q", "production"]);
    work.git(&["merge", "-q", "--no-ff", "-m", "Merge the hotfix", "hotfix"]);
    (vec![one, two], work.id("production"))
}

#[tokio::test]
async fn a_merge_gives_its_commits_and_a_squash_itself() {
    let work = Work::new();
    let (commits, made) = merged(&work);
    let repository = work.open().await;
    let landed = repository.landed(made, (commits[1], None), 10).await.unwrap();
    assert_eq!((landed.picks.as_slice(), landed.as_one), (commits.as_slice(), false));
    assert_eq!(landed.brought.first(), Some(&made));
    // Rebased onto it, the commits are what is new since the branch was where it was.
    let rebased =
        repository.landed(commits[1], (commits[1], Some(work.id("integration"))), 10).await.unwrap();
    assert_eq!(rebased.picks, commits);
    let squashed = repository.landed(commits[1], (commits[1], None), 10).await.unwrap();
    assert_eq!(squashed, Landed { picks: vec![commits[1]], as_one: false, brought: vec![commits[1]] });
    // More than are asked for are told by one more.
    assert_eq!(repository.landed(made, (commits[1], None), 1).await.unwrap().picks.len(), 2);
}

#[tokio::test]
async fn what_was_rebased_is_told_by_its_authors_where_nobody_told_of_the_push() {
    let work = Work::new();
    let (commits, _) = merged(&work);
    work.git(&["checkout", "-q", "-b", "rebased", "integration"]);
    work.write("price", "moved on\n");
    let before = work.commit("Move on");
    work.git(&["-c", "user.name=GitHub", "cherry-pick", &commits[0].to_string(), &commits[1].to_string()]);
    let made = work.id("rebased");
    let repository = work.open().await;
    let landed = repository.landed(made, (commits[1], None), 10).await.unwrap();
    assert_eq!((landed.picks, landed.as_one), (vec![work.id("rebased~1"), made], false));
    assert_eq!(work.id("rebased~2"), before);
    work.git(&["checkout", "-q", "-b", "squashed", "integration"]);
    work.git(&["merge", "-q", "--squash", "hotfix"]);
    let squashed = work.commit("Repair the cart (#7)");
    assert_eq!(repository.landed(squashed, (commits[1], None), 10).await.unwrap().picks, [squashed]);
}

#[tokio::test]
async fn a_hotfix_that_holds_a_merge_is_picked_as_one() {
    let work = Work::new();
    merged(&work);
    work.git(&["checkout", "-q", "-b", "second", "production"]);
    work.git(&["merge", "-q", "--no-ff", "-m", "Bring the topic", "topic"]);
    work.write("cart", "three\n");
    work.commit("Repair it again");
    work.git(&["checkout", "-q", "topic"]);
    work.write("side", "x\n");
    work.commit("Beside");
    work.git(&["checkout", "-q", "second"]);
    work.git(&["merge", "-q", "--no-ff", "-m", "Bring more", "topic"]);
    work.git(&["checkout", "-q", "production"]);
    work.git(&["merge", "-q", "--no-ff", "-m", "Merge the second", "second"]);
    let made = work.id("production");
    let landed = work.open().await.landed(made, (made, None), 10).await.unwrap();
    assert_eq!((landed.picks, landed.as_one), (vec![made], true));
}

#[tokio::test]
async fn picks_name_their_origin_as_git_does() {
    let work = Work::new();
    let (commits, _) = merged(&work);
    let repository = work.open().await;
    let committer = Committer::new("Towpath", "towpath@example.org", UnixSeconds(7));
    let target = work.id("integration");
    let picked = repository.pick_with_origin(target, &commits, &committer).await.unwrap();
    let Rebuild::Clean(picked) = picked else { panic!("{picked:?}") };
    let branch = towpath::model::BranchName::new("carried").unwrap();
    repository.make_branch(&branch, &picked).await.unwrap();
    let ours = [
        work.git(&["log", "-1", "--format=%B", "carried~1"]),
        work.git(&["log", "-1", "--format=%B", "carried"]),
    ];
    work.git(&["checkout", "-q", "-b", "by-hand", "integration"]);
    work.git(&["cherry-pick", "-x", "production^2~1", "production^2"]);
    let gits = [
        work.git(&["log", "-1", "--format=%B", "by-hand~1"]),
        work.git(&["log", "-1", "--format=%B", "by-hand"]),
    ];
    assert_eq!(ours, gits);
    assert_eq!(work.git(&["rev-parse", "carried^{tree}"]), work.git(&["rev-parse", "by-hand^{tree}"]));
}

#[tokio::test]
async fn what_was_taken_back_is_known_until_that_is_taken_back() {
    let work = Work::new();
    let (commits, made) = merged(&work);
    let taken = |commit: CommitId, tip: &str| {
        let tip = work.id(tip);
        let work = &work;
        async move { work.open().await.taken_back(commit, tip).await.unwrap() }
    };
    assert_eq!(taken(made, "production").await, None);
    work.git(&["revert", "--no-edit", "-m", "1", "production"]);
    let back = work.id("production");
    assert_eq!(taken(made, "production").await, Some(back));
    assert_eq!(taken(commits[0], "production").await, Some(back), "the merge brought it");
    work.git(&["revert", "--no-edit", "production"]);
    assert_eq!(taken(made, "production").await, None);
    work.git(&["revert", "--no-edit", &commits[1].to_string()]);
    let again = work.id("production");
    assert_eq!(taken(commits[1], "production").await, Some(again));
    assert_eq!(taken(commits[0], "production").await, None);
}
