//! What people have decided counts on the checks: locks on environments, and overrides of findings. Here it is written into
//! the database beside the server, as whoever is asked for it would have the server write it.

use crate::shop::topic;
use crate::stage::Stage;
use std::time::Duration;
use towpath::model::{Lock, Override, PullNumber, RepositoryId, UnixMillis, Verdict};
use towpath::store::{LockStore as _, Store as _, WorkItem};
use towpath_sandbox::PullHandle;

const HOUR: Duration = Duration::from_secs(3_600);

impl Stage {
    fn id(&self) -> RepositoryId {
        RepositoryId(self.store.id())
    }

    async fn written(&self, sql: &str, parameters: impl rusqlite::Params, marked: WorkItem) {
        let database = rusqlite::Connection::open(self.data_folder().join("towpath.db")).unwrap();
        database.busy_timeout(Duration::from_secs(10)).unwrap();
        database.execute(sql, parameters).unwrap();
        let store = self.database();
        store.mark(vec![marked], self.now()).await.unwrap();
        store.close().await;
    }

    async fn locked(&self, environment: &str, lock: &Lock) {
        const LOCK: &str = "INSERT INTO locks VALUES (?1, ?2, ?3, ?4, ?5)";
        let data = serde_json::to_string(lock).unwrap();
        let tied = lock.while_open.map(|it| it.0.cast_signed());
        let row = (self.id().0.cast_signed(), environment, lock.id.cast_signed(), tied, data);
        self.written(LOCK, row, WorkItem::Lock(self.id(), environment.into())).await;
    }

    /// Overrides the first finding on a pull request as it stands.
    async fn overridden(&self, pull: &PullHandle, id: u64, until: Option<UnixMillis>) {
        const OVERRIDE: &str = "INSERT INTO overrides VALUES (?1, ?2, ?3, ?4, ?5)";
        let number = PullNumber(pull.number());
        let store = self.database();
        let judged = store.pull(self.id(), number).await.unwrap().unwrap();
        store.close().await;
        let verdict: Verdict = serde_json::from_str(&judged.verdict.unwrap()).unwrap();
        let cause = &verdict.findings[0].cause;
        let given = Override {
            id,
            code: cause.code(),
            head: judged.judged_head.unwrap(),
            base: judged.judged_base.unwrap(),
            evidence: cause.evidence(),
            by: "rita".to_owned(),
            by_id: None,
            reason: "a typo".to_owned(),
            at: self.now(),
            until,
            confirmed_by: None,
            confirmed_by_id: None,
            needs_second: false,
            ended: None,
            command: None,
        };
        let (data, at) = (serde_json::to_string(&given).unwrap(), given.at.0);
        let row = (self.id().0.cast_signed(), number.0.cast_signed(), id.cast_signed(), at, data);
        self.written(OVERRIDE, row, WorkItem::PullRequest(self.id(), number)).await;
    }
}

fn lock(stage: &Stage, id: u64) -> Lock {
    let (by, reason, since) = ("rita".to_owned(), "stocktaking".to_owned(), stage.now());
    Lock { id, by, by_id: None, reason, since, until: None, while_open: None, ended: None }
}

#[tokio::test]
async fn a_lock_keeps_out_what_is_open_and_what_is_queued_until_its_time_is_over() {
    let stage = Stage::set().await;
    for name in ["feature/cart", "feature/gift"] {
        topic(&stage.store, name, "integration").await;
    }
    let open = |head: &'static str| stage.store.open_pull(head).into("integration").by("ana");
    let cart = open("feature/cart").await.unwrap();
    stage.check(&cart).await.passes();
    let group = stage.store.merge_group("integration", [&cart]).by("rita").await.unwrap();
    stage.quiet().await;
    let until = Some(stage.now() + HOUR * 3);
    stage.locked("integration", &Lock { until, ..lock(&stage, 1) }).await;
    let said = stage.check(&cart).await;
    assert!(said.0.title.as_deref().unwrap().starts_with("Locked until "), "{:?}", said.0.title);
    assert_eq!(said.0.conclusion, None, "it is in progress");
    said.says("`rita` locked `integration`").says("`stocktaking`").says("`/unlock integration`");
    let queued = stage.store.check_on(&group.head_sha, "towpath: integration").unwrap().state().unwrap();
    assert_eq!(queued.conclusion.as_deref(), Some("failure"), "a queue cannot wait");
    // What comes later is kept out, too.
    let gift = open("feature/gift").await.unwrap();
    assert_eq!(stage.check(&gift).await.0.conclusion, None);
    stage.minutes_later(175).await;
    assert_eq!(stage.check(&gift).await.0.conclusion, None);
    stage.minutes_later(10).await;
    stage.check(&cart).await.passes();
    stage.check(&gift).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn a_lock_that_is_tied_to_a_pull_request_ends_with_it() {
    let stage = Stage::set().await;
    for name in ["feature/cart", "feature/gift"] {
        topic(&stage.store, name, "integration").await;
    }
    let open = |head: &'static str| stage.store.open_pull(head).into("integration").by("ana");
    let (cart, gift) = (open("feature/cart").await.unwrap(), open("feature/gift").await.unwrap());
    stage.check(&cart).await.passes();
    stage.check(&gift).await.passes();
    let while_open = Some(PullNumber(gift.number()));
    stage.locked("integration", &Lock { while_open, ..lock(&stage, 1) }).await;
    stage.check(&gift).await.passes();
    let said = stage.check(&cart).await.is("action_required", "integration is locked by rita");
    said.says(&format!("Until #{} is closed", gift.number()));
    gift.close().by("ana").await.unwrap();
    stage.check(&cart).await.passes();
    let database = stage.database();
    let ended = database.lock(stage.id(), "integration").await.unwrap().unwrap().ended.unwrap();
    database.close().await;
    assert_eq!(ended.by, None, "it ended by itself");
    stage.end().await;
}

#[tokio::test]
async fn an_override_counts_until_its_time_is_over_or_the_head_moves() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "production").await;
    let pull = stage.store.open_pull("feature/cart").into("production").by("ana").await.unwrap();
    let said = stage.check(&pull).await.fails().says("`/override TP101 --reason \"…\"`");
    let refused = said.0.title.unwrap();
    stage.comment(&pull).await;
    stage.overridden(&pull, 1, Some(stage.now() + HOUR)).await;
    let said = stage.check(&pull).await.passes().says("`rita` has overridden this: `a typo`.");
    assert!(said.0.title.as_deref().unwrap().ends_with(" (overridden by rita)"), "{:?}", said.0.title);
    let comment = stage.comment(&pull).await;
    assert!(comment.contains("because `rita` has overridden TP101"), "{comment}");
    stage.minutes_later(61).await;
    stage.check(&pull).await.is("failure", &refused);
    stage.comment(&pull).await;
    stage.overridden(&pull, 2, None).await;
    stage.check(&pull).await.passes();
    stage.comment(&pull).await;
    stage.store.commit_on("feature/cart").file("more.txt", "x\n").by("ana").await.unwrap();
    stage.check(&pull).await.is("failure", &refused);
    stage.comment(&pull).await;
    stage.end().await;
}
