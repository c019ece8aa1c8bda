//! TP207 and TP208.

use super::super::samples::*;
use super::shown;
use crate::flow::{
    Cause,
    Outcome::Warn,
    Repair,
    RevertEffect::{NeverArrives, TakenFromBase},
};

fn said(cause: Cause) -> String {
    let shown = shown(&subject("feature/x", "integration"), verdict(Warn, cause));
    shown.split("\n\n_Judged").next().unwrap().to_owned()
}

#[test]
fn merged_work_would_go() {
    insta::assert_snapshot!(said(undoes(TakenFromBase)), @r#"
    "#);
}

#[test]
fn unmerged_work_would_never_arrive() {
    let said = said(undoes(NeverArrives));
    assert!(said.starts_with("success [Rebuild branch] Warning: would bury #7\n"), "{said}");
    let words = "Once this pull request is merged, `integration` counts that work as merged and does not have it: \
                 merging it later brings nothing.";
    assert!(said.contains(words), "{said}");
}

#[test]
fn where_nothing_else_is_in_it_it_can_be_closed() {
    let Cause::UndoesMergedWork { mut reverts, .. } = undoes(TakenFromBase) else { panic!("another cause") };
    reverts[0].pulls.clear();
    let repair = Repair { picks: Vec::new(), merges_left_out: 0, there_already: Vec::new() };
    let said = said(Cause::UndoesMergedWork { reverts, repair });
    assert!(said.starts_with("success [] Warning: takes away 1 commit, merged before\n"), "{said}");
    assert!(said.contains("gh pr close 12 --repo acme/store"), "{said}");
}

#[test]
fn nothing_would_change() {
    insta::assert_snapshot!(said(Cause::ChangesNothing { brings: 2 }), @r#"
    "#);
}

#[test]
fn what_is_all_there_by_a_squash_is_said_once() {
    let pulls = vec![origin(7, "feature/cart", "ana")];
    let repair = Repair { picks: Vec::new(), merges_left_out: 0, there_already: Vec::new() };
    let said = said(Cause::AlreadyMerged { pulls, repair, changes_nothing: true });
    assert!(said.starts_with("success [] Warning: contains #7, already merged\n"), "{said}");
    assert!(said.contains("There is nothing more here: merging it changes no file."), "{said}");
    assert!(said.contains("gh pr close 12 --repo acme/store"), "{said}");
}
