//! `/promote`: one pull request for each promotion, and the manifest that it carries.

use crate::shop::{merge, topic};
use crate::stage::{Setting, Stage};
use std::time::Duration;
use towpath::model::{EnvironmentName, Hold, Lock, PullNumber, RepositoryId, UnixMillis};
use towpath::store::{AuditFilter, Change, Committed, ConcurrencyLimits, Next, Store as _, WorkItem};
use towpath_sandbox::{CommentHandle, PullHandle};

/// A topic that was merged into integration, and the promotion that ana asks for in it.
async fn promoted(stage: &Stage) -> (PullHandle, CommentHandle, PullHandle) {
    let topic = stage.merged_topic("feature/cart").await;
    let comment = stage.says(&topic, "ana", "/promote staging").await;
    let promotion = stage.store.pulls().pop().unwrap();
    assert_eq!(stage.reactions(&comment).await, ["eyes", "+1"]);
    (topic, comment, promotion)
}

fn body(pull: &PullHandle) -> String {
    pull.state().unwrap().body.unwrap_or_default()
}

/// Everything that is said on a promotion is read.
pub(crate) async fn read(stage: &Stage, promotion: &PullHandle) {
    stage.quiet().await;
    stage.read(promotion);
}

#[tokio::test]
async fn a_promotion_is_opened_with_its_manifest() {
    let stage = Stage::set().await;
    stage.github.forget_records();
    let (topic, comment, promotion) = promoted(&stage).await;
    let reply = stage.reply(&topic, &comment).await;
    let opened = "**Done** `/promote staging`: opened #2, integration → staging, with 1 pull request.";
    assert!(reply.starts_with(opened), "{reply}");
    let shown = promotion.state().unwrap();
    assert_eq!(
        (shown.title.as_str(), shown.head.as_str(), shown.base.as_str(), shown.author.as_str()),
        ("Promote integration to staging", "integration", "staging", "towpath[bot]")
    );
    assert!(body(&promotion).contains("- #1 by `ana`"), "{}", body(&promotion));
    assert!(body(&promotion).contains("as soon as Towpath has judged"), "{}", body(&promotion));
    stage.check(&promotion).await.passes();
    stage.minutes_later(1).await;
    assert!(body(&promotion).contains("Nothing: its check passes."), "{}", body(&promotion));
    let own = [stage.requests("POST", "/pulls"), stage.requests("PATCH", "/pulls/2")];
    assert_eq!(own, [1, 1], "the pull request, and its text once it is judged");
    stage.end().await;
}

#[tokio::test]
async fn one_whose_answer_was_lost_is_found_once_lists_show_it() {
    let mut setting = Setting::default();
    setting.settings.lists_lag = Duration::from_secs(30);
    let stage = Stage::with(setting).await;
    let topic = stage.merged_topic("feature/cart").await;
    stage.github.lists_lag(20);
    let lost = stage.github.faults().rest("POST", "*/pulls").reset_after().times(1);
    let comment = topic.comment("/promote staging").by("ana").await.unwrap();
    stage.quiet().await;
    stage.minutes_later(1).await;
    assert_eq!(lost.hits(), 1);
    assert_eq!(stage.store.pulls().len(), 2);
    let reply = stage.reply(&topic, &comment).await;
    assert!(reply.starts_with("**Done** `/promote staging`: #2 is up to date"), "{reply}");
    let promotion = stage.store.pulls().pop().unwrap();
    stage.check(&promotion).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn its_manifest_follows_what_is_merged_at_most_once_a_minute() {
    let stage = Stage::set().await;
    let (topic, comment, promotion) = promoted(&stage).await;
    stage.reply(&topic, &comment).await;
    stage.minutes_later(2).await;
    stage.github.forget_records();
    for name in ["feature/price", "feature/stock", "feature/tax"] {
        stage.merged_topic(name).await;
    }
    assert!(stage.requests("PATCH", "/pulls/2") <= 1);
    stage.minutes_later(1).await;
    for number in [1, 3, 4, 5] {
        assert!(body(&promotion).contains(&format!("- #{number} by `ana`")), "{}", body(&promotion));
    }
    assert!(stage.requests("PATCH", "/pulls/2") <= 2);
    read(&stage, &promotion).await;
    // Once it is merged it says so, and then stays.
    merge(&promotion).await.unwrap();
    stage.minutes_later(2).await;
    let last = body(&promotion);
    assert!(last.contains("This pull request has promoted `integration` to `staging`, "), "{last}");
    assert!(last.contains("### Merged\n\nIt was merged at ") && !last.contains("waits for"), "{last}");
    for number in [1, 3, 4, 5] {
        assert!(last.contains(&format!("- #{number} by `ana`")), "{last}");
    }
    stage.merged_topic("feature/later").await;
    stage.minutes_later(2).await;
    assert_eq!(body(&promotion), last);
    read(&stage, &promotion).await;
    stage.end().await;
}

#[tokio::test]
async fn one_that_a_person_has_opened_is_used_and_its_text_stays() {
    let stage = Stage::set().await;
    stage.merged_topic("feature/cart").await;
    let opening = stage.store.open_pull("integration").into("staging").body("Release 2, @all");
    let promotion = opening.by("ben").await.unwrap();
    stage.check(&promotion).await.passes();
    let comment = stage.says(&promotion, "rita", "/promote staging").await;
    let reply = stage.reply(&promotion, &comment).await;
    let used =
        "**Done** `/promote staging`: uses #2, which ben opened, integration → staging, with 1 pull request.";
    assert!(reply.starts_with(used), "{reply}");
    let manifest = stage.manifest_comment(&promotion).await;
    assert!(
        manifest.contains("- #1 by `ana`") && manifest.contains("Nothing: its check passes."),
        "{manifest}"
    );
    stage.merged_topic("feature/price").await;
    stage.minutes_later(1).await;
    assert!(stage.manifest_comment(&promotion).await.contains("- #3 by `ana`"));
    assert_eq!(body(&promotion), "Release 2, @all");
    let again = stage.says(&promotion, "ana", "/promote staging").await;
    assert!(stage.reply(&promotion, &again).await.contains("uses #2, which ben opened"));
    stage.check(&promotion).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn two_people_at_once_get_one_pull_request_and_true_answers() {
    let stage = Stage::set().await;
    let topic = stage.merged_topic("feature/cart").await;
    stage.seconds_later(5);
    stage.github.forget_records();
    let (by_ana, by_ben) = tokio::join!(
        std::future::IntoFuture::into_future(topic.comment("/promote staging").by("ana")),
        std::future::IntoFuture::into_future(topic.comment("/promote staging").by("ben")),
    );
    let mut replies =
        [stage.reply(&topic, &by_ana.unwrap()).await, stage.reply(&topic, &by_ben.unwrap()).await];
    replies.sort();
    assert!(replies[0].contains("#2 is up to date, integration → staging"), "{replies:?}");
    assert!(replies[1].contains("opened #2, integration → staging"), "{replies:?}");
    assert_eq!(stage.requests("POST", "/pulls"), 1);
    read(&stage, &stage.store.pull(2).unwrap()).await;
    stage.end().await;
}

#[tokio::test]
async fn what_is_there_already_is_not_promoted() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    for (text, why) in [
        (
            "/promote staging",
            "nothing was promoted. There is nothing to promote: staging has all of integration already.",
        ),
        (
            "/promote integration",
            "nothing was promoted. Integration accepts no other environment, so nothing is promoted to it.",
        ),
    ] {
        let comment = stage.says(&pull, "ana", text).await;
        assert_eq!(stage.reactions(&comment).await, ["eyes", "-1"]);
        let reply = stage.reply(&pull, &comment).await;
        assert!(reply.contains(why), "{reply}");
    }
    let comment = stage.says(&pull, "ana", "/promote production").await;
    assert!(stage.reply(&pull, &comment).await.contains("This takes the role `maintain`"));
    stage.end().await;
}

#[tokio::test]
async fn where_several_are_accepted_one_has_to_be_named() {
    let stage = Stage::set().await;
    let file = "version: 1\nenvironments:\n  - name: integration\n    accepts: [topics]\n  - name: staging\n    accepts: [integration]\n  - name: production\n    accepts: [staging, integration]\n";
    stage.configure("master", file).await;
    let topic = stage.merged_topic("feature/cart").await;
    let comment = stage.says(&topic, "rita", "/promote production").await;
    let reply = stage.reply(&topic, &comment).await;
    let several =
        "Production accepts several environments; name one: `--from integration` or `--from staging`.";
    assert!(reply.contains(several), "{reply}");
    let comment = stage.says(&topic, "rita", "/promote production --from integration").await;
    let reply = stage.reply(&topic, &comment).await;
    assert!(reply.contains("opened #2, integration → production, with 1 pull request."), "{reply}");
    read(&stage, &stage.store.pull(2).unwrap()).await;
    stage.end().await;
}

#[tokio::test]
async fn a_head_that_has_moved_is_not_promoted() {
    let stage = Stage::set().await;
    let topic = stage.merged_topic("feature/cart").await;
    let seen = stage.store.tip("integration").unwrap();
    stage.merged_topic("feature/price").await;
    let comment = stage.says(&topic, "ana", &format!("/promote staging --head {seen}")).await;
    let reply = stage.reply(&topic, &comment).await;
    assert!(reply.contains("nothing was promoted") && reply.contains("/promote staging --head"), "{reply}");
    let now = stage.store.tip("integration").unwrap();
    let comment = stage.says(&topic, "ana", &format!("/promote staging --head {now}")).await;
    assert!(
        stage
            .reply(&topic, &comment)
            .await
            .contains("opened #3, integration → staging, with 2 pull requests.")
    );
    read(&stage, &stage.store.pull(3).unwrap()).await;
    stage.end().await;
}

#[tokio::test]
async fn nothing_is_promoted_to_an_environment_that_is_locked() {
    let mut stage = Stage::set().await;
    let topic = stage.merged_topic("feature/cart").await;
    stage.stop().await;
    locked(&stage, "staging").await;
    stage.start().await;
    let comment = stage.says(&topic, "ana", "/promote staging").await;
    let reply = stage.reply(&topic, &comment).await;
    assert!(reply.contains("nothing was promoted. Staging is locked by rita since "), "{reply}");
    assert!(
        reply.contains(", until ")
            && reply.contains(": stock \\*taking\\*; `/unlock staging` ends the lock."),
        "{reply}"
    );
    assert_eq!(stage.store.pulls().len(), 1);
    stage.end().await;
}

/// Puts a lock into the database of the stopped server.
async fn locked(stage: &Stage, environment: &str) {
    let now = stage.now();
    let lock = Lock {
        id: 1,
        by: "rita".to_owned(),
        by_id: None,
        reason: "stock *taking*".to_owned(),
        since: now,
        until: Some(UnixMillis(now.0 + 3_600_000)),
        while_open: None,
        ended: None,
    };
    kept(stage, Change::Lock(RepositoryId(stage.store.id()), EnvironmentName::from(environment), lock)).await;
}

/// Stores a change in the database of the stopped server.
pub(crate) async fn kept(stage: &Stage, change: Change) {
    let (store, now) = (stage.database(), stage.now());
    let item = WorkItem::Stack(RepositoryId(stage.store.id()), PullNumber(999));
    store.mark(vec![item.clone()], UnixMillis::MIN).await.unwrap();
    let lease = store.lease(now, ConcurrencyLimits::NONE).await.unwrap().unwrap();
    assert_eq!(lease.item, item);
    let stored = store.commit(&lease, vec![change], Next::Done, now).await.unwrap();
    assert_eq!(stored, Committed::Stored);
    store.close().await;
}

#[tokio::test]
async fn a_hold_is_told_and_the_pull_request_is_there_all_the_same() {
    let mut stage = Stage::set().await;
    let topic = stage.merged_topic("feature/cart").await;
    stage.stop().await;
    let ends = ["integration", "staging"].map(|branch| stage.store.tip(branch).unwrap().parse().unwrap());
    let who = ("rita".to_owned(), "checkout is broken".to_owned());
    let hold = Hold::new((ends[0], ends[1]), who, stage.now(), vec![PullNumber(1)]).unwrap();
    kept(&stage, Change::Hold(RepositoryId(stage.store.id()), "staging".to_owned(), hold)).await;
    stage.start().await;
    let comment = stage.says(&topic, "ana", "/promote staging").await;
    let reply = stage.reply(&topic, &comment).await;
    assert!(
        reply.contains(
            "opened #2, integration → staging, with 1 pull request; staging was rolled back by rita"
        ),
        "{reply}"
    );
    assert!(reply.contains("so it waits for `/resume staging --reason \"…\"`"), "{reply}");
    let promotion = stage.store.pull(2).unwrap();
    assert!(
        body(&promotion).contains("by `rita`: `checkout is broken`. It took back #1"),
        "{}",
        body(&promotion)
    );
    stage.minutes_later(1).await;
    assert!(body(&promotion).contains("- TP406: "), "{}", body(&promotion));
    let (_, reply) = asked_to_merge(&stage, &promotion, "rita").await;
    assert!(reply.contains("it is not merged: staging is held since "), "{reply}");
    assert!(reply.contains("; the required check towpath: staging does not pass"), "{reply}");
    read(&stage, &promotion).await;
    stage.end().await;
}

#[tokio::test]
async fn a_comment_that_is_delivered_twice_asks_once() {
    let stage = Stage::set().await;
    stage.github.faults().webhook("issue_comment", "*").double();
    stage.github.forget_records();
    let (topic, comment, promotion) = promoted(&stage).await;
    assert!(stage.reply(&topic, &comment).await.contains("opened #2"));
    assert_eq!((stage.requests("POST", "/pulls"), stage.store.pulls().len()), (1, 2));
    read(&stage, &promotion).await;
    stage.end().await;
}

/// A promotion that is open, judged and passes, and what is required besides.
pub(crate) async fn ready(stage: &Stage) -> PullHandle {
    let (topic, comment, promotion) = promoted(stage).await;
    stage.reply(&topic, &comment).await;
    stage.check(&promotion).await.passes();
    promotion
}

/// Asks for a merge in the promotion itself, and answers what is replied.
pub(crate) async fn asked_to_merge(
    stage: &Stage,
    promotion: &PullHandle,
    login: &str,
) -> (CommentHandle, String) {
    let comment = stage.says(promotion, login, "/promote staging --merge").await;
    let reply = stage.reply(promotion, &comment).await;
    (comment, reply)
}

pub(crate) fn merges_asked_for(stage: &Stage) -> usize {
    stage.requests("PUT", "/merge-async")
}

#[tokio::test]
async fn a_promotion_is_merged_for_who_may() {
    let stage = Stage::set().await;
    stage.store.protect("staging").require_approvals(1);
    let promotion = ready(&stage).await;
    promotion.approve().by("ben").await.unwrap();
    stage.github.forget_records();
    let (head, base) = (promotion.head_sha(), stage.store.tip("staging").unwrap());
    let (comment, reply) = asked_to_merge(&stage, &promotion, "ana").await;
    let made = stage.store.tip("staging").unwrap();
    assert!(reply.starts_with("**Done** `/promote staging --merge`: merged #2 into staging as "), "{reply}");
    assert!(reply.contains(&made[..9]) && promotion.merged(), "{reply}");
    assert_eq!(stage.reactions(&comment).await.last().unwrap(), "+1");
    let asked = stage.github.exchanges().into_iter().find(|it| it.method == "PUT").unwrap();
    let asked = asked.request_body.unwrap();
    assert_eq!((asked["sha"].as_str(), asked["merge_method"].as_str()), (Some(head.as_str()), Some("merge")));
    let store = stage.database();
    let log = store.audit(AuditFilter::default()).await.unwrap();
    store.close().await;
    let last = &log.last().unwrap().text;
    let (at, ends) = (&made[..9], format!(r#""head":"{head}","base":"{base}""#));
    for part in [r#""action":"promote""#, r#""actor":"ana""#, "merged #2 into staging", at, &ends] {
        assert!(last.contains(part), "{part} is not in {last}");
    }
    read(&stage, &promotion).await;
    stage.end().await;
}

#[tokio::test]
async fn what_is_missing_is_named_and_nothing_is_merged() {
    let stage = Stage::set().await;
    stage.store.protect("staging").require_approvals(1).require("ci/tests");
    let promotion = ready(&stage).await;
    promotion.approve().by("ana").await.unwrap();
    stage.github.forget_records();
    let (comment, reply) = asked_to_merge(&stage, &promotion, "ana").await;
    assert_eq!(stage.reactions(&comment).await, ["eyes", "-1"]);
    let why = "it is not merged: the required check ci/tests is missing; 0 of 1 required approvals are there; ana's own does not count.";
    assert!(reply.contains("nothing was promoted. #2 is up to date") && reply.contains(why), "{reply}");
    // For somebody else ana's approval is one.
    let (_, reply) = asked_to_merge(&stage, &promotion, "ben").await;
    assert!(reply.contains("it is not merged: the required check ci/tests is missing."), "{reply}");
    assert_eq!((merges_asked_for(&stage), promotion.merged()), (0, false));
    read(&stage, &promotion).await;
    stage.end().await;
}

#[tokio::test]
async fn where_towpath_could_skip_the_rules_or_cannot_read_them_it_merges_nothing() {
    let stage = Stage::set().await;
    let promotion = ready(&stage).await;
    stage.store.protect("staging").let_pass(stage.app.id());
    let (_, reply) = asked_to_merge(&stage, &promotion, "rita").await;
    assert!(reply.contains("Towpath is on the bypass list of ruleset"), "{reply}");
    stage.store.unprotect("staging");
    stage.store.protect("staging").require_from("towpath: staging", stage.app.id()).by_classic_rule();
    let (_, reply) = asked_to_merge(&stage, &promotion, "rita").await;
    assert!(
        reply.contains("staging is protected by a branch protection rule, which Towpath cannot read"),
        "{reply}"
    );
    assert_eq!((merges_asked_for(&stage), promotion.merged()), (0, false));
    read(&stage, &promotion).await;
    stage.end().await;
}

#[tokio::test]
async fn who_could_not_merge_it_themselves_cannot_have_it_merged() {
    let stage = Stage::set().await;
    let file = "version: 1\nenvironments:\n  - name: integration\n    accepts: [topics]\n  - name: staging\n    accepts: [integration]\n  - name: production\n    accepts: [staging]\ncommands:\n  promote: [triage]\n";
    stage.configure("master", file).await;
    stage.store.allow("gast", towpath_sandbox::Permission::Triage);
    let promotion = ready(&stage).await;
    let (_, reply) = asked_to_merge(&stage, &promotion, "gast").await;
    assert!(reply.contains("gast could not merge it: that takes the role write."), "{reply}");
    assert_eq!((merges_asked_for(&stage), promotion.merged()), (0, false));
    read(&stage, &promotion).await;
    stage.end().await;
}

#[tokio::test]
async fn what_was_pushed_at_the_last_moment_is_not_merged() {
    let stage = Stage::set().await;
    let promotion = ready(&stage).await;
    stage.merged_topic("feature/price").await;
    let comment = promotion.comment("/promote staging --merge").by("ana").await.unwrap();
    let reply = stage.reply(&promotion, &comment).await;
    assert!(
        reply.contains("`integration` has moved since the comment was written, or just before"),
        "{reply}"
    );
    assert!(reply.contains("/promote staging --merge --head"), "{reply}");
    assert_eq!((merges_asked_for(&stage), promotion.merged()), (0, false));
    read(&stage, &promotion).await;
    stage.end().await;
}

#[tokio::test]
async fn a_merge_that_github_refuses_later_is_told() {
    let stage = Stage::set().await;
    let promotion = ready(&stage).await;
    stage.github.hold_merges();
    let (comment, reply) = asked_to_merge(&stage, &promotion, "ana").await;
    assert!(
        reply.starts_with("**Started** `/promote staging --merge`: GitHub merges #2 into staging."),
        "{reply}"
    );
    stage.store.protect("staging").require_approvals(1);
    stage.github.release_merges().await;
    stage.minutes_later(1).await;
    let reply = stage.reply(&promotion, &comment).await;
    let why = "nothing was promoted. GitHub did not merge #2: At least 1 approving review is required";
    assert!(reply.contains(why), "{reply}");
    assert_eq!(stage.reactions(&comment).await, ["eyes", "rocket", "-1"]);
    assert!(!promotion.merged());
    read(&stage, &promotion).await;
    stage.end().await;
}

#[tokio::test]
async fn a_merge_is_followed_over_a_restart_and_asked_for_once() {
    let mut stage = Stage::set().await;
    let promotion = ready(&stage).await;
    stage.github.forget_records();
    stage.github.hold_merges();
    let (comment, _) = asked_to_merge(&stage, &promotion, "ana").await;
    stage.restart().await;
    stage.github.release_merges().await;
    stage.minutes_later(1).await;
    let reply = stage.reply(&promotion, &comment).await;
    assert!(reply.contains("merged #2 into staging as "), "{reply}");
    assert_eq!((merges_asked_for(&stage), promotion.merged()), (1, true));
    read(&stage, &promotion).await;
    stage.end().await;
}

#[tokio::test]
async fn where_the_answer_to_a_merge_is_lost_the_merge_is_found() {
    let stage = Stage::set().await;
    let promotion = ready(&stage).await;
    stage.github.hold_merges();
    let lost =
        stage.github.faults().rest("PUT", "/repos/acme/store/pulls/2/merge-async").reset_after().times(1);
    let (comment, reply) = asked_to_merge(&stage, &promotion, "ana").await;
    assert_eq!(lost.hits(), 1);
    assert!(reply.starts_with("**Started** `/promote staging --merge`: GitHub merges #2"), "{reply}");
    stage.github.release_merges().await;
    stage.minutes_later(1).await;
    let reply = stage.reply(&promotion, &comment).await;
    assert!(reply.contains("merged #2 into staging as "), "{reply}");
    read(&stage, &promotion).await;
    stage.end().await;
}

#[tokio::test]
async fn a_check_that_github_does_not_show_yet_is_waited_for() {
    let mut setting = Setting::default();
    setting.settings.lists_lag = Duration::from_secs(30);
    let stage = Stage::with(setting).await;
    stage.store.protect("staging");
    let promotion = ready(&stage).await;
    let list = "/repos/acme/store/commits/*/check-runs";
    let none = r#"{"total_count":0,"check_runs":[]}"#;
    let late = stage.github.faults().rest("GET", list).answer(200, "application/json", none).times(1);
    let comment = stage.says(&promotion, "ana", "/promote staging --merge").await;
    stage.minutes_later(1).await;
    assert_eq!(late.hits(), 1);
    let reply = stage.reply(&promotion, &comment).await;
    assert!(reply.starts_with("**Done** `/promote staging --merge`: merged #2 into staging as "), "{reply}");
    read(&stage, &promotion).await;
    stage.end().await;
}
