//! Hotfixes: cut by a command, opened at the first push, carried back, owed until they have come down.

use crate::shop::{merge, topic};
use crate::stage::Stage;
use towpath_sandbox::{IssueHandle, Method, PullHandle};

/// What the comment on how a hotfix comes back begins with.
const HOTFIX: &str = "<!-- towpath:hotfix -->";

const ADMITTED: &str = "version: 1\nenvironments:\n  - { name: integration, accepts: [topics] }\n  - { name: staging, accepts: \
     [integration] }\n  - { name: production, accepts: [staging, hotfixes] }\ncopy: none\n";

/// A shop whose production admits hotfixes.
pub(crate) async fn shop() -> Stage {
    let stage = Stage::set().await;
    stage.configure("master", ADMITTED).await;
    stage
}

/// What the App has answered to the newest comment of an issue.
pub(crate) async fn asked(stage: &Stage, issue: &IssueHandle, (login, text): (&str, &str)) -> String {
    stage.seconds_later(5);
    issue.comment(text).by(login).await.unwrap();
    stage.quiet().await;
    issue.comments().into_iter().rfind(|it| it.app.is_some()).unwrap().body
}

/// A hotfix that rita has asked for, with this file on its branch.
pub(crate) async fn pushed(stage: &Stage, title: &str, (path, text): (&str, &str)) -> PullHandle {
    let issue = stage.store.open_issue("Something is broken").by("ana").await.unwrap();
    asked(stage, &issue, ("rita", &format!("/hotfix {title}"))).await;
    let branch = format!("hotfix/{}", title.to_lowercase().replace(' ', "-"));
    stage.store.commit_on(&branch).file(path, text).message(title).by("ana").await.unwrap();
    stage.quiet().await;
    stage.store.pulls().pop().unwrap()
}

/// A hotfix of this file that was merged, and the pull request that carries it back.
pub(crate) async fn carried_back(stage: &Stage, title: &str, path: &str) -> (PullHandle, PullHandle) {
    let hotfix = pushed(stage, title, (path, "repaired")).await;
    stage.check(&hotfix).await.passes();
    merge(&hotfix).await.unwrap();
    stage.quiet().await;
    let carry = stage.store.pulls().pop().unwrap();
    stage.check(&carry).await.passes();
    (hotfix, carry)
}

/// What is said on a pull request of how the hotfix comes back; all else there is read as well.
pub(crate) async fn comes_back(stage: &Stage, pull: &PullHandle) -> String {
    stage.quiet().await;
    stage.read(pull);
    let mut said = pull.comments();
    said.retain(|it| it.app.is_some() && it.body.starts_with(HOTFIX));
    assert!(said.len() == 1, "one comment is wanted on #{}: {said:?}", pull.number());
    said.remove(0).body
}

/// Brings what integration has down to staging.
pub(crate) async fn promote(stage: &Stage) {
    stage.store.merge("integration").into("staging").no_ff().by("rita").await.unwrap();
    stage.quiet().await;
}

/// The promotion to production of what is new on staging.
pub(crate) async fn release(stage: &Stage) -> PullHandle {
    topic(&stage.store, "feature/wish-list", "integration").await;
    stage.store.merge("feature/wish-list").into("integration").no_ff().by("ana").await.unwrap();
    promote(stage).await;
    let pull = stage.store.open_pull("staging").into("production").by("rita").await.unwrap();
    stage.quiet().await;
    pull
}

/// The check waits for a person, with this in its title.
pub(crate) async fn waits(stage: &Stage, pull: &PullHandle, title: &str) -> crate::said::Said {
    let check = stage.check(pull).await;
    let told = check.0.title.clone().unwrap_or_default();
    assert_eq!(check.0.conclusion.as_deref(), Some("action_required"), "{told}");
    assert!(told.contains(title), "{told}");
    check
}

/// The end, with all read that was said besides.
pub(crate) async fn ended(stage: Stage) {
    stage.quiet().await;
    for pull in stage.store.pulls() {
        stage.read(&pull);
    }
    stage.end().await;
}

pub(crate) fn contains(text: &str, words: &[&str]) {
    for it in words {
        assert!(text.contains(it), "{it:?} is not in:\n{text}");
    }
}

#[tokio::test]
async fn a_hotfix_goes_the_whole_way_home() {
    let stage = shop().await;
    let issue = stage.store.open_issue("Checkout is broken").by("ana").await.unwrap();
    let refused = asked(&stage, &issue, ("ana", "/hotfix Checkout fails")).await;
    contains(&refused, &["**Refused**", "This takes the role `maintain`"]);
    let said = asked(&stage, &issue, ("rita", "/hotfix Checkout fails")).await;
    contains(
        &said,
        &[
            "**Done** `/hotfix Checkout fails`: `hotfix/checkout-fails` is cut from `",
            "the tip of `production`",
            "git switch -c hotfix/checkout-fails --track refs/remotes/origin/hotfix/checkout-fails",
            "merge no other branch into it",
        ],
    );
    assert_eq!(stage.store.tip("hotfix/checkout-fails"), stage.store.tip("production"));
    assert!(stage.store.pulls().is_empty(), "GitHub refuses one without commits");

    // The first push opens the pull request, and no other push another one.
    for text in ["tried", "repaired"] {
        let commit = stage.store.commit_on("hotfix/checkout-fails").file("cart.php", text);
        commit.message(&format!("The cart is {text}")).by("ana").await.unwrap();
        stage.quiet().await;
    }
    let mut pulls = stage.store.pulls();
    assert_eq!(pulls.len(), 1);
    let hotfix = pulls.remove(0);
    let shown = hotfix.state().unwrap();
    assert_eq!(
        (shown.title.as_str(), shown.base.as_str(), shown.author.as_str()),
        ("Checkout fails", "production", "towpath[bot]")
    );
    contains(&shown.body.unwrap_or_default(), &["`rita` asked for this hotfix", "back to `integration`"]);
    stage.check(&hotfix).await.passes();
    merge(&hotfix).await.unwrap();
    stage.quiet().await;

    let carry = stage.store.pulls().pop().unwrap();
    let shown = carry.state().unwrap();
    let (number, carried) = (hotfix.number(), carry.number());
    assert_eq!((shown.head, shown.base), (format!("towpath/carry/{number}"), "integration".to_owned()));
    assert_eq!(shown.title, format!("Carry back #{number}: Checkout fails"));
    stage.check(&carry).await.passes();
    let line = format!("#{carried} carries this hotfix back to `integration`");
    contains(
        &comes_back(&stage, &hotfix).await,
        &[&line, "* `integration`: **owed**.", "`staging`: **owed**"],
    );

    let promotion = release(&stage).await;
    let title = format!("Hotfix #{number} of production is not on staging");
    let check = waits(&stage, &promotion, &title).await;
    check.says(&format!("Merge #{carried} into `integration`")).says("for which `rita` asked");
    let owed = format!("Hotfix #{number} (`Checkout fails`, by `rita`) of `production` is owed for ");
    let way = format!("on `integration` and `staging`; #{carried} carries it back.");
    for environment in ["production", "staging"] {
        contains(&asked(&stage, &issue, ("ana", &format!("/where {environment}"))).await, &[&owed, &way]);
    }

    merge(&carry).await.unwrap();
    let half = comes_back(&stage, &hotfix).await;
    contains(&half, &["`integration` has this hotfix", "* `integration`: has it.", "`staging`: **owed**"]);
    promote(&stage).await;
    stage.check(&promotion).await.passes();
    merge(&promotion).await.unwrap();
    contains(&comes_back(&stage, &hotfix).await, &["This hotfix is home"]);
    assert!(!asked(&stage, &issue, ("ana", "/where production")).await.contains("is owed"));
    ended(stage).await;
}

#[tokio::test]
async fn in_a_conflict_nothing_is_pushed_and_the_way_by_hand_is_told() {
    let stage = shop().await;
    topic(&stage.store, "feature/readme", "integration").await;
    stage.store.commit_on("feature/readme").file("README", "Acme, rewritten\n").by("ana").await.unwrap();
    stage.store.merge("feature/readme").into("integration").no_ff().by("ana").await.unwrap();
    let hotfix = pushed(&stage, "Readme lies", ("README", "Acme Inc.\n")).await;
    stage.check(&hotfix).await.passes();
    let repair = stage.store.tip("hotfix/readme-lies").unwrap();
    merge(&hotfix).await.unwrap();
    let tip = stage.store.tip("production").unwrap();
    let said = comes_back(&stage, &hotfix).await;
    let (number, short) = (hotfix.number(), &tip[..9]);
    contains(
        &said,
        &[
            "Carrying this hotfix back to `integration` conflicts",
            "In conflict: `README`.",
            &format!("git merge --no-ff {short}"),
            "run `git commit`",
            &format!("--title 'Carry back #{number}: Readme lies'"),
        ],
    );
    assert_eq!(stage.store.pulls().len(), 1);
    assert_eq!(stage.store.tip(&format!("towpath/carry/{number}")), None);

    // Somebody carries it back by hand, and the note of where it comes from is enough.
    let by_hand =
        stage.store.commit_on("carry-by-hand").from("integration").file("README", "Acme Inc., rewritten\n");
    let message = format!("Readme lies\n\n(cherry picked from commit {repair})");
    by_hand.message(&message).by("ana").await.unwrap();
    stage.store.merge("carry-by-hand").into("integration").no_ff().by("ana").await.unwrap();
    contains(&comes_back(&stage, &hotfix).await, &["* `integration`: has it, by the message of "]);
    ended(stage).await;
}

#[tokio::test]
async fn a_carry_back_that_a_person_closes_is_not_opened_again_and_stays_owed() {
    let stage = shop().await;
    let (hotfix, carry) = carried_back(&stage, "Cart fails", "cart.php").await;
    carry.close().by("ana").await.unwrap();
    let closed =
        format!("#{}, which was to carry this hotfix back to `integration`, was closed", carry.number());
    contains(&comes_back(&stage, &hotfix).await, &[&closed, "git cherry-pick", "**owed**"]);
    for _ in 0..3 {
        stage.minutes_later(20).await;
    }
    assert_eq!(stage.store.pulls().len(), 2);
    let promotion = release(&stage).await;
    waits(&stage, &promotion, "is not on staging").await;
    // Reopened and squashed it is the same.
    carry.reopen().by("ana").await.unwrap();
    stage.quiet().await;
    stage.check(&carry).await.passes();
    carry.merge(Method::Squash).by("rita").await.unwrap();
    promote(&stage).await;
    contains(&comes_back(&stage, &hotfix).await, &["`integration`: has it.", "`staging`: has it."]);
    stage.check(&promotion).await.passes();
    ended(stage).await;
}

#[tokio::test]
async fn what_was_carried_and_then_reverted_is_owed_again() {
    let stage = shop().await;
    let (hotfix, carry) = carried_back(&stage, "Cart fails", "cart.php").await;
    merge(&carry).await.unwrap();
    stage.quiet().await;
    let merged = stage.store.tip("integration").unwrap();
    contains(&comes_back(&stage, &hotfix).await, &["`integration`: has it."]);
    let revert = stage.store.commit_on("integration").without("cart.php");
    let message = format!("Revert \"Cart fails\"\n\nThis reverts commit {merged}.");
    revert.message(&message).by("ana").await.unwrap();
    contains(&comes_back(&stage, &hotfix).await, &["`integration`: **owed again**"]);
    let promotion = release(&stage).await;
    let check = waits(&stage, &promotion, "is not on staging").await;
    check.says("has taken it back: it is owed again").says("git cherry-pick");
    assert_eq!(stage.store.pulls().len(), 3, "nobody is asked to merge again what somebody took back");
    ended(stage).await;
}

#[tokio::test]
async fn a_hotfix_that_was_reverted_on_production_is_owed_no_more() {
    let stage = shop().await;
    let (hotfix, carry) = carried_back(&stage, "Cart fails", "cart.php").await;
    let merged = stage.store.tip("production").unwrap();
    let message = format!("Revert\n\nThis reverts commit {merged}, reversing\nchanges made to {merged}.");
    let undo = stage.store.commit_on("undo").from("production").without("cart.php");
    undo.message(&message).by("rita").await.unwrap();
    let redo = stage.store.commit_on("undo").file("cart.php", "repaired").message("Bring the cart again");
    let again = redo.by("rita").await.unwrap();
    stage.store.move_branch("production").to(&again).by("rita").await.unwrap();
    let line = format!("#{} carries this hotfix back", carry.number());
    contains(&comes_back(&stage, &hotfix).await, &[&line, "`integration`: **owed**"]);
    let revert = stage.store.commit_on("production").without("cart.php");
    revert.message(&message).by("rita").await.unwrap();
    contains(&comes_back(&stage, &hotfix).await, &["taken back on `production`", "It is owed no more."]);
    assert!(!carry.is_open() && !carry.merged());
    contains(&comes_back(&stage, &carry).await, &["there is nothing to carry back any more"]);
    let promotion = release(&stage).await;
    assert!(!stage.check(&promotion).await.0.title.unwrap_or_default().contains("Hotfix"));
    ended(stage).await;
}

#[tokio::test]
async fn a_title_used_again_is_another_hotfix() {
    let stage = shop().await;
    let first = pushed(&stage, "Cart fails", ("cart.php", "repaired")).await;
    stage.check(&first).await.passes();
    first.close().by("ana").await.unwrap();
    stage.store.delete_branch("hotfix/cart-fails").by("rita").await.unwrap();
    stage.quiet().await;
    let issue = stage.store.open_issue("Checkout is broken").by("ana").await.unwrap();
    let said = asked(&stage, &issue, ("rita", "/hotfix Cart fails")).await;
    contains(&said, &["`hotfix/cart-fails-2` is cut from"]);
    stage.store.commit_on("hotfix/cart-fails-2").file("cart.php", "again").by("ana").await.unwrap();
    stage.quiet().await;
    let second = stage.store.pulls().pop().unwrap();
    assert_eq!(second.state().unwrap().head, "hotfix/cart-fails-2");
    stage.check(&second).await.passes();
    ended(stage).await;
}

#[tokio::test]
async fn a_hotfix_that_production_lost_by_a_force_push_is_owed_no_more() {
    let stage = shop().await;
    let before = stage.store.tip("production").unwrap();
    let (hotfix, carry) = carried_back(&stage, "Cart fails", "cart.php").await;
    stage.store.move_branch("production").to(&before).by("rita").await.unwrap();
    contains(
        &comes_back(&stage, &hotfix).await,
        &["`production` no longer has this hotfix", "It is owed no more."],
    );
    assert!(!carry.is_open() && !carry.merged());
    contains(&comes_back(&stage, &carry).await, &["there is nothing to carry back any more"]);
    ended(stage).await;
}

#[tokio::test]
async fn killed_in_between_everything_is_made_once() {
    let mut stage = shop().await;
    let issue = stage.store.open_issue("Checkout is broken").by("ana").await.unwrap();
    asked(&stage, &issue, ("rita", "/hotfix Cart fails")).await;
    stage.restart().await;
    // The answer to each is lost, and the server is started anew.
    let lost = stage.github.faults().rest("POST", "*/pulls").reset_after().times(1);
    let commit = stage.store.commit_on("hotfix/cart-fails").file("cart.php", "repaired");
    commit.message("Repair the cart").by("ana").await.unwrap();
    stage.quiet().await;
    stage.restart().await;
    assert_eq!((lost.hits(), stage.store.pulls().len()), (1, 1));
    let hotfix = stage.store.pulls().pop().unwrap();
    stage.check(&hotfix).await.passes();
    let lost = stage.github.faults().rest("POST", "*/pulls").reset_after().times(1);
    merge(&hotfix).await.unwrap();
    stage.restart().await;
    assert_eq!((lost.hits(), stage.store.pulls().len()), (1, 2));
    let carry = stage.store.pulls().pop().unwrap();
    stage.check(&carry).await.passes();
    contains(&comes_back(&stage, &hotfix).await, &["carries this hotfix back"]);
    ended(stage).await;
}

#[tokio::test]
async fn one_that_a_person_has_opened_is_recorded_and_where_none_is_admitted_the_key_is_named() {
    let stage = Stage::set().await;
    let issue = stage.store.open_issue("Checkout is broken").by("ana").await.unwrap();
    let said = asked(&stage, &issue, ("rita", "/hotfix Cart fails")).await;
    contains(&said, &["**Refused**", "No environment admits hotfixes", "add `hotfixes` to its `accepts`"]);
    stage.configure("master", ADMITTED).await;
    // Cut from staging it would bring what was never released.
    stage.store.merge("master").into("staging").no_ff().by("rita").await.unwrap();
    topic(&stage.store, "hotfix/wrong", "staging").await;
    let wrong = stage.store.open_pull("hotfix/wrong").into("production").by("ben").await.unwrap();
    stage.check(&wrong).await.fails();
    stage.all_is_read().await;
    wrong.close().by("ben").await.unwrap();

    topic(&stage.store, "hotfix/price", "production").await;
    let hotfix = stage.store.open_pull("hotfix/price").into("production").by("ben").await.unwrap();
    stage.check(&hotfix).await.passes();
    hotfix.merge(Method::Squash).by("rita").await.unwrap();
    stage.quiet().await;
    let carry = stage.store.pulls().pop().unwrap();
    assert_eq!(carry.state().unwrap().base, "integration");
    stage.check(&carry).await.passes();
    contains(&comes_back(&stage, &hotfix).await, &["carries this hotfix back"]);
    let picked = stage.store.tip(&format!("towpath/carry/{}", hotfix.number())).unwrap();
    assert_ne!(picked, stage.store.tip("production").unwrap());
    ended(stage).await;
}

#[tokio::test]
async fn one_that_was_merged_while_nobody_could_tell_is_recorded_all_the_same() {
    let mut stage = shop().await;
    let opened = async |stage: &Stage, branch: &str| {
        topic(&stage.store, branch, "production").await;
        let pull = stage.store.open_pull(branch).into("production").by("ben").await.unwrap();
        stage.check(&pull).await.passes();
        pull
    };
    let hotfix = opened(&stage, "hotfix/price").await;
    stage.stop().await;
    hotfix.merge(Method::Squash).by("rita").await.unwrap();
    // The events are lost for good.
    stage.github.faults().rest("GET", "/app/hook/deliveries*").answer(200, "application/json", "[]");
    stage.start().await;
    contains(&comes_back(&stage, &hotfix).await, &["carries this hotfix back"]);

    let hotfix = opened(&stage, "hotfix/menu").await;
    stage.configure("master", "version: 9\n").await;
    let before = stage.store.pulls().len();
    stage.store.merge("hotfix/menu").into("production").no_ff().by("rita").await.unwrap();
    stage.quiet().await;
    assert_eq!(stage.store.pulls().len(), before);
    stage.configure("master", ADMITTED).await;
    stage.minutes_later(16).await;
    contains(&comes_back(&stage, &hotfix).await, &["carries this hotfix back"]);
    ended(stage).await;
}

#[tokio::test]
async fn what_was_mended_in_another_way_is_only_warned_of_in_its_own_files() {
    let stage = shop().await;
    let (hotfix, carry) = carried_back(&stage, "Cart fails", "cart.php").await;
    carry.close().by("ana").await.unwrap();
    let promotion = release(&stage).await;
    waits(&stage, &promotion, "is not on staging").await;
    let number = hotfix.number();
    let said =
        stage.says(&promotion, "ana", &format!("/carried #{number} --in staging --reason rewritten")).await;
    contains(&stage.reply(&promotion, &said).await, &["**Refused**", "`maintain`"]);
    let said =
        stage.says(&promotion, "rita", &format!("/carried #{number} --in staging --reason rewritten")).await;
    contains(&stage.reply(&promotion, &said).await, &["**Done**", "is no longer owed on `staging`"]);
    let check = stage.check(&promotion).await;
    assert_eq!(check.0.conclusion.as_deref(), Some("success"), "{:?}", check.0.title);
    contains(
        &comes_back(&stage, &hotfix).await,
        &["`staging`: mended in another way, says `rita`: `rewritten`."],
    );
    ended(stage).await;
}

/// So many commits upon a commit, that nobody was told of yet; the last of them.
async fn many_commits(stage: &Stage, start: &str, count: usize) -> String {
    let tree = format!("{start}^{{tree}}");
    let who = ["-c", "user.name=Ana", "-c", "user.email=ana@example.com", "commit-tree"];
    let mut tip = start.to_owned();
    for number in 0..count {
        let message = format!("Step {number}");
        let made = stage.store.git(&[&who[..], &[&tree, "-p", &tip, "-m", &message]].concat()).await;
        made.unwrap().trim().clone_into(&mut tip);
    }
    tip
}

#[tokio::test]
async fn one_with_very_many_commits_is_left_to_people() {
    let stage = shop().await;
    let issue = stage.store.open_issue("Checkout is broken").by("ana").await.unwrap();
    asked(&stage, &issue, ("rita", "/hotfix Cart fails")).await;
    let commit = stage.store.commit_on("try").from("production").file("cart.php", "repaired");
    let start = commit.message("Repair the cart").by("ana").await.unwrap();
    let tip = many_commits(&stage, &start, 300).await;
    stage.store.move_branch("hotfix/cart-fails").to(&tip).by("ana").await.unwrap();
    stage.quiet().await;
    let hotfix = stage.store.pulls().pop().unwrap();
    stage.check(&hotfix).await.passes();
    merge(&hotfix).await.unwrap();
    let made = &comes_back(&stage, &hotfix).await;
    let merged = stage.store.tip("production").unwrap();
    let whole = format!("git cherry-pick --keep-redundant-commits -x -m 1 {}", &merged[..9]);
    contains(made, &["too many commits to be carried back unasked", &whole, "`integration`: **owed**"]);
    assert_eq!(stage.store.pulls().len(), 1);
    ended(stage).await;
}

#[tokio::test]
async fn a_hotfix_goes_in_while_a_freeze_keeps_all_else_out() {
    let stage = shop().await;
    let freeze = "freezes: [{ from: 2020-01-01T00:00:00Z, until: 2090-01-01T00:00:00Z, reason: peak season, environments: \
                  [production], hotfixes: true }]\n";
    stage.configure("master", &format!("{ADMITTED}{freeze}")).await;
    let promotion = release(&stage).await;
    assert!(stage.check(&promotion).await.0.title.unwrap_or_default().starts_with("Frozen until "));
    let hotfix = pushed(&stage, "Cart fails", ("cart.php", "repaired")).await;
    stage.check(&hotfix).await.passes();
    ended(stage).await;
}

#[tokio::test]
async fn a_promotion_is_only_warned_until_a_hotfix_is_owed_for_long() {
    let stage = shop().await;
    stage.configure("master", &format!("{ADMITTED}hotfixes: {{ carry_back_within: 2h }}\n")).await;
    let (hotfix, _) = carried_back(&stage, "Cart fails", "cart.php").await;
    comes_back(&stage, &hotfix).await;
    let promotion = release(&stage).await;
    let check = stage.check(&promotion).await;
    assert_eq!(check.0.conclusion.as_deref(), Some("success"), "{:?}", check.0.title);
    check.says("promotions into `production` wait for it");
    stage.minutes_later(121).await;
    waits(&stage, &promotion, "is not on staging").await;
    ended(stage).await;
}
