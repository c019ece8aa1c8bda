//! Which foreign merges hold a change of their own: those that do not are promotions that nobody has to look at.

use std::collections::BTreeSet;

use towpath::engine::judge::judge;
use towpath::lineage::{Ledger, Repository};
use towpath::model::{Cause, CommitId, PromotionPath, Verdict};

use crate::mirrors::{mirror, remote};
use crate::story::Story;

/// The foreign commits, and those of them that are merges without a change of their own.
fn foreign(verdict: Verdict) -> (BTreeSet<CommitId>, BTreeSet<CommitId>) {
    let found = verdict.findings.into_iter().find_map(|finding| match finding.cause {
        Cause::CarriesHistory { foreign, plain_merges, .. } => Some((foreign, plain_merges)),
        _ => None,
    });
    let (foreign, plain) = found.unwrap();
    let all = foreign.into_iter().flat_map(|(_, commits)| commits);
    (all.map(|commit| commit.id).collect(), plain.into_iter().collect())
}

#[tokio::test]
async fn merges_that_git_makes_by_itself_are_told_from_those_that_somebody_edited() {
    let mut story = Story::pro();
    let one_sides_files = story.tip("staging");
    let fix = story.commit("staging", "fix");
    story.feature("f5");
    let both_sides_files = story.merge("integration", "staging");
    story.feature("f6");
    let edited = story.merge_and_write("integration", "staging", "edited");
    story.feature("f7");
    let one_sides_change = story.octopus(&["integration", "feature/f7"], "staging");
    story.topic("topic", "staging");
    let repo = story.build();
    let wanted = |marks: &[usize]| marks.iter().map(|mark| repo.id(*mark)).collect::<BTreeSet<_>>();
    let pull = repo.pull("topic", "integration");
    let path = PromotionPath::pro();

    let opened = Repository::open(repo.path()).await.unwrap();
    let (all, plain) = foreign(judge(&opened, &path, &pull, &Ledger::default()).await);
    assert!(all.is_superset(&wanted(&[one_sides_files, fix, both_sides_files, edited, one_sides_change])));
    assert!(plain.is_superset(&wanted(&[one_sides_files, both_sides_files])), "{plain:?}");
    assert!(plain.is_disjoint(&wanted(&[fix, edited, one_sides_change])), "{plain:?}");

    // A mirror has no files until they are needed.
    let (_directory, mirror) = mirror();
    let remote = remote(repo.path());
    mirror.fetch(&remote, &[]).await.unwrap();
    let mirrored = mirror.repository(Some(remote));
    assert_eq!(foreign(judge(&mirrored, &path, &pull, &Ledger::default()).await), (all, plain));
}
