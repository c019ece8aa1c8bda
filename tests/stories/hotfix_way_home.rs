//! Hotfixes that do not come home by themselves: in conflict, mended in another way, carried by a word alone.

use crate::hotfixes::{
    asked, carried_back, comes_back, contains, ended, promote, pushed, release, shop, waits,
};
use crate::shop::{merge, topic};
use crate::stage::Stage;
use towpath_sandbox::PullHandle;

/// A merge of the branch `from` into a new topic from integration, with this content of the README.
async fn merged_by_hand(stage: &Stage, (name, from): (&str, &str), readme: &str) -> PullHandle {
    let scratch = format!("scratch-{name}");
    let made = stage.store.commit_on(&scratch).from("integration").file("README", readme);
    let made = made.by("ana").await.unwrap();
    stage.store.delete_branch(&scratch).by("ana").await.unwrap();
    let tree = format!("{made}^{{tree}}");
    let parents = ["-p", &stage.store.tip("integration").unwrap(), "-p", &stage.store.tip(from).unwrap()];
    let who = ["-c", "user.name=Ana", "-c", "user.email=ana@example.com", "commit-tree", &tree];
    let arguments = [&who[..], &parents[..], &["-m", "Bring production back"]].concat();
    let merged = stage.store.git(&arguments).await.unwrap();
    stage.store.branch(name).from(merged.trim()).by("ana").await.unwrap();
    let pull = stage.store.open_pull(name).into("integration").by("ana").await.unwrap();
    stage.quiet().await;
    pull
}

/// An edit of the README on integration.
async fn edited(stage: &Stage, name: &str, readme: &str) {
    stage.store.commit_on(name).from("integration").file("README", readme).by("ana").await.unwrap();
    stage.store.merge(name).into("integration").no_ff().by("ana").await.unwrap();
    stage.quiet().await;
}

/// A hotfix of the README that was merged.
async fn hotfixed(stage: &Stage, title: &str, readme: &str) -> PullHandle {
    let hotfix = pushed(stage, title, ("README", readme)).await;
    stage.check(&hotfix).await.passes();
    merge(&hotfix).await.unwrap();
    stage.quiet().await;
    hotfix
}

#[tokio::test]
async fn one_that_conflicts_comes_home_by_a_merge_of_production() {
    let stage = shop().await;
    edited(&stage, "feature/readme", "Acme, rewritten\n").await;
    let hotfix = hotfixed(&stage, "Readme lies", "Acme Inc.\n").await;
    let tip = stage.store.tip("production").unwrap();
    let number = hotfix.number();
    contains(
        &comes_back(&stage, &hotfix).await,
        &[
            "Carrying this hotfix back to `integration` conflicts",
            "In conflict: `README`.",
            &format!("git merge --no-ff {}", &tip[..9]),
            "Resolve the conflict, run `git commit`",
            "with a merge commit",
        ],
    );
    let promotion = release(&stage).await;
    stage
        .check(&promotion)
        .await
        .is("failure", "Conflicts: staging → production, 1 file")
        .says(&format!("git merge --no-ff {}", &tip[..9]))
        .says("Where it stops, resolve the conflict and run `git commit`")
        .says(&format!("Hotfix #{number} of `production` is not on `staging`"));

    let back = merged_by_hand(&stage, ("carry", "production"), "Acme Inc., rewritten\n").await;
    stage.check(&back).await.is("success", "Carries back production to integration");
    merge(&back).await.unwrap();
    contains(
        &comes_back(&stage, &hotfix).await,
        &["`integration` has this hotfix", "`integration`: has it, merged by `", "`staging`: **owed**"],
    );
    promote(&stage).await;
    // Only people can tell whether what came of the conflict still holds the repair.
    let words = format!("has merged hotfix #{number} of `production`");
    stage.check(&promotion).await.passes().says(&words);
    merge(&promotion).await.unwrap();
    contains(&comes_back(&stage, &hotfix).await, &["This hotfix is home"]);
    ended(stage).await;
}

#[tokio::test]
async fn one_that_was_picked_by_hand_is_joined_before_it_is_promoted() {
    let stage = shop().await;
    edited(&stage, "feature/readme", "Acme, rewritten\n").await;
    let hotfix = hotfixed(&stage, "Readme lies", "Acme Inc.\n").await;
    let repair = stage.store.tip("production^2").unwrap_or_default();
    let repair = if repair.is_empty() {
        stage.store.git(&["rev-parse", "production^2"]).await.unwrap()
    } else {
        repair
    };
    let message = format!("Readme lies\n\n(cherry picked from commit {})", repair.trim());
    let picked =
        stage.store.commit_on("by-hand").from("integration").file("README", "Acme Inc., rewritten\n");
    picked.message(&message).by("ana").await.unwrap();
    stage.store.merge("by-hand").into("integration").no_ff().by("ana").await.unwrap();
    contains(&comes_back(&stage, &hotfix).await, &["`integration`: has it, by the message of"]);
    let promotion = release(&stage).await;
    let check = stage.check(&promotion).await;
    let check = check.is("failure", "Conflicts: staging → production, 1 file");
    let check = check.says("git merge -s ours -m 'Join the history of production'");
    let check = check.says("says in its message that it was picked from hotfix");
    assert!(!check.0.summary.clone().unwrap_or_default().contains("squashed or rebased:"));

    let join = merged_by_hand(&stage, ("join", "production"), "Acme Inc., rewritten\n").await;
    stage.check(&join).await.is("success", "Joins the history of production to integration");
    merge(&join).await.unwrap();
    stage.quiet().await;
    stage.check(&promotion).await.fails().says("Promote `integration` to `staging` first");
    promote(&stage).await;
    stage.check(&promotion).await.passes();
    merge(&promotion).await.unwrap();
    contains(&comes_back(&stage, &hotfix).await, &["This hotfix is home"]);
    ended(stage).await;
}

#[tokio::test]
async fn what_was_mended_in_another_way_stays_so_for_later_promotions() {
    let stage = shop().await;
    let (hotfix, carry) = carried_back(&stage, "Cart fails", "cart.php").await;
    let number = hotfix.number();
    let issue = stage.store.open_issue("The cart").by("ana").await.unwrap();
    asked(
        &stage,
        &issue,
        ("rita", &format!("/carried #{number} --in staging --reason \"by configuration\"")),
    )
    .await;
    asked(&stage, &issue, ("rita", &format!("/carried #{number} --in integration --reason rewritten"))).await;
    assert!(!carry.is_open() && !carry.merged(), "nobody misses it where it was to go");
    contains(&comes_back(&stage, &carry).await, &["`rita` says that the fault of", "in another way"]);
    carry.reopen().by("ana").await.unwrap();
    stage.quiet().await;
    assert!(carry.is_open(), "whoever opens it again wants it");
    stage.check(&carry).await.passes();
    contains(
        &comes_back(&stage, &hotfix).await,
        &["No environment before `production` misses this hotfix", "`by configuration`", "`rewritten`"],
    );
    for name in ["first", "second"] {
        topic(&stage.store, &format!("feature/{name}"), "integration").await;
        stage.store.merge(&format!("feature/{name}")).into("integration").no_ff().by("ana").await.unwrap();
        promote(&stage).await;
        let promotion = stage.store.open_pull("staging").into("production").by("rita").await.unwrap();
        stage.quiet().await;
        let check = stage.check(&promotion).await;
        assert!(check.0.title.as_deref().unwrap_or_default().starts_with("Warning: not what was tested"));
        check.passes().says("`rita` says that its fault was mended");
        merge(&promotion).await.unwrap();
        let told = comes_back(&stage, &hotfix).await;
        assert!(!told.contains("home"), "{name}: {told}");
    }
    // Taken back on production, there is nothing left to be warned of.
    let merged =
        stage.store.git(&["log", "-1", "--format=%H", "--grep=Cart fails", "--merges", "production"]);
    let merged = merged.await.unwrap();
    let revert = stage.store.commit_on("production").without("cart.php");
    revert.message(&format!("Revert\n\nThis reverts commit {}.", merged.trim())).by("rita").await.unwrap();
    contains(&comes_back(&stage, &hotfix).await, &["taken back on `production`"]);
    ended(stage).await;
}

#[tokio::test]
async fn several_that_are_owed_are_carried_back_together() {
    let stage = shop().await;
    let mut numbers = Vec::new();
    for (title, file) in [("Cart fails", "cart.php"), ("Menu fails", "menu.php")] {
        numbers.push(carried_back(&stage, title, file).await);
    }
    let promotion = release(&stage).await;
    let check = waits(&stage, &promotion, "2 hotfixes of production are not on staging").await;
    let [(cart, one), (menu, two)] = numbers.as_slice() else { panic!("two") };
    check
        .says(&format!("Merge #{}, #{} into `integration` if they are open", one.number(), two.number()))
        .says(&format!("If the fault of #{} is mended", cart.number()))
        .says(&format!("If the fault of #{} is mended", menu.number()));
    // Where one was closed, its way is told beside the other's.
    two.close().by("ana").await.unwrap();
    stage.quiet().await;
    let check = waits(&stage, &promotion, "2 hotfixes of production are not on staging").await;
    check
        .says(&format!("Merge #{} into `integration` if it is open", one.number()))
        .says(&format!("Carry #{} back to `integration`", menu.number()))
        .says("git cherry-pick");
    comes_back(&stage, cart).await;
    comes_back(&stage, menu).await;
    ended(stage).await;
}

#[tokio::test]
async fn a_revert_of_what_never_was_upstream_is_no_hotfix_to_be_carried_back() {
    let stage = shop().await;
    let (hotfix, carry) = carried_back(&stage, "Cart fails", "cart.php").await;
    let merged = stage.store.tip("production").unwrap();
    let revert = stage.store.commit_on("revert-cart").from("production").without("cart.php");
    let message = format!(
        "Revert \"Cart fails\"\n\nThis reverts commit {merged}, reversing\nchanges made to {merged}."
    );
    revert.message(&message).by("ana").await.unwrap();
    let revert = stage.store.open_pull("revert-cart").into("production").by("ana").await.unwrap();
    stage.check(&revert).await.passes();
    merge(&revert).await.unwrap();
    contains(&comes_back(&stage, &hotfix).await, &["taken back on `production`"]);
    contains(&comes_back(&stage, &carry).await, &["nothing to carry back any more"]);
    contains(&comes_back(&stage, &revert).await, &["There is nothing to carry back"]);
    ended(stage).await;
}

#[tokio::test]
async fn what_was_carried_and_taken_back_is_told_with_a_way() {
    let stage = shop().await;
    let (hotfix, carry) = carried_back(&stage, "Cart fails", "cart.php").await;
    merge(&carry).await.unwrap();
    stage.quiet().await;
    let merged = stage.store.tip("integration").unwrap();
    let revert = stage.store.commit_on("integration").without("cart.php");
    let message = format!("Revert\n\nThis reverts commit {merged}.");
    let revert = revert.message(&message).by("ana").await.unwrap();
    let taken = format!("`integration` had this hotfix, and `{}` has taken it back", &revert[..9]);
    contains(
        &comes_back(&stage, &hotfix).await,
        &[&taken, "Carry it back again by hand:", "git cherry-pick"],
    );
    ended(stage).await;
}
