//! What is read once answers as git does when it is asked about each pair.

use towpath::lineage::Repository;
use towpath::model::{BranchName, CommitId, UnixSeconds};

use crate::story::{Repo, Story, name};

/// A hotfix that was tried on staging, squashes, a merge back and topics that stand on each other.
fn lively() -> Story {
    let mut story = Story::pro();
    story.topic("one", "integration");
    story.commit("one", "one-a");
    story.merge("one", "integration");
    story.topic("two", "one");
    story.commit("two", "two-a");
    story.squash("two", "integration");
    story.release();
    story.topic("fix", "production");
    story.commit("fix", "fix-a");
    story.merge("fix", "staging");
    story.merge("fix", "production");
    story.merge("production", "integration");
    story.feature("three");
    story
}

async fn opened(story: Story) -> (Repo, Repository) {
    let repo = story.build();
    let opened = Repository::open(repo.path()).await.unwrap();
    (repo, opened)
}

#[tokio::test]
async fn who_has_a_commit_is_read_once_for_all() {
    let story = lively();
    let (count, plain) = (story.count(), story.clone());
    let (repo, opened) = opened(story).await;
    let branches: Vec<BranchName> = ["integration", "staging", "production", "master"].map(name).into();
    let branches: Vec<&BranchName> = branches.iter().collect();
    let nowhere = CommitId::from_bytes([9; 20]);
    let all: Vec<CommitId> = (0..count).map(|mark| repo.id(mark)).chain([nowhere]).collect();
    for since in 0..count {
        let history = opened.history_since(repo.id(since), &branches, &all).await.unwrap();
        let holders = history.holders(repo.id(since));
        for tip in 0..count {
            let has = tip == since || plain.ancestors(tip).contains(&since);
            assert_eq!(history.has(repo.id(tip), &holders), Some(has), "{since} in {tip}");
        }
        assert_eq!(history.has(nowhere, &holders), Some(false));
        for branch in &branches {
            let tip = repo.tip(branch.as_str());
            let told = history.tip(branch).unwrap();
            assert!(told == Some(tip) || (told.is_none() && history.has(tip, &holders) == Some(false)));
        }
    }
    // Of what is nowhere nobody has anything.
    let history = opened.history_since(nowhere, &branches, &all).await.unwrap();
    assert!(all.iter().all(|tip| { history.has(*tip, &history.holders(nowhere)) == Some(*tip == nowhere) }));
}

#[tokio::test]
async fn a_line_in_parts_is_the_line() {
    let (repo, opened) = opened(lively()).await;
    let tip = repo.tip("integration");
    let now = UnixSeconds(2_000_000_000);
    let whole = opened.first_parents(tip, now).await.unwrap();
    assert!(whole.len() > 4, "{whole:?}");
    for at_most in 1..=whole.len() + 1 {
        let (mut line, mut newest, mut parts) = (Vec::new(), UnixSeconds::MIN, 0);
        loop {
            let part = opened.line_part(tip, (line.len(), at_most), (newest, now)).await.unwrap();
            assert!(part.commits.len() <= at_most);
            newest = part.commits.last().unwrap().1;
            line.extend(part.commits);
            parts += 1;
            if part.is_last {
                break;
            }
        }
        assert_eq!((line, parts), (whole.clone(), whole.len().div_ceil(at_most)), "{at_most} at once");
    }
}
