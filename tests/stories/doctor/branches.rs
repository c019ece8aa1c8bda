//! Mistakes in the rules of branches, the settings and the configuration of a repository.

use super::Clinic;
use std::collections::BTreeSet;
use towpath::model::SetupState;
use towpath_sandbox::BypassMode;

#[tokio::test]
async fn each_rule_that_a_branch_lacks_is_found_by_itself() {
    let clinic = Clinic::open().await;
    let (store, app) = (&clinic.stage.store, clinic.stage.app.id());
    for (without, code, words) in [
        ("check", "required-check", "staging the check \"towpath: staging\" is not required"),
        ("methods", "merge-methods", "staging promotions into staging may be merged by squash and rebase"),
        ("forced-pushes", "forced-pushes", "staging whoever may write can push to it by force"),
        ("deletion", "deletion", "staging whoever may write can delete it"),
    ] {
        clinic.keep("staging", &[without]);
        clinic.finds(&[(code, words)]).await;
    }
    clinic.keep("staging", &["check"]);
    store.protect("staging").require("towpath: staging");
    clinic.finds(&[("required-check", "and anybody may give it")]).await;
    clinic.keep("staging", &["check"]);
    store.protect("staging").require_from("towpath: staging", app + 1);
    clinic.finds(&[("required-check", &format!("and App {} may give it", app + 1))]).await;
    clinic.keep("staging", &["methods"]);
    store.protect("staging").merged_by(["squash"]);
    clinic.finds(&[("merge-methods", "cannot be merged by a merge commit")]).await;
    clinic.keep("staging", &[]);
    store.protect("staging").merge_queue_by("squash");
    clinic.finds(&[("merge-methods", "cannot be merged by a merge commit")]).await;

    // The older kind of protection tells its details to administrators alone.
    store.unprotect("staging");
    store.protect("staging").by_classic_rule().require("towpath: staging");
    store.merged_by(["merge"]);
    let examination = clinic.finds(&[("required-check", "and anybody may give it")]).await;
    let unknown = examination.findings.iter().filter(|it| it.state == SetupState::Unknown);
    assert_eq!(unknown.map(|it| it.code).collect::<Vec<_>>(), ["forced-pushes", "deletion"]);
    store.unprotect("staging");
    store.protect("staging").by_classic_rule().require_from("towpath: staging", app);
    clinic.finds(&[]).await;
    clinic.keep("staging", &[]);
    store.merged_by(["squash", "rebase"]);
    let cannot = "cannot be merged by a merge commit";
    clinic.finds(&[("merge-methods", cannot), ("merge-methods", "production")]).await;
    store.merged_by(["merge", "squash", "rebase"]);
    clinic.finds(&[]).await;
    clinic.close().await;
}

#[tokio::test]
async fn what_the_copy_branch_needs_and_no_more_is_what_the_app_has() {
    let clinic = Clinic::open().await;
    let (store, app) = (&clinic.stage.store, clinic.stage.app.id());
    let rules = |mode: Option<BypassMode>| {
        store.unprotect("master");
        store.protect("master").require_from("towpath: master", app).require_pull_request();
        if let Some(mode) = mode {
            store.protect("master").let_pass_as(app, mode);
        }
    };
    rules(None);
    clinic.finds(&[("copy-bypass", "does not get past the ruleset")]).await;
    rules(Some(BypassMode::PullRequests));
    clinic.finds(&[("copy-bypass", "does not get past the ruleset")]).await;
    rules(Some(BypassMode::Exempt));
    clinic.finds(&[("copy-bypass", "is exempt from the ruleset")]).await;
    rules(Some(BypassMode::Always));
    clinic.finds(&[]).await;
    let file = "version: 1\nenvironments:\n  - name: integration\n    accepts: [topics]\n  - name: staging\n    \
                accepts: [integration]\n  - name: production\n    accepts: [staging]\ncopy: { branch: master, of: \
                production, mode: pull-request }\n";
    let write = store.commit_on("master").file(".github/towpath.yml", file);
    write.by("rita").await.unwrap();
    clinic.finds(&[("copy-bypass", "and never pushes there")]).await;
    rules(None);
    clinic.finds(&[]).await;
    clinic.close().await;
}

#[tokio::test]
async fn branches_that_are_missing_or_will_be_deleted_are_found() {
    let clinic = Clinic::open().await;
    let store = &clinic.stage.store;
    store.delete_heads_on_merge(true);
    clinic.finds(&[]).await;
    clinic.keep("integration", &["deletion"]);
    clinic.finds(&[("deleted-heads", "acme/store"), ("deletion", "acme/store: integration")]).await;
    store.delete_heads_on_merge(false);
    clinic.keep("integration", &[]);

    let tip = store.tip("staging").unwrap();
    store.delete_branch("staging").by("rita").await.unwrap();
    clinic.finds(&[("environment-branches", "there is no branch staging")]).await;
    store.branch("staging").from(&tip).by("rita").await.unwrap();
    clinic.finds(&[]).await;
    clinic.close().await;
}

#[tokio::test]
async fn a_stack_and_a_merge_queue_that_nobody_answers_are_found() {
    let clinic = Clinic::open().await;
    let store = &clinic.stage.store;
    store.commit_on("integration").file("a.txt", "1\n").by("ana").await.unwrap();
    store.commit_on("staging").file("b.txt", "1\n").by("ana").await.unwrap();
    let lower = store.open_pull("staging").into("production").by("rita").await.unwrap();
    let upper = store.open_pull("integration").into("staging").by("rita").await.unwrap();
    let stack = store.stack_pulls([&lower, &upper]).by("rita").await.unwrap();
    let examination = clinic.finds(&[("stacks", "is part of a stack")]).await;
    let calls = examination.own_repairs();
    clinic.doctor().repair(calls[0]).await.unwrap();
    clinic.finds(&[]).await;
    drop(stack);

    store.protect("production").merge_queue();
    clinic.finds(&[]).await;
    let mut all = crate::shop::app_config();
    all.events = all.events.into_iter().filter(|it| it != "merge_group").collect::<BTreeSet<_>>();
    clinic.stage.app.change(all.permissions, all.events);
    clinic.stage.installation.accept_new_permissions().await.unwrap();
    clinic.finds(&[("merge-queue", "acme/store: production")]).await;
    clinic.close().await;
}

#[tokio::test]
async fn a_configuration_that_counts_for_nothing_is_found() {
    let clinic = Clinic::open().await;
    let store = clinic.stage.store.clone();
    let file = "version: 1\nenvironments:\n  - name: integration\n    accepts: [topics]\n";
    store.commit_on("staging").file(".github/towpath.yml", file).by("rita").await.unwrap();
    clinic.finds(&[("configuration", "is on staging and not on master")]).await;
    let broken = "version: 1\nenvironmentz: []\n";
    store.commit_on("master").file(".github/towpath.yml", broken).by("rita").await.unwrap();
    clinic.finds(&[("configuration", ".github/towpath.yml is not valid: 2:1")]).await;
    store.commit_on("master").file(".github/towpath.yml", "version: 1\n").by("rita").await.unwrap();
    clinic.finds(&[]).await;
    let with_a_team = "version: 1\ncommands: { deploy: [\"team:shippers\"] }\n";
    store.commit_on("master").file(".github/towpath.yml", with_a_team).by("rita").await.unwrap();
    clinic.finds(&[]).await;
    let mut fewer = crate::shop::app_config();
    fewer.permissions.remove("members");
    clinic.stage.app.change(fewer.permissions, fewer.events);
    clinic.stage.installation.accept_new_permissions().await.unwrap();
    clinic.finds(&[("teams", "names a team")]).await;
    // What nobody may read is no fault.
    let mut fewer = crate::shop::app_config();
    fewer.permissions.remove("contents");
    clinic.stage.app.change(fewer.permissions, fewer.events);
    clinic.stage.installation.accept_new_permissions().await.unwrap();
    let examination = clinic.finds(&[("app-permissions", "Contents: write")]).await;
    let unknown = examination.findings.iter().filter(|it| it.state == SetupState::Unknown);
    assert!(unknown.count() >= 2, "{examination:#?}");
    clinic.close().await;
}
