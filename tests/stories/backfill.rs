//! The line of a branch from before the installation, read into the ledger part by part.

use crate::shop::topic;
use crate::stage::{Setting, Stage};
use towpath::model::{BranchName, LedgerEntry, RepositoryId, TipSource, UnixMillis, UnixSeconds};
use towpath::store::{Backfill, Store};

/// What the ledger has of a branch, and whether that is all of its line.
async fn known(stage: &Stage, branch: &str) -> (Vec<LedgerEntry>, Backfill) {
    let branch: BranchName = branch.parse().unwrap();
    let database = stage.database();
    let id: RepositoryId = database.repositories(None).await.unwrap()[0].id;
    let tips = database.tips(id, Some(&branch)).await.unwrap();
    let newest = database.newest_tip(id, &branch).await.unwrap().unwrap();
    assert_eq!(newest.commit.map(|it| it.to_string()), stage.store.tip(branch.as_str()));
    let backfill = database.backfill(id, &branch).await.unwrap();
    database.close().await;
    (tips, backfill)
}

async fn installed(step: usize) -> (Stage, Vec<String>) {
    let mut setting = Setting { installed: false, ..Setting::default() };
    setting.settings.backfill_step = step;
    let stage = Stage::with(setting).await;
    let mut line = Vec::new();
    for n in 0..9 {
        let commit = stage.store.commit_on("integration").file("list.txt", format!("{n}\n"));
        line.push(commit.by("ana").await.unwrap());
    }
    stage.installation.add([&stage.store]).await.unwrap();
    stage.quiet().await;
    (stage, line)
}

#[tokio::test]
async fn a_long_line_is_read_in_parts_and_deploys_nothing() {
    let (whole, _) = installed(1_000).await;
    let (wanted, backfill) = known(&whole, "integration").await;
    assert_eq!(backfill, Backfill::Done);
    assert!(whole.store.deployments().is_empty());
    whole.end().await;
    for step in [1, 4] {
        let (stage, line) = installed(step).await;
        let (tips, backfill) = known(&stage, "integration").await;
        assert_eq!(backfill, Backfill::Done, "{step} at once");
        assert!(tips.iter().all(|it| it.source == TipSource::Backfill), "{tips:?}");
        assert_eq!(tips.len(), wanted.len());
        let commits: Vec<String> = tips.iter().filter_map(|it| it.commit).map(|it| it.to_string()).collect();
        assert!(commits.ends_with(&line), "{commits:?}");
        assert!(stage.store.deployments().is_empty(), "nothing is deployed only because it was there");
        // From then on it is watched as any other.
        stage.later();
        topic(&stage.store, "feature/cart", "integration").await;
        let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
        stage.check(&pull).await.passes();
        stage.end().await;
    }
}

#[tokio::test]
async fn a_line_that_was_half_read_is_read_to_its_end_after_a_restart() {
    let (mut stage, line) = installed(4).await;
    stage.stop().await;
    let database = stage.database();
    let id = database.repositories(None).await.unwrap()[0].id;
    let tip = line.last().unwrap().parse().unwrap();
    let branch: BranchName = "integration".parse().unwrap();
    // As it stands when the process ends in between.
    let item = towpath::store::WorkItem::Branch(id, "somewhere".parse().unwrap());
    database.mark(vec![item], UnixMillis(0)).await.unwrap();
    let late = UnixMillis(i64::MAX / 2);
    let lease = database.lease(late, towpath::store::ConcurrencyLimits::NONE).await.unwrap().unwrap();
    let half = towpath::store::Change::Backfilled(id, branch.clone(), Some((tip, 4, UnixSeconds(0))));
    database.commit(&lease, vec![half], towpath::store::Next::Done, UnixMillis(0)).await.unwrap();
    assert!(matches!(database.backfill(id, &branch).await.unwrap(), Backfill::UnderWay { .. }));
    database.close().await;
    stage.start().await;
    let (tips, backfill) = known(&stage, "integration").await;
    assert_eq!(backfill, Backfill::Done);
    let last = tips.last().unwrap().commit.unwrap().to_string();
    assert_eq!(Some(&last), line.last());
    assert!(stage.store.deployments().is_empty());
    stage.end().await;
}
