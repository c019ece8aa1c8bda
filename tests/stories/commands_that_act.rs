//! Commands that act: each does what it says, once, for who may, and for what its author has seen.

use crate::shop::{merge, topic};
use crate::stage::Stage;
use towpath_sandbox::{Cancelling, Order, PullHandle};

const INPUTS: [&str; 8] =
    ["deploy", "environment", "sha", "tree", "previous_sha", "slug", "reuse_slug", "rollback"];

async fn open_topic(stage: &Stage) -> PullHandle {
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    pull
}

/// Two releases on integration, the second of which is live.
async fn two_releases(stage: &Stage) -> [String; 2] {
    let mut tips = Vec::new();
    for name in ["feature/one", "feature/two"] {
        stage.merged_topic(name).await;
        stage.carried_out("integration").await;
        tips.push(stage.store.tip("integration").unwrap());
    }
    tips.try_into().unwrap()
}

fn begins(reply: &str, words: &str) {
    assert!(reply.starts_with(words), "{reply}");
}

#[tokio::test]
async fn a_rollback_goes_back_holds_and_is_resumed() {
    let stage = Stage::set().await;
    let [first, _second] = two_releases(&stage).await;
    let pull = open_topic(&stage).await;
    let back = stage.says(&pull, "rita", "/rollback integration --reason \"the cart is *empty* @all\"").await;
    let reply = stage.reply(&pull, &back).await;
    begins(&reply, "**Started** `/rollback integration --reason '");
    assert!(reply.contains(&format!("rolls integration back to {}", &first[..9])), "{reply}");
    assert_eq!(stage.carried_out("integration").await.sha(), first);
    let reply = stage.reply(&pull, &back).await;
    begins(&reply, "**Done** `/rollback integration");
    let held = "From now on Towpath holds `integration`: what people merge waits. Once the cause is repaired, write \
                `/resume integration --reason \"…\"`.";
    assert!(reply.contains(held), "{reply}");
    stage.check(&pull).await;

    let again = stage.says(&pull, "rita", "/deploy integration").await;
    let reply = stage.reply(&pull, &again).await;
    assert!(
        reply.contains("Integration is held after a rollback: `/resume integration --reason \"…\"`"),
        "{reply}"
    );
    let lifted = stage.says(&pull, "rita", "/resume integration --reason repaired").await;
    let reply = stage.reply(&pull, &lifted).await;
    begins(&reply, "**Done** `/resume integration --reason repaired`: the hold on");
    assert!(
        reply.contains("\n\nNo deploy waits. Pull requests into integration are checked again"),
        "{reply}"
    );
    stage.check(&pull).await.passes();
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn a_release_is_named_by_its_pull_request_or_the_digits_of_its_commit() {
    let stage = Stage::set().await;
    let [first, second] = two_releases(&stage).await;
    let pull = open_topic(&stage).await;
    let unknown = stage.says(&pull, "rita", "/rollback integration #77 --reason x").await;
    assert!(stage.reply(&pull, &unknown).await.contains("No deploy that brought #77 to `integration`"));
    let live = stage.says(&pull, "rita", &format!("/rollback integration {} --reason x", &second[..8])).await;
    assert!(stage.reply(&pull, &live).await.contains("is already live on integration"));
    let back = stage.says(&pull, "rita", "/rollback integration #1 --reason x").await;
    begins(&stage.reply(&pull, &back).await, "**Started**");
    assert_eq!(stage.carried_out("integration").await.sha(), first);
    begins(&stage.reply(&pull, &back).await, "**Done**");
    stage.check(&pull).await;
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn what_went_live_after_the_comment_is_not_rolled_back_by_it() {
    let stage = Stage::set().await;
    two_releases(&stage).await;
    let third = stage.merged_topic("feature/three").await;
    let pull = open_topic(&stage).await;
    stage.github.faults().webhook("issue_comment", "*").hold();
    stage.seconds_later(5);
    let comment = pull.comment("/rollback integration --reason x").by("rita").await.unwrap();
    stage.seconds_later(5);
    drop(third);
    let deployment = stage.store.deployments().pop().unwrap();
    for state in ["in_progress", "success"] {
        deployment.status(state).by("deployer").await.unwrap();
        stage.quiet().await;
    }
    stage.github.faults().clear();
    stage.github.release_webhooks(Order::AsSent).await;
    let reply = stage.reply(&pull, &comment).await;
    assert!(reply.contains("went live on integration after the comment was written"), "{reply}");
    assert!(reply.contains("write `/rollback integration"), "{reply}");
    stage.end().await;
}

#[tokio::test]
async fn a_lock_keeps_deploys_and_merges_out_until_its_holder_ends_it() {
    let stage = Stage::set().await;
    let pull = open_topic(&stage).await;
    let locked = stage.says(&pull, "ana", "/lock integration --reason 'load test'").await;
    let reply = stage.reply(&pull, &locked).await;
    begins(
        &reply,
        "**Done** `/lock integration --reason 'load test'`: integration is locked: ana holds lock 1, until somebody \
         unlocks it, because: load test.\n\nPull requests into integration wait from now on. To end the lock, write \
         `/unlock integration`.",
    );
    assert!(reply.contains(&format!("\"head\":\"{}\"", pull.head_sha())), "{reply}");
    let base = stage.store.tip("integration").unwrap();
    assert!(reply.contains(&format!("\"base\":\"{base}\"")), "{reply}");
    let check = stage.check(&pull).await.is("action_required", "integration is locked by ana");
    check.says("`load test`").says("`/unlock integration`").says("`/unlock integration --force`");
    let deploy = stage.says(&pull, "ben", "/deploy integration").await;
    begins(
        &stage.reply(&pull, &deploy).await,
        "**Refused** `/deploy integration`: nothing was deployed. Integration is locked: ana holds lock 1",
    );
    let twice = stage.says(&pull, "ben", "/lock integration --reason mine").await;
    assert!(stage.reply(&pull, &twice).await.contains("Integration is locked already: ana holds lock 1"));
    let stolen = stage.says(&pull, "ben", "/unlock integration --force").await;
    assert!(stage.reply(&pull, &stolen).await.contains("This takes the role `maintain`"));
    let careless = stage.says(&pull, "rita", "/unlock integration").await;
    let reply = stage.reply(&pull, &careless).await;
    assert!(reply.contains("To end it all the same: `/unlock integration --force`"), "{reply}");
    let unlocked = stage.says(&pull, "ana", "/unlock integration").await;
    begins(&stage.reply(&pull, &unlocked).await, "**Done** `/unlock integration`: integration is unlocked");
    let nothing = stage.says(&pull, "ana", "/unlock integration").await;
    assert!(stage.reply(&pull, &nothing).await.contains("Integration is not locked."));
    stage.check(&pull).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn a_lock_ends_by_the_clock_or_with_its_pull_request() {
    let stage = Stage::set().await;
    let pull = open_topic(&stage).await;
    let timed = stage.says(&pull, "ana", "/lock staging --reason test --until 2h").await;
    begins(&stage.reply(&pull, &timed).await, "**Done** `/lock staging --reason test --until 2h`");
    let own = stage.says(&pull, "ana", "/lock integration --reason mine --while-open").await;
    let reply = stage.reply(&pull, &own).await;
    assert!(reply.contains("until #1 is closed"), "{reply}");
    assert!(reply.contains("Pull requests into integration wait from now on, but for #1."), "{reply}");
    stage.check(&pull).await.passes();
    let shorter = stage.says(&pull, "ana", "/lock integration --reason cutover").await;
    let reply = stage.reply(&pull, &shorter).await;
    assert!(
        reply.contains(
            "integration stays locked: ana holds lock 2, until somebody unlocks it, because: cutover, in place of lock 1."
        ),
        "{reply}"
    );
    stage.check(&pull).await.is("action_required", "integration is locked by ana");
    let own = stage.says(&pull, "ana", "/lock integration --reason mine --while-open").await;
    assert!(stage.reply(&pull, &own).await.contains("until #1 is closed"));
    stage.check(&pull).await.passes();
    topic(&stage.store, "feature/other", "integration").await;
    let other = stage.store.open_pull("feature/other").into("integration").by("ben").await.unwrap();
    stage.check(&other).await.is("action_required", "integration is locked by ana");
    stage.minutes_later(121).await;
    let deploy = stage.says(&pull, "ben", "/deploy staging").await;
    begins(&stage.reply(&pull, &deploy).await, "**Started** `/deploy staging`");
    pull.close().by("ana").await.unwrap();
    stage.check(&other).await.passes();
    stage.read(&pull);
    let again = stage.says(&pull, "ben", "/lock integration --reason other").await;
    assert!(stage.reply(&pull, &again).await.contains("ben holds lock 4"));
    stage.check(&other).await.is("action_required", "integration is locked by ben");
    stage.reply(&pull, &deploy).await;
    stage.end().await;
}

#[tokio::test]
async fn a_deploy_is_cancelled_or_it_is_said_what_to_do_instead() {
    let stage = Stage::set().await;
    stage.store.workflow("deploy.yml").inputs(INPUTS).echoes("deploy");
    stage.github.cancelling(Cancelling::AtOnce);
    let text = "version: 1\nenvironments:\n  - name: integration\n    accepts: [topics]\n    \
                deploy: { driver: actions, file: deploy.yml, timeout: 30m }\n  \
                - { name: staging, accepts: [integration] }\n  - { name: production, accepts: [staging] }\ncopy: none\n";
    stage.store.commit_on("master").file(".github/towpath.yml", text).by("rita").await.unwrap();
    stage.quiet().await;
    let pull = open_topic(&stage).await;
    let nothing = stage.says(&pull, "ana", "/cancel integration").await;
    assert!(
        stage.reply(&pull, &nothing).await.contains("No deploy of integration is running, and none waits.")
    );
    let deploy = stage.says(&pull, "ana", "/deploy integration").await;
    stage.quiet().await;
    let run = stage.store.runs().pop().unwrap();
    run.begins().await.unwrap();
    stage.quiet().await;
    let cancel = stage.says(&pull, "ana", "/cancel integration").await;
    begins(&stage.reply(&pull, &cancel).await, "**Done** `/cancel integration`: deploy 1: cancelled by ana");
    let reply = stage.reply(&pull, &deploy).await;
    begins(&reply, "**Failed** `/deploy integration`: deploy 1: cancelled by ana");
    let other = stage.says(&pull, "ana", "/deploy staging").await;
    let cannot = stage.says(&pull, "ana", "/cancel staging").await;
    let reply = stage.reply(&pull, &cannot).await;
    assert!(reply.contains("cannot be cancelled from here"), "{reply}");
    stage.reply(&pull, &other).await;
    stage.end().await;
}

#[tokio::test]
async fn what_waits_for_a_configuration_that_can_be_read_is_cancelled_before_it_begins() {
    let stage = Stage::set().await;
    let pull = open_topic(&stage).await;
    let text = "version: 1\nenvironments: [\n";
    stage.store.commit_on("master").file(".github/towpath.yml", text).by("rita").await.unwrap();
    stage.quiet().await;
    assert_eq!(stage.check(&pull).await.0.conclusion.as_deref(), Some("action_required"));
    let deploy = stage.says(&pull, "ana", "/deploy integration").await;
    let cancel = stage.says(&pull, "ana", "/cancel integration").await;
    begins(&stage.reply(&pull, &cancel).await, "**Done** `/cancel integration`: deploy 1: cancelled by ana");
    begins(
        &stage.reply(&pull, &deploy).await,
        "**Failed** `/deploy integration`: deploy 1: cancelled by ana",
    );
    stage.end().await;
}

#[tokio::test]
async fn another_base_and_a_clean_branch_are_had_by_words_too() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("production").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    let comment = stage.says(&pull, "ana", "/retarget").await;
    begins(&stage.reply(&pull, &comment).await, "**Done** `/retarget`: changed the base to integration.");
    assert_eq!(pull.state().unwrap().base, "integration");
    stage.check(&pull).await.passes();
    stage.read(&pull);

    topic(&stage.store, "feature/late", "staging").await;
    let late = stage.store.open_pull("feature/late").into("integration").by("ana").await.unwrap();
    stage.check(&late).await.fails();
    stage.comment(&late).await;
    let comment = stage.says(&late, "ana", "/rebuild").await;
    let reply = stage.reply(&late, &comment).await;
    begins(&reply, "**Done** `/rebuild`: made the branch feature/late-on-integration and opened #3 from it.");
    let made = stage.store.pull(3).unwrap();
    stage.check(&made).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn a_base_that_was_changed_before_the_answer_was_lost_was_changed() {
    for by_name in [true, false] {
        let stage = Stage::set().await;
        topic(&stage.store, "feature/cart", "integration").await;
        let pull = stage.store.open_pull("feature/cart").into("production").by("ana").await.unwrap();
        stage.check(&pull).await.fails();
        stage.comment(&pull).await;
        stage.later();
        let lost = stage.github.faults().rest("PATCH", "*/pulls/1").reset_after().times(1);
        let text = if by_name { "/retarget integration" } else { "/retarget" };
        let comment = stage.says(&pull, "ana", text).await;
        let reply = stage.reply(&pull, &comment).await;
        begins(&reply, &format!("**Done** `{text}`: changed the base to integration."));
        assert_eq!(lost.hits(), 1);
        stage.check(&pull).await.passes();
        let left = stage.check_named(&pull, "towpath: production").await;
        left.is("cancelled", "No longer checked: #1 now goes into integration");
        stage.comment(&pull).await;
        stage.end().await;
    }
}

#[tokio::test]
async fn an_act_is_refused_where_the_head_or_the_base_has_moved_since_the_comment() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/late", "staging").await;
    let pull = stage.store.open_pull("feature/late").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    let before = pull.head_sha();
    // A push right after the comment, which the server hears of together with it.
    stage.github.faults().webhook("*", "*").hold();
    stage.seconds_later(5);
    let comment = pull.comment("/rebuild").by("ana").await.unwrap();
    stage.seconds_later(5);
    let now = stage.store.commit_on("feature/late").file("more.txt", "x\n").by("ana").await.unwrap();
    stage.github.faults().clear();
    stage.github.release_webhooks(Order::AsSent).await;
    let reply = stage.reply(&pull, &comment).await;
    begins(&reply, "**Refused** `/rebuild`: no branch was made.");
    assert!(reply.contains(&format!("`{}` → `{}`", &before[..9], &now[..9])), "{reply}");
    assert!(reply.contains(&format!("`/rebuild --head={now}`")), "{reply}");
    assert_eq!(stage.store.pulls().len(), 1);
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    let comment = stage.says(&pull, "ana", &format!("/rebuild --head={now}")).await;
    begins(&stage.reply(&pull, &comment).await, "**Done** `/rebuild");

    // The base: somebody merges right before the comment.
    topic(&stage.store, "feature/other", "integration").await;
    let other = stage.store.open_pull("feature/other").into("integration").by("ana").await.unwrap();
    stage.check(&other).await.passes();
    stage.seconds_later(5);
    merge(&other).await.unwrap();
    let comment = pull.comment("/rebuild").by("ana").await.unwrap();
    let reply = stage.reply(&pull, &comment).await;
    assert!(
        reply.contains("`integration` has moved since the comment was written, or just before"),
        "{reply}"
    );
    for pull in stage.store.pulls() {
        stage.read(&pull);
    }
    stage.end().await;
}

#[tokio::test]
async fn commands_are_carried_out_in_order_up_to_the_first_that_is_refused() {
    let stage = Stage::set().await;
    let pull = open_topic(&stage).await;
    let text = "/lock staging --reason a\n/deploy production\n/unlock staging";
    let comment = stage.says(&pull, "ana", text).await;
    let reply = stage.reply(&pull, &comment).await;
    let heads: Vec<&str> = reply.lines().filter(|line| line.starts_with("**")).collect();
    assert!(heads[0].starts_with("**Done** `/lock staging --reason a`"), "{reply}");
    assert!(heads[1].starts_with("**Refused** `/deploy production`"), "{reply}");
    assert!(heads[2].starts_with("**Not carried out** `/unlock staging`"), "{reply}");
    assert_eq!(stage.reactions(&comment).await, ["eyes", "-1"]);
    stage.end().await;
}

#[tokio::test]
async fn the_operator_comes_through_the_same_door() {
    let stage = Stage::set().await;
    let pull = open_topic(&stage).await;
    let at = ["--repository", "acme/store", "--environment", "integration"];
    let run = async |arguments: &[&str]| crate::rollback::towpath(&stage, &[arguments, &at].concat()).await;
    let locked = run(&["lock", "--reason", "stocktaking"]).await;
    assert!(locked.code == 0 && locked.words.contains("operator holds lock 1"), "{}", locked.words);
    stage.check(&pull).await.is("action_required", "integration is locked by operator");
    let refused = stage.says(&pull, "ana", "/unlock integration --force").await;
    assert!(stage.reply(&pull, &refused).await.contains("This takes the role `maintain`"));
    let deploy = run(&["deploy"]).await;
    assert!(deploy.code == 6 && deploy.words.contains("integration is locked"), "{}", deploy.words);
    let nothing = run(&["cancel"]).await;
    assert!(
        nothing.code == 6 && nothing.words.contains("no deploy of integration is running"),
        "{}",
        nothing.words
    );
    assert_eq!(run(&["unlock"]).await.code, 0);
    stage.check(&pull).await.passes();
    // Whoever has the name that the operator gave has not locked it, and the operator has no lock but their own.
    let named = run(&["lock", "--reason", "stocktaking", "--by", "ana"]).await;
    assert!(named.words.contains("ana (operator) holds lock 2"), "{}", named.words);
    let others = stage.says(&pull, "ana", "/unlock integration").await;
    assert!(stage.reply(&pull, &others).await.contains("The lock is somebody else's: ana (operator) holds"));
    assert_eq!(run(&["unlock"]).await.code, 6);
    assert_eq!(run(&["unlock", "--force"]).await.code, 0);
    stage.check(&pull).await.passes();
    let log = crate::rollback::towpath(&stage, &["audit"]).await.words;
    assert!(log.contains("operator"), "{log}");
    stage.end().await;
}

#[tokio::test]
async fn a_right_is_given_to_a_team_or_to_a_role_of_ones_own() {
    let stage = Stage::set().await;
    let text = "version: 1\nenvironments:\n  - { name: integration, accepts: [topics] }\n  \
                - { name: staging, accepts: [integration] }\n  - { name: production, accepts: [staging] }\n\
                copy: none\ncommands:\n  lock: { production: [team:release, admin] }\n";
    stage.store.commit_on("master").file(".github/towpath.yml", text).by("rita").await.unwrap();
    stage.quiet().await;
    let team = stage.github.team("acme/release").await.unwrap();
    team.add("ben");
    team.invite("ana");
    stage.store.allow_as("olga", "release captain", towpath_sandbox::Permission::Maintain);
    let pull = open_topic(&stage).await;
    for login in ["ana", "rita"] {
        let comment = stage.says(&pull, login, "/lock production --reason x").await;
        let reply = stage.reply(&pull, &comment).await;
        assert!(reply.contains("This takes the role `admin`"), "{login}: {reply}");
        assert!(reply.contains("members of the team `release`"), "{login}: {reply}");
    }
    let comment = stage.says(&pull, "ben", "/lock production --reason x").await;
    begins(&stage.reply(&pull, &comment).await, "**Done**");
    // A role of the organisation's own is worth what its permissions are.
    let comment = stage.says(&pull, "olga", "/rollback production --reason x").await;
    assert!(stage.reply(&pull, &comment).await.contains("Production has no earlier good release"));
    // Who is in the team and no collaborator may as well: the project says so.
    team.add("zoe");
    let comment = stage.says(&pull, "zoe", "/lock production --reason x").await;
    assert!(stage.reply(&pull, &comment).await.contains("Production is locked already: ben holds"));
    let comment = stage.says(&pull, "zoe", "/unlock production").await;
    assert_eq!(stage.reply(&pull, &comment).await, "");
    stage.end().await;
}

#[tokio::test]
async fn what_the_branch_has_got_since_is_not_deployed_by_an_earlier_word() {
    let stage = Stage::set().await;
    let pull = open_topic(&stage).await;
    let before = stage.store.tip("staging").unwrap();
    stage.github.faults().webhook("issue_comment", "*").hold();
    stage.seconds_later(5);
    let comment = pull.comment("/deploy staging").by("ana").await.unwrap();
    stage.seconds_later(5);
    let now = stage.store.commit_on("staging").file("more.txt", "x\n").by("ana").await.unwrap();
    stage.quiet().await;
    let deploys = stage.deployments("staging").await.len();
    stage.github.faults().clear();
    stage.github.release_webhooks(Order::AsSent).await;
    let reply = stage.reply(&pull, &comment).await;
    begins(&reply, "**Refused** `/deploy staging`: nothing was deployed. `staging` has moved since");
    assert!(reply.contains(&format!("`{}` → `{}`", &before[..9], &now[..9])), "{reply}");
    assert!(reply.contains(&format!("`/deploy staging --head={now}`")), "{reply}");
    assert_eq!(stage.deployments("staging").await.len(), deploys);
    stage.read(&pull);
    stage.end().await;
}

#[tokio::test]
async fn a_rollback_ends_what_is_under_way_first() {
    let stage = Stage::set().await;
    stage.store.workflow("deploy.yml").inputs(INPUTS).echoes("deploy");
    let text = "version: 1\nenvironments:\n  - name: integration\n    accepts: [topics]\n    \
                deploy: { driver: actions, file: deploy.yml, timeout: 30m }\n  \
                - { name: staging, accepts: [integration] }\n  - { name: production, accepts: [staging] }\ncopy: none\n";
    stage.store.commit_on("master").file(".github/towpath.yml", text).by("rita").await.unwrap();
    stage.quiet().await;
    for name in ["feature/one", "feature/two"] {
        stage.merged_topic(name).await;
        let run = stage.store.runs().pop().unwrap();
        run.begins().await.unwrap();
        stage.quiet().await;
        stage.later();
        run.ends("success").await.unwrap();
        stage.quiet().await;
    }
    let [first, second] = [0, 1].map(|at| stage.store.runs()[at].sha());
    stage.merged_topic("feature/three").await;
    let going = stage.store.runs().pop().unwrap();
    going.begins().await.unwrap();
    let pull = open_topic(&stage).await;
    let back = stage.says(&pull, "rita", "/rollback integration --reason broken").await;
    let reply = stage.reply(&pull, &back).await;
    assert!(reply.contains(&second[..9]) && reply.contains("cancels deploy 3"), "{reply}");
    let _ = first;
    let run = stage.store.runs().pop().unwrap();
    assert_ne!(run.inputs().get("deploy"), going.inputs().get("deploy"), "the rollback has a run of its own");
    run.begins().await.unwrap();
    stage.quiet().await;
    stage.later();
    run.ends("success").await.unwrap();
    begins(&stage.reply(&pull, &back).await, "**Done** `/rollback integration");
    stage.check(&pull).await;
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn a_sync_is_followed_until_the_copy_has_come_along() {
    let stage = Stage::set().await;
    let pull = open_topic(&stage).await;
    let there = stage.says(&pull, "ana", "/sync").await;
    begins(&stage.reply(&pull, &there).await, "**Done** `/sync`: master is at");
    stage.later();
    stage.store.commit_on("production").file("b.txt", "new\n").by("rita").await.unwrap();
    stage.copy_check().await;
    let comment = stage.says(&pull, "ana", "/sync").await;
    begins(
        &stage.reply(&pull, &comment).await,
        "**Started** `/sync`: master follows production once its deploy has ended well: deploy 1",
    );
    assert_eq!(stage.reactions(&comment).await, ["eyes", "rocket"]);
    stage.carried_out("production").await;
    let tip = stage.store.tip("production").unwrap();
    assert_eq!(stage.store.tip("master").unwrap(), tip);
    begins(
        &stage.reply(&pull, &comment).await,
        &format!("**Done** `/sync`: master is at {}, as production is.", &tip[..9]),
    );
    assert_eq!(stage.reactions(&comment).await, ["eyes", "rocket", "+1"]);
    stage.copy_check().await.passes();
    let log = crate::rollback::towpath(&stage, &["audit", "--action", "sync"]).await.words;
    assert_eq!(log.lines().filter(|line| line.contains("master is at")).count(), 2, "{log}");

    stage.store.commit_on("production").file("c.txt", "new\n").by("rita").await.unwrap();
    let waits = stage.says(&pull, "ana", "/sync").await;
    begins(&stage.reply(&pull, &waits).await, "**Started** `/sync`: master follows production");
    stage.deployments("production").await.pop().unwrap().status("failure").by("deployer").await.unwrap();
    let reply = stage.reply(&pull, &waits).await;
    begins(&reply, &format!("**Refused** `/sync`: nothing was moved. Master stays at {}: ", &tip[..9]));
    assert_eq!(stage.reactions(&waits).await, ["eyes", "rocket", "-1"]);
    stage.copy_check().await;
    stage.end().await;
}

#[tokio::test]
async fn a_sync_that_cannot_be_says_what_stops_it() {
    let stage = Stage::set().await;
    let pull = open_topic(&stage).await;
    stage.store.commit_on("master").file("hot.txt", "now\n").by("ben").await.unwrap();
    stage.copy_check().await.fails();
    let stray = stage.says(&pull, "ana", "/sync").await;
    let reply = stage.reply(&pull, &stray).await;
    begins(
        &reply,
        "**Refused** `/sync`: nothing was moved. Master has commits that production does not have",
    );
    assert_eq!(stage.reactions(&stray).await, ["eyes", "-1"]);
    stage.store.move_branch("master").to(&stage.store.tip("production").unwrap()).by("rita").await.unwrap();
    stage.copy_check().await.passes();
    // Where people merge, it is done once there is something to merge.
    let file = "version: 1\nenvironments:\n  - { name: integration, accepts: [topics] }\n  \
                - { name: staging, accepts: [integration] }\n  - { name: production, accepts: [staging] }\n\
                copy: { branch: master, of: production, mode: pull-request, after: merge }\n";
    let branch =
        stage.store.commit_on("production").file(".github/towpath.yml", file).by("rita").await.unwrap();
    stage.store.move_branch("master").to(&branch).by("rita").await.unwrap();
    stage.quiet().await;
    stage.later();
    stage.store.commit_on("production").file("c.txt", "new\n").by("rita").await.unwrap();
    stage.copy_check().await;
    let opened = stage.says(&pull, "ana", "/sync").await;
    let reply = stage.reply(&pull, &opened).await;
    let pulls = stage.store.pulls();
    let sync = pulls.iter().rfind(|it| it.state().unwrap().base == "master").unwrap().number();
    begins(
        &reply,
        &format!(
            "**Done** `/sync`: #{sync} brings master along with production; merge it with a merge commit."
        ),
    );
    for pull in pulls {
        stage.read(&pull);
    }
    stage.copy_check().await;
    stage.end().await;
}
