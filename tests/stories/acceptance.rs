//! What people and time have to say before a promotion may be merged: TP403, TP404, TP405 and TP407.

use crate::shop::topic;
use crate::stage::Stage;
use towpath_sandbox::PullHandle;

fn configuration(requires: &str) -> String {
    format!(
        "version: 1\nenvironments:\n  - {{ name: integration, accepts: [topics] }}\n  - {{ name: staging, accepts: \
         [integration] }}\n  - name: production\n    accepts: [staging]\n    requires: {requires}\ncopy: none\n"
    )
}

/// A promotion to production of what runs on staging.
async fn promotion(stage: &Stage, requires: &str) -> PullHandle {
    stage.configure("master", &configuration(requires)).await;
    released(stage, "feature/cart").await;
    let pull = stage.store.open_pull("staging").into("production").by("rita").await.unwrap();
    stage.quiet().await;
    pull
}

/// Something new runs on staging.
async fn released(stage: &Stage, name: &str) {
    topic(&stage.store, name, "integration").await;
    on_staging(stage, name).await;
}

async fn on_staging(stage: &Stage, name: &str) {
    stage.store.merge(name).into("integration").no_ff().by("ana").await.unwrap();
    stage.store.merge("integration").into("staging").no_ff().by("rita").await.unwrap();
    stage.quiet().await;
    stage.carried_out("staging").await;
}

/// The check waits in this way, with this in its title.
async fn waits(stage: &Stage, pull: &PullHandle, how: &str, title: &str) -> crate::said::Said {
    let check = stage.check(pull).await;
    let waits = check.0.conclusion.clone().unwrap_or_else(|| check.0.status.clone());
    let told = check.0.title.clone().unwrap_or_default();
    assert!(waits == how && told.contains(title), "{waits}: {told}");
    check
}

async fn answered(stage: &Stage, pull: &PullHandle, (login, text): (&str, &str), words: &[&str]) {
    let comment = stage.says(pull, login, text).await;
    let reply = stage.reply(pull, &comment).await;
    for it in words {
        assert!(reply.contains(it), "{it:?} is not in:\n{reply}");
    }
}

#[tokio::test]
async fn a_promotion_waits_until_each_role_has_accepted_these_very_files() {
    let stage = Stage::set().await;
    stage.github.team("acme/shop").await.unwrap().add("octavia");
    stage.store.allow("octavia", towpath_sandbox::Permission::Read);
    let roles = "{ signoffs: [admin, { role: customer, by: [\"team:shop\"] }] }";
    let pull = promotion(&stage, roles).await;
    waits(&stage, &pull, "action_required", "Sign-off on staging missing: admin and customer").await;
    stage.all_is_read().await;

    let several = "Several roles sign off there; say which with `--as`: `admin`, `customer`.";
    answered(&stage, &pull, ("ben", "/signoff staging"), &["**Refused**", several]).await;
    answered(&stage, &pull, ("ben", "/signoff staging --as custmer"), &["Did you mean `customer`?"]).await;
    answered(&stage, &pull, ("ben", "/signoff staging --as customer"), &["**Refused**", "`shop`"]).await;
    let accepted = "`ben` accepts `";
    let missing = "Still missing: `customer`.";
    answered(
        &stage,
        &pull,
        ("ben", "/signoff staging --as admin --note \"tried\""),
        &["**Done**", accepted, missing],
    )
    .await;
    waits(&stage, &pull, "action_required", "Sign-off on staging missing: customer").await;
    // Who may only read is in the role.
    let all = "Everybody who has to has signed off.";
    answered(&stage, &pull, ("octavia", "/signoff staging --as customer"), &["**Done**", all]).await;
    stage.check(&pull).await.passes();
    let known = "`ben` has signed off these files as `admin` already.";
    answered(&stage, &pull, ("rita", "/signoff staging --as admin"), &["**Refused**", known]).await;

    // The same files merged again keep it.
    stage.store.commit_on("staging").message("Nothing").by("rita").await.unwrap();
    stage.quiet().await;
    stage.carried_out("staging").await;
    stage.check(&pull).await.passes();
    // Other files lose it.
    released(&stage, "feature/wish-list").await;
    let check =
        waits(&stage, &pull, "action_required", "Sign-off on staging missing: admin and customer").await;
    check.says("`ben` signed off as `admin`").says("feature-wish-list.txt");
    stage.all_is_read().await;

    answered(&stage, &pull, ("ben", "/signoff staging --as admin"), &["**Done**"]).await;
    answered(
        &stage,
        &pull,
        ("ana", "/signoff staging --as admin --withdraw"),
        &["**Refused**", "is of `ben`"],
    )
    .await;
    answered(
        &stage,
        &pull,
        ("ben", "/signoff staging --as admin --withdraw"),
        &["**Done**", "is taken back"],
    )
    .await;
    waits(&stage, &pull, "action_required", "Sign-off on staging missing: admin and customer").await;
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn who_has_made_a_change_does_not_accept_it_where_others_have_to() {
    let stage = Stage::set().await;
    stage.configure("master", &configuration("{ signoffs: [{ role: review, by_others: true }] }")).await;
    topic(&stage.store, "feature/cart", "integration").await;
    let change = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&change).await.passes();
    crate::shop::merge(&change).await.unwrap();
    stage.store.merge("integration").into("staging").no_ff().by("rita").await.unwrap();
    stage.quiet().await;
    stage.carried_out("staging").await;
    let pull = stage.store.open_pull("staging").into("production").by("rita").await.unwrap();
    waits(&stage, &pull, "action_required", "").await;
    let own = "You have made one of the changes, and somebody else has to accept them as `review`.";
    answered(&stage, &pull, ("ana", "/signoff staging"), &["**Refused**", own]).await;
    answered(&stage, &pull, ("ben", "/signoff staging"), &["**Done**"]).await;
    stage.check(&pull).await.passes();
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn items_are_ready_until_their_files_change_or_their_time_is_over() {
    let stage = Stage::set().await;
    let items =
        "{ readiness: [{ item: crons, description: The crons run, paths: [crons/], expires: 2h }, mails] }";
    let pull = promotion(&stage, items).await;
    waits(&stage, &pull, "action_required", "production is not ready: 2 of 2 items open").await;
    stage.all_is_read().await;
    answered(&stage, &pull, ("ben", "/ready production crons"), &["**Refused**", "Say with `--note`"]).await;
    answered(&stage, &pull, ("ben", "/ready production cron --note x"), &["Did you mean `crons`?"]).await;
    answered(&stage, &pull, ("ben", "/ready production mails --note \"sent one\""), &["**Done**"]).await;
    answered(
        &stage,
        &pull,
        ("ben", "/ready production crons --note \"ran\"\n/ready production"),
        &[
            "`crons` is ready for `production`.",
            "* `crons`: `The crons run`. ready, said `ben` on ",
            "* `mails`: `mails`. ready, said `ben` on ",
        ],
    )
    .await;
    stage.check(&pull).await.passes();

    stage.minutes_later(121).await;
    waits(&stage, &pull, "action_required", "1 of 2 items open").await.says("counted until");
    stage.all_is_read().await;
    answered(&stage, &pull, ("ben", "/ready production crons --note again"), &["**Done**"]).await;
    stage.check(&pull).await.passes();
    stage
        .store
        .commit_on("feature/crons")
        .from("integration")
        .file("crons/nightly", "0 3\n")
        .by("ana")
        .await
        .unwrap();
    on_staging(&stage, "feature/crons").await;
    let check = waits(&stage, &pull, "action_required", "1 of 2 items open").await;
    check.says("files have changed since `ben` said").says("crons/nightly");
    stage.all_is_read().await;
    answered(&stage, &pull, ("ben", "/ready production crons --note again"), &["**Done**"]).await;
    stage.check(&pull).await.passes();
    answered(&stage, &pull, ("ben", "/unready production crons"), &["**Done**", "is open again"]).await;
    waits(&stage, &pull, "action_required", "").await;
    stage.all_is_read().await;
    stage.end().await;
}

/// Nobody does anything, and nothing comes from GitHub.
#[tokio::test]
async fn a_release_soaks_and_passes_by_itself() {
    let mut stage = Stage::set().await;
    let pull = promotion(&stage, "{ soak: 2h }").await;
    waits(&stage, &pull, "in_progress", "Soaks on staging until ").await;
    stage.all_is_read().await;
    stage.minutes_later(60).await;
    stage.stop().await;
    stage.seconds_later(61 * 60);
    stage.start().await;
    stage.check(&pull).await.passes();
    // What is new begins anew.
    released(&stage, "feature/wish-list").await;
    waits(&stage, &pull, "in_progress", "Soaks on staging until ").await;
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn a_change_of_the_platforms_files_waits_for_a_ticket_and_its_notice() {
    let stage = Stage::set().await;
    let pull = promotion(&stage, "{ tickets: { paths: [services.yaml], notice: 1h } }").await;
    stage.check(&pull).await.passes();
    stage
        .store
        .commit_on("feature/search")
        .from("integration")
        .file("services.yaml", "search: 2\n")
        .by("ana")
        .await
        .unwrap();
    on_staging(&stage, "feature/search").await;
    waits(&stage, &pull, "action_required", "A ticket is needed for services.yaml").await;
    stage.all_is_read().await;
    let now = stage.now().to_seconds();
    let at = |seconds: i64| chrono_text(now.0 + seconds);
    let future = format!("/ticket SUP-7 --acknowledged {}", at(86_400));
    answered(&stage, &pull, ("ben", &future), &["**Refused**", "has not come yet"]).await;
    // Whatever day it is, four days ago plus no notice is over.
    let over = format!("/ticket SUP-7 --acknowledged {} --notice 1m", at(-4 * 86_400));
    answered(&stage, &pull, ("ben", &over), &["**Done**", "its notice for `production` is over."]).await;
    stage.check(&pull).await.passes();
    stage
        .store
        .commit_on("feature/more")
        .from("integration")
        .file("services.yaml", "search: 3\n")
        .by("ana")
        .await
        .unwrap();
    on_staging(&stage, "feature/more").await;
    waits(&stage, &pull, "action_required", "A ticket is needed for services.yaml").await;
    stage.all_is_read().await;
    let later = format!("/ticket SUP-8 --acknowledged {} --notice 30d", at(-60));
    answered(
        &stage,
        &pull,
        ("ben", &later),
        &["**Done**", "by its notice this may go into `production` from "],
    )
    .await;
    waits(&stage, &pull, "in_progress", "Ticket SUP-8: not before ").await;
    stage.all_is_read().await;
    stage.end().await;
}

/// A moment as comments take it.
fn chrono_text(seconds: i64) -> String {
    towpath::model::UnixSeconds(seconds).to_date().unwrap().format("%Y-%m-%dT%H:%MZ").to_string()
}

#[tokio::test]
async fn where_two_environments_have_a_role_of_one_name_each_hears_its_own_people() {
    let stage = Stage::with(crate::stage::Setting {
        branches: vec!["integration", "staging", "production", "outlet"],
        ..crate::stage::Setting::default()
    })
    .await;
    stage.github.team("acme/shop").await.unwrap().add("octavia");
    stage.store.allow("octavia", towpath_sandbox::Permission::Read);
    let text = "version: 1\nenvironments:\n  - { name: integration, accepts: [topics] }\n  - { name: staging, accepts: \
                [integration] }\n  - { name: production, accepts: [staging], requires: { signoffs: [{ role: admin, by: [maintain] }] \
                } }\n  - { name: outlet, accepts: [staging], requires: { signoffs: [{ role: admin, by: [\"team:shop\"] }] } }\ncopy: \
                none\n";
    stage.configure("master", text).await;
    released(&stage, "feature/cart").await;
    let opened = async |base: &str| stage.store.open_pull("staging").into(base).by("rita").await.unwrap();
    let (production, outlet) = (opened("production").await, opened("outlet").await);
    let missing = "Sign-off on staging missing: admin";
    for pull in [&production, &outlet] {
        waits(&stage, pull, "action_required", missing).await;
    }
    stage.all_is_read().await;
    answered(&stage, &production, ("ben", "/signoff staging"), &["**Refused**"]).await;
    let only = [
        "**Done**",
        "`octavia` accepts `",
        "on `staging` as `admin`, for `outlet`.",
        "Still missing: `admin`.",
    ];
    answered(&stage, &production, ("octavia", "/signoff staging"), &only).await;
    stage.check(&outlet).await.passes();
    waits(&stage, &production, "action_required", missing).await;
    let known = ["**Refused**", "`octavia` has signed off these files as `admin` already."];
    answered(&stage, &production, ("octavia", "/signoff staging"), &known).await;
    let all = ["**Done**", "for `production`.", "Everybody who has to has signed off."];
    answered(&stage, &production, ("rita", "/signoff staging"), &all).await;
    for pull in [&production, &outlet] {
        stage.check(pull).await.passes();
    }
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn an_environment_that_comes_later_does_not_hear_a_sign_off_from_before() {
    let stage = Stage::with(crate::stage::Setting {
        branches: vec!["integration", "staging", "production", "outlet"],
        ..crate::stage::Setting::default()
    })
    .await;
    let pull = promotion(&stage, "{ signoffs: [admin] }").await;
    let all = ["**Done**", "on `staging` as `admin`.", "Everybody who has to has signed off."];
    answered(&stage, &pull, ("ben", "/signoff staging"), &all).await;
    stage.check(&pull).await.passes();

    let outlet = "  - { name: outlet, accepts: [staging], requires: { signoffs: [admin] } }\ncopy: none";
    let more = configuration("{ signoffs: [admin] }").replace("copy: none", outlet);
    stage.configure("master", &more).await;
    let other = stage.store.open_pull("staging").into("outlet").by("rita").await.unwrap();
    waits(&stage, &other, "action_required", "Sign-off on staging missing: admin").await;
    stage.check(&pull).await.passes();
    // Whoever has given it can give it for both.
    answered(&stage, &other, ("ben", "/signoff staging"), &all).await;
    for it in [&pull, &other] {
        stage.check(it).await.passes();
    }
    stage.all_is_read().await;
    stage.end().await;
}
