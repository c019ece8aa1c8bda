//! The plan of a repair in a clone, for each stage.

use super::super::samples::*;
use super::super::{RepairPlan, RepairStage, repair_plan};
use crate::model::{CommitId, PullEnds, Repair};

fn planned(pull: &PullEnds, branch: &str, left_out: &[CommitId], stage: RepairStage<'_>) -> String {
    let picks = vec![commit(13, "Add the price rule", "Cleo"), commit(14, "Test it", "Cleo")];
    let repair = Repair { picks, merges_left_out: 1, ..Repair::default() };
    let branch = name(branch);
    repair_plan(&RepairPlan {
        pull,
        repair: &repair,
        branch: &branch,
        remote: Some("origin"),
        left_out,
        stage,
    })
}

#[test]
fn what_applies_is_told_with_the_commands() {
    let pull = pull("it's", "integration");
    let plan = planned(&pull, "it's-on-integration", &[id(14)], RepairStage::Applies);
    insta::assert_snapshot!(plan, @r"
    Repair. 1 own commit is kept, oldest first:
        a708a824f  Add the price rule (Cleo)

    1 commit is left out, because integration already has the change:
        454021de7  Test it (Cleo)

    1 own merge is dropped. Any edit made in it by hand is lost; git show --remerge-diff COMMIT shows it.

    It applies to integration at 7776e3968 without a conflict.

    The same command with --apply makes the branch it's-on-integration from it, and touches nothing else. By hand:

        git switch --create 'it'\''s-on-integration' 7776e396807131fe000000000000000000000385 &&
        git cherry-pick --allow-empty a708a824f &&
        git push origin 'refs/heads/it'\''s-on-integration':'refs/heads/it'\''s-on-integration' &&
        gh pr create --base integration --head 'it'\''s-on-integration' --fill

    Close the pull request of it's, if there is one.
    ");
}

#[test]
fn what_was_made_is_told_with_what_comes_next() {
    let pull = pull("feature/x", "integration");
    let plan = planned(&pull, "clean", &[], RepairStage::Made { tip: id(99) });
    insta::assert_snapshot!(plan, @"
    Repair. 2 own commits are kept, oldest first:
        a708a824f  Add the price rule (Cleo)
        454021de7  Test it (Cleo)

    1 own merge is dropped. Any edit made in it by hand is lost; git show --remerge-diff COMMIT shows it.

    Made the branch clean at cdab8c75b: 2 commits on top of integration. Every other branch, the checkout and the index are as they were.

    What to do next:

        git push origin refs/heads/clean:refs/heads/clean &&
        gh pr create --base integration --head clean --fill

    Close the pull request of feature/x, if there is one.
    ");
}

#[test]
fn a_conflict_is_told_with_the_pick_and_the_paths() {
    let mut pull = pull("feature/x", "integration");
    pull.head.fork = true;
    let paths = ["app/price.php".to_owned(), "a\u{202e}b".to_owned()];
    let plan = planned(&pull, "clean", &[], RepairStage::Conflicts { pick: id(14), paths: &paths });
    insta::assert_snapshot!(plan, @"
    Repair. 2 own commits are kept, oldest first:
        a708a824f  Add the price rule (Cleo)
        454021de7  Test it (Cleo)

    1 own merge is dropped. Any edit made in it by hand is lost; git show --remerge-diff COMMIT shows it.

    454021de7 conflicts with integration in:
        app/price.php
        a�b

    Nothing was changed. To do it by hand and resolve the conflict:

        git switch --create clean 7776e396807131fe000000000000000000000385 &&
        git cherry-pick --allow-empty a708a824f 454021de7

    Where it stops, resolve the conflict and run git cherry-pick --continue (or --skip, if git says that it is empty). Then:

        git push FORK refs/heads/clean:refs/heads/clean

    The push goes to the fork: put the name of its remote in place of FORK. Open a pull request from there into integration, and close the pull request of feature/x, if there is one.
    ");
}

#[test]
fn where_the_base_has_everything_no_command_is_given() {
    let pull = pull("feature/x", "integration");
    let plan = planned(&pull, "clean", &[id(13), id(14)], RepairStage::Applies);
    insta::assert_snapshot!(plan, @"
    Repair. integration already has every change of this branch. Nothing is left to pick.

    2 commits are left out, because integration already has the change:
        a708a824f  Add the price rule (Cleo)
        454021de7  Test it (Cleo)

    1 own merge is dropped. Any edit made in it by hand is lost; git show --remerge-diff COMMIT shows it.
    ");
}
